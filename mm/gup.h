// SPDX-License-Identifier: MIT
/*
 * User memory from the kernel's side without being the user: another task's memory, and faulting in
 * beforehand.
 */
#ifndef MM_GUP_H
#define MM_GUP_H

#include "mm/folio.h"
#include "mm/mm_types.h"

#define FOLL_WRITE	0x01	/* writable, and not shared with another process by COW */
#define FOLL_FORCE	0x02	/* for reading, what mprotect() could permit counts */
/*
 * The folio is used after mmap_lock is dropped, by a device: pinned instead of referenced, to be
 * given back by folio_unpin().  As long as it is, an anonymous folio is the mm's alone: fork copies
 * it for the child, so no store of either takes it away from the other, or shows there.
 */
#define FOLL_PIN	0x04

/*
 * Copies between @buf and another address space, as far as it is mapped and @flags (FOLL_*) permit.
 * Returns the bytes copied.  Takes mmap_lock; may sleep.
 */
size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len,
			unsigned int flags);

/*
 * The folio at @addr, present as @flags ask, with a reference or a pin; ERR_PTR: what
 * faultin_page_range() says.  mmap_lock held for reading.
 */
struct folio *get_user_page(struct vm_area_struct *vma, unsigned long addr, unsigned int flags);

/*
 * A device has stored into @nr folios that get_user_page() gave for writing, from @addr on: where
 * they are still mapped, that counts as a store of now (soft-dirty).  Takes mmap_lock.
 */
void folios_stored(struct folio **folios, unsigned int nr, struct mm_struct *mm,
		   unsigned long addr);

/*
 * Makes the pages of [start, end), within @vma, present.  0; -EFAULT: not permitted, or SIGBUS;
 * -ENOMEM; -EINTR.  mmap_lock held for reading.
 */
int faultin_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       unsigned int flags);
/* The same for a range of which MAP_POPULATE, or mlock(), wants the pages. */
int populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* May pages of @vma be had so?  0 or -EFAULT.  mmap_lock held. */
int check_vma_flags(const struct vm_area_struct *vma, unsigned int flags);
/*
 * Makes what is mapped within [start, end) present, as MAP_POPULATE and mlock() want it: private
 * memory that is writable as if it was written.  0 or the first error, as above.  Takes mmap_lock.
 */
int mm_populate_range(struct mm_struct *mm, unsigned long start, unsigned long end);
/* The same, as far as it goes: behind a VMA's error the next one is tried. */
void mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len);

#endif
