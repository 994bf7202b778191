// SPDX-License-Identifier: MIT
/*
 * Robust futexes (get_robust_list(2)): each thread tells the kernel where it keeps the list of the
 * locks it holds; when it dies they are marked FUTEX_OWNER_DIED and a waiter is woken.
 */
#ifndef KERNEL_ROBUST_LIST_H
#define KERNEL_ROBUST_LIST_H

/* current leaves its address space, by exit or exec: walks its list.  May sleep. */
void exit_robust_list(void);

#endif
