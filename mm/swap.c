// SPDX-License-Identifier: MIT
/*
 *            folio_add_lru                 isolate_lru_folios
 *   new ──> [hart's nursery] ──> policy ────────────────────────> vmscan.c ──> freed, shadow left
 *                                 ^  ^                               │   │
 *                                 │  └──── kept, or it was busy ─────┘   └──> being written out
 *                                 │                                                    │
 *                                 └── [cleaned] <── folio_rotate_reclaimable, interrupt ┘
 *
 * Most folios are freed before memory is short, and nobody ever asks which of them should go.  So a
 * new one only joins the list of the hart that made it, its *nursery*, oldest last: a few
 * instructions.  Reclaim, when it wants candidates, first hands over to the policy what the
 * nurseries have; the policy thus hears of each folio in its order, and of most of them never.
 *
 * A folio that next() gives may be on its way to being free: its reference count is 0, and who
 * dropped the last one is about to wait for our lock in folio_del_lru().  It is forgotten here, and
 * he finds PG_lru clear: who frees it owns it.
 *
 * U1 PG_lru is set if and only if the policy or a nursery holds the folio; which nursery, say the
 *    bits from NURSERY_SHIFT on, in the same word.  They change under that nursery's lock, and
 *    from nursery to policy under lru_lock besides: who holds lru_lock and sees PG_lru without a
 *    nursery has it from the policy.
 * U2 policy_held(kind) is the number of folios of that kind that the policy holds, nr[kind] that of
 *    a nursery's; a folio changes its kind only while it is in nobody's hands (take_back).
 * U3 A folio that is mlocked is not held by the policy; it comes when it no longer is.
 * U4 PG_reclaim is set if and only if the folio is on `cleaned`, which has a reference to it; both
 *    change under cleaned_lock.  Such a folio is in the swap cache.
 */
#include "mm/swap.h"

#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/string.h"
#include "lib/xarray.h"
#include "mm/check.h"
#include "mm/page_alloc.h"
#include "mm/reclaim_policy.h"
#include "mm/swap_state.h"
#include "mm/swapfile.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"

#define MOVE_BATCH	32		/* folios between two looks at who else wants the lock */

static DEFINE_SPINLOCK(lru_lock, RANK_RECLAIM);

/* A hart's new folios, the newest first; any hart may take one away. */
static struct nursery {
	struct spinlock lock;
	unsigned long mark;		/* in folio->flags of those it has */
	struct {
		struct list_head list;
		unsigned long nr;
	} of[NR_KINDS];
} __aligned(64) nurseries[NR_CPUS];

/* Written out, by folio->lru; with a reference each (U4).  Interrupts off. */
static LIST_HEAD(cleaned);
static DEFINE_SPINLOCK(cleaned_lock, RANK_WAIT);

/* --- nurseries --- */

static inline void nursery_add(struct nursery *nursery, struct folio *folio, enum folio_kind kind)
{
	list_add(&folio->lru, &nursery->of[kind].list);
	nursery->of[kind].nr++;
	spin_unlock(&nursery->lock);
}

void folio_add_lru(struct folio *folio)
{
	struct nursery *nursery = &nurseries[smp_processor_id()];

	spin_lock(&nursery->lock);
	__atomic_fetch_or(&folio->flags, nursery->mark, __ATOMIC_RELAXED);
	nursery_add(nursery, folio, folio_kind(folio));
}

void folio_add_lru_anon(struct folio *folio)
{
	struct nursery *nursery = &nurseries[smp_processor_id()];

	spin_lock(&nursery->lock);
	folio->flags |= nursery->mark;
	nursery_add(nursery, folio, KIND_ANON);
}

/* => nursery->lock held */
static inline void nursery_remove(struct nursery *nursery, struct folio *folio)
{
	list_del(&folio->lru);
	nursery->of[folio_kind(folio)].nr--;
	__atomic_fetch_and(&folio->flags, ~nursery->mark, __ATOMIC_RELAXED);
}

