// SPDX-License-Identifier: MIT
/* Which pages are in memory: mincore(2). */
#ifndef MM_MINCORE_H
#define MM_MINCORE_H

#include "mm/mm_types.h"

/* Fills @vec, a byte a page from @addr on: 0, or -ENOMEM at a hole.  mmap_lock held. */
int do_mincore(struct mm_struct *mm, unsigned long addr, unsigned long pages, u8 *vec);

#endif
