// SPDX-License-Identifier: MIT
/*
 * When memory is short:
 *
 *   free frames      high ───────────────────────────────────────────────────────────
 *                    low  ─ ─ ─ kswapd is woken; it goes on until `high` is free ─ ─ ─
 *                    min  ─ ─ ─ who allocates reclaims himself ("direct reclaim") ─ ─ ─
 *
 * Both do rounds, each looking at twice as much as the one before; the first may find enough in
 * 1/4096 of the folios, the last looks at all.  A round divides its work between the page cache and
 * anonymous memory (scan_balance), takes candidates from the policy in batches of 32, and sends
 * each batch through shrink_folio_list:
 *
 *   facts    lock; was it used? (rmap)        │ locked by others                    ADD_FAILED
 *   judge    the policy's word                │ KEEP                                ADD_KEPT
 *   evict    a slot, if it has no store       │ no swap, busy                       ADD_FAILED
 *            out of all page tables           │ mlocked meanwhile                   ADD_FAILED
 *            clean?                           │ file: the flusher's work            ADD_FAILED
 *                                             │ swap: write-out begins         later: ADD_CLEANED
 *            out of its cache, shadow left ──> freed
 *
 * Reclaim never waits for the disk with a folio in hand, enters no file system, and allocates only
 * what it may take from below `min`.
 *
 * V1 A folio leaves its cache by reclaim only when it is clean, unmapped, not under writeback,
 *    locked by us, and the cache and we are all who refer to it.
 * V2 A folio whose write-out began here keeps our reference until it is handed back.
 */
#include "mm/vmscan.h"

#include "drivers/block.h"
#include "fs/address_space.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "mm/balance_dirty.h"
#include "mm/filemap.h"
#include "mm/page_alloc.h"
#include "mm/page_io.h"
#include "mm/reclaim_policy.h"
#include "mm/rmap.h"
#include "mm/shrinker.h"
#include "mm/shmem_swap.h"
#include "mm/slab.h"
#include "mm/swap_state.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define MAX_FAILURES	16		/* then kswapd leaves it to direct reclaim */

int vm_swappiness = 60;

static DEFINE_WAIT_QUEUE_HEAD(kswapd_wait);
static bool kswapd_wanted;
static int kswapd_failures;			/* rounds in a row that freed nothing */

/* What one call for reclaim may do, and what it found. */
struct scan_control {
	gfp_t gfp;
	bool kswapd;
	struct rmap_batch rmap;			/* where entries were taken away */
	/*
	 * Not NULL: everything that is clean and unmapped goes, whatever the policy says; what does
	 * not is kept here, so that it is not met again.
	 */
	struct list_head *drop_all;
	struct policy_scan scan;
	unsigned long nr_dirty;			/* met, of files */
	unsigned long nr_writeback;		/* met or begun */
	unsigned long nr_pageout;		/* begun; by batch */
	unsigned long nr_scanned, nr_reclaimed;
};

/* 32 folios on their way; where each ends.  The arrays are as full as their numbers say. */
struct batch {
	unsigned int nr;
	struct folio *folio[SWAP_CLUSTER_MAX];
	struct folio_facts facts[SWAP_CLUSTER_MAX];
	enum fate fate[SWAP_CLUSTER_MAX];
	unsigned int nr_kept, nr_failed;
	struct folio *kept[SWAP_CLUSTER_MAX], *failed[SWAP_CLUSTER_MAX];
};

/* --- tracing --- */

static inline void trace_reclaim(enum trace_reclaim_op op, const struct scan_control *sc,
				 u64 scanned, u64 freed)
{
	TRACE(TRACE_RECLAIM, op, sc->scan.kind, sc->scan.priority, scanned, freed);
}

static inline void trace_folio(enum trace_reclaim_op op, const struct scan_control *sc,
			       struct folio *folio)
{
	TRACE(TRACE_RECLAIM, op, folio_kind(folio), sc->scan.priority, folio_pfn(folio), 0);
}

