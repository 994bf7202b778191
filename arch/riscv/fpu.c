// SPDX-License-Identifier: MIT
#include "arch/riscv/fpu.h"

#include "arch/riscv/csr.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/string.h"

void fpu_store(struct fpu_state *state);
void fpu_load(const struct fpu_state *state);

/*
 * Whose registers each hart holds; with task->fpu_cpu it tells whether they are still the newest.
 */
static struct task_struct *fpu_owner[NR_CPUS];

static unsigned long frame_fs(const struct task_struct *task)
{
	return task_pt_regs(task)->status & SR_FS;
}

static void set_frame_fs(struct task_struct *task, unsigned long fs)
{
	struct pt_regs *regs = task_pt_regs(task);

	regs->status = (regs->status & ~SR_FS) | fs;
}

/* @task's registers are live on this hart. */
static void fpu_save(struct task_struct *task)
{
	if (frame_fs(task) != SR_FS_DIRTY)
		return;
	csr_set(sstatus, SR_FS);
	fpu_store(&task->fpu);
	csr_clear(sstatus, SR_FS);
	set_frame_fs(task, SR_FS_CLEAN);
}

void fpu_save_current(void)
{
	unsigned long flags = local_irq_save();

	fpu_save(current);
	local_irq_restore(flags);
}

void fpu_discard_current(bool clear)
{
	unsigned long flags = local_irq_save();

	if (clear)
		memset(&current->fpu, 0, sizeof(current->fpu));
	set_frame_fs(current, 0);
	local_irq_restore(flags);
}

void fpu_switch(struct task_struct *prev, struct task_struct *next)
{
	int cpu = smp_processor_id();

	if (!(prev->flags & PF_KTHREAD))
		fpu_save(prev);
	if (next->flags & PF_KTHREAD)
		return;
	if (fpu_owner[cpu] != next || next->fpu_cpu != cpu)
		set_frame_fs(next, 0);
}

bool fpu_handle_trap(struct pt_regs *regs)
{
	unsigned long flags;

	if (regs->status & SR_FS)
		return false;
	flags = local_irq_save();
	csr_set(sstatus, SR_FS);
	fpu_load(&current->fpu);
	csr_clear(sstatus, SR_FS);
	fpu_owner[smp_processor_id()] = current;
	current->fpu_cpu = smp_processor_id();
	regs->status |= SR_FS_CLEAN;
	local_irq_restore(flags);
	return true;
}
