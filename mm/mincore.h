// SPDX-License-Identifier: MIT
/* Which pages are in memory: mincore(2). */
#ifndef MM_MINCORE_H
#define MM_MINCORE_H

#include "mm/mm_types.h"

/*
 * Fills @vec, a byte a page from @addr on, as far as the VMA goes: how many, or -ENOMEM: there is
 * none.  mmap_lock held.
 */
long do_mincore(struct mm_struct *mm, unsigned long addr, unsigned long pages, u8 *vec);
/*
 * May current know what of @vma's file is in memory?  Who could write it may; others would learn
 * who reads it.
 */
bool can_do_mincore(const struct vm_area_struct *vma);

#endif
