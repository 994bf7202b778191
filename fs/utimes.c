// SPDX-License-Identifier: MIT
/* utimensat(2). */
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/syscall.h"

#define UTIME_NOW	((1L << 30) - 1)
#define UTIME_OMIT	((1L << 30) - 2)

static bool nsec_valid(long nsec)
{
	return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < NSEC_PER_SEC);
}

/* @times NULL: both to now. */
static int vfs_utimes(const struct path *path, const struct __kernel_timespec *times)
{
	struct inode *inode = path->dentry->d_inode;
	struct iattr attr = { .ia_valid = ATTR_MTIME | ATTR_ATIME | ATTR_CTIME };
	int error = mnt_want_write(path->mnt);

	if (error)
		return error;
	if (!times || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)) {
		attr.ia_valid |= ATTR_TOUCH;
	} else {
		if (times[0].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_ATIME;
		else if (times[0].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_ATIME_SET;
		if (times[1].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~ATTR_MTIME;
		else if (times[1].tv_nsec != UTIME_NOW)
			attr.ia_valid |= ATTR_MTIME_SET;
		/* One of the two alone, be it to now, is the owner's. */
		if (!(attr.ia_valid & (ATTR_ATIME_SET | ATTR_MTIME_SET)) &&
		    !inode_owner_or_capable(inode))
			return -EPERM;
		attr.ia_atime = times[0];
		attr.ia_mtime = times[1];
	}
	inode_lock(inode);
	error = notify_change(path->dentry, &attr);
	inode_unlock(inode);
	return error;
}

static int utimes_fd(unsigned int fd, const struct __kernel_timespec *times)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = vfs_utimes(&f.file->f_path, times);
	fdput(f);
	return error;
}

static int utimes_path(int dfd, const char __user *name, const struct __kernel_timespec *times,
		       int flags)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int error;

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, lookup, &path);
	if (error)
		return error;
	error = vfs_utimes(&path, times);
	path_put(&path);
	return error;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, name,
		const struct __kernel_timespec __user *, user, int, flags)
{
	struct __kernel_timespec times[2];

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (user) {
		if (copy_from_user(times, user, sizeof(times)))
			return -EFAULT;
		if (!nsec_valid(times[0].tv_nsec) || !nsec_valid(times[1].tv_nsec))
			return -EINVAL;
		if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
			return 0;
	}
	if (!name && dfd != AT_FDCWD)
		return flags ? -EINVAL : utimes_fd(dfd, user ? times : NULL);
	return utimes_path(dfd, name, user ? times : NULL, flags);
}
