// SPDX-License-Identifier: MIT
/*
 * Interval timers.
 *
 * ITIMER_REAL is a timer in the queue of the hart where it was set.  When it ends it sends SIGALRM;
 * the next period begins when that signal is *taken*, so a short period cannot flood the machine
 * with interrupts.
 *
 * ITIMER_VIRTUAL and ITIMER_PROF, and RLIMIT_CPU, are compared with the process's CPU time at each
 * tick that hits one of its threads; signal->cpu_timers is false while there is nothing to compare.
 */
#include "kernel/itimer.h"

#include <linux/time.h>
#include "arch/riscv/uaccess.h"
#include "kernel/resource.h"
#include "kernel/signal_deliver.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/string.h"

#define CPU_PROF	0	/* signal->it[]: user and system time */
#define CPU_VIRT	1	/* user time */

static const int cpu_signal[2] = { SIGPROF, SIGVTALRM };

/* --- real time --- */

static void real_timer_fn(struct timer *timer)
{
	struct signal_struct *sig = container_of(timer, struct signal_struct, real_timer);

	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	group_send_sig(SIGALRM, sig->group_leader, true);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void real_itimer_rearm(struct signal_struct *sig)
{
	u64 now, next;

	if (!sig->real_incr || sig->real_timer.pending)
		return;
	/* Periods that have passed unseen are left out, the rhythm stays. */
	now = ktime_get_ns();
	next = sig->real_timer.expires + sig->real_incr;
	if (next <= now)
		next += (now - next) / sig->real_incr * sig->real_incr + sig->real_incr;
	timer_add(&sig->real_timer, next);
}

static void get_real(struct signal_struct *sig, u64 *value, u64 *incr)
{
	u64 now = ktime_get_ns();

	*incr = sig->real_incr;
	*value = 0;
	/* A timer that is about to fire has a little left: 0 would say that it is off. */
	if (sig->real_timer.pending)
		*value = max_t(s64, sig->real_timer.expires - now, NSEC_PER_USEC);
}

static void set_real(struct signal_struct *sig, u64 value, u64 incr)
{
	/* Outside siglock: the function, for which this waits, takes it. */
	timer_cancel(&sig->real_timer);
	spin_lock_irq(&current->sighand->siglock);
	sig->real_incr = incr;
	if (value)
		timer_add(&sig->real_timer, ktime_get_ns() + value);
	spin_unlock_irq(&current->sighand->siglock);
}

/* --- CPU time --- */

static u64 cpu_clock(struct task_struct *task, int which)
{
	u64 utime, stime;

	thread_group_cputime(task, &utime, &stime);
	return which == CPU_PROF ? utime + stime : utime;
}

static void look_for_cpu_timers(struct signal_struct *sig)
{
	WRITE_ONCE(sig->cpu_timers, sig->it[CPU_PROF].expires || sig->it[CPU_VIRT].expires ||
				    sig->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY);
}

static void get_cpu(struct signal_struct *sig, int which, u64 *value, u64 *incr)
{
	const struct cpu_itimer *it = &sig->it[which];
	u64 now = cpu_clock(current, which);

	*incr = it->incr;
	*value = 0;
	if (it->expires)
		*value = it->expires > now ? it->expires - now : NSEC_PER_USEC;
}

static void set_cpu(struct signal_struct *sig, int which, u64 value, u64 incr)
{
	struct cpu_itimer *it = &sig->it[which];

	spin_lock_irq(&current->sighand->siglock);
	it->expires = value ? cpu_clock(current, which) + value : 0;
	it->incr = incr;
	look_for_cpu_timers(sig);
	spin_unlock_irq(&current->sighand->siglock);
}

static void check_cpu_timer(struct task_struct *task, int which)
{
	struct cpu_itimer *it = &task->signal->it[which];
	u64 now;

	if (!it->expires)
		return;
	now = cpu_clock(task, which);
	if (now < it->expires)
		return;
	if (it->incr)
		it->expires += (now - it->expires) / it->incr * it->incr + it->incr;
	else
		it->expires = 0;
	look_for_cpu_timers(task->signal);
	send_signal_locked(cpu_signal[which], SEND_SIG_PRIV, task, true);
}

/* SIGXCPU at the soft limit and each second beyond it, SIGKILL at the hard one. */
static void check_rlimit_cpu(struct task_struct *task)
{
	struct rlimit *rlim = &task->signal->rlim[RLIMIT_CPU];
	u64 seconds;

	if (rlim->rlim_cur == RLIM_INFINITY)
		return;
	seconds = cpu_clock(task, CPU_PROF) / NSEC_PER_SEC;
	if (seconds >= rlim->rlim_max) {
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, task, true);
	} else if (seconds >= rlim->rlim_cur) {
		rlim->rlim_cur = seconds + 1;
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, task, true);
	}
}

