// SPDX-License-Identifier: MIT
/*
 * The forms of futex(2) that deal with two words.  The buckets of both are locked together, in the
 * order of their addresses, so that what is done to the words and to the waiters is one step for
 * everybody else.
 */
#include <linux/futex.h>
#include "kernel/errno.h"
#include "kernel/futex.h"
#include "kernel/futex_queue.h"
#include "kernel/sched.h"

/* --- requeueing --- */

static void move_waiter(struct futex_waiter *w, struct futex_bucket *to,
			const struct futex_key *key)
{
	list_move_tail(&w->list, &to->waiters);
	w->key = *key;
	WRITE_ONCE(w->bucket, to);
}

/* Both buckets locked. */
static int requeue_locked(struct futex_bucket *from, const struct futex_key *key1,
			  struct futex_bucket *to, const struct futex_key *key2, int nr_wake,
			  int nr_requeue)
{
	struct futex_waiter *w, *next, *last;
	int done = 0;

	if (list_empty(&from->waiters))
		return 0;
	/* Those that are moved may come to stand behind it in the same queue. */
	last = list_last_entry(&from->waiters, struct futex_waiter, list);
	list_for_each_entry_safe(w, next, &from->waiters, list) {
		bool is_last = w == last;

		if (done - nr_wake >= nr_requeue)
			break;
		if (futex_match(&w->key, key1)) {
			if (++done <= nr_wake)
				futex_wake_waiter(w);
			else
				move_waiter(w, to, key2);
		}
		if (is_last)
			break;
	}
	return done;
}

int futex_requeue(u32 __user *uaddr1, bool shared, u32 __user *uaddr2, int nr_wake, int nr_requeue,
		  const u32 *cmpval)
{
	struct futex_key key1, key2;
	struct futex_bucket *b1, *b2;
	u32 value;
	int ret;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	for (;;) {
		ret = get_futex_key(uaddr1, shared, false, &key1);
		if (!ret)
			ret = get_futex_key(uaddr2, shared, false, &key2);
		if (ret)
			return ret;
		b1 = futex_bucket(&key1);
		b2 = futex_bucket(&key2);
		futex_lock_two(b1, b2);
		ret = cmpval ? futex_get_value_locked(&value, uaddr1) : 0;
		if (!ret && cmpval && value != *cmpval)
			ret = -EAGAIN;
		if (!ret)
			ret = requeue_locked(b1, &key1, b2, &key2, nr_wake, nr_requeue);
		futex_unlock_two(b1, b2);
		if (ret != -EFAULT)
			return ret;
		if (get_user(value, uaddr1))
			return -EFAULT;
	}
}

/* --- an operation on the second word --- */

/* FUTEX_OP(op, oparg, cmp, cmparg) taken apart. */
struct futex_op {
	unsigned int op, cmp;
	int oparg, cmparg;
};

static int sign_extend_12(u32 value)
{
	return (int)(value << 20) >> 20;
}

static struct futex_op decode_op(u32 encoded)
{
	struct futex_op fo = {
		.op = encoded >> 28 & 7,
		.cmp = encoded >> 24 & 15,
		.oparg = sign_extend_12(encoded >> 12 & 0xfff),
		.cmparg = sign_extend_12(encoded & 0xfff),
	};

	if (encoded >> 28 & FUTEX_OP_OPARG_SHIFT)
		fo.oparg = 1U << (fo.oparg & 31);
	return fo;
}

/* False: there is no such operation. */
static bool apply_op(const struct futex_op *fo, u32 old, u32 *new)
{
	switch (fo->op) {
	case FUTEX_OP_SET:
		*new = fo->oparg;
		return true;
	case FUTEX_OP_ADD:
		*new = old + fo->oparg;
		return true;
	case FUTEX_OP_OR:
		*new = old | fo->oparg;
		return true;
	case FUTEX_OP_ANDN:
		*new = old & ~fo->oparg;
		return true;
	case FUTEX_OP_XOR:
		*new = old ^ fo->oparg;
		return true;
	default:
		return false;
	}
}

/* Does the old value compare as asked?  -ENOSYS: there is no such comparison. */
static int compare_old(const struct futex_op *fo, int old)
{
	switch (fo->cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == fo->cmparg;
	case FUTEX_OP_CMP_NE:
		return old != fo->cmparg;
	case FUTEX_OP_CMP_LT:
		return old < fo->cmparg;
	case FUTEX_OP_CMP_GE:
		return old >= fo->cmparg;
	case FUTEX_OP_CMP_LE:
		return old <= fo->cmparg;
	case FUTEX_OP_CMP_GT:
		return old > fo->cmparg;
	default:
		return -ENOSYS;
	}
}

/* Performs it in one step; no fault is handled.  1 or 0 as compare_old(), -EFAULT, -ENOSYS. */
static int op_in_user(u32 encoded, u32 __user *uaddr)
{
	struct futex_op fo = decode_op(encoded);
	u32 old = 0, seen, new;
	int err;

	if (!apply_op(&fo, old, &new))
		return -ENOSYS;
	err = futex_get_value_locked(&seen, uaddr);
	while (!err) {
		old = seen;
		apply_op(&fo, old, &new);
		pagefault_disable();
		err = cmpxchg_user(uaddr, old, new, &seen);
		pagefault_enable();
		if (!err && seen == old)
			return compare_old(&fo, old);
	}
	return err;
}

/* Buckets locked; @ret: what the operation gave. */
static int wake_both(struct futex_bucket *b1, const struct futex_key *key1, int nr_wake,
		     struct futex_bucket *b2, const struct futex_key *key2, int nr_wake2, int ret)
{
	int woken = futex_wake_locked(b1, key1, nr_wake, FUTEX_BITSET_MATCH_ANY);

	if (ret)
		woken += futex_wake_locked(b2, key2, nr_wake2, FUTEX_BITSET_MATCH_ANY);
	return woken;
}

int futex_wake_op(u32 __user *uaddr1, bool shared, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 op)
{
	struct futex_key key1, key2;
	struct futex_bucket *b1, *b2;
	int ret;

	for (;;) {
		ret = get_futex_key(uaddr1, shared, false, &key1);
		if (!ret)
			ret = get_futex_key(uaddr2, shared, true, &key2);
		if (ret)
			return ret;
		b1 = futex_bucket(&key1);
		b2 = futex_bucket(&key2);
		futex_lock_two(b1, b2);
		ret = op_in_user(op, uaddr2);
		if (ret >= 0)
			ret = wake_both(b1, &key1, nr_wake, b2, &key2, nr_wake2, ret);
		futex_unlock_two(b1, b2);
		if (ret != -EFAULT)
			return ret;
		if (fault_in_writeable((char *)uaddr2, sizeof(u32)))
			return -EFAULT;
	}
}
