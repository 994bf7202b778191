// SPDX-License-Identifier: MIT
/*
 * Regular files of tmpfs.  A seal is looked at under i_rwsem, where it is set (mm/memfd.c), by
 * everything that changes the file; mappings have a count of their own.
 */
#include "fs/tmpfs/tmpfs.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "mm/filemap.h"
#include "mm/memfd.h"
#include "mm/memory.h"
#include "mm/rmap.h"
#include "mm/shmem_swap.h"

#define BATCH	15

/* --- read --- */

/* Copies from page @index, which may be a hole, without making it one of the file's. */
static ssize_t copy_page_out(struct address_space *mapping, pgoff_t index, size_t offset,
			     size_t bytes, struct iov_iter *to)
{
	struct folio *folio = filemap_get_folio(mapping, index);
	size_t copied;
	int error;

	if (!folio && shmem_swapped(mapping->host, index).val) {
		error = shmem_get_folio(mapping->host, index, &folio, SGP_READ);
		if (error && error != -EINVAL)
			return error;
		if (folio)
			folio_unlock(folio);
	}
	if (folio && folio_test_uptodate(folio)) {
		smp_rmb();		/* pairs with shmem_fill_folio() */
		copied = copy_folio_to_iter(folio, offset, bytes, to);
	} else {
		copied = copy_folio_to_iter(zero_folio, offset, bytes, to);
	}
	if (folio)
		folio_put(folio);
	return copied;
}

static ssize_t tmpfs_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	ssize_t done = 0;

	while (to->count) {
		loff_t pos = iocb->ki_pos, size = i_size_read(file_inode(file));
		size_t bytes = min(to->count, PAGE_SIZE - offset_in_page(pos));
		ssize_t copied;

		if (pos >= size)
			break;
		bytes = min_t(loff_t, bytes, size - pos);
		copied = copy_page_out(file->f_mapping, pos >> PAGE_SHIFT, offset_in_page(pos),
				       bytes, to);
		if (copied < 0)
			return done ? done : copied;
		iocb->ki_pos += copied;
		done += copied;
		if (copied < (ssize_t)bytes) {
			done = done ? done : -EFAULT;
			break;
		}
		cond_resched();
	}
	file_accessed(file);
	return done;
}

/* --- positions --- */

/* The first page of data in [first, last] that is in memory; @last + 1: there is none. */
static pgoff_t next_present(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct folio *folios[BATCH];
	pgoff_t found = last + 1;
	unsigned int nr;

	while (found > last && (nr = filemap_get_folios(mapping, &first, last, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			if (found > last && folio_test_uptodate(folios[i]))
				found = folios[i]->index;
			folio_put(folios[i]);
		}
	}
	return found;
}

/* The first page of data in [first, last]; @last + 1: there is none. */
static pgoff_t next_data(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	unsigned long moves;
	pgoff_t found;

	do {
		moves = shmem_moves(mapping->host);
		found = next_present(mapping, first, last);
		found = min(found, shmem_next_swapped(mapping->host, first, last));
	} while (moves != shmem_moves(mapping->host));
	return found;
}

/* The first page in [first, last] that is a hole; @last + 1: there is none. */
static pgoff_t next_hole(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	while (first <= last && next_data(mapping, first, first) == first)
		first++;
	return first;
}

static loff_t seek_hole_data(struct inode *inode, loff_t pos, bool data)
{
	loff_t size = inode->i_size;
	pgoff_t first = pos >> PAGE_SHIFT, last, found;

	if (pos < 0 || pos >= size)
		return -ENXIO;
	last = (size - 1) >> PAGE_SHIFT;
	found = data ? next_data(inode->i_mapping, first, last)
		     : next_hole(inode->i_mapping, first, last);
	if (found > last)
		return data ? -ENXIO : size;
	return found == first ? pos : (loff_t)found << PAGE_SHIFT;
}

static loff_t tmpfs_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	inode_lock(inode);
	offset = seek_hole_data(inode, offset, whence == SEEK_DATA);
	if (offset >= 0)
		file->f_pos = offset;
	inode_unlock(inode);
	return offset;
}

