// SPDX-License-Identifier: MIT
/*
 * Who waits for what never comes: a task that has slept uninterruptibly for longer than
 * /proc/sys/kernel/hung_task_timeout_secs is named on the console with its stack.
 */
#ifndef KERNEL_HUNG_TASK_H
#define KERNEL_HUNG_TASK_H

extern unsigned long hung_task_timeout_secs;	/* 0: nobody looks */
extern int hung_task_warnings;			/* reports that are left; -1: no limit */

/* The timeout was changed: it counts from now on.  0. */
int hung_task_timeout_changed(void);

#endif
