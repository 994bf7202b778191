// SPDX-License-Identifier: MIT
/*
 * The memory that a process shows of itself: what exec put on its stack.  cmdline is for everybody
 * and follows the process through exec; environ and auxv belong to the address space that was there
 * when they were opened.
 */
#include "fs/iov_iter.h"
#include "fs/proc/proc.h"
#include "fs/proc/task_mmu.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/gup.h"
#include "mm/mm.h"
#include "mm/slab.h"

/* Copies [start, end) of @mm from byte @pos on, as far as it is mapped.  Bytes or -errno. */
static ssize_t read_memory(struct mm_struct *mm, unsigned long start, unsigned long end, loff_t pos,
			   struct iov_iter *to)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t done = 0;

	if (!page)
		return -ENOMEM;
	start = (u64)pos < end - start ? start + pos : end;
	while (start < end && iov_iter_count(to)) {
		size_t want = min_t(size_t, min_t(size_t, end - start, PAGE_SIZE),
				    iov_iter_count(to));
		size_t n = access_remote_vm(mm, start, page, want, FOLL_FORCE);

		if (copy_to_iter(page, n, to) != n) {
			done = -EFAULT;
			break;
		}
		done += n;
		start += n;
		if (n < want)
			break;
	}
	kfree(page);
	return done;
}

static ssize_t cmdline_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct task_struct *task = proc_task(file_inode(iocb->ki_filp));
	struct mm_struct *mm;
	ssize_t done = 0;

	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		done = read_memory(mm, mm->arg_start, mm->arg_end, iocb->ki_pos, to);
		mmput(mm);
	}
	if (done > 0)
		iocb->ki_pos += done;
	return done;
}

const struct file_operations proc_cmdline_fops = {
	.llseek = generic_file_llseek,
	.read_iter = cmdline_read,
};

static ssize_t environ_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct mm_struct *mm = iocb->ki_filp->private_data;
	ssize_t done;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	done = read_memory(mm, mm->env_start, mm->env_end, iocb->ki_pos, to);
	mmput(mm);
	if (done > 0)
		iocb->ki_pos += done;
	return done;
}

const struct file_operations proc_environ_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = environ_read,
	.open = proc_mm_open,
	.release = proc_mm_release,
};

static ssize_t auxv_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct mm_struct *mm = iocb->ki_filp->private_data;
	size_t words = 0, size, n;

	if (!mm)
		return 0;
	/* Up to and with the AT_NULL pair. */
	while (words < AT_VECTOR_SIZE - 2 && mm->saved_auxv[words])
		words += 2;
	size = (words + 2) * sizeof(mm->saved_auxv[0]);
	if ((u64)iocb->ki_pos >= size)
		return 0;
	n = min_t(size_t, size - iocb->ki_pos, iov_iter_count(to));
	if (copy_to_iter((char *)mm->saved_auxv + iocb->ki_pos, n, to) != n)
		return -EFAULT;
	iocb->ki_pos += n;
	return n;
}

const struct file_operations proc_auxv_fops = {
	.llseek = generic_file_llseek,
	.read_iter = auxv_read,
	.open = proc_mm_open,
	.release = proc_mm_release,
};
