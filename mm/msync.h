// SPDX-License-Identifier: MIT
/* Stores to shared file mappings onto the disk: msync(2). */
#ifndef MM_MSYNC_H
#define MM_MSYNC_H

#include "mm/mm_types.h"

/*
 * @flags: MS_*, checked.  Page-aligned bounds.  0; -ENOMEM: part of the range is not mapped;
 * -EBUSY: MS_INVALIDATE on locked memory; or the error of the write.  May sleep; takes the lock.
 */
int do_msync(struct mm_struct *mm, unsigned long start, unsigned long end, int flags);

#endif
