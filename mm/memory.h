// SPDX-License-Identifier: MIT
/*
 * From meaning to presence: faults, and copying and clearing what is present.
 */
#ifndef MM_MEMORY_H
#define MM_MEMORY_H

#include "mm/folio.h"
#include "mm/mm_types.h"

struct mmu_gather;

/* 64 KiB: what a read fault maps around itself, of what is cached. */
#define FAULT_AROUND_PAGES	16UL

/* What untouched anonymous memory reads as; PG_reserved, never counted. */
extern struct folio *zero_folio;

/*
 * Makes the page at @address present as @flags (FAULT_FLAG_*) ask.  mmap_lock held for reading, and
 * still held on return unless VM_FAULT_RETRY or VM_FAULT_COMPLETED is in it.  The VMA permits the
 * access.
 */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);

/*
 * A step of a fault is about to wait.  In the first round of a fault that may be tried again:
 * mmap_lock is dropped, so that the VMA must not be looked at any more, and the file, referenced,
 * is returned; the step then ends with VM_FAULT_RETRY or VM_FAULT_COMPLETED.  NULL: it stays held.
 */
struct file *maybe_unlock_mmap_for_io(const struct vm_fault *vmf);

/*
 * Enters @folio (for a private write: the copy) at @addr into vmf->pte, which is none; ptl held.
 * The caller keeps the RSS; his reference goes to the entry.  For ->map_pages, which moves
 * vmf->pte along with @addr.
 */
void do_set_pte(struct vm_fault *vmf, struct folio *folio, unsigned long addr);

/*
 * For ->fault of a VM_PFNMAP mapping: enters the frame read-only, special.  VM_FAULT_NOPAGE or
 * VM_FAULT_OOM.
 */
vm_fault_t vmf_insert_pfn(struct vm_fault *vmf, unsigned long pfn);

/* The folio that @pte, a present entry, maps and counts; NULL: a special one. */
static inline struct folio *vm_normal_folio(pte_t pte)
{
	return likely(!pte_special(pte)) ? pfn_folio(pte_pfn(pte)) : NULL;
}

/* For the trace: read, write or fetch. */
static inline char fault_access(unsigned int flags)
{
	return flags & FAULT_FLAG_WRITE ? 'w' : flags & FAULT_FLAG_INSTRUCTION ? 'x' : 'r';
}

/* Which counter of the RSS a mapped folio is in. */
static inline enum mm_counter mm_counter(const struct folio *folio)
{
	if (folio_test_anon(folio))
		return MM_ANONPAGES;
	return folio_test_swapbacked(folio) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

/* Is the memory of a mapping with these flags private and possibly written: copied before it is? */
static inline bool is_cow_mapping(unsigned long vm_flags)
{
	return (vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/*
 * fork: gives @dst_vma what it could not get by faulting, write-protecting what both share from now
 * on; the caller fences the parent at the end.  Both mms locked.  0 or -ENOMEM.
 */
int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma);

/*
 * Takes the pages of [start, end), which may span VMAs from @vma on, out into the gather.
 * mmap_lock held.
 */
void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		unsigned long end);
/* The same within one VMA, fenced and freed on return. */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/*
 * The same for a file's VMA; private copies go only if @even_cows.  i_mmap_rwsem held instead of
 * mmap_lock.
 */
void zap_file_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    bool even_cows);

#endif
