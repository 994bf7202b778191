// SPDX-License-Identifier: MIT
/*
 * Buffer heads: one for each *block* of a file system's metadata, over a piece of a folio of the
 * device's page cache, so that 1 KiB blocks have states of their own. The heads of a folio hang in
 * a ring on folio->private; the folio cannot leave the page cache while one of them is in use
 * (b_count).
 *
 * Typical use: bh = sb_bread(sb, block); change bh->b_data; mark_buffer_dirty(bh); brelse(bh).
 */
#ifndef FS_BUFFER_H
#define FS_BUFFER_H

#include "fs/address_space.h"
#include "fs/super.h"
#include "lib/atomic.h"
#include "lib/types.h"
#include "mm/folio.h"

struct block_device;
struct inode;

enum bh_state_bits {
	BH_Uptodate,
	BH_Dirty,
	BH_Lock,		/* I/O under way, or its owner fills it */
	BH_Write_EIO,
	BH_Verified,		/* the file system has checked the content */
};

struct buffer_head {
	unsigned long b_state;
	struct buffer_head *b_this_page;	/* ring of the folio's buffers */
	struct folio *b_folio;
	u64 b_blocknr;
	u32 b_size;
	atomic_t b_count;
	/* of a ring's first: writes of the folio under way */
	atomic_t b_pending;
	char *b_data;
	struct block_device *b_bdev;
};

#define BUFFER_FNS(bit, name)						\
static inline void set_buffer_##name(struct buffer_head *bh)		\
{ set_bit(BH_##bit, &bh->b_state); }					\
static inline void clear_buffer_##name(struct buffer_head *bh)		\
{ clear_bit(BH_##bit, &bh->b_state); }					\
static inline bool buffer_##name(const struct buffer_head *bh)		\
{ return test_bit(BH_##bit, &bh->b_state); }

BUFFER_FNS(Uptodate, uptodate)
BUFFER_FNS(Dirty, dirty)
BUFFER_FNS(Lock, locked)
BUFFER_FNS(Write_EIO, write_io_error)
BUFFER_FNS(Verified, verified)

/*
 * The buffer of @block (in units of @size), its content as it may be.  NULL: outside the device, or
 * somebody uses the place in units of another size.  Waits for memory (B5).
 */
struct buffer_head *__getblk(struct block_device *bdev, u64 block, unsigned int size);
/* The same with the content read in.  NULL: I/O error, too. */
struct buffer_head *__bread(struct block_device *bdev, u64 block, unsigned int size);
/* If it is cached already; NULL. */
struct buffer_head *__find_get_block(struct block_device *bdev, u64 block, unsigned int size);
void brelse(struct buffer_head *bh);		/* NULL is fine */
void mark_buffer_dirty(struct buffer_head *bh);
/* The block was freed: what is in the buffer need not be written. */
void bforget(struct buffer_head *bh);
void lock_buffer(struct buffer_head *bh);
void unlock_buffer(struct buffer_head *bh);
void wait_on_buffer(struct buffer_head *bh);
/* Writes one and waits: 0 or -EIO. */
int sync_dirty_buffer(struct buffer_head *bh);
static inline struct buffer_head *sb_bread(struct super_block *sb, u64 block)
{
	return __bread(sb->s_bdev, block, sb->s_blocksize);
}

static inline struct buffer_head *sb_getblk(struct super_block *sb, u64 block)
{
	return __getblk(sb->s_bdev, block, sb->s_blocksize);
}

static inline void get_bh(struct buffer_head *bh)
{
	atomic_inc(&bh->b_count);
}

/* --- for the device's page cache (fs/bdev.c); folio locked --- */

static inline struct buffer_head *folio_buffers(const struct folio *folio)
{
	return folio_test_private(folio) ? folio->private : NULL;
}

/* Reads in what is not uptodate; 0 or -EIO. */
int read_folio_buffers(struct folio *folio);
/* Starts writing the dirty ones; sets and ends writeback; unlocks the folio. */
void write_folio_buffers(struct folio *folio);
/* Bytes [from, to) of the folio were written: their buffers are dirty now. */
void dirty_folio_buffers(struct folio *folio, size_t from, size_t to);
/* a_ops->invalidate_folio and ->release_folio. */
void block_invalidate_folio(struct folio *folio, size_t offset, size_t length);
bool try_to_free_buffers(struct folio *folio);

#endif
