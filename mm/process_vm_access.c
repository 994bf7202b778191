// SPDX-License-Identifier: MIT
/*
 * process_vm_readv(2), process_vm_writev(2): bytes between the caller's memory and another
 * process's, page by page through a buffer of the kernel's.
 *
 * The buffer is there for two reasons.  The remote page is copied with the remote mmap_lock held,
 * so that it is not written by us when a fork has just made it common property; and the caller's
 * own memory may fault, which takes a lock of the same rank, perhaps the very same lock.
 */
#include "arch/riscv/uaccess.h"
#include "fs/iov_iter.h"
#include "kernel/pid.h"
#include "kernel/ptrace.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "mm/gup.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

struct transfer {
	struct mm_struct *mm;		/* the other's */
	struct iov_iter iter;		/* over the caller's memory */
	char *page;			/* the buffer */
	bool write;			/* to the other process */
};

/* @n bytes within one page at @addr of the other process.  0 or -EFAULT, behind what could be. */
static int read_part(struct transfer *t, unsigned long addr, size_t n)
{
	size_t there = access_remote_vm(t->mm, addr, t->page, n, 0);

	return there && copy_to_iter(t->page, there, &t->iter) == n ? 0 : -EFAULT;
}

static int write_part(struct transfer *t, unsigned long addr, size_t n)
{
	size_t here = copy_from_iter(t->page, n, &t->iter);
	size_t there = here ? access_remote_vm(t->mm, addr, t->page, here, FOLL_WRITE) : 0;

	iov_iter_revert(&t->iter, here - there);
	return there == n ? 0 : -EFAULT;
}

static int transfer_piece(struct transfer *t, const struct iovec *piece)
{
	unsigned long addr = (unsigned long)piece->iov_base;
	size_t left = min(piece->iov_len, iov_iter_count(&t->iter));
	int error = 0;

	while (left && !error) {
		size_t n = min(left, PAGE_SIZE - offset_in_page(addr));

		error = t->write ? write_part(t, addr, n) : read_part(t, addr, n);
		addr += n;
		left -= n;
		cond_resched();
	}
	return error;
}

/* Bytes moved, or, if none, the error. */
static ssize_t transfer_all(struct transfer *t, const struct iovec *pieces, unsigned long nr)
{
	size_t total = iov_iter_count(&t->iter);
	ssize_t error = 0, done;

	t->page = (char *)__get_free_page(GFP_KERNEL);
	if (!t->page)
		return -ENOMEM;
	for (unsigned long i = 0; i < nr && iov_iter_count(&t->iter) && !error; i++)
		error = transfer_piece(t, &pieces[i]);
	free_page((unsigned long)t->page);
	done = total - iov_iter_count(&t->iter);
	return done ?: error;
}

static bool all_empty(const struct iovec *pieces, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		if (pieces[i].iov_len)
			return false;
	return true;
}

static ssize_t with_process(struct transfer *t, int pid, const struct iovec *pieces,
			    unsigned long nr)
{
	struct task_struct *task;
	ssize_t ret;

	if (all_empty(pieces, nr))
		return 0;
	task = find_get_task(pid);
	if (!task)
		return -ESRCH;
	t->mm = mm_access(task, PTRACE_MODE_REALCREDS);
	put_task_struct(task);
	if (!t->mm)
		return -ESRCH;
	if (IS_ERR(t->mm))
		return PTR_ERR(t->mm) == -EACCES ? -EPERM : PTR_ERR(t->mm);
	ret = transfer_all(t, pieces, nr);
	mmput(t->mm);
	return ret;
}

static ssize_t with_remote_vector(struct transfer *t, int pid, const struct iovec __user *rvec,
				  unsigned long nr)
{
	struct iovec fast[UIO_FASTIOV], *pieces;
	ssize_t ret;

	if (!iov_iter_count(&t->iter))
		return 0;
	pieces = iovec_from_user(rvec, nr, fast);
	if (IS_ERR(pieces))
		return PTR_ERR(pieces);
	ret = with_process(t, pid, pieces, nr);
	if (pieces != fast)
		kfree(pieces);
	return ret;
}

static ssize_t process_vm_rw(int pid, const struct iovec __user *lvec, unsigned int nr_local,
			     const struct iovec __user *rvec, unsigned long nr_remote,
			     unsigned long flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *local;
	struct transfer t = { .write = write };
	ssize_t ret;

	if (flags)
		return -EINVAL;
	ret = import_iovec(write ? WRITE : READ, lvec, nr_local, fast, &local, &t.iter);
	if (ret < 0)
		return ret;
	ret = with_remote_vector(&t, pid, rvec, nr_remote);
	if (local != fast)
		kfree(local);
	return ret;
}

SYSCALL_DEFINE6(process_vm_readv, int, pid, const struct iovec __user *, lvec, unsigned long,
		liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt, unsigned long,
		flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

SYSCALL_DEFINE6(process_vm_writev, int, pid, const struct iovec __user *, lvec, unsigned long,
		liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt, unsigned long,
		flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}
