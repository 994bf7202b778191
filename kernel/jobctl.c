// SPDX-License-Identifier: MIT
/*
 * A group stop.
 *
 *   start_group_stop   the thread that took the signal marks all (JOBCTL_STOP_PENDING), counts
 *                      them in group_stop_count and wakes them
 *   sleep_stopped      each, on its way to user mode, counts itself out and sleeps in TASK_STOPPED;
 *                      the last one tells the parent
 *   continue_process   undoes the marks and wakes who sleeps, when SIGCONT is sent
 *
 * J1 group_stop_count is the number of threads that have JOBCTL_STOP_PENDING.
 * J2 A thread that exits or is born while a stop is under way takes part: the one counts itself out
 *    (leave_group_stop), the other is counted in (kernel/fork.c).
 *
 * Taking tasklist_lock, which comes before siglock, means dropping siglock; after that everything
 * is looked at anew.
 */
#include "kernel/jobctl.h"

#include "kernel/panic.h"
#include "kernel/signal_deliver.h"

bool stop_is_due(int sig)
{
	struct spinlock *siglock = &current->sighand->siglock;
	bool orphaned;

	if (sig != SIGSTOP) {
		/*
		 * Nobody could continue a process of an orphaned group, so the terminal cannot stop
		 * it.
		 */
		spin_unlock_irq(siglock);
		orphaned = is_current_pgrp_orphaned();
		spin_lock_irq(siglock);
		if (orphaned)
			return false;
	}
	return (current->jobctl & JOBCTL_STOP_DEQUEUED) &&
	       !(current->signal->flags & SIGNAL_GROUP_EXIT) && !current->signal->group_exec_task;
}

/* A thread that another stop has put to sleep already will not come by to count itself out. */
static bool takes_part(const struct task_struct *task)
{
	return !(task->flags & PF_EXITING) && !(READ_ONCE(task->state) & TASK_STOPPED);
}

void start_group_stop(int sig)
{
	struct signal_struct *signal = current->signal;
	struct task_struct *t;

	signal->group_exit_code = sig;
	signal->group_stop_count = 0;
	for_each_thread(signal, t) {
		if (!takes_part(t))
			continue;
		t->jobctl |= JOBCTL_STOP_PENDING;
		signal->group_stop_count++;
		if (t != current)
			signal_wake_up(t, false);
	}
}

bool leave_group_stop(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	if (!(task->jobctl & JOBCTL_STOP_PENDING))
		return false;
	task->jobctl &= ~JOBCTL_STOP_PENDING;
	DEBUG_BUG_ON(signal->group_stop_count <= 0);	/* J1 */
	if (--signal->group_stop_count)
		return false;
	signal->flags &= ~(SIGNAL_STOP_CONTINUED | SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
	signal->flags |= SIGNAL_STOP_STOPPED;
	return true;
}

void tell_of_stop(int sig)
{
	spin_lock_irq(&tasklist_lock);
	do_notify_parent_cldstop(current, CLD_STOPPED, sig);
	spin_unlock_irq(&tasklist_lock);
}

void sleep_stopped(void)
{
	int sig = current->signal->group_exit_code;
	bool last = leave_group_stop(current);

	/* From here on SIGCONT, which takes siglock, finds a task to wake. */
	set_current_state(TASK_STOPPED | TASK_WAKEKILL);
	spin_unlock_irq(&current->sighand->siglock);
	if (last)
		tell_of_stop(sig);
	schedule();
}

/* SIGCONT goes on even if it is blocked or ignored. */
void continue_process(struct signal_struct *signal)
{
	unsigned int why = 0;
	struct task_struct *t;

	for_each_thread(signal, t) {
		t->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_DEQUEUED);
		try_to_wake_up(t, TASK_STOPPED);
	}
	if (signal->flags & SIGNAL_STOP_STOPPED)
		why = SIGNAL_CLD_CONTINUED;
	else if (signal->group_stop_count)
		why = SIGNAL_CLD_STOPPED;
	if (!why)
		return;
	signal->flags &= ~(SIGNAL_STOP_STOPPED | SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
	signal->flags |= why | SIGNAL_STOP_CONTINUED;
	signal->group_stop_count = 0;
	signal->group_exit_code = 0;
}

void notify_continued(void)
{
	struct signal_struct *signal = current->signal;
	bool continued = signal->flags & SIGNAL_CLD_CONTINUED;

	signal->flags &= ~(SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED);
	spin_unlock_irq(&current->sighand->siglock);
	spin_lock_irq(&tasklist_lock);
	do_notify_parent_cldstop(current, continued ? CLD_CONTINUED : CLD_STOPPED,
				 continued ? SIGCONT : SIGSTOP);
	spin_unlock_irq(&tasklist_lock);
}
