// SPDX-License-Identifier: MIT
/*
 * Sv39's three levels for user addresses: the top table (pgd, made by the arch), second-level and
 * leaf tables, the last two made when a fault or a fork needs them and freed when the VMAs around
 * are gone.
 */
#include "mm/pgtable.h"

#include "kernel/errno.h"
#include "mm/mmu_gather.h"
#include "mm/page_alloc.h"
#include "mm/vmstat.h"

static pte_t *table_alloc(struct mm_struct *mm)
{
	struct folio *folio = alloc_folio(GFP_KERNEL | __GFP_ZERO, 0);

	if (!folio)
		return NULL;
	folio->flags |= BIT(PG_table);
	spin_lock_init(&folio->ptl, RANK_PTE);
	inc_state(NR_PAGETABLE);
	atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
	return folio_address(folio);
}

struct folio *table_dtor(struct mm_struct *mm, pte_t *table)
{
	struct folio *folio = virt_to_folio(table);

	folio->flags &= ~BIT(PG_table);
	/* The lock shares its place with what an ordinary folio is expected to have cleared. */
	folio->mapping = NULL;
	folio->index = 0;
	folio->private = NULL;
	dec_state(NR_PAGETABLE);
	atomic_long_sub(PAGE_SIZE, &mm->pgtables_bytes);
	return folio;
}

int link_table(struct mm_struct *mm, pte_t *entry)
{
	pte_t *table = table_alloc(mm);

	if (!table)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	/* Another thread may have been faster. */
	if (pte_none(*entry)) {
		/* A walker that sees the entry must see the zeros behind it. */
		smp_wmb();
		set_pte(entry, table_entry(__pa(table) >> PAGE_SHIFT));
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		folio_put(table_dtor(mm, table));
	return 0;
}

pte_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr)
{
	pte_t pgd = ptep_get(mm->pgd + pgd_index(addr));
	pte_t *pmd;

	if (pte_none(pgd))
		return NULL;
	pmd = entry_table(pgd) + pmd_index(addr);
	return pte_none(ptep_get(pmd)) ? NULL : pmd;
}

/* The first entry in use, or @end; eight at a time: a sparse mapping's table is mostly empty. */
static pte_t *skip_none(pte_t *entry, pte_t *end)
{
	for (; end - entry >= 8; entry += 8)
		if (ptep_get(entry).pte | ptep_get(entry + 1).pte | ptep_get(entry + 2).pte |
		    ptep_get(entry + 3).pte | ptep_get(entry + 4).pte | ptep_get(entry + 5).pte |
		    ptep_get(entry + 6).pte | ptep_get(entry + 7).pte)
			break;
	while (entry < end && pte_none(ptep_get(entry)))
		entry++;
	return entry;
}

pte_t *next_pmd(struct mm_struct *mm, unsigned long *addr, unsigned long end)
{
	while (*addr < end) {
		unsigned long stop = min((*addr & PGDIR_MASK) + PGDIR_SIZE, end);
		pte_t pgd = ptep_get(mm->pgd + pgd_index(*addr));
		pte_t *pmd, *last;

		if (pte_none(pgd)) {
			*addr = stop;
			continue;
		}
		pmd = entry_table(pgd) + pmd_index(*addr);
		if (!pte_none(ptep_get(pmd)))
			return pmd;
		last = entry_table(pgd) + pmd_index(stop - 1);
		pmd = skip_none(pmd + 1, last + 1);
		*addr = (*addr & PGDIR_MASK) + (pmd - entry_table(pgd)) * PMD_SIZE;
		if (pmd <= last)
			return pmd;
	}
	return NULL;
}

static void unlink_table(struct mmu_gather *tlb, pte_t *entry)
{
	pte_t *table = entry_table(*entry);

	set_pte(entry, (pte_t){ 0 });
	tlb_remove_table(tlb, table);
}

void free_pgtables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		   unsigned long floor, unsigned long ceiling)
{
	unsigned long addr = max(start & PMD_MASK, ALIGN(floor, PMD_SIZE));
	pte_t *pmd;

	end = min(ALIGN(end, PMD_SIZE), ceiling & PMD_MASK);
	for (; (pmd = next_pmd(tlb->mm, &addr, end)); addr += PMD_SIZE)
		unlink_table(tlb, pmd);
	/* The second-level tables that could hold only what was just unlinked. */
	addr = max(start & PGDIR_MASK, ALIGN(floor, PGDIR_SIZE));
	for (; addr < end && addr + PGDIR_SIZE <= ceiling; addr += PGDIR_SIZE)
		if (!pte_none(tlb->mm->pgd[pgd_index(addr)]))
			unlink_table(tlb, &tlb->mm->pgd[pgd_index(addr)]);
}
