// SPDX-License-Identifier: MIT
/*
 * The end of a task.
 *
 *   do_exit       gives back mm, files, fs; then exit_notify(): children go to a new parent, the
 *                 own parent is told; the task is a zombie, or dead at once if nobody cares
 *   release_task  by who took the status: out of all lists; the number is free again
 *   do_task_dead  the last switch away; the descriptor goes with its last reference
 *
 * I1 exit_state goes 0 → EXIT_ZOMBIE → EXIT_DEAD or 0 → EXIT_DEAD, under tasklist_lock.  Whoever
 *    makes it EXIT_DEAD calls release_task(), once.
 * I2 The last thread that begins to exit decides the process's status (signal->quick_threads); the
 *    last one counted in signal->live takes the process's timers and its terminal with it.
 */
#include "kernel/exit.h"

#include "drivers/tty.h"
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "kernel/cred.h"
#include "kernel/de_thread.h"
#include "kernel/fork.h"
#include "kernel/itimer.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"
#include "kernel/user.h"
#include "mm/mm.h"

/* Out of the process's list of threads; what it used is added up for those who ask later. */
static void exit_thread_group(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;

	/* Senders walk the list, and CPU clocks add up the process, with siglock alone. */
	spin_lock(&task->sighand->siglock);
	list_del_init(&task->thread_group);
	sig->nr_threads--;
	wake_group_exec_task(sig);
	if (task != task->group_leader)
		rusage_add_task(&sig->dead, task);
	spin_unlock(&task->sighand->siglock);
}

/*
 * The last of its threads is gone: a leader that waited for that as a zombie tells its parent now.
 * True: nobody will wait for it either.
 */
static bool wake_zombie_leader(struct task_struct *leader)
{
	if (leader->exit_state != EXIT_ZOMBIE || !thread_group_empty(leader))
		return false;
	if (!do_notify_parent(leader, leader->exit_signal))
		return false;
	leader->exit_state = EXIT_DEAD;
	return true;
}

/* Out of every list.  Returns the leader if it is to be released as well. */
static struct task_struct *unlink_task(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	bool leader_too = false;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	exit_thread_group(task);
	list_del_init(&task->sibling);
	detach_pid(task);
	nr_threads--;
	if (task == leader) {
		list_del_init(&task->tasks);
		change_pgrp(task, NULL);
		change_session(task, NULL);
	} else {
		leader_too = wake_zombie_leader(leader);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return leader_too ? leader : NULL;
}

void release_task(struct task_struct *task)
{
	struct task_struct *leader;

	for (; task; task = leader) {
		leader = unlink_task(task);
		flush_sigqueue(&task->pending);
		if (task == task->group_leader)
			flush_sigqueue(&task->signal->shared_pending);
		atomic_dec(&task->cred->user->processes);
		put_task_struct(task);
	}
}

/* --- children of the dying --- */

static struct task_struct *live_thread(struct task_struct *leader)
{
	struct task_struct *t;

	for_each_thread(leader->signal, t)
		if (!(t->flags & PF_EXITING))
			return t;
	return NULL;
}

/* Another thread, the nearest ancestor that asked for orphans (PR_SET_CHILD_SUBREAPER), or init. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *t = live_thread(father), *reaper;

	if (t)
		return t;
	if (father->signal->has_child_subreaper) {
		for (reaper = father->parent; reaper->tgid > 1; reaper = reaper->parent) {
			if (!reaper->signal->is_child_subreaper)
				continue;
			t = live_thread(reaper);
			if (t)
				return t;
		}
	}
	return find_task_by_pid_locked(1);
}

/*
 * Is no member of the group, but for @ignored, a child of a process outside the group in the same
 * session?  Then nobody is left who could continue it (POSIX: orphaned process group).
 */
static bool pgrp_is_orphaned(struct pid *pgrp, struct task_struct *ignored)
{
	struct signal_struct *sig;

	list_for_each_entry(sig, &pgrp->pgrp, pgrp_node) {
		struct task_struct *p = sig->group_leader, *parent = p->parent;

		if (p == ignored || (p->exit_state && !atomic_read(&sig->live)) || parent->pid <= 1)
			continue;
		if (task_pgrp(parent) != pgrp && task_session(parent) == task_session(p))
			return false;
	}
	return true;
}

static bool pgrp_has_stopped(struct pid *pgrp)
{
	struct signal_struct *sig;

	list_for_each_entry(sig, &pgrp->pgrp, pgrp_node)
		if (sig->flags & SIGNAL_STOP_STOPPED)
			return true;
	return false;
}

bool is_current_pgrp_orphaned(void)
{
	unsigned long flags;
	bool orphaned;

	spin_lock_irqsave(&tasklist_lock, flags);
	orphaned = pgrp_is_orphaned(task_pgrp(current), NULL);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return orphaned;
}

/*
 * @task loses @parent (one of them is dying): if that orphans the group of @task, and it has
 * stopped members, they get SIGHUP and SIGCONT (POSIX _exit).
 */
static void kill_orphaned_pgrp(struct task_struct *task, struct task_struct *parent,
			       struct task_struct *ignored)
{
	struct pid *pgrp = task_pgrp(task);

	if (!pgrp || task_pgrp(parent) == pgrp || task_session(parent) != task_session(task))
		return;
	if (!pgrp_is_orphaned(pgrp, ignored) || !pgrp_has_stopped(pgrp))
		return;
	kill_pgrp_locked(pgrp, SIGHUP, true);
	kill_pgrp_locked(pgrp, SIGCONT, true);
}

/* A child gets its new parent; true: it is a zombie that nobody will wait for. */
static bool reparent_child(struct task_struct *child, struct task_struct *father,
			   struct task_struct *reaper)
{
	struct task_struct *t;

	for_each_thread(child->signal, t) {
		t->parent = reaper;
		if (t->pdeath_signal)
			group_send_sig(t->pdeath_signal, t, false);
	}
	list_move_tail(&child->sibling, &reaper->children);
	if (child->signal == reaper->signal || reaper->signal == father->signal)
		return false;
	child->exit_signal = SIGCHLD;
	if (child->exit_state == EXIT_ZOMBIE && thread_group_empty(child) &&
	    do_notify_parent(child, child->exit_signal)) {
		child->exit_state = EXIT_DEAD;
		return true;
	}
	kill_orphaned_pgrp(child, father, NULL);
	return false;
}

/* @dead collects children to be released when the lock is free. */
static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *reaper, *child, *next;

	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry_safe(child, next, &father->children, sibling)
		if (reparent_child(child, father, reaper))
			list_move(&child->sibling, dead);
}

