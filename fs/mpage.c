// SPDX-License-Identifier: MIT
/*
 * A folio whose blocks lie one after another on the device (the ordinary case, and the only one
 * with 4 KiB blocks) is one piece of a bio. A folio that is a hole needs no I/O. Any other one is
 * read or written run by run, waiting for each: it is rare, and simple code is worth more than its
 * speed.
 *
 * W1  A folio under writeback may be changed in memory meanwhile; it is then dirty again and
 *     written again.
 * W2  Only mapped blocks are written.  Data is put into a folio only after its blocks were
 *     allocated, so a hole's part of a dirty folio is all zeros.
 * W3  Where a folio's blocks are is looked up, or looked at again, with the folio locked.  Who
 *     frees blocks has counted mapping->truncations before, and then locks each folio of them.
 */
#include "fs/mpage.h"
#include "drivers/block.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/readahead.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define WRITE_AHEAD	256	/* blocks looked up at a time for folios that follow one another */

/* One stream of folios on its way into bios. */
struct mpage {
	struct inode *inode;
	get_extent_t *get_extent;
	enum req_op op;
	struct bio *bio;		/* being filled, or NULL */
	u64 next_sector;		/* that would continue it */
	struct extent extent;		/* the last one looked up */
	unsigned long truncations;	/* of the mapping, when it was */
	pgoff_t next_index;		/* of a writer's next folio, if they follow one another */
};

/* How the blocks of a folio lie. */
struct layout {
	unsigned int blocks;		/* in front of the end of the file */
	unsigned int mapped;		/* leading ones in one run on the device */
	bool regular;			/* what follows them is a hole */
	u64 phys;
};

/* --- completion; interrupt context --- */

static void mpage_end_read(struct bio *bio)
{
	for (int i = 0; i < bio->bi_vcnt; i++)
		folio_end_read(bio->bi_io_vec[i].folio, !bio->bi_status);
	bio_put(bio);
}

static void mpage_end_write(struct bio *bio)
{
	for (int i = 0; i < bio->bi_vcnt; i++) {
		struct folio *folio = bio->bi_io_vec[i].folio;

		if (bio->bi_status)
			mapping_set_error(folio->mapping, bio->bi_status);
		folio_end_writeback(folio);
	}
	bio_put(bio);
}

/* --- bios --- */

/* Of a file: its file system's; of a device's own inode: the device. */
static struct block_device *mpage_bdev(const struct mpage *mp)
{
	return S_ISBLK(mp->inode->i_mode) ? mp->inode->i_bdev : mp->inode->i_sb->s_bdev;
}

static void mpage_submit(struct mpage *mp)
{
	if (mp->bio)
		submit_bio(mp->bio);
	mp->bio = NULL;
}

/* The first @len bytes of the folio go to or come from @sector. */
static void mpage_add(struct mpage *mp, struct folio *folio, u64 sector, size_t len)
{
	if (mp->bio && (mp->next_sector != sector || !bio_add_folio(mp->bio, folio, len, 0)))
		mpage_submit(mp);
	if (!mp->bio) {
		mp->bio = bio_alloc(mpage_bdev(mp), BIO_MAX_VECS, mp->op, GFP_NOFS);
		mp->bio->bi_sector = sector;
		mp->bio->bi_end_io = mp->op == REQ_OP_READ ? mpage_end_read : mpage_end_write;
		bio_add_folio(mp->bio, folio, len, 0);
	}
	mp->next_sector = sector + (len >> SECTOR_SHIFT);
}

/* Transfers one run of a folio's blocks and waits.  0 or -EIO. */
static int transfer_run(struct mpage *mp, struct folio *folio, u64 phys, unsigned int first,
			unsigned int count)
{
	unsigned int bits = mp->inode->i_blkbits;
	struct bio *bio;
	int error;

	mpage_submit(mp);
	bio = bio_alloc(mpage_bdev(mp), 1, mp->op, GFP_NOFS);
	bio->bi_sector = phys << (bits - SECTOR_SHIFT);
	bio_add_folio(bio, folio, (size_t)count << bits, (size_t)first << bits);
	error = submit_bio_wait(bio);
	bio_put(bio);
	return error;
}

