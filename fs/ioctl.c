// SPDX-License-Identifier: MIT
/* ioctl(2): what every file knows is done here, the rest by the file's own operation. */
#include "arch/riscv/uaccess.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/super.h"
#include "kernel/syscall.h"

#include <asm/ioctls.h>
#include <linux/fs.h>

static long set_file_flag(struct file *file, unsigned int flag, const int __user *user)
{
	int on;

	if (get_user(on, user))
		return -EFAULT;
	if (on)
		file->f_flags |= flag;
	else
		file->f_flags &= ~flag;
	return 0;
}

long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long result = -ENOIOCTLCMD;

	if (file->f_op->unlocked_ioctl)
		result = file->f_op->unlocked_ioctl(file, cmd, arg);
	return result == -ENOIOCTLCMD ? -ENOTTY : result;
}

static long do_vfs_ioctl(struct file *file, unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file->f_inode;

	switch (cmd) {
	case FIOCLEX:
		set_close_on_exec(fd, true);
		return 0;
	case FIONCLEX:
		set_close_on_exec(fd, false);
		return 0;
	case FIONBIO:
		return set_file_flag(file, O_NONBLOCK, (int __user *)arg);
	case FIOASYNC:
		return set_file_flag(file, FASYNC, (int __user *)arg);
	case FIGETBSZ:
		return put_user(inode->i_sb->s_blocksize, (int __user *)arg);
	case FIONREAD:
		if (S_ISREG(inode->i_mode))
			return put_user(i_size_read(inode) - file->f_pos, (int __user *)arg);
		return vfs_ioctl(file, cmd, arg);
	default:
		return vfs_ioctl(file, cmd, arg);
	}
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget(fd);
	long result;

	if (!f.file)
		return -EBADF;
	result = do_vfs_ioctl(f.file, fd, cmd, arg);
	fdput(f);
	return result;
}
