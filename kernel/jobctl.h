// SPDX-License-Identifier: MIT
/*
 * Stopping and continuing a process: SIGSTOP and its kin by default action, SIGCONT.
 *
 * All with current's siglock (continue_process: the target's), kept unless it says otherwise.
 */
#ifndef KERNEL_JOBCTL_H
#define KERNEL_JOBCTL_H

#include "kernel/signal.h"

/* After current took the stop signal @sig: false if a SIGCONT or the end came first. */
bool stop_is_due(int sig);
/* Marks every thread for a stop by @sig. */
void start_group_stop(int sig);
/* For a thread that is marked: sleeps until SIGCONT or SIGKILL.  Drops the lock. */
void sleep_stopped(void);
/*
 * For a marked thread that exits instead: it counts as stopped.  True: the stop is complete with
 * that, and tell_of_stop() is due when the lock is free.
 */
bool leave_group_stop(struct task_struct *task);
void tell_of_stop(int sig);
/* SIGCONT was sent: wakes who is stopped.  The parent hears of it from the first that runs. */
void continue_process(struct signal_struct *signal);
/* Tells the parent what continue_process() noted.  Drops the lock. */
void notify_continued(void);

#endif