/* --- where the blocks are --- */

/*
 * A writer's folios are locked one after the other, so what was looked up together with an earlier
 * one may be out of date: blocks were freed (W3), or a hole was filled.
 */
static void forget_stale_extent(struct mpage *mp)
{
	unsigned long truncations = READ_ONCE(mp->inode->i_mapping->truncations);

	if (mp->truncations != truncations || !mp->extent.mapped)
		mp->extent.count = 0;
	mp->truncations = truncations;
}

/* The run at @block, from the one that is known or by asking.  *extent begins at @block then. */
static int find_extent(struct mpage *mp, u64 block, u64 max, struct extent *extent)
{
	struct extent *known = &mp->extent;
	u64 skip = block - known->block;
	int error;

	if (mp->op == REQ_OP_WRITE)
		forget_stale_extent(mp);
	if (block < known->block || skip >= known->count) {
		mpage_submit(mp);	/* looking up may need a bio of its own */
		error = mp->get_extent(mp->inode, block, max, known);
		if (error) {
			known->count = 0;
			return error;
		}
		skip = 0;
	}
	*extent = (struct extent){ block, known->count - skip, known->phys + skip, known->mapped };
	return 0;
}

/*
 * @ahead: blocks behind this folio that will be asked for next, so that one look-up serves them
 * too.
 */
static int find_layout(struct mpage *mp, struct folio *folio, u64 ahead, struct layout *layout)
{
	unsigned int bits = mp->inode->i_blkbits;
	u64 first = (u64)folio->index << (PAGE_SHIFT - bits);
	u64 end = DIV_ROUND_UP((u64)i_size_read(mp->inode), 1UL << bits);
	struct extent extent;
	int error;

	*layout = (struct layout){ .regular = true };
	if (first >= end)
		return 0;
	layout->blocks = min_t(u64, end - first, 1U << (PAGE_SHIFT - bits));
	for (unsigned int done = 0; done < layout->blocks; done += extent.count) {
		error = find_extent(mp, first + done, layout->blocks - done + ahead, &extent);
		if (error)
			return error;
		extent.count = min(extent.count, (u64)layout->blocks - done);
		if (extent.mapped && !done) {
			layout->mapped = extent.count;
			layout->phys = extent.phys;
		} else if (extent.mapped) {
			layout->regular = false;
		}
	}
	return 0;
}

/* Reads or writes the mapped runs of an irregular folio; what is a hole is zeroed for reading. */
static int transfer_by_runs(struct mpage *mp, struct folio *folio, const struct layout *layout)
{
	unsigned int bits = mp->inode->i_blkbits;
	u64 first = (u64)folio->index << (PAGE_SHIFT - bits);
	struct extent extent;
	int error;

	for (unsigned int done = 0; done < layout->blocks; done += extent.count) {
		error = find_extent(mp, first + done, layout->blocks - done, &extent);
		if (error)
			return error;
		extent.count = min(extent.count, (u64)layout->blocks - done);
		if (extent.mapped)
			error = transfer_run(mp, folio, extent.phys, done, extent.count);
		else if (mp->op == REQ_OP_READ)
			memset((char *)folio_address(folio) + (done << bits), 0,
			       extent.count << bits);
		if (error)
			return error;
	}
	return 0;
}

/* --- reading --- */

/* => folio locked, not uptodate; it will be unlocked, now or at completion */
static int mpage_read(struct mpage *mp, struct folio *folio, u64 ahead)
{
	unsigned int bits = mp->inode->i_blkbits;
	struct layout layout;
	size_t len;
	int error = find_layout(mp, folio, ahead, &layout);

	len = (size_t)(layout.regular ? layout.mapped : layout.blocks) << bits;
	if (!error && layout.regular && len == PAGE_SIZE)
		folio_set_mappedtodisk(folio);
	if (!error && len < PAGE_SIZE)
		memset((char *)folio_address(folio) + len, 0, PAGE_SIZE - len);
	if (!error && !layout.regular)
		error = transfer_by_runs(mp, folio, &layout);
	if (!error && layout.regular && layout.mapped) {
		mpage_add(mp, folio, layout.phys << (bits - SECTOR_SHIFT), len);
		return 0;
	}
	folio_end_read(folio, !error);
	return error;
}

