// SPDX-License-Identifier: MIT
/*
 * The fault's way.  do_page_fault() (arch/riscv/fault.c) has found the VMA and checked the access:
 *
 *   handle_mm_fault ── upper tables
 *     handle_pte_fault
 *       │ entry none
 *       ├─ anonymous ── do_anonymous_page     read: the zero folio, special, not counted
 *       │                                     write: a fresh folio, exclusive
 *       ├─ file ─────── do_fault
 *       │                 ├─ do_read_fault    map_pages: what is cached around; else ->fault
 *       │                 ├─ do_cow_fault     private write: ->fault, copy, map the copy
 *       │                 └─ do_shared_fault  ->fault, ->page_mkwrite, map writable, folio dirty
 *       │ swap entry
 *       ├─ do_swap_page                       swap cache, or read from the slot with its
 *       │                                     neighbours; map, free the slot
 *       │ present, write to an entry without W
 *       ├─ do_wp_page
 *       │     shared ──── wp_page_shared      ->page_mkwrite, then W
 *       │     exclusive ─ wp_page_reuse       nobody else has it: W
 *       │     else ────── wp_page_copy        a copy of our own (of the zero folio: a fresh one)
 *       └─ present, sufficient                A or D missing, or this hart's translation was stale:
 *                                             add the bits, fence this hart
 *
 * Each step looks without the lock, does what may sleep, takes the page-table lock, compares with
 * what it saw and backs out if somebody else was faster; the access is then simply tried again.
 *
 * I1 An entry changes only under its table's lock, and only from the value that was looked at
 *    (pte_same).
 * I2 A folio's content is complete (PG_uptodate) and ordered before the entry that shows it.
 * I3 Each present entry that is not special holds one reference, one mapcount and one page of
 *    the mm's RSS.
 * I4 A writable entry of a private mapping maps an anonymous folio that is exclusive (rmap.c R2).
 * I5 What an entry mapped is freed after a fence on all harts that run the mm, not before.
 * I6 The zero folio is never mapped writable, and never counted.
 * I7 Making an entry valid or more permissive is not fenced: a hart that faults on its old
 *    translation finds the entry sufficient, fences that address for itself and goes on.
 */
#include "mm/memory.h"

#include "arch/riscv/cacheflush.h"
#include "arch/riscv/tlb.h"
#include "fs/file.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "lib/string.h"
#include "mm/balance_dirty.h"
#include "mm/fault_trace.h"
#include "mm/filemap.h"
#include "mm/mmu_gather.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/swap_state.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

struct folio *zero_folio;

static void memory_init(void)
{
	zero_folio = alloc_folio(GFP_KERNEL | __GFP_ZERO, 0);
	BUG_ON(!zero_folio);
	folio_set_reserved(zero_folio);
	folio_set_uptodate(zero_folio);
}
core_initcall(memory_init);

static inline pte_t folio_pte(const struct folio *folio, pte_t prot)
{
	return pfn_pte(folio_pfn(folio), prot);
}

static inline pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return likely(vma->vm_flags & VM_WRITE) ? pte_mkwrite(pte) : pte;
}

static inline void fault_unlock(struct vm_fault *vmf)
{
	spin_unlock(vmf->ptl);
}

/* vmf->address's entry and its lock, in the table that @pmd points to. */
static inline void fault_map_pte(struct vm_fault *vmf, pte_t pmd)
{
	vmf->pte = entry_table(pmd) + pte_index(vmf->address);
	vmf->ptl = &pfn_folio(pte_pfn(pmd))->ptl;
}

/* The same where the table may have to be made first.  0 or -ENOMEM. */
static noinline int __fault_alloc_pte(struct vm_fault *vmf)
{
	if (pte_alloc(vmf->vma->vm_mm, vmf->pmd))
		return -ENOMEM;
	fault_map_pte(vmf, table_get(vmf->pmd));
	return 0;
}

static inline int fault_alloc_pte(struct vm_fault *vmf)
{
	return likely(vmf->pte) ? 0 : __fault_alloc_pte(vmf);
}

struct file *maybe_unlock_mmap_for_io(const struct vm_fault *vmf)
{
	struct file *file;

	if ((vmf->flags & (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_TRIED)) != FAULT_FLAG_ALLOW_RETRY)
		return NULL;
	file = get_file(vmf->vma->vm_file);
	mmap_read_unlock(vmf->vma->vm_mm);
	return file;
}

static noinline void fault_changed(struct vm_fault *vmf)
{
	fault_unlock(vmf);
	vmf->kind = "pte_changed";
}

/*
 * Takes the lock of vmf->address's entry; false, unlocked: the entry is not vmf->orig_pte any more.
 */
static inline bool fault_lock_same(struct vm_fault *vmf)
{
	spin_lock(vmf->ptl);
	if (likely(pte_same(ptep_get(vmf->pte), vmf->orig_pte)))
		return true;
	fault_changed(vmf);
	return false;
}

/*
 * An empty entry may have held what the OOM reaper has taken (O2 in mm/oom_kill.c): nobody may see
 * something else in its place.  ptl held; true: unlocks.
 */
static inline bool fault_unstable(struct vm_fault *vmf)
{
	if (likely(!(READ_ONCE(vmf->vma->vm_mm->flags) & BIT(MMF_UNSTABLE))))
		return false;
	fault_unlock(vmf);
	return true;
}

/* Memory for a page of the user's own, counted nowhere yet. */
static struct folio *vma_alloc_folio(gfp_t zero)
{
	return alloc_folio(GFP_HIGHUSER_MOVABLE | zero, 0);
}

/* A fresh folio becomes @vma's at @addr; ptl held, the entry is none or was cleared. */
static inline void set_new_anon_pte(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep,
				    struct folio *folio)
{
	folio_add_new_anon_rmap(folio, vma, addr);
	folio_add_lru_anon(folio);
	if (unlikely(vma->vm_flags & VM_EXEC))
		flush_icache_folio(folio);
	smp_wmb();			/* I2 */
	set_pte(ptep, maybe_mkwrite(pte_mkdirty(folio_pte(folio, vma->vm_page_prot)), vma));
}

