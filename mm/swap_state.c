// SPDX-License-Identifier: MIT
/*
 *   reclaim   add_to_swap ──> in the cache, dirty ──> unmapped ──> written ──> out, shadow left
 *                                    ^  │                 │
 *                                    │  └─ found by a fault, mapped again, the write going on
 *   fault     swapcache_prepare ──> new folio in the cache, locked ──> read ──> unlocked, mapped
 *
 * The slot's SWAP_HAS_CACHE (mm/swapfile.h) is taken before a folio goes in and given back after
 * it is out.  So of two who miss the cache at once, one makes the folio, and the other waits until
 * it is there: a slot is read once.
 *
 * An area that is memory needs no readahead, and what one entry names nobody else looks for: such
 * a page comes back past the cache (swapin_direct), with SWAP_HAS_CACHE all the same, so that there
 * is one reader, and the slot cannot have become another page's when the entry is compared.
 *
 * Readahead.  What went out together lies together (mm/swapfile.c) and will be wanted together:
 *
 *   cluster   the aligned window of slots around the one that is wanted
 *   VMA       the slots that the page-table entries around the fault name, for areas where it does
 *             not matter how slots lie
 *
 * Both windows grow with hits: a folio that was read ahead has PG_readahead, and who then faults on
 * it has found it useful.
 *
 * C1 A folio in the cache has PG_swapcache and PG_swapbacked, folio->swap is its slot, and the
 *    cache has a reference.
 * C2 What the cache has at a slot without SWAP_HAS_CACHE is nothing or a shadow.
 */
#include "mm/swap_state.h"

#include "drivers/block.h"
#include "kernel/panic.h"
#include "kernel/wait.h"
#include "mm/filemap.h"
#include "mm/page_alloc.h"
#include "mm/page_io.h"
#include "mm/pgtable.h"
#include "mm/swap.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

#define SWAP_RA_ORDER_CEILING	5	/* a VMA window holds 32 pages at most */

int page_cluster = 3;			/* vm.page-cluster: windows of 8 slots */

static DEFINE_WAIT_QUEUE_HEAD(settled_wait);

/* --- in and out --- */

int add_to_swap_cache(struct folio *folio, swp_entry_t entry, gfp_t gfp, void **shadowp)
{
	struct address_space *space = swap_address_space(entry);
	XA_STATE(xas, &space->i_pages, swp_offset(entry));
	void *old = NULL;

	DEBUG_BUG_ON(!folio_test_locked(folio) || folio_test_swapcache(folio));
	folio_get(folio);
	folio->swap = entry.val;
	folio_set_swapcache(folio);
	do {
		spin_lock(&space->i_pages_lock);
		old = xas_store(&xas, folio);
		if (!xas_error(&xas))
			space->nrpages++;
		spin_unlock(&space->i_pages_lock);
	} while (xas_nomem(&xas, gfp & ~(__GFP_MOVABLE | __GFP_ZERO)));
	if (unlikely(xas_error(&xas))) {
		folio_clear_swapcache(folio);
		folio->swap = 0;
		folio_put(folio);
		return xas_error(&xas);
	}
	if (shadowp)
		*shadowp = old;
	trace_swap(TRACE_SWAP_ADD, entry, folio, 0);
	inc_state(NR_FILE_PAGES);
	inc_state(NR_SWAPCACHE);
	swap_cache_settled();
	return 0;
}

bool add_to_new_slot(struct folio *folio)
{
	swp_entry_t entry = folio_alloc_swap(folio);

	if (!entry.val)
		return false;
	/*
	 * Below `min` if need be, since this frees memory in the end, but never from the reserve
	 * of PF_MEMALLOC: that must last for the writes that are under way.
	 */
	if (add_to_swap_cache(folio, entry, __GFP_HIGH | __GFP_NOMEMALLOC | __GFP_NOWARN, NULL)) {
		put_swap_slot(entry);
		return false;
	}
	return true;
}

bool add_to_swap(struct folio *folio)
{
	if (!add_to_new_slot(folio))
		return false;
	/* Its entries may be clean, if it came from another slot; this slot has nothing yet. */
	folio_set_dirty(folio);
	return true;
}

void __delete_from_swap_cache(struct folio *folio, void *shadow)
{
	swp_entry_t entry = folio_swap_entry(folio);
	struct address_space *space = swap_address_space(entry);

	DEBUG_BUG_ON(!folio_test_locked(folio) || !folio_test_swapcache(folio));
	DEBUG_BUG_ON(folio_test_writeback(folio) || !folio_test_swapbacked(folio));
	trace_swap(TRACE_SWAP_DROP, entry, folio, !!shadow);
	if (shadow)
		xa_store(&space->i_pages, swp_offset(entry), shadow, 0);
	else
		xa_erase(&space->i_pages, swp_offset(entry));
	space->nrpages--;
	folio_clear_swapcache(folio);
	folio->swap = 0;
	dec_state(NR_FILE_PAGES);
	dec_state(NR_SWAPCACHE);
}

