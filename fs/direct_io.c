// SPDX-License-Identifier: MIT
/*
 * The device transfers from and to the user's own pages.  A transfer goes in chunks:
 *
 *   pin pages ──> look up where the blocks are ──> bios ──> wait for all of them ──> unpin
 *                 (hole: zero the pages, or end)
 *
 * D1  A page that the device may write to is pinned for writing: it is in nobody else's memory, and
 *     becomes dirty after the transfer, not before, since it may be cleaned meanwhile.
 * D2  A block that a store through a mapping has just allocated has old content until its folio
 *     is written back.  ->page_mkwrite holds invalidate_lock from the allocation until the folio is
 *     dirty; so a reader who has found a block waits for that, looks for a dirty folio, and has it
 *     written first.
 */
#include "fs/direct_io.h"

#include "drivers/block.h"
#include "fs/file.h"
#include "kernel/completion.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/gup.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "mm/vmstat.h"

#define CHUNK_PAGES	256U		/* 1 MiB: what is pinned at a time */
#define FAST_PAGES	16U		/* so many without an allocation */

struct dio {
	struct inode *inode;
	struct block_device *bdev;
	const struct direct_ops *ops;
	enum req_op op;

	/* the chunk: memory from `offset` in the first page on, all in one piece of the iterator */
	struct folio **pages;		/* NULL entries: kernel memory, from kernel_base on */
	unsigned int max_pages, nr_pages;
	unsigned long addr;		/* of the first page */
	size_t offset;
	char *kernel_base;

	struct bio *bio;		/* being filled, or NULL */
	u64 next_sector;		/* that would continue it */

	atomic_t pending;		/* bios, and one for who submits them */
	int error;			/* of any of them */
	struct completion done;
};

/* --- pages --- */

static struct folio *pin_page(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);

	return vma ? get_user_page(vma, addr, flags) : ERR_PTR(-EFAULT);
}

/* Pins the pages of [addr, addr + bytes): bytes, fewer where one cannot be had, -errno: none. */
static ssize_t pin_user_memory(struct dio *dio, unsigned long addr, size_t bytes)
{
	unsigned int nr = DIV_ROUND_UP(offset_in_page(addr) + bytes, PAGE_SIZE);
	unsigned int flags = FOLL_PIN | (dio->op == REQ_OP_READ ? FOLL_WRITE : 0);
	struct mm_struct *mm = current->mm;
	struct folio *folio = NULL;

	dio->addr = addr & PAGE_MASK;
	dio->offset = offset_in_page(addr);
	dio->nr_pages = 0;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	while (dio->nr_pages < nr) {
		folio = pin_page(mm, dio->addr + dio->nr_pages * PAGE_SIZE, flags);
		if (IS_ERR(folio))
			break;
		dio->pages[dio->nr_pages++] = folio;
	}
	mmap_read_unlock(mm);
	count_vm_events(NR_FOLL_PIN_ACQUIRED, dio->nr_pages);
	if (!dio->nr_pages)
		return PTR_ERR(folio);
	return min(bytes, dio->nr_pages * PAGE_SIZE - dio->offset);
}

static void unpin_pages(struct dio *dio)
{
	if (dio->op == REQ_OP_READ && dio->nr_pages)
		folios_stored(dio->pages, dio->nr_pages, current->mm, dio->addr);
	for (unsigned int i = 0; i < dio->nr_pages; i++) {
		struct folio *folio = dio->pages[i];

		if (dio->op == REQ_OP_READ) {
			folio_lock(folio);
			folio_mark_dirty(folio);		/* D1 */
			folio_unlock(folio);
		}
		folio_unpin(folio);
	}
	count_vm_events(NR_FOLL_PIN_RELEASED, dio->nr_pages);
	dio->nr_pages = 0;
}

/* The next chunk of the iterator's memory: bytes or -errno. */
static ssize_t take_chunk(struct dio *dio, struct iov_iter *iter)
{
	char *addr = iov_iter_single_seg_addr(iter);
	size_t room = dio->max_pages * PAGE_SIZE - offset_in_page(addr);
	size_t bytes = min(iov_iter_single_seg_count(iter), room);

	dio->kernel_base = NULL;
	if (iter_is_user(iter))
		return pin_user_memory(dio, (unsigned long)addr, bytes);
	dio->kernel_base = addr;
	return bytes;
}

