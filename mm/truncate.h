// SPDX-License-Identifier: MIT
/*
 * Folios leave the page cache because their part of the file is gone (truncate) or because the
 * cache must not show an old content (invalidate).  Byte ranges include their end.
 */
#ifndef MM_TRUNCATE_H
#define MM_TRUNCATE_H

#include "lib/types.h"

struct address_space;
struct inode;

/*
 * Drops all folios of [start, end], waiting for locks and writeback; zeroes the parts of pages at
 * the edges.
 */
void truncate_inode_pages_range(struct address_space *mapping, loff_t start, loff_t end);
void truncate_inode_pages(struct address_space *mapping, loff_t start);
/* The inode dies: no folio is left and none will be added. */
void truncate_inode_pages_final(struct address_space *mapping);
/* Unmaps and drops what lies behind @newsize; i_size has been set. */
void truncate_pagecache(struct inode *inode, loff_t newsize);
/* Unmaps and drops whole pages of [start, end] (hole punching), zeroes the edges. */
void truncate_pagecache_range(struct inode *inode, loff_t start, loff_t end);
void truncate_setsize(struct inode *inode, loff_t newsize);
/*
 * The file grew from @from to @to, or beyond, and i_size says so: what was its last page reads as
 * zero between the two, and must be written through a fault again, so that its new blocks are
 * allocated.  => the folio not locked
 */
void pagecache_isize_extended(struct inode *inode, loff_t from, loff_t to);
/*
 * Drops what is clean, unmapped and unlocked of [start, end] (indexes); returns how many.  Does not
 * wait.
 */
unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end);
/*
 * Drops all of [start, end], unmapping and waiting; -EBUSY if some was dirty again.  Before and
 * after direct I/O.
 */
int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end);

#endif
