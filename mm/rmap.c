// SPDX-License-Identifier: MIT
/*
 * Who maps a folio.
 *
 *   anonymous  folio->mapping = anon_vma | FOLIO_MAPPING_ANON, folio->index as the VMA counts; the
 *              anon_vma's tree holds every VMA that may map it
 *   file       folio->mapping = address_space; its i_mmap holds every VMA of the file
 *
 * Both are interval trees by page, so a walk visits the VMAs whose range has the folio's page, and
 * no others.  Each visit computes the address and looks at the one entry there; whether that is
 * the folio's is decided under the page-table lock.
 *
 * While a tree is locked its VMAs have not gone, so their tables are there: who takes a VMA away
 * unlinks it here before he frees tables.  A tree's order is parent before child, old place before
 * new: an entry that fork or mremap() copies during a walk is found at one of the two.
 *
 * R1 mapcount equals the number of present entries that map the folio; each holds a reference.
 * R2 PG_anon_exclusive is set only while one entry maps the folio and no other mm can get at it;
 *    only such a folio may be mapped writable in a private mapping.
 * R3 A VMA with a file is in the file's i_mmap from vma_link() to vma_unlink().
 * R4 A walk of a mapped folio visits the VMA of each entry that maps it.
 */
#include "mm/rmap.h"

#include "arch/riscv/tlb.h"
#include "fs/file.h"
#include "kernel/panic.h"
#include "mm/filemap.h"
#include "mm/memory.h"
#include "mm/pgtable.h"
#include "mm/swap_state.h"
#include "mm/swap.h"
#include "mm/vmstat.h"

/* --- the trees --- */

void __rmap_lock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	if (vma->vm_file)
		down_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
	anon_vma_lock_write(anon_vma);
}

void __rmap_unlock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	anon_vma_unlock_write(anon_vma);
	if (vma->vm_file)
		up_write(&vma->vm_file->f_mapping->i_mmap_rwsem);
}

void i_mmap_insert(struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return;
	vma->i_mmap.start = vma->vm_pgoff;
	vma->i_mmap.last = vma->vm_pgoff + vma_pages(vma) - 1;
	interval_tree_insert(&vma->i_mmap, &vma->vm_file->f_mapping->i_mmap);
}

void i_mmap_remove(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		interval_tree_remove(&vma->i_mmap, &vma->vm_file->f_mapping->i_mmap);
}

void rmap_remove_vma(struct vm_area_struct *vma)
{
	i_mmap_remove(vma);
	anon_vma_trees_remove(vma);
}

void rmap_insert_vma(struct vm_area_struct *vma)
{
	i_mmap_insert(vma);
	anon_vma_trees_insert(vma);
}

void rmap_unlink_vma(struct vm_area_struct *vma)
{
	rmap_lock(vma, NULL);
	i_mmap_remove(vma);
	rmap_unlock(vma, NULL);
	unlink_anon_vmas(vma);
}

/* --- counts --- */

void folio_add_new_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long address)
{
	/* Nobody else knows the folio yet: plain stores. */
	folio->flags |= BIT(PG_swapbacked) | BIT(PG_anon_exclusive);
	folio->mapping = (void *)((unsigned long)vma->anon_vma | FOLIO_MAPPING_ANON);
	folio->index = linear_page_index(vma, address);
	atomic_set(&folio->_mapcount, 1);
	inc_state(NR_ANON_MAPPED);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_folio(folio);
}

void folio_add_anon_rmap(struct folio *folio, struct vm_area_struct *vma, unsigned long address,
			 bool exclusive)
{
	DEBUG_BUG_ON(!folio_test_locked(folio));
	if (!folio_test_anon(folio)) {
		/*
		 * Fresh from the disk. If relatives of @vma may have it too, they find it by the
		 * root.
		 */
		struct anon_vma *anon_vma = exclusive ? vma->anon_vma : vma->anon_vma->root;

		folio->index = linear_page_index(vma, address);
		WRITE_ONCE(folio->mapping,
			   (void *)((unsigned long)anon_vma | FOLIO_MAPPING_ANON));
	}
	if (exclusive)
		folio_set_anon_exclusive(folio);
	if (atomic_inc_return(&folio->_mapcount) == 1)
		inc_state(NR_ANON_MAPPED);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_folio(folio);
}

