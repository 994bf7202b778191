// SPDX-License-Identifier: MIT
/*
 * An mm's page tables as memory: making, finding and freeing them.  "pmd" is the second-level entry
 * that points to a leaf table, "pte" an entry of that.
 *
 * A leaf table's entries are under the lock in the folio that the table is in; the tables above are
 * added to under mm->page_table_lock.  A table stays where it is until free_pgtables(), which needs
 * mmap_lock for writing and the range's VMAs out of reach of rmap.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "mm/folio.h"
#include "mm/mm_types.h"

struct mmu_gather;

/* Above every user address: the ceiling of the last VMA's tables. */
#define USER_PGTABLES_CEILING	(1UL << 38)

/* Puts a table behind the none entry @entry.  0 or -ENOMEM.  May sleep. */
int link_table(struct mm_struct *mm, pte_t *entry);

/* The second-level entry for @addr, its table made if need be; NULL: no memory.  May sleep. */
static inline pte_t *pmd_alloc(struct mm_struct *mm, unsigned long addr)
{
	pte_t *pgd = mm->pgd + pgd_index(addr), entry = table_get(pgd);

	if (unlikely(pte_none(entry))) {
		if (link_table(mm, pgd))
			return NULL;
		entry = table_get(pgd);
	}
	return entry_table(entry) + pmd_index(addr);
}

/* Sees to it that there is a leaf table under @pmd.  0 or -ENOMEM.  May sleep. */
static inline int pte_alloc(struct mm_struct *mm, pte_t *pmd)
{
	return likely(!pte_none(table_get(pmd))) ? 0 : link_table(mm, pmd);
}

/* The same without making: NULL if the table is missing, or if the entry is none. */
pte_t *mm_find_pmd(struct mm_struct *mm, unsigned long addr);
/*
 * The first entry at or after *@addr and below @end that has a leaf table; *@addr moves there.
 * NULL: none.
 *
 *	while ((pmd = next_pmd(mm, &addr, end))) {
 *		next = pmd_addr_end(addr, end);
 *		... the entries of [addr, next) ...
 *		addr = next;
 *	}
 */
pte_t *next_pmd(struct mm_struct *mm, unsigned long *addr, unsigned long end);

static inline unsigned long pmd_addr_end(unsigned long addr, unsigned long end)
{
	unsigned long next = (addr & PMD_MASK) + PMD_SIZE;

	return next < end ? next : end;
}

static inline struct spinlock *pte_lockptr(const pte_t *pmd)
{
	return &pfn_folio(pte_pfn(*pmd))->ptl;
}

static inline pte_t *pte_offset(const pte_t *pmd, unsigned long addr)
{
	return entry_table(*pmd) + pte_index(addr);
}

/* The leaf entry of @addr under @pmd, which has a table; its lock taken. */
static inline pte_t *pte_offset_map_lock(const pte_t *pmd, unsigned long addr,
					 struct spinlock **ptlp)
{
	*ptlp = pte_lockptr(pmd);
	spin_lock(*ptlp);
	return pte_offset(pmd, addr);
}

/*
 * Unlinks the tables that had part in [start, end), which is unmapped, and lie wholly in [floor,
 * ceiling), which holds no VMA but that range's; the gather frees them after its fence.
 */
void free_pgtables(struct mmu_gather *tlb, unsigned long start, unsigned long end,
		   unsigned long floor, unsigned long ceiling);
/* A table that is unlinked becomes an ordinary folio again. */
struct folio *table_dtor(struct mm_struct *mm, pte_t *table);

#endif