/* Tells the parent.  What is left to be released is in @dead afterwards, current included. */
static void exit_notify(struct list_head *dead, bool group_dead)
{
	struct task_struct *task = current;
	bool autoreap = true;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	forget_original_parent(task, dead);
	if (group_dead)
		kill_orphaned_pgrp(task, task->parent, task->group_leader);
	if (task == task->group_leader)
		autoreap = thread_group_empty(task) &&
			   do_notify_parent(task, task->exit_signal);
	task->exit_state = autoreap ? EXIT_DEAD : EXIT_ZOMBIE;
	wake_group_exec_task(task->signal);
	if (autoreap)
		list_move(&task->sibling, dead);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void release_dead(struct list_head *dead)
{
	struct task_struct *task, *next;

	list_for_each_entry_safe(task, next, dead, sibling)
		release_task(task);
}

/* --- the dying itself --- */

static void exit_process(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;

	if (task->tgid == 1)
		panic("Attempted to kill init! exitcode=0x%08x", task->exit_code);
	exit_itimers(sig);
	if (task->mm)
		sig->dead.maxrss = max(sig->dead.maxrss, get_mm_hiwater_rss(task->mm));
}

void __noreturn do_exit(long code)
{
	struct task_struct *task = current;
	LIST_HEAD(dead);
	bool group_dead;

	if (!task->pid)
		panic("Attempted to kill the idle task!");
	exit_signals(task, code);
	task->exit_code = code;
	group_dead = atomic_dec_and_test(&task->signal->live);
	if (group_dead)
		exit_process(task);

	if (task->mm) {
		mm_release();
		exit_mm();
	}
	exit_files(task);
	exit_fs(task);
	if (group_dead && task->signal->leader)
		disassociate_ctty();
	if (unlikely(trace_is_on(TRACE_TASK)))
		trace_task(TRACE_TASK_EXIT, code);

	/*
	 * After this the parent may take the descriptor out of every list; the reference of its
	 * running stays.
	 */
	task_is_dying();
	exit_notify(&dead, group_dead);
	release_dead(&dead);
	do_task_dead();
}

void __noreturn do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	if (sig->flags & SIGNAL_GROUP_EXIT) {
		code = sig->group_exit_code;
	} else if (sig->group_exec_task) {
		/* The process lives on in the thread that executes a program. */
		code = 0;
	} else {
		sig->group_exit_code = code;
		sig->flags = SIGNAL_GROUP_EXIT | (sig->flags & SIGNAL_UNKILLABLE);
		zap_other_threads();
	}
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, status)
{
	do_exit((status & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, status)
{
	do_group_exit((status & 0xff) << 8);
}