void folio_add_file_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	if (atomic_inc_return(&folio->_mapcount) == 1)
		inc_state(NR_FILE_MAPPED);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_folio(folio);
}

void folio_remove_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	if (__folio_remove_rmap(folio, vma))
		dec_state(folio_test_anon(folio) ? NR_ANON_MAPPED : NR_FILE_MAPPED);
}

void folio_move_anon_rmap(struct folio *folio, const struct vm_area_struct *vma)
{
	unsigned long anon_vma = (unsigned long)vma->anon_vma;

	DEBUG_BUG_ON(!folio_test_locked(folio) || !anon_vma);
	WRITE_ONCE(folio->mapping, (void *)(anon_vma | FOLIO_MAPPING_ANON));
}

/* --- walks --- */

static bool visit(struct folio *folio, struct vm_area_struct *vma,
		  const struct rmap_walk_control *rwc)
{
	pgoff_t offset = folio->index - vma->vm_pgoff;

	count_vm_event(RMAP_VISIT);
	return rwc->rmap_one(folio, vma, vma->vm_start + (offset << PAGE_SHIFT), rwc->arg);
}

static void batch_unlock(struct rmap_batch *batch)
{
	if (batch->locked)
		folio_unlock_anon_vma_read(batch->locked);
	batch->locked = NULL;
}

void rmap_batch_finish(struct rmap_batch *batch)
{
	batch_unlock(batch);
	tlb_batch_flush(&batch->tlb);
}

/* The anon_vma of @folio becomes batch->locked; NULL: nobody maps it any more. */
static struct anon_vma *batch_lock_anon_vma(struct rmap_batch *batch, const struct folio *folio)
{
	unsigned long kept = (unsigned long)batch->locked | FOLIO_MAPPING_ANON;

	/* The folio lock keeps its mapping what it is, and our reference the anon_vma. */
	if ((unsigned long)folio->mapping != kept) {
		batch_unlock(batch);
		batch->locked = folio_lock_anon_vma_read(folio);
	}
	return batch->locked;
}

static void rmap_walk_anon(struct folio *folio, const struct rmap_walk_control *rwc)
{
	struct rmap_batch alone = { }, *batch = rwc->batch ? rwc->batch : &alone;
	struct anon_vma *anon_vma = batch_lock_anon_vma(batch, folio);
	pgoff_t index = folio->index;
	struct interval_node *node;

	if (!anon_vma)
		return;
	interval_tree_for_each(node, &anon_vma->rb_root, index, index)
		if (!visit(folio, interval_tree_entry(node, struct anon_vma_chain, node)->vma, rwc))
			break;
	batch_unlock(&alone);
}

static inline struct vm_area_struct *i_mmap_vma(struct interval_node *node)
{
	return interval_tree_entry(node, struct vm_area_struct, i_mmap);
}

static void rmap_walk_file(struct folio *folio, struct address_space *mapping,
			   const struct rmap_walk_control *rwc)
{
	pgoff_t index = folio->index;
	struct interval_node *node;

	if (rwc->batch)
		batch_unlock(rwc->batch);	/* it ranks above i_mmap */
	down_read(&mapping->i_mmap_rwsem);
	interval_tree_for_each(node, &mapping->i_mmap, index, index)
		if (!visit(folio, i_mmap_vma(node), rwc))
			break;
	up_read(&mapping->i_mmap_rwsem);
}

void rmap_walk(struct folio *folio, const struct rmap_walk_control *rwc)
{
	DEBUG_BUG_ON(!folio_test_locked(folio));
	if (!folio_mapped(folio))
		return;
	if (folio_test_anon(folio))
		rmap_walk_anon(folio, rwc);
	else if (folio_mapping(folio))
		rmap_walk_file(folio, folio_mapping(folio), rwc);
}

