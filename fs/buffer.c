// SPDX-License-Identifier: MIT
/*
 * Buffers over the device's page cache.
 *
 *   folio->private ─> bh ─> bh ─> bh ─> bh ┐        one for each block of the folio, all of one
 * size ^───────────────────┘
 *
 * B1  A folio's ring is put on and taken off with the folio locked and i_pages_lock held, so that a
 *     look-up under i_pages_lock alone finds a whole ring and may count itself in (b_count).
 * B2  A ring is taken off only while nobody counts on any of its buffers and none is dirty or under
 *     I/O.
 * B3  If the folio is uptodate all of its buffers are.
 * B4  A dirty buffer's folio is dirty: BH_Dirty is set first, and write-back clears the folio's
 *     flag before it looks at the buffers.
 * B5  A look-up waits for memory, with all that its caller has locked: a file system in the middle
 *     of a change cannot go back.  So it does not enter file systems for it, and what it waits for
 *     is freed without them.
 */
#include "fs/buffer.h"
#include "drivers/block.h"
#include "drivers/genhd.h"
#include "fs/inode.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/wait.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/slab.h"

#define BH_WAIT_BITS	4

static struct kmem_cache *bh_cache;
static struct wait_queue_head bh_wait[1 << BH_WAIT_BITS];	/* for BH_Lock, by address */

#define for_each_buffer(bh, head)	\
	for (struct buffer_head *bh = (head), *__next = NULL; bh && bh != __next; \
	     __next = (head), bh = bh->b_this_page)

static size_t bh_offset(const struct buffer_head *bh)
{
	return bh->b_data - (char *)folio_address(bh->b_folio);
}

static struct address_space *bdev_mapping(const struct block_device *bdev)
{
	return bdev->bd_inode->i_mapping;
}

/* --- the lock of a buffer --- */

static struct wait_queue_head *wait_queue_of(const struct buffer_head *bh)
{
	return &bh_wait[hash_ptr(bh, BH_WAIT_BITS)];
}

void wait_on_buffer(struct buffer_head *bh)
{
	wait_event(wait_queue_of(bh), !buffer_locked(bh));
}

void lock_buffer(struct buffer_head *bh)
{
	while (test_and_set_bit_lock(BH_Lock, &bh->b_state))
		wait_on_buffer(bh);
}

void unlock_buffer(struct buffer_head *bh)
{
	clear_bit_unlock(BH_Lock, &bh->b_state);
	smp_mb();
	if (waitqueue_active(wait_queue_of(bh)))
		wake_up_all(wait_queue_of(bh));
}

/* --- rings --- */

static void free_ring(struct buffer_head *head)
{
	struct buffer_head *bh = head, *next;

	do {
		next = bh->b_this_page;
		kmem_cache_free(bh_cache, bh);
		bh = next;
	} while (bh && bh != head);
}

/* The buffers of a folio, linked but not yet on it. */
static struct buffer_head *alloc_ring(struct block_device *bdev, struct folio *folio,
				      unsigned int size)
{
	struct buffer_head *head = NULL, *last = NULL;
	u64 block = (u64)folio_pos(folio) / size;

	for (size_t offset = 0; offset < PAGE_SIZE; offset += size) {
		struct buffer_head *bh = kmem_cache_zalloc(bh_cache, GFP_NOFS | __GFP_NOFAIL);

		bh->b_folio = folio;
		bh->b_blocknr = block++;
		bh->b_size = size;
		bh->b_data = (char *)folio_address(folio) + offset;
		bh->b_bdev = bdev;
		if (folio_test_uptodate(folio))
			set_buffer_uptodate(bh);
		if (last)
			last->b_this_page = bh;
		else
			head = bh;
		last = bh;
	}
	last->b_this_page = head;
	return head;
}

static bool buffer_busy(const struct buffer_head *bh)
{
	return atomic_read(&bh->b_count) || atomic_read(&bh->b_pending) || buffer_dirty(bh) ||
	       buffer_locked(bh);
}

bool try_to_free_buffers(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct buffer_head *head = folio_buffers(folio);
	bool busy = false;

	if (!head)
		return true;
	if (folio_test_writeback(folio))
		return false;
	spin_lock(&mapping->i_pages_lock);
	for_each_buffer(bh, head)
		busy |= buffer_busy(bh);
	if (!busy)
		folio_detach_private(folio);
	spin_unlock(&mapping->i_pages_lock);
	if (!busy)
		free_ring(head);
	return !busy;
}

