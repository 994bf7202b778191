// SPDX-License-Identifier: MIT
/*
 * The buddy system: free frames as blocks of 2^order that begin at a multiple of their size, one
 * list an order. Pure: no locks, no statistics, no policy; it links into a host test as well.  The
 * caller holds the zone lock.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/folio.h"

#define MAX_ORDER	11

struct buddy {
	struct list_head free_list[MAX_ORDER];
	unsigned long nr_free[MAX_ORDER];	/* blocks on each list */
	unsigned long free_frames;
};

void buddy_init(struct buddy *buddy);
/* The head of a block of @order, off the lists, PG_buddy cleared; NULL: there is none as large. */
struct folio *buddy_take(struct buddy *buddy, unsigned int order);
/* Gives the block of frames [pfn, pfn + 2^order) back and merges it with its free buddies. */
void buddy_give(struct buddy *buddy, unsigned long pfn, unsigned int order);

#endif
