// SPDX-License-Identifier: MIT
/*
 * Blocks of 2^order frames; the buddy of a block is the other half of the block twice its size:
 *
 *   frame  0   1   2   3   4   5   6   7
 *          [0,1]   [2,3]   [4,5]   [6,7]      order 1: buddies differ in bit 1 of the frame number
 *          [0    ..    3]  [4    ..    7]     order 2: … in bit 2
 *
 * To take a block of an order that has none, a larger one is halved, the upper halves going onto
 * their lists.  To give one back, it is merged with its buddy as long as that is free and whole.
 *
 * Only a block's first descriptor says that it is free (PG_buddy) and how large it is (order), so
 * making 4 MiB free touches one cache line.
 *
 * I1  A free block begins at a multiple of its size, has PG_buddy and its order, and no references.
 * I2  A block and its buddy are never both free at the same order, below the largest.
 * I3  free_frames is the sum over the lists; nr_free[] counts each list.
 */
#include "mm/buddy.h"

void buddy_init(struct buddy *buddy)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		INIT_LIST_HEAD(&buddy->free_list[order]);
		buddy->nr_free[order] = 0;
	}
	buddy->free_frames = 0;
}

static void add_block(struct buddy *buddy, struct folio *folio, unsigned int order)
{
	folio->flags = BIT(PG_buddy);
	folio->order = order;
	list_add(&folio->lru, &buddy->free_list[order]);
	buddy->nr_free[order]++;
}

static void remove_block(struct buddy *buddy, struct folio *folio, unsigned int order)
{
	list_del(&folio->lru);
	folio->flags = 0;
	buddy->nr_free[order]--;
}

struct folio *buddy_take(struct buddy *buddy, unsigned int order)
{
	struct folio *folio;
	unsigned int have = order;

	while (have < MAX_ORDER && list_empty(&buddy->free_list[have]))
		have++;
	if (have >= MAX_ORDER)
		return NULL;
	folio = list_first_entry(&buddy->free_list[have], struct folio, lru);
	remove_block(buddy, folio, have);
	while (have > order) {
		have--;
		add_block(buddy, folio + (1UL << have), have);
	}
	buddy->free_frames -= 1UL << order;
	return folio;
}

void buddy_give(struct buddy *buddy, unsigned long pfn, unsigned int order)
{
	buddy->free_frames += 1UL << order;
	for (; order < MAX_ORDER - 1; order++) {
		unsigned long other = pfn ^ 1UL << order;
		struct folio *folio;

		if (!pfn_valid(other))
			break;
		folio = pfn_folio(other);
		if (!(folio->flags & BIT(PG_buddy)) || folio->order != order)
			break;
		remove_block(buddy, folio, order);
		pfn &= ~(1UL << order);
	}
	add_block(buddy, pfn_folio(pfn), order);
}
