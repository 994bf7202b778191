// SPDX-License-Identifier: MIT
/*
 * Advice about pages that are there, rather than about mappings: MADV_FREE, MADV_COLD and
 * MADV_PAGEOUT of madvise(2).
 */
#ifndef MM_ADVISE_PAGES_H
#define MM_ADVISE_PAGES_H

#include "mm/mm_types.h"

/*
 * The content of [start, end) of an anonymous @vma is of no use: reclaim may drop its pages, one by
 * one, until they are stored to again.  mmap_lock held for reading.
 */
void free_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/*
 * [start, end) will not be used soon: its pages are the next that reclaim takes, or, if @pageout,
 * are taken now.  Only those that nobody else maps.  -EINTR: killed.  mmap_lock held for reading.
 */
int cold_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    bool pageout);

#endif