void delete_from_swap_cache(struct folio *folio)
{
	swp_entry_t entry = folio_swap_entry(folio);
	struct address_space *space = swap_address_space(entry);

	/* It is about to have no copy on a disk: reclaim need not come for it. */
	folio_lru_drain(folio);
	spin_lock(&space->i_pages_lock);
	__delete_from_swap_cache(folio, NULL);
	spin_unlock(&space->i_pages_lock);
	if (unlikely(folio_test_error(folio) && folio_test_uptodate(folio))) {
		folio_clear_error(folio);
		put_bad_swap_slot(entry);
	} else {
		put_swap_slot(entry);
	}
	folio_put(folio);
}

/* --- looking --- */

struct folio *swap_cache_lookup(struct swap_info_struct *si, unsigned long offset)
{
	struct folio *folio;

	if (!(READ_ONCE(si->swap_map[offset]) & SWAP_HAS_CACHE))
		return NULL;		/* C2 */
	spin_lock(&si->space.i_pages_lock);
	folio = xa_load(&si->space.i_pages, offset);
	if (xa_is_value(folio))
		folio = NULL;
	if (folio)
		folio_get(folio);
	spin_unlock(&si->space.i_pages_lock);
	return folio;
}

void *get_shadow_from_swap_cache(swp_entry_t entry)
{
	struct address_space *space = swap_address_space(entry);
	void *found;

	spin_lock(&space->i_pages_lock);
	found = xa_load(&space->i_pages, swp_offset(entry));
	spin_unlock(&space->i_pages_lock);
	return xa_is_value(found) ? found : NULL;
}

void clear_shadow_from_swap_cache(struct swap_info_struct *si, unsigned long offset)
{
	spin_lock(&si->space.i_pages_lock);
	DEBUG_BUG_ON(({
		void *left = xa_load(&si->space.i_pages, offset);

		left && !xa_is_value(left);
	}));
	xa_erase(&si->space.i_pages, offset);
	spin_unlock(&si->space.i_pages_lock);
}

/* --- one slot --- */

void swap_cache_settled(void)
{
	/* The change is seen by who queues himself from now on, or he by us. */
	smp_mb();
	if (waitqueue_active(&settled_wait))
		wake_up_all(&settled_wait);
}

/* The slot has a folio, or nobody is about to put one there. */
static bool slot_settled(struct swap_info_struct *si, unsigned long offset)
{
	struct folio *folio;

	if (!(READ_ONCE(si->swap_map[offset]) & SWAP_HAS_CACHE))
		return true;
	folio = swap_cache_lookup(si, offset);
	if (!folio)
		return false;
	folio_put(folio);
	return true;
}

/* A locked folio for a slot that we have SWAP_HAS_CACHE of; gives the slot back on failure. */
static struct folio *new_swap_folio(swp_entry_t entry, struct folio *folio, gfp_t gfp)
{
	void *shadow;

	folio->flags |= BIT(PG_locked) | BIT(PG_swapbacked);	/* nobody else knows it yet */
	if (add_to_swap_cache(folio, entry, gfp, &shadow)) {
		put_swap_slot(entry);
		folio_unlock(folio);
		folio_put(folio);
		return NULL;
	}
	folio_add_lru_shadow(folio, shadow);
	return folio;
}

/*
 * => the area is held.  *@new: the folio is ours, locked and not uptodate.  NULL: no memory.  Where
 * the slot is free, a folio of no slot, as if it had been had back since it was found.
 */
static struct folio *find_or_make(struct swap_info_struct *si, swp_entry_t entry, gfp_t gfp,
				  bool *new)
{
	unsigned long offset = swp_offset(entry);
	struct folio *folio, *spare = NULL;
	int error;

	*new = false;
	for (;;) {
		folio = swap_cache_lookup(si, offset);
		if (folio)
			break;
		if (!spare)
			spare = alloc_folio(gfp, 0);
		if (!spare)
			return NULL;
		error = swapcache_prepare(entry);
		if (!error) {
			*new = true;
			return new_swap_folio(entry, spare, gfp);
		}
		/*
		 * NULL would say that memory is missing, and the entry cannot contradict: by the
		 * time it is compared, another page may have the slot, at the same address.
		 */
		if (error == -ENOENT)
			return spare;
		wait_event(&settled_wait, slot_settled(si, offset));
	}
	if (spare)
		folio_put(spare);
	return folio;
}

