// SPDX-License-Identifier: MIT
/*
 * read(2), write(2), lseek(2) and their kin: check, build an iterator, call the file's read_iter or
 * write_iter.
 */
#include "fs/read_write.h"
#include "arch/riscv/uaccess.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/super.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "mm/filemap.h"
#include "mm/slab.h"

#include <linux/fs.h>

/* --- positions --- */

static loff_t set_pos(struct file *file, loff_t pos, loff_t max)
{
	if (pos < 0 || pos > max)
		return -EINVAL;
	file->f_pos = pos;
	return pos;
}

/* @from is a position; behind the last one comes a number below 0, which is none. */
static loff_t moved(loff_t from, loff_t by)
{
	return (u64)from + by;
}

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file->f_mapping->host;
	loff_t size = i_size_read(inode), max = inode->i_sb->s_maxbytes;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (!offset)
			return file->f_pos;
		offset = moved(file->f_pos, offset);
		break;
	case SEEK_END:
		offset = moved(size, offset);
		break;
	case SEEK_DATA:		/* a file of data all through, and a hole behind it */
		if (offset < 0 || offset >= size)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		if (offset < 0 || offset >= size)
			return -ENXIO;
		offset = size;
		break;
	default:
		return -EINVAL;
	}
	return set_pos(file, offset, max);
}

loff_t no_seek_end_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset = moved(file->f_pos, offset);
	else if (whence != SEEK_SET)
		return -EINVAL;
	return set_pos(file, offset, S64_MAX);
}

loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek(file, offset, whence);
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (!(file->f_mode & FMODE_LSEEK) || !file->f_op->llseek)
		return -ESPIPE;
	return file->f_op->llseek(file, offset, whence);
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, loff_t, offset, unsigned int, whence)
{
	struct fd f = fdget_pos(fd);
	loff_t result;

	if (!f.file)
		return -EBADF;
	result = vfs_llseek(f.file, offset, whence);
	fdput_pos(f);
	return result;
}

/* --- one transfer --- */

int rw_verify_area(struct file *file, loff_t pos, size_t count)
{
	loff_t end;

	if ((ssize_t)count < 0 || pos < 0)
		return -EINVAL;
	return __builtin_add_overflow(pos, (loff_t)count, &end) ? -EINVAL : 0;
}

void init_sync_kiocb(struct kiocb *iocb, struct file *file)
{
	unsigned int flags = file->f_flags;

	*iocb = (struct kiocb){ .ki_filp = file };
	if (likely(!(flags & (O_APPEND | O_DIRECT | O_DSYNC))))
		return;
	if (flags & O_APPEND)
		iocb->ki_flags |= IOCB_APPEND;
	if (flags & O_DIRECT)
		iocb->ki_flags |= IOCB_DIRECT;
	if (flags & O_DSYNC)
		iocb->ki_flags |= IOCB_DSYNC;
	if ((flags & O_SYNC) == O_SYNC)
		iocb->ki_flags |= IOCB_SYNC;
}

/* Between @iter and the file, in the direction that the iterator has. */
static __always_inline ssize_t transfer(struct file *file, struct iov_iter *iter, loff_t *pos,
					int iocb_flags, unsigned int dir)
{
	ssize_t (*op)(struct kiocb *iocb, struct iov_iter *iter) =
		dir == READ ? file->f_op->read_iter : file->f_op->write_iter;
	struct kiocb iocb;
	ssize_t result;

	if (unlikely(!(file->f_mode & (dir == READ ? FMODE_READ : FMODE_WRITE))))
		return -EBADF;
	if (unlikely(!op))
		return dir == READ && S_ISDIR(file->f_inode->i_mode) ? -EISDIR : -EINVAL;
	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = *pos;
	iocb.ki_flags |= iocb_flags;
	result = op(&iocb, iter);
	if (result > 0)
		*pos = iocb.ki_pos;
	return result;
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int iocb_flags)
{
	return transfer(file, iter, pos, iocb_flags, READ);
}

ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int iocb_flags)
{
	return transfer(file, iter, pos, iocb_flags, WRITE);
}

static __always_inline ssize_t transfer_user(struct file *file, void __user *buf, size_t count,
					     loff_t *pos, unsigned int dir)
{
	struct iov_iter iter;
	int error;

	if (unlikely(!(file->f_mode & (dir == READ ? FMODE_READ : FMODE_WRITE))))
		return -EBADF;
	if (unlikely(!access_ok(buf, count)))
		return -EFAULT;
	error = rw_verify_area(file, *pos, count);
	if (unlikely(error))
		return error;
	iov_iter_ubuf(&iter, dir, buf, min(count, MAX_RW_COUNT));
	return transfer(file, &iter, pos, 0, dir);
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return transfer_user(file, buf, count, pos, READ);
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return transfer_user(file, (char *)(uintptr_t)buf, count, pos, WRITE);
}

static ssize_t transfer_kernel(struct file *file, void *buf, size_t count, loff_t *pos,
			       unsigned int dir)
{
	struct kvec vec = { buf, min(count, MAX_RW_COUNT) };
	struct iov_iter iter;

	iov_iter_kvec(&iter, dir, &vec, 1, vec.iov_len);
	return transfer(file, &iter, pos, 0, dir);
}

ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos)
{
	return transfer_kernel(file, buf, count, pos, READ);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos)
{
	return transfer_kernel(file, (void *)(uintptr_t)buf, count, pos, WRITE);
}

/* --- system calls --- */