/* The memory of the chunk at byte @at, and how much of it lies in one page. */
static void *chunk_memory(const struct dio *dio, size_t at, size_t *bytes)
{
	char *addr = dio->kernel_base + at;

	if (!dio->kernel_base) {
		at += dio->offset;
		addr = (char *)folio_address(dio->pages[at / PAGE_SIZE]) + offset_in_page(at);
	}
	*bytes = min(*bytes, PAGE_SIZE - offset_in_page(addr));
	return addr;
}

/* --- bios --- */

/* Interrupt context. */
static void dio_put_pending(struct dio *dio)
{
	if (atomic_dec_and_test(&dio->pending))
		complete(&dio->done);
}

static void dio_end_io(struct bio *bio)
{
	struct dio *dio = bio->bi_private;

	if (bio->bi_status)
		WRITE_ONCE(dio->error, bio->bi_status);
	bio_put(bio);
	dio_put_pending(dio);
}

static void dio_submit(struct dio *dio)
{
	if (!dio->bio)
		return;
	atomic_inc(&dio->pending);
	if (dio->op == REQ_OP_WRITE)
		current->oublock += dio->bio->bi_size >> SECTOR_SHIFT;
	submit_bio(dio->bio);
	dio->bio = NULL;
}

static void dio_add(struct dio *dio, u64 sector, void *addr, size_t bytes)
{
	if (dio->bio && (dio->next_sector != sector || !bio_add_phys(dio->bio, __pa(addr), bytes)))
		dio_submit(dio);
	if (!dio->bio) {
		dio->bio = bio_alloc(dio->bdev, BIO_MAX_VECS, dio->op, GFP_KERNEL);
		dio->bio->bi_sector = sector;
		dio->bio->bi_private = dio;
		dio->bio->bi_end_io = dio_end_io;
		bio_add_phys(dio->bio, __pa(addr), bytes);
	}
	dio->next_sector = sector + (bytes >> SECTOR_SHIFT);
}

/* --- blocks --- */

static bool behind_end(const struct inode *inode, u64 block)
{
	loff_t size = i_size_read(inode);

	return !size || block > (u64)(size - 1) >> inode->i_blkbits;
}

/*
 * A hole where a write goes: blocks for it, if it is behind the file's end and whole blocks are to
 * be written.  1, 0: none, -errno.
 */
static int fill_hole(const struct dio *dio, struct extent *extent, size_t offset, size_t bytes)
{
	struct inode *inode = dio->inode;
	u64 whole = bytes >> inode->i_blkbits;
	int error;

	if (!dio->ops->alloc || offset || !whole || !behind_end(inode, extent->block))
		return 0;
	error = dio->ops->alloc(inode, extent->block, whole);
	if (!error)
		error = dio->ops->get_extent(inode, extent->block, whole, extent);
	return error ?: extent->mapped;
}

/* D2.  0: what the device has of the range is the file's content; 1: look again; -errno. */
static int settle_range(struct address_space *mapping, loff_t start, loff_t end)
{
	if (mapping_writably_mapped(mapping)) {
		filemap_invalidate_lock(mapping);
		filemap_invalidate_unlock(mapping);
	}
	if (!filemap_range_needs_writeback(mapping, start, end))
		return 0;
	return filemap_write_and_wait_range(mapping, start, end) ?: 1;
}

/* The run of blocks at @pos.  0 or -errno. */
static int find_extent(const struct dio *dio, loff_t pos, size_t bytes, struct extent *extent)
{
	struct inode *inode = dio->inode;
	unsigned int bits = inode->i_blkbits;
	u64 max = DIV_ROUND_UP((pos & (i_blocksize(inode) - 1)) + bytes, 1UL << bits);
	int result;

	do {
		result = dio->ops->get_extent(inode, pos >> bits, max, extent);
		if (!result && extent->mapped && dio->op == REQ_OP_READ)
			result = settle_range(inode->i_mapping, pos, pos + bytes - 1);
	} while (result > 0);
	return result;
}

