// SPDX-License-Identifier: MIT
/*
 * The registers with which tasks begin.  A new task is first switched to at ret_from_fork
 * (entry.S): with s0 == 0 it goes on to user mode with the frame at the top of its stack, else it
 * calls s0(s1) first.
 */
#include "arch/riscv/csr.h"
#include "arch/riscv/fpu.h"
#include "arch/riscv/ptrace.h"
#include "arch/riscv/uaccess.h"
#include "kernel/fork.h"
#include "kernel/sched.h"
#include "lib/string.h"

#include <linux/sched.h>

void ret_from_fork(void);

static void set_first_step(struct task_struct *task, void (*fn)(void *), void *arg)
{
	task->context = (struct context){
		.ra = (unsigned long)ret_from_fork,
		.sp = (unsigned long)task_pt_regs(task),
		.s = { (unsigned long)fn, (unsigned long)arg },
	};
}

void kernel_thread_context(struct task_struct *task, void (*fn)(void *), void *arg)
{
	memset(task_pt_regs(task), 0, sizeof(struct pt_regs));
	set_first_step(task, fn, arg);
}

/* CLONE_CHILD_SETTID: the word is in the child's memory, so the child writes it. */
static void store_child_tid(void *arg)
{
	put_user(current->pid, current->set_child_tid);
}

void copy_thread(struct task_struct *child, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(child);

	if (args->fn) {
		kernel_thread_context(child, args->fn, args->fn_arg);
		return;
	}
	fpu_save_current();
	child->fpu = current->fpu;
	*regs = *task_pt_regs(current);
	regs->status &= ~SR_FS;
	regs->a0 = 0;
	if (args->stack)
		regs->sp = args->stack;
	if (args->flags & CLONE_SETTLS)
		regs->tp = args->tls;
	set_first_step(child, child->set_child_tid ? store_child_tid : NULL, NULL);
}

void start_thread(unsigned long pc, unsigned long sp)
{
	struct pt_regs *regs = task_pt_regs(current);

	memset(regs, 0, sizeof(*regs));
	regs->epc = pc;
	regs->sp = sp;
	regs->status = SR_SPIE;
	regs->cause = -1UL;
	fpu_discard_current(true);
	set_bit(TIF_RESTORE_ALL, &current->thread_flags);
}
