// SPDX-License-Identifier: MIT
/*
 * Slot n of an area is the page n of its device, sectors 8n to 8n + 7.  One bio a folio: the block
 * layer makes one request of neighbours that are submitted in one plug.
 *
 *   swap_writepage   locked ──> writeback, unlocked ──> [disk] ──> writeback cleared, waiters woken
 *   swap_readpage    locked ──────────────────────────> [disk] ──> uptodate, unlocked
 *
 * On an area that is memory (SWP_SYNCHRONOUS_IO) all of that is over when the bio is submitted.
 *
 * IO1 While a folio is under writeback its slot stays its own: folio_free_swap() refuses.
 * IO2 A folio whose write failed is dirty again before writeback ends, so that nobody takes what
 *     is on the disk for its content.
 * IO3 An uptodate folio of the swap cache with PG_error has a slot that could not be written.  Who
 *     names it gets the folio back (mm/swapoff.c), and the slot is never handed out again.
 */
#include "mm/page_io.h"

#include "drivers/block.h"
#include "kernel/errno.h"
#include "kernel/printk.h"
#include "mm/swap.h"
#include "mm/swap_state.h"
#include "mm/vmstat.h"

#define PAGE_SECTORS	(PAGE_SIZE >> SECTOR_SHIFT)

static struct bio *swap_bio(struct folio *folio, enum req_op op, void (*end_io)(struct bio *bio))
{
	swp_entry_t entry = folio_swap_entry(folio);
	/* From the reserve of bios if need be: writing memory out must not need memory. */
	struct bio *bio = bio_alloc(swp_swap_info(entry)->bdev, 1, op, GFP_NOIO);

	bio->bi_sector = swp_offset(entry) * PAGE_SECTORS;
	bio->bi_end_io = end_io;
	bio->bi_private = folio;
	bio_add_folio(bio, folio, PAGE_SIZE, 0);
	return bio;
}

static void complain(const struct bio *bio, const char *what)
{
	printk_ratelimited(KERN_ERR, "swap: %s error on %s, sector %llu\n", what,
			   bio->bi_bdev->bd_name, bio->bi_sector);
}

/* Interrupt context. */
static void end_swap_bio_write(struct bio *bio)
{
	struct folio *folio = bio->bi_private;

	trace_swap(TRACE_SWAP_WRITTEN, folio_swap_entry(folio), folio, bio->bi_status);
	if (unlikely(bio->bi_status)) {
		complain(bio, "write");
		folio_set_dirty(folio);		/* IO2 */
	}
	/* A device that has no room has nothing against this slot: it is tried again (IO3). */
	if (unlikely(bio->bi_status && bio->bi_status != -ENOSPC)) {
		folio_set_error(folio);
		swap_write_failed();
	}
	/* While it is under writeback the swap cache keeps it, and its place in there (IO1). */
	folio_rotate_reclaimable(folio);
	folio_end_writeback(folio);
	bio_put(bio);
}

bool swap_writepage(struct folio *folio)
{
	if (folio_free_swap(folio)) {
		folio_unlock(folio);
		return false;
	}
	if (unlikely(folio_test_error(folio)))
		folio_clear_error(folio);
	count_vm_event(PSWPOUT);
	trace_swap(TRACE_SWAP_WRITE, folio_swap_entry(folio), folio, 0);
	folio_start_writeback(folio);
	folio_unlock(folio);
	submit_bio(swap_bio(folio, REQ_OP_WRITE, end_swap_bio_write));
	return true;
}

/* Interrupt context. */
static void end_swap_bio_read(struct bio *bio)
{
	struct folio *folio = bio->bi_private;

	trace_swap(TRACE_SWAP_READ_DONE, folio_swap_entry(folio), folio, bio->bi_status);
	if (unlikely(bio->bi_status))
		complain(bio, "read");
	folio_end_read(folio, !bio->bi_status);
	bio_put(bio);
}

void swap_readpage(struct folio *folio, bool synchronous)
{
	count_vm_event(PSWPIN);
	trace_swap(TRACE_SWAP_READ, folio_swap_entry(folio), folio, folio_test_readahead(folio));
	submit_bio(swap_bio(folio, REQ_OP_READ, end_swap_bio_read));
	if (synchronous)
		folio_wait_locked(folio);
}
