// SPDX-License-Identifier: MIT
/* fcntl(2): what concerns descriptors and flags; the locks are in fs/locks.c. */
#include "fs/fcntl.h"
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/locks.h"
#include "fs/pipe.h"
#include "kernel/resource.h"
#include "kernel/syscall.h"

static long dup_from(struct file *file, unsigned long from, unsigned int flags)
{
	int fd;

	if (from >= rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	fd = f_dupfd(from, get_file(file), flags);
	if (fd < 0)
		fput(file);
	return fd;
}

static long get_cloexec(unsigned int fd)
{
	struct files_struct *files = current->files;
	long result;

	spin_lock(&files->file_lock);
	result = test_bit(fd, files->close_on_exec) ? FD_CLOEXEC : 0;
	spin_unlock(&files->file_lock);
	return result;
}

void set_close_on_exec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (on)
		__set_bit(fd, files->close_on_exec);
	else
		__clear_bit(fd, files->close_on_exec);
	spin_unlock(&files->file_lock);
}

static long set_flags(struct file *file, unsigned long arg)
{
	struct inode *inode = file->f_inode;

	/* What may only be appended to stays so, and whose times are whose to hide is the owner's matter. */
	if (!(arg & O_APPEND) && inode->i_flags & S_APPEND)
		return -EPERM;
	if (arg & O_NOATIME && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if (arg & O_DIRECT && !(file->f_mapping->a_ops && file->f_mapping->a_ops->direct_IO))
		return -EINVAL;
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	return 0;
}

static long do_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg, struct file *file)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(file, arg, 0);
	case F_DUPFD_CLOEXEC:
		return dup_from(file, arg, O_CLOEXEC);
	case F_GETFD:
		return get_cloexec(fd);
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags & ~O_CLOEXEC;
	case F_SETFL:
		return set_flags(file, arg);
	case F_GETLK:
		return fcntl_getlk(file, (struct flock __user *)arg);
	case F_SETLK:
	case F_SETLKW:
		return fcntl_setlk(file, cmd, (struct flock __user *)arg);
	case F_GETOWN:
		return file->f_owner;
	case F_SETOWN:
		file->f_owner = arg;
		return 0;
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(file, cmd, arg);
	default:
		return -EINVAL;
	}
}

/* What may be asked of an O_PATH file. */
static bool allowed_on_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD || cmd == F_GETFL;
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget_raw(fd);
	long result = -EBADF;

	if (!f.file)
		return -EBADF;
	if (!(f.file->f_mode & FMODE_PATH) || allowed_on_path(cmd))
		result = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return result;
}
