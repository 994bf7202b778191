// SPDX-License-Identifier: MIT
/*
 * A clock over the page cache:
 *
 *   folio_add_lru ──> head ────────── lru ────────── tail ──> isolate up to 32 ──> reclaim_folio
 *                      ^                                                              │      │
 *                      └── referenced since, dirty, mlocked, locked, in use ──────────┘      v
 *                                                                                          free
 *
 * The lock is held for moving folios, a batch at a time, never while one is worked on.  Isolating
 * takes a reference; a folio whose last reference has just gone belongs to who frees it, who will
 * take it off the list himself.
 *
 * A mapped folio is referenced if an entry that maps it has been used; looking makes the entries
 * old, and one fence for the batch has the harts note the next use.  Found old the next time round,
 * it is unmapped, and goes like any other.
 *
 * I1  PG_lru is set if and only if the folio is on the list; it changes under lru_lock.
 * I2  A folio leaves the page cache by reclaim only when it is clean, unmapped, not under
 *     writeback, locked by us, and the cache and we are all who refer to it.
 */
#include "mm/vmscan.h"

#include "arch/riscv/tlb.h"
#include "fs/address_space.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/wait.h"
#include "mm/balance_dirty.h"
#include "mm/check.h"
#include "mm/filemap.h"
#include "mm/page_alloc.h"
#include "mm/rmap.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define SHRINK_BATCH	128UL		/* objects between two looks at the scheduler */
#define MAX_FAILURES	16		/* then kswapd leaves it to direct reclaim */

static LIST_HEAD(lru);
static DEFINE_SPINLOCK(lru_lock, RANK_RECLAIM);
static DEFINE_WAIT_QUEUE_HEAD(kswapd_wait);
static bool kswapd_wanted;
static int kswapd_failures;			/* rounds in a row that freed nothing */

static LIST_HEAD(shrinkers);			/* only ever grows, at boot */
static DEFINE_SPINLOCK(shrinkers_lock, RANK_RECLAIM);

/* What one call for reclaim may do, and what it found. */
struct scan_control {
	gfp_t gfp;
	bool force;				/* referenced ones too, but none that is mapped */
	bool kswapd;
	struct tlb_batch tlb;			/* entries were made old there */
	unsigned long nr_dirty;			/* met on the way */
	unsigned long nr_reclaimed;
};

/* --- the list --- */

/* Anonymous, and stored to since MADV_FREE, or never freed: there is nowhere to put its content. */
static bool keeps_content(const struct folio *folio)
{
	return folio_test_anon(folio) && folio_test_swapbacked(folio);
}

/*
 * True: it is on the list now.  False: it was already, or is mlocked and comes when it no longer
 * is, or is none of ours any more.
 */
static bool add_locked(struct folio *folio)
{
	if (unlikely(folio_test_lru(folio) || keeps_content(folio)))
		return false;
	if (unlikely(folio_test_mlocked(folio))) {
		folio_set_unevictable(folio);
		return false;
	}
	set_bit(PG_lru, &folio->flags);
	list_add(&folio->lru, &lru);
	return true;
}

static void del_locked(struct folio *folio)
{
	clear_bit(PG_lru, &folio->flags);
	list_del(&folio->lru);
}

void folio_add_lru_batch(struct folio **folios, unsigned int nr)
{
	unsigned int added = 0;

	spin_lock(&lru_lock);
	for (unsigned int i = 0; i < nr; i++)
		added += add_locked(folios[i]);
	spin_unlock(&lru_lock);
	mod_state(NR_INACTIVE_FILE, added);
}

void folio_add_lru(struct folio *folio)
{
	if (folio_mapping(folio))
		folio_add_lru_batch(&folio, 1);
}

void folio_del_lru(struct folio *folio)
{
	bool was_on;

	spin_lock(&lru_lock);
	was_on = folio_test_lru(folio);
	if (was_on)
		del_locked(folio);
	spin_unlock(&lru_lock);
	if (was_on)
		dec_state(NR_INACTIVE_FILE);
}

