// SPDX-License-Identifier: MIT
/*
 * futex(2): waiting and waking.  Keys and queues are in kernel/futex_queue.c, the calls on two
 * words in kernel/futex_requeue.c.  The forms with priority inheritance answer ENOSYS, since there
 * are no priorities to inherit.
 *
 * F1 A waiter is queued before it compares the word, and a waker changes the word before it looks
 * at
 *    the queue; a full barrier on both sides.  So either the waiter sees the change or the waker
 *    sees the waiter.
 * F2 A waiter leaves only after it had the lock of its bucket, so a waker may use what is on its
 *    stack while he holds that.
 */
#include "kernel/futex.h"

#include <linux/futex.h>
#include "kernel/errno.h"
#include "kernel/futex_queue.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/atomic.h"

int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	struct futex_bucket *b;
	struct futex_key key;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = get_futex_key(uaddr, shared, false, &key);
	if (ret)
		return ret;
	b = futex_bucket(&key);
	smp_mb();		/* F1 */
	if (list_empty(&b->waiters))
		return 0;
	spin_lock(&b->lock);
	ret = futex_wake_locked(b, &key, nr, bitset);
	spin_unlock(&b->lock);
	return ret;
}

/* --- waiting --- */

/* What to wait for, and how long. */
struct futex_wait {
	u32 __user *uaddr;
	bool shared;
	bool realtime;			/* the clock of @expires */
	u32 expected;
	u32 bitset;
	u64 expires;			/* ns; KTIME_MAX: for ever */
};

/* Its queue may change until the lock is ours. */
static struct futex_bucket *lock_bucket_of(struct futex_waiter *w)
{
	for (;;) {
		struct futex_bucket *b = READ_ONCE(w->bucket);

		spin_lock(&b->lock);
		if (likely(b == READ_ONCE(w->bucket)))
			return b;
		spin_unlock(&b->lock);
	}
}

/* Takes it off its queue if no waker has; true: it was woken. */
static bool unqueue(struct futex_waiter *w)
{
	struct futex_bucket *b = lock_bucket_of(w);
	bool woken = list_empty(&w->list);

	list_del_init(&w->list);
	spin_unlock(&b->lock);
	return woken;
}

/*
 * Queues @w if the word is as expected: 0 or -EAGAIN.  -EFAULT: the word is not present; no fault
 * is handled here, where a lock is held.
 */
static int queue_if_equal(struct futex_waiter *w, const struct futex_wait *fw)
{
	struct futex_bucket *b = w->bucket;
	u32 value;
	int err;

	spin_lock(&b->lock);
	list_add_tail(&w->list, &b->waiters);
	set_current_state(TASK_INTERRUPTIBLE);		/* F1: has the barrier */
	err = futex_get_value_locked(&value, fw->uaddr);
	if (!err && value != fw->expected)
		err = -EAGAIN;
	if (err) {
		list_del_init(&w->list);
		WRITE_ONCE(current->state, TASK_RUNNING);
	}
	spin_unlock(&b->lock);
	return err;
}

/* On success @w is queued and current's state is set.  -EAGAIN, -EFAULT, -EINVAL. */
static int wait_setup(struct futex_waiter *w, const struct futex_wait *fw)
{
	u32 value;
	int err;

	for (;;) {
		err = get_futex_key(fw->uaddr, fw->shared, false, &w->key);
		if (err)
			return err;
		w->bucket = futex_bucket(&w->key);
		err = queue_if_equal(w, fw);
		if (err != -EFAULT)
			return err;
		if (get_user(value, fw->uaddr))
			return -EFAULT;
	}
}

static s64 time_left(const struct futex_wait *fw)
{
	u64 now;

	if (fw->expires == KTIME_MAX)
		return KTIME_MAX;
	now = fw->realtime ? ktime_get_real_ns() : ktime_get_ns();
	return fw->expires > now ? fw->expires - now : 0;
}

/* 0, -EAGAIN, -EFAULT, -EINVAL, -ETIMEDOUT, or -EINTR for a signal. */
static int futex_wait(const struct futex_wait *fw)
{
	struct futex_waiter w = { .list = LIST_HEAD_INIT(w.list), .task = current,
				  .bitset = fw->bitset };
	int err;

	if (!fw->bitset)
		return -EINVAL;
	do {
		err = wait_setup(&w, fw);
		if (err)
			return err;
		schedule_timeout(time_left(fw));
		if (unqueue(&w))
			return 0;
		if (!time_left(fw))
			return -ETIMEDOUT;
	} while (!signal_pending(current));
	return -EINTR;
}

static long futex_wait_restart(struct restart_block *rb);

/* A wait with an end in time goes on with that end after a signal without a handler. */
static long wait_or_restart(const struct futex_wait *fw)
{
	struct restart_block *rb = &current->restart_block;
	int err = futex_wait(fw);

	if (err != -EINTR)
		return err;
	if (fw->expires == KTIME_MAX)
		return -ERESTARTSYS;
	rb->fn = futex_wait_restart;
	rb->expires = fw->expires;
	rb->user = fw->uaddr;
	rb->futex.expected = fw->expected;
	rb->futex.bitset = fw->bitset;
	rb->futex.shared = fw->shared;
	rb->futex.realtime = fw->realtime;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait_restart(struct restart_block *rb)
{
	struct futex_wait fw = {
		.uaddr = rb->user,
		.shared = rb->futex.shared,
		.realtime = rb->futex.realtime,
		.expected = rb->futex.expected,
		.bitset = rb->futex.bitset,
		.expires = rb->expires,
	};

	return wait_or_restart(&fw);
}

/* --- the call --- */

static bool has_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_LOCK_PI ||
	       cmd == FUTEX_LOCK_PI2 || cmd == FUTEX_WAIT_REQUEUE_PI;
}

/* WAIT's time is from now, all others' a date of their clock.  0, -EFAULT, -EINVAL. */
static int read_timeout(const struct __kernel_timespec __user *utime, int cmd, u64 *expires)
{
	struct __kernel_timespec ts;
	u64 ns, now = cmd == FUTEX_WAIT ? ktime_get_ns() : 0;

	if (copy_from_user(&ts, utime, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	ns = timespec_to_ns(&ts);
	*expires = ns > KTIME_MAX - now ? (u64)KTIME_MAX : now + ns;
	return 0;
}

SYSCALL_DEFINE6(futex, u32 *, uaddr, int, op, u32, val, const struct __kernel_timespec *, utime,
		u32 *, uaddr2, u32, val3)
{
	int cmd = op & FUTEX_CMD_MASK, val2 = (unsigned long)utime, err;
	bool shared = !(op & FUTEX_PRIVATE_FLAG), realtime = op & FUTEX_CLOCK_REALTIME;
	struct futex_wait fw = { uaddr, shared, realtime, val, val3, KTIME_MAX };

	if (utime && has_timeout(cmd)) {
		err = read_timeout(utime, cmd, &fw.expires);
		if (err)
			return err;
	}
	if (realtime && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		fw.bitset = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAIT_BITSET:
		return wait_or_restart(&fw);
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, shared, uaddr2, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, shared, uaddr2, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, shared, uaddr2, val, val2, val3);
	default:
		return -ENOSYS;
	}
}