static struct folio *__read_swap_cache_async(swp_entry_t entry, gfp_t gfp, bool *new)
{
	struct swap_info_struct *si = get_swap_device(entry);
	struct folio *folio;

	*new = false;
	if (!si)
		return NULL;
	folio = find_or_make(si, entry, gfp, new);
	put_swap_device(si);
	*new = *new && folio;
	return folio;
}

struct folio *read_swap_cache_async(swp_entry_t entry, gfp_t gfp)
{
	bool new;
	struct folio *folio = __read_swap_cache_async(entry, gfp, &new);

	if (new)
		swap_readpage(folio, false);
	return folio;
}

/* --- one slot, past the cache --- */

bool swapin_claim(struct swap_info_struct *si, swp_entry_t entry)
{
	int error = swapcache_prepare(entry);

	if (error == -EEXIST)
		wait_event(&settled_wait, slot_settled(si, swp_offset(entry)));
	return !error;
}

struct folio *swapin_direct(swp_entry_t entry, gfp_t gfp)
{
	struct folio *folio = alloc_folio(gfp, 0);

	if (!folio)
		return NULL;
	folio->flags |= BIT(PG_locked) | BIT(PG_swapbacked);	/* nobody else knows it yet */
	folio->swap = entry.val;
	folio_add_lru_shadow(folio, get_shadow_from_swap_cache(entry));
	swap_readpage(folio, true);
	return folio;
}

/* --- readahead --- */

/* Folios read ahead by cluster that were wanted since the last window. */
static atomic_t swapin_readahead_hits = ATOMIC_INIT(4);

/* A VMA's last window: page-aligned address of the fault, its size, hits since, in one word. */
#define SWAP_RA_HITS(val)	((val) & 0x3f)
#define SWAP_RA_WIN(val)	((val) >> 6 & 0x3f)
#define SWAP_RA_ADDR(val)	((val) & PAGE_MASK)
#define SWAP_RA_VAL(addr, win, hits) ((addr) | (win) << 6 | (hits))

static bool swap_use_vma_readahead(const struct swap_info_struct *si)
{
	return si->flags & SWP_SOLIDSTATE;
}

/* A VMA that has had no window yet gets one as if its last had been right. */
static long vma_readahead_info(struct vm_area_struct *vma)
{
	long val = atomic_long_read(&vma->swap_readahead_info);

	return val ? val : SWAP_RA_VAL(0, 0, 4);
}

/*
 * The fault at @address found its folio in the cache.  It moves the address on, too: who goes
 * through what was read ahead misses next where the window ends, and is seen to go upwards.
 */
static void note_vma_lookup(struct vm_area_struct *vma, unsigned long address, bool hit)
{
	long val = vma_readahead_info(vma);
	unsigned long hits = min(SWAP_RA_HITS(val) + hit, 0x3fL);

	atomic_long_set(&vma->swap_readahead_info,
			SWAP_RA_VAL(address & PAGE_MASK, SWAP_RA_WIN(val), hits));
}

struct folio *swap_cache_get_folio(swp_entry_t entry, struct vm_area_struct *vma,
				   unsigned long address)
{
	struct swap_info_struct *si = swp_swap_info(entry);
	struct folio *folio = swap_cache_lookup(si, swp_offset(entry));
	bool hit;

	if (!folio)
		return NULL;
	hit = folio_test_readahead(folio) && folio_test_clear_readahead(folio);
	trace_swap(TRACE_SWAP_FIND, entry, folio, hit);
	if (hit)
		count_vm_event(SWAP_RA_HIT);
	if (vma && swap_use_vma_readahead(si))
		note_vma_lookup(vma, address, hit);
	else if (hit)
		atomic_inc(&swapin_readahead_hits);
	return folio;
}

/* LAB swapin begin */
/*
 * How many pages to read around @offset: none beside it after a lone miss; more with more hits, at
 * most @max; and not less than half of the last window, so that one bad guess does not end it.
 */
static unsigned long swapin_window(unsigned long prev_offset, unsigned long offset,
				   unsigned long hits, unsigned long max, unsigned long prev_win)
{
	unsigned long pages = 4;

	if (!hits)
		pages = offset == prev_offset + 1 || offset == prev_offset - 1 ? 2 : 1;
	while (hits && pages < hits + 2)
		pages <<= 1;
	return max(min(pages, max), prev_win / 2);
}

/*
 * The window's size for a fault on slot @offset. A guess: what runs at once may mix its numbers.
 */
static unsigned long cluster_window(unsigned long offset)
{
	static unsigned long prev_offset, prev_win;
	unsigned long hits, win, most = 1UL << READ_ONCE(page_cluster);

	if (most == 1)
		return 1;
	hits = atomic_xchg(&swapin_readahead_hits, 0);
	win = swapin_window(READ_ONCE(prev_offset), offset, hits, most, READ_ONCE(prev_win));
	if (!hits)
		WRITE_ONCE(prev_offset, offset);
	WRITE_ONCE(prev_win, win);
	return win;
}

