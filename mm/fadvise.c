// SPDX-License-Identifier: MIT
/*
 * NORMAL, RANDOM and SEQUENTIAL set how far the open file reads ahead.  WILLNEED starts reading,
 * DONTNEED starts writing what is dirty and drops what is clean: whole pages only, since part of a
 * page may be wanted by somebody else.
 */
#include "mm/fadvise.h"

#include <linux/fadvise.h>
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/super.h"
#include "kernel/syscall.h"
#include "mm/page_writeback.h"
#include "mm/readahead.h"
#include "mm/truncate.h"

#define WILLNEED_PAGES	512UL	/* 2 MiB: read at once on one advice */

static void advise_willneed(struct file *file, loff_t offset, loff_t last)
{
	pgoff_t first = offset >> PAGE_SHIFT, pages = (last >> PAGE_SHIFT) - first + 1;

	force_page_cache_readahead(file->f_mapping, file, first, min(pages, WILLNEED_PAGES));
}

static void advise_dontneed(struct file *file, loff_t offset, loff_t last)
{
	struct address_space *mapping = file->f_mapping;
	pgoff_t first = ((u64)offset + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t behind = ((u64)last + 1) >> PAGE_SHIFT;

	filemap_flush_range(mapping, offset, last);
	/* The last page of the file is whole, however much of it is the file's. */
	if (last == mapping->host->i_size - 1)
		behind = (last >> PAGE_SHIFT) + 1;
	if (behind > first)
		invalidate_mapping_pages(mapping, first, behind - 1);
}

/* Is there a disk behind it?  Files of memory take any advice and ignore it. */
static bool has_store(const struct address_space *mapping)
{
	return mapping->host->i_sb->s_bdev || S_ISBLK(mapping->host->i_mode);
}

static bool valid_advice(int advice)
{
	return advice >= POSIX_FADV_NORMAL && advice <= POSIX_FADV_NOREUSE;
}

int vfs_fadvise(struct file *file, loff_t offset, loff_t len, int advice)
{
	u64 end = (u64)offset + (u64)len;
	loff_t last = !len || end < (u64)len ? LAST_BYTE : (loff_t)(end - 1);

	if (S_ISFIFO(file_inode(file)->i_mode))
		return -ESPIPE;
	if (!file->f_mapping || len < 0 || !valid_advice(advice))
		return -EINVAL;
	if (!has_store(file->f_mapping))
		return 0;
	if (advice == POSIX_FADV_NORMAL || advice == POSIX_FADV_SEQUENTIAL)
		file->f_ra.ra_pages = mapping_ra_pages(file->f_mapping)
				       << (advice == POSIX_FADV_SEQUENTIAL);
	if (advice <= POSIX_FADV_SEQUENTIAL)
		file->f_ra.random = advice == POSIX_FADV_RANDOM;
	else if (advice == POSIX_FADV_WILLNEED)
		advise_willneed(file, offset, last);
	else if (advice == POSIX_FADV_DONTNEED)
		advise_dontneed(file, offset, last);
	return 0;
}

SYSCALL_DEFINE4(fadvise64, int, fd, loff_t, offset, loff_t, len, int, advice)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = vfs_fadvise(f.file, offset, len, advice);
	fdput(f);
	return error;
}

static int do_readahead(struct file *file, loff_t offset, size_t count)
{
	umode_t mode = file_inode(file)->i_mode;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_mapping || !file->f_mapping->a_ops || !(S_ISREG(mode) || S_ISBLK(mode)))
		return -EINVAL;
	return vfs_fadvise(file, offset, count, POSIX_FADV_WILLNEED);
}

SYSCALL_DEFINE3(readahead, int, fd, loff_t, offset, size_t, count)
{
	struct fd f = fdget(fd);
	int error;

	if (!f.file)
		return -EBADF;
	error = do_readahead(f.file, offset, count);
	fdput(f);
	return error;
}