/* --- anonymous memory --- */

/* LAB anon begin */
static vm_fault_t do_anonymous_zero_page(struct vm_fault *vmf)
{
	vmf->kind = __func__;
	if (!fault_lock_same(vmf))
		return 0;
	if (fault_unstable(vmf))
		return VM_FAULT_SIGBUS;
	set_pte(vmf->pte, pte_mkspecial(folio_pte(zero_folio, vmf->vma->vm_page_prot)));
	fault_unlock(vmf);
	return 0;
}

static noinline vm_fault_t do_anonymous_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio;

	vmf->kind = __func__;
	if (vma->vm_flags & VM_SHARED)
		return VM_FAULT_SIGBUS;
	if (fault_alloc_pte(vmf))
		return VM_FAULT_OOM;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_anonymous_zero_page(vmf);

	if (anon_vma_prepare(vma))
		return VM_FAULT_OOM;
	folio = vma_alloc_folio(__GFP_ZERO);
	if (!folio)
		return VM_FAULT_OOM;
	folio->flags |= BIT(PG_uptodate);
	if (!fault_lock_same(vmf)) {
		folio_put(folio);
		return 0;
	}
	if (fault_unstable(vmf)) {
		folio_put(folio);
		return VM_FAULT_SIGBUS;
	}
	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	set_new_anon_pte(vma, vmf->address, vmf->pte, folio);
	fault_unlock(vmf);
	return 0;
}
/* LAB anon starter */
///* A folio of zeroes for whoever comes, to read or to write. */
//static noinline vm_fault_t do_anonymous_page(struct vm_fault *vmf)
//{
//	struct folio *folio = vma_alloc_folio(__GFP_ZERO);
//
//	vmf->kind = __func__;
//	if (!folio || fault_alloc_pte(vmf) || anon_vma_prepare(vmf->vma)) {
//		if (folio)
//			folio_put(folio);
//		return VM_FAULT_OOM;
//	}
//	folio->flags |= BIT(PG_uptodate);
//	if (!fault_lock_same(vmf)) {
//		folio_put(folio);
//		return 0;
//	}
//	if (fault_unstable(vmf)) {
//		folio_put(folio);
//		return VM_FAULT_SIGBUS;
//	}
//	inc_mm_counter(vmf->vma->vm_mm, MM_ANONPAGES);
//	set_new_anon_pte(vmf->vma, vmf->address, vmf->pte, folio);
//	fault_unlock(vmf);
//	return 0;
//}
/* LAB anon end */

/* --- files --- */

void do_set_pte(struct vm_fault *vmf, struct folio *folio, unsigned long addr)
{
	struct vm_area_struct *vma = vmf->vma;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	pte_t entry = folio_pte(folio, vma->vm_page_prot);

	if (write)
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
	if (write && !(vma->vm_flags & VM_SHARED)) {
		folio_add_new_anon_rmap(folio, vma, addr);
		folio_add_lru_anon(folio);
	} else {
		folio_add_file_rmap(folio, vma);
	}
	if (vma->vm_flags & VM_EXEC)
		flush_icache_folio(folio);
	smp_wmb();			/* I2 */
	set_pte(vmf->pte, entry);
}

vm_fault_t vmf_insert_pfn(struct vm_fault *vmf, unsigned long pfn)
{
	if (fault_alloc_pte(vmf))
		return VM_FAULT_OOM;
	if (fault_lock_same(vmf)) {
		set_pte(vmf->pte, pte_mkspecial(pfn_pte(pfn, vmf->vma->vm_page_prot)));
		fault_unlock(vmf);
	}
	return VM_FAULT_NOPAGE;
}

/*
 * Asks the file for its folio.  0 (with VM_FAULT_MAJOR perhaps): vmf->folio is locked, uptodate and
 * has a reference for us.  Anything with an error, NOPAGE or RETRY in it: there is none.
 */
static vm_fault_t __do_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	/*
	 * Before the folio is locked: making the table may have to wait for reclaim, which wants
	 * folio locks.
	 */
	if (fault_alloc_pte(vmf))
		return VM_FAULT_OOM;
	ret = vmf->vma->vm_ops->fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	if (!(ret & VM_FAULT_LOCKED))
		folio_lock(vmf->folio);
	return ret & ~VM_FAULT_LOCKED;
}

/*
 * Maps vmf->folio, or its private copy; the reference goes to the entry unless NOPAGE says that one
 * is there.
 */
static inline vm_fault_t finish_fault(struct vm_fault *vmf, struct folio *folio)
{
	if (!fault_lock_same(vmf))
		return VM_FAULT_NOPAGE;
	if (!(vmf->vma->vm_flags & VM_SHARED) && fault_unstable(vmf))
		return VM_FAULT_NOPAGE | VM_FAULT_SIGBUS;
	do_set_pte(vmf, folio, vmf->address);
	inc_mm_counter(vmf->vma->vm_mm, mm_counter(folio));
	fault_unlock(vmf);
	return 0;
}

/*
 * The window of FAULT_AROUND_PAGES aligned pages around the address, cut to the VMA and to the leaf
 * table; file pages [*first, *last].
 */
static void fault_around_window(const struct vm_fault *vmf, pgoff_t *first, pgoff_t *last)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long size = FAULT_AROUND_PAGES << PAGE_SHIFT;
	unsigned long start = max(vmf->address & ~(size - 1), vma->vm_start);
	unsigned long end = min((vmf->address & ~(size - 1)) + size, vma->vm_end);

	*first = linear_page_index(vma, start);
	*last = linear_page_index(vma, end - PAGE_SIZE);
}

static vm_fault_t do_fault_around(struct vm_fault *vmf)
{
	pgoff_t first, last;

	vmf->kind = __func__;
	if (fault_alloc_pte(vmf))
		return VM_FAULT_OOM;
	fault_around_window(vmf, &first, &last);
	return vmf->vma->vm_ops->map_pages(vmf, first, last);
}

