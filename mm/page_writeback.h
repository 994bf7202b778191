// SPDX-License-Identifier: MIT
/*
 * Folios from clean to dirty to under writeback to clean; writing out the dirty ones of a file and
 * waiting for them.
 *
 * Ranges are in bytes and include their end, as Linux's do; the whole file is 0, LAST_BYTE.
 */
#ifndef MM_PAGE_WRITEBACK_H
#define MM_PAGE_WRITEBACK_H

#include "fs/address_space.h"
#include "mm/folio.h"
#include "mm/writeback.h"

#define LAST_BYTE	((loff_t)S64_MAX)

/* --- dirty and clean --- */

/* The content changed; locked, or mapped by a held page-table lock.  True: it was clean before. */
bool folio_mark_dirty(struct folio *folio);
/* a_ops->dirty_folio of file systems: PG_dirty, the mark, the inode onto its dirty list. */
bool filemap_dirty_folio(struct address_space *mapping, struct folio *folio);
/* For memory that is never written back. */
bool noop_dirty_folio(struct address_space *mapping, struct folio *folio);

/* Does what is dirty in it count as such, to be written back in time? */
static inline bool mapping_can_writeback(const struct address_space *mapping)
{
	return mapping->a_ops->dirty_folio != noop_dirty_folio;
}
/*
 * Locked folio about to be written: write-protects its mappings; true: it was dirty, so write it.
 */
bool folio_clear_dirty_for_io(struct folio *folio);
/* Dirtiness is dropped, not written: truncation. */
void folio_cancel_dirty(struct folio *folio);

typedef int writepage_t(struct folio *folio, struct writeback_control *wbc, void *data);
/*
 * Calls @writepage for each dirty folio in the range, locked and with dirty already cleared; it
 * must start writeback and unlock it.  0 or the first error.
 */
int write_cache_pages(struct address_space *mapping, struct writeback_control *wbc,
		      writepage_t *writepage, void *data);
int do_writepages(struct address_space *mapping, struct writeback_control *wbc);
/* writepage could not write it now: it stays dirty. */
void folio_redirty_for_writepage(struct writeback_control *wbc, struct folio *folio);

/* --- writing out and waiting; end is the last byte --- */

int __filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end,
			       enum writeback_sync_modes sync_mode);
/* The same with WB_SYNC_ALL. */
int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_fdatawrite(struct address_space *mapping);
/* Starts I/O on what is easy, waits for nothing. */
int filemap_flush_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_fdatawait_keep_errors(struct address_space *mapping);
int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_write_and_wait(struct address_space *mapping);
/* Is any of it dirty or on its way to the device? */
bool filemap_range_needs_writeback(struct address_space *mapping, loff_t start, loff_t end);
/* fsync's: also the error that this file has not heard of yet. */
int file_write_and_wait_range(struct file *file, loff_t start, loff_t end);
int file_fdatawait_range(struct file *file, loff_t start, loff_t end);
int file_check_and_advance_wb_err(struct file *file);
/* Records a failed write (-errno).  Any context. */
void mapping_set_error(struct address_space *mapping, int error);

#endif