/* Gives the folio at @block buffers of @size.  False: others of another size are in use. */
static bool grow_buffers(struct block_device *bdev, u64 block, unsigned int size)
{
	struct address_space *mapping = bdev_mapping(bdev);
	struct folio *folio =
		__filemap_get_folio(mapping, block * size >> PAGE_SHIFT,
				    FGP_LOCK | FGP_CREAT | FGP_NOFS,
				    mapping_gfp_mask(mapping) | __GFP_NOFAIL);	/* B5 */
	struct buffer_head *ring;
	bool done = true;

	if (folio_buffers(folio) && folio_buffers(folio)->b_size != size)
		done = try_to_free_buffers(folio);
	if (!folio_buffers(folio)) {
		ring = alloc_ring(bdev, folio, size);
		spin_lock(&mapping->i_pages_lock);
		folio_attach_private(folio, ring);
		spin_unlock(&mapping->i_pages_lock);
	}
	folio_unlock(folio);
	folio_put(folio);
	return done;
}

/* --- getting and putting --- */

struct buffer_head *__find_get_block(struct block_device *bdev, u64 block, unsigned int size)
{
	struct address_space *mapping = bdev_mapping(bdev);
	struct buffer_head *found = NULL;
	struct folio *folio;

	spin_lock(&mapping->i_pages_lock);
	folio = xa_load(&mapping->i_pages, block * size >> PAGE_SHIFT);
	if (folio && !xa_is_value(folio) && folio_buffers(folio) &&
	    folio_buffers(folio)->b_size == size) {
		found = folio_buffers(folio);
		while (found->b_blocknr != block)
			found = found->b_this_page;
		atomic_inc(&found->b_count);
	}
	spin_unlock(&mapping->i_pages_lock);
	if (found && !folio_test_referenced(folio))
		folio_set_referenced(folio);
	return found;
}

struct buffer_head *__getblk(struct block_device *bdev, u64 block, unsigned int size)
{
	struct buffer_head *bh;

	if (block >= (u64)i_size_read(bdev->bd_inode) / size)
		return NULL;
	while (!(bh = __find_get_block(bdev, block, size))) {
		if (!grow_buffers(bdev, block, size))
			return NULL;
	}
	return bh;
}

static int transfer_buffer(struct buffer_head *bh, enum req_op op)
{
	struct bio *bio = bio_alloc(bh->b_bdev, 1, op, GFP_NOIO);
	int error;

	bio->bi_sector = bh->b_blocknr * (bh->b_size >> SECTOR_SHIFT);
	bio_add_folio(bio, bh->b_folio, bh->b_size, bh_offset(bh));
	error = submit_bio_wait(bio);
	bio_put(bio);
	return error;
}

static int read_buffer(struct buffer_head *bh)
{
	int error = 0;

	if (buffer_uptodate(bh))
		return 0;
	lock_buffer(bh);
	if (!buffer_uptodate(bh))
		error = transfer_buffer(bh, REQ_OP_READ);
	if (!error)
		set_buffer_uptodate(bh);
	unlock_buffer(bh);
	return error;
}

struct buffer_head *__bread(struct block_device *bdev, u64 block, unsigned int size)
{
	struct buffer_head *bh = __getblk(bdev, block, size);

	if (!bh || likely(buffer_uptodate(bh)) || !read_buffer(bh))
		return bh;
	brelse(bh);
	return NULL;
}

void brelse(struct buffer_head *bh)
{
	if (!bh)
		return;
	DEBUG_BUG_ON(atomic_read(&bh->b_count) <= 0);
	__atomic_fetch_sub(&bh->b_count.counter, 1, __ATOMIC_RELEASE);
}

/* --- writing --- */

void mark_buffer_dirty(struct buffer_head *bh)
{
	DEBUG_BUG_ON(!buffer_uptodate(bh));
	if (!test_and_set_bit(BH_Dirty, &bh->b_state))		/* B4 */
		filemap_dirty_folio(bh->b_folio->mapping, bh->b_folio);
}

void bforget(struct buffer_head *bh)
{
	if (!bh)
		return;
	clear_buffer_dirty(bh);
	/* A write that is under way would reach the block after its next owner's data. */
	folio_wait_writeback(bh->b_folio);
	brelse(bh);
}

