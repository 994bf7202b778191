// SPDX-License-Identifier: MIT
/* mremap(2): a mapping grows, shrinks or moves with its pages. */
#ifndef MM_MREMAP_H
#define MM_MREMAP_H

#include "mm/mm_types.h"

/* The new address or -errno.  Takes mmap_lock. */
unsigned long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			unsigned long new_len, unsigned long flags, unsigned long new_addr);

#endif