/* One run of the chunk: bytes; 0: the page cache's turn; -errno. */
static ssize_t do_run(struct dio *dio, loff_t pos, size_t at, size_t bytes)
{
	unsigned int bits = dio->inode->i_blkbits;
	size_t offset = pos & (i_blocksize(dio->inode) - 1), n;
	struct extent extent;
	int error = find_extent(dio, pos, bytes, &extent);
	u64 sector;

	if (!error && !extent.mapped && dio->op == REQ_OP_WRITE) {
		error = fill_hole(dio, &extent, offset, bytes);
		if (!error)
			return 0;
	}
	if (error < 0)
		return error;
	bytes = min_t(u64, bytes, (extent.count << bits) - offset);
	sector = (extent.phys << (bits - SECTOR_SHIFT)) + (offset >> SECTOR_SHIFT);
	for (size_t done = 0; done < bytes; done += n) {
		void *addr;

		n = bytes - done;
		addr = chunk_memory(dio, at + done, &n);
		if (extent.mapped)
			dio_add(dio, sector + (done >> SECTOR_SHIFT), addr, n);
		else
			memset(addr, 0, n);
	}
	return bytes;
}

/* The chunk's first @bytes bytes: those that were done, 0 or -errno if none. */
static ssize_t do_chunk(struct dio *dio, loff_t pos, size_t bytes)
{
	struct blk_plug plug;
	size_t done = 0;
	ssize_t n = 0;

	atomic_set(&dio->pending, 1);
	init_completion(&dio->done);
	blk_start_plug(&plug);
	while (done < bytes) {
		n = do_run(dio, pos + done, done, bytes - done);
		if (n <= 0)
			break;
		done += n;
	}
	dio_submit(dio);
	blk_finish_plug(&plug);
	dio_put_pending(dio);
	wait_for_completion(&dio->done);
	return done ? (ssize_t)done : n;
}

static ssize_t do_direct_io(struct dio *dio, loff_t pos, struct iov_iter *iter)
{
	ssize_t done = 0, bytes, n = 0;

	while (iov_iter_count(iter)) {
		bytes = take_chunk(dio, iter);
		if (bytes < 0)
			n = bytes;
		else
			n = do_chunk(dio, pos + done, bytes);
		unpin_pages(dio);
		if (dio->error)
			return dio->error;
		if (n <= 0)
			break;
		iov_iter_advance(iter, n);
		done += n;
		if (n < bytes)
			break;
	}
	return done ? done : n;
}

/* Room for the pages of a chunk of @iter; on the stack if few will do. */
static int alloc_pages_array(struct dio *dio, const struct iov_iter *iter, struct folio **fast)
{
	size_t most = DIV_ROUND_UP(iov_iter_count(iter), PAGE_SIZE) + 1;

	dio->pages = fast;
	dio->max_pages = FAST_PAGES;
	if (most <= FAST_PAGES || !iter_is_user(iter))
		return 0;
	dio->max_pages = min_t(size_t, most, CHUNK_PAGES);
	dio->pages = kmalloc_array(dio->max_pages, sizeof(*dio->pages), GFP_KERNEL);
	return dio->pages ? 0 : -ENOMEM;
}

ssize_t blockdev_direct_IO(struct kiocb *iocb, struct iov_iter *iter, struct block_device *bdev,
			   const struct direct_ops *ops)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	u32 block = bdev->bd_disk->limits.logical_block_size;
	loff_t left = i_size_read(inode) - iocb->ki_pos;
	struct dio dio = {
		.inode = inode, .bdev = bdev, .ops = ops,
		.op = iter->data_source ? REQ_OP_WRITE : REQ_OP_READ,
	};
	struct folio *fast[FAST_PAGES];
	size_t count = iov_iter_count(iter);
	ssize_t done;

	if (dio.op == REQ_OP_READ && left <= 0)
		return 0;
	if ((iov_iter_alignment(iter) | iocb->ki_pos) & (block - 1))
		return -EINVAL;
	/* The block in which the file ends is read whole. */
	if (dio.op == REQ_OP_READ)
		iov_iter_truncate(iter, ALIGN(left, (loff_t)block));
	done = alloc_pages_array(&dio, iter, fast);
	if (!done)
		done = do_direct_io(&dio, iocb->ki_pos, iter);
	if (dio.pages != fast)
		kfree(dio.pages);
	iov_iter_reexpand(iter, count - max_t(ssize_t, done, 0));
	return dio.op == REQ_OP_READ ? min_t(loff_t, done, left) : done;
}