int sync_dirty_buffer(struct buffer_head *bh)
{
	int error = 0;

	folio_wait_writeback(bh->b_folio);
	lock_buffer(bh);
	if (test_and_clear_bit(BH_Dirty, &bh->b_state))
		error = transfer_buffer(bh, REQ_OP_WRITE);
	if (error)
		mapping_set_error(bh->b_folio->mapping, error);
	unlock_buffer(bh);
	return error;
}

/* One more of the folio's writes is over. */
static void end_pending(struct folio *folio, struct buffer_head *head)
{
	if (atomic_dec_and_test(&head->b_pending))
		folio_end_writeback(folio);
}

/* Interrupt context. */
static void end_buffer_write(struct bio *bio)
{
	struct buffer_head *bh = bio->bi_private;
	struct folio *folio = bh->b_folio;

	if (bio->bi_status) {
		set_buffer_write_io_error(bh);
		mapping_set_error(folio->mapping, bio->bi_status);
	}
	end_pending(folio, folio->private);
	bio_put(bio);
}

static void submit_buffer(struct buffer_head *bh)
{
	struct bio *bio = bio_alloc(bh->b_bdev, 1, REQ_OP_WRITE, GFP_NOIO);

	bio->bi_sector = bh->b_blocknr * (bh->b_size >> SECTOR_SHIFT);
	bio_add_folio(bio, bh->b_folio, bh->b_size, bh_offset(bh));
	bio->bi_private = bh;
	bio->bi_end_io = end_buffer_write;
	submit_bio(bio);
}

void write_folio_buffers(struct folio *folio)
{
	struct buffer_head *head = folio_buffers(folio);

	/* One more than there are writes, so that none that completes early ends the whole. */
	atomic_set(&head->b_pending, 1);
	folio_start_writeback(folio);
	folio_unlock(folio);
	for_each_buffer(bh, head) {
		if (test_and_clear_bit(BH_Dirty, &bh->b_state)) {
			atomic_inc(&head->b_pending);
			submit_buffer(bh);
		}
	}
	end_pending(folio, head);
}

/* --- whole folios --- */

int read_folio_buffers(struct folio *folio)
{
	int error = 0;

	for_each_buffer(bh, folio_buffers(folio)) {
		if (!error)
			error = read_buffer(bh);
	}
	return error;
}

void dirty_folio_buffers(struct folio *folio, size_t from, size_t to)
{
	for_each_buffer(bh, folio_buffers(folio)) {
		size_t begin = bh_offset(bh);

		if (begin < to && begin + bh->b_size > from) {
			set_buffer_uptodate(bh);
			mark_buffer_dirty(bh);
		}
	}
}

void block_invalidate_folio(struct folio *folio, size_t offset, size_t length)
{
	for_each_buffer(bh, folio_buffers(folio)) {
		if (bh_offset(bh) >= offset && bh_offset(bh) + bh->b_size <= offset + length)
			clear_buffer_dirty(bh);
	}
	if (!offset && length >= PAGE_SIZE)
		try_to_free_buffers(folio);
}

/* --- for mm_check() --- */

/* B3 of one folio.  => locked */
static bool buffers_as_folio(const struct folio *folio)
{
	bool uptodate = true;

	for_each_buffer(bh, folio_buffers(folio))
		uptodate &= buffer_uptodate(bh);
	return uptodate || !folio_test_uptodate(folio);
}

static int check_device(const struct block_device *bdev)
{
	struct address_space *mapping = bdev_mapping(bdev);
	struct folio *folio;
	pgoff_t index = 0;
	int error = 0;

	while (!error && filemap_get_folios(mapping, &index, ~0UL, &folio, 1)) {
		folio_lock(folio);
		if (folio->mapping == mapping && !buffers_as_folio(folio))
			error = mm_check_failed("buffer B3", "page %lu of its device",
						folio->index);
		folio_unlock(folio);
		folio_put(folio);
	}
	return error;
}

static int check_buffers(void)
{
	struct block_device *bdev = NULL;
	int error = 0;

	while (!error && (bdev = bdev_next(bdev)))
		error = check_device(bdev);
	return error;
}

static struct mm_checker buffer_checker = { .name = "buffers", .check = check_buffers };

static void buffer_init(void)
{
	bh_cache = kmem_cache_create("buffer_head", sizeof(struct buffer_head), 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(bh_wait); i++)
		init_waitqueue_head(&bh_wait[i]);
	register_mm_checker(&buffer_checker);
}
core_initcall(buffer_init);
