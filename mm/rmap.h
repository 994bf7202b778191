// SPDX-License-Identifier: MIT
/*
 * Which page-table entries map a folio.
 *
 * A folio's mapcount is the number of entries that map it; each of them holds a reference too.
 * Anonymous folios point to the anon_vma of the VMA that first had them; file folios are found in
 * the VMAs of their file (i_mmap).
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "mm/folio.h"
#include "mm/mm_types.h"

struct address_space;

/*
 * The VMAs (after splits and forks) that may map the same anonymous folios share one; each holds a
 * reference.
 */
struct anon_vma {
	atomic_t refcount;
};

/* Sees to it that @vma->anon_vma is there.  mmap_lock held.  0 or -ENOMEM. */
int __anon_vma_prepare(struct vm_area_struct *vma);

static inline int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : __anon_vma_prepare(vma);
}

/* @dst may map what @src maps: a split, a merge, a fork. */
void anon_vma_clone(struct vm_area_struct *dst, const struct vm_area_struct *src);
void unlink_anon_vmas(struct vm_area_struct *vma);

/*
 * Among the VMAs of its file; nothing for a VMA without one.  mmap_lock held for writing; may
 * sleep.
 */
void i_mmap_insert(struct vm_area_struct *vma);
void i_mmap_remove(struct vm_area_struct *vma);
/*
 * While they are held nobody takes entries of @vma away through the folios that it maps.  mmap_lock
 * held for writing; may sleep.
 */
void vma_lock_rmap(struct vm_area_struct *vma);
void vma_unlock_rmap(struct vm_area_struct *vma);

/* All four with the page-table lock held; references and RSS are the caller's business. */
void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma,
			     unsigned long address);
void folio_add_file_rmap(struct folio *folio, const struct vm_area_struct *vma);
/* fork: one more entry maps it; an anonymous folio is then nobody's exclusively. */
void folio_dup_rmap(struct folio *folio);
void folio_remove_rmap(struct folio *folio, const struct vm_area_struct *vma);

/*
 * Write-protects and cleans every entry that maps a locked file folio in a shared mapping, and
 * fences: what is stored from now on faults first.  The number of entries that were dirty or
 * writable.  May sleep.
 */
int folio_mkclean(struct folio *folio);
/*
 * Unmaps file pages [start, start + nr) (nr 0: to the end) wherever they are mapped; the private
 * copies too if @even_cows. May sleep.
 */
void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows);

#endif
