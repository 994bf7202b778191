// SPDX-License-Identifier: MIT
/*
 * From a request to a frame, the shortest way first:
 *
 *   alloc_folio ── order 0 ──> this hart's list ── empty ──> a batch of the zone's, if `low` stays
 *        │                                                        │ no
 *        └── order > 0 ──> the zone, if `low` stays free ── no ───┤
 *                                                                 v
 *                             alloc_slowpath: wake kswapd; down to `min` (half for __GFP_HIGH and
 *                             victims, all for PF_MEMALLOC); direct reclaim, and again; the OOM
 *                             killer (mm/oom_kill.h), and again; NULL, or for __GFP_NOFAIL again
 *
 * A hart's list is touched by its hart alone, with interrupts off, so it needs no lock;
 * drain_all_pages() asks those that have frames by IPI.  Frames on it count as free.
 *
 * I4  A frame on a hart's list has no references and no flags.
 * I5  managed = free + in use: a folio is freed once, by its last reference, with none of the flags
 *     in FREE_FORBIDDEN set.
 */
#include "mm/page_alloc.h"

#include "kernel/fault_inject.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/memblock.h"
#include "mm/oom_kill.h"
#include "mm/swap.h"
#include "mm/swapfile.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

/* A folio that still is one of these is in use, whatever its count says. */
#define FREE_FORBIDDEN	(BIT(PG_locked) | BIT(PG_writeback) | BIT(PG_lru) | BIT(PG_private) | \
			 BIT(PG_swapcache) | BIT(PG_reserved) | BIT(PG_buddy) | BIT(PG_slab) | \
			 BIT(PG_tail))
#define POISON_FREE	0xaa
#define MAX_RECLAIM_RETRIES	16	/* in a row that freed nothing */
#define NOFS_PATIENCE	20		/* times 10 ms */

struct folio *folio_map;
unsigned long min_pfn, max_pfn;
struct zone zone = { .lock = SPINLOCK_INIT(RANK_BUDDY) };
int min_free_kbytes, watermark_scale_factor = 10;

/* A hart's list of free frames. */
static struct per_cpu_pages {
	struct list_head list;
	int count;
} __aligned(64) pcps[NR_CPUS];

/* --- taking over from memblock --- */

static void give_range(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned int order = 0;

		while (order < MAX_ORDER - 1 && !(pfn & 1UL << order) &&
		       pfn + (2UL << order) <= end)
			order++;
		buddy_give(&zone.buddy, pfn, order);
		zone.managed += 1UL << order;
		pfn += 1UL << order;
	}
}

static void reserve_range(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct folio *folio = pfn_folio(pfn);

		folio->flags = BIT(PG_reserved);
		atomic_set(&folio->_refcount, 1);
	}
}

void page_alloc_init(void)
{
	unsigned long bytes, map, pfn, start, end;

	min_pfn = memblock_start() >> PAGE_SHIFT;
	max_pfn = memblock_end() >> PAGE_SHIFT;
	bytes = (max_pfn - min_pfn) * sizeof(struct folio);
	map = memblock_alloc(bytes, PAGE_SIZE);
	if (!map)
		panic("Out of memory: no room to describe %lu MiB of RAM",
		      (max_pfn - min_pfn) >> (20 - PAGE_SHIFT));
	folio_map = (struct folio *)__va(map) - min_pfn;
	memset(pfn_folio(min_pfn), 0, bytes);

	buddy_init(&zone.buddy);
	for (int i = 0; i < NR_CPUS; i++)
		INIT_LIST_HEAD(&pcps[i].list);
	zone.present = max_pfn - min_pfn;
	pfn = min_pfn;
	while (memblock_next_free(pfn << PAGE_SHIFT, &start, &end)) {
		reserve_range(pfn, start >> PAGE_SHIFT);
		pfn = end >> PAGE_SHIFT;
		give_range(start >> PAGE_SHIFT, pfn);
	}
	reserve_range(pfn, max_pfn);
	setup_per_zone_wmarks();
}

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1UL << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

