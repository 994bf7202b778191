// SPDX-License-Identifier: MIT
/*
 * A file's content between page cache and disk.
 *
 * Blocks get their place when data is put into the cache, not when it is written out: so a full
 * disk is told to who writes, and writing back never needs an allocation. Because the allocation's
 * mutex comes before the folio lock, a write goes:
 *
 *   1  make the folio uptodate and keep a reference, unless all of it will be overwritten and
 *      nobody can be reading it
 *   2  allocate its blocks
 *   3  lock it, copy, mark it dirty
 *
 * A folio that has all of its blocks says so (PG_mappedtodisk), until truncation takes some: for it
 * step 3 is enough.
 *
 * X1  A block that was just allocated still has what its last owner left in it.  Nobody may read it
 * from the disk before it was written: either its folio is uptodate in the cache since before (step
 * 1), or it lies behind the end of the file.
 */
#include "fs/direct_io.h"
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/mm_types.h"
#include "mm/readahead.h"
#include "mm/vmscan.h"

static int ext2_read_folio(struct file *file, struct folio *folio)
{
	return mpage_read_folio(folio, ext2_get_extent);
}

static void ext2_readahead(struct readahead_control *rac)
{
	mpage_readahead(rac, ext2_get_extent);
}

static int ext2_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	return mpage_writepages(mapping->host, wbc, ext2_get_extent);
}

/* Are blocks [block, block + count) all mapped?  1, 0, -errno. */
static int all_mapped(struct inode *inode, u64 block, u64 count)
{
	struct extent extent;
	int error;

	while (count) {
		error = ext2_get_extent(inode, block, count, &extent);
		if (error || !extent.mapped)
			return error;
		block += extent.count;
		count -= extent.count;
	}
	return 1;
}

/* Must the folio at @pos be made uptodate before @len bytes are copied into it?  1, 0, -errno. */
static int needs_content(struct inode *inode, loff_t pos, unsigned int len)
{
	unsigned int per_folio = 1u << (PAGE_SHIFT - inode->i_blkbits);
	int mapped;

	if (len < PAGE_SIZE)
		return 1;
	if (pos >= i_size_read(inode))
		return 0;
	mapped = all_mapped(inode, pos >> inode->i_blkbits, per_folio);
	return mapped < 0 ? mapped : !mapped;
}

/* What was allocated for a write that will not happen. */
static void write_failed(struct inode *inode, loff_t end)
{
	loff_t size = i_size_read(inode);

	if (end <= size)
		return;
	filemap_invalidate_lock(inode->i_mapping);
	truncate_pagecache(inode, size);
	ext2_truncate_blocks(inode, size);
	filemap_invalidate_unlock(inode->i_mapping);
}

/*
 * Some of a folio's blocks were allocated, and then the disk was full: what is inside the file now
 * has blocks with foreign content, which the folio's zeros must replace.
 */
static void write_zeros(struct address_space *mapping, struct folio *folio)
{
	folio_lock(folio);
	if (folio->mapping == mapping && folio_test_uptodate(folio))
		folio_mark_dirty(folio);
	folio_unlock(folio);
}

/* Step 2.  @folio: from step 1, or NULL. */
static int prepare_blocks(struct inode *inode, struct folio *folio, loff_t pos, unsigned int len)
{
	u64 first = pos >> inode->i_blkbits, last = (pos + len - 1) >> inode->i_blkbits;
	unsigned int fresh;
	int error = ext2_alloc_blocks(inode, first, last - first + 1, &fresh);

	if (!error)
		return 0;
	if (fresh && folio)
		write_zeros(inode->i_mapping, folio);
	write_failed(inode, pos + len);
	return error;
}

/* Do blocks for @len bytes at some place of a folio mean that all of the folio has its blocks? */
static bool covers_folio(const struct inode *inode, unsigned int len)
{
	return i_blocksize(inode) == PAGE_SIZE || len == PAGE_SIZE;
}

/*
 * A cached folio that needs neither content nor blocks any more, locked; NULL: the long way.
 * => i_rwsem held for writing, so that no truncation takes blocks away meanwhile
 */