/* False: no nursery had it (any more). */
static bool leave_nursery(struct folio *folio)
{
	unsigned long whose = READ_ONCE(folio->flags) >> NURSERY_SHIFT;
	struct nursery *nursery;
	bool here;

	if (!whose)
		return false;
	nursery = &nurseries[whose - 1];
	spin_lock(&nursery->lock);
	here = READ_ONCE(folio->flags) >> NURSERY_SHIFT;
	if (here)
		nursery_remove(nursery, folio);
	spin_unlock(&nursery->lock);
	return here;
}

/* --- one folio; lru_lock held --- */

static void set_unevictable(struct folio *folio)
{
	folio_set_unevictable(folio);
	count_vm_event(UNEVICTABLE_PGCULLED);
}

static void hand_over(struct folio *folio, enum add_why why, unsigned long shadow)
{
	enum folio_kind kind = folio_kind(folio);

	DEBUG_BUG_ON(folio_test_lru(folio));
	if (unlikely(folio_test_mlocked(folio))) {
		set_unevictable(folio);
		return;
	}
	set_bit(PG_lru, &folio->flags);
	policy_add(folio, kind, why, shadow);
}

/* From policy or nursery; false: neither has it. */
static bool take_back(struct folio *folio)
{
	if (!folio_test_lru(folio))
		return false;
	if (!leave_nursery(folio)) {
		policy_del(folio, folio_kind(folio));
		clear_bit(PG_lru, &folio->flags);
	}
	return true;
}

/* --- new ones --- */

void folio_add_lru_refault(struct folio *folio, void *shadow)
{
	enum folio_kind kind = folio_kind(folio);
	bool restored;

	spin_lock(&lru_lock);
	hand_over(folio, ADD_REFAULT, xa_to_value(shadow));
	restored = policy_flush_counts();
	spin_unlock(&lru_lock);
	count_vm_event(kind == KIND_ANON ? WORKINGSET_REFAULT_ANON : WORKINGSET_REFAULT_FILE);
	if (restored)
		lru_note_cost(kind, 1);
}

void folio_del_lru(struct folio *folio)
{
	if (leave_nursery(folio))
		return;
	spin_lock(&lru_lock);
	take_back(folio);
	spin_unlock(&lru_lock);
}

/* Most of what one hart frees it made itself, and not long ago. */
void folios_del_lru(struct folio **folios, unsigned int nr)
{
	int cpu = smp_processor_id();
	bool others = false;

	spin_lock(&nurseries[cpu].lock);
	for (unsigned int i = 0; i < nr; i++) {
		unsigned long flags = READ_ONCE(folios[i]->flags);

		if (flags >> NURSERY_SHIFT == cpu + 1UL)
			nursery_remove(&nurseries[cpu], folios[i]);
		else
			others |= flags & BIT(PG_lru);
	}
	spin_unlock(&nurseries[cpu].lock);
	for (unsigned int i = 0; others && i < nr; i++)
		if (folio_test_lru(folios[i]))
			folio_del_lru(folios[i]);
}

void folio_mark_accessed(struct folio *folio)
{
	if (!folio_test_referenced(folio))
		folio_set_referenced(folio);
	else if (!folio_test_active(folio))
		folio_set_active(folio);
}

/* lru_lock held.  The oldest new ones of @kind, at most MOVE_BATCH of each hart. */
static void hand_over_batch(enum folio_kind kind)
{
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		struct nursery *nursery = &nurseries[cpu];

		if (!READ_ONCE(nursery->of[kind].nr))
			continue;
		spin_lock(&nursery->lock);
		for (unsigned int i = 0; i < MOVE_BATCH && nursery->of[kind].nr; i++) {
			struct folio *folio = list_last_entry(&nursery->of[kind].list,
							      struct folio, lru);

			nursery_remove(nursery, folio);
			hand_over(folio, ADD_NEW, 0);
		}
		spin_unlock(&nursery->lock);
	}
}

