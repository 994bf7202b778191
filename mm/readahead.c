// SPDX-License-Identifier: MIT
/*
 * One window per open file:
 *
 *      |<----- async_size ---------|
 *   |------------------- size -------------------|
 *   ^start             ^page marked PG_readahead
 *
 * A reader who comes to a page that is not there, at the beginning of a file or right behind where
 * he left off, gets a window; when he meets the mark, the next one is started, twice as large up to
 * ra_pages, while he works on the rest of this one.  So a sequential reader always has a window in
 * flight ahead of him.  A page in the middle of nowhere is read alone.
 */
#include "mm/readahead.h"

#include "drivers/block.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "kernel/sched.h"
#include "mm/filemap.h"
#include "mm/page_alloc.h"

#define RUN_MAX		FILEMAP_ADD_MAX	/* pages: as many as a bio has room for */
#define REQUEST_MAX	256UL	/* of one read that goes beyond the window: 1 MiB */

unsigned int mapping_ra_pages(const struct address_space *mapping)
{
	const struct inode *host = mapping->host;
	const struct block_device *bdev = S_ISBLK(host->i_mode) ? host->i_bdev : host->i_sb->s_bdev;

	return bdev ? READ_ONCE(bdev->bd_disk->ra_pages) : 0;
}

void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping)
{
	*ra = (struct file_ra_state){ .ra_pages = mapping_ra_pages(mapping), .prev_pos = -1 };
}

struct folio *readahead_folio(struct readahead_control *rac)
{
	if (!rac->_nr_pages)
		return NULL;
	rac->_index++;
	rac->_nr_pages--;
	return *rac->_folios++;
}

/* Starts I/O on a run of folios. */
static void read_pages(struct readahead_control *rac)
{
	const struct address_space_operations *a_ops = rac->mapping->a_ops;
	struct folio *folio;

	if (a_ops->readahead) {
		a_ops->readahead(rac);
		/* What it left will be read when it is needed. */
		while ((folio = readahead_folio(rac)))
			folio_unlock(folio);
	} else {
		while ((folio = readahead_folio(rac)))
			a_ops->read_folio(rac->file, folio);
	}
}

/* How many pages from @index on are not cached, at most @max; then whoever is faster is seen. */
static unsigned int absent_run(struct address_space *mapping, pgoff_t index, unsigned long max)
{
	XA_STATE(xas, &mapping->i_pages, index);
	void *found;

	spin_lock(&mapping->i_pages_lock);
	do {
		found = xas_find(&xas, index + max - 1);
	} while (xa_is_value(found));
	spin_unlock(&mapping->i_pages_lock);
	return found ? xas.index - index : max;
}

/* New locked folios; fewer than @nr: memory is too short to be spent on a guess. */
static unsigned int alloc_run(struct folio **folios, unsigned int nr, gfp_t gfp)
{
	for (unsigned int i = 0; i < nr; i++) {
		folios[i] = alloc_folio(gfp, 0);
		if (!folios[i])
			return i;
		folios[i]->flags = BIT(PG_locked);
	}
	return nr;
}

/* Reads up to @nr pages that are not cached; 0: nothing could be added. */
static unsigned int read_run(struct readahead_control *rac, unsigned int nr, pgoff_t mark)
{
	gfp_t gfp = mapping_gfp_mask(rac->mapping) | __GFP_NORETRY | __GFP_NOWARN;
	struct folio *folios[RUN_MAX];
	unsigned int added;

	nr = alloc_run(folios, nr, gfp);
	if (mark - rac->_index < nr)
		folios[mark - rac->_index]->flags |= BIT(PG_readahead);
	filemap_add_folios(rac->mapping, folios, nr, rac->_index, gfp, &added);
	for (unsigned int i = added; i < nr; i++)
		folios[i]->flags = 0;
	/* Those that are in stay by the cache's reference and their lock; the others go. */
	for (unsigned int i = 0; i < nr; i++)
		folio_put(folios[i]);
	rac->_folios = folios;
	rac->_nr_pages = added;
	if (added)
		read_pages(rac);
	return added;
}

void page_cache_ra_unbounded(struct readahead_control *rac, unsigned long nr_to_read,
			     unsigned long lookahead_size)
{
	pgoff_t end = rac->_index + nr_to_read;
	struct blk_plug plug;
	unsigned int run;

	filemap_invalidate_lock_shared(rac->mapping);
	blk_start_plug(&plug);
	while (rac->_index < end) {
		run = absent_run(rac->mapping, rac->_index, min(end - rac->_index, RUN_MAX));
		if (!run)
			rac->_index++;
		else if (!read_run(rac, run, end - lookahead_size))
			break;
		cond_resched();
	}
	blk_finish_plug(&plug);
	filemap_invalidate_unlock_shared(rac->mapping);
}

/* Not beyond the end of the file. */
static void do_page_cache_ra(struct readahead_control *rac, unsigned long nr_to_read,
			     unsigned long lookahead_size)
{
	loff_t size = i_size_read(rac->mapping->host);
	pgoff_t pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (rac->_index < pages)
		page_cache_ra_unbounded(rac, min(nr_to_read, pages - rac->_index), lookahead_size);
}

