// SPDX-License-Identifier: MIT
/* A folio of the swap cache to its slot and back. */
#ifndef MM_PAGE_IO_H
#define MM_PAGE_IO_H

#include "mm/folio.h"

/*
 * Starts writing a folio to its slot; locked and not dirty on entry, unlocked on return, under
 * writeback until the disk has it. Takes over the caller's reference, which goes back to the policy
 * when the write is over (folio_rotate_reclaimable()). False: no entry names the slot any more, the
 * folio was taken off it, unlocked, and is the caller's. A write error shows as PG_error, and the
 * folio is dirty again. Does not wait for the disk.
 */
bool swap_writepage(struct folio *folio);
/*
 * Starts reading a locked folio that is not uptodate, from the slot that folio->swap names;
 * unlocked, uptodate or not, when the disk has answered.  @synchronous: waits for that.
 */
void swap_readpage(struct folio *folio, bool synchronous);

/* mm/swapoff.c; any context: has the folios with PG_error brought back, soon. */
void swap_write_failed(void);

#endif