static vm_fault_t do_read_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	if (vmf->vma->vm_ops->map_pages) {
		ret = do_fault_around(vmf);
		if (ret)
			return ret;
	}
	vmf->kind = __func__;
	ret = __do_fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	ret |= finish_fault(vmf, vmf->folio);
	folio_unlock(vmf->folio);
	if (unlikely(ret & VM_FAULT_NOPAGE))
		folio_put(vmf->folio);
	return ret;
}

static vm_fault_t do_cow_fault(struct vm_fault *vmf)
{
	vm_fault_t ret;

	vmf->kind = __func__;
	if (anon_vma_prepare(vmf->vma))
		return VM_FAULT_OOM;
	vmf->cow_folio = vma_alloc_folio(0);
	if (!vmf->cow_folio)
		return VM_FAULT_OOM;
	ret = __do_fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		goto uncharge;
	copy_page(folio_address(vmf->cow_folio), folio_address(vmf->folio));
	vmf->cow_folio->flags |= BIT(PG_uptodate);
	ret |= finish_fault(vmf, vmf->cow_folio);
	/* Not before: who truncates the file waits for it, and takes the copy away behind it. */
	folio_unlock(vmf->folio);
	folio_put(vmf->folio);
	if (likely(!(ret & VM_FAULT_NOPAGE)))
		return ret;
uncharge:
	folio_put(vmf->cow_folio);
	return ret;
}

/*
 * The file may refuse or have to find room.  VM_FAULT_LOCKED: vmf->folio is locked and still the
 * file's.
 */
static vm_fault_t do_page_mkwrite(struct vm_fault *vmf)
{
	unsigned int flags = vmf->flags;
	vm_fault_t ret;

	vmf->flags = FAULT_FLAG_WRITE | FAULT_FLAG_MKWRITE;
	ret = vmf->vma->vm_ops->page_mkwrite(vmf);
	vmf->flags = flags;
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_LOCKED)))
		return ret;
	folio_lock(vmf->folio);
	if (!folio_mapping(vmf->folio)) {
		folio_unlock(vmf->folio);
		return VM_FAULT_NOPAGE;		/* truncated: the access comes again */
	}
	return VM_FAULT_LOCKED;
}

/*
 * There may be too much that is dirty: then who dirties it waits, if he can without mmap_lock.
 * 0, or VM_FAULT_COMPLETED.
 */
static vm_fault_t fault_balance_dirty(struct vm_fault *vmf)
{
	struct file *dropped = maybe_unlock_mmap_for_io(vmf);

	balance_dirty_pages();
	if (!dropped)
		return 0;
	fput(dropped);
	return VM_FAULT_COMPLETED;
}

/*
 * A shared folio was made writable: it is dirty from now on.  Locked; unlocks it and drops our
 * reference.  0, or VM_FAULT_COMPLETED.
 */
static vm_fault_t fault_dirty_shared_folio(struct vm_fault *vmf)
{
	struct address_space *mapping = folio_mapping(vmf->folio);

	/* ->page_mkwrite has done it mostly. */
	if (!folio_test_dirty(vmf->folio))
		folio_mark_dirty(vmf->folio);
	folio_unlock(vmf->folio);
	folio_put(vmf->folio);
	if (!vmf->vma->vm_ops->page_mkwrite)
		file_update_time(vmf->vma->vm_file);
	return mapping && unlikely(balance_dirty_pages_due(mapping)) ? fault_balance_dirty(vmf) : 0;
}

static vm_fault_t do_shared_fault(struct vm_fault *vmf)
{
	vm_fault_t ret, mkwrite;

	vmf->kind = __func__;
	ret = __do_fault(vmf);
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)))
		return ret;
	if (vmf->vma->vm_ops->page_mkwrite) {
		folio_unlock(vmf->folio);
		mkwrite = do_page_mkwrite(vmf);
		if (unlikely(!(mkwrite & VM_FAULT_LOCKED))) {
			folio_put(vmf->folio);
			return ret | mkwrite;
		}
	}
	/* One reference for the entry, one until the folio is marked. */
	folio_get(vmf->folio);
	ret |= finish_fault(vmf, vmf->folio);
	if (unlikely(ret & VM_FAULT_NOPAGE)) {
		folio_unlock(vmf->folio);
		folio_put(vmf->folio);
		folio_put(vmf->folio);
		return ret;
	}
	return ret | fault_dirty_shared_folio(vmf);
}

static noinline vm_fault_t do_fault(struct vm_fault *vmf)
{
	vmf->kind = __func__;
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	if (!vmf->vma->vm_ops->fault)
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(vmf);
	if (!(vmf->vma->vm_flags & VM_SHARED))
		return do_cow_fault(vmf);
	return do_shared_fault(vmf);
}

/* --- present, but not writable --- */

/* LAB cow begin */
/* The folio is ours to write: W, and D at once since the store follows.  ptl held; unlocks. */
static inline void wp_page_reuse(struct vm_fault *vmf)
{
	vmf->kind = __func__;
	count_vm_event(PGREUSE);
	ptep_add_bits(vmf->pte, _PAGE_STORED | (vmf->vma->vm_flags & VM_WRITE ? _PAGE_WRITE : 0));
	fault_unlock(vmf);
}
/* LAB cow starter */
///* For shared mappings, whose pages are never copied: the store may go on.  ptl held; unlocks. */
//static inline void wp_page_reuse(struct vm_fault *vmf)
//{
//	vmf->kind = __func__;
//	ptep_add_bits(vmf->pte, _PAGE_STORED | _PAGE_WRITE);
//	fault_unlock(vmf);
//}
/* LAB cow end */

/* As set_new_anon_pte(), but nobody has stored: it permits, and is soft-dirty, as before. */
static void set_unshared_pte(struct vm_fault *vmf, struct folio *folio)
{
	pte_t pte = { vmf->orig_pte.pte & ~_PAGE_PFN_MASK };

	folio_add_new_anon_rmap(folio, vmf->vma, vmf->address);
	if (unlikely(vmf->vma->vm_flags & VM_EXEC))
		flush_icache_folio(folio);
	smp_wmb();			/* I2 */
	set_pte(vmf->pte, folio_pte(folio, pte));
}

