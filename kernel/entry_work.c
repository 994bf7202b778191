// SPDX-License-Identifier: MIT
#include "kernel/entry_work.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/signal.h"
#include "kernel/sched.h"

void exit_to_user_mode_work(struct pt_regs *regs, unsigned long flags)
{
	local_irq_enable();
	if (flags & BIT(TIF_RESTORE_ALL))
		clear_bit(TIF_RESTORE_ALL, &current->thread_flags);
	if (flags & BIT(TIF_NEED_RESCHED))
		schedule();
	if (flags & (BIT(TIF_SIGPENDING) | BIT(TIF_RESTORE_SIGMASK)))
		do_signal(regs);
	local_irq_disable();
}
