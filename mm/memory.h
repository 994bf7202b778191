// SPDX-License-Identifier: MIT
/*
 * From meaning to presence: faults, copy-on-write, copying and clearing of page tables.
 *
 * A leaf table's lock is folio->ptl of the frame that the table is in; the tables above are changed under
 * mm->page_table_lock and only ever added to while the mm is in use (free_pgtables, with mmap_lock held for
 * writing, takes them away).
 */
#ifndef MM_MEMORY_H
#define MM_MEMORY_H

#include "mm/folio.h"
#include "mm/mm_types.h"

extern struct folio *zero_folio;	/* what untouched anonymous memory reads as; PG_reserved, never counted */

/*
 * Makes the page at @address present as @flags (FAULT_FLAG_*) ask.  mmap_lock held for reading, and still held on
 * return unless VM_FAULT_RETRY or VM_FAULT_COMPLETED is in it.  The VMA permits the access.
 */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);

/* For ->map_pages: enters @folio at @addr into the none entry vmf->pte; ptl held.  The reference goes to the entry. */
void do_set_pte(struct vm_fault *vmf, struct folio *folio, unsigned long addr);
/* Enters vmf->folio (or its copy) at vmf->address.  For ->fault handlers that want it done. */
vm_fault_t finish_fault(struct vm_fault *vmf);

static inline struct spinlock *pte_lockptr(pte_t pmd)
{
	return &pfn_folio(pte_pfn(pmd))->ptl;
}

/* The second-level entry for @address; NULL: the tables above it are missing.  mmap_lock held. */
pte_t *mm_find_pmd(struct mm_struct *mm, unsigned long address);
/* Its leaf entry, or NULL.  The table stays while mmap_lock is held. */
static inline pte_t *pte_offset(pte_t pmd, unsigned long address)
{
	return entry_table(pmd) + pte_index(address);
}

/* The leaf entry under *@pmd, its table made if there is none, its lock taken.  NULL: no memory. */
pte_t *pte_alloc_map_lock(struct mm_struct *mm, pte_t *pmd, unsigned long address, struct spinlock **ptlp);
/* As above, without making: NULL if there is no table. */
pte_t *pte_offset_map_lock(struct mm_struct *mm, pte_t *pmd, unsigned long address, struct spinlock **ptlp);
/* Second-level entry for @address, tables made as needed; NULL: no memory. */
pte_t *pmd_alloc(struct mm_struct *mm, unsigned long address);

/* fork: what of @src_vma the child cannot get by faulting.  Both locked; the caller fences the parent.  0 or -ENOMEM. */
int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma);

/* Takes out the pages of [start, end) of @vma and of the VMAs after it; frees nothing but pages. */
void unmap_vmas(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start, unsigned long end);
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size);

/* Another task's memory, as far as it is mapped and permitted (for write: even where the task itself may only
 * read, in a private mapping).  Returns the bytes copied.  Takes mmap_lock. */
size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write);

#endif
