// SPDX-License-Identifier: MIT
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include "arch/riscv/uaccess.h"
#include "lib/types.h"

/*
 * Wakes up to @nr_wake tasks that wait for the word at @uaddr of current's mm with a bit of @bitset
 * in common. Returns how many; -EINVAL, -EFAULT.
 */
int futex_wake(u32 __user *uaddr, int nr_wake, u32 bitset);

#endif
