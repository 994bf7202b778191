// SPDX-License-Identifier: MIT
/* truncate(2), ftruncate(2), fallocate(2). */
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/mount.h"
#include "fs/namei.h"
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

static long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file->f_inode;
	loff_t end;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return -ENODEV;
	if (__builtin_add_overflow(offset, len, &end))
		return -EFBIG;
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
