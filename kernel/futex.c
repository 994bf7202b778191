// SPDX-License-Identifier: MIT
/*
 * futex(2), the part that one thread by itself or tasks that share an mm (vfork) use: WAIT, WAKE
 * and their BITSET forms. Requeueing, priority inheritance and words in shared mappings answer
 * ENOSYS.
 *
 * A waiter is found by address space and address, in one of a few hashed queues.
 *
 * F1 A waiter is queued before it compares the word, both under the bucket's lock; a waker that has
 *    changed the word takes the lock after that. So either the waiter sees the change or the waker
 *    sees the waiter.
 */
#include "kernel/futex.h"

#include <linux/futex.h>
#include "arch/riscv/uaccess.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/hash.h"
#include "lib/list.h"

#define FUTEX_HASH_BITS	4

struct futex_bucket {
	struct spinlock lock;
	struct list_head waiters;
};

struct futex_waiter {
	struct list_head list;		/* empty: woken */
	struct task_struct *task;
	struct mm_struct *mm;
	unsigned long addr;
	u32 bitset;
};

static struct futex_bucket buckets[1 << FUTEX_HASH_BITS];

static void futex_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock, RANK_FUTEX);
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
}
core_initcall(futex_init);

static struct futex_bucket *bucket_of(unsigned long addr)
{
	return &buckets[hash_long((unsigned long)current->mm ^ addr, FUTEX_HASH_BITS)];
}

int futex_wake(u32 __user *uaddr, int nr_wake, u32 bitset)
{
	unsigned long addr = (unsigned long)uaddr;
	struct futex_bucket *b = bucket_of(addr);
	struct futex_waiter *w, *next;
	int woken = 0;

	if (!bitset || addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	spin_lock(&b->lock);
	list_for_each_entry_safe(w, next, &b->waiters, list) {
		if (w->mm != current->mm || w->addr != addr || !(w->bitset & bitset))
			continue;
		list_del_init(&w->list);
		/* Under the lock: the waiter, whose stack @w is on, takes it before it returns. */
		wake_up_process(w->task);
		if (++woken >= nr_wake)
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}

/* Queues @w if the word is still @expected.  0, -EAGAIN, -EFAULT. */
static int queue_if_equal(struct futex_bucket *b, struct futex_waiter *w, u32 __user *uaddr,
			  u32 expected)
{
	unsigned long left;
	u32 value;

	for (;;) {
		spin_lock(&b->lock);
		list_add_tail(&w->list, &b->waiters);
		set_current_state(TASK_INTERRUPTIBLE);
		/*
		 * No fault may be handled with the lock held: fault the word in without it and try
		 * again.
		 */
		pagefault_disable();
		left = copy_from_user(&value, uaddr, sizeof(value));
		pagefault_enable();
		if (!left && value == expected) {
			spin_unlock(&b->lock);
			return 0;
		}
		list_del_init(&w->list);
		WRITE_ONCE(current->state, TASK_RUNNING);
		spin_unlock(&b->lock);
		if (!left)
			return -EAGAIN;
		if (get_user(value, uaddr))
			return -EFAULT;
	}
}

/* Takes it off its queue if no waker has; true: it was woken. */
static bool unqueue(struct futex_bucket *b, struct futex_waiter *w)
{
	bool woken;

	spin_lock(&b->lock);
	woken = list_empty(&w->list);
	list_del_init(&w->list);
	spin_unlock(&b->lock);
	return woken;
}

/* @timeout: ns to wait, KTIME_MAX for ever. */
static int futex_wait(u32 __user *uaddr, u32 expected, s64 timeout, u32 bitset)
{
	struct futex_waiter w = {.list = LIST_HEAD_INIT(w.list),
				 .task = current,
				 .mm = current->mm,
				 .addr = (unsigned long)uaddr,
				 .bitset = bitset};
	struct futex_bucket *b = bucket_of(w.addr);
	int err;

	if (!bitset || w.addr % sizeof(u32))
		return -EINVAL;
	for (;;) {
		err = queue_if_equal(b, &w, uaddr, expected);
		if (err)
			return err;
		timeout = schedule_timeout(timeout);
		if (unqueue(b, &w))
			return 0;
		if (timeout <= 0)
			return -ETIMEDOUT;
		if (signal_pending(current))
			return timeout == KTIME_MAX ? -ERESTARTSYS : -EINTR;
	}
}

/* WAIT's time is relative, WAIT_BITSET's absolute (futex(2)).  0 or -errno. */
static int read_timeout(const struct __kernel_timespec __user *utime, int op, s64 *ns)
{
	struct __kernel_timespec ts;
	int cmd = op & FUTEX_CMD_MASK;

	*ns = KTIME_MAX;
	if (!utime)
		return 0;
	if (copy_from_user(&ts, utime, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	*ns = timespec_to_ns(&ts);
	if (cmd == FUTEX_WAIT_BITSET)
		*ns -= op & FUTEX_CLOCK_REALTIME ? ktime_get_real_ns() : ktime_get_ns();
	return 0;
}

SYSCALL_DEFINE6(futex, u32 *, uaddr, int, op, u32, val, const struct __kernel_timespec *, utime,
		u32 *, uaddr2, u32, val3)
{
	s64 timeout;
	int err;

	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAIT_BITSET:
		err = read_timeout(utime, op, &timeout);
		return err ? err : futex_wait(uaddr, val, timeout, val3);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, val, val3);
	default:
		return -ENOSYS;
	}
}