/* Replaces the entry of @old (NULL: a special one) by one of @new; ptl held. */
static void wp_replace_pte(struct vm_fault *vmf, struct folio *old, struct folio *new)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	if (!old || !folio_test_anon(old))
		inc_mm_counter(mm, MM_ANONPAGES);
	if (old && !folio_test_anon(old))
		add_mm_counter(mm, mm_counter(old), -1);
	/*
	 * Fenced before the new one is there: no hart reads the old folio while another writes the
	 * new one.
	 */
	ptep_get_and_clear(vmf->pte);
	flush_tlb_page(mm, vmf->address);
	if (likely(vmf->flags & FAULT_FLAG_WRITE))
		set_new_anon_pte(vmf->vma, vmf->address, vmf->pte, new);
	else
		set_unshared_pte(vmf, new);
	if (old)
		folio_remove_rmap(old, vmf->vma);
}

/* A fresh folio with the content of the frame that the entry shows.  NULL: no memory. */
static struct folio *wp_copy_frame(pte_t pte)
{
	bool zero = pte_pfn(pte) == folio_pfn(zero_folio);
	struct folio *new = vma_alloc_folio(zero ? __GFP_ZERO : 0);

	if (!new)
		return NULL;
	if (!zero)
		copy_page(folio_address(new), __va(pte_pfn(pte) << PAGE_SHIFT));
	new->flags |= BIT(PG_uptodate);
	return new;
}

/* @old has a reference for us; NULL: the entry is special. */
static noinline vm_fault_t wp_page_copy(struct vm_fault *vmf, struct folio *old)
{
	vm_fault_t ret = VM_FAULT_OOM;
	struct folio *new;

	vmf->kind = __func__;
	if (anon_vma_prepare(vmf->vma))
		goto out;
	new = wp_copy_frame(vmf->orig_pte);
	if (!new)
		goto out;
	ret = 0;
	if (fault_lock_same(vmf)) {
		wp_replace_pte(vmf, old, new);
		fault_unlock(vmf);
		if (unlikely(old && folio_test_swapcache(old)))
			free_swap_cache(old);
		new = old;		/* the entry's reference to the old one is left over */
	}
	if (new)
		folio_put(new);
out:
	if (old)
		folio_put(old);
	return ret;
}

/* The first store to a shared page since it was cleaned.  ptl held; unlocks. */
static noinline vm_fault_t wp_page_shared(struct vm_fault *vmf)
{
	vm_fault_t ret;

	vmf->kind = __func__;
	vmf->pgoff = linear_page_index(vmf->vma, vmf->address);
	folio_get(vmf->folio);
	fault_unlock(vmf);
	if (vmf->vma->vm_ops && vmf->vma->vm_ops->page_mkwrite) {
		ret = do_page_mkwrite(vmf);
		if (unlikely(!(ret & VM_FAULT_LOCKED))) {
			folio_put(vmf->folio);
			return ret;
		}
	} else {
		folio_lock(vmf->folio);
	}
	if (fault_lock_same(vmf)) {
		wp_page_reuse(vmf);
		vmf->kind = __func__;
		return fault_dirty_shared_folio(vmf);
	}
	folio_unlock(vmf->folio);
	folio_put(vmf->folio);
	return 0;
}

/* LAB cow begin */
/*
 * The folio of @vma's entry has other references: the swap cache's, which can be had back, or those
 * of people who share it or look at it.  ptl held.
 */
static noinline bool wp_can_reuse_shared_folio(struct folio *folio,
					       const struct vm_area_struct *vma)
{
	bool reuse;

	folio_lru_drain(folio);
	if (folio_ref_count(folio) != 1 + folio_test_swapcache(folio) || !folio_trylock(folio))
		return false;
	/* Under the folio lock nobody puts it into the swap cache or takes it out. */
	folio_free_swap(folio);
	reuse = folio_ref_count(folio) == 1;
	if (reuse) {
		folio_move_anon_rmap(folio, vma);
		folio_set_anon_exclusive(folio);
	}
	folio_unlock(folio);
	return reuse;
}

/*
 * An anonymous folio that no one else has: exclusive since it was made or copied, or again, since
 * this entry's is the only reference.  Then it also moves to this VMA's anon_vma, for which the
 * folio lock is needed; whoever has that looks at the folio, so it need not be ours.
 */
static inline bool wp_can_reuse_anon_folio(struct folio *folio, const struct vm_area_struct *vma)
{
	if (folio_test_anon_exclusive(folio))
		return true;
	if (unlikely(folio_ref_count(folio) != 1))
		return wp_can_reuse_shared_folio(folio, vma);
	if (!folio_trylock(folio))
		return false;
	folio_move_anon_rmap(folio, vma);
	folio_set_anon_exclusive(folio);
	folio_unlock(folio);
	return true;
}

/* A store to a present entry without W; ptl held.  Unlocks. */
static __always_inline vm_fault_t do_wp_page(struct vm_fault *vmf)
{
	struct folio *folio = vm_normal_folio(vmf->orig_pte);

	vmf->folio = folio;
	if (unlikely(vmf->vma->vm_flags & VM_SHARED)) {
		if (folio)
			return wp_page_shared(vmf);
		wp_page_reuse(vmf);
		return 0;
	}
	if (folio && folio_test_anon(folio) && wp_can_reuse_anon_folio(folio, vmf->vma)) {
		wp_page_reuse(vmf);
		return 0;
	}
	if (folio)
		folio_get(folio);
	fault_unlock(vmf);
	return wp_page_copy(vmf, folio);
}
/* LAB cow starter */
///* Nobody ever keeps a page: each store makes a copy.  Also asked before a page is pinned. */
//static inline bool wp_can_reuse_anon_folio(struct folio *folio, const struct vm_area_struct *vma)
//{
//	return false;
//}
//
///* A store to a present entry without W; ptl held.  Unlocks. */
//static inline vm_fault_t do_wp_page(struct vm_fault *vmf)
//{
//	struct folio *folio = vm_normal_folio(vmf->orig_pte);
//
//	vmf->folio = folio;
//	if (vmf->vma->vm_flags & VM_SHARED) {
//		if (folio)
//			return wp_page_shared(vmf);
//		wp_page_reuse(vmf);
//		return 0;
//	}
//	if (folio)
//		folio_get(folio);
//	fault_unlock(vmf);
//	return wp_page_copy(vmf, folio);
//}
/* LAB cow end */

