// SPDX-License-Identifier: MIT
/*
 * The system calls about signals: who may send what to whom, and the calls that look at or wait for
 * signals.
 */
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/exit.h"
#include "kernel/signal.h"
#include "kernel/signal_deliver.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/err.h"
#include "lib/string.h"

static bool valid_signal(int sig)
{
	return sig >= 0 && sig <= NSIG;
}

/* --- sending --- */

static bool may_signal(int sig, const struct task_struct *task)
{
	const struct cred *me = current_cred(), *him = task->cred;

	if (me->euid == him->suid || me->euid == him->uid || me->uid == him->suid ||
	    me->uid == him->uid ||
	    capable(CAP_KILL))
		return true;
	return sig == SIGCONT && task_session(task) == task_session(current);
}

/* 0, -EPERM or -EAGAIN; signal 0 only asks.  tasklist_lock held. */
static int check_and_send(int sig, const struct kernel_siginfo *info, struct task_struct *task,
			  bool group)
{
	if (!may_signal(sig, task))
		return -EPERM;
	return sig ? do_send_sig_info(sig, info, task, group) : 0;
}

/* kill(-1) reaches all but init, the kernel's threads and the sender. */
static bool is_everybody(const struct task_struct *p)
{
	return p->pid > 1 && !(p->flags & PF_KTHREAD) && p != current->group_leader;
}

/* To every process for which @pid says so, as kill(2) reads it; tasklist_lock held. */
static int kill_many_locked(int sig, const struct kernel_siginfo *info, int pid)
{
	struct pid *pgrp = pid == -1 ? NULL : pid ? find_pid_locked(-pid) : task_pgrp(current);
	struct task_struct *p;
	int ret = -ESRCH;

	if (pid != -1 && !pgrp)
		return -ESRCH;
	for_each_process(p) {
		int err;

		if (pgrp ? task_pgrp(p) != pgrp : !is_everybody(p))
			continue;
		err = check_and_send(sig, info, p, true);
		if (sig && !err)
			p->signal->group_signals++;
		/* One that it reached is success; else the last error tells. */
		if (ret)
			ret = err;
	}
	return ret;
}

static int kill_one_locked(int sig, const struct kernel_siginfo *info, int pid)
{
	struct task_struct *p = find_task_by_pid_locked(pid);

	return p ? check_and_send(sig, info, p, true) : -ESRCH;
}

static struct kernel_siginfo info_of_sender(int sig, int code)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = code };

	info.si_pid = current->tgid;
	info.si_uid = current_uid();
	return info;
}

SYSCALL_DEFINE2(kill, int, pid, int, sig)
{
	struct kernel_siginfo info = info_of_sender(sig, SI_USER);
	int err;

	if (!valid_signal(sig))
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	spin_lock_irq(&tasklist_lock);
	err = pid > 0 ? kill_one_locked(sig, &info, pid) : kill_many_locked(sig, &info, pid);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* To one thread; @tgid 0: of any process. */
static int send_to_thread(int tgid, int pid, int sig, const struct kernel_siginfo *info)
{
	struct task_struct *p;
	int err = -ESRCH;

	if (!valid_signal(sig))
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	p = find_task_by_pid_locked(pid);
	if (p && (!tgid || p->tgid == tgid))
		err = check_and_send(sig, info, p, false);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE2(tkill, int, pid, int, sig)
{
	struct kernel_siginfo info = info_of_sender(sig, SI_TKILL);

	return pid <= 0 ? -EINVAL : send_to_thread(0, pid, sig, &info);
}

SYSCALL_DEFINE3(tgkill, int, tgid, int, pid, int, sig)
{
	struct kernel_siginfo info = info_of_sender(sig, SI_TKILL);

	return pid <= 0 || tgid <= 0 ? -EINVAL : send_to_thread(tgid, pid, sig, &info);
}

/* What a user may put into a siginfo for others: not what says "from the kernel". */
static int get_user_info(struct kernel_siginfo *info, const siginfo_t __user *uinfo, int sig,
			 int pid)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && pid != current->tgid)
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, int, pid, int, sig, siginfo_t *, uinfo)
{
	struct kernel_siginfo info;
	int err = get_user_info(&info, uinfo, sig, pid);

	if (err)
		return err;
	if (!valid_signal(sig))
		return -EINVAL;
	if (pid <= 0)
		return -ESRCH;
	spin_lock_irq(&tasklist_lock);
	err = kill_one_locked(sig, &info, pid);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, int, tgid, int, pid, int, sig, siginfo_t *, uinfo)
{
	struct kernel_siginfo info;
	int err;

	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	err = get_user_info(&info, uinfo, sig, pid);
	return err ? err : send_to_thread(tgid, pid, sig, &info);
}