static struct folio *get_ready_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	if (!folio)
		return NULL;
	if (likely(folio_test_uptodate(folio) && folio_test_mappedtodisk(folio))) {
		folio_lock(folio);
		if (likely(folio->mapping == mapping))
			return folio;
		folio_unlock(folio);
	}
	folio_put(folio);
	return NULL;
}

/* The three steps of the head comment, less the copy.  ERR_PTR(-EAGAIN): the folio has gone. */
static struct folio *prepare_folio(struct file *file, struct address_space *mapping, loff_t pos,
				   unsigned int len)
{
	struct inode *inode = mapping->host;
	struct folio *folio = NULL;
	int result = needs_content(inode, pos, len);

	if (result < 0)
		return ERR_PTR(result);
	if (result) {
		folio = read_mapping_folio(mapping, pos >> PAGE_SHIFT, file);
		if (IS_ERR(folio))
			return folio;
	}
	result = prepare_blocks(inode, folio, pos, len);
	if (result) {
		if (folio)
			folio_put(folio);
		return ERR_PTR(result);
	}
	if (folio) {
		folio_lock(folio);
	} else {
		folio = filemap_write_begin_folio(mapping, pos >> PAGE_SHIFT);
		if (!folio) {
			write_failed(inode, pos + len);
			return ERR_PTR(-ENOMEM);
		}
	}
	if (likely(folio->mapping == mapping)) {
		if (covers_folio(inode, len))
			folio_set_mappedtodisk(folio);
		return folio;
	}
	folio_unlock(folio);
	folio_put(folio);
	return ERR_PTR(-EAGAIN);
}

static int ext2_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			    unsigned int len, struct folio **foliop, void **fsdata)
{
	struct folio *folio = get_ready_folio(mapping, pos >> PAGE_SHIFT);

	while (!folio || folio == ERR_PTR(-EAGAIN))
		folio = prepare_folio(file, mapping, pos, len);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	if (!folio_test_referenced(folio))
		folio_mark_accessed(folio);
	*foliop = folio;
	return 0;
}

static int ext2_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			  unsigned int len, unsigned int copied, struct folio *folio, void *fsdata)
{
	struct inode *inode = mapping->host;
	loff_t size = inode->i_size;

	if (copied < len && !folio_test_uptodate(folio))
		copied = 0;
	if (copied) {
		folio_set_uptodate(folio);
		folio_mark_dirty(folio);
	}
	/* While it is locked: write-back throws away what is behind the end. */
	if (pos + copied > size)
		i_size_write(inode, pos + copied);
	folio_unlock(folio);
	folio_put(folio);
	if (pos + copied > size) {
		pagecache_isize_extended(inode, size, pos);
		mark_inode_dirty(inode);
	}
	if (copied < len)
		write_failed(inode, pos + len);
	return copied;
}

/*
 * A folio of the file, still, with all of its blocks: it says so, or no more of it is inside the
 * file than the first @len bytes, which have them.  Then it is dirty and locked on return, else
 * unlocked.
 */
static bool dirty_mapped_folio(struct address_space *mapping, struct folio *folio, unsigned int len)
{
	loff_t inside;

	folio_lock(folio);
	inside = min_t(loff_t, i_size_read(mapping->host) - folio_pos(folio), PAGE_SIZE);
	if (folio->mapping == mapping && inside > 0 &&
	    (folio_test_mappedtodisk(folio) || inside <= len)) {
		folio_mark_dirty(folio);
		return true;
	}
	folio_unlock(folio);
	return false;
}

/*
 * The folio's blocks first; no truncation frees them meanwhile.  A write may make the file longer:
 * then it does not find the folio writable yet, and the store faults again.
 */
