// SPDX-License-Identifier: MIT
/*
 * wait4(2) and waitid(2).
 *
 * The caller queues itself on its process's wait_chldexit before it looks at its children; a child
 * changes its state before it wakes that queue.  A look is made under tasklist_lock, which also
 * decides who gets a zombie: the first to make it EXIT_DEAD.
 */
#include <linux/wait.h>
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/exit.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/string.h"

enum wait_type { WAIT_ALL, WAIT_PID, WAIT_PGID };

struct wait_opts {
	enum wait_type type;
	int nr;				/* of the process or group */
	int options;			/* W* */
	bool want_rusage;
	/* What was found */
	bool any;			/* there is a child that may yet be worth waiting for */
	int pid;
	uid_t uid;
	int status;			/* as wait4() reports it */
	int code, info_status;		/* as waitid() does */
	struct rusage ru;
};

/* --- which children --- */

static bool eligible_child(const struct wait_opts *wo, const struct task_struct *p)
{
	if (wo->type == WAIT_PID && p->pid != wo->nr)
		return false;
	if (wo->type == WAIT_PGID && pid_nr(task_pgrp(p)) != wo->nr)
		return false;
	/* A clone child is one that tells its parent by another signal than SIGCHLD. */
	if (wo->options & __WALL)
		return true;
	return (p->exit_signal != SIGCHLD) == !!(wo->options & __WCLONE);
}

static void found(struct wait_opts *wo, struct task_struct *p, int status, int code,
		  int info_status)
{
	wo->pid = p->pid;
	wo->uid = p->cred->uid;
	wo->status = status;
	wo->code = code;
	wo->info_status = info_status;
	if (wo->want_rusage)
		getrusage(p, RUSAGE_BOTH, &wo->ru);
}

/* The dead child's resources become the parent's "children". */
static void inherit_rusage(struct task_struct *p)
{
	struct rusage_sum *sum = &current->signal->children, own = p->signal->dead;

	rusage_add_task(&own, p);
	rusage_add(&own, &p->signal->children);
	rusage_add(sum, &own);
}

/* *@reap is set if the caller has to release it. */
static void take_zombie(struct wait_opts *wo, struct task_struct *p, struct task_struct **reap)
{
	int status, sig;

	status = p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
	sig = status & 0x7f;
	found(wo, p, status, sig ? CLD_KILLED : CLD_EXITED, sig ? sig : status >> 8);
	if (wo->options & WNOWAIT)
		return;
	p->exit_state = EXIT_DEAD;
	inherit_rusage(p);
	*reap = p;
}

static bool wait_stopped(struct wait_opts *wo, struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	int code = 0;

	if (!(wo->options & WSTOPPED) || !(sig->flags & SIGNAL_STOP_STOPPED))
		return false;
	spin_lock(&p->sighand->siglock);
	if (sig->flags & SIGNAL_STOP_STOPPED)
		code = sig->group_exit_code;
	/* Each stop is reported once. */
	if (!(wo->options & WNOWAIT))
		sig->group_exit_code = 0;
	spin_unlock(&p->sighand->siglock);
	if (code)
		found(wo, p, code << 8 | 0x7f, CLD_STOPPED, code);
	return code;
}

static bool wait_continued(struct wait_opts *wo, struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	bool continued;

	if (!(wo->options & WCONTINUED) || !(sig->flags & SIGNAL_STOP_CONTINUED))
		return false;
	spin_lock(&p->sighand->siglock);
	continued = sig->flags & SIGNAL_STOP_CONTINUED;
	if (!(wo->options & WNOWAIT))
		sig->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock(&p->sighand->siglock);
	if (continued)
		found(wo, p, 0xffff, CLD_CONTINUED, SIGCONT);
	return continued;
}

static bool consider_child(struct wait_opts *wo, struct task_struct *p, struct task_struct **reap)
{
	if (!eligible_child(wo, p) || p->exit_state == EXIT_DEAD)
		return false;
	if (p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) && (wo->options & WEXITED)) {
		take_zombie(wo, p, reap);
		return true;
	}
	wo->any = true;
	return wait_stopped(wo, p) || wait_continued(wo, p);
}

