// SPDX-License-Identifier: MIT
/* madvise(2): what a program says about how it will use its memory. */
#ifndef MM_MADVISE_H
#define MM_MADVISE_H

#include "mm/mm_types.h"

/* @behavior: MADV_*.  0 or -errno as madvise(2).  Takes mmap_lock. */
int do_madvise(struct mm_struct *mm, unsigned long start, size_t len, int behavior);

#endif
