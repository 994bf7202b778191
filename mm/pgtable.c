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

#define GROUP_ENTRIES	(PTRS_PER_TABLE / 64)	/* one bit of pt_groups */
#define GROUP_BYTES	(GROUP_ENTRIES * sizeof(pte_t))

static pte_t *table_alloc(struct mm_struct *mm)
{
	struct folio *folio = alloc_folio(GFP_KERNEL | __GFP_ZERO, 0);

	if (!folio)
		return NULL;
	folio->flags |= BIT(PG_table);
	spin_lock_init(&folio->ptl, RANK_PTE);
	folio->pt_groups = 0;
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

/*
 * A table was entered in @entry.  If that is of a second-level table, its group of eight is noted
 * there; the bit stays when they go, as a hint that costs a look.
 */
static void note_group(pte_t *entry)
{
	struct folio *folio = virt_to_folio(entry);

	if (folio->flags & BIT(PG_table))
		folio->pt_groups |= BIT(((unsigned long)entry & ~PAGE_MASK) / GROUP_BYTES);
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
		note_group(entry);
		table = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (table)
		folio_put(table_dtor(mm, table));
	return 0;
}

pte_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr)
{
	pte_t pgd = table_get(mm->pgd + pgd_index(addr));
	pte_t *pmd;

	if (pte_none(pgd))
		return NULL;
	pmd = entry_table(pgd) + pmd_index(addr);
	return pte_none(table_get(pmd)) ? NULL : pmd;
}

/*
 * The first entry in use of the second-level table behind @pgd, from number @i up to @last; @last +
 * 1: none.  What no table was ever under costs nothing.
 */
static unsigned int next_used(pte_t pgd, unsigned int i, unsigned int last)
{
	u64 groups = READ_ONCE(pfn_folio(pte_pfn(pgd))->pt_groups);
	const pte_t *table = entry_table(pgd);

	while (i <= last) {
		u64 left = groups >> i / GROUP_ENTRIES;

		if (!left)
			break;
		if (!(left & 1)) {
			i = (i / GROUP_ENTRIES + __ffs(left)) * GROUP_ENTRIES;
			continue;
		}
		do {
			if (!pte_none(table_get(table + i)))
				return i;
		} while (++i % GROUP_ENTRIES && i <= last);
	}
	return last + 1;
}

pte_t *next_pmd(struct mm_struct *mm, unsigned long *addr, unsigned long end)
{
	while (*addr < end) {
		unsigned long base = *addr & PGDIR_MASK, stop = min(base + PGDIR_SIZE, end);
		pte_t pgd = table_get(mm->pgd + pgd_index(*addr));
		unsigned int i = pmd_index(*addr), last = pmd_index(stop - 1), used;

		if (pte_none(pgd)) {
			*addr = stop;
			continue;
		}
		used = next_used(pgd, i, last);
		if (used != i)
			*addr = base + used * PMD_SIZE;
		if (used <= last)
			return entry_table(pgd) + used;
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
