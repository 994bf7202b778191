// SPDX-License-Identifier: MIT
/*
 * Scheduling as programs see it: one policy (SCHED_OTHER), nice values, and the harts a task may
 * run on.
 */
#include <linux/resource.h>
#include <linux/sched.h>
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/smp.h"
#include "kernel/syscall.h"
#include "lib/string.h"

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

/* pid 0 is current; with a reference, or NULL. */
static struct task_struct *get_task(int pid)
{
	if (pid)
		return find_get_task(pid);
	get_task_struct(current);
	return current;
}

static bool owns_task(struct task_struct *task)
{
	const struct cred *me = current_cred(), *him = get_task_cred(task);
	bool owns = me->euid == him->uid || me->euid == him->euid || capable(CAP_SYS_NICE);

	put_cred(him);
	return owns;
}

/* --- harts --- */

static u64 online_mask(void)
{
	return BIT(nr_harts) - 1;
}

SYSCALL_DEFINE3(sched_setaffinity, int, pid, unsigned int, len, const void *, umask)
{
	struct task_struct *task;
	u64 mask = 0;
	int err = 0;

	if (copy_from_user(&mask, umask, min_t(unsigned int, len, sizeof(mask))))
		return -EFAULT;
	task = get_task(pid);
	if (!task)
		return -ESRCH;
	if (!owns_task(task))
		err = -EPERM;
	else if (!(mask & online_mask()))
		err = -EINVAL;
	else
		set_cpus_allowed(task, mask & online_mask());
	put_task_struct(task);
	return err;
}

/* Returns the bytes written, as the call itself does; the C library's wrapper returns 0. */
SYSCALL_DEFINE3(sched_getaffinity, int, pid, unsigned int, len, void *, umask)
{
	struct task_struct *task;
	u64 mask;

	if (len * 8 < (unsigned int)nr_harts || len % sizeof(long))
		return -EINVAL;
	task = get_task(pid);
	if (!task)
		return -ESRCH;
	mask = READ_ONCE(task->cpus_allowed) & online_mask();
	put_task_struct(task);
	return copy_to_user(umask, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

/* --- policies --- */

/* struct sched_param is one int, sched_priority (sched_setparam(2)); not every UAPI has it. */

SYSCALL_DEFINE1(sched_getscheduler, int, pid)
{
	struct task_struct *task = pid < 0 ? NULL : get_task(pid);

	if (!task)
		return pid < 0 ? -EINVAL : -ESRCH;
	put_task_struct(task);
	return SCHED_NORMAL;
}

SYSCALL_DEFINE2(sched_getparam, int, pid, int *, upriority)
{
	struct task_struct *task;
	const int priority = 0;

	if (!upriority || pid < 0)
		return -EINVAL;
	task = get_task(pid);
	if (!task)
		return -ESRCH;
	put_task_struct(task);
	return put_user(priority, upriority);
}

/* There are no real-time priorities, so nobody has the right to one. */
static int set_scheduler(int pid, int policy, const int __user *upriority)
{
	int priority;
	struct task_struct *task;

	if (!upriority || pid < 0)
		return -EINVAL;
	if (get_user(priority, upriority))
		return -EFAULT;
	task = get_task(pid);
	if (!task)
		return -ESRCH;
	put_task_struct(task);
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return -EPERM;
	return policy != SCHED_NORMAL || priority ? -EINVAL : 0;
}

SYSCALL_DEFINE2(sched_setparam, int, pid, const int *, upriority)
{
	return set_scheduler(pid, SCHED_NORMAL, upriority);
}

SYSCALL_DEFINE3(sched_setscheduler, int, pid, int, policy, const int *, upriority)
{
	return set_scheduler(pid, policy, upriority);
}

static int priority_limit(int policy, int realtime)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return realtime;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return priority_limit(policy, 99);
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return priority_limit(policy, 1);
}

/* --- nice --- */

#define MIN_NICE	(-20)
#define MAX_NICE	19

/* Is @p meant by (@which, @who): a group or a user, as setpriority(2) reads them? */
static bool is_meant(const struct task_struct *p, int which, int who)
{
	if (which == PRIO_PGRP)
		return pid_nr(task_pgrp(p)) == (who ? who : pid_nr(task_pgrp(current)));
	return p->cred->uid == (who ? (uid_t)who : current_uid());
}

/* Calls @fn for each thread that is meant; tasklist_lock held. */
static void for_each_meant(int which, int who, void (*fn)(struct task_struct *p, void *arg),
			   void *arg)
{
	struct task_struct *p, *t;

	if (which == PRIO_PROCESS) {
		p = who ? find_task_by_pid_locked(who) : current;
		if (p)
			fn(p, arg);
		return;
	}
	for_each_process(p)
		for_each_thread(p->signal, t)
			if (is_meant(t, which, who))
				fn(t, arg);
}

struct nice_request {
	int nice, err;
};

static int may_set_nice(const struct task_struct *p, int nice)
{
	if (p->cred->euid != current_euid() && p->cred->uid != current_euid() &&
	    !capable(CAP_SYS_NICE))
		return -EPERM;
	/* RLIMIT_NICE counts from 20 (nothing) to 1 (everything), downwards in nice. */
	if (nice < p->nice && 20 - nice > (long)min(task_rlimit(p, RLIMIT_NICE), 40UL) &&
	    !capable(CAP_SYS_NICE))
		return -EACCES;
	return 0;
}

static void set_one_nice(struct task_struct *p, void *arg)
{
	struct nice_request *request = arg;
	int err = may_set_nice(p, request->nice);

	if (!err)
		set_task_nice(p, request->nice);
	if (err || request->err == -ESRCH)
		request->err = err;
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	struct nice_request request = { clamp(nice, MIN_NICE, MAX_NICE), -ESRCH };

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	for_each_meant(which, who, set_one_nice, &request);
	spin_unlock_irq(&tasklist_lock);
	return request.err;
}

static void find_best(struct task_struct *p, void *arg)
{
	int *best = arg;

	*best = max(*best, 20 - p->nice);
}

/* Returns 20 - nice, so that no result looks like an error; the C library turns it round. */
SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	int best = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	for_each_meant(which, who, find_best, &best);
	spin_unlock_irq(&tasklist_lock);
	return best;
}
