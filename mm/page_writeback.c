// SPDX-License-Identifier: MIT
/*
 * What a file folio goes through, and the marks in i_pages by which the next step finds it:
 *
 *   clean ── folio_mark_dirty ──> PG_dirty, DIRTY ── sync begins ──> + TOWRITE
 *                                    │ folio_clear_dirty_for_io (locked; its mappings are
 *                                    │ write-protected first, so that later stores dirty it again)
 *                                    v
 *   clean <── folio_end_writeback ── PG_writeback, WRITEBACK <── folio_start_writeback
 *            (interrupt: I/O is done)
 *
 * The end comes in an interrupt, and i_pages_lock is not for interrupts: so the mark WRITEBACK
 * stays behind, and whoever waits for writeback looks at PG_writeback and clears marks that are out
 * of date.  mapping->nr_writeback tells him when there is nothing to look for.
 *
 * I1  A folio with PG_dirty in a mapping has the mark DIRTY, and its inode is on a dirty list or
 *     being written.
 * I2  A folio with PG_writeback has the mark WRITEBACK, is in the cache and stays there, since
 *     truncation and reclaim wait for it or leave it.
 * I3  nr_writeback is the number of folios with PG_writeback; it falls before the bit is cleared,
 *     when the data is on the device already.
 */
#include "mm/page_writeback.h"

#include "drivers/bio.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/super.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "mm/balance_dirty.h"
#include "mm/filemap.h"
#include "mm/rmap.h"
#include "mm/vmstat.h"

#define BATCH	15		/* folios looked up at a time */

/* --- dirty --- */

bool filemap_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	bool newly;

	if (folio_test_dirty(folio))
		return false;
	spin_lock(&mapping->i_pages_lock);
	/* Truncated meanwhile: nobody will write it. */
	newly = folio->mapping == mapping && !folio_test_set_dirty(folio);
	if (newly)
		xa_set_mark(&mapping->i_pages, folio->index, PAGECACHE_TAG_DIRTY);
	spin_unlock(&mapping->i_pages_lock);
	if (!newly)
		return false;
	inc_state(NR_FILE_DIRTY);
	current->oublock += PAGE_SIZE >> SECTOR_SHIFT;
	count_vm_event(NR_DIRTIED);
	__mark_inode_dirty(mapping->host, I_DIRTY_PAGES);
	return true;
}

bool noop_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	return !folio_test_dirty(folio) && !folio_test_set_dirty(folio);
}

bool folio_mark_dirty(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	if (!mapping)
		return !folio_test_dirty(folio) && !folio_test_set_dirty(folio);
	if (mapping->a_ops->dirty_folio)
		return mapping->a_ops->dirty_folio(mapping, folio);
	return filemap_dirty_folio(mapping, folio);
}

bool folio_clear_dirty_for_io(struct folio *folio)
{
	DEBUG_BUG_ON(!folio_test_locked(folio));
	if (folio_mapped(folio) && folio_mkclean(folio))
		folio_mark_dirty(folio);
	if (!folio_test_clear_dirty(folio))
		return false;
	dec_state(NR_FILE_DIRTY);
	return true;
}

void folio_cancel_dirty(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	if (!folio_test_dirty(folio) || !folio_test_clear_dirty(folio) || !mapping)
		return;
	if (mapping_can_writeback(mapping)) {
		dec_state(NR_FILE_DIRTY);
		wake_throttled_writers();
	}
}

void folio_redirty_for_writepage(struct writeback_control *wbc, struct folio *folio)
{
	wbc->nr_to_write++;
	folio_mark_dirty(folio);
}

/* --- writeback --- */

static void mark_writeback(struct address_space *mapping, struct folio *folio)
{
	XA_STATE(xas, &mapping->i_pages, folio->index);

	atomic_inc(&mapping->nr_writeback);
	spin_lock(&mapping->i_pages_lock);
	folio_set_writeback(folio);
	xas_set_mark(&xas, PAGECACHE_TAG_WRITEBACK);
	xas_clear_mark(&xas, PAGECACHE_TAG_TOWRITE);
	if (!folio_test_dirty(folio))
		xas_clear_mark(&xas, PAGECACHE_TAG_DIRTY);
	spin_unlock(&mapping->i_pages_lock);
}

void folio_start_writeback(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);

	DEBUG_BUG_ON(!folio_test_locked(folio) || folio_test_writeback(folio));
	inc_state(NR_WRITEBACK);
	/* Nobody looks for the anonymous ones of the swap cache by their marks. */
	if (mapping)
		mark_writeback(mapping, folio);
	else
		folio_set_writeback(folio);
}

