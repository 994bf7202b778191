// SPDX-License-Identifier: MIT
/*
 * Debug build: what locks each task holds, in which rank and acquired where. Every lock of the
 * kernel reports here. In the release build all of this is empty.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include "kernel/lockrank.h"
#include "lib/types.h"

#define MAX_HELD_LOCKS	24

struct held_lock {
	const void *lock;
	const void *caller;
	u16 rank;
	bool sleeping;			/* mutex, rwsem or folio: may be held across schedule() */
};

struct held_locks {
	int nr;
	struct held_lock held[MAX_HELD_LOCKS];
};

/* What the rules ask of an acquire. */
enum lock_order {
	LOCK_IN_ORDER,			/* a rank above all held */
	LOCK_NESTED,			/* or the same rank again */
	LOCK_TRIED,			/* nothing: a try cannot deadlock */
};

#ifdef CONFIG_DEBUG
void lock_acquired(const void *lock, enum lock_rank rank, bool sleeping, enum lock_order order,
		   const void *caller);
void lock_released(const void *lock);
/* Panics, naming the lock and its caller, if this task holds a spinlock. */
void assert_may_sleep(const void *caller);
/* Does this task hold one?  Also true of a context that has no list of its locks. */
bool holds_spinlock(void);
#define might_sleep()	assert_may_sleep(__builtin_return_address(0))
#else
static inline void lock_acquired(const void *lock, enum lock_rank rank, bool sleeping,
				 enum lock_order order, const void *caller)
{
}

static inline void lock_released(const void *lock)
{
}

static inline void might_sleep(void)
{
}
#endif

#endif