void page_cache_ra_order(struct readahead_control *rac, struct file_ra_state *ra)
{
	pgoff_t index = rac->_index;

	rac->_index = ra->start;
	do_page_cache_ra(rac, ra->size, ra->async_size);
	rac->_index = index;		/* where the reader is, who may come again */
}

void force_page_cache_readahead(struct address_space *mapping, struct file *file, pgoff_t index,
				unsigned long nr_to_read)
{
	DEFINE_READAHEAD(rac, file, NULL, mapping, index);

	/* What has no store behind it is there, or is nowhere. */
	if (mapping->a_ops && (mapping->a_ops->read_folio || mapping->a_ops->readahead))
		do_page_cache_ra(&rac, nr_to_read, 0);
}

/* The first window: some more than was asked for, less for who asks for little. */
static unsigned long init_ra_size(unsigned long req_count, unsigned long max)
{
	unsigned long size = 1;

	while (size < req_count && size < max)
		size *= 2;
	if (size <= max / 32)
		return size * 4;
	return size <= max / 4 ? size * 2 : max;
}

static unsigned long next_ra_size(const struct file_ra_state *ra, unsigned long max)
{
	unsigned long size = ra->size < max / 16 ? 4UL * ra->size : 2UL * ra->size;

	return min(size, max);
}

static void first_window(struct file_ra_state *ra, pgoff_t index, unsigned long req_count,
			 unsigned long max)
{
	ra->start = index;
	ra->size = init_ra_size(req_count, max);
	ra->async_size = ra->size > req_count ? ra->size - req_count : ra->size;
}

static void next_window(struct file_ra_state *ra, pgoff_t start, unsigned long max)
{
	ra->start = start;
	ra->size = next_ra_size(ra, max);
	ra->async_size = ra->size;
}

/* The first page behind @index that is not cached, within @max. */
static pgoff_t next_miss(struct address_space *mapping, pgoff_t index, unsigned long max)
{
	pgoff_t end = index + max;

	while (++index < end && !absent_run(mapping, index, 1))
		;
	return index;
}

/* How many pages in front of @index are cached without a gap, at most @max. */
static unsigned long count_history_pages(struct address_space *mapping, pgoff_t index,
					 unsigned long max)
{
	unsigned long count = 0;

	while (count < max && count < index && !absent_run(mapping, index - count - 1, 1))
		count++;
	return count;
}

/*
 * More pages in front are cached than are asked for: some other reader's sequential stream, or this
 * one's among several that take turns on the open file.
 */
static bool context_window(struct readahead_control *rac, unsigned long req_count,
			   unsigned long max)
{
	unsigned long history = count_history_pages(rac->mapping, rac->_index, max);

	if (history <= req_count)
		return false;
	if (history >= rac->_index)
		history *= 2;		/* from the begin of the file on: most likely all of it */
	rac->ra->start = rac->_index;
	rac->ra->size = min(history + req_count, max);
	rac->ra->async_size = 1;
	return true;
}

/* Reads what is asked for and no more, whatever the window is. */
static void read_alone(struct readahead_control *rac, unsigned long req_count)
{
	pgoff_t index = rac->_index;

	do_page_cache_ra(rac, min(req_count, REQUEST_MAX), 0);
	rac->_index = index;
}

void page_cache_sync_ra(struct readahead_control *rac, unsigned long req_count)
{
	struct file_ra_state *ra = rac->ra;
	pgoff_t index = rac->_index, prev = (ra->prev_pos - 1) >> PAGE_SHIFT;
	unsigned long max = ra->ra_pages, asked = min(req_count, max);

	if (!max)
		return;
	if (ra->random) {
		read_alone(rac, req_count);
		return;
	}
	if (index && index == ra->start + ra->size) {
		next_window(ra, index, max);
	} else if (!index || index - prev <= 1) {
		first_window(ra, index, asked, max);
	} else if (req_count >= max || !context_window(rac, asked, max)) {
		read_alone(rac, req_count);
		return;
	}
	/* The mark would be met at once: the next window is read along with this one. */
	if (ra->size == ra->async_size) {
		ra->async_size = next_ra_size(ra, max);
		ra->size += ra->async_size;
	}
	page_cache_ra_order(rac, ra);
}

void page_cache_async_ra(struct readahead_control *rac, struct folio *folio)
{
	struct file_ra_state *ra = rac->ra;
	pgoff_t index = rac->_index, start = ra->start + ra->size;

	if (!ra->ra_pages || folio_test_writeback(folio))
		return;
	folio_clear_readahead(folio);
	/* The mark may be another reader's: then go on behind what is cached. */
	if (index != start - ra->async_size) {
		start = next_miss(rac->mapping, index, ra->ra_pages);
		if (start - index >= ra->ra_pages)
			return;
		ra->size = start - index;
	}
	next_window(ra, start, ra->ra_pages);
	page_cache_ra_order(rac, ra);
}