/*
 * Linux's rule: min is 4 * sqrt(RAM in KiB) KiB if nobody says otherwise; low and high are above it
 * by a quarter, or by watermark_scale_factor ten thousandths of RAM.
 */
void setup_per_zone_wmarks(void)
{
	unsigned long kbytes = zone.managed << (PAGE_SHIFT - 10), min_pages, step;

	if (!min_free_kbytes)
		min_free_kbytes = clamp(int_sqrt(kbytes * 16), 128UL, 262144UL);
	min_pages = min((unsigned long)min_free_kbytes >> (PAGE_SHIFT - 10), zone.managed / 4);
	step = max(min_pages / 4, zone.managed * watermark_scale_factor / 10000);
	zone.watermark[WMARK_MIN] = min_pages;
	zone.watermark[WMARK_LOW] = min_pages + step;
	zone.watermark[WMARK_HIGH] = min_pages + 2 * step;
}

/* --- a hart's list --- */

static inline struct folio *pcp_take(struct per_cpu_pages *pcp)
{
	struct folio *folio;

	if (list_empty(&pcp->list))
		return NULL;
	folio = list_first_entry(&pcp->list, struct folio, lru);
	list_del(&folio->lru);
	pcp->count--;
	return folio;
}

static void pcp_give(struct per_cpu_pages *pcp, struct folio *folio)
{
	list_add(&folio->lru, &pcp->list);
	pcp->count++;
}

/* Interrupts off. */
static noinline void pcp_flush(struct per_cpu_pages *pcp, int nr)
{
	spin_lock(&zone.lock);
	while (nr-- > 0) {
		struct folio *folio = pcp_take(pcp);

		if (!folio)
			break;
		buddy_give(&zone.buddy, folio_pfn(folio), 0);
	}
	spin_unlock(&zone.lock);
}

static void drain_local_pages(void *unused)
{
	unsigned long flags = local_irq_save();

	pcp_flush(&pcps[smp_processor_id()], PCP_HIGH);
	local_irq_restore(flags);
}

static bool has_pages(int cpu)
{
	return READ_ONCE(pcps[cpu].count);
}

void drain_all_pages(void)
{
	drain_local_pages(NULL);
	smp_call_others_if(has_pages, drain_local_pages, NULL);
}

/* --- the zone --- */

bool zone_watermark_ok(unsigned int order, unsigned long mark)
{
	if (zone.buddy.free_frames < mark + (1UL << order))
		return false;
	for (unsigned int o = order; o < MAX_ORDER; o++)
		if (zone.buddy.nr_free[o])
			return true;
	return false;
}

/*
 * Fills a hart's list, from small blocks as long as there are some; a block goes there whole, so
 * that it need not be halved frame by frame.  Only what leaves `low` alone: a batch taken from the
 * reserves would be anybody's.
 */
static void pcp_refill(struct per_cpu_pages *pcp)
{
	unsigned int order = 0;

	while (pcp->count < PCP_BATCH) {
		struct folio *block;

		while (order < PCP_ORDER && !zone.buddy.nr_free[order])
			order++;
		if (!zone_watermark_ok(order, zone.watermark[WMARK_LOW]))
			return;
		block = buddy_take(&zone.buddy, order);
		for (unsigned long i = 1UL << order; i-- > 0; )
			pcp_give(pcp, block + i);
	}
}

/* Interrupts off: a folio such that @mark frames stay free; a batch besides for the hart's list. */
static struct folio *zone_take(struct per_cpu_pages *pcp, unsigned int order, unsigned long mark)
{
	struct folio *folio = NULL;

	spin_lock(&zone.lock);
	if (zone_watermark_ok(order, mark))
		folio = buddy_take(&zone.buddy, order);
	if (folio && !order)
		pcp_refill(pcp);
	spin_unlock(&zone.lock);
	return folio;
}

static struct folio *rmqueue(unsigned int order, unsigned long mark)
{
	unsigned long flags = local_irq_save();
	struct folio *folio = zone_take(&pcps[smp_processor_id()], order, mark);

	local_irq_restore(flags);
	return folio;
}

/* The short way: most frames come from here. */
static struct folio *rmqueue_pcplist(void)
{
	unsigned long flags = local_irq_save();
	struct folio *folio = pcp_take(&pcps[smp_processor_id()]);