void folio_end_writeback(struct folio *folio)
{
	if (folio_mapping(folio))
		atomic_dec(&folio_mapping(folio)->nr_writeback);
	dec_state(NR_WRITEBACK);
	count_vm_event(NR_WRITTEN);
	folio_clear_and_wake(folio, PG_writeback);
	wake_throttled_writers();
}

/* --- writing a range --- */

/* What is dirty now gets TOWRITE, so that a sync has an end even if others go on writing. */
static void tag_pages_for_writeback(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	XA_STATE(xas, &mapping->i_pages, start);

	spin_lock(&mapping->i_pages_lock);
	while (xas_find_marked(&xas, end, PAGECACHE_TAG_DIRTY))
		xas_set_mark(&xas, PAGECACHE_TAG_TOWRITE);
	spin_unlock(&mapping->i_pages_lock);
}

/*
 * Locked; true: dirty, still the mapping's, not under writeback, and its dirtiness taken over by
 * us.
 */
static bool folio_prepare_writeback(struct address_space *mapping, struct writeback_control *wbc,
				    struct folio *folio)
{
	if (folio->mapping != mapping || !folio_test_dirty(folio))
		return false;
	if (folio_test_writeback(folio)) {
		if (wbc->sync_mode == WB_SYNC_NONE)
			return false;
		folio_wait_writeback(folio);
	}
	return folio_clear_dirty_for_io(folio);
}

static int write_one(struct address_space *mapping, struct writeback_control *wbc,
		     struct folio *folio, writepage_t *writepage, void *data)
{
	int error;

	folio_lock(folio);
	if (!folio_prepare_writeback(mapping, wbc, folio)) {
		folio_unlock(folio);
		return 0;
	}
	wbc->nr_to_write--;
	error = writepage(folio, wbc, data);
	if (error)
		mapping_set_error(mapping, error);
	return error;
}

int write_cache_pages(struct address_space *mapping, struct writeback_control *wbc,
		      writepage_t *writepage, void *data)
{
	pgoff_t index = wbc->range_start >> PAGE_SHIFT, end = wbc->range_end >> PAGE_SHIFT;
	bool tagged = wbc->sync_mode == WB_SYNC_ALL || wbc->tagged_writepages;
	xa_mark_t tag = tagged ? PAGECACHE_TAG_TOWRITE : PAGECACHE_TAG_DIRTY;
	struct folio *folios[BATCH];
	unsigned int nr;
	int ret = 0;

	if (tagged)
		tag_pages_for_writeback(mapping, index, end);
	while ((nr = filemap_get_folios_tag(mapping, &index, end, tag, folios, BATCH))) {
		for (unsigned int i = 0; i < nr; i++) {
			/* A sync goes on behind an error: the other folios are no worse for it. */
			if (wbc->nr_to_write > 0 || wbc->sync_mode == WB_SYNC_ALL) {
				int error = write_one(mapping, wbc, folios[i], writepage, data);

				ret = ret ? ret : error;
			}
			folio_put(folios[i]);
		}
		if (wbc->sync_mode == WB_SYNC_NONE && (wbc->nr_to_write <= 0 || ret))
			break;
		cond_resched();
	}
	return ret;
}

int do_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	/* A look at the array's own mark, without the lock: what the caller dirtied is in it. */
	if (wbc->nr_to_write <= 0 || !xa_marked(&mapping->i_pages, PAGECACHE_TAG_DIRTY))
		return 0;
	return mapping->a_ops->writepages ? mapping->a_ops->writepages(mapping, wbc) : 0;
}

int __filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end,
			       enum writeback_sync_modes sync_mode)
{
	struct writeback_control wbc = {
		.nr_to_write = LONG_MAX,
		.range_start = start,
		.range_end = end,
		.sync_mode = sync_mode,
	};

	return do_writepages(mapping, &wbc);
}

int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end)
{
	return __filemap_fdatawrite_range(mapping, start, end, WB_SYNC_ALL);
}

int filemap_fdatawrite(struct address_space *mapping)
{
	return filemap_fdatawrite_range(mapping, 0, LAST_BYTE);
}

int filemap_flush_range(struct address_space *mapping, loff_t start, loff_t end)
{
	return __filemap_fdatawrite_range(mapping, start, end, WB_SYNC_NONE);
}

/* --- waiting --- */

#define WAIT_CHUNK	512UL		/* pages looked at with i_pages_lock held */

/*
 * The first folio of the chunk at @index that is under writeback, with a reference, or NULL.  Marks
 * that are out of date are taken away.
 */