int mpage_read_folio(struct folio *folio, get_extent_t *get_extent)
{
	struct mpage mp = {
		.inode = folio->mapping->host, .get_extent = get_extent, .op = REQ_OP_READ};
	int error = mpage_read(&mp, folio, 0);

	mpage_submit(&mp);
	return error;
}

void mpage_readahead(struct readahead_control *rac, get_extent_t *get_extent)
{
	struct mpage mp = {
		.inode = rac->mapping->host, .get_extent = get_extent, .op = REQ_OP_READ};
	struct folio *folio;
	struct blk_plug plug;

	blk_start_plug(&plug);
	while ((folio = readahead_folio(rac)))
		mpage_read(&mp, folio,
			   (u64)readahead_count(rac) << (PAGE_SHIFT - mp.inode->i_blkbits));
	mpage_submit(&mp);
	blk_finish_plug(&plug);
}

/* --- writing --- */

/*
 * Bytes behind the end of the file, which a mapping may have written to, must not reach the disk.
 */
static void zero_beyond_eof(struct folio *folio, loff_t size)
{
	size_t len = min_t(u64, size - folio_pos(folio), PAGE_SIZE);

	memset((char *)folio_address(folio) + len, 0, PAGE_SIZE - len);
}

/* An irregular folio: written before this returns.  => folio unlocked, under writeback */
static void write_by_runs(struct mpage *mp, struct folio *folio, const struct layout *layout)
{
	int error = transfer_by_runs(mp, folio, layout);

	if (error)
		mapping_set_error(folio->mapping, error);
	folio_end_writeback(folio);
}

/* write_cache_pages() calls it for each dirty folio, locked. */
int mpage_writepage(struct folio *folio, struct writeback_control *wbc, void *data)
{
	struct mpage *mp = data;
	/*
	 * Read once: a truncation may make it smaller while we sleep, and then waits for this
	 * folio's lock.
	 */
	loff_t size = i_size_read(mp->inode);
	struct layout layout;
	int error;

	if (folio_pos(folio) >= size) {
		folio_unlock(folio);	/* being truncated */
		return 0;
	}
	error = find_layout(mp, folio, folio->index == mp->next_index ? WRITE_AHEAD : 0, &layout);
	mp->next_index = folio->index + 1;
	if (error) {
		mapping_set_error(folio->mapping, error);
		folio_unlock(folio);
		return error;
	}
	zero_beyond_eof(folio, size);
	folio_start_writeback(folio);
	folio_unlock(folio);
	if (!layout.regular)
		write_by_runs(mp, folio, &layout);
	else if (layout.mapped)
		mpage_add(mp, folio, layout.phys << (mp->inode->i_blkbits - SECTOR_SHIFT),
			  (size_t)layout.mapped << mp->inode->i_blkbits);
	else
		folio_end_writeback(folio);
	return 0;
}

int mpage_writepages_with(struct inode *inode, struct writeback_control *wbc,
			  get_extent_t *get_extent, writepage_t *writepage)
{
	struct mpage mp = { .inode = inode, .get_extent = get_extent, .op = REQ_OP_WRITE };
	struct blk_plug plug;
	int error;

	blk_start_plug(&plug);
	error = write_cache_pages(inode->i_mapping, wbc, writepage, &mp);
	mpage_submit(&mp);
	blk_finish_plug(&plug);
	return error;
}

int mpage_writepages(struct inode *inode, struct writeback_control *wbc, get_extent_t *get_extent)
{
	return mpage_writepages_with(inode, wbc, get_extent, mpage_writepage);
}