static unsigned long longest_nursery(enum folio_kind kind)
{
	unsigned long nr = 0;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		nr = max(nr, READ_ONCE(nurseries[cpu].of[kind].nr));
	return nr;
}

/*
 * All that are new become the policy's, of each hart some in turn.  If some stayed behind, one that
 * the policy keeps would come before them again: it would be looked at twice in a row.  They are
 * many the first time that memory is short, kswapd's as a rule; each is handed over once.
 */
static void hand_over_new(enum folio_kind kind)
{
	for (long left = longest_nursery(kind); left > 0; left -= MOVE_BATCH) {
		spin_lock(&lru_lock);
		hand_over_batch(kind);
		spin_unlock(&lru_lock);
		cond_resched();
	}
}

/* --- candidates --- */

/*
 * Up to SWAP_CLUSTER_MAX of `cleaned`, whose references are the caller's now.  *@unused: a bit for
 * each whose slot no entry names.  On the list it is in the swap cache (U4), so there is a slot.
 */
static unsigned int take_cleaned(struct folio **batch, unsigned long *unused)
{
	unsigned int taken = 0;
	unsigned long flags;

	*unused = 0;
	spin_lock_irqsave(&cleaned_lock, flags);
	while (taken < SWAP_CLUSTER_MAX && !list_empty(&cleaned)) {
		struct folio *folio = list_first_entry(&cleaned, struct folio, lru);

		list_del(&folio->lru);
		if (unlikely(!__swap_count(folio_swap_entry(folio))))
			*unused |= BIT(taken);
		folio_clear_reclaim(folio);
		batch[taken++] = folio;
	}
	spin_unlock_irqrestore(&cleaned_lock, flags);
	return taken;
}

/* While they were being written, those have gone whose they were: the slots can be others'. */
static void free_unused_slots(struct folio **batch, unsigned long unused)
{
	for (; unused; unused &= unused - 1)
		free_swap_cache(batch[__ffs(unused)]);
}

/* Those that were written out since the last look come first: they can go at once. */
void lru_add_drain(void)
{
	struct folio *batch[SWAP_CLUSTER_MAX];
	unsigned long unused;
	unsigned int nr;

	while (!list_empty(&cleaned) && (nr = take_cleaned(batch, &unused))) {
		count_vm_events(PGROTATED, nr);
		free_unused_slots(batch, unused);
		putback_lru_folios(batch, nr, ADD_CLEANED);
	}
}

bool folio_take_cleaned(struct folio *folio)
{
	unsigned long flags;
	bool here;

	spin_lock_irqsave(&cleaned_lock, flags);
	here = folio_test_clear_reclaim(folio);
	if (here)
		list_del(&folio->lru);
	spin_unlock_irqrestore(&cleaned_lock, flags);
	return here;
}

void __folio_lru_drain(struct folio *folio)
{
	/* Not ADD_CLEANED: whoever asks for it wants it, or frees it. */
	if (folio_take_cleaned(folio))
		putback_lru_folios(&folio, 1, ADD_FAILED);
}

void folio_rotate_reclaimable(struct folio *folio)
{
	unsigned long flags;

	spin_lock_irqsave(&cleaned_lock, flags);
	folio_set_reclaim(folio);
	list_add_tail(&folio->lru, &cleaned);
	spin_unlock_irqrestore(&cleaned_lock, flags);
}

unsigned int isolate_lru_folios(const struct policy_scan *scan, struct folio **batch,
				unsigned int nr, unsigned long *scanned)
{
	unsigned int taken = 0;
	struct folio *folio;

	lru_add_drain();
	hand_over_new(scan->kind);
	spin_lock(&lru_lock);
	while (taken < nr && (folio = policy_next(scan))) {
		clear_bit(PG_lru, &folio->flags);
		++*scanned;
		if (folio_try_get(folio))
			batch[taken++] = folio;
	}
	spin_unlock(&lru_lock);
	return taken;
}

