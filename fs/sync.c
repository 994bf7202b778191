// SPDX-License-Identifier: MIT
/* sync(2), syncfs(2), fsync(2), fdatasync(2), sync_file_range(2). */
#include <linux/fs.h>
#include "drivers/block.h"
#include "fs/bdev.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/super.h"
#include "kernel/syscall.h"
#include "mm/filemap.h"
#include "mm/writeback.h"

int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync)
{
	return file->f_op->fsync ? file->f_op->fsync(file, start, end, datasync) : -EINVAL;
}

int vfs_fsync(struct file *file, int datasync)
{
	return vfs_fsync_range(file, 0, LAST_BYTE, datasync);
}

int generic_file_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	int error = file_write_and_wait_range(file, start, end);

	return error ?: sync_inode_metadata(file_inode(file), 1);
}

ssize_t generic_write_sync(struct kiocb *iocb, ssize_t count)
{
	int error;

	if (count <= 0 || !(iocb->ki_flags & IOCB_DSYNC))
		return count;
	error = vfs_fsync_range(iocb->ki_filp, iocb->ki_pos - count, iocb->ki_pos - 1,
				!(iocb->ki_flags & IOCB_SYNC));
	return error ?: count;
}

static void start_writing(struct super_block *sb, void *arg)
{
	if (!sb_rdonly(sb))
		writeback_inodes_sb(sb);
}

static void sync_one(struct super_block *sb, void *arg)
{
	sync_filesystem(sb);
}

void ksys_sync(void)
{
	iterate_supers(start_writing, NULL);
	iterate_supers(sync_one, NULL);
	iterate_bdevs_sync();
}

SYSCALL_DEFINE0(sync)
{
	ksys_sync();
	return 0;
}

SYSCALL_DEFINE1(syncfs, unsigned int, fd)
{
	struct fd f = fdget(fd);
	struct super_block *sb;
	int error, earlier;

	if (!f.file)
		return -EBADF;
	sb = f.file->f_path.dentry->d_sb;
	down_read(&sb->s_umount);
	error = sync_filesystem(sb);
	up_read(&sb->s_umount);
	earlier = errseq_check_and_advance(&sb->s_wb_err, &f.file->f_sb_err);
	fdput(f);
	return error ?: earlier;
}

static int do_fsync(unsigned int fd, int datasync)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = vfs_fsync(f.file, datasync);
	fdput(f);
	return error;
}

SYSCALL_DEFINE1(fsync, unsigned int, fd)
{
	return do_fsync(fd, 0);
}

SYSCALL_DEFINE1(fdatasync, unsigned int, fd)
{
	return do_fsync(fd, 1);
}

#define RANGE_FLAGS	(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | \
			 SYNC_FILE_RANGE_WAIT_AFTER)

/* Data alone, and not further than to the device: no metadata, no flush. */
static int sync_range(struct file *file, loff_t start, loff_t end, unsigned int flags)
{
	bool all = (flags & SYNC_FILE_RANGE_WRITE_AND_WAIT) == SYNC_FILE_RANGE_WRITE_AND_WAIT;
	int error = 0;

	if (flags & SYNC_FILE_RANGE_WAIT_BEFORE)
		error = file_fdatawait_range(file, start, end);
	if (!error && flags & SYNC_FILE_RANGE_WRITE)
		error = __filemap_fdatawrite_range(file->f_mapping, start, end,
						   all ? WB_SYNC_ALL : WB_SYNC_NONE);
	if (!error && flags & SYNC_FILE_RANGE_WAIT_AFTER)
		error = file_fdatawait_range(file, start, end);
	return error;
}

static int do_sync_file_range(struct file *file, loff_t offset, loff_t nbytes, unsigned int flags)
{
	umode_t mode = file_inode(file)->i_mode;
	loff_t end;

	if (flags & ~RANGE_FLAGS || offset < 0 || nbytes < 0 ||
	    __builtin_add_overflow(offset, nbytes, &end))
		return -EINVAL;
	if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) && !S_ISLNK(mode))
		return -ESPIPE;
	return sync_range(file, offset, nbytes ? end - 1 : LAST_BYTE, flags);
}

SYSCALL_DEFINE4(sync_file_range, int, fd, loff_t, offset, loff_t, nbytes, unsigned int, flags)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = do_sync_file_range(f.file, offset, nbytes, flags);
	fdput(f);
	return error;
}
