// SPDX-License-Identifier: MIT
/*
 * Wait queues. A waiter is queued and has its state set *before* it looks at the condition; a waker
 * changes the condition before it looks at the queue. So no wake-up is lost:
 *
 *   for (;;) {                                  condition = true;
 *           prepare_to_wait(wq, &wait, state);  wake_up(wq);
 *           if (condition) break;
 *           schedule();
 *   }
 *   finish_wait(wq, &wait);
 *
 * which is what wait_event() and its kin do.  Wakers may be interrupt handlers.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/spinlock.h"
#include "kernel/sched.h"
#include "lib/list.h"

struct wait_queue_head {
	struct spinlock lock;
	struct list_head head;
};

struct wait_queue_entry;
/* Called with the head's lock held, interrupts off; true: a task was woken. */
typedef bool wait_func_t(struct wait_queue_entry *wait, void *key);

struct wait_queue_entry {
	struct list_head entry;
	wait_func_t *func;
	void *private;			/* the task, for default_wake_function */
	bool exclusive;			/* queued at the tail; wake_up() wakes one of these */
};

#define WAIT_QUEUE_HEAD_INIT(name) \
	{ .lock = SPINLOCK_INIT(RANK_WAIT), .head = { &(name).head, &(name).head } }
#define DEFINE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = WAIT_QUEUE_HEAD_INIT(name)

#define DEFINE_WAIT(name)							\
	struct wait_queue_entry name = {					\
		.entry = { &(name).entry, &(name).entry },			\
		.func = autoremove_wake_function, .private = current }

void init_waitqueue_head(struct wait_queue_head *wq);
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *wait);
void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *wait);
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait, unsigned int state);
void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *wait,
			       unsigned int state);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait);
wait_func_t default_wake_function, autoremove_wake_function;

/*
 * Wakes every non-exclusive sleeper and @nr exclusive ones (0: all). A sleeper of either kind looks
 * at its condition again, so the _interruptible names only tell the reader who is expected.
 */
void __wake_up(struct wait_queue_head *wq, int nr, void *key);

#define wake_up(wq)			__wake_up(wq, 1, NULL)
#define wake_up_all(wq)			__wake_up(wq, 0, NULL)
#define wake_up_interruptible(wq)	__wake_up(wq, 1, NULL)
#define wake_up_interruptible_all(wq)	__wake_up(wq, 0, NULL)

static inline bool waitqueue_active(const struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

#define ___wait_event(wq, cond, state, exclusive, ret, cmd) ({			\
	DEFINE_WAIT(__wait);							\
	__typeof__(ret) __ret = (ret);						\
	might_sleep();								\
	for (;;) {								\
		if (exclusive)							\
			prepare_to_wait_exclusive(wq, &__wait, state);		\
		else								\
			prepare_to_wait(wq, &__wait, state);			\
		if (cond)							\
			break;							\
		if (signal_pending_state(state, current)) {			\
			__ret = -ERESTARTSYS;					\
			break;							\
		}								\
		cmd;								\
	}									\
	finish_wait(wq, &__wait);						\
	__ret;									\
})

#define wait_event(wq, cond) \
	((void)((cond) ? 0L : ___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, false, 0L, schedule())))
/* A kernel thread that has nothing to do: no signal wakes it, and nobody wonders how long. */
#define wait_event_idle(wq, cond) \
	((void)((cond) ? 0L : ___wait_event(wq, cond, TASK_IDLE, false, 0L, schedule())))
/* 0, or -ERESTARTSYS when a signal came first. */
#define wait_event_interruptible(wq, cond) \
	((cond) ? 0L : ___wait_event(wq, cond, TASK_INTERRUPTIBLE, false, 0L, schedule()))
#define wait_event_interruptible_exclusive(wq, cond) \
	((cond) ? 0L : ___wait_event(wq, cond, TASK_INTERRUPTIBLE, true, 0L, schedule()))
#define wait_event_killable(wq, cond) \
	((cond) ? 0L : ___wait_event(wq, cond, TASK_KILLABLE, false, 0L, schedule()))
/*
 * @ns: nanoseconds; KTIME_MAX waits for ever. 0: the time ran out with the condition false; > 0:
 * nanoseconds that were left, at least 1; -ERESTARTSYS (the interruptible one).
 */
#define ___wait_event_timeout(wq, cond, ns, state) ({				\
	s64 __left = (ns);							\
	long __e = 0;								\
	if (!(cond))								\
		__e = ___wait_event(wq, (cond) || __left <= 0, state, false, 0L, \
				    __left = schedule_timeout(__left));		\
	__e ? (s64)__e : (cond) ? (__left > 0 ? __left : 1) : 0;		\
})
#define wait_event_timeout(wq, cond, ns) ___wait_event_timeout(wq, cond, ns, TASK_UNINTERRUPTIBLE)
#define wait_event_idle_timeout(wq, cond, ns) ___wait_event_timeout(wq, cond, ns, TASK_IDLE)
#define wait_event_interruptible_timeout(wq, cond, ns) \
	___wait_event_timeout(wq, cond, ns, TASK_INTERRUPTIBLE)

#endif
