// SPDX-License-Identifier: MIT
/*
 * The scheduler's side that only boot, entry.S and the timer interrupt see; everybody else wants
 * kernel/sched.h.
 */
#ifndef KERNEL_SCHED_CORE_H
#define KERNEL_SCHED_CORE_H

#include "lib/types.h"

struct task_struct;

/* the boot context; becomes the idle task of hart 0 */
extern struct task_struct init_task;

/*
 * Makes @idle the task that @cpu runs when nothing else wants to; it is what runs there now or
 * first.
 */
void sched_init_cpu(int cpu, struct task_struct *idle);
/* A new task's first act (entry.S): @prev is what the hart ran before. */
void schedule_tail(struct task_struct *prev);
/*
 * entry.S: saves @prev's registers and goes on as @next; returns, as @prev again, the task that ran
 * in between last.
 */
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);
/* From the tick, interrupts off; @user: it hit user code. */
void scheduler_tick(bool user);
bool this_hart_idle(void);
/* What a hart runs at the moment, and how often it has switched; NULL: it idles. */
struct task_struct *sched_running(int cpu, u64 *switches);

/* Panic: stacks of what the other harts, stopped by now, were running. */
void sched_dump_others(void);

/* Timer (kernel/timer.c): the hart runs tasks, or idles and needs no tick.  Run-queue lock held. */
void tick_update(bool busy);

#endif
