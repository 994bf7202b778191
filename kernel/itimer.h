// SPDX-License-Identifier: MIT
/* Interval timers (setitimer(2)): real time by a timer, CPU time looked at by the tick. */
#ifndef KERNEL_ITIMER_H
#define KERNEL_ITIMER_H

#include "kernel/signal.h"

/*
 * The timer interrupt, for the running user task, after its times were brought up to date: at least
 * every 10 ms.
 */
void account_process_tick(struct task_struct *task);
void itimers_init(struct signal_struct *sig);
/* exit and exec: no timer fires any more when it returns. */
void exit_itimers(struct signal_struct *sig);
/* RLIMIT_CPU was set to @seconds. */
void update_rlimit_cpu(struct signal_struct *sig);

#endif