/* --- size --- */

/* Takes the whole pages of [start, end] out of all mappings. */
static void unmap_whole_pages(struct inode *inode, loff_t start, loff_t end, bool even_cows)
{
	pgoff_t first = ((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t behind = ((u64)end + 1) >> PAGE_SHIFT;

	if (behind > first)
		unmap_mapping_pages(inode->i_mapping, first, behind - first, even_cows);
}

static int tmpfs_setsize(struct inode *inode, loff_t size)
{
	unsigned int seals = SHMEM_I(inode)->seals;
	loff_t old = inode->i_size;

	if ((size < old && seals & F_SEAL_SHRINK) || (size > old && seals & F_SEAL_GROW))
		return -EPERM;
	i_size_write(inode, size);
	if (size > old)
		return 0;
	/*
	 * All at once first, which is cheaper than page by page.  Again at the end: a fault may
	 * have made a private copy of a page that was still there.
	 */
	unmap_whole_pages(inode, size, LAST_BYTE, true);
	shmem_truncate_range(inode, size, LAST_BYTE);
	unmap_whole_pages(inode, size, LAST_BYTE, true);
	return 0;
}

static int tmpfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	int error = setattr_prepare(dentry, attr);

	if (!error && attr->ia_valid & ATTR_SIZE)
		error = tmpfs_setsize(d_inode(dentry), attr->ia_size);
	if (!error)
		setattr_copy(d_inode(dentry), attr);
	return error;
}

/* Private copies stay, as they do when somebody writes zeros. */
static int punch_hole(struct inode *inode, loff_t offset, loff_t len)
{
	if (SHMEM_I(inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	unmap_whole_pages(inode, offset, offset + len - 1, false);
	shmem_truncate_range(inode, offset, offset + len - 1);
	return 0;
}

/* Charges every page of [first, end); all or none of those that were holes. */
static int allocate_pages(struct inode *inode, pgoff_t first, pgoff_t end)
{
	const struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);
	struct folio *folio;

	/* What can never be is not worth beginning. */
	if (sbinfo->max_blocks && end - first > sbinfo->max_blocks)
		return -ENOSPC;
	for (pgoff_t index = first; index < end; index++) {
		int error = signal_pending(current) ? -EINTR :
			shmem_get_folio(inode, index, &folio, SGP_FALLOC);

		if (error) {
			if (index > first)
				shmem_undo_falloc(inode, first, index - 1);
			return error;
		}
		folio_mark_dirty(folio);
		folio_unlock(folio);
		folio_put(folio);
		cond_resched();
	}
	return 0;
}

static int allocate_range(struct inode *inode, int mode, loff_t offset, loff_t len)
{
	loff_t end = offset + len;
	int error = inode_newsize_ok(inode, end);

	if (error)
		return error;
	if (SHMEM_I(inode)->seals & F_SEAL_GROW && end > inode->i_size)
		return -EPERM;
	error = allocate_pages(inode, offset >> PAGE_SHIFT,
			       ((end - 1) >> PAGE_SHIFT) + 1);
	if (!error && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->i_size)
		i_size_write(inode, end);
	return error;
}

static long tmpfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	int error;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	inode_lock(inode);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		error = punch_hole(inode, offset, len);
	else
		error = allocate_range(inode, mode, offset, len);
	if (!error)
		error = file_remove_privs(file);
	if (!error)
		error = file_update_time(file);
	inode_unlock(inode);
	return error;
}

/* --- the rest --- */

static int tmpfs_mmap(struct file *file, struct vm_area_struct *vma)
{
	int error = memfd_check_mmap(SHMEM_I(file_inode(file))->seals, vma);

	if (error)
		return error;
	file_accessed(file);
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

static int tmpfs_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

const struct file_operations tmpfs_file_operations = {
	.llseek = tmpfs_llseek,
	.read_iter = tmpfs_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = tmpfs_mmap,
	.fsync = tmpfs_fsync,
	.fallocate = tmpfs_fallocate,
};

const struct inode_operations tmpfs_file_inode_operations = {
	.setattr = tmpfs_setattr,
	.getattr = tmpfs_getattr,
};
