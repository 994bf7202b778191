// SPDX-License-Identifier: MIT
/*
 * Reading ahead of a sequential reader, so that the device works while he computes.
 *
 * page_cache_sync_ra() is called when a page is not in the cache, page_cache_async_ra() when the
 * reader meets the folio that carries PG_readahead; both start I/O and do not wait for it.  The
 * sizes are in pages.
 */
#ifndef MM_READAHEAD_H
#define MM_READAHEAD_H

#include "fs/address_space.h"
#include "mm/folio.h"

/*
 * What a file system's ->readahead() is to read: consecutive locked folios that are in the cache
 * already.
 */
struct readahead_control {
	struct file *file;			/* may be NULL */
	struct address_space *mapping;
	struct file_ra_state *ra;
	pgoff_t _index;				/* of the next folio */
	unsigned int _nr_pages;			/* that are left */
	struct folio **_folios;			/* the next */
};

#define DEFINE_READAHEAD(name, f, r, m, i)	\
	struct readahead_control name = { .file = f, .mapping = m, .ra = r, ._index = i }

void file_ra_state_init(struct file_ra_state *ra, struct address_space *mapping);
/* The largest window that its disk is set to; 0: there is no disk. */
unsigned int mapping_ra_pages(const struct address_space *mapping);
/* The reader wants @req_count pages from rac->_index on, and the first is not there. */
void page_cache_sync_ra(struct readahead_control *rac, unsigned long req_count);
/* The reader has met @folio, the marker. */
void page_cache_async_ra(struct readahead_control *rac, struct folio *folio);
/*
 * Unconditionally @nr_to_read pages, the one that is @lookahead_size from the end marked (madvise,
 * fault-around).
 */
void page_cache_ra_unbounded(struct readahead_control *rac, unsigned long nr_to_read,
			     unsigned long lookahead_size);
/* The window that @ra describes, as far as the file goes. */
void page_cache_ra_order(struct readahead_control *rac, struct file_ra_state *ra);
/* @nr_to_read pages as far as the file goes: MADV_WILLNEED, fadvise. */
void force_page_cache_readahead(struct address_space *mapping, struct file *file, pgoff_t index,
				unsigned long nr_to_read);

/*
 * The next folio for ->readahead(), locked, without a reference of its own (the lock keeps it);
 * NULL: no more.
 */
struct folio *readahead_folio(struct readahead_control *rac);

static inline loff_t readahead_pos(const struct readahead_control *rac)
{
	return (loff_t)rac->_index << PAGE_SHIFT;
}

static inline size_t readahead_length(const struct readahead_control *rac)
{
	return (size_t)rac->_nr_pages << PAGE_SHIFT;
}

static inline pgoff_t readahead_index(const struct readahead_control *rac)
{
	return rac->_index;
}

static inline unsigned int readahead_count(const struct readahead_control *rac)
{
	return rac->_nr_pages;
}

#endif
