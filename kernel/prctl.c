// SPDX-License-Identifier: MIT
#include <linux/prctl.h>
#include "arch/riscv/uaccess.h"
#include "kernel/exec.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/string.h"
#include "mm/mm.h"

static int set_name(const char __user *uname)
{
	char name[TASK_COMM_LEN] = { 0 };

	if (strncpy_from_user(name, uname, sizeof(name) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, name);
	return 0;
}

static int set_pdeath_signal(unsigned long sig)
{
	if (sig > NSIG)
		return -EINVAL;
	current->pdeath_signal = sig;
	return 0;
}

static int set_dumpable(unsigned long value)
{
	if (value > 1)
		return -EINVAL;
	current->mm->dumpable = value;
	return 0;
}

/* tasklist_lock held. */
static bool descends_from_current(const struct task_struct *p)
{
	while (p->tgid > 1 && p->parent->signal != current->signal)
		p = p->parent;
	return p->tgid > 1;
}

static int set_child_subreaper(bool on)
{
	struct task_struct *p;

	spin_lock_irq(&tasklist_lock);
	current->signal->is_child_subreaper = on;
	/*
	 * A dying process looks for one only where there may be one; processes to come inherit
	 * that.
	 */
	if (on)
		for_each_process(p)
			if (descends_from_current(p))
				p->signal->has_child_subreaper = true;
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	switch (option) {
	case PR_SET_NAME:
		return set_name((const char *)arg2);
	case PR_GET_NAME:
		return copy_to_user((char *)arg2, current->comm, TASK_COMM_LEN) ? -EFAULT : 0;
	case PR_SET_PDEATHSIG:
		return set_pdeath_signal(arg2);
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int *)arg2);
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_SET_DUMPABLE:
		return set_dumpable(arg2);
	case PR_SET_CHILD_SUBREAPER:
		return set_child_subreaper(arg2);
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)current->signal->is_child_subreaper, (int *)arg2);
	default:
		return -EINVAL;
	}
}
