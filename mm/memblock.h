// SPDX-License-Identifier: MIT
/*
 * memblock: what RAM there is and what of it is taken, before the page allocator runs.
 *
 * arch adds the device tree's memory and reserves the kernel image, the firmware's and the device
 * tree's own ranges; then memblock_alloc() hands out the rest until page_alloc_init() takes it all
 * over.  Boot hart only. All addresses and sizes are physical, in bytes.
 */
#ifndef MM_MEMBLOCK_H
#define MM_MEMBLOCK_H

#include "lib/types.h"

struct memblock_region {
	unsigned long base, end;
};

void memblock_add(unsigned long base, unsigned long size);
/* May overlap others and what is not RAM; rounded outwards to whole pages. */
void memblock_reserve(unsigned long base, unsigned long size);
/*
 * Physical address of @size free bytes, aligned to @align (a power of two), reserved from now on;
 * not cleared.  0: none.
 */
unsigned long memblock_alloc(unsigned long size, unsigned long align);

/* Range @index of RAM, taken or not: true and [*start, *end); false: there are no more. */
bool memblock_ram_range(unsigned int index, unsigned long *start, unsigned long *end);
/* Bounds of all RAM, page aligned. */
unsigned long memblock_start(void);
unsigned long memblock_end(void);
/*
 * The first free range at or above @from that is whole pages: true and [*start, *end); false: none
 * is left.
 */
bool memblock_next_free(unsigned long from, unsigned long *start, unsigned long *end);

#endif
