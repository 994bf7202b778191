// SPDX-License-Identifier: MIT
/*
 * What the calls of futex(2) share: which waiters belong to a word, and the queues they wait in.
 */
#ifndef KERNEL_FUTEX_QUEUE_H
#define KERNEL_FUTEX_QUEUE_H

#include "arch/riscv/uaccess.h"
#include "kernel/spinlock.h"
#include "lib/list.h"
#include "lib/types.h"

/* The same word: equal keys, wherever each process has it mapped. */
struct futex_key {
	u64 owner;			/* mm, or the sequence number of an inode */
	u64 where;			/* address or offset in the file, plus the kind */
};

struct futex_bucket {
	struct spinlock lock;
	struct list_head waiters;
} __aligned(64);

/* On the waiter's stack. */
struct futex_waiter {
	struct list_head list;		/* empty: woken */
	struct futex_bucket *bucket;	/* whose queue; changed with the locks of both */
	struct task_struct *task;
	struct futex_key key;
	u32 bitset;
};

/*
 * The key of the word at @uaddr.  @shared: not FUTEX_PRIVATE_FLAG.  @write: the word will be
 * written.  0, -EINVAL (not aligned), -EFAULT, -ENOMEM.  May sleep.
 */
int get_futex_key(u32 __user *uaddr, bool shared, bool write, struct futex_key *key);
struct futex_bucket *futex_bucket(const struct futex_key *key);

static inline bool futex_match(const struct futex_key *a, const struct futex_key *b)
{
	return a->owner == b->owner && a->where == b->where;
}

/* @a and @b may be the same. */
void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b);

/* Off its queue and awake.  Bucket locked. */
void futex_wake_waiter(struct futex_waiter *w);
/*
 * Wakes the waiters for @key with a bit of @bitset in common, in the order in which they came: one,
 * or @nr if that is more.  How many.  Bucket locked.
 */
int futex_wake_locked(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset);
/* Faults are not handled meanwhile, so a lock may be held: 0 or -EFAULT. */
int futex_get_value_locked(u32 *value, u32 __user *uaddr);

#endif