	local_irq_restore(flags);
	return folio;
}

/* --- when `low` is reached --- */

/* How many frames must stay free for this caller. */
static unsigned long reserve_mark(gfp_t gfp)
{
	if ((current->flags & PF_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return 0;
	if (gfp & __GFP_HIGH || (tsk_is_oom_victim(current) && !(gfp & __GFP_NOMEMALLOC)))
		return zone.watermark[WMARK_MIN] / 2;
	return zone.watermark[WMARK_MIN];
}

static bool may_reclaim(gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) && !(current->flags & PF_MEMALLOC);
}

static struct folio *reclaim_and_take(gfp_t gfp, unsigned int order, unsigned long *progress)
{
	struct folio *folio;

	count_vm_event(ALLOCSTALL);
	current->flags |= PF_MEMALLOC;
	*progress = try_to_free_pages(order, gfp);
	current->flags &= ~PF_MEMALLOC;
	cond_resched();
	folio = rmqueue(order, reserve_mark(gfp));
	if (folio)
		return folio;
	/* What was freed may lie on the lists of harts; to ask them costs more than to look. */
	drain_all_pages();
	return rmqueue(order, reserve_mark(gfp));
}

/* Frames that reclaim might take yet, or is having written out. */
static unsigned long reclaimable_pages(void)
{
	unsigned long anon = get_nr_swap_pages() ? lru_size(KIND_ANON) : 0;

	return lru_size(KIND_FILE) + anon + vm_state(NR_WRITEBACK);
}

/*
 * Is another round worth it?  Freed frames that merge into nothing large enough are no progress.
 * Nor are they when less can be reclaimed than the reserve: then it is code that somebody executes
 * and has to read in again at once.
 */
static bool should_reclaim_retry(unsigned int order, unsigned long progress, int *useless)
{
	if (progress && !order && reclaimable_pages() > zone.watermark[WMARK_MIN])
		*useless = 0;
	else
		(*useless)++;
	return *useless < (order ? 4 : MAX_RECLAIM_RETRIES);
}

/* What others free may come meanwhile. */
static void wait_for_memory(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(10 * NSEC_PER_MSEC);
}

/* Does killing help?  Not against frames that are free but not adjacent. */
static bool may_oom(unsigned int order)
{
	if (READ_ONCE(current->signal->oom_origin))
		return false;
	return !order || !zone_watermark_ok(0, zone.watermark[WMARK_MIN]);
}

/*
 * True: memory may come, or has come: *@folio.  False: it will not.  Who may not enter file systems
 * has not tried all that reclaim can do, and leaves the killing to others for a while.
 */
static bool alloc_may_oom(gfp_t gfp, unsigned int order, int *patience, struct folio **folio)
{
	bool killed = true;

	if (!may_oom(order))
		return false;
	if (!(gfp & __GFP_FS) && (*patience)-- > 0) {
		wait_for_memory();
		*folio = rmqueue(order, reserve_mark(gfp));
	} else if (mutex_trylock(&oom_lock)) {
		/* The last victim's memory may have come before we had the lock. */
		*folio = rmqueue(order, zone.watermark[WMARK_HIGH]);
		killed = *folio || out_of_memory(gfp, order);
		mutex_unlock(&oom_lock);
	}
	if (killed && !*folio && !tsk_is_oom_victim(current))
		oom_wait();
	return killed;
}

static void warn_alloc(gfp_t gfp, unsigned int order)
{
	if (!(gfp & __GFP_NOWARN))
		printk_ratelimited(KERN_WARNING,
				   "%s: page allocation failure: order:%u, mode:0x%x, free:%lu",
				   current->comm, order, gfp, nr_free_pages());
}

/* Who cannot do without gets what others free, and some of what is kept for interrupts. */
static struct folio *wait_and_take(gfp_t gfp, unsigned int order)
{
	wait_for_memory();
	return rmqueue(order, reserve_mark(gfp | __GFP_HIGH));
}

static struct folio *alloc_slowpath(gfp_t gfp, unsigned int order)
{
	struct folio *folio;
	unsigned long progress;
	int useless = 0, patience = NOFS_PATIENCE;
	bool may_come;

	if (gfp & __GFP_KSWAPD_RECLAIM)
		wake_kswapd();
	folio = rmqueue(order, reserve_mark(gfp));
	if (folio || !may_reclaim(gfp)) {
		while (!folio && gfp & __GFP_NOFAIL)
			folio = wait_and_take(gfp, order);
		return folio;
	}
	might_sleep();
	for (;;) {
		folio = reclaim_and_take(gfp, order, &progress);
		if (folio || gfp & __GFP_NORETRY)
			return folio;
		if (should_reclaim_retry(order, progress, &useless))
			continue;
		may_come = alloc_may_oom(gfp, order, &patience, &folio);
		if (folio)
			return folio;
		if (gfp & __GFP_NOFAIL)
			folio = wait_and_take(gfp, order);
		else if (!may_come || tsk_is_oom_victim(current))
			return rmqueue(order, reserve_mark(gfp));
		if (folio)
			return folio;
		useless = 0;
	}
}

/* This hart's list had none. */
static noinline struct folio *alloc_from_zone(gfp_t gfp, unsigned int order)
{
	struct folio *folio = rmqueue(order, zone.watermark[WMARK_LOW]);

	if (likely(folio))
		return folio;
	if (current->flags & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	folio = alloc_slowpath(gfp, order);
	if (!folio)
		warn_alloc(gfp, order);
	return folio;
}

/* --- the interface --- */

static noinline void prep_tails(struct folio *folio, unsigned int order, gfp_t gfp)
{
	for (unsigned long i = 1; i < 1UL << order; i++) {
		folio[i].flags = BIT(PG_tail);
		folio[i].head = folio;
		if (gfp & __GFP_ZERO)
			clear_page(folio_address(folio + i));
	}
}

struct folio *alloc_folio(gfp_t gfp, unsigned int order)
{
	struct folio *folio;

	race_point(RACE_ALLOC, order);
	if (should_fail_alloc(&fail_page_alloc, 1L << order, gfp))
		return NULL;
	folio = likely(!order) ? rmqueue_pcplist() : NULL;
	if (unlikely(!folio)) {
		folio = alloc_from_zone(gfp, order);
		if (!folio)
			return NULL;
	}
	DEBUG_BUG_ON(folio_ref_count(folio) || folio->flags);
	count_vm_events(PGALLOC, 1L << order);
	folio->mapping = NULL;
	folio->private = NULL;
	folio->order = order;
	atomic_set(&folio->_refcount, 1);
	if (gfp & __GFP_ZERO)
		clear_page(folio_address(folio));
	if (unlikely(order))
		prep_tails(folio, order, gfp);
	return folio;
}

static noinline void bad_folio(const struct folio *folio)
{
	panic("BUG: folio of frame 0x%lx freed while in use: flags 0x%lx mapping 0x%lx "
	      "mapcount %d refcount %d", folio_pfn(folio), folio->flags,
	      (unsigned long)folio->mapping, folio_mapcount(folio), folio_ref_count(folio));
}

static void check_free(const struct folio *folio)
{
	if (unlikely((folio->flags & FREE_FORBIDDEN) || folio_mapcount(folio) ||
		     folio_ref_count(folio)))
		bad_folio(folio);
#ifdef CONFIG_DEBUG
	memset(folio_address(folio), POISON_FREE, folio_size(folio));
#endif
}

static noinline void free_large(struct folio *folio)
{
	unsigned int order = folio->order;
	unsigned long flags;

	for (unsigned long i = 1; i < 1UL << order; i++)
		folio[i].flags = 0;
	folio->order = 0;
	spin_lock_irqsave(&zone.lock, flags);
	buddy_give(&zone.buddy, folio_pfn(folio), order);
	spin_unlock_irqrestore(&zone.lock, flags);
}

void free_folio(struct folio *folio)
{
	struct per_cpu_pages *pcp;
	unsigned long flags;

	check_free(folio);
	folio->flags = 0;
	count_vm_events(PGFREE, 1L << folio->order);
	if (unlikely(folio->order)) {
		free_large(folio);
		return;
	}
	flags = local_irq_save();
	pcp = &pcps[smp_processor_id()];
	pcp_give(pcp, folio);
	if (unlikely(pcp->count > PCP_HIGH))
		pcp_flush(pcp, PCP_BATCH);
	local_irq_restore(flags);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct folio *folio = alloc_folio(gfp, order);

	return folio ? (unsigned long)folio_address(folio) : 0;
}

void free_pages(unsigned long addr, unsigned int order)
{
	struct folio *folio;

	if (!addr)
		return;
	folio = virt_to_folio((void *)addr);
	DEBUG_BUG_ON(folio->order != order);
	folio_put(folio);
}

/* --- numbers --- */

unsigned long zone_free_pages(void)
{
	return READ_ONCE(zone.buddy.free_frames);
}

int pcp_count(int cpu)
{
	return READ_ONCE(pcps[cpu].count);
}

unsigned long nr_free_pages(void)
{
	unsigned long free = zone_free_pages();

	for (int i = 0; i < nr_harts; i++)
		free += pcp_count(i);
	return free;
}

unsigned long totalram_pages(void)
{
	return zone.managed;
}

/*
 * Free beyond what reclaim defends, and of the page cache all but the half, or `low`, that is in
 * constant use.
 */
unsigned long si_mem_available(void)
{
	unsigned long low = zone.watermark[WMARK_LOW], free = nr_free_pages(),
		      file = lru_size(KIND_FILE);

	free = free > zone.watermark[WMARK_HIGH] ? free - zone.watermark[WMARK_HIGH] : 0;
	return free + file - min(file / 2, low);
}

void buddy_counts(unsigned long nr_free[MAX_ORDER])
{
	unsigned long flags;

	spin_lock_irqsave(&zone.lock, flags);
	for (int order = 0; order < MAX_ORDER; order++)
		nr_free[order] = zone.buddy.nr_free[order];
	spin_unlock_irqrestore(&zone.lock, flags);
}

/* --- I1 to I4, for mm_check() --- */

static const char *check_block(struct folio *folio, unsigned int order)
{
	unsigned long pfn = folio_pfn(folio), other = pfn ^ 1UL << order;

	if (folio->flags != BIT(PG_buddy) || folio->order != order ||
	    (pfn & ((1UL << order) - 1)) || folio_ref_count(folio))
		return "buddy I1";
	if (order < MAX_ORDER - 1 && pfn_valid(other) &&
	    (pfn_folio(other)->flags & BIT(PG_buddy)) && pfn_folio(other)->order == order)
		return "buddy I2";
	return NULL;
}

static const char *check_free_lists(unsigned long *where)
{
	unsigned long frames = 0;

	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		unsigned long blocks = 0;
		struct folio *folio;

		list_for_each_entry(folio, &zone.buddy.free_list[order], lru) {
			const char *broken = check_block(folio, order);

			*where = folio_pfn(folio);
			if (broken)
				return broken;
			blocks++;
		}
		if (blocks != zone.buddy.nr_free[order])
			return "buddy I3";
		frames += blocks << order;
	}
	return frames == zone.buddy.free_frames ? NULL : "buddy I3";
}

static const char *check_pcp(const struct per_cpu_pages *pcp, unsigned long *where)
{
	int count = 0;
	struct folio *folio;

	list_for_each_entry(folio, &pcp->list, lru) {
		*where = folio_pfn(folio);
		if (folio->flags || folio_ref_count(folio))
			return "page_alloc I4";
		count++;
	}
	return count == pcp->count ? NULL : "page_alloc I4";
}

int check_page_alloc(void)
{
	unsigned long flags, where = 0;
	const char *broken;

	spin_lock_irqsave(&zone.lock, flags);
	broken = check_free_lists(&where);
	if (!broken)
		broken = check_pcp(&pcps[smp_processor_id()], &where);
	spin_unlock_irqrestore(&zone.lock, flags);
	return broken ? mm_check_failed(broken, "free lists, at frame 0x%lx", where) : 0;
}