static vm_fault_t mkwrite_with_blocks(struct address_space *mapping, struct folio *folio)
{
	struct inode *inode = mapping->host;
	loff_t pos = folio_pos(folio), size;
	vm_fault_t result = VM_FAULT_NOPAGE;
	unsigned int len;

	filemap_invalidate_lock_shared(mapping);
	size = i_size_read(inode);
	if (folio->mapping == mapping && pos < size) {
		len = min_t(loff_t, size - pos, PAGE_SIZE);
		if (prepare_blocks(inode, folio, pos, len))
			result = VM_FAULT_SIGBUS;
		else if (dirty_mapped_folio(mapping, folio, ALIGN(len, i_blocksize(inode))))
			result = VM_FAULT_LOCKED;
		if (result == VM_FAULT_LOCKED && covers_folio(inode, len))
			folio_set_mappedtodisk(folio);
	}
	filemap_invalidate_unlock_shared(mapping);
	return result;
}

unsigned int ext2_page_mkwrite(struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	struct address_space *mapping = file->f_mapping;

	file_update_time(file);
	if (likely(folio_test_mappedtodisk(vmf->folio)) &&
	    dirty_mapped_folio(mapping, vmf->folio, 0))
		return VM_FAULT_LOCKED;
	return mkwrite_with_blocks(mapping, vmf->folio);
}

static int direct_alloc(struct inode *inode, u64 block, unsigned int count)
{
	unsigned int fresh;

	return ext2_alloc_blocks(inode, block, count, &fresh);
}

/*
 * A read holds i_rwsem, so that no write allocates blocks, and no truncation frees any, between the
 * look-up of one and the transfer.
 */
static ssize_t ext2_direct_read(struct kiocb *iocb, struct iov_iter *iter, struct inode *inode,
				const struct direct_ops *ops)
{
	ssize_t done;

	inode_lock_shared(inode);
	done = filemap_write_and_wait_range(inode->i_mapping, iocb->ki_pos,
					    iocb->ki_pos + iter->count - 1);
	if (!done)
		done = blockdev_direct_IO(iocb, iter, inode->i_sb->s_bdev, ops);
	inode_unlock_shared(inode);
	return done;
}

static ssize_t ext2_direct_IO(struct kiocb *iocb, struct iov_iter *iter)
{
	static const struct direct_ops ops = { ext2_get_extent, direct_alloc };
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	loff_t end = iocb->ki_pos + iter->count;
	ssize_t done;

	if (!iter->data_source)
		return ext2_direct_read(iocb, iter, inode, &ops);
	done = blockdev_direct_IO(iocb, iter, inode->i_sb->s_bdev, &ops);
	if (done < 0)
		write_failed(inode, end);
	return done;
}

const struct address_space_operations ext2_aops = {
	.read_folio = ext2_read_folio,
	.readahead = ext2_readahead,
	.writepages = ext2_writepages,
	.write_begin = ext2_write_begin,
	.write_end = ext2_write_end,
	.direct_IO = ext2_direct_IO,
};

/* --- size --- */

/*
 * Zeroes the rest of the block in which the file is going to end, so that growing again shows
 * zeros.
 */
static int zero_tail(struct inode *inode, loff_t size)
{
	struct address_space *mapping = inode->i_mapping;
	size_t offset = offset_in_page(size);
	struct extent extent;
	struct folio *folio;
	int error;

	if (!(size & (i_blocksize(inode) - 1)))
		return 0;
	error = ext2_get_extent(inode, size >> inode->i_blkbits, 1, &extent);
	if (error || !extent.mapped)
		return error;
	folio = read_mapping_folio(mapping, size >> PAGE_SHIFT, NULL);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	folio_lock(folio);
	memset((char *)folio_address(folio) + offset, 0, PAGE_SIZE - offset);
	folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}

int ext2_setsize(struct inode *inode, loff_t size)
{
	int error = 0;

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	if (size < inode->i_size)
		error = zero_tail(inode, size);
	if (error)
		return error;
	filemap_invalidate_lock(inode->i_mapping);
	truncate_setsize(inode, size);
	ext2_truncate_blocks(inode, size);
	filemap_invalidate_unlock(inode->i_mapping);
	inode->i_mtime = inode->i_ctime = current_time(inode);
	mark_inode_dirty(inode);
	return 0;
}
