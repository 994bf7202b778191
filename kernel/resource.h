// SPDX-License-Identifier: MIT
/* Resource limits (getrlimit(2)) and usage (getrusage(2)). */
#ifndef KERNEL_RESOURCE_H
#define KERNEL_RESOURCE_H

#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/time.h"

/* The soft limit @which (RLIMIT_*) of @task or current; RLIM_INFINITY is ~0UL. */
static inline unsigned long task_rlimit(const struct task_struct *task, unsigned int which)
{
	return READ_ONCE(task->signal->rlim[which].rlim_cur);
}

static inline unsigned long rlimit(unsigned int which)
{
	return task_rlimit(current, which);
}

/* The hard one of current. */
static inline unsigned long rlimit_max(unsigned int which)
{
	return READ_ONCE(current->signal->rlim[which].rlim_max);
}

/* Current has had to wait for a page from swap, since @start (ktime_get_ns()). */
static inline void delayacct_swapin(u64 start)
{
	current->swapins++;
	current->swapin_ns += ktime_get_ns() - start;
}

/* What a whole process used, threads that are gone included; tasklist_lock or siglock. */
void thread_group_rusage(const struct signal_struct *sig, struct rusage_sum *sum);
/* User and system time of a whole process, threads that are gone included; ns.  Locks as above. */
void thread_group_cputime(struct task_struct *task, u64 *utime, u64 *stime);
/* Adds what @task itself used. */
void rusage_add_task(struct rusage_sum *sum, struct task_struct *task);
void rusage_add(struct rusage_sum *sum, const struct rusage_sum *other);
/*
 * struct rusage as getrusage(2) has it; @who RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD or
 * RUSAGE_BOTH.
 */
#define RUSAGE_BOTH	(-2)
void getrusage(struct task_struct *task, int who, struct rusage *ru);

#endif