/*
 * A folio that is to be pinned for reading must not be another process's too: stores of ours would
 * go to a copy then, and the pin would not see them.  ptl held; unlocks.
 */
static noinline vm_fault_t do_unshare(struct vm_fault *vmf)
{
	struct folio *folio = vm_normal_folio(vmf->orig_pte);

	vmf->kind = __func__;
	if (!folio || !folio_test_anon(folio) || wp_can_reuse_anon_folio(folio, vmf->vma)) {
		fault_unlock(vmf);
		return 0;
	}
	folio_get(folio);
	fault_unlock(vmf);
	return wp_page_copy(vmf, folio);
}

/* --- swapped out --- */

/*
 * Is @folio, locked, whose slot vmf->orig_pte names, this process's alone?  It was when it went
 * out; or it is not in the swap cache any more and ours is the only reference: nobody else can name
 * it.  While it is there, a slot with other entries may lead to it.
 *
 * Nor is it while it is being written to a device that cannot bear a store meanwhile: entered as
 * shared, it is copied by the store.
 */
static inline bool swapped_in_exclusive(const struct vm_fault *vmf, const struct folio *folio)
{
	swp_entry_t entry = pte_to_swp_entry(vmf->orig_pte);

	if (!pte_swp_exclusive(vmf->orig_pte))
		return folio_ref_count(folio) == 1;
	return likely(!folio_test_writeback(folio)) ||
	       !(READ_ONCE(swp_swap_info(entry)->flags) & SWP_STABLE_WRITES);
}

/* LAB swapin begin */
/*
 * The folio of @entry, which is not in the swap cache: being read, with a reference, or (@direct)
 * read past the cache.  NULL: no memory.
 */
static struct folio *swapin_folio(struct vm_fault *vmf, swp_entry_t entry, bool direct,
				  vm_fault_t *ret)
{
	*ret = VM_FAULT_MAJOR;
	count_vm_event(PGMAJFAULT);
	return direct ? swapin_direct(entry, GFP_HIGHUSER_MOVABLE)
		      : swapin_readahead(entry, GFP_HIGHUSER_MOVABLE, vmf);
}

/* Waits until it is read in.  0, locked; or VM_FAULT_RETRY, and mmap_lock was dropped. */
static vm_fault_t folio_lock_or_retry(struct folio *folio, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	if (folio_trylock(folio))
		return 0;
	if ((vmf->flags & (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_TRIED)) == FAULT_FLAG_ALLOW_RETRY) {
		mmap_read_unlock(mm);
		folio_wait_locked_killable(folio);
		return VM_FAULT_RETRY;
	}
	if (!(vmf->flags & FAULT_FLAG_KILLABLE)) {
		folio_lock(folio);
	} else if (folio_lock_killable(folio)) {
		mmap_read_unlock(mm);
		return VM_FAULT_RETRY;		/* which the killed task will not make */
	}
	return 0;
}

/*
 * Is the slot, which nobody else names, better freed now than kept for when the folio goes again?
 */
static bool should_try_to_free_swap(const struct vm_fault *vmf, const struct folio *folio)
{
	/* A store makes the copy on the disk worthless anyway; a write that failed, the slot. */
	return vm_swap_full() || folio_test_error(folio) || vmf->vma->vm_flags & VM_LOCKED ||
	       folio_test_mlocked(folio) || vmf->flags & FAULT_FLAG_WRITE;
}

/*
 * Enters @folio, locked, instead of the swap entry; ptl held.  The caller's reference goes to the
 * entry.
 */
static void set_swapped_in_pte(struct vm_fault *vmf, struct folio *folio, swp_entry_t entry)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t pte = folio_pte(folio, vma->vm_page_prot);
	bool exclusive;

	swap_free(entry);
	if (should_try_to_free_swap(vmf, folio))
		folio_free_swap(folio);
	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	add_mm_counter(vma->vm_mm, MM_SWAPENTS, -1);
	exclusive = swapped_in_exclusive(vmf, folio);
	if (pte_swp_soft_dirty(vmf->orig_pte))
		pte = pte_mksoft_dirty(pte);
	if (exclusive && vmf->flags & FAULT_FLAG_WRITE) {
		pte = maybe_mkwrite(pte_mkdirty(pte), vma);
		vmf->flags &= ~FAULT_FLAG_WRITE;
	}
	folio_add_anon_rmap(folio, vma, vmf->address, exclusive);
	if (unlikely(vma->vm_flags & VM_EXEC))
		flush_icache_folio(folio);	/* its frame may have held other code */
	set_pte(vmf->pte, pte);
	vmf->orig_pte = pte;
	if (!folio_test_swapcache(folio))
		folio->swap = 0;		/* it came past the cache */
}

/*
 * @folio, locked, was found or read for the entry.  Is it still that, and is the content there?
 * Unlocks it.
 */
static vm_fault_t map_swapped_in(struct vm_fault *vmf, struct folio *folio, swp_entry_t entry)
{
	vm_fault_t ret = 0;

	/* Somebody else had it back, and the slot may be another page's by now: look again. */
	if (folio_swap_entry(folio).val != entry.val)
		goto out;
	if (!fault_lock_same(vmf))
		goto out;
	if (likely(folio_test_uptodate(folio))) {
		set_swapped_in_pte(vmf, folio, entry);
		/* The entry's reference may be the only one: with its lock it stays. */
		folio_unlock(folio);
		if (vmf->flags & FAULT_FLAG_WRITE)
			return do_wp_page(vmf);		/* others have it too */
		fault_unlock(vmf);
		return 0;
	}
	fault_unlock(vmf);
	ret = VM_FAULT_SIGBUS;			/* its read failed */
out:
	folio_unlock(folio);
	folio_put(folio);
	return ret;
}

