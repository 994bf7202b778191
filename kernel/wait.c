// SPDX-License-Identifier: MIT
#include "kernel/wait.h"

#include "kernel/completion.h"
#include "kernel/sched.h"

void init_waitqueue_head(struct wait_queue_head *wq)
{
	spin_lock_init(&wq->lock, RANK_WAIT);
	INIT_LIST_HEAD(&wq->head);
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *wait)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_add(&wait->entry, &wq->head);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void remove_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *wait)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&wait->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

static void prepare(struct wait_queue_head *wq, struct wait_queue_entry *wait, unsigned int state,
		    bool exclusive)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	wait->exclusive = exclusive;
	if (list_empty(&wait->entry)) {
		if (exclusive)
			list_add_tail(&wait->entry, &wq->head);
		else
			list_add(&wait->entry, &wq->head);
	}
	/* A full barrier: from here on a waker sees us, so the caller may look at its condition. */
	set_current_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait, unsigned int state)
{
	prepare(wq, wait, state, false);
}

void prepare_to_wait_exclusive(struct wait_queue_head *wq, struct wait_queue_entry *wait,
			       unsigned int state)
{
	prepare(wq, wait, state, true);
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait)
{
	unsigned long flags;

	WRITE_ONCE(current->state, TASK_RUNNING);
	/*
	 * The entry is on our stack: it must be off the list, and the waker that took it off must
	 * have let go of it, before we return. list_empty_careful() is true only when both links
	 * point to the entry itself, and autoremove_wake_function() touches it last by writing
	 * them.
	 */
	if (list_empty_careful(&wait->entry))
		return;
	spin_lock_irqsave(&wq->lock, flags);
	list_del_init(&wait->entry);
	spin_unlock_irqrestore(&wq->lock, flags);
}

bool default_wake_function(struct wait_queue_entry *wait, void *key)
{
	return try_to_wake_up(wait->private, TASK_NORMAL | TASK_WAKEKILL);
}

bool autoremove_wake_function(struct wait_queue_entry *wait, void *key)
{
	bool woken = try_to_wake_up(wait->private, TASK_NORMAL);

	if (woken)
		list_del_init_careful(&wait->entry);
	return woken;
}

void __wake_up(struct wait_queue_head *wq, int nr, void *key)
{
	struct wait_queue_entry *wait, *next;
	unsigned long flags;

	/* The condition is visible before the queue is looked at. */
	smp_mb();
	if (!waitqueue_active(wq))
		return;
	spin_lock_irqsave(&wq->lock, flags);
	list_for_each_entry_safe(wait, next, &wq->head, entry) {
		bool exclusive = wait->exclusive;

		if (wait->func(wait, key) && exclusive && !--nr)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

void complete(struct completion *c)
{
	struct wait_queue_entry *wait, *next;
	unsigned long flags;

	/*
	 * All under the lock: the waiter frees the completion as soon as it sees it done, which it
	 * looks at under the lock too.
	 */
	spin_lock_irqsave(&c->wait.lock, flags);
	c->done++;
	list_for_each_entry_safe(wait, next, &c->wait.head, entry)
		if (wait->func(wait, NULL))
			break;
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/* One completion taken, or false; under the lock, see complete(). */
static bool completion_take(struct completion *c)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&c->wait.lock, flags);
	done = c->done;
	if (done)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return done;
}

void wait_for_completion(struct completion *c)
{
	wait_event(&c->wait, completion_take(c));
}

int wait_for_completion_killable(struct completion *c)
{
	return wait_event_killable(&c->wait, completion_take(c));
}