void judge_folios(const struct policy_scan *scan, struct folio **batch,
		  const struct folio_facts *facts, enum fate *fate, unsigned int nr)
{
	spin_lock(&lru_lock);
	for (unsigned int i = 0; i < nr; i++)
		fate[i] = policy_judge(batch[i], &facts[i], scan);
	policy_flush_counts();
	spin_unlock(&lru_lock);
}

void putback_lru_folios(struct folio **batch, unsigned int nr, enum add_why why)
{
	spin_lock(&lru_lock);
	for (unsigned int i = 0; i < nr; i++)
		hand_over(batch[i], why, 0);
	spin_unlock(&lru_lock);
	for (unsigned int i = 0; i < nr; i++)
		folio_put(batch[i]);
}

void *policy_evicted(enum folio_kind kind, struct folio *folio)
{
	unsigned long word;

	spin_lock(&lru_lock);
	word = policy_shadow(folio, kind);
	spin_unlock(&lru_lock);
	return word ? xa_mk_value(word) : NULL;
}

unsigned long lru_size(enum folio_kind kind)
{
	unsigned long n = policy_held(kind);

	for (int cpu = 0; cpu < nr_harts; cpu++)
		n += READ_ONCE(nurseries[cpu].of[kind].nr);
	return n;
}

unsigned long lru_active(enum folio_kind kind)
{
	unsigned long n;

	spin_lock(&lru_lock);
	n = policy_active(kind);
	spin_unlock(&lru_lock);
	return n;
}

unsigned long lru_inactive(enum folio_kind kind)
{
	unsigned long active = lru_active(kind), all = lru_size(kind);

	return all - min(all, active);
}

/* --- single ones --- */

/* It is of another kind from now on, and new as such. */
static void change_kind(struct folio *folio, bool swapbacked)
{
	bool was_held = take_back(folio);

	if (swapbacked)
		folio_set_swapbacked(folio);
	else
		folio_clear_swapbacked(folio);
	if (was_held)
		hand_over(folio, ADD_MOVED, 0);
}

void folio_mark_lazyfree(struct folio *folio)
{
	spin_lock(&lru_lock);
	/* What reclaim has in hand is about to get a slot, maybe: it stays what it is. */
	if (folio_test_lru(folio) && folio_test_swapbacked(folio) &&
	    !folio_test_swapcache(folio)) {
		folio_clear_referenced(folio);
		change_kind(folio, false);
		count_vm_event(PGLAZYFREE);
	}
	spin_unlock(&lru_lock);
}

void folio_mark_swapbacked(struct folio *folio)
{
	spin_lock(&lru_lock);
	if (!folio_test_swapbacked(folio))
		change_kind(folio, true);
	spin_unlock(&lru_lock);
}

void folio_deactivate(struct folio *folio)
{
	spin_lock(&lru_lock);
	if (take_back(folio))
		hand_over(folio, ADD_COLD, 0);
	policy_flush_counts();
	spin_unlock(&lru_lock);
}

