// SPDX-License-Identifier: MIT
/* What processes used, and how much they may. */
#include "kernel/resource.h"

#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/itimer.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/mm.h"

#define NR_OPEN_MAX	1048576		/* the most descriptors a process may be allowed */

/* --- usage --- */

void rusage_add_task(struct rusage_sum *sum, struct task_struct *task)
{
	u64 utime, stime;

	task_cputime(task, &utime, &stime);
	sum->utime += utime;
	sum->stime += stime;
	sum->min_flt += task->min_flt;
	sum->maj_flt += task->maj_flt;
	sum->inblock += task->inblock;
	sum->oublock += task->oublock;
	sum->swapins += task->swapins;
	sum->swapin_ns += task->swapin_ns;
	sum->nvcsw += task->nvcsw;
	sum->nivcsw += task->nivcsw;
}

void rusage_add(struct rusage_sum *sum, const struct rusage_sum *other)
{
	sum->utime += other->utime;
	sum->stime += other->stime;
	sum->min_flt += other->min_flt;
	sum->maj_flt += other->maj_flt;
	sum->inblock += other->inblock;
	sum->oublock += other->oublock;
	sum->swapins += other->swapins;
	sum->swapin_ns += other->swapin_ns;
	sum->nvcsw += other->nvcsw;
	sum->nivcsw += other->nivcsw;
	sum->maxrss = max(sum->maxrss, other->maxrss);
}

void thread_group_rusage(const struct signal_struct *sig, struct rusage_sum *sum)
{
	struct task_struct *t;

	*sum = sig->dead;
	for_each_thread(sig, t)
		rusage_add_task(sum, t);
}

void thread_group_cputime(struct task_struct *task, u64 *utime, u64 *stime)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *t;
	u64 u, s;

	*utime = sig->dead.utime;
	*stime = sig->dead.stime;
	for_each_thread(sig, t) {
		task_cputime(t, &u, &s);
		*utime += u;
		*stime += s;
	}
}

static struct __kernel_old_timeval ns_to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){ ns / NSEC_PER_SEC,
					      ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static void fill_rusage(struct rusage *ru, const struct rusage_sum *sum)
{
	struct __kernel_old_timeval utime = ns_to_timeval(sum->utime);
	struct __kernel_old_timeval stime = ns_to_timeval(sum->stime);

	memset(ru, 0, sizeof(*ru));
	memcpy(&ru->ru_utime, &utime, sizeof(utime));
	memcpy(&ru->ru_stime, &stime, sizeof(stime));
	ru->ru_maxrss = sum->maxrss * (PAGE_SIZE / 1024);
	ru->ru_minflt = sum->min_flt;
	ru->ru_majflt = sum->maj_flt;
	ru->ru_inblock = sum->inblock;
	ru->ru_oublock = sum->oublock;
	ru->ru_nvcsw = sum->nvcsw;
	ru->ru_nivcsw = sum->nivcsw;
}

/* The peak so far of a live process; what it left behind of a dead one. */
static unsigned long process_maxrss(struct task_struct *task)
{
	unsigned long maxrss = task->signal->dead.maxrss;

	if (task == current && task->mm)
		maxrss = max(maxrss, get_mm_hiwater_rss(task->mm));
	return maxrss;
}

void getrusage(struct task_struct *task, int who, struct rusage *ru)
{
	struct signal_struct *sig = task->signal;
	struct rusage_sum sum = { 0 }, own;

	if (who == RUSAGE_THREAD) {
		rusage_add_task(&sum, task);
		sum.maxrss = process_maxrss(task);
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH)
		rusage_add(&sum, &sig->children);
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH) {
		thread_group_rusage(sig, &own);
		rusage_add(&sum, &own);
		sum.maxrss = max(sum.maxrss, process_maxrss(task));
	}
	fill_rusage(ru, &sum);
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage *, uru)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	getrusage(current, who, &ru);
	spin_unlock_irq(&tasklist_lock);
	return copy_to_user(uru, &ru, sizeof(ru)) ? -EFAULT : 0;
}

static long ns_to_clock(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

SYSCALL_DEFINE1(times, long *, utms)
{
	const struct rusage_sum *children = &current->signal->children;
	u64 utime, stime;
	long tms[4];

	if (utms) {
		spin_lock_irq(&tasklist_lock);
		thread_group_cputime(current, &utime, &stime);
		tms[0] = ns_to_clock(utime);
		tms[1] = ns_to_clock(stime);
		tms[2] = ns_to_clock(children->utime);
		tms[3] = ns_to_clock(children->stime);
		spin_unlock_irq(&tasklist_lock);
		if (copy_to_user(utms, tms, sizeof(tms)))
			return -EFAULT;
	}
	return ns_to_clock(ktime_get_ns());
}

/* --- limits --- */

static int check_limit(unsigned int which, const struct rlimit *new, const struct rlimit *old)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
		return -EPERM;
	if (new->rlim_max > old->rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

/* Either may be NULL.  tasklist_lock held, so @task's signal is there. */
static int do_prlimit(struct task_struct *task, unsigned int which, const struct rlimit *new,
		      struct rlimit *old)
{
	struct rlimit *rlim = &task->signal->rlim[which];
	int err = 0;

	spin_lock(&task->sighand->siglock);
	if (old)
		*old = *rlim;
	if (new)
		err = check_limit(which, new, rlim);
	if (new && !err) {
		*rlim = *new;
		if (which == RLIMIT_CPU)
			update_rlimit_cpu(task->signal);
	}
	spin_unlock(&task->sighand->siglock);
	return err;
}

/* Of another process: only with the same identities throughout, or CAP_SYS_RESOURCE. */
static bool may_prlimit(const struct task_struct *task)
{
	const struct cred *me = current_cred(), *him = task->cred;

	if (task->signal == current->signal || capable(CAP_SYS_RESOURCE))
		return true;
	return me->uid == him->euid && me->uid == him->suid && me->uid == him->uid &&
	       me->gid == him->egid && me->gid == him->sgid && me->gid == him->gid;
}

static int prlimit_by_pid(int pid, unsigned int which, const struct rlimit *new, struct rlimit *old)
{
	struct task_struct *task;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	task = pid ? find_task_by_pid_locked(pid) : current;
	if (!task)
		err = -ESRCH;
	else if (!may_prlimit(task))
		err = -EPERM;
	else
		err = do_prlimit(task, which, new, old);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE4(prlimit64, int, pid, unsigned int, which, const struct rlimit *, unew,
		struct rlimit *, uold)
{
	struct rlimit new, old;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	err = prlimit_by_pid(pid, which, unew ? &new : NULL, &old);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, which, struct rlimit *, urlim)
{
	struct rlimit old;
	int err = prlimit_by_pid(0, which, NULL, &old);

	if (!err && copy_to_user(urlim, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(setrlimit, unsigned int, which, const struct rlimit *, urlim)
{
	struct rlimit new;

	if (copy_from_user(&new, urlim, sizeof(new)))
		return -EFAULT;
	return prlimit_by_pid(0, which, &new, NULL);
}
