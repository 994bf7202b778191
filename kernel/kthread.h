// SPDX-License-Identifier: MIT
/*
 * Kernel threads: tasks without an mm of their own. Visible in /proc, children of kthreadd (pid 2).
 */
#ifndef KERNEL_KTHREAD_H
#define KERNEL_KTHREAD_H

#include "lib/types.h"

struct task_struct;

/*
 * Creates and starts a thread that runs fn(arg) for ever (it must not return). The name has at most
 * 15 characters. ERR_PTR(-ENOMEM). May sleep.
 */
struct task_struct *__printf(3, 4)
	kthread_run(void (*fn)(void *arg), void *arg, const char *name, ...);

#endif
