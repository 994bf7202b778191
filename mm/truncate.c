// SPDX-License-Identifier: MIT
/*
 * Truncation takes every folio of a range, waiting for its lock and for writeback; the caller has
 * already made the file shorter (i_size), so nobody puts new ones there.  Invalidation takes what
 * can be had.
 *
 * A folio is removed from the cache first and unmapped then (filemap.c I5).
 */
#include "mm/truncate.h"

#include "fs/inode.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/rmap.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

#define BATCH	15

static void unmap_page(struct address_space *mapping, struct folio *folio, pgoff_t index)
{
	if (folio_mapped(folio))
		unmap_mapping_pages(mapping, index, 1, false);
}

/* => locked, no writeback */
static void truncate_folio(struct address_space *mapping, struct folio *folio)
{
	pgoff_t index = folio->index;

	if (folio_test_private(folio) && mapping->a_ops->invalidate_folio)
		mapping->a_ops->invalidate_folio(folio, 0, PAGE_SIZE);
	folio_cancel_dirty(folio);
	filemap_remove_folio(folio);
	unmap_page(mapping, folio, index);
}

static void truncate_whole_folios(struct address_space *mapping, pgoff_t index, pgoff_t last)
{
	struct folio *folios[BATCH];
	unsigned int nr;

	while ((nr = filemap_get_folios(mapping, &index, last, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			folio_lock(folios[i]);
			folio_wait_writeback(folios[i]);
			if (folios[i]->mapping == mapping)
				truncate_folio(mapping, folios[i]);
			folio_unlock(folios[i]);
			folio_put(folios[i]);
		}
		cond_resched();
	}
}

/*
 * Forgets the pages [index, last] that reclaim took.  Folios have gone before: one that reclaim had
 * in hand leaves its shadow until then.
 */
static void clear_shadows(struct address_space *mapping, pgoff_t index, pgoff_t last)
{
	XA_STATE(xas, &mapping->i_pages, index);
	unsigned int looked_at = 0;
	void *entry;

	if (mapping_empty(mapping) || mapping->i_pages.ops != &page_cache_xa_ops)
		return;
	spin_lock(&mapping->i_pages_lock);
	xas_for_each(&xas, entry, last) {
		if (xa_is_value(entry))
			xas_store(&xas, NULL);
		if (++looked_at % XA_NODE_SLOTS)
			continue;
		xas_pause(&xas);
		spin_unlock(&mapping->i_pages_lock);
		cond_resched();
		spin_lock(&mapping->i_pages_lock);
	}
	spin_unlock(&mapping->i_pages_lock);
}

/*
 * Zeroes bytes [from, to) of page @index if it is cached; what is behind the end of a file must
 * read as zero.
 */
static void truncate_partial_folio(struct address_space *mapping, pgoff_t index, size_t from,
				   size_t to)
{
	struct folio *folio = filemap_lock_folio(mapping, index);

	if (!folio)
		return;
	folio_wait_writeback(folio);
	folio_clear_mappedtodisk(folio);	/* some of its blocks may go */
	memset(folio_address(folio) + from, 0, to - from);
	if (folio_test_private(folio) && mapping->a_ops->invalidate_folio)
		mapping->a_ops->invalidate_folio(folio, from, to - from);
	folio_unlock(folio);
	folio_put(folio);
}

void truncate_inode_pages_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t first = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	size_t head = offset_in_page(start), tail = offset_in_page(end) + 1;

	if (mapping_empty(mapping))
		return;
	if (head && first == last) {
		truncate_partial_folio(mapping, first, head, tail);
		return;
	}
	if (head)
		truncate_partial_folio(mapping, first++, head, PAGE_SIZE);
	if (tail < PAGE_SIZE)
		truncate_partial_folio(mapping, last, 0, tail);
	if (tail == PAGE_SIZE)
		last++;
	if (first < last) {
		truncate_whole_folios(mapping, first, last - 1);
		clear_shadows(mapping, first, last - 1);
	}
}

void truncate_inode_pages(struct address_space *mapping, loff_t start)
{
	truncate_inode_pages_range(mapping, start, LAST_BYTE);
}

void truncate_inode_pages_final(struct address_space *mapping)
{
	set_bit(AS_EXITING, &mapping->flags);
	if (mapping_empty(mapping))
		return;
	truncate_inode_pages(mapping, 0);
	/* Reclaim that took the last folio, or its shadow, still has the lock, maybe. */
	spin_lock(&mapping->i_pages_lock);
	spin_unlock(&mapping->i_pages_lock);
}