static noinline vm_fault_t do_swap_page(struct vm_fault *vmf)
{
	swp_entry_t entry = pte_to_swp_entry(vmf->orig_pte);
	struct swap_info_struct *si;
	bool direct = false;
	struct folio *folio;
	vm_fault_t ret = 0;

	vmf->kind = __func__;
	if (unlikely(non_swap_entry(entry))) {
		if (!is_swapin_error_entry(entry))
			printk_ratelimited(KERN_ERR, "mm: bad swap entry %lx at %lx\n", entry.val,
					   vmf->address);
		return VM_FAULT_SIGBUS;
	}
	/* swapoff waits until we are through; if it was faster, the entry is gone. */
	si = get_swap_device(entry);
	if (unlikely(!si))
		return 0;
	folio = swap_cache_get_folio(entry, vmf->vma, vmf->address);
	if (!folio && swap_skips_cache(si, entry)) {
		direct = swapin_claim(si, entry);
		if (!direct)
			goto out;
	}
	if (!folio)
		folio = swapin_folio(vmf, entry, direct, &ret);
	if (unlikely(!folio)) {
		/* If the entry is still there it was memory that was missing. */
		if (fault_lock_same(vmf)) {
			fault_unlock(vmf);
			ret = VM_FAULT_OOM;
		}
		goto out;
	}
	ret |= folio_lock_or_retry(folio, vmf);
	if (likely(!(ret & VM_FAULT_RETRY)))
		ret |= map_swapped_in(vmf, folio, entry);
	else
		folio_put(folio);
out:
	if (direct)
		put_swap_slot(entry);
	put_swap_device(si);
	return ret;
}
/* LAB swapin starter */
///*
// * One entry is brought back: its page is read and mapped without W.  The slot is kept; a store
// * faults again and goes the way of any page without W.
// */
//static noinline vm_fault_t do_swap_page(struct vm_fault *vmf)
//{
//	swp_entry_t entry = pte_to_swp_entry(vmf->orig_pte);
//	struct mm_struct *mm = vmf->vma->vm_mm;
//	struct folio *folio;
//
//	vmf->kind = __func__;
//	if (non_swap_entry(entry))
//		return VM_FAULT_SIGBUS;
//	folio = read_swap_cache_async(entry, GFP_HIGHUSER_MOVABLE);
//	if (!folio) {
//		bool same = fault_lock_same(vmf);
//
//		if (same)
//			fault_unlock(vmf);
//		return same ? VM_FAULT_OOM : 0;
//	}
//	folio_lock(folio);
//	if (!folio_test_swapcache(folio) || folio_swap_entry(folio).val != entry.val ||
//	    !fault_lock_same(vmf)) {
//		folio_unlock(folio);
//		folio_put(folio);
//		return 0;
//	}
//	if (!folio_test_uptodate(folio)) {
//		fault_unlock(vmf);
//		folio_unlock(folio);
//		folio_put(folio);
//		return VM_FAULT_SIGBUS;
//	}
//	swap_free(entry);
//	inc_mm_counter(mm, MM_ANONPAGES);
//	add_mm_counter(mm, MM_SWAPENTS, -1);
//	folio_add_anon_rmap(folio, vmf->vma, vmf->address, swapped_in_exclusive(vmf, folio));
//	if (vmf->vma->vm_flags & VM_EXEC)
//		flush_icache_folio(folio);	/* its frame may have held other code */
//	set_pte(vmf->pte, folio_pte(folio, vmf->vma->vm_page_prot));
//	fault_unlock(vmf);
//	folio_unlock(folio);
//	return 0;
//}
/* LAB swapin end */

/* --- dispatch --- */

static noinline vm_fault_t handle_present_pte(struct vm_fault *vmf)
{
	unsigned long bits = _PAGE_ACCESSED;

	if (!fault_lock_same(vmf))
		return 0;
	if (vmf->flags & FAULT_FLAG_WRITE) {
		if (!pte_write(vmf->orig_pte))
			return do_wp_page(vmf);
		bits = _PAGE_STORED;
	} else if (unlikely(vmf->flags & FAULT_FLAG_UNSHARE)) {
		return do_unshare(vmf);
	}
	vmf->kind = "ptep_set_access_flags";
	ptep_add_bits(vmf->pte, bits);
	local_flush_tlb_page(vmf->address);	/* I7 */
	fault_unlock(vmf);
	return 0;
}

/* Booked as a delay if its page was not there: it was read, or somebody was about to. */
static noinline vm_fault_t swap_in(struct vm_fault *vmf)
{
	u64 start = ktime_get_ns();
	vm_fault_t ret = do_swap_page(vmf);

	if (ret & (VM_FAULT_MAJOR | VM_FAULT_RETRY))
		delayacct_swapin(start);
	return ret;
}

static inline vm_fault_t handle_pte_fault(struct vm_fault *vmf)
{
	pte_t pmd = table_get(vmf->pmd);

	vmf->pte = NULL;
	vmf->orig_pte = (pte_t){ 0 };
	if (likely(!pte_none(pmd))) {
		fault_map_pte(vmf, pmd);
		vmf->orig_pte = ptep_get(vmf->pte);
	}
	if (pte_none(vmf->orig_pte))
		return vma_is_anonymous(vmf->vma) ? do_anonymous_page(vmf) : do_fault(vmf);
	if (unlikely(!pte_present(vmf->orig_pte)))
		return swap_in(vmf);
	return handle_present_pte(vmf);
}

/* Books a fault that is over. */
static inline void mm_account_fault(unsigned int flags, vm_fault_t ret)
{
	if (unlikely(ret & (VM_FAULT_ERROR | VM_FAULT_RETRY)))
		return;
	if (ret & VM_FAULT_MAJOR || flags & FAULT_FLAG_TRIED)
		current->maj_flt++;
	else
		current->min_flt++;
}

vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags)
{
	vm_fault_t ret = VM_FAULT_OOM;
	struct fault_trace trace;
	struct vm_fault vmf;		/* the steps fill in what they know */

	vmf.vma = vma;
	vmf.address = address & PAGE_MASK;
	vmf.flags = flags;
	trace.start = 0;
	if (unlikely(trace_faults()))
		trace_mm_fault_begin(&trace, &vmf, address);
	count_vm_event(PGFAULT);
	vmf.pmd = pmd_alloc(vma->vm_mm, address);
	if (likely(vmf.pmd))
		ret = handle_pte_fault(&vmf);
	else
		vmf.kind = __func__;
	mm_account_fault(flags, ret);
	if (unlikely(trace.start))
		trace_mm_fault_end(&trace, &vmf, ret);
	return ret;
}

static void add_mm_rss(struct mm_struct *mm, const long *rss)
{
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (rss[i])
			add_mm_counter(mm, i, rss[i]);
}

/* --- fork --- */

/* LAB cow begin */
/* What the child's entry for the parent's @src is; write-protects the parent's if it must. */
static inline pte_t copy_present_pte(const struct vm_area_struct *src_vma, pte_t *src, pte_t pte,
				     long *rss)
{
	bool shared = src_vma->vm_flags & VM_SHARED;

	if (likely(!pte_special(pte))) {
		struct folio *folio = pfn_folio(pte_pfn(pte));

		folio_dup_rmap(folio);
		rss[mm_counter(folio)]++;
	}
	/* Private, so an anonymous folio: what both have neither may write. */
	if (pte_write(pte) && !shared) {
		ptep_set_wrprotect(src);
		pte = pte_wrprotect(pte);
	}
	/* The child has not dirtied a shared page; the parent's entry remembers who did. */
	return shared ? pte_mkclean(pte) : pte;
}

/*
 * Is the folio @pte maps at work for a device (G4)?  Then the child needs a copy at once.
 * @has_pinned: the parent has had such folios.
 */
static inline bool must_copy_now(bool has_pinned, pte_t pte)
{
	const struct folio *folio = vm_normal_folio(pte);

	return unlikely(has_pinned) && folio && folio_test_anon(folio) &&
	       folio_test_anon_exclusive(folio) && folio_maybe_dma_pinned(folio);
}

/*
 * One more entry names @pte's slot; the parent's is not exclusive any more.  0, or -ENOMEM: so many
 * cannot.
 */
static int copy_swap_pte(pte_t *dst, pte_t *src, pte_t pte, long *rss)
{
	if (unlikely(non_swap_entry(pte_to_swp_entry(pte)))) {
		set_pte(dst, pte);
		return 0;
	}
	if (swap_duplicate(pte_to_swp_entry(pte)))
		return -ENOMEM;
	pte = pte_swp_clear_exclusive(pte);
	set_pte(src, pte);
	set_pte(dst, pte);
	rss[MM_SWAPENTS]++;
	return 0;
}
/* LAB cow starter */
///* What the child's entry for the parent's @src is: of a page of a file. */
//static inline pte_t copy_present_pte(const struct vm_area_struct *src_vma, pte_t *src, pte_t pte,
//				     long *rss)
//{
//	struct folio *folio = vm_normal_folio(pte);
//
//	if (folio) {
//		folio_dup_rmap(folio);
//		rss[mm_counter(folio)]++;
//	}
//	return src_vma->vm_flags & VM_SHARED ? pte_mkclean(pte) : pte;
//}
//
///*
// * Does the child need a copy of the folio that @pte maps at once, since a device may be at work
// * on it (G4)?  @has_pinned: the parent has had such folios.  Here: of every anonymous one.
// */
//static inline bool must_copy_now(bool has_pinned, pte_t pte)
//{
//	const struct folio *folio = vm_normal_folio(pte);
//
//	return folio && folio_test_anon(folio);
//}
//
///*
// * One more entry names @pte's slot: both are made anew from its number, and have forgotten all
// * else.  0, or -ENOMEM: so many cannot.
// */
//static int copy_swap_pte(pte_t *dst, pte_t *src, pte_t pte, long *rss)
//{
//	swp_entry_t entry = pte_to_swp_entry(pte);
//
//	if (unlikely(non_swap_entry(entry))) {
//		set_pte(dst, pte);
//		return 0;
//	}
//	if (swap_duplicate(entry))
//		return -ENOMEM;
//	set_pte(src, swp_entry_to_pte(entry));
//	set_pte(dst, swp_entry_to_pte(entry));
//	rss[MM_SWAPENTS]++;
//	return 0;
//}
/* LAB cow end */

/* Not present, and not none. */
static int copy_nonpresent_pte(pte_t *dst, pte_t *src, pte_t pte, long *rss)
{
	if (!non_swap_entry(pte_to_swp_entry(pte)))
		return copy_swap_pte(dst, src, pte, rss);
	set_pte(dst, pte);
	return 0;
}

/*
 * Within one leaf table.  0: *addr is where it met a folio to be copied now, or @end; or -ENOMEM.
 */
static int copy_pte_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			  pte_t *dst_pmd, pte_t *src_pmd, unsigned long *addr, unsigned long end)
{
	struct spinlock *src_ptl, *dst_ptl = pte_lockptr(dst_pmd);
	pte_t *first = pte_offset_map_lock(src_pmd, *addr, &src_ptl), *src = first;
	pte_t *dst = pte_offset(dst_pmd, *addr), *last = src + ((end - *addr) >> PAGE_SHIFT);
	bool pinned = src_vma->vm_mm->has_pinned;
	long rss[NR_MM_COUNTERS] = { 0 };
	int error = 0;

	spin_lock_nested(dst_ptl);
	for (; src < last && !error; src++, dst++) {
		pte_t pte = ptep_get(src);

		if (pte_none(pte))
			continue;
		if (unlikely(!pte_present(pte))) {
			error = copy_nonpresent_pte(dst, src, pte, rss);
			continue;
		}
		if (must_copy_now(pinned, pte))
			break;
		set_pte(dst, copy_present_pte(src_vma, src, pte, rss));
	}
	add_mm_rss(dst_vma->vm_mm, rss);
	spin_unlock(dst_ptl);
	spin_unlock(src_ptl);
	*addr += (src - first) << PAGE_SHIFT;
	return error;
}