void folio_mark_accessed(struct folio *folio)
{
	if (!folio_test_referenced(folio))
		folio_set_referenced(folio);
}

unsigned long lru_size(void)
{
	return vm_state(NR_INACTIVE_FILE);
}

/* Takes up to @nr folios off the tail, with a reference each; *@looked counts all that it met. */
static unsigned int isolate_folios(struct folio **batch, unsigned int nr, unsigned long *looked)
{
	unsigned int taken = 0;

	spin_lock(&lru_lock);
	for (unsigned int i = 0; i < nr && !list_empty(&lru); i++) {
		struct folio *folio = list_last_entry(&lru, struct folio, lru);

		++*looked;
		if (!folio_try_get(folio)) {
			list_move(&folio->lru, &lru);
			continue;
		}
		del_locked(folio);
		batch[taken++] = folio;
	}
	spin_unlock(&lru_lock);
	return taken;
}

static void putback_folios(struct folio **batch, unsigned int nr)
{
	unsigned int added = 0;

	spin_lock(&lru_lock);
	for (unsigned int i = 0; i < nr; i++)
		added += add_locked(batch[i]);
	spin_unlock(&lru_lock);
	mod_state(NR_INACTIVE_FILE, (long)added - nr);
	/* One that was truncated meanwhile goes with our reference, and off the list again. */
	for (unsigned int i = 0; i < nr; i++)
		folio_put(batch[i]);
}

/* --- single ones --- */

void folio_mark_lazyfree(struct folio *folio)
{
	bool added = false;

	spin_lock(&lru_lock);
	if (folio_test_swapbacked(folio)) {
		folio_clear_swapbacked(folio);
		folio_clear_referenced(folio);
		added = add_locked(folio);
	}
	spin_unlock(&lru_lock);
	mod_state(NR_INACTIVE_FILE, added);
	count_vm_events(PGLAZYFREE, added);
}

void folio_deactivate(struct folio *folio)
{
	spin_lock(&lru_lock);
	if (folio_test_lru(folio))
		list_move_tail(&folio->lru, &lru);
	spin_unlock(&lru_lock);
}

bool folio_isolate_lru(struct folio *folio)
{
	bool isolated;

	spin_lock(&lru_lock);
	isolated = folio_test_lru(folio) && folio_try_get(folio);
	if (isolated)
		del_locked(folio);
	spin_unlock(&lru_lock);
	return isolated;
}

/* --- mlocked folios --- */

/*
 * Makes PG_mlocked what mlock_count says.  The count is read under the lock: of two who changed it
 * at once, the second to come here sees both changes.
 */
static void update_mlocked(struct folio *folio)
{
	bool locked;
	int listed = 0;

	spin_lock(&lru_lock);
	locked = atomic_read(&folio->mlock_count);
	if (locked && !folio_test_set_mlocked(folio)) {
		mod_state(NR_MLOCK, 1);
		mod_state(NR_UNEVICTABLE, 1);
		if (folio_test_lru(folio)) {
			del_locked(folio);
			folio_set_unevictable(folio);
			listed = -1;
		}
	} else if (!locked && folio_test_clear_mlocked(folio)) {
		mod_state(NR_MLOCK, -1);
		mod_state(NR_UNEVICTABLE, -1);
		if (folio_test_clear_unevictable(folio))
			listed = add_locked(folio);
	}
	spin_unlock(&lru_lock);
	mod_state(NR_INACTIVE_FILE, listed);
}

void mlock_folio(struct folio *folio)
{
	if (atomic_inc_return(&folio->mlock_count) == 1)
		update_mlocked(folio);
}

void munlock_folio(struct folio *folio)
{
	DEBUG_BUG_ON(!atomic_read(&folio->mlock_count));
	if (atomic_dec_and_test(&folio->mlock_count))
		update_mlocked(folio);
}

/* --- shrinking it --- */

