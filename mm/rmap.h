// SPDX-License-Identifier: MIT
/*
 * Which page-table entries map a folio: counts and the anonymous mapping's identity.
 *
 * A folio's mapcount is the number of entries that map it; each of them holds a reference too.  Anonymous folios
 * point to the anon_vma of the VMA that first had them.
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include "mm/folio.h"
#include "mm/mm_types.h"

/* The VMAs (after splits and forks) that may map the same anonymous folios share one; each holds a reference. */
struct anon_vma {
	atomic_t refcount;
};

/* Sees to it that @vma->anon_vma is there.  mmap_lock held.  0 or -ENOMEM. */
int __anon_vma_prepare(struct vm_area_struct *vma);

static inline int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : __anon_vma_prepare(vma);
}

/* @dst may map what @src maps: a split or a fork. */
void anon_vma_clone(struct vm_area_struct *dst, const struct vm_area_struct *src);
void unlink_anon_vmas(struct vm_area_struct *vma);

/* All with the page-table lock held; the reference is the caller's business. */
void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long address);
void folio_add_file_rmap(struct folio *folio);
/* fork: one more entry maps an anonymous folio; parent and child are then both not exclusive. */
void folio_dup_anon_rmap(struct folio *folio);
void folio_remove_rmap(struct folio *folio);

#endif
