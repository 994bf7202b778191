// SPDX-License-Identifier: MIT
/*
 * Mapping and unmapping: mmap(2), munmap(2), brk(2) and what exec and fork need of them.  Addresses
 * and lengths in bytes; "locked" is mmap_lock, for writing unless it says otherwise.
 *
 * Everything is checked and allocated first; the step that then changes the tree cannot fail, so an
 * error leaves the address space as it was.
 */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include "mm/mm_types.h"
#include "mm/vma.h"

extern int sysctl_max_map_count;	/* vm.max_map_count: VMAs per process */
extern unsigned long mmap_min_addr;	/* lowest address a mapping may ask for */

/* "[heap]", "[stack]", "[vdso]"; NULL: the file's path, or nothing.  Locked for reading. */
const char *arch_vma_name(struct vm_area_struct *vma);

/*
 * What mmap(2) does in current's mm with a file or (NULL) anonymous memory: the address, or -errno.
 * @off in bytes, page aligned.  Takes the lock.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long off);
int vm_munmap(unsigned long start, unsigned long len);
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
 * A VMA for the range, in no tree yet, its pages promised; ERR_PTR: nothing is promised.
 * vma_insert() then gives it its place, which is free, and cannot fail.  Locked.
 */
struct vm_area_struct *vma_create(struct mm_struct *mm, struct file *file, unsigned long addr,
				  unsigned long len, unsigned long vm_flags, pgoff_t pgoff);
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma);
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
/* May @vma be cut at @addr, should that be inside it?  0 or what ->may_split says. */
int vma_may_split(struct vm_area_struct *vma, unsigned long addr);
/*
 * Splits *@vmap, which holds [start, end), until the VMA of just that range is *@vmap.  0; -ENOMEM:
 * no memory or too many VMAs; or what ->may_split says.  It may be split then, and means the same
 * as before.  Locked.
 */
int vma_isolate(struct vm_area_struct **vmap, unsigned long start, unsigned long end);
/*
 * Gives [start, end) of @vma other @flags, splitting and joining as it takes; the entries are the
 * caller's business.  The VMA that holds the range then and ends at @end or later; ERR_PTR as
 * above.  Locked.
 */
struct vm_area_struct *vma_modify(struct vm_area_struct *vma, unsigned long start,
				  unsigned long end, unsigned long flags);
/* The bookkeeping of a VMA that has come or gone (@pages negative). */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);

/*
 * Memory for a VMA, whose list of anon_vmas is empty; NULL: none.  Given back by vm_area_free() if
 * it never became one.
 */
struct vm_area_struct *vm_area_alloc(void);
/* The same with all that splitting @vma will need. */
struct vm_area_struct *vma_alloc_spare(const struct vm_area_struct *vma);
void vm_area_free(struct vm_area_struct *vma);
/*
 * @dst, just allocated, becomes another VMA like @src, in no tree, with references of its own; its
 * anon_vmas are left to anon_vma_clone() or anon_vma_fork().
 */
void vma_copy(struct vm_area_struct *dst, const struct vm_area_struct *src);
/* Drops the references of a VMA that is in no tree, and frees it.  May sleep. */
void vma_release(struct vm_area_struct *vma);

/* The protection bits of new entries: private mappings are made writable by a fault only. */
pte_t vm_get_page_prot(unsigned long vm_flags);
/* Sets vm_page_prot by vm_flags; shared mappings whose first store matters lose W too. */
void vma_set_page_prot(struct vm_area_struct *vma);

/* Takes all of a dying mm's mappings and tables away.  Nobody else uses it. */
void exit_mmap(struct mm_struct *mm);
/*
 * fork: fills the empty @mm from current's.  0, -ENOMEM or -EINTR; what is there then, exit_mmap()
 * takes away.
 */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm);

#endif