/* Locked; true: nobody maps it, any more or at all. */
static bool unmap_old_folio(struct folio *folio, struct scan_control *sc)
{
	if (!folio_mapped(folio))
		return true;
	return !sc->force && !folio_referenced(folio, &sc->tlb) && try_to_unmap(folio);
}

/* After MADV_FREE.  True: ours alone, and nobody wants its content. */
static bool reclaim_lazyfree_folio(struct folio *folio, struct scan_control *sc)
{
	if (keeps_content(folio) || !unmap_old_folio(folio, sc) || folio_ref_count(folio) != 1)
		return false;
	count_vm_event(PGLAZYFREED);
	return true;
}

/* True: out of the cache, and ours alone. */
static bool reclaim_locked_folio(struct folio *folio, struct scan_control *sc)
{
	struct address_space *mapping = folio_mapping(folio);

	if (folio_test_anon(folio))
		return reclaim_lazyfree_folio(folio, sc);
	if (!mapping || folio_test_writeback(folio))
		return false;
	/* A dirty one stays mapped: it cannot go now, and would have to be faulted in again. */
	if (folio_test_dirty(folio) || !unmap_old_folio(folio, sc) || folio_test_dirty(folio)) {
		sc->nr_dirty += folio_test_dirty(folio);
		return false;
	}
	if (folio_test_private(folio) &&
	    (!mapping->a_ops->release_folio || !mapping->a_ops->release_folio(folio, sc->gfp)))
		return false;
	return remove_mapping(mapping, folio);
}

static bool reclaim_folio(struct folio *folio, struct scan_control *sc)
{
	bool done;

	if (folio_test_referenced(folio) && !sc->force) {
		folio_clear_referenced(folio);
		return false;
	}
	if (!folio_trylock(folio))
		return false;
	done = reclaim_locked_folio(folio, sc);
	folio_unlock(folio);
	return done;
}

/* Those of the isolated folios that could not be freed go back; the number of those that were. */
static unsigned int shrink_batch(struct folio **batch, unsigned int nr, struct scan_control *sc)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (!reclaim_folio(batch[i], sc)) {
			batch[kept++] = batch[i];
			continue;
		}
		dec_state(NR_INACTIVE_FILE);
		folio_put(batch[i]);
	}
	tlb_batch_flush(&sc->tlb);
	putback_folios(batch, kept);
	return nr - kept;
}

void reclaim_pages(struct folio **folios, unsigned int nr)
{
	struct scan_control sc = { .gfp = GFP_KERNEL };

	if (nr)
		shrink_batch(folios, nr, &sc);
}

/* Looks at @nr folios of the list. */
static void shrink_list(unsigned long nr, struct scan_control *sc)
{
	struct folio *batch[SWAP_CLUSTER_MAX];
	unsigned long looked = 0, freed = 0;

	while (looked < nr) {
		unsigned long before = looked;
		unsigned int taken;

		taken = isolate_folios(batch, min(nr - looked, SWAP_CLUSTER_MAX), &looked);
		if (looked == before)
			break;
		freed += shrink_batch(batch, taken, sc);
		cond_resched();
	}
	sc->nr_reclaimed += freed;
	count_vm_events(sc->kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, looked);
	count_vm_events(sc->kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, freed);
}

/* --- the caches of others --- */

void register_shrinker(struct shrinker *shrinker)
{
	spin_lock(&shrinkers_lock);
	list_add_tail(&shrinker->list, &shrinkers);
	spin_unlock(&shrinkers_lock);
}

static unsigned long shrink_one(struct shrinker *shrinker, gfp_t gfp, int priority)
{
	struct shrink_control sc = { .gfp_mask = gfp };
	unsigned long left = shrinker->count_objects(shrinker, &sc) >> priority, freed = 0;

	while (left) {
		unsigned long ret;

		sc.nr_to_scan = min(left, SHRINK_BATCH);
		ret = shrinker->scan_objects(shrinker, &sc);
		if (ret == SHRINK_STOP)
			break;
		freed += ret;
		left -= min(left, SHRINK_BATCH);
		count_vm_events(SLABS_SCANNED, SHRINK_BATCH);
		cond_resched();
	}
	return freed;
}

