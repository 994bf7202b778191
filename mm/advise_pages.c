// SPDX-License-Identifier: MIT
/*
 * MADV_FREE makes the entries clean and takes PG_swapbacked off their folios.  A store sets D, as
 * ever; so reclaim can tell, when it takes an entry away, whether the content is wanted again
 * (rmap.c, try_to_unmap).  Each call fences before it returns: a store through an older
 * translation would set no D (PT2).
 */
#include "mm/advise_pages.h"

#include "arch/riscv/tlb.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/memory.h"
#include "mm/pgtable.h"
#include "mm/swapfile.h"
#include "mm/vmscan.h"

/* The folio that @pte maps and counts, or NULL. */
static struct folio *present_folio(pte_t pte)
{
	return pte_present(pte) ? vm_normal_folio(pte) : NULL;
}

/* Clears @bits in the entry; true: one of them was set. */
static bool clear_bits(pte_t *ptep, pte_t pte, unsigned long bits)
{
	if (!(pte.pte & bits))
		return false;
	ptep_clear_bits(ptep, bits);
	return true;
}

/* --- MADV_FREE --- */

/* A page that is out is freed at once: its entry and its claim on the slot go. */
static void free_swap_pte(struct mm_struct *mm, pte_t *ptep, pte_t pte)
{
	ptep_get_and_clear(ptep);
	if (non_swap_entry(pte_to_swp_entry(pte)))
		return;
	add_mm_counter(mm, MM_SWAPENTS, -1);
	free_swap_and_cache(pte_to_swp_entry(pte));
}

/*
 * Has nobody else the folio, and has it no slot, or none any more, and nothing that says it was
 * stored to?  What the slot keeps must not come back for what is freed; and what others have is
 * theirs, though their entries may be clean, too.
 */
static bool drop_slot(struct folio *folio)
{
	bool dropped;

	if (folio_mapcount(folio) != 1)
		return false;
	if (!folio_test_swapcache(folio) && !folio_test_dirty(folio))
		return true;
	if (!folio_trylock(folio))
		return false;
	dropped = !folio_test_swapcache(folio) || folio_free_swap(folio);
	if (dropped)
		folio_clear_dirty(folio);
	folio_unlock(folio);
	return dropped;
}

/* Within one leaf table.  True: some entry must be fenced. */
static bool free_pte_range(struct mm_struct *mm, pte_t *pmd, unsigned long addr,
			   unsigned long end)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);
	bool fence = false;

	for (; addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);
		struct folio *folio = present_folio(pte);

		if (is_swap_pte(pte))
			free_swap_pte(mm, ptep, pte);
		if (!folio || !folio_test_anon(folio) || !drop_slot(folio))
			continue;
		fence |= clear_bits(ptep, pte, _PAGE_ACCESSED | _PAGE_DIRTY);
		folio_mark_lazyfree(folio);
	}
	spin_unlock(ptl);
	return fence;
}

void free_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long addr = start, next;
	bool fence = false;
	pte_t *pmd;

	for (; (pmd = next_pmd(vma->vm_mm, &addr, end)); addr = next) {
		next = pmd_addr_end(addr, end);
		fence |= free_pte_range(vma->vm_mm, pmd, addr, next);
		cond_resched();
	}
	if (fence)
		flush_tlb_range(vma->vm_mm, start, end);
}

/* --- MADV_COLD, MADV_PAGEOUT --- */

struct cold_batch {
	struct folio *folios[SWAP_CLUSTER_MAX];	/* MADV_PAGEOUT: isolated, to be reclaimed */
	unsigned int nr;
	bool pageout, fence;
};

static void make_cold(struct cold_batch *batch, struct folio *folio)
{
	folio_clear_referenced(folio);
	if (!batch->pageout)
		folio_deactivate(folio);
	else if (folio_isolate_lru(folio))
		batch->folios[batch->nr++] = folio;
}

/* Within one leaf table, until the batch is full: returns how far it came. */
static unsigned long cold_pte_range(struct cold_batch *batch, pte_t *pmd, unsigned long addr,
				    unsigned long end)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);

	for (; addr < end && batch->nr < SWAP_CLUSTER_MAX; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);
		struct folio *folio = present_folio(pte);

		if (!folio || !folio_test_lru(folio) || folio_mapcount(folio) != 1)
			continue;
		batch->fence |= clear_bits(ptep, pte, _PAGE_ACCESSED);
		make_cold(batch, folio);
	}
	spin_unlock(ptl);
	return addr;
}

int cold_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    bool pageout)
{
	unsigned long addr = start, next;
	pte_t *pmd;

	lru_add_drain();
	for (; (pmd = next_pmd(vma->vm_mm, &addr, end)); addr = next) {
		struct cold_batch batch = { .pageout = pageout };

		if (fatal_signal_pending(current))
			return -EINTR;
		next = cold_pte_range(&batch, pmd, addr, pmd_addr_end(addr, end));
		if (batch.fence)
			flush_tlb_range(vma->vm_mm, addr, next);
		reclaim_pages(batch.folios, batch.nr);
		cond_resched();
	}
	return 0;
}