static struct folio *next_writeback(struct address_space *mapping, pgoff_t index, pgoff_t last)
{
	XA_STATE(xas, &mapping->i_pages, index);
	struct folio *folio;

	spin_lock(&mapping->i_pages_lock);
	xas_for_each_marked(&xas, folio, last, PAGECACHE_TAG_WRITEBACK) {
		if (folio_test_writeback(folio)) {
			folio_get(folio);
			break;
		}
		xas_clear_mark(&xas, PAGECACHE_TAG_WRITEBACK);
	}
	spin_unlock(&mapping->i_pages_lock);
	return folio;
}

static void wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT, chunk;
	struct folio *folio;

	while (atomic_read(&mapping->nr_writeback) &&
	       xa_find(&mapping->i_pages, &index, last, PAGECACHE_TAG_WRITEBACK)) {
		chunk = min(last, index + WAIT_CHUNK - 1);
		while ((folio = next_writeback(mapping, index, chunk))) {
			folio_wait_writeback(folio);
			folio_put(folio);
		}
		cond_resched();
	}
}

static bool range_has(struct address_space *mapping, pgoff_t index, pgoff_t last, xa_mark_t mark)
{
	struct folio *folio;
	bool found = false;

	if (!xa_marked(&mapping->i_pages, mark))
		return false;
	spin_lock(&mapping->i_pages_lock);
	folio = xa_find(&mapping->i_pages, &index, last, mark);
	while (folio && !found) {
		/* Locked: its writer is between the two. */
		found = folio_test_dirty(folio) || folio_test_writeback(folio) ||
			folio_test_locked(folio);
		folio = xa_find_after(&mapping->i_pages, &index, last, mark);
	}
	spin_unlock(&mapping->i_pages_lock);
	return found;
}

bool filemap_range_needs_writeback(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

	return range_has(mapping, index, last, PAGECACHE_TAG_DIRTY) ||
	       range_has(mapping, index, last, PAGECACHE_TAG_WRITEBACK);
}

static int filemap_check_errors(struct address_space *mapping)
{
	int ret = 0;

	if (!READ_ONCE(mapping->flags))
		return 0;
	if (test_and_clear_bit(AS_ENOSPC, &mapping->flags))
		ret = -ENOSPC;
	if (test_and_clear_bit(AS_EIO, &mapping->flags))
		ret = -EIO;
	return ret;
}

int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	wait_range(mapping, start, end);
	return filemap_check_errors(mapping);
}

int filemap_fdatawait_keep_errors(struct address_space *mapping)
{
	wait_range(mapping, 0, LAST_BYTE);
	if (test_bit(AS_EIO, &mapping->flags))
		return -EIO;
	return test_bit(AS_ENOSPC, &mapping->flags) ? -ENOSPC : 0;
}

int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	int error = 0, wait_error;

	if (!mapping->nrpages)
		return 0;
	error = filemap_fdatawrite_range(mapping, start, end);
	wait_error = filemap_fdatawait_range(mapping, start, end);
	return error ? error : wait_error;
}

int filemap_write_and_wait(struct address_space *mapping)
{
	return filemap_write_and_wait_range(mapping, 0, LAST_BYTE);
}

/* --- errors --- */

void mapping_set_error(struct address_space *mapping, int error)
{
	if (!error)
		return;
	errseq_set(&mapping->wb_err, error);
	errseq_set(&mapping->host->i_sb->s_wb_err, error);
	set_bit(error == -ENOSPC ? AS_ENOSPC : AS_EIO, &mapping->flags);
}

int file_check_and_advance_wb_err(struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	int error = 0;

	if (errseq_check(&mapping->wb_err, READ_ONCE(file->f_wb_err))) {
		/* Two fsyncs of one file: only one of them shall report it. */
		spin_lock(&file->f_inode->i_lock);
		error = errseq_check_and_advance(&mapping->wb_err, &file->f_wb_err);
		spin_unlock(&file->f_inode->i_lock);
	}
	clear_bit(AS_EIO, &mapping->flags);
	clear_bit(AS_ENOSPC, &mapping->flags);
	return error;
}

int file_fdatawait_range(struct file *file, loff_t start, loff_t end)
{
	wait_range(file->f_mapping, start, end);
	return file_check_and_advance_wb_err(file);
}

int file_write_and_wait_range(struct file *file, loff_t start, loff_t end)
{
	struct address_space *mapping = file->f_mapping;
	int error = 0, reported;

	if (end < start)
		return 0;
	if (mapping->nrpages) {
		error = filemap_fdatawrite_range(mapping, start, end);
		wait_range(mapping, start, end);
	}
	reported = file_check_and_advance_wb_err(file);
	return error ? error : reported;
}
