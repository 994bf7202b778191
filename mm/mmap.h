// SPDX-License-Identifier: MIT
/*
 * mmap(2), and what exec and fork need of it.  Addresses and lengths in bytes; "locked" is
 * mmap_lock, for writing unless it says otherwise.
 *
 * Everything is checked and allocated first; the step that then changes the tree cannot fail, so an
 * error leaves the address space as it was.
 */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include "mm/mm_types.h"
#include "mm/munmap.h"
#include "mm/vm_area.h"
#include "mm/vma.h"

extern unsigned long mmap_min_addr;	/* lowest address a mapping may ask for */

/* "[heap]", "[stack]", "[vdso]"; NULL: the file's path, or nothing.  Locked for reading. */
const char *arch_vma_name(struct vm_area_struct *vma);

/*
 * What mmap(2) does in current's mm with a file or (NULL) anonymous memory: the address, or -errno.
 * @off in bytes, page aligned.  Takes the lock.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long off);
/*
 * Where mmap(2) would map @len bytes with these MAP_* @flags: with MAP_FIXED at @addr, else at a
 * free place, at the hint @addr (0: none) if that is one.  The address or -errno.  Locked.
 */
unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long addr, unsigned long len,
				unsigned long flags);

/*
 * Maps the checked range [addr, addr + len), whatever was there.  0 or -errno.  Locked, and to be
 * unlocked by mmap_write_unlock_gone().
 */
int mmap_region(struct mm_struct *mm, struct file *file, unsigned long addr, unsigned long len,
		unsigned long vm_flags, pgoff_t pgoff);
/*
 * fork: fills the empty @mm from current's.  0, -ENOMEM or -EINTR; what is there then, exit_mmap()
 * takes away.
 */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm);

#endif
