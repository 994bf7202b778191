// SPDX-License-Identifier: MIT
/* fcntl(2): what concerns descriptors and flags; the locks are in fs/locks.c. */
#include "fs/fcntl.h"
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/locks.h"
#include "fs/pipe.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/syscall.h"
#include "mm/memfd.h"

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

	/* What may only be appended to stays so; hiding accesses is the owner's matter. */
	if (!(arg & O_APPEND) && inode->i_flags & S_APPEND)
		return -EPERM;
	if (arg & O_NOATIME && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if (arg & O_DIRECT && !(file->f_mapping->a_ops && file->f_mapping->a_ops->direct_IO))
		return -EINVAL;
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	return 0;
}

/* --- who is to be told of input: a process, or, negative, a process group; 0: nobody --- */

static long set_owner(struct file *file, int who)
{
	struct pid *pid;

	if (who == INT_MIN)
		return -EINVAL;
	if (who) {
		pid = find_get_pid(who < 0 ? -who : who);
		if (!pid)
			return -ESRCH;
		put_pid(pid);
	}
	file->f_owner = who;
	return 0;
}

static long get_owner_ex(const struct file *file, struct f_owner_ex __user *user)
{
	struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = file->f_owner };

	if (owner.pid < 0) {
		owner.type = F_OWNER_PGRP;
		owner.pid = -owner.pid;
	}
	return copy_to_user(user, &owner, sizeof(owner)) ? -EFAULT : 0;
}

static long set_owner_ex(struct file *file, const struct f_owner_ex __user *user)
{
	struct f_owner_ex owner;

	if (copy_from_user(&owner, user, sizeof(owner)))
		return -EFAULT;
	if (owner.type < F_OWNER_TID || owner.type > F_OWNER_PGRP)
		return -EINVAL;
	if (owner.pid < 0)
		return -ESRCH;
	return set_owner(file, owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid);
}

/* --- fcntl --- */

/*
 * A close(2) by another thread may have come between, too early to take our lock with it, and then
 * nobody would.
 */
static long set_process_lock(unsigned int fd, struct file *file, unsigned int cmd,
			     struct flock __user *user)
{
	struct files_struct *files = current->files;
	long result = fcntl_setlk(file, cmd, user);
	bool closed;

	if (result)
		return result;
	spin_lock(&files->file_lock);
	closed = fd >= files->max_fds || files->fd[fd] != file;
	spin_unlock(&files->file_lock);
	if (!closed)
		return 0;
	locks_remove_posix(file, files);
	return -EBADF;
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
	case F_OFD_GETLK:
		return fcntl_getlk(file, cmd, (struct flock __user *)arg);
	case F_SETLK:
	case F_SETLKW:
		return set_process_lock(fd, file, cmd, (struct flock __user *)arg);
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(file, cmd, (struct flock __user *)arg);
	case F_GETOWN:
		return file->f_owner;
	case F_SETOWN:
		return set_owner(file, arg);
	case F_GETOWN_EX:
		return get_owner_ex(file, (struct f_owner_ex __user *)arg);
	case F_SETOWN_EX:
		return set_owner_ex(file, (const struct f_owner_ex __user *)arg);
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(file, cmd, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return memfd_fcntl(file, cmd, arg);
	default:
		return -EINVAL;
	}
}

/* What may be asked of an O_PATH file. */
static bool allowed_on_path(unsigned int cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
	       cmd == F_GETFL;
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
