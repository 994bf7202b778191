// SPDX-License-Identifier: MIT
/* Mappings that grow downwards by faults: the first stack, and what MAP_GROWSDOWN makes. */
#ifndef MM_STACK_H
#define MM_STACK_H

#include "mm/mm_types.h"

/* Before the first mmap: sets mmap_base so that a stack of RLIMIT_STACK has room above it. */
void arch_pick_mmap_layout(struct mm_struct *mm);
/*
 * For an mm that exec is building: a stack VMA that ends at @top (page aligned).  0 or -ENOMEM.
 * Takes the lock.
 */
int insert_stack_vma(struct mm_struct *mm, unsigned long top);
/*
 * No VMA holds @addr: the next one above it grows down to it, if it is a stack that may.  Called
 * with mmap_lock held for reading.  The VMA, and still so; or NULL, without the lock.
 */
struct vm_area_struct *expand_stack(struct mm_struct *mm, unsigned long addr);

#endif
