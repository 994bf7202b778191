// SPDX-License-Identifier: MIT
/*
 * Races on purpose, in a kernel built with RACES=1 and booted with `race_seed=N`: at each point
 * where another hart could come between, a choice that the seed makes yields to another task.  One
 * hart shows so what several do, and the same seed does it again.
 *
 * In every other kernel race_on() is false at compile time, and nothing of this is left.
 */
#ifndef KERNEL_RACE_H
#define KERNEL_RACE_H

#include "lib/types.h"

struct list_head;
struct task_struct;

#define RACE_EPOCH_NS	(1ULL << 60)	/* when such a machine boots: in July 2006 */

enum race_op {
	RACE_LOCK,		/* a lock, of some rank, is about to be taken or tried */
	RACE_UNLOCK,		/* it was released */
	RACE_ALLOC,		/* a folio is wanted, of some order */
	RACE_SUBMIT,		/* I/O was sent off, of some kind of operation */
	RACE_SYSCALL,		/* a call of some number begins */
};

#ifdef CONFIG_RACES
extern int race_seed;			/* 0: none of this */

static inline bool race_on(void)
{
	return race_seed;
}

/*
 * Any context.  Does nothing but where a task could be preempted: with interrupts on and no
 * spinlock held.  @what: the lock's rank, or as told above.
 */
void race_point(enum race_op op, int what);
/* The choices from here on are those of race_seed.  0, or -EINVAL: not booted for races. */
int race_reseed(void);
/* ns since boot: points passed, not time; jumps to the next timer when nobody can run. */
u64 race_clock(void);

/* For the scheduler; the queue, not empty, is locked.  Who runs next. */
struct task_struct *race_pick(struct list_head *queue);
/* For the idle task, interrupts off: lets time pass.  False: nothing will ever happen by itself. */
bool race_idle(void);
/* For the timer interrupt, which does nothing else. */
void race_tick(bool user);

/*
 * For the block layer: what lets somebody have one of the completions that it keeps, chosen by
 * @random, and returns false if there is none.  Called with interrupts off.
 */
void race_set_deliver(bool (*deliver)(u32 random));
#else
#define race_seed 0

static inline bool race_on(void)
{
	return false;
}

static inline void race_point(enum race_op op, int what)
{
}

static inline bool race_idle(void)
{
	return false;
}

u64 race_clock(void);
struct task_struct *race_pick(struct list_head *queue);
void race_tick(bool user);
#endif

#endif