static void trace_folios(enum trace_reclaim_op op, const struct scan_control *sc,
			 struct folio **folios, unsigned int nr)
{
	for (unsigned int i = 0; trace_is_on(TRACE_RECLAIM) && i < nr; i++)
		trace_folio(op, sc, folios[i]);
}

/* --- facts --- */

static void gather_facts(struct folio *folio, struct folio_facts *facts, struct rmap_batch *rmap)
{
	unsigned long vm_flags = 0;

	*facts = (struct folio_facts){
		.kind = folio_kind(folio),
		.mapped = folio_mapped(folio),
		.dirty = folio_test_dirty(folio),
		.touched = folio_test_clear_referenced(folio) + folio_test_clear_active(folio),
	};
	if (facts->mapped)
		facts->referenced = folio_referenced(folio, rmap, &vm_flags);
	facts->executable = vm_flags & VM_EXEC;
}

/* Locks what it can of @folios; the rest has failed. */
static void lock_batch(struct batch *b, struct folio **folios, unsigned int nr)
{
	struct rmap_batch rmap = { };

	b->nr = b->nr_kept = b->nr_failed = 0;
	for (unsigned int i = 0; i < nr; i++) {
		if (!folio_trylock(folios[i])) {
			b->failed[b->nr_failed++] = folios[i];
			continue;
		}
		b->folio[b->nr] = folios[i];
		gather_facts(folios[i], &b->facts[b->nr++], &rmap);
	}
	rmap_batch_finish(&rmap);
}

/* --- one folio; locked --- */

enum outcome { FREED, BUSY, WRITING };

/* Of shared memory, and not on its way out yet. */
static bool is_shmem(const struct folio *folio)
{
	return folio_test_swapbacked(folio) && !folio_test_anon(folio) &&
	       !folio_test_swapcache(folio);
}

/* It has a place to go to, or gets one. */
static bool has_store(struct folio *folio, const struct scan_control *sc)
{
	if (folio_test_swapcache(folio))
		return true;
	if (!folio_test_swapbacked(folio))
		/* After MADV_FREE it needs none. */
		return folio_test_anon(folio) || folio_mapping(folio);
	if (!(sc->gfp & __GFP_IO) || sc->drop_all)
		return false;
	if (folio_test_anon(folio))
		return add_to_swap(folio);
	return folio_mapping(folio) && shmem_may_swap(folio);
}

static bool unmap_folio(struct folio *folio, struct scan_control *sc)
{
	if (!folio_mapped(folio))
		return true;
	/* A dirty page of a file cannot go now, and would have to be faulted in again. */
	if (!folio_test_swapbacked(folio) && !folio_test_anon(folio) && folio_test_dirty(folio))
		return false;
	return !sc->drop_all && try_to_unmap(folio, &sc->rmap);
}

/* Out of the swap cache, if nobody but the cache and we refer to it (V1). */
static bool remove_swap_mapping(struct folio *folio)
{
	swp_entry_t entry = folio_swap_entry(folio);
	struct address_space *space = swap_address_space(entry);
	int expected = 2;
	bool removed = false;

	spin_lock(&space->i_pages_lock);
	if (atomic_try_cmpxchg(&folio->_refcount, &expected, 0)) {
		removed = !folio_test_dirty(folio);
		if (removed)
			__delete_from_swap_cache(folio, policy_evicted(KIND_ANON, folio));
		atomic_set(&folio->_refcount, removed ? 1 : 2);
	}
	spin_unlock(&space->i_pages_lock);
	if (removed)
		put_swap_slot(entry);
	return removed;
}

static bool remove_folio(struct folio *folio, struct scan_control *sc)
{
	struct address_space *mapping = folio_mapping(folio);

	if (folio_test_swapcache(folio))
		return remove_swap_mapping(folio);
	if (folio_test_anon(folio)) {
		count_vm_event(PGLAZYFREED);
		return folio_ref_count(folio) == 1;
	}
	if (!mapping)
		return false;
	if (folio_test_private(folio) &&
	    (!mapping->a_ops->release_folio || !mapping->a_ops->release_folio(folio, sc->gfp)))
		return false;
	return remove_mapping(mapping, folio, !sc->drop_all);
}