/* Starts reading @entry, which nobody has asked for yet. */
static void read_ahead(swp_entry_t entry, gfp_t gfp)
{
	bool new;
	struct folio *folio = __read_swap_cache_async(entry, gfp, &new);

	if (!folio)
		return;
	if (new) {
		folio_set_readahead(folio);
		count_vm_event(SWAP_RA);
		swap_readpage(folio, false);
	}
	folio_put(folio);
}

/*
 * Reads one slot and none beside it, and waits here: a fault could but let go of mmap_lock, wait,
 * and begin anew.
 */
static struct folio *read_swap_cache_sync(swp_entry_t entry, gfp_t gfp)
{
	struct folio *folio = read_swap_cache_async(entry, gfp);

	if (folio)
		folio_wait_locked(folio);
	return folio;
}

struct folio *swap_cluster_readahead(swp_entry_t entry, gfp_t gfp)
{
	struct swap_info_struct *si = swp_swap_info(entry);
	unsigned long offset = swp_offset(entry), mask = cluster_window(offset) - 1;
	unsigned long first = max(offset & ~mask, 1UL), last = min(offset | mask, si->max - 1);
	struct folio *folio;
	struct blk_plug plug;

	if (!mask)
		return read_swap_cache_sync(entry, gfp);
	blk_start_plug(&plug);
	/* First what is wanted, so that it is had even if memory does not suffice for the rest. */
	folio = read_swap_cache_async(entry, gfp);
	for (unsigned long i = first; folio && i <= last; i++)
		if (i != offset && __swap_count(swp_entry(si->type, i)))
			read_ahead(swp_entry(si->type, i), gfp | __GFP_NORETRY | __GFP_NOWARN);
	blk_finish_plug(&plug);
	return folio;
}

/* The addresses [*first, *end) around the fault, within its VMA and its leaf table. */
static void vma_window(const struct vm_fault *vmf, unsigned long *first, unsigned long *end)
{
	struct vm_area_struct *vma = vmf->vma;
	long val = vma_readahead_info(vma);
	unsigned long page = vmf->address >> PAGE_SHIFT, prev = SWAP_RA_ADDR(val) >> PAGE_SHIFT;
	unsigned long most = 1UL << min(READ_ONCE(page_cluster), SWAP_RA_ORDER_CEILING), win, left;

	win = swapin_window(prev, page, SWAP_RA_HITS(val), most, SWAP_RA_WIN(val));
	atomic_long_set(&vma->swap_readahead_info, SWAP_RA_VAL(vmf->address, win, 0));
	if (page == prev + 1)
		left = 0;			/* upwards */
	else if (prev == page + 1)
		left = win - 1;			/* downwards */
	else
		left = (win - 1) / 2;
	left = min(left, page);
	*first = max3((page - left) << PAGE_SHIFT, vma->vm_start, vmf->address & PMD_MASK);
	*end = min3((page - left + win) << PAGE_SHIFT, vma->vm_end,
		    (vmf->address & PMD_MASK) + PMD_SIZE);
}

static struct folio *swap_vma_readahead(swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf)
{
	unsigned long addr, end;
	struct folio *folio;
	struct blk_plug plug;

	vma_window(vmf, &addr, &end);
	if (end - addr == PAGE_SIZE)
		return read_swap_cache_sync(entry, gfp);
	blk_start_plug(&plug);
	folio = read_swap_cache_async(entry, gfp);
	for (; folio && addr < end; addr += PAGE_SIZE) {
		pte_t pte = ptep_get(pte_offset(vmf->pmd, addr));

		/* An entry that changes under our eyes is a wrong guess, nothing worse. */
		if (addr != vmf->address && is_swap_pte(pte) &&
		    !non_swap_entry(pte_to_swp_entry(pte)))
			read_ahead(pte_to_swp_entry(pte), gfp | __GFP_NORETRY | __GFP_NOWARN);
	}
	blk_finish_plug(&plug);
	return folio;
}

struct folio *swapin_readahead(swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf)
{
	return swap_use_vma_readahead(swp_swap_info(entry)) ? swap_vma_readahead(entry, gfp, vmf)
							    : swap_cluster_readahead(entry, gfp);
}
/* LAB swapin starter */
//struct folio *swap_cluster_readahead(swp_entry_t entry, gfp_t gfp)
//{
//	return read_swap_cache_async(entry, gfp);
//}
//
//struct folio *swapin_readahead(swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf)
//{
//	return read_swap_cache_async(entry, gfp);
//}
/* LAB swapin end */
