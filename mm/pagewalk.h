// SPDX-License-Identifier: MIT
/*
 * Looks at what a VMA's page tables hold, entry by entry.
 */
#ifndef MM_PAGEWALK_H
#define MM_PAGEWALK_H

#include "mm/pgtable.h"

/*
 * Calls @visit for each entry of [@start, vma->vm_end) that has a leaf table, with that table's
 * lock held.  mmap_lock held; may sleep between two tables.  Fences are the caller's.
 */
void walk_page_vma(struct vm_area_struct *vma, unsigned long start,
		   void (*visit)(void *data, pte_t *pte, unsigned long addr), void *data);

#endif
