// SPDX-License-Identifier: MIT
/*
 * The life of a folio:
 *
 *        alloc_folio                     filemap_add_folio, folio_add_lru
 *   free ───────────> kernel, 1 reference ───────────────> in the page cache, locked, not uptodate
 *    ^                                                          │ folio_end_read
 *    │ __folio_put: the last reference                          v
 *    ├────────────────────────────────────────── clean, uptodate, unlocked <─┐
 *    │   reclaim, truncation: locked, out of        │ folio_mark_dirty       │ folio_end_writeback
 *    │   the cache, off the LRU                     v                        │
 *    │                                            dirty ── start of I/O ──> writeback
 *    │
 *    └── anonymous memory goes the short way: alloc_folio, mapped, unmapped, free
 *
 * Waiting.  Who must wait for PG_locked or PG_writeback queues on one of a few hashed wait queues,
 * sets PG_waiters, and looks again; who clears the bit clears PG_waiters in the same atomic
 * operation and, only if that was set, wakes all who wait for this folio.  All three bits are in
 * one word, so one of the two sees the other:
 *
 *   waiter:    queue; set PG_waiters; still locked? sleep
 *   unlocker:  clear PG_locked and PG_waiters; was that set? wake
 *
 * I1  A task that sleeps for a folio's bit has set PG_waiters after it was queued; so the next
 *     clearing wakes it.
 * I2  A waiter holds a reference (or the page-table lock or cache keeps one for him until he is
 *     queued), so the folio is not another one when he wakes.
 */
#include "mm/folio.h"

#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/wait.h"
#include "lib/hash.h"
#include "mm/page_alloc.h"
#include "mm/swap.h"

#define FOLIO_WAIT_BITS	6	/* 64 queues: a false neighbour costs a wake-up's look, no more */

static struct wait_queue_head folio_wait_table[1 << FOLIO_WAIT_BITS];

struct folio_waiter {
	struct wait_queue_entry wait;
	struct folio *folio;
};

static void folio_wait_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(folio_wait_table); i++)
		init_waitqueue_head(&folio_wait_table[i]);
}
core_initcall(folio_wait_init);

static struct wait_queue_head *folio_waitqueue(const struct folio *folio)
{
	return &folio_wait_table[hash_ptr(folio, FOLIO_WAIT_BITS)];
}

static bool wake_folio_function(struct wait_queue_entry *wait, void *key)
{
	struct folio_waiter *waiter = container_of(wait, struct folio_waiter, wait);

	return waiter->folio == key && autoremove_wake_function(wait, NULL);
}

/* Sleeps until @done(folio).  0, or -EINTR if @state is killable and a fatal signal came first. */
static int folio_wait(struct folio *folio, bool (*done)(struct folio *folio), unsigned int state)
{
	struct wait_queue_head *wq = folio_waitqueue(folio);
	struct folio_waiter waiter = {
		.wait = { .func = wake_folio_function, .private = current },
		.folio = folio,
	};
	int ret = 0;

	might_sleep();
	INIT_LIST_HEAD(&waiter.wait.entry);
	for (;;) {
		prepare_to_wait(wq, &waiter.wait, state);
		set_bit(PG_waiters, &folio->flags);
		if (done(folio))
			break;
		if (signal_pending_state(state, current)) {
			ret = -EINTR;
			break;
		}
		schedule();
	}
	finish_wait(wq, &waiter.wait);
	return ret;
}

/*
 * Clears @flag, which the caller owns, and wakes who waits for it.  Any context.  Behind the atomic
 * the folio may be gone: only its address is used.
 */
void folio_clear_and_wake(struct folio *folio, enum folio_flag flag)
{
	unsigned long old = __atomic_fetch_and(&folio->flags, ~(BIT(flag) | BIT(PG_waiters)),
					       __ATOMIC_SEQ_CST);

	DEBUG_BUG_ON(!(old & BIT(flag)));
	if (old & BIT(PG_waiters))
		__wake_up(folio_waitqueue(folio), 0, folio);
}

static bool folio_not_locked(struct folio *folio)
{
	return !folio_test_locked(folio);
}

static bool folio_not_writeback(struct folio *folio)
{
	return !folio_test_writeback(folio);
}

void __folio_lock(struct folio *folio)
{
	folio_wait(folio, folio_trylock, TASK_UNINTERRUPTIBLE);
}

int __folio_lock_killable(struct folio *folio)
{
	return folio_wait(folio, folio_trylock, TASK_KILLABLE);
}

void folio_unlock(struct folio *folio)
{
	folio_clear_and_wake(folio, PG_locked);
	race_point(RACE_UNLOCK, RANK_FOLIO);
}

void folio_wait_locked(struct folio *folio)
{
	if (folio_test_locked(folio))
		folio_wait(folio, folio_not_locked, TASK_UNINTERRUPTIBLE);
}

int folio_wait_locked_killable(struct folio *folio)
{
	return folio_test_locked(folio) ? folio_wait(folio, folio_not_locked, TASK_KILLABLE) : 0;
}

void folio_wait_writeback(struct folio *folio)
{
	if (folio_test_writeback(folio))
		folio_wait(folio, folio_not_writeback, TASK_UNINTERRUPTIBLE);
}

/* PG_uptodate is visible before PG_locked is seen clear: the unlock is a release. */
void folio_end_read(struct folio *folio, bool success)
{
	if (success)
		set_bit(PG_uptodate, &folio->flags);
	else
		set_bit(PG_error, &folio->flags);
	folio_unlock(folio);
}

void folios_put(struct folio **folios, unsigned int nr)
{
	unsigned int freed = 0;
	bool lru = false;

	for (unsigned int i = 0; i < nr; i++) {
		if (!atomic_dec_and_test(&folios[i]->_refcount))
			continue;
		lru |= folio_test_lru(folios[i]);
		folios[freed++] = folios[i];
	}
	if (lru)
		folios_del_lru(folios, freed);
	for (unsigned int i = 0; i < freed; i++)
		free_folio(folios[i]);
}

void __folio_put(struct folio *folio)
{
	if (folio_test_lru(folio))
		folio_del_lru(folio);
	free_folio(folio);
}
