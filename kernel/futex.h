// SPDX-License-Identifier: MIT
/* futex(2): waiting for a word in user memory, and waking those who wait. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include "arch/riscv/uaccess.h"
#include "lib/types.h"

/*
 * Wakes up to @nr (at least one) of those that wait for the word at @uaddr with a bit of @bitset in
 * common; @shared: not only current's threads.  How many; -EINVAL, -EFAULT.  May sleep.
 */
int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset);
/*
 * Wakes @nr_wake of those that wait at @uaddr1 and lets @nr_requeue more wait at @uaddr2 from now
 * on.  @cmpval: only if the first word has that value, else -EAGAIN; NULL: whatever it has.  How
 * many were woken or moved; -EINVAL, -EFAULT.
 */
int futex_requeue(u32 __user *uaddr1, bool shared, u32 __user *uaddr2, int nr_wake, int nr_requeue,
		  const u32 *cmpval);
/*
 * Changes the word at @uaddr2 as @op says (FUTEX_OP), wakes @nr_wake at @uaddr1, and @nr_wake2 at
 * @uaddr2 if the old value compares as @op says.  How many; -EINVAL, -EFAULT, -ENOSYS (@op).
 */
int futex_wake_op(u32 __user *uaddr1, bool shared, u32 __user *uaddr2, int nr_wake, int nr_wake2,
		  u32 op);

#endif