/* It was written out at once, and is ours again. */
static enum outcome evict_written(struct folio *folio)
{
	bool removed;

	if (!folio_trylock(folio))
		return BUSY;
	removed = folio_test_swapcache(folio) && !folio_test_dirty(folio) &&
		  remove_swap_mapping(folio);
	folio_unlock(folio);
	return removed ? FREED : BUSY;
}

/* Begins to write it to its slot; unlocks. */
static enum outcome pageout(struct folio *folio, struct scan_control *sc)
{
	if (!(sc->gfp & __GFP_IO)) {
		folio_unlock(folio);
		return BUSY;
	}
	folio_clear_dirty(folio);
	if (!swap_writepage(folio))
		return BUSY;
	sc->nr_pageout++;
	/* The reference is not ours now: where the area is memory, it may be had back. */
	if (folio_take_cleaned(folio))
		return evict_written(folio);
	sc->nr_writeback++;
	TRACE(TRACE_RECLAIM, TRACE_RECLAIM_WRITING, KIND_ANON, sc->scan.priority, folio_pfn(folio),
	      0);
	return WRITING;
}

/*
 * Makes it nobody's but its cache's. False: it cannot go; else all that is left to do is behind the
 * fence.
 */
static bool detach_folio(struct folio *folio, struct scan_control *sc)
{
	bool detached = false;

	if (folio_test_writeback(folio))
		sc->nr_writeback++;
	else if (!folio_test_swapbacked(folio) || !folio_maybe_dma_pinned(folio))
		detached = has_store(folio, sc) && unmap_folio(folio, sc);
	sc->nr_dirty += folio_test_dirty(folio) && !folio_test_swapbacked(folio);
	return detached;
}

/* Behind the fence; unlocks.  FREED: our reference is the last. */
static enum outcome evict_folio(struct folio *folio, struct scan_control *sc)
{
	enum outcome outcome = BUSY;

	if (is_shmem(folio) && !shmem_writepage(folio)) {
		folio_unlock(folio);
		return BUSY;
	}
	if (!folio_test_dirty(folio))
		outcome = remove_folio(folio, sc) ? FREED : BUSY;
	else if (folio_test_swapcache(folio))
		return pageout(folio, sc);
	folio_unlock(folio);
	return outcome;
}

/* --- a batch --- */

/*
 * Sorts out what stays, unlocked; of the rest, which is detached, b->folio[] keeps the first ones.
 */
static void detach_batch(struct batch *b, struct scan_control *sc)
{
	unsigned int nr = b->nr;

	b->nr = 0;
	for (unsigned int i = 0; i < nr; i++) {
		struct folio *folio = b->folio[i];
		bool keep = b->fate[i] == KEEP && sc->scan.priority;

		if (!keep && detach_folio(folio, sc)) {
			b->folio[b->nr++] = folio;
			continue;
		}
		folio_unlock(folio);
		if (keep)
			b->kept[b->nr_kept++] = folio;
		else
			b->failed[b->nr_failed++] = folio;
	}
}

static void evict_batch(struct batch *b, struct scan_control *sc)
{
	for (unsigned int i = 0; i < b->nr; i++) {
		enum outcome outcome = evict_folio(b->folio[i], sc);

		if (outcome == FREED) {
			sc->nr_reclaimed++;
			trace_folio(TRACE_RECLAIM_FREED, sc, b->folio[i]);
			folio_put(b->folio[i]);
		} else if (outcome == BUSY) {
			b->failed[b->nr_failed++] = b->folio[i];
		}
	}
	if (sc->nr_pageout) {
		count_vm_events(NR_VMSCAN_WRITE, sc->nr_pageout);
		lru_note_cost(KIND_ANON, sc->nr_pageout);
		sc->nr_pageout = 0;
	}
}

