// SPDX-License-Identifier: MIT
/*
 * The part of mm_check() that looks at swap: slots and their counts against the entries that were
 * found, and the swap cache against the slots.
 */
#ifndef MM_CHECK_SWAP_H
#define MM_CHECK_SWAP_H

#include "mm/swapops.h"

/* Entries found by area and slot. */
struct swap_seen {
	u16 *nr[MAX_SWAPFILES];
};

/* From now on no area comes or goes; false: no memory for the books.  May sleep. */
bool swap_seen_begin(struct swap_seen *seen);
void swap_seen_end(struct swap_seen *seen);
/* Nothing was found yet; one entry was. */
void swap_seen_reset(struct swap_seen *seen);
void swap_seen_add(struct swap_seen *seen, swp_entry_t entry);
/* Nobody maps, unmaps or faults: each count is what was found.  0 or -EIO. */
int check_swap_counts(const struct swap_seen *seen);

#endif