/* The child gets a folio of its own at @addr: 1; 0: it need not any more; or -ENOMEM. */
static int copy_pinned_page(struct vm_area_struct *dst_vma, pte_t *dst_pmd, pte_t *src_pmd,
			    unsigned long addr)
{
	struct spinlock *src_ptl, *dst_ptl = pte_lockptr(dst_pmd);
	struct folio *folio = vma_alloc_folio(0);
	bool copy;
	pte_t pte;

	if (!folio)
		return -ENOMEM;
	pte = ptep_get(pte_offset_map_lock(src_pmd, addr, &src_ptl));
	spin_lock_nested(dst_ptl);
	copy = pte_present(pte) && must_copy_now(true, pte);
	if (copy) {
		copy_page(folio_address(folio), folio_address(pfn_folio(pte_pfn(pte))));
		folio->flags |= BIT(PG_uptodate);
		inc_mm_counter(dst_vma->vm_mm, MM_ANONPAGES);
		set_new_anon_pte(dst_vma, addr, pte_offset(dst_pmd, addr), folio);
	}
	spin_unlock(dst_ptl);
	spin_unlock(src_ptl);
	if (!copy)
		folio_put(folio);
	return copy;
}

static int copy_pmd_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			  pte_t *src_pmd, unsigned long addr, unsigned long end)
{
	pte_t *dst_pmd = pmd_alloc(dst_vma->vm_mm, addr);
	int copied;

	if (!dst_pmd || pte_alloc(dst_vma->vm_mm, dst_pmd))
		return -ENOMEM;
	for (;; addr += copied * PAGE_SIZE) {
		if (copy_pte_range(dst_vma, src_vma, dst_pmd, src_pmd, &addr, end))
			return -ENOMEM;
		if (addr == end)
			return 0;
		copied = copy_pinned_page(dst_vma, dst_pmd, src_pmd, addr);
		if (copied < 0)
			return copied;
	}
}

int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	unsigned long addr = src_vma->vm_start, end = src_vma->vm_end, next;
	pte_t *src_pmd;

	/* Without private copies all of it can be faulted in again. */
	if (!src_vma->anon_vma)
		return 0;
	for (; (src_pmd = next_pmd(src_vma->vm_mm, &addr, end)); addr = next) {
		next = pmd_addr_end(addr, end);
		if (copy_pmd_range(dst_vma, src_vma, src_pmd, addr, next))
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

/* --- unmapping --- */

/* What a zap has taken out of one table, to be booked at its end. */
struct zapped {
	long rss[NR_MM_COUNTERS];
	long last_anon;			/* of those, folios that nobody maps any more */
};

/* The entry was taken out; true: the gather is full. */
static inline bool zap_present_folio(struct mmu_gather *tlb, struct vm_area_struct *vma,
				     struct folio *folio, pte_t pte, struct zapped *zapped)
{
	if (likely(folio_test_anon(folio))) {
		zapped->rss[MM_ANONPAGES]--;
		if (__folio_remove_rmap(folio, vma)) {
			zapped->last_anon++;
			if (unlikely(folio_test_swapcache(folio)))
				free_swap_cache(folio);
		}
		return tlb_remove_folio(tlb, folio);
	}
	zapped->rss[mm_counter(folio)]--;
	if (pte_dirty(pte))
		folio_mark_dirty(folio);
	if (pte_young(pte) && !(vma->vm_flags & VM_SEQ_READ))
		folio_mark_accessed(folio);
	folio_remove_rmap(folio, vma);
	return tlb_remove_folio(tlb, folio);
}

/* A swap entry goes: so does its claim on the slot. */
static void zap_swap_pte(pte_t *ptep, pte_t pte, long *rss)
{
	ptep_get_and_clear(ptep);
	if (unlikely(non_swap_entry(pte_to_swp_entry(pte))))
		return;
	rss[MM_SWAPENTS]--;
	free_swap_and_cache(pte_to_swp_entry(pte));
}

/* Zaps within one leaf table; returns where it stopped because the gather was full, or @end. */
static unsigned long zap_pte_range(struct mmu_gather *tlb, struct vm_area_struct *vma, pte_t *pmd,
				   unsigned long addr, unsigned long end, bool skip_cows)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);
	struct zapped zapped = { 0 };
	unsigned long first = end;
	bool full = false;

	flush_tlb_batched_pending(vma->vm_mm);
	for (; addr < end && !full; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);

		if (pte_none(pte))
			continue;
		if (unlikely(!pte_present(pte))) {
			if (!skip_cows)
				zap_swap_pte(ptep, pte, zapped.rss);
			continue;
		}
		if (skip_cows && !pte_special(pte) && folio_test_anon(pfn_folio(pte_pfn(pte))))
			continue;
		if (first > addr)
			first = addr;
		pte = ptep_get_and_clear(ptep);
		if (likely(!pte_special(pte)))
			full = zap_present_folio(tlb, vma, pfn_folio(pte_pfn(pte)), pte, &zapped);
	}
	/* With the entries, for who counts them (mm/check_mm.c). */
	add_mm_rss(vma->vm_mm, zapped.rss);
	spin_unlock(ptl);
	if (zapped.last_anon)
		mod_state(NR_ANON_MAPPED, -zapped.last_anon);
	if (first < addr)
		tlb_flush_range(tlb, first, addr);
	if (full)
		tlb_flush_mmu(tlb);
	return addr;
}

static void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long addr,
			     unsigned long end, bool skip_cows)
{
	pte_t *pmd;

	while ((pmd = next_pmd(vma->vm_mm, &addr, end))) {
		addr = zap_pte_range(tlb, vma, pmd, addr, pmd_addr_end(addr, end), skip_cows);
		cond_resched();
	}
}

void unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, unsigned long start,
		unsigned long end)
{
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		unmap_page_range(tlb, vma, max(start, vma->vm_start), min(end, vma->vm_end), false);
}

void zap_file_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		    bool even_cows)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm);
	unmap_page_range(&tlb, vma, start, end, !even_cows);
	tlb_finish_mmu(&tlb);
}

void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	update_hiwater_rss(vma->vm_mm);
	zap_file_range(vma, start, end, true);
}