/* --- handlers and masks --- */

/* A signal that is ignored from now on is not pending either (POSIX sigaction). */
static void drop_ignored(int sig)
{
	struct task_struct *t;

	flush_signals_of(sigmask(sig), &current->signal->shared_pending);
	for_each_thread(current->signal, t)
		flush_signals_of(sigmask(sig), &t->pending);
}

static void do_sigaction(int sig, const struct sigaction *new, struct sigaction *old)
{
	struct sigaction *ka = &current->sighand->action[sig - 1];

	spin_lock_irq(&current->sighand->siglock);
	*old = *ka;
	if (new) {
		*ka = *new;
		ka->sa_mask.sig[0] &= ~KERNEL_ONLY_MASK;
		if (ka->sa_handler == SIG_IGN ||
		    (ka->sa_handler == SIG_DFL && (sigmask(sig) & IGNORE_MASK)))
			drop_ignored(sig);
	}
	spin_unlock_irq(&current->sighand->siglock);
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct sigaction *, uact, struct sigaction *, uold,
		size_t, size)
{
	struct sigaction new, old;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uact && copy_from_user(&new, uact, sizeof(new)))
		return -EFAULT;
	if (sig < 1 || !valid_signal(sig) || (uact && (sigmask(sig) & KERNEL_ONLY_MASK)))
		return -EINVAL;
	do_sigaction(sig, uact ? &new : NULL, &old);
	if (uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, const u64 *, uset, u64 *, uold, size_t, size)
{
	u64 old = current->blocked, set;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		if (how == SIG_BLOCK)
			set |= old;
		else if (how == SIG_UNBLOCK)
			set = old & ~set;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		set_current_blocked(set);
	}
	return uold ? put_user(old, uold) : 0;
}

SYSCALL_DEFINE2(rt_sigpending, u64 *, uset, size_t, size)
{
	u64 set;

	if (size > SIGSET_SIZE)
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, size) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(rt_sigsuspend, const u64 *, umask, size_t, size)
{
	u64 mask;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(mask, umask))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(mask);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current))
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	set_bit(TIF_RESTORE_SIGMASK, &current->thread_flags);
	return -ERESTARTNOHAND;
}

/* --- rt_sigtimedwait --- */

static int dequeue_wanted(u64 wanted, struct kernel_siginfo *info)
{
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(~wanted, info);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

/*
 * Sleeps with @wanted unblocked, so that senders wake us; real_blocked tells them that the default
 * action is not due. Nothing can have come between the first look and here unseen, since
 * recalc_sigpending() is done under the lock.  True: the time ran out.
 */
static bool sleep_for_signals(u64 wanted, s64 timeout)
{
	bool expired = false;

	spin_lock_irq(&current->sighand->siglock);
	current->real_blocked = current->blocked;
	current->blocked &= ~wanted;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);

	set_current_state(TASK_INTERRUPTIBLE);
	if (!signal_pending(current))
		expired = schedule_timeout(timeout) == 0;
	set_current_state(TASK_RUNNING);

	spin_lock_irq(&current->sighand->siglock);
	current->blocked = current->real_blocked;
	current->real_blocked = 0;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	return expired;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const u64 *, uset, siginfo_t *, uinfo,
		const struct __kernel_timespec *, uts,
		size_t, size)
{
	s64 timeout = KTIME_MAX;
	struct kernel_siginfo info;
	struct __kernel_timespec ts;
	u64 wanted;
	bool expired = true;
	int sig;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (get_user(wanted, uset) || (uts && copy_from_user(&ts, uts, sizeof(ts))))
		return -EFAULT;
	if (uts && !timespec_valid(&ts))
		return -EINVAL;
	if (uts)
		timeout = timespec_to_ns(&ts);
	wanted &= ~KERNEL_ONLY_MASK;

	sig = dequeue_wanted(wanted, &info);
	if (!sig && timeout) {
		expired = sleep_for_signals(wanted, timeout);
		sig = dequeue_wanted(wanted, &info);
	}
	/* Awake before the time, and without a signal: another thread was faster. */
	if (!sig)
		return expired ? -EAGAIN : -EINTR;
	return uinfo && copy_siginfo_to_user(uinfo, &info) ? -EFAULT : sig;
}

/* --- the rest --- */

SYSCALL_DEFINE2(sigaltstack, const stack_t *, unew, stack_t *, uold)
{
	stack_t new, old;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	memset(&old, 0, sizeof(old));
	err = do_sigaltstack(unew ? &new : NULL, &old, MINSIGSTKSZ);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

long do_no_restart_syscall(struct restart_block *rb)
{
	return -EINTR;
}

SYSCALL_DEFINE0(restart_syscall)
{
	return current->restart_block.fn(&current->restart_block);
}