pte_t *page_vma_mapped(const struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
		       struct spinlock **ptlp)
{
	pte_t *pmd = mm_find_pmd(vma->vm_mm, addr), *ptep, pte;

	if (!pmd)
		return NULL;
	ptep = pte_offset_map_lock(pmd, addr, ptlp);
	pte = ptep_get(ptep);
	if (pte_present(pte) && pte_pfn(pte) == folio_pfn(folio))
		return ptep;
	spin_unlock(*ptlp);
	return NULL;
}

/* --- was it used? --- */

struct referenced {
	int count, left;		/* entries that were used; that were not met yet */
	unsigned long vm_flags;
	struct tlb_batch *batch;
};

static bool referenced_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
			   void *arg)
{
	struct referenced *r = arg;
	struct spinlock *ptl;
	pte_t *pte = page_vma_mapped(folio, vma, addr, &ptl);

	if (!pte)
		return true;
	r->vm_flags |= vma->vm_flags;
	if (vma->vm_flags & VM_LOCKED) {
		r->count++;
	} else if (ptep_test_and_clear_young(pte)) {
		tlb_batch_add(r->batch, vma->vm_mm);
		/* A sequential reader does not come back. */
		r->count += !(vma->vm_flags & VM_SEQ_READ);
	}
	spin_unlock(ptl);
	return --r->left > 0;
}

int folio_referenced(struct folio *folio, struct rmap_batch *batch, unsigned long *vm_flags)
{
	struct referenced r = { .left = folio_mapcount(folio), .batch = &batch->tlb };

	rmap_walk(folio, &(struct rmap_walk_control){ referenced_one, &r, batch });
	*vm_flags = r.vm_flags;
	if (unlikely(folio_test_young(folio)))
		r.count += folio_test_clear_young(folio);
	return r.count;
}

/* --- taking it away --- */

/*
 * The entry @pte of an anonymous folio was taken out.  May its content go?  The folio was freed
 * (MADV_FREE) and not stored to since; and who holds a reference beside its entries and reclaim
 * might store yet.
 */
static bool may_discard(struct folio *folio, pte_t pte)
{
	return !pte_dirty(pte) && !folio_test_swapbacked(folio) &&
	       folio_ref_count(folio) == folio_mapcount(folio) + 1;
}

/*
 * What is to stand for an anonymous folio, in the swap cache, where @pte was; the entry counts.
 * pte_none: it must stay mapped, since the count is full.
 */
static pte_t swap_pte_for(struct folio *folio, pte_t pte)
{
	swp_entry_t entry = folio_swap_entry(folio);
	pte_t swp = swp_entry_to_pte(entry);

	if (swap_duplicate(entry))
		return (pte_t){ 0 };
	if (folio_test_anon_exclusive(folio))
		swp = pte_swp_mkexclusive(swp);
	return pte_soft_dirty(pte) ? pte_swp_mksoft_dirty(swp) : swp;
}

/* The entry was taken out.  False: it must be put back. */
static bool unmap_anon(struct folio *folio, struct vm_area_struct *vma, pte_t *ptep, pte_t pte)
{
	pte_t swp;

	if (!folio_test_swapcache(folio)) {
		/* Stored to since MADV_FREE, it is like any other again. */
		if (!may_discard(folio, pte)) {
			folio_set_swapbacked(folio);
			return false;
		}
		add_mm_counter(vma->vm_mm, MM_ANONPAGES, -1);
		return true;
	}
	/* A device has it; nobody gets a pin while we have the entry. */
	if (folio_maybe_dma_pinned(folio))
		return false;
	swp = swap_pte_for(folio, pte);
	if (pte_none(swp))
		return false;
	folio_clear_anon_exclusive(folio);
	if (pte_dirty(pte))
		folio_set_dirty(folio);
	set_pte(ptep, swp);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, -1);
	inc_mm_counter(vma->vm_mm, MM_SWAPENTS);
	return true;
}