unsigned long shrink_slab(gfp_t gfp, int priority)
{
	struct shrinker *shrinker;
	unsigned long freed = 0;

	list_for_each_entry(shrinker, &shrinkers, list)
		freed += shrink_one(shrinker, gfp, priority);
	return freed;
}

void drop_slab(void)
{
	count_vm_event(DROP_SLAB);
	/* A first look at what was used lately only makes it old. */
	for (int idle = 0; idle < 2;)
		idle = shrink_slab(GFP_KERNEL, 0) ? 0 : idle + 1;
	slab_shrink();
}

/* --- when --- */

/* Each round looks at twice as much; the last one at everything, empty slabs too. */
static unsigned long shrink_memory(struct scan_control *sc, unsigned long goal)
{
	for (int priority = DEF_PRIORITY; priority >= 0; priority--) {
		shrink_list(max(lru_size() >> priority, SWAP_CLUSTER_MAX), sc);
		sc->nr_reclaimed += shrink_slab(sc->gfp, priority);
		if (!priority)
			sc->nr_reclaimed += slab_shrink();
		if (sc->nr_reclaimed >= goal)
			break;
		if (sc->nr_dirty) {
			wakeup_flusher_threads();
			/*
			 * The flusher cleans what we must not; wait for it rather than spin through
			 * the list.
			 */
			if (priority < DEF_PRIORITY - 2 && (sc->gfp & __GFP_FS))
				writeback_throttle_reclaim();
		}
		sc->nr_dirty = 0;
	}
	return sc->nr_reclaimed;
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

void drop_pagecache(void)
{
	struct scan_control sc = { .gfp = GFP_KERNEL, .force = true };

	count_vm_event(DROP_PAGECACHE);
	shrink_list(lru_size(), &sc);
}

/* Until `high` is free, or nothing more is to be had. */
static void balance_zone(void)
{
	unsigned long freed = 1;

	while (freed && zone_free_pages() < zone.watermark[WMARK_HIGH]) {
		struct scan_control sc = { .gfp = GFP_KERNEL, .kswapd = true };

		freed = shrink_memory(&sc, SWAP_CLUSTER_MAX);
	}
	WRITE_ONCE(kswapd_failures, freed ? 0 : kswapd_failures + 1);
}

static void kswapd(void *unused)
{
	current->flags |= PF_MEMALLOC;
	for (;;) {
		wait_event(&kswapd_wait, READ_ONCE(kswapd_wanted));
		WRITE_ONCE(kswapd_wanted, false);
		balance_zone();
	}
}

void wake_kswapd(void)
{
	if (READ_ONCE(kswapd_wanted) || READ_ONCE(kswapd_failures) >= MAX_FAILURES)
		return;
	smp_store_mb(kswapd_wanted, true);
	if (waitqueue_active(&kswapd_wait))
		wake_up(&kswapd_wait);
}

/* I1, for mm_check(). */
static int check_lru(void)
{
	struct folio *folio;
	bool broken = false;

	spin_lock(&lru_lock);
	list_for_each_entry(folio, &lru, lru) {
		broken = !folio_test_lru(folio) || folio_test_mlocked(folio);
		if (broken)
			break;
	}
	spin_unlock(&lru_lock);
	if (!broken)
		return 0;
	return mm_check_failed("vmscan I1", "frame 0x%lx, flags 0x%lx", folio_pfn(folio),
			       folio->flags);
}

static struct mm_checker lru_checker = { .name = "lru", .check = check_lru };

static void vmscan_init(void)
{
	register_mm_checker(&lru_checker);
	kthread_run(kswapd, NULL, "kswapd0");
}
late_initcall(vmscan_init);
