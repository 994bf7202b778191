// SPDX-License-Identifier: MIT
/*
 * A VMA as an object: its memory and references, its protection bits, what it counts for, and the
 * changes that need memory (mm/vma.h has those that cannot fail).  "Locked" is mmap_lock, for
 * writing.
 */
#ifndef MM_VM_AREA_H
#define MM_VM_AREA_H

#include "mm/mm_types.h"

extern int sysctl_max_map_count;	/* vm.max_map_count: VMAs per process */

/* --- coming and going --- */

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
/*
 * A VMA for the range, in no tree yet, its pages promised; ERR_PTR: nothing is promised.
 * vma_insert() then gives it its place, which is free, and cannot fail.  Locked.
 */
struct vm_area_struct *vma_create(struct mm_struct *mm, struct file *file, unsigned long addr,
				  unsigned long len, unsigned long vm_flags, pgoff_t pgoff);
void vma_insert(struct mm_struct *mm, struct vm_area_struct *vma);

/* --- what it permits --- */

/* The protection bits of new entries: private mappings are made writable by a fault only. */
pte_t vm_get_page_prot(unsigned long vm_flags);
/* Sets vm_page_prot by vm_flags; shared mappings whose first store matters lose W too. */
void vma_set_page_prot(struct vm_area_struct *vma);

/* --- what it counts for --- */

/* The bookkeeping of a VMA that has come or gone (@pages negative). */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
/* The same for locked memory. */
void account_locked(struct mm_struct *mm, unsigned long vm_flags, long pages);
/* Do the limits of current permit so many pages more with @vm_flags? */
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);

/* --- parts of it --- */

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

#endif
