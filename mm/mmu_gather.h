// SPDX-License-Identifier: MIT
/*
 * Taking pages out of an address space with one fence for many:
 *
 *	tlb_gather_mmu(&tlb, mm);
 *	    clear entries, tlb_flush_range(&tlb, ...), tlb_remove_folio(&tlb, folio)
 *	tlb_finish_mmu(&tlb);
 *
 * A folio (a page table too) is freed only after the fence, since until then some hart may still
 * reach it through an old translation.  An mm that no hart has loaded needs no fence.
 */
#ifndef MM_MMU_GATHER_H
#define MM_MMU_GATHER_H

#include "mm/folio.h"
#include "mm/mm_types.h"

#define MMU_GATHER_BATCH	128

struct mmu_gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* bytes that are to be fenced; start >= end: none */
	bool freed_tables;
	unsigned int nr;
	struct folio *folios[MMU_GATHER_BATCH];
};

static inline void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm)
{
	tlb->mm = mm;
	tlb->start = ~0UL;
	tlb->end = 0;
	tlb->freed_tables = false;
	tlb->nr = 0;
}

static inline void tlb_flush_range(struct mmu_gather *tlb, unsigned long start, unsigned long end)
{
	tlb->start = min(tlb->start, start);
	tlb->end = max(tlb->end, end);
}

/* Fences, then drops the references gathered so far. */
void tlb_flush_mmu(struct mmu_gather *tlb);

/*
 * The reference of the entry that mapped it goes to the gather; true: it is full, tlb_flush_mmu()
 * is due.
 */
static inline bool __must_check tlb_remove_folio(struct mmu_gather *tlb, struct folio *folio)
{
	tlb->folios[tlb->nr++] = folio;
	return tlb->nr == MMU_GATHER_BATCH;
}

/* A page table that is linked nowhere any more. */
void tlb_remove_table(struct mmu_gather *tlb, pte_t *table);

static inline void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
}

#endif
