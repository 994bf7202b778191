// SPDX-License-Identifier: MIT
/*
 * The owner field is the lock: free when NULL, taken by one compare-and-swap. Waiters queue
 * exclusively, and an unlock wakes one; a newcomer may be faster than the woken one, which then
 * waits again.
 */
#include "kernel/mutex.h"

#include "kernel/lock_stat.h"
#include "kernel/lockdep.h"
#include "kernel/panic.h"
#include "kernel/race.h"
#include "kernel/sched.h"

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->owner = NULL;
	init_waitqueue_head(&m->wait);
	m->rank = rank;
}

static inline bool try_acquire(struct mutex *m)
{
	struct task_struct *free = NULL;

	return __atomic_compare_exchange_n(&m->owner, &free, current, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static int lock_slow(struct mutex *m, unsigned int state)
{
	DEFINE_WAIT(wait);
	int err = 0;

	if (m->owner == current)
		panic("mutex %p acquired twice by %s (%d)", (void *)m, current->comm, current->pid);
	for (;;) {
		prepare_to_wait_exclusive(&m->wait, &wait, state);
		if (try_acquire(m))
			break;
		if (signal_pending_state(state, current)) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	finish_wait(&m->wait, &wait);
	/* The wake-up that we took and do not use belongs to the next in the queue. */
	if (err && !mutex_is_locked(m))
		wake_up(&m->wait);
	return err;
}

static inline int lock_from(struct mutex *m, unsigned int state, bool nested, const void *caller)
{
	bool waited;
	int err = 0;

	might_sleep();
	race_point(RACE_LOCK, m->rank);
	lock_acquired(m, m->rank, true, nested ? LOCK_NESTED : LOCK_IN_ORDER, caller);
	waited = unlikely(!try_acquire(m));
	if (waited)
		err = lock_slow(m, state);
	if (err)
		lock_released(m);
	else
		lock_stat_add(m->rank, LOCK_EXCLUSIVE, waited);
	return err;
}

void mutex_lock(struct mutex *m)
{
	lock_from(m, TASK_UNINTERRUPTIBLE, false, __builtin_return_address(0));
}

void mutex_lock_nested(struct mutex *m)
{
	lock_from(m, TASK_UNINTERRUPTIBLE, true, __builtin_return_address(0));
}

int mutex_lock_killable(struct mutex *m)
{
	return lock_from(m, TASK_KILLABLE, false, __builtin_return_address(0));
}

int mutex_lock_interruptible(struct mutex *m)
{
	return lock_from(m, TASK_INTERRUPTIBLE, false, __builtin_return_address(0));
}

bool mutex_trylock(struct mutex *m)
{
	race_point(RACE_LOCK, m->rank);
	if (!try_acquire(m))
		return false;
	lock_acquired(m, m->rank, true, LOCK_TRIED, __builtin_return_address(0));
	lock_stat_add(m->rank, LOCK_EXCLUSIVE, false);
	return true;
}

void mutex_unlock(struct mutex *m)
{
	DEBUG_BUG_ON(m->owner != current);
	lock_released(m);
	/*
	 * A waiter queues before he looks at owner, and we look at the queue after owner has
	 * changed: one of the two sees the other.
	 */
	(void)xchg(&m->owner, NULL);
	if (unlikely(waitqueue_active(&m->wait)))
		wake_up(&m->wait);
	race_point(RACE_UNLOCK, m->rank);
}