/* Of @nr folios with references, which all go to somebody else. */
static void shrink_folio_list(struct folio **folios, unsigned int nr, struct scan_control *sc)
{
	struct batch b;
	struct blk_plug plug;

	lock_batch(&b, folios, nr);
	if (likely(!sc->drop_all))
		judge_folios(&sc->scan, b.folio, b.facts, b.fate, b.nr);
	detach_batch(&b, sc);
	rmap_batch_finish(&sc->rmap);
	blk_start_plug(&plug);
	evict_batch(&b, sc);
	blk_finish_plug(&plug);
	if (unlikely(sc->drop_all)) {
		for (unsigned int i = 0; i < b.nr_failed; i++)
			list_add_tail(&b.failed[i]->lru, sc->drop_all);
		return;
	}
	trace_folios(TRACE_RECLAIM_KEPT, sc, b.kept, b.nr_kept);
	trace_folios(TRACE_RECLAIM_FAILED, sc, b.failed, b.nr_failed);
	putback_lru_folios(b.kept, b.nr_kept, ADD_KEPT);
	putback_lru_folios(b.failed, b.nr_failed, ADD_FAILED);
}

/* The same; meanwhile they count as isolated. */
static void shrink_isolated(struct folio **folios, unsigned int nr, struct scan_control *sc)
{
	unsigned int anon = 0;

	for (unsigned int i = 0; i < nr; i++)
		anon += folio_kind(folios[i]) == KIND_ANON;
	mod_state(NR_ISOLATED_ANON, anon);
	mod_state(NR_ISOLATED_FILE, nr - anon);
	shrink_folio_list(folios, nr, sc);
	mod_state(NR_ISOLATED_ANON, -(long)anon);
	mod_state(NR_ISOLATED_FILE, (long)anon - nr);
}

/* Looks at @nr folios of the kind that sc->scan names; false: there are no more. */
static bool __shrink_kind(unsigned long nr, struct scan_control *sc)
{
	struct folio *folios[SWAP_CLUSTER_MAX];
	unsigned long scanned = 0;

	while (scanned < nr) {
		unsigned long before = scanned;
		unsigned int taken = isolate_lru_folios(&sc->scan, folios,
							min(nr - scanned, SWAP_CLUSTER_MAX),
							&scanned);

		if (scanned == before)
			return false;
		sc->nr_scanned += scanned - before;
		shrink_isolated(folios, taken, sc);
		cond_resched();
	}
	return true;
}

static bool shrink_kind(unsigned long nr, struct scan_control *sc)
{
	unsigned long scanned = sc->nr_scanned, reclaimed = sc->nr_reclaimed;
	bool more = __shrink_kind(nr, sc), anon = sc->scan.kind == KIND_ANON;

	count_vm_events(anon ? PGSCAN_ANON : PGSCAN_FILE, sc->nr_scanned - scanned);
	count_vm_events(anon ? PGSTEAL_ANON : PGSTEAL_FILE, sc->nr_reclaimed - reclaimed);
	trace_reclaim(TRACE_RECLAIM_SCAN, sc, sc->nr_scanned - scanned,
		      sc->nr_reclaimed - reclaimed);
	return more;
}

void reclaim_pages(struct folio **folios, unsigned int nr)
{
	struct scan_control sc = { .gfp = GFP_KERNEL };

	if (nr)
		shrink_isolated(folios, nr, &sc);
}

/* --- files or anonymous memory --- */

/*
 * What both have cost lately: pages read back and written out; the larger it is, the less is taken.
 */
static unsigned long lru_cost[NR_KINDS];

void lru_note_cost(enum folio_kind kind, unsigned long nr_pages)
{
	unsigned long total, size = lru_size(KIND_FILE) + lru_size(KIND_ANON);

	/* Hints only: a lost update does no harm. */
	WRITE_ONCE(lru_cost[kind], lru_cost[kind] + nr_pages);
	total = lru_cost[KIND_FILE] + lru_cost[KIND_ANON];
	if (total > size / 4) {
		WRITE_ONCE(lru_cost[KIND_FILE], lru_cost[KIND_FILE] / 2);
		WRITE_ONCE(lru_cost[KIND_ANON], lru_cost[KIND_ANON] / 2);
	}
}