static bool unmap_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
		      void *arg)
{
	struct tlb_batch *batch = arg;
	struct spinlock *ptl;
	pte_t *ptep, pte;

	if (vma->vm_flags & VM_LOCKED)
		return true;
	ptep = page_vma_mapped(folio, vma, addr, &ptl);
	if (!ptep)
		return true;
	pte = ptep_get_and_clear(ptep);
	/*
	 * The caller fences before the folio is written or becomes somebody else's; who takes
	 * entries of this mm away before that fences for himself (flush_tlb_batched_pending()).
	 */
	WRITE_ONCE(vma->vm_mm->tlb_flush_batched, true);
	tlb_batch_add(batch, vma->vm_mm);
	if (folio_test_anon(folio)) {
		if (!unmap_anon(folio, vma, ptep, pte)) {
			set_pte(ptep, pte);
			spin_unlock(ptl);
			return false;
		}
		if (folio_test_swapcache(folio))
			trace_swap(TRACE_SWAP_UNMAP, folio_swap_entry(folio), folio, addr);
	} else {
		if (pte_dirty(pte))
			folio_mark_dirty(folio);
		add_mm_counter(vma->vm_mm, mm_counter(folio), -1);
	}
	folio_remove_rmap(folio, vma);
	spin_unlock(ptl);
	folio_put(folio);
	return folio_mapped(folio);
}

bool try_to_unmap(struct folio *folio, struct rmap_batch *batch)
{
	rmap_walk(folio, &(struct rmap_walk_control){ unmap_one, &batch->tlb, batch });
	return !folio_mapped(folio);
}

void __flush_tlb_batched_pending(struct mm_struct *mm)
{
	/*
	 * Cleared first: what is unmapped behind the fence sets it again.  Of what was unmapped
	 * before, under this lock or another, the entries are changed already.
	 */
	WRITE_ONCE(mm->tlb_flush_batched, false);
	flush_tlb_mm(mm);
}

/* --- cleaning it --- */

static bool mkclean_one(struct folio *folio, struct vm_area_struct *vma, unsigned long addr,
			void *arg)
{
	int *cleaned = arg;
	struct spinlock *ptl;
	pte_t *pte;

	if (!(vma->vm_flags & VM_SHARED))
		return true;
	pte = page_vma_mapped(folio, vma, addr, &ptl);
	if (!pte)
		return true;
	if (ptep_get(pte).pte & (_PAGE_DIRTY | _PAGE_WRITE)) {
		ptep_clear_bits(pte, _PAGE_WRITE | _PAGE_DIRTY);
		/*
		 * Before the caller starts the I/O: a store through the old translation would set
		 * no D (PT2).
		 */
		flush_tlb_page(vma->vm_mm, addr);
		++*cleaned;
	}
	spin_unlock(ptl);
	return true;
}

int folio_mkclean(struct folio *folio)
{
	int cleaned = 0;

	if (folio_mapping(folio))
		rmap_walk(folio, &(struct rmap_walk_control){ .rmap_one = mkclean_one,
							      .arg = &cleaned });
	return cleaned;
}

/* --- truncation --- */

static void unmap_range(struct vm_area_struct *vma, pgoff_t start, pgoff_t end, bool even_cows)
{
	pgoff_t first = max(start, vma->i_mmap.start), last = min(end, vma->i_mmap.last);

	zap_file_range(vma, vma->vm_start + ((first - vma->vm_pgoff) << PAGE_SHIFT),
		       vma->vm_start + ((last - vma->vm_pgoff + 1) << PAGE_SHIFT), even_cows);
}

void unmap_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t nr, bool even_cows)
{
	pgoff_t last = nr && start + nr > start ? start + nr - 1 : ~0UL;
	struct interval_node *node;

	down_read(&mapping->i_mmap_rwsem);
	interval_tree_for_each(node, &mapping->i_mmap, start, last)
		unmap_range(i_mmap_vma(node), start, last, even_cows);
	up_read(&mapping->i_mmap_rwsem);
}
