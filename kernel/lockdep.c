// SPDX-License-Identifier: MIT
/*
 * Each task keeps the list of the locks it holds; a spinlock taken by an interrupt handler stands
 * on the list of the task that it interrupted, and is gone again before that task goes on.
 *
 * L1 The rank of a lock is above every rank held; equal only by a nested acquire.
 * L2 A task that sleeps holds no spinlock.
 *
 * Ranks are not checked after a panic has begun, and not before tasks have a list.
 */
#include "kernel/lockdep.h"

#include "kernel/panic.h"
#include "kernel/sched.h"

#ifdef CONFIG_DEBUG

static void report_order(const struct held_lock *held, const void *lock, enum lock_rank rank,
			 const void *caller)
{
	panic("L1: lock order: rank %d (%p) acquired at %p while rank %d (%p) is held, acquired at "
	      "%p",
	      rank, lock, caller, held->rank, held->lock, held->caller);
}

void lock_acquired(const void *lock, enum lock_rank rank, bool sleeping, enum lock_order order,
		   const void *caller)
{
	struct held_locks *locks = current->held_locks;
	unsigned long flags;

	if (!locks)
		return;
	flags = local_irq_save();
	for (int i = 0; i < locks->nr; i++) {
		const struct held_lock *held = &locks->held[i];

		if (order == LOCK_TRIED)
			break;
		if (held->rank > rank || (held->rank == rank && order != LOCK_NESTED))
			report_order(held, lock, rank, caller);
	}
	if (locks->nr == MAX_HELD_LOCKS)
		panic("more than %d locks held at %p", MAX_HELD_LOCKS, caller);
	locks->held[locks->nr++] = (struct held_lock){ lock, caller, rank, sleeping };
	local_irq_restore(flags);
}

void lock_released(const void *lock)
{
	struct held_locks *locks = current->held_locks;
	unsigned long flags;

	if (!locks)
		return;
	flags = local_irq_save();
	for (int i = locks->nr - 1; i >= 0; i--) {
		if (locks->held[i].lock != lock)
			continue;
		locks->held[i] = locks->held[--locks->nr];
		break;
	}
	local_irq_restore(flags);
}

bool holds_spinlock(void)
{
	const struct held_locks *locks = current->held_locks;

	for (int i = 0; locks && i < locks->nr; i++)
		if (!locks->held[i].sleeping)
			return true;
	return !locks;
}

void assert_may_sleep(const void *caller)
{
	struct held_locks *locks = current->held_locks;

	if (!locks)
		return;
	for (int i = 0; i < locks->nr; i++)
		if (!locks->held[i].sleeping)
			panic("L2: slept with a spinlock held: at %p, spinlock %p acquired at %p",
			      caller, locks->held[i].lock, locks->held[i].caller);
	if (irqs_disabled() && !(current->flags & PF_IDLE))
		panic("L2: slept with interrupts off at %p", caller);
}

#endif
