// SPDX-License-Identifier: MIT
#include "mm/mmu_gather.h"

#include "arch/riscv/tlb.h"
#include "mm/pgtable.h"

static void tlb_fence(struct mmu_gather *tlb)
{
	if (tlb->freed_tables)
		flush_tlb_tables(tlb->mm);	/* harts also keep the upper levels of a walk */
	else if (tlb->start < tlb->end)
		flush_tlb_range(tlb->mm, tlb->start, tlb->end);
	tlb->start = ~0UL;
	tlb->end = 0;
	tlb->freed_tables = false;
}

void tlb_flush_mmu(struct mmu_gather *tlb)
{
	tlb_fence(tlb);
	folios_put(tlb->folios, tlb->nr);
	tlb->nr = 0;
}

void tlb_remove_table(struct mmu_gather *tlb, pte_t *table)
{
	tlb->freed_tables = true;
	if (tlb_remove_folio(tlb, table_dtor(tlb->mm, table)))
		tlb_flush_mmu(tlb);
}
