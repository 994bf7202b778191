// SPDX-License-Identifier: MIT
/*
 * sendfile(2): a read and a write through one page of the kernel's, without a way through user
 * memory.
 */
#include "arch/riscv/uaccess.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/read_write.h"
#include "kernel/syscall.h"
#include "mm/page_alloc.h"

/*
 * Bytes moved, or -errno. What was read and could not be written is given back to the source's
 * position.
 */
static ssize_t copy_through(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos,
			    size_t count, void *page)
{
	ssize_t done = 0, n = 0, written;

	while ((size_t)done < count) {
		n = kernel_read(in, page, min_t(size_t, count - done, PAGE_SIZE), in_pos);
		if (n <= 0)
			break;
		written = kernel_write(out, page, n, out_pos);
		*in_pos -= n - max_t(ssize_t, written, 0);
		if (written > 0)
			done += written;
		if (written != n) {
			n = written;
			break;
		}
		cond_resched();
	}
	return done ?: n;
}

static ssize_t do_sendfile(struct file *out, struct file *in, loff_t *pos, size_t count)
{
	void *page;
	ssize_t result;
	int error;

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!(S_ISREG(in->f_inode->i_mode) || S_ISBLK(in->f_inode->i_mode)) ||
	    out->f_flags & O_APPEND)
		return -EINVAL;
	error = rw_verify_area(in, *pos, count) ?: rw_verify_area(out, out->f_pos, count);
	if (error)
		return error;
	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	result = copy_through(in, pos, out, &out->f_pos, min(count, MAX_RW_COUNT), page);
	free_page((unsigned long)page);
	return result;
}

/* @user NULL: the source's own position, which then moves. */
static ssize_t sendfile_at(struct file *out, struct file *in, loff_t __user *user, size_t count)
{
	loff_t pos;
	ssize_t result;

	if (!user)
		return do_sendfile(out, in, &in->f_pos, count);
	if (get_user(pos, user))
		return -EFAULT;
	if (pos < 0)
		return -EINVAL;
	result = do_sendfile(out, in, &pos, count);
	return put_user(pos, user) ? -EFAULT : result;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, user, size_t, count)
{
	struct fd in = fdget(in_fd), out;
	ssize_t result = -EBADF;

	if (!in.file)
		return -EBADF;
	out = fdget(out_fd);
	if (out.file) {
		result = sendfile_at(out.file, in.file, user, count);
		fdput(out);
	}
	fdput(in);
	return result;
}