void account_process_tick(struct task_struct *task)
{
	unsigned long flags;

	if (!task->signal || !READ_ONCE(task->signal->cpu_timers) || task->flags & PF_EXITING)
		return;
	spin_lock_irqsave(&task->sighand->siglock, flags);
	check_cpu_timer(task, CPU_PROF);
	check_cpu_timer(task, CPU_VIRT);
	check_rlimit_cpu(task);
	spin_unlock_irqrestore(&task->sighand->siglock, flags);
}

void update_rlimit_cpu(struct signal_struct *sig)
{
	look_for_cpu_timers(sig);
}

void itimers_init(struct signal_struct *sig)
{
	timer_init(&sig->real_timer, real_timer_fn);
}

void exit_itimers(struct signal_struct *sig)
{
	/* A signal that is pending already must not start another period. */
	sig->real_incr = 0;
	timer_cancel(&sig->real_timer);
	sig->it[CPU_PROF].expires = sig->it[CPU_VIRT].expires = 0;
	sig->cpu_timers = false;
}

/* --- the calls --- */

static int timeval_to_ns(const struct __kernel_old_timeval *tv, u64 *ns)
{
	struct __kernel_timespec ts = { .tv_sec = tv->tv_sec };

	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EINVAL;
	ts.tv_nsec = tv->tv_usec * NSEC_PER_USEC;
	/* Half of what fits, so that sums with the clock do too. */
	*ns = min_t(u64, timespec_to_ns(&ts), KTIME_MAX / 2);
	return 0;
}

static struct __kernel_old_timeval ns_to_timeval_up(u64 ns)
{
	u64 us = DIV_ROUND_UP(ns, (u64)NSEC_PER_USEC);

	return (struct __kernel_old_timeval){ us / 1000000, us % 1000000 };
}

static void do_getitimer(int which, struct __kernel_old_itimerval *it)
{
	struct signal_struct *sig = current->signal;
	u64 value, incr;

	spin_lock_irq(&current->sighand->siglock);
	if (which == ITIMER_REAL)
		get_real(sig, &value, &incr);
	else
		get_cpu(sig, which == ITIMER_PROF ? CPU_PROF : CPU_VIRT, &value, &incr);
	spin_unlock_irq(&current->sighand->siglock);
	it->it_value = ns_to_timeval_up(value);
	it->it_interval = ns_to_timeval_up(incr);
}

SYSCALL_DEFINE2(getitimer, int, which, struct __kernel_old_itimerval *, uit)
{
	struct __kernel_old_itimerval it;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	do_getitimer(which, &it);
	return copy_to_user(uit, &it, sizeof(it)) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(setitimer, int, which, const struct __kernel_old_itimerval *, unew,
		struct __kernel_old_itimerval *, uold)
{
	struct __kernel_old_itimerval new, old;
	u64 value, incr;

	memset(&new, 0, sizeof(new));
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF || timeval_to_ns(&new.it_value, &value) ||
	    timeval_to_ns(&new.it_interval, &incr))
		return -EINVAL;
	do_getitimer(which, &old);
	if (which == ITIMER_REAL)
		set_real(current->signal, value, incr);
	else
		set_cpu(current->signal, which == ITIMER_PROF ? CPU_PROF : CPU_VIRT, value, incr);
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}