void truncate_pagecache(struct inode *inode, loff_t newsize)
{
	struct address_space *mapping = inode->i_mapping;
	pgoff_t first = (newsize + PAGE_SIZE - 1) >> PAGE_SHIFT;

	mapping->truncations++;
	/*
	 * All at once first, which is cheaper than page by page.  Again at the end: a fault may
	 * have made a private copy of a page that was still there.
	 */
	unmap_mapping_pages(mapping, first, 0, true);
	truncate_inode_pages(mapping, newsize);
	unmap_mapping_pages(mapping, first, 0, true);
}

void truncate_pagecache_range(struct inode *inode, loff_t start, loff_t end)
{
	struct address_space *mapping = inode->i_mapping;
	pgoff_t first = (start + PAGE_SIZE - 1) >> PAGE_SHIFT, behind = (end + 1) >> PAGE_SHIFT;

	mapping->truncations++;
	if (behind > first)
		unmap_mapping_pages(mapping, first, behind - first, false);
	truncate_inode_pages_range(mapping, start, end);
}

void pagecache_isize_extended(struct inode *inode, loff_t from, loff_t to)
{
	size_t offset = offset_in_page(from);
	struct folio *folio;

	if (from >= to || i_blocksize(inode) >= PAGE_SIZE || !offset)
		return;
	folio = filemap_lock_folio(inode->i_mapping, from >> PAGE_SHIFT);
	if (!folio)
		return;
	if (folio_mapped(folio) && folio_mkclean(folio))
		folio_mark_dirty(folio);
	/* What was stored behind the end, where there may be no blocks for it. */
	if (folio_test_dirty(folio))
		memset((char *)folio_address(folio) + offset, 0,
		       min_t(loff_t, to - from, PAGE_SIZE - offset));
	folio_unlock(folio);
	folio_put(folio);
}

void truncate_setsize(struct inode *inode, loff_t newsize)
{
	loff_t oldsize = inode->i_size;

	i_size_write(inode, newsize);
	if (newsize > oldsize)
		pagecache_isize_extended(inode, oldsize, newsize);
	truncate_pagecache(inode, newsize);
}

/* --- invalidation --- */

/* => locked, clean, no writeback.  Takes what its owner has attached to it off. */
static bool release_folio(struct address_space *mapping, struct folio *folio)
{
	return !folio_test_private(folio) ||
	       (mapping->a_ops->release_folio && mapping->a_ops->release_folio(folio, GFP_KERNEL));
}

unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	unsigned long count = 0;
	struct folio *folios[BATCH];
	pgoff_t first = start;
	unsigned int nr;

	while ((nr = filemap_get_folios(mapping, &start, end, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			struct folio *folio = folios[i];

			if (folio_trylock(folio)) {
				if (folio->mapping == mapping && !folio_test_dirty(folio) &&
				    !folio_test_writeback(folio) && !folio_mapped(folio))
					count += release_folio(mapping, folio) &&
						 remove_mapping(mapping, folio, false);
				folio_unlock(folio);
			}
			folio_put(folio);
		}
		cond_resched();
	}
	clear_shadows(mapping, first, end);
	return count;
}

/*
 * 0, or -EBUSY: it is dirty, or its buffers are in use.  Other references do not matter: who copies
 * out of it now has read before the invalidation.
 */
static int invalidate_folio2(struct address_space *mapping, struct folio *folio)
{
	if (folio->mapping != mapping)
		return 0;
	folio_wait_writeback(folio);
	do {
		unmap_page(mapping, folio, folio->index);
		if (folio_test_dirty(folio) || !release_folio(mapping, folio))
			return -EBUSY;
	} while (!filemap_remove_clean_folio(folio));
	return 0;
}

int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	struct folio *folios[BATCH];
	pgoff_t first = start;
	unsigned int nr;
	int ret = 0;

	while ((nr = filemap_get_folios(mapping, &start, end, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			folio_lock(folios[i]);
			if (invalidate_folio2(mapping, folios[i]))
				ret = -EBUSY;
			folio_unlock(folios[i]);
			folio_put(folios[i]);
		}
		cond_resched();
	}
	clear_shadows(mapping, first, end);
	return ret;
}
