// SPDX-License-Identifier: MIT
/*
 * A process keeps its number over execve(), whichever of its threads calls it:
 *
 *   de_thread
 *     claim_process       group_exec_task = current; SIGKILL for every other thread
 *     wait_to_be_alone    until all are gone; a leader other than current stays as a zombie
 *     take_over           current and the zombie change numbers and places in the tree, and the
 *                         zombie is released as one thread more that has died
 *
 * A zombie leader that still has a thread is not given to its parent (kernel/wait4.c), so nobody
 * but us releases it.
 */
#include "kernel/de_thread.h"

#include "kernel/exit.h"
#include "kernel/pid.h"
#include "kernel/signal.h"
#include "lib/types.h"

static int claim_process(void)
{
	struct signal_struct *sig = current->signal;
	int err = 0;

	spin_lock_irq(&current->sighand->siglock);
	if (sig->flags & SIGNAL_GROUP_EXIT || sig->group_exec_task) {
		err = -EAGAIN;
	} else {
		sig->group_exec_task = current;
		zap_other_threads();
	}
	spin_unlock_irq(&current->sighand->siglock);
	return err;
}

/* tasklist_lock held. */
static bool is_alone(void)
{
	const struct task_struct *leader = current->group_leader;

	if (leader == current)
		return current->signal->nr_threads == 1;
	return current->signal->nr_threads == 2 && leader->exit_state == EXIT_ZOMBIE;
}

/* -EAGAIN: current is to die itself. */
static int wait_to_be_alone(void)
{
	bool alone, killed;

	for (;;) {
		spin_lock_irq(&tasklist_lock);
		set_current_state(TASK_KILLABLE);
		alone = is_alone();
		killed = !alone && fatal_signal_pending(current);
		if (killed)
			current->signal->group_exec_task = NULL;
		spin_unlock_irq(&tasklist_lock);
		if (alone || killed)
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	return killed ? -EAGAIN : 0;
}

void wake_group_exec_task(struct signal_struct *sig)
{
	if (sig->group_exec_task)
		wake_up_process(sig->group_exec_task);
}

static void exchange_numbers(struct task_struct *a, struct task_struct *b)
{
	swap(a->thread_pid, b->thread_pid);
	swap(a->pid, b->pid);
	a->thread_pid->task = a;
	b->thread_pid->task = b;
}

/* Returns the former leader, for the caller to release. */
static struct task_struct *take_over(struct task_struct *leader)
{
	struct task_struct *me = current;

	spin_lock_irq(&tasklist_lock);
	/* Senders that walk the threads see one leader or the other. */
	spin_lock(&me->sighand->siglock);
	exchange_numbers(me, leader);
	list_replace_init(&leader->tasks, &me->tasks);
	list_replace_init(&leader->sibling, &me->sibling);
	me->group_leader = leader->group_leader = me->signal->group_leader = me;
	me->start_time = leader->start_time;
	me->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	leader->exit_state = EXIT_DEAD;
	spin_unlock(&me->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return leader;
}

int de_thread(void)
{
	struct task_struct *leader;
	int err;

	if (thread_group_empty(current))
		return 0;
	err = claim_process();
	if (!err)
		err = wait_to_be_alone();
	if (err)
		return err;
	leader = current->group_leader;
	if (leader != current)
		release_task(take_over(leader));
	spin_lock_irq(&tasklist_lock);
	current->signal->group_exec_task = NULL;
	spin_unlock_irq(&tasklist_lock);
	return 0;
}
