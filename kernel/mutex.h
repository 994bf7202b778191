// SPDX-License-Identifier: MIT
/* Sleeping mutual exclusion.  May not be taken in interrupt handlers nor with a spinlock held. */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include "kernel/wait.h"

struct mutex {
	struct task_struct *owner;		/* NULL: free */
	struct wait_queue_head wait;
	u16 rank;
};

#define MUTEX_INIT(name, r)	{ .wait = WAIT_QUEUE_HEAD_INIT((name).wait), .rank = (r) }
#define DEFINE_MUTEX(name, r)	struct mutex name = MUTEX_INIT(name, r)

void mutex_init(struct mutex *m, enum lock_rank rank);
void mutex_lock(struct mutex *m);
void mutex_lock_nested(struct mutex *m);	/* the same rank may be held already */
/* 0, or -EINTR when a fatal (killable) or any (interruptible) signal came first. */
int mutex_lock_killable(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);

static inline bool mutex_is_locked(const struct mutex *m)
{
	return READ_ONCE(m->owner);
}

#endif
