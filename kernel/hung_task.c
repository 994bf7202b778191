// SPDX-License-Identifier: MIT
/*
 * khungtaskd looks at all tasks LOOKS times within the timeout. A task's last_switch is when it
 * last lost its hart, so nothing needs to be remembered between two looks: one that sleeps and lost
 * its hart long ago has slept since. What waits for work rather than for an event that is on its
 * way says TASK_IDLE (kernel/wait.h); what a fatal signal can wake is its killer's business.
 */
#include "kernel/hung_task.h"

#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "kernel/watchdog.h"
#include "lib/types.h"

#define LOOKS	3

unsigned long hung_task_timeout_secs = 30;
int hung_task_warnings = 10;

static DEFINE_WAIT_QUEUE_HEAD(timeout_wait);

int hung_task_timeout_changed(void)
{
	wake_up(&timeout_wait);
	return 0;
}

/* ns; for ever where nobody is to look, and where the number is beyond all time. */
static s64 timeout_ns(void)
{
	unsigned long seconds = READ_ONCE(hung_task_timeout_secs);

	return seconds && seconds < KTIME_MAX / NSEC_PER_SEC ? seconds * NSEC_PER_SEC : KTIME_MAX;
}

static bool is_hung(const struct task_struct *task, s64 timeout)
{
	unsigned int state = READ_ONCE(task->state);

	if (!(state & TASK_UNINTERRUPTIBLE) || state & (TASK_WAKEKILL | TASK_NOLOAD))
		return false;
	/* Not yet started: nobody waits. */
	if (!task->nvcsw)
		return false;
	return (s64)(ktime_get_ns() - READ_ONCE(task->last_switch)) >= timeout;
}

static void report(struct task_struct *task, s64 timeout)
{
	if (!hung_task_warnings)
		return;
	if (hung_task_warnings > 0)
		hung_task_warnings--;
	pr_err("INFO: task %s:%d blocked for more than %llu seconds.\n", task->comm, task->pid,
	       timeout / NSEC_PER_SEC);
	dump_stack(task, NULL);
}

static void look_at_all(s64 timeout)
{
	struct task_struct *task;

	for (int nr = 1; (task = find_get_task_from(nr)); nr++) {
		if (is_hung(task, timeout))
			report(task, timeout);
		nr = task->pid;
		put_task_struct(task);
	}
}

static void khungtaskd(void *unused)
{
	unsigned long before;

	for (;;) {
		before = READ_ONCE(hung_task_timeout_secs);
		wait_event_idle_timeout(&timeout_wait,
					READ_ONCE(hung_task_timeout_secs) != before,
					timeout_ns() / LOOKS);
		if (hung_task_timeout_secs != before)
			continue;
		look_at_all(timeout_ns());
		watchdog_look_at_harts();
	}
}

static void hung_task_init(void)
{
	kthread_run(khungtaskd, NULL, "khungtaskd");
}
late_initcall(hung_task_init);
