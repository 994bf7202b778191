// SPDX-License-Identifier: MIT
/*
 * Taking mappings away: munmap(2), and the end of an address space.  "Locked" is mmap_lock, for
 * writing.
 */
#ifndef MM_MUNMAP_H
#define MM_MUNMAP_H

#include "mm/mm_types.h"

/* For current's mm; takes the lock.  0 or -errno. */
int vm_munmap(unsigned long start, unsigned long len);
/*
 * Unmaps [start, start + len).  0, -EINVAL, -ENOMEM.  Locked, and to be unlocked by
 * mmap_write_unlock_gone().
 */
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len);
/*
 * After anything that may have unmapped: releases the VMAs that are gone once the lock is, since
 * the last reference to a file that was removed takes locks that come before mmap_lock.
 */
void mmap_write_unlock_gone(struct mm_struct *mm);

/*
 * The two halves of do_munmap(), for who has to prepare more before he performs.  Set the first
 * three fields.  After unmap_prepare(), 0 or -errno, unmap_perform() cannot fail.  Locked.
 */
struct unmapping {
	struct mm_struct *mm;
	unsigned long start, end;
	struct vm_area_struct *first;	/* NULL: nothing is mapped there */
	struct vm_area_struct *spare;	/* a hole in one VMA leaves two: for the second */
};
int unmap_prepare(struct unmapping *u);
void unmap_perform(struct unmapping *u);

/* Takes all of a dying mm's mappings and tables away.  Nobody else uses it. */
void exit_mmap(struct mm_struct *mm);

#endif