static __always_inline ssize_t read_or_write(unsigned int fd, void __user *buf, size_t count,
					     unsigned int dir)
{
	struct fd f = fdget_pos(fd);
	ssize_t result;

	if (!f.file)
		return -EBADF;
	result = transfer_user(f.file, buf, count, &f.file->f_pos, dir);
	fdput_pos(f);
	return result;
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	return read_or_write(fd, buf, count, READ);
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	return read_or_write(fd, (char *)(uintptr_t)buf, count, WRITE);
}

/* A file that can be read or written at any position: 0, or -EBADF, -ESPIPE, -EINVAL. */
static int get_positioned(unsigned int fd, loff_t pos, unsigned int mode, struct fd *f)
{
	if (pos < 0)
		return -EINVAL;
	*f = fdget(fd);
	if (!f->file)
		return -EBADF;
	if (f->file->f_mode & mode)
		return 0;
	fdput(*f);
	return -ESPIPE;
}

static ssize_t read_or_write_at(unsigned int fd, void __user *buf, size_t count, loff_t pos,
				unsigned int dir)
{
	struct fd f;
	ssize_t result = get_positioned(fd, pos, dir == READ ? FMODE_PREAD : FMODE_PWRITE, &f);

	if (result)
		return result;
	result = transfer_user(f.file, buf, count, &pos, dir);
	fdput(f);
	return result;
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, loff_t, pos)
{
	return read_or_write_at(fd, buf, count, pos, READ);
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, loff_t, pos)
{
	return read_or_write_at(fd, (char *)(uintptr_t)buf, count, pos, WRITE);
}

/* RWF_* of preadv2 and pwritev2 as IOCB_*, or -EOPNOTSUPP. */
static int iocb_flags_of(int rwf)
{
	int flags = 0;

	if (rwf & ~(RWF_DSYNC | RWF_SYNC | RWF_APPEND | RWF_HIPRI))
		return -EOPNOTSUPP;
	if (rwf & RWF_DSYNC)
		flags |= IOCB_DSYNC;
	if (rwf & RWF_SYNC)
		flags |= IOCB_DSYNC | IOCB_SYNC;
	if (rwf & RWF_APPEND)
		flags |= IOCB_APPEND;
	return flags;
}

static ssize_t transfer_vector(struct file *file, unsigned int dir, struct iov_iter *iter,
			       loff_t *pos, int rwf)
{
	int flags, error;

	if (!(file->f_mode & (dir == READ ? FMODE_READ : FMODE_WRITE)))
		return -EBADF;
	if (!iter->count)
		return 0;
	error = rw_verify_area(file, *pos, iter->count);
	if (error)
		return error;
	flags = iocb_flags_of(rwf);
	return flags < 0 ? flags : transfer(file, iter, pos, flags, dir);
}

static ssize_t do_vector(struct file *file, unsigned int dir, const struct iovec __user *vec,
			 unsigned long nr, loff_t *pos, int rwf)
{
	struct iovec fast[UIO_FASTIOV], *iov;
	struct iov_iter iter;
	ssize_t result = import_iovec(dir, vec, nr, fast, &iov, &iter);

	if (result < 0)
		return result;
	result = transfer_vector(file, dir, &iter, pos, rwf);
	if (iov != fast)
		kfree(iov);
	return result;
}

static ssize_t do_vector_at_pos(unsigned int fd, unsigned int dir, const struct iovec __user *vec,
				unsigned long nr, int rwf)
{
	struct fd f = fdget_pos(fd);
	ssize_t result;

	if (!f.file)
		return -EBADF;
	result = do_vector(f.file, dir, vec, nr, &f.file->f_pos, rwf);
	fdput_pos(f);
	return result;
}

static ssize_t do_positioned_vector(unsigned int fd, unsigned int dir,
				    const struct iovec __user *vec, unsigned long nr, loff_t pos,
				    int rwf)
{
	struct fd f;
	ssize_t result = get_positioned(fd, pos, dir == READ ? FMODE_PREAD : FMODE_PWRITE, &f);

	if (result)
		return result;
	result = do_vector(f.file, dir, vec, nr, &pos, rwf);
	fdput(f);
	return result;
}

SYSCALL_DEFINE3(readv, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr)
{
	return do_vector_at_pos(fd, READ, vec, nr, 0);
}

SYSCALL_DEFINE3(writev, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr)
{
	return do_vector_at_pos(fd, WRITE, vec, nr, 0);
}

/*
 * The position comes in two halves for the sake of 32-bit machines; the low one holds all of it
 * here.
 */
SYSCALL_DEFINE5(preadv, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr,
		loff_t, pos, unsigned long, high)
{
	return do_positioned_vector(fd, READ, vec, nr, pos, 0);
}

SYSCALL_DEFINE5(pwritev, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr,
		loff_t, pos, unsigned long, high)
{
	return do_positioned_vector(fd, WRITE, vec, nr, pos, 0);
}

/* Position -1: the file's own. */
SYSCALL_DEFINE6(preadv2, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr,
		loff_t, pos, unsigned long, high, int, rwf)
{
	if (pos == -1)
		return do_vector_at_pos(fd, READ, vec, nr, rwf);
	return do_positioned_vector(fd, READ, vec, nr, pos, rwf);
}

SYSCALL_DEFINE6(pwritev2, unsigned int, fd, const struct iovec __user *, vec, unsigned long, nr,
		loff_t, pos, unsigned long, high, int, rwf)
{
	if (pos == -1)
		return do_vector_at_pos(fd, WRITE, vec, nr, rwf);
	return do_positioned_vector(fd, WRITE, vec, nr, pos, rwf);
}
