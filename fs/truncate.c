// SPDX-License-Identifier: MIT
/* truncate(2), ftruncate(2), fallocate(2). */
#include <linux/falloc.h>
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "fs/super.h"
#include "kernel/syscall.h"

static int do_truncate(struct dentry *dentry, loff_t length, struct file *file)
{
	struct iattr attr = {
		.ia_valid = ATTR_SIZE | ATTR_MTIME, .ia_size = length, .ia_file = file};
	int error;

	inode_lock(dentry->d_inode);
	error = notify_change(dentry, &attr);
	inode_unlock(dentry->d_inode);
	return error;
}

static int truncate_path(const struct path *path, loff_t length)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	error = mnt_want_write(path->mnt);
	if (!error)
		error = inode_permission(inode, MAY_WRITE);
	if (!error && inode->i_flags & S_APPEND)
		error = -EPERM;
	if (!error)
		error = get_write_access(inode);
	if (error)
		return error;
	error = do_truncate(path->dentry, length, NULL);
	put_write_access(inode);
	return error;
}

SYSCALL_DEFINE2(truncate, const char __user *, name, loff_t, length)
{
	struct path path;
	int error;

	if (length < 0)
		return -EINVAL;
	error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	error = truncate_path(&path, length);
	path_put(&path);
	return error;
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, loff_t, length)
{
	struct fd f;
	int error = -EINVAL;

	if (length < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_WRITE && S_ISREG(f.file->f_inode->i_mode))
		error = f.file->f_inode->i_flags & S_APPEND ? -EPERM
			: do_truncate(f.file->f_path.dentry, length, f.file);
	fdput(f);
	return error;
}

/* Modes that some file system of Linux knows, and which of them go together. */
static int check_fallocate_mode(int mode)
{
	const int exclusive = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & exclusive) == exclusive)
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_COLLAPSE_RANGE && mode & ~FALLOC_FL_COLLAPSE_RANGE)
		return -EINVAL;
	if (mode & FALLOC_FL_INSERT_RANGE && mode & ~FALLOC_FL_INSERT_RANGE)
		return -EINVAL;
	if (mode & FALLOC_FL_UNSHARE_RANGE &&
	    mode & ~(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE))
		return -EINVAL;
	return 0;
}

static int check_fallocate_inode(const struct inode *inode, int mode, loff_t offset, loff_t len)
{
	loff_t end;

	if (mode & ~FALLOC_FL_KEEP_SIZE && inode->i_flags & S_APPEND)
		return -EPERM;
	if (inode->i_flags & S_IMMUTABLE)
		return -EPERM;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return -ENODEV;
	if (__builtin_add_overflow(offset, len, &end) || end > inode->i_sb->s_maxbytes)
		return -EFBIG;
	return 0;
}

long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	int error;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	error = check_fallocate_mode(mode);
	if (error)
		return error;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	error = check_fallocate_inode(file->f_inode, mode, offset, len);
	if (error)
		return error;
	return file->f_op->fallocate ? file->f_op->fallocate(file, mode, offset, len) : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(fallocate, unsigned int, fd, int, mode, loff_t, offset, loff_t, len)
{
	struct fd f = fdget(fd);
	long error;

	if (!f.file)
		return -EBADF;
	error = vfs_fallocate(f.file, mode, offset, len);
	fdput(f);
	return error;
}
