// SPDX-License-Identifier: MIT
#include "kernel/kthread.h"

#include "kernel/fork.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/vsnprintf.h"

struct task_struct *kthread_run(void (*fn)(void *arg), void *arg, const char *name, ...)
{
	char comm[TASK_COMM_LEN];
	struct task_struct *task;
	va_list args;

	va_start(args, name);
	vsnprintf(comm, sizeof(comm), name, args);
	va_end(args);
	task = kernel_thread(fn, arg, comm);
	if (!IS_ERR(task))
		wake_up_new_task(task);
	return task;
}
