// SPDX-License-Identifier: MIT
/* Numbers of processes, process groups and sessions, and moving between them (credentials(7)). */
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"

SYSCALL_DEFINE0(getpid)
{
	return current->tgid;
}

SYSCALL_DEFINE0(gettid)
{
	return current->pid;
}

SYSCALL_DEFINE0(getppid)
{
	const struct task_struct *me = current->group_leader, *parent;
	int nr;

	/*
	 * A parent that exits may be freed under our feet; but we get another before that, so what
	 * was read of one who is our parent afterwards too was read of a living task.
	 */
	do {
		parent = READ_ONCE(me->parent);
		nr = READ_ONCE(parent->tgid);
		smp_rmb();
	} while (unlikely(parent != READ_ONCE(me->parent)));
	return nr;
}

static int pgid_of(const struct task_struct *task)
{
	return pid_nr(task_pgrp(task));
}

static int sid_of(const struct task_struct *task)
{
	return pid_nr(task_session(task));
}

static int get_number(int pid, int (*number)(const struct task_struct *task))
{
	struct task_struct *task;
	int nr = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	task = pid ? find_task_by_pid_locked(pid) : current;
	if (task)
		nr = number(task);
	spin_unlock_irq(&tasklist_lock);
	return nr;
}

SYSCALL_DEFINE1(getpgid, int, pid)
{
	return get_number(pid, pgid_of);
}

SYSCALL_DEFINE1(getsid, int, pid)
{
	return get_number(pid, sid_of);
}

/*
 * May current put process @p into the group @pgid?  The group, or NULL with *@err.  tasklist_lock
 * held.
 */
static struct pid *check_setpgid(const struct task_struct *p, int pgid, int *err)
{
	struct task_struct *me = current->group_leader;
	struct pid *pgrp = find_pid_locked(pgid);
	const struct signal_struct *member;

	*err = -ESRCH;
	if (p != me && p->parent->signal != me->signal)
		return NULL;
	*err = -EPERM;
	if (task_session(p) != task_session(me) || p->signal->leader)
		return NULL;
	/* A child that has executed a program has gone its own way. */
	if (p != me && !(p->flags & PF_FORKNOEXEC)) {
		*err = -EACCES;
		return NULL;
	}
	if (pgid == p->pid)
		return p->thread_pid;
	/* Another group must exist, in the same session. */
	if (!pgrp || list_empty(&pgrp->pgrp))
		return NULL;
	member = list_first_entry(&pgrp->pgrp, struct signal_struct, pgrp_node);
	return member->session == task_session(me) ? pgrp : NULL;
}

SYSCALL_DEFINE2(setpgid, int, pid, int, pgid)
{
	struct task_struct *p;
	struct pid *pgrp = NULL;
	int err = -ESRCH;

	if (pgid < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	p = pid ? find_task_by_pid_locked(pid) : current->group_leader;
	if (p && p != p->group_leader)
		err = -EINVAL;
	else if (p)
		pgrp = check_setpgid(p, pgid ? pgid : p->pid, &err);
	if (pgrp) {
		change_pgrp(p, pgrp);
		err = 0;
	}
	spin_unlock_irq(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE0(setsid)
{
	struct task_struct *me = current->group_leader;
	struct pid *pid = me->thread_pid;
	int ret = -EPERM;

	spin_lock_irq(&tasklist_lock);
	/*
	 * Not if a group has our number already: ours, or one that we have left and that lives on.
	 */
	if (!me->signal->leader && list_empty(&pid->pgrp)) {
		me->signal->leader = true;
		change_session(me, pid);
		change_pgrp(me, pid);
		spin_lock(&me->sighand->siglock);
		me->signal->tty = NULL;
		spin_unlock(&me->sighand->siglock);
		ret = pid->nr;
	}
	spin_unlock_irq(&tasklist_lock);
	return ret;
}
