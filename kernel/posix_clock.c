// SPDX-License-Identifier: MIT
/*
 * Clocks by number (clock_gettime(2)) and sleeping by them.
 *
 * A negative number is a CPU clock of somebody: ~pid << 3, bit 2 set for one thread, clear for its
 * whole process, bits 0 and 1: 0 user and system time, 1 user time, 2 what the scheduler counted
 * (the same as 0 here).
 */
#include <linux/time.h>
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/vdso.h"
#include "lib/string.h"

#define CPUCLOCK_PERTHREAD	4
#define CPUCLOCK_KIND		3
#define CPUCLOCK_VIRT		1
#define CPUCLOCK_FD		3	/* not a CPU clock but a descriptor's */

/* --- CPU clocks --- */

static u64 cpu_clock_sum(struct task_struct *task, int clock)
{
	u64 utime, stime;

	if (clock & CPUCLOCK_PERTHREAD)
		task_cputime(task, &utime, &stime);
	else
		thread_group_cputime(task, &utime, &stime);
	return (clock & CPUCLOCK_KIND) == CPUCLOCK_VIRT ? utime : utime + stime;
}

/* 0 or -EINVAL: no such process, or no leader where a process is asked for. */
static int read_cpu_clock(int clock, u64 *ns)
{
	int pid = ~(clock >> 3);
	struct task_struct *task;
	int err = -EINVAL;

	if ((clock & CPUCLOCK_KIND) == CPUCLOCK_FD)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	task = pid ? find_task_by_pid_locked(pid) : current;
	if (!task)
		goto out;
	/* One thread's clock is for its own process; a process's is named by its leader. */
	if (clock & CPUCLOCK_PERTHREAD && task->tgid != current->tgid)
		goto out;
	if (!(clock & CPUCLOCK_PERTHREAD) && pid && task->pid != task->tgid)
		goto out;
	*ns = cpu_clock_sum(task, clock);
	err = 0;
out:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

static int read_clock(int clock, u64 *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = ktime_get_real_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = ktime_get_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		return read_cpu_clock(~0U << 3 | 2, ns);
	case CLOCK_THREAD_CPUTIME_ID:
		return read_cpu_clock(~0U << 3 | CPUCLOCK_PERTHREAD | 2, ns);
	default:
		return clock < 0 ? read_cpu_clock(clock, ns) : -EINVAL;
	}
}

/* --- reading and setting --- */

static int put_timespec(u64 ns, struct __kernel_timespec *uts)
{
	struct __kernel_timespec ts = ns_to_timespec(ns);

	return copy_to_user(uts, &ts, sizeof(ts)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(clock_gettime, int, clock, struct __kernel_timespec *, uts)
{
	u64 ns;
	int err = read_clock(clock, &ns);

	return err ? err : put_timespec(ns, uts);
}

SYSCALL_DEFINE2(clock_getres, int, clock, struct __kernel_timespec *, uts)
{
	u64 ns;
	int err = read_clock(clock, &ns);

	if (err)
		return err;
	return uts ? put_timespec(1, uts) : 0;
}

static int set_real_time(const struct __kernel_timespec *ts)
{
	if (!timespec_valid(ts))
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	WRITE_ONCE(clock_real_offset, timespec_to_ns(ts) - ktime_get_ns());
	update_vdso_data();
	return 0;
}

SYSCALL_DEFINE2(clock_settime, int, clock, const struct __kernel_timespec *, uts)
{
	struct __kernel_timespec ts;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	return set_real_time(&ts);
}

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval *, utv, struct timezone *, utz)
{
	u64 us = ktime_get_real_ns() / NSEC_PER_USEC;
	struct __kernel_old_timeval tv = { us / 1000000, us % 1000000 };
	struct timezone tz = { 0, 0 };

	if (utv && copy_to_user(utv, &tv, sizeof(tv)))
		return -EFAULT;
	return utz && copy_to_user(utz, &tz, sizeof(tz)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(settimeofday, const struct __kernel_old_timeval *, utv,
		const struct timezone *, utz)
{
	struct __kernel_old_timeval tv;
	struct __kernel_timespec ts;

	if (!utv)
		return capable(CAP_SYS_TIME) ? 0 : -EPERM;
	if (copy_from_user(&tv, utv, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EINVAL;
	ts = (struct __kernel_timespec){ tv.tv_sec, tv.tv_usec * NSEC_PER_USEC };
	return set_real_time(&ts);
}

/* --- sleeping --- */

/* How long until @clock shows @expires; 0: it does. */
static s64 time_left(int clock, u64 expires)
{
	u64 now;

	read_clock(clock, &now);
	return expires > now ? (s64)(expires - now) : 0;
}

/* Until @clock shows @expires, or a signal comes: what is left. */
static s64 sleep_until(int clock, u64 expires)
{
	s64 left;

	for (;;) {
		/* The clock may have been set meanwhile, so the timer's word is not enough. */
		left = time_left(clock, expires);
		if (!left || signal_pending(current))
			return left;
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			set_current_state(TASK_RUNNING);
		else
			schedule_timeout(left);
	}
}

static long nanosleep_restart(struct restart_block *rb)
{
	s64 left = sleep_until(rb->clockid, rb->expires);

	if (!left)
		return 0;
	if (rb->user && put_timespec(left, rb->user))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

/* A relative sleep: it is the monotonic clock that passes, even if the wall clock is set. */
static long sleep_relative(s64 ns, struct __kernel_timespec *urem)
{
	struct restart_block *rb = &current->restart_block;
	u64 now = ktime_get_ns();

	rb->expires = (u64)ns > KTIME_MAX - now ? (u64)KTIME_MAX : now + ns;
	rb->clockid = CLOCK_MONOTONIC;
	rb->user = urem;
	rb->fn = nanosleep_restart;
	return nanosleep_restart(rb);
}

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec *, ureq, struct __kernel_timespec *, urem)
{
	struct __kernel_timespec req;

	if (copy_from_user(&req, ureq, sizeof(req)))
		return -EFAULT;
	if (!timespec_valid(&req))
		return -EINVAL;
	return sleep_relative(timespec_to_ns(&req), urem);
}

static int check_sleep_clock(int clock)
{
	u64 ns;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		return -EINVAL;
	default:
		return read_clock(clock, &ns) ? -EINVAL : -EOPNOTSUPP;
	}
}

SYSCALL_DEFINE4(clock_nanosleep, int, clock, int, flags, const struct __kernel_timespec *, ureq,
		struct __kernel_timespec *, urem)
{
	struct __kernel_timespec req;
	int err = check_sleep_clock(clock);

	if (err)
		return err;
	if (copy_from_user(&req, ureq, sizeof(req)))
		return -EFAULT;
	if (!timespec_valid(&req))
		return -EINVAL;
	if (!(flags & TIMER_ABSTIME))
		return sleep_relative(timespec_to_ns(&req), urem);
	return sleep_until(clock, timespec_to_ns(&req)) ? -ERESTARTNOHAND : 0;
}