/*
 * How many folios of each kind to look at.  The weights are swappiness against 200 minus it, each
 * divided by what its kind has cost.
 */
static void scan_balance(int priority, unsigned long nr[NR_KINDS])
{
	unsigned long file = lru_size(KIND_FILE), anon = lru_size(KIND_ANON);
	unsigned long total_cost, weight[NR_KINDS], denominator;

	nr[KIND_FILE] = file >> priority;
	nr[KIND_ANON] = anon >> priority;
	if (!get_nr_swap_pages() || !vm_swappiness) {
		nr[KIND_ANON] = 0;
		return;
	}
	/*
	 * The last round takes both in full; and so little page cache is in use, or it would be
	 * more.
	 */
	if (!priority)
		return;
	if (file + zone_free_pages() <= zone.watermark[WMARK_HIGH]) {
		nr[KIND_FILE] = 0;
		return;
	}
	total_cost = READ_ONCE(lru_cost[KIND_FILE]) + READ_ONCE(lru_cost[KIND_ANON]);
	weight[KIND_ANON] = vm_swappiness * (2 * total_cost + 1) /
			    (total_cost + READ_ONCE(lru_cost[KIND_ANON]) + 1);
	weight[KIND_FILE] = (200 - vm_swappiness) * (2 * total_cost + 1) /
			    (total_cost + READ_ONCE(lru_cost[KIND_FILE]) + 1);
	denominator = weight[KIND_ANON] + weight[KIND_FILE] + 1;
	for (enum folio_kind kind = 0; kind < NR_KINDS; kind++)
		nr[kind] = nr[kind] * weight[kind] / denominator;
}

/* One round: of each kind in small steps, so that neither goes alone when little is wanted. */
static void shrink_lruvec(struct scan_control *sc, unsigned long goal)
{
	unsigned long nr[NR_KINDS];

	scan_balance(sc->scan.priority, nr);
	if (!nr[KIND_FILE] && !nr[KIND_ANON])
		nr[KIND_FILE] = SWAP_CLUSTER_MAX;
	while ((nr[KIND_FILE] || nr[KIND_ANON]) && sc->nr_reclaimed < goal)
		for (enum folio_kind kind = 0; kind < NR_KINDS; kind++) {
			unsigned long part = min(nr[kind], SWAP_CLUSTER_MAX);

			sc->scan.kind = kind;
			nr[kind] = part && shrink_kind(part, sc) ? nr[kind] - part : 0;
		}
}

/* --- when --- */

static void count_scan(const struct scan_control *sc)
{
	count_vm_events(sc->kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, sc->nr_scanned);
	count_vm_events(sc->kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, sc->nr_reclaimed);
}

/* What is being written will be free soon: better than to spin through the lists. */
static void wait_for_writes(struct scan_control *sc)
{
	if (sc->nr_dirty)
		wakeup_flusher_threads();
	if (sc->nr_writeback || (sc->nr_dirty && sc->scan.priority < DEF_PRIORITY - 2 &&
				 (sc->gfp & __GFP_FS)))
		writeback_throttle_reclaim();
	sc->nr_dirty = sc->nr_writeback = 0;
}

/* Each round looks at twice as much; the last one at everything, empty slabs too. */
static unsigned long shrink_memory(struct scan_control *sc, unsigned long goal)
{
	unsigned long slab = 0;

	for (int priority = DEF_PRIORITY; priority >= 0; priority--) {
		sc->scan.priority = priority;
		shrink_lruvec(sc, goal);
		slab += shrink_slab(sc->gfp, priority);
		/* It asks the harts: only if nothing else was to be had. */
		if (!priority && !sc->nr_reclaimed)
			slab += slab_shrink();
		if (sc->nr_reclaimed + slab >= goal)
			break;
		wait_for_writes(sc);
	}
	count_scan(sc);
	if (slab)
		trace_reclaim(TRACE_RECLAIM_SLAB, sc, 0, slab);
	trace_reclaim(sc->kswapd ? TRACE_RECLAIM_KSWAPD : TRACE_RECLAIM_DIRECT, sc,
		      sc->nr_scanned, sc->nr_reclaimed);
	return sc->nr_reclaimed + slab;
}

