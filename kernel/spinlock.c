// SPDX-License-Identifier: MIT
/*
 * A spinlock is one word: 0 free, 1 held. A contender reads until it looks free and only then
 * swaps, so that waiting harts share the cache line instead of fighting for it.
 */
#include "kernel/spinlock.h"

#include "kernel/lock_stat.h"
#include "kernel/lockdep.h"
#include "kernel/panic.h"
#include "kernel/race.h"
#include "kernel/sched.h"

void spin_lock_contended(struct spinlock *lock)
{
	do {
		while (READ_ONCE(lock->locked))
			cpu_relax();
	} while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE));
}

#ifdef CONFIG_DEBUG
void spin_lock_init(struct spinlock *lock, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(rank);
}

static void lock_from(struct spinlock *lock, bool nested, const void *caller)
{
	bool waited;

	race_point(RACE_LOCK, lock->rank);
	if (lock->locked && lock->owner_hart == smp_processor_id())
		panic("spinlock %p acquired twice on hart %d: first at %p, now at %p", (void *)lock,
		      smp_processor_id(), lock->caller, caller);
	lock_acquired(lock, lock->rank, false, nested ? LOCK_NESTED : LOCK_IN_ORDER, caller);
	waited = __atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
	if (waited)
		spin_lock_contended(lock);
	lock_stat_add(lock->rank, LOCK_EXCLUSIVE, waited);
	lock->owner_hart = smp_processor_id();
	lock->caller = caller;
}

void spin_lock(struct spinlock *lock)
{
	lock_from(lock, false, __builtin_return_address(0));
}

void spin_lock_nested(struct spinlock *lock)
{
	lock_from(lock, true, __builtin_return_address(0));
}

bool spin_trylock(struct spinlock *lock)
{
	race_point(RACE_LOCK, lock->rank);
	if (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		return false;
	/* A try cannot deadlock, so it may break the order. */
	lock_acquired(lock, lock->rank, false, LOCK_TRIED, __builtin_return_address(0));
	lock_stat_add(lock->rank, LOCK_EXCLUSIVE, false);
	lock->owner_hart = smp_processor_id();
	lock->caller = __builtin_return_address(0);
	return true;
}

void spin_unlock(struct spinlock *lock)
{
	if (!lock->locked || lock->owner_hart != smp_processor_id())
		panic("spinlock %p released at %p but not held by hart %d", (void *)lock,
		      __builtin_return_address(0), smp_processor_id());
	lock->owner_hart = -1;
	lock_released(lock);
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	race_point(RACE_UNLOCK, lock->rank);
}

void assert_spin_locked(const struct spinlock *lock)
{
	if (!lock->locked || lock->owner_hart != smp_processor_id())
		panic("spinlock %p should be held at %p", (const void *)lock,
		      __builtin_return_address(0));
}
#else
void spin_lock_init(struct spinlock *lock, enum lock_rank rank)
{
	lock->locked = 0;
}
#endif
