// SPDX-License-Identifier: MIT
/*
 * File data between page cache and disk in large pieces: neighbouring blocks of neighbouring folios
 * go into one bio.
 */
#ifndef FS_MPAGE_H
#define FS_MPAGE_H

#include "lib/types.h"
#include "mm/page_writeback.h"

struct folio;
struct inode;
struct readahead_control;

/* A run of blocks of a file: where it is on the device. */
struct extent {
	u64 block;			/* first, in the file */
	u64 count;			/* at least 1; 0: not looked up */
	u64 phys;			/* first, on the device */
	bool mapped;			/* false: a hole */
};

/*
 * The run that begins at @block, at most @max blocks long. 0 or -errno. Allocates nothing; may
 * sleep.
 */
typedef int get_extent_t(struct inode *inode, u64 block, u64 max, struct extent *extent);

/* a_ops->read_folio, ->readahead, ->writepages by means of @get_extent. */
int mpage_read_folio(struct folio *folio, get_extent_t *get_extent);
void mpage_readahead(struct readahead_control *rac, get_extent_t *get_extent);
int mpage_writepages(struct inode *inode, struct writeback_control *wbc, get_extent_t *get_extent);
/*
 * As the last, with @writepage called for each folio, which may leave it to mpage_writepage()
 * (@data is its own).
 */
int mpage_writepages_with(struct inode *inode, struct writeback_control *wbc,
			  get_extent_t *get_extent, writepage_t *writepage);
int mpage_writepage(struct folio *folio, struct writeback_control *wbc, void *data);

#endif