unsigned long try_to_free_pages(unsigned int order, gfp_t gfp)
{
	struct scan_control sc = { .gfp = gfp };
	unsigned long freed = shrink_memory(&sc, max(SWAP_CLUSTER_MAX, 2UL << order));

	/* There is something to be had again. */
	if (freed)
		WRITE_ONCE(kswapd_failures, 0);
	return freed;
}

/* As the simulator does: one look after another, and a round over all of them at each priority. */
bool reclaim_one(enum folio_kind kind)
{
	struct scan_control sc = { .gfp = GFP_KERNEL, .scan.kind = kind };

	for (int priority = DEF_PRIORITY; priority >= 0 && !sc.nr_reclaimed; priority--) {
		unsigned long left;

		/* Those that the round before wrote out are among them. */
		lru_add_drain();
		left = lru_size(kind);
		sc.scan.priority = priority;
		for (; left && !sc.nr_reclaimed && shrink_kind(1, &sc); left--)
			wait_for_writes(&sc);
	}
	count_scan(&sc);
	return sc.nr_reclaimed;
}

void drop_pagecache(void)
{
	LIST_HEAD(rest);
	struct scan_control sc = { .gfp = GFP_KERNEL, .drop_all = &rest };
	struct folio *folio, *next;

	count_vm_event(DROP_PAGECACHE);
	shrink_kind(ULONG_MAX, &sc);
	list_for_each_entry_safe(folio, next, &rest, lru) {
		list_del(&folio->lru);
		putback_lru_folios(&folio, 1, ADD_FAILED);
	}
	count_scan(&sc);
}

/* Until `high` is free, or nothing more is to be had. */
static void balance_zone(void)
{
	unsigned long freed = 1;

	count_vm_event(PAGEOUTRUN);
	while (freed && zone_free_pages() < zone.watermark[WMARK_HIGH]) {
		struct scan_control sc = { .gfp = GFP_KERNEL, .kswapd = true };

		freed = shrink_memory(&sc, SWAP_CLUSTER_MAX);
	}
	WRITE_ONCE(kswapd_failures, freed ? 0 : kswapd_failures + 1);
}

/* Returns when there is work, or when the policy is to age. */
static void wait_for_work(ktime_t next_age)
{
	if (policy_age_ms())
		wait_event_idle_timeout(&kswapd_wait, READ_ONCE(kswapd_wanted),
					next_age - ktime_get_ns());
	else
		wait_event_idle(&kswapd_wait, READ_ONCE(kswapd_wanted) || policy_age_ms());
}

static void kswapd(void *unused)
{
	ktime_t next_age = 0;

	current->flags |= PF_MEMALLOC;
	for (;;) {
		wait_for_work(next_age);
		if (READ_ONCE(kswapd_wanted)) {
			WRITE_ONCE(kswapd_wanted, false);
			balance_zone();
		}
		if (policy_age_ms() && (ktime_t)ktime_get_ns() >= next_age) {
			lru_age();
			next_age = ktime_get_ns() + policy_age_ms() * NSEC_PER_MSEC;
		}
	}
}

void kswapd_policy_changed(void)
{
	wake_up(&kswapd_wait);
}

void wake_kswapd(void)
{
	if (READ_ONCE(kswapd_wanted) || READ_ONCE(kswapd_failures) >= MAX_FAILURES)
		return;
	TRACE(TRACE_RECLAIM, TRACE_RECLAIM_WAKE, 0, 0, 0, 0);
	smp_store_mb(kswapd_wanted, true);
	if (waitqueue_active(&kswapd_wait))
		wake_up(&kswapd_wait);
}

static void vmscan_init(void)
{
	kthread_run(kswapd, NULL, "kswapd0");
}
late_initcall(vmscan_init);
