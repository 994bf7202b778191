// SPDX-License-Identifier: MIT
/*
 * count says who is inside; it changes by compare-and-swap. A waiting writer raises writers_waiting
 * first, which keeps new readers out, so that the readers inside drain. Whoever leaves last wakes
 * all waiters; they try again.
 */
#include "kernel/rwsem.h"

#include "kernel/lock_stat.h"
#include "kernel/lockdep.h"
#include "kernel/panic.h"
#include "kernel/race.h"
#include "kernel/sched.h"

void init_rwsem(struct rw_semaphore *sem, enum lock_rank rank)
{
	sem->count = 0;
	sem->writers_waiting = 0;
	sem->owner = NULL;
	init_waitqueue_head(&sem->wait);
	sem->rank = rank;
}

static inline bool try_write(struct rw_semaphore *sem)
{
	long count = 0;

	if (!__atomic_compare_exchange_n(&sem->count, &count, -1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	sem->owner = current;
	return true;
}

static int down_slow(struct rw_semaphore *sem, bool write, unsigned int state)
{
	DEFINE_WAIT(wait);
	int err = 0;

	if (sem->owner == current)
		panic("rwsem %p acquired twice by %s (%d)", (void *)sem, current->comm,
		      current->pid);
	if (write)
		__atomic_fetch_add(&sem->writers_waiting, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		prepare_to_wait(&sem->wait, &wait, state);
		if (write ? try_write(sem) : rwsem_try_read(sem))
			break;
		if (signal_pending_state(state, current)) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	finish_wait(&sem->wait, &wait);
	if (write) {
		__atomic_fetch_sub(&sem->writers_waiting, 1, __ATOMIC_SEQ_CST);
		/* Readers that waited because of us alone may enter now. */
		if (err)
			wake_up_all(&sem->wait);
	}
	return err;
}

static inline int read_from(struct rw_semaphore *sem, unsigned int state, const void *caller)
{
	bool waited;
	int err = 0;

	might_sleep();
	race_point(RACE_LOCK, sem->rank);
	lock_acquired(sem, sem->rank, true, LOCK_IN_ORDER, caller);
	waited = unlikely(!rwsem_try_read(sem));
	if (waited)
		err = down_slow(sem, false, state);
	if (err)
		lock_released(sem);
	else
		lock_stat_add(sem->rank, LOCK_SHARED, waited);
	return err;
}

static inline int write_from(struct rw_semaphore *sem, unsigned int state, bool nested,
			     const void *caller)
{
	bool waited;
	int err = 0;

	might_sleep();
	race_point(RACE_LOCK, sem->rank);
	lock_acquired(sem, sem->rank, true, nested ? LOCK_NESTED : LOCK_IN_ORDER, caller);
	waited = unlikely(!try_write(sem));
	if (waited)
		err = down_slow(sem, true, state);
	if (err)
		lock_released(sem);
	else
		lock_stat_add(sem->rank, LOCK_EXCLUSIVE, waited);
	return err;
}

void down_read(struct rw_semaphore *sem)
{
	read_from(sem, TASK_UNINTERRUPTIBLE, __builtin_return_address(0));
}

int down_read_killable(struct rw_semaphore *sem)
{
	return read_from(sem, TASK_KILLABLE, __builtin_return_address(0));
}

bool down_read_trylock(struct rw_semaphore *sem)
{
	race_point(RACE_LOCK, sem->rank);
	if (!rwsem_try_read(sem))
		return false;
	lock_acquired(sem, sem->rank, true, LOCK_TRIED, __builtin_return_address(0));
	lock_stat_add(sem->rank, LOCK_SHARED, false);
	return true;
}

void up_read(struct rw_semaphore *sem)
{
	lock_released(sem);
	if (rwsem_put_read(sem))
		up_read_contended(sem);
	race_point(RACE_UNLOCK, sem->rank);
}

void down_read_contended(struct rw_semaphore *sem)
{
	down_slow(sem, false, TASK_UNINTERRUPTIBLE);
}

void up_read_contended(struct rw_semaphore *sem)
{
	wake_up_all(&sem->wait);
}

void down_write(struct rw_semaphore *sem)
{
	write_from(sem, TASK_UNINTERRUPTIBLE, false, __builtin_return_address(0));
}

void down_write_nested(struct rw_semaphore *sem)
{
	write_from(sem, TASK_UNINTERRUPTIBLE, true, __builtin_return_address(0));
}

int down_write_killable(struct rw_semaphore *sem)
{
	return write_from(sem, TASK_KILLABLE, false, __builtin_return_address(0));
}

bool down_write_trylock(struct rw_semaphore *sem)
{
	race_point(RACE_LOCK, sem->rank);
	if (!try_write(sem))
		return false;
	lock_acquired(sem, sem->rank, true, LOCK_TRIED, __builtin_return_address(0));
	lock_stat_add(sem->rank, LOCK_EXCLUSIVE, false);
	return true;
}

void up_write(struct rw_semaphore *sem)
{
	DEBUG_BUG_ON(sem->owner != current);
	lock_released(sem);
	sem->owner = NULL;
	/* As in up_read(): the queue is looked at after count has changed. */
	__atomic_exchange_n(&sem->count, 0, __ATOMIC_SEQ_CST);
	if (unlikely(waitqueue_active(&sem->wait)))
		wake_up_all(&sem->wait);
	race_point(RACE_UNLOCK, sem->rank);
}

void downgrade_write(struct rw_semaphore *sem)
{
	sem->owner = NULL;
	__atomic_store_n(&sem->count, 1, __ATOMIC_RELEASE);
	wake_up_all(&sem->wait);
}
