// SPDX-License-Identifier: MIT
/*
 * Sleeping reader-writer lock. Writers are not starved: a reader that comes while a writer waits
 * queues behind it. May not be taken in interrupt handlers nor with a spinlock held.
 */
#ifndef KERNEL_RWSEM_H
#define KERNEL_RWSEM_H

#include "kernel/wait.h"

struct rw_semaphore {
	long count;			/* > 0: that many readers; -1: a writer; 0: free */
	int writers_waiting;
	struct task_struct *owner;	/* the writer */
	struct wait_queue_head wait;
	u16 rank;
};

#define RWSEM_INIT(name, r)	{ .wait = WAIT_QUEUE_HEAD_INIT((name).wait), .rank = (r) }
#define DEFINE_RWSEM(name, r)	struct rw_semaphore name = RWSEM_INIT(name, r)

void init_rwsem(struct rw_semaphore *sem, enum lock_rank rank);
void down_read(struct rw_semaphore *sem);
int down_read_killable(struct rw_semaphore *sem);	/* 0 or -EINTR */
bool down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void down_write_nested(struct rw_semaphore *sem);	/* the same rank may be held already */
int down_write_killable(struct rw_semaphore *sem);	/* 0 or -EINTR */
bool down_write_trylock(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
/* Does a writer wait? */
static inline bool rwsem_is_contended(const struct rw_semaphore *sem)
{
	return READ_ONCE(sem->writers_waiting);
}
void downgrade_write(struct rw_semaphore *sem);

/* The slow halves of the two below. */
void down_read_contended(struct rw_semaphore *sem);
void up_read_contended(struct rw_semaphore *sem);

static inline bool rwsem_try_read(struct rw_semaphore *sem)
{
	long count = READ_ONCE(sem->count);

	while (count >= 0 && !READ_ONCE(sem->writers_waiting))
		if (__atomic_compare_exchange_n(&sem->count, &count, count + 1, true,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* True: we were the last, and somebody may wait. */
static inline bool rwsem_put_read(struct rw_semaphore *sem)
{
	/*
	 * Only the last reader can let somebody in. A waiter queues before it looks at count, and
	 * we look at the queue after count has changed: one of the two sees the other.
	 */
	return __atomic_sub_fetch(&sem->count, 1, __ATOMIC_SEQ_CST) == 0 &&
	       unlikely(waitqueue_active(&sem->wait));
}

/* down_read() and up_read(), for a path on which two calls count. */
#ifdef CONFIG_DEBUG
static inline void down_read_inline(struct rw_semaphore *sem)
{
	down_read(sem);
}

static inline void up_read_inline(struct rw_semaphore *sem)
{
	up_read(sem);
}
#else
static inline void down_read_inline(struct rw_semaphore *sem)
{
	if (unlikely(!rwsem_try_read(sem)))
		down_read_contended(sem);
}

static inline void up_read_inline(struct rw_semaphore *sem)
{
	if (unlikely(rwsem_put_read(sem)))
		up_read_contended(sem);
}
#endif

#endif