/* The children of one thread; tasklist_lock held. */
static bool look_at_children(struct wait_opts *wo, struct task_struct *parent,
			     struct task_struct **reap)
{
	struct task_struct *p;

	list_for_each_entry(p, &parent->children, sibling)
		if (consider_child(wo, p, reap))
			return true;
	return false;
}

static bool look_at_all(struct wait_opts *wo, struct task_struct **reap)
{
	struct task_struct *t;

	if (wo->options & __WNOTHREAD)
		return look_at_children(wo, current, reap);
	for_each_thread(current->signal, t)
		if (look_at_children(wo, t, reap))
			return true;
	return false;
}

/* 1: found; 0: there are children, but none has news; -ECHILD. */
static int look(struct wait_opts *wo)
{
	struct task_struct *reap = NULL;
	bool hit;

	wo->any = false;
	spin_lock_irq(&tasklist_lock);
	hit = look_at_all(wo, &reap);
	spin_unlock_irq(&tasklist_lock);
	if (reap)
		release_task(reap);
	if (hit)
		return 1;
	return wo->any ? 0 : -ECHILD;
}

/* The child's pid; 0: WNOHANG and no news; -ECHILD; -ERESTARTSYS. */
static int do_wait(struct wait_opts *wo)
{
	struct wait_queue_head *wq = &current->signal->wait_chldexit;
	DEFINE_WAIT(wait);
	int ret;

	for (;;) {
		prepare_to_wait(wq, &wait, TASK_INTERRUPTIBLE);
		ret = look(wo);
		if (ret || (wo->options & WNOHANG))
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	finish_wait(wq, &wait);
	return ret > 0 ? wo->pid : ret;
}

/* --- the calls --- */

SYSCALL_DEFINE4(wait4, int, pid, int *, stat_addr, int, options, struct rusage *, ru)
{
	struct wait_opts wo = { .options = options | WEXITED, .want_rusage = ru };
	int ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid > 0) {
		wo.type = WAIT_PID;
		wo.nr = pid;
	} else if (pid != -1) {
		wo.type = WAIT_PGID;
		wo.nr = pid ? -pid : pid_nr(task_pgrp(current));
	}
	ret = do_wait(&wo);
	if (ret <= 0)
		return ret;
	if ((stat_addr && put_user(wo.status, stat_addr)) ||
	    (ru && copy_to_user(ru, &wo.ru, sizeof(*ru))))
		return -EFAULT;
	return ret;
}

static int waitid_target(struct wait_opts *wo, int which, int nr)
{
	switch (which) {
	case P_ALL:
		wo->type = WAIT_ALL;
		return 0;
	case P_PID:
		wo->type = WAIT_PID;
		wo->nr = nr;
		return nr > 0 ? 0 : -EINVAL;
	case P_PGID:
		wo->type = WAIT_PGID;
		wo->nr = nr ? nr : pid_nr(task_pgrp(current));
		return nr >= 0 ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int put_wait_info(siginfo_t __user *uinfo, const struct wait_opts *wo, bool hit)
{
	struct kernel_siginfo info = { 0 };

	if (hit) {
		info.si_signo = SIGCHLD;
		info.si_code = wo->code;
		info.si_pid = wo->pid;
		info.si_uid = wo->uid;
		info.si_status = wo->info_status;
	}
	/* Only as far as the fields go: the rest of the user's siginfo_t is left alone. */
	return copy_to_user(uinfo, &info,
			    offsetofend(struct kernel_siginfo, si_status)) ? -EFAULT : 0;
}

SYSCALL_DEFINE5(waitid, int, which, int, nr, siginfo_t *, uinfo, int, options, struct rusage *, ru)
{
	struct wait_opts wo = { .options = options, .want_rusage = ru };
	int ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_target(&wo, which, nr);
	if (ret)
		return ret;
	ret = do_wait(&wo);
	if (ret < 0)
		return ret;
	if (uinfo && put_wait_info(uinfo, &wo, ret > 0))
		return -EFAULT;
	if (ret > 0 && ru && copy_to_user(ru, &wo.ru, sizeof(*ru)))
		return -EFAULT;
	return 0;
}