bool folio_isolate_lru(struct folio *folio)
{
	bool isolated;

	spin_lock(&lru_lock);
	isolated = folio_test_lru(folio) && folio_try_get(folio);
	if (isolated)
		take_back(folio);
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

	spin_lock(&lru_lock);
	locked = atomic_read(&folio->mlock_count);
	if (locked && !folio_test_set_mlocked(folio)) {
		mod_state(NR_MLOCK, 1);
		mod_state(NR_UNEVICTABLE, 1);
		count_vm_event(UNEVICTABLE_PGMLOCKED);
		if (take_back(folio))
			set_unevictable(folio);
	} else if (!locked && folio_test_clear_mlocked(folio)) {
		mod_state(NR_MLOCK, -1);
		mod_state(NR_UNEVICTABLE, -1);
		count_vm_event(UNEVICTABLE_PGMUNLOCKED);
		if (folio_test_clear_unevictable(folio)) {
			count_vm_event(UNEVICTABLE_PGRESCUED);
			hand_over(folio, ADD_MOVED, 0);
		}
	}
	spin_unlock(&lru_lock);
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

/* --- which policy --- */

int set_reclaim_policy(const char *name)
{
	const struct reclaim_policy *to = policy_find(name);

	if (!to)
		return -EINVAL;
	spin_lock(&lru_lock);
	policy_switch(to);
	spin_unlock(&lru_lock);
	kswapd_policy_changed();
	return 0;
}

void reclaim_policies_show(struct seq_file *m)
{
	spin_lock(&lru_lock);
	policy_names_show(m);
	spin_unlock(&lru_lock);
}

void reclaim_policy_show(struct seq_file *m)
{
	spin_lock(&lru_lock);
	policy_show(m);
	spin_unlock(&lru_lock);
}

void lru_age(void)
{
	spin_lock(&lru_lock);
	policy_age();
	spin_unlock(&lru_lock);
}

/* --- U1, U2 and U4, for mm_check() --- */

static void count_known(unsigned long nr[NR_KINDS], unsigned long nursery[NR_CPUS][NR_KINDS])
{
	for (unsigned long pfn = min_pfn; pfn < max_pfn; pfn++) {
		const struct folio *folio = pfn_folio(pfn);
		unsigned long flags = READ_ONCE(folio->flags);
		enum folio_kind kind = flags & BIT(PG_swapbacked) ? KIND_ANON : KIND_FILE;

		if (!(flags & BIT(PG_lru)))
			continue;
		if (flags >> NURSERY_SHIFT)
			nursery[(flags >> NURSERY_SHIFT) - 1][kind]++;
		else
			nr[kind]++;
	}
}

static int check_kind(enum folio_kind kind, unsigned long nr, unsigned long nursery[][NR_KINDS])
{
	if (nr != policy_held(kind))
		return mm_check_failed("swap.c U2", "kind %d: %lu folios, the policy holds %lu",
				       kind, nr, policy_held(kind));
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (nursery[cpu][kind] != nurseries[cpu].of[kind].nr)
			return mm_check_failed("swap.c U2", "kind %d: %lu folios, %lu on hart %d",
					       kind, nursery[cpu][kind],
					       nurseries[cpu].of[kind].nr, cpu);
	return 0;
}

static int check_cleaned(void)
{
	unsigned long flags, nr = 0;
	struct folio *folio;

	spin_lock_irqsave(&cleaned_lock, flags);
	for (unsigned long pfn = min_pfn; pfn < max_pfn; pfn++)
		nr += folio_test_reclaim(pfn_folio(pfn));
	list_for_each_entry(folio, &cleaned, lru)
		nr--;
	spin_unlock_irqrestore(&cleaned_lock, flags);
	return nr ? mm_check_failed("swap.c U4", "%ld more folios marked than on the list", nr) : 0;
}

static int check_lru(void)
{
	unsigned long nr[NR_KINDS] = { 0 }, nursery[NR_CPUS][NR_KINDS] = { { 0 } };
	int error = 0;

	spin_lock(&lru_lock);
	for (int cpu = 0; cpu < nr_harts; cpu++)
		spin_lock_nested(&nurseries[cpu].lock);
	count_known(nr, nursery);
	for (enum folio_kind kind = 0; kind < NR_KINDS && !error; kind++)
		error = check_kind(kind, nr[kind], nursery);
	for (int cpu = nr_harts - 1; cpu >= 0; cpu--)
		spin_unlock(&nurseries[cpu].lock);
	spin_unlock(&lru_lock);
	return error ? error : check_cleaned();
}

static struct mm_checker lru_checker = { .name = "lru", .check = check_lru };

/* --- setting up --- */

static void lru_init(void)
{
	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&nurseries[cpu].lock, RANK_NURSERY);
		nurseries[cpu].mark = BIT(PG_lru) | (cpu + 1UL) << NURSERY_SHIFT;
		for (enum folio_kind kind = 0; kind < NR_KINDS; kind++)
			INIT_LIST_HEAD(&nurseries[cpu].of[kind].list);
	}
	register_mm_checker(&lru_checker);
	policy_init();
}
core_initcall(lru_init);
