// SPDX-License-Identifier: MIT
/*
 * What a trap is about (privileged spec, table 4.2). System calls do not come here: entry.S calls
 * do_syscall().
 *
 * Interrupts are off on entry. An exception of code that had them on turns them on again, since its
 * handling may sleep; interrupt handlers keep them off.
 */
#include "arch/riscv/trap.h"

#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include "arch/riscv/csr.h"
#include "arch/riscv/fault.h"
#include "arch/riscv/fpu.h"
#include "kernel/irq.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/smp.h"
#include "kernel/timer.h"

static const char *const cause_names[] = {
	"instruction address misaligned",
	"instruction access fault",
	"illegal instruction",
	"breakpoint",
	"load address misaligned",
	"load access fault",
	"store address misaligned",
	"store access fault",
	"environment call from U-mode",
	"environment call from S-mode",
	"reserved",
	"reserved",
	"instruction page fault",
	"load page fault",
	"reserved",
	"store page fault",
};

static void do_interrupt(struct pt_regs *regs)
{
	switch (regs->cause & ~CAUSE_INTERRUPT) {
	case IRQ_TIMER:
		timer_interrupt(user_mode(regs));
		break;
	case IRQ_EXTERNAL:
		handle_external_irq();
		break;
	case IRQ_SOFT:
		handle_ipi();
		break;
	default:
		panic("interrupt with unknown cause %#lx", regs->cause);
	}
}

/* A signal for user code; the kernel's own exceptions are bugs. */
static void trap_error(struct pt_regs *regs, int sig, int code)
{
	unsigned long cause = regs->cause;
	char where[80];

	if (!user_mode(regs))
		panic("%s in the kernel at pc %s, address %#lx",
		      cause < ARRAY_SIZE(cause_names) ? cause_names[cause] : "unknown trap",
		      symbol_name(regs->epc, where, sizeof(where)), regs->badaddr);
	force_sig_fault(sig, code,
			(void *)(sig == SIGSEGV || sig == SIGBUS ? regs->badaddr : regs->epc));
}

static void do_exception(struct pt_regs *regs)
{
	switch (regs->cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		do_page_fault(regs);
		break;
	case EXC_INST_ILLEGAL:
		if (!user_mode(regs) || !fpu_handle_trap(regs))
			trap_error(regs, SIGILL, ILL_ILLOPC);
		break;
	case EXC_BREAKPOINT:
		trap_error(regs, SIGTRAP, TRAP_BRKPT);
		break;
	case EXC_INST_MISALIGNED:
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		trap_error(regs, SIGBUS, BUS_ADRALN);
		break;
	case EXC_INST_ACCESS:
	case EXC_LOAD_ACCESS:
	case EXC_STORE_ACCESS:
		trap_error(regs, SIGSEGV, SEGV_ACCERR);
		break;
	default:
		trap_error(regs, SIGILL, ILL_ILLTRP);
	}
}

/* entry.S came here on the overflow stack when there was no room for a frame on the task's own. */
static void check_stack_overflow(struct pt_regs *regs)
{
	unsigned long base = (unsigned long)current->stack;

	if (user_mode(regs) || regs->sp >= base + PT_SIZE || current->stack == NULL)
		return;
	panic("kernel stack overflow: task %s (%d), sp %#lx, stack %#lx..%#lx, pc %#lx",
	      current->comm, current->pid, regs->sp, base, base + THREAD_SIZE, regs->epc);
}

/* The commonest of all, by far. */
static bool is_user_page_fault(const struct pt_regs *regs)
{
	const unsigned long causes = BIT(EXC_INST_PAGE_FAULT) | BIT(EXC_LOAD_PAGE_FAULT) |
				     BIT(EXC_STORE_PAGE_FAULT);

	return user_mode(regs) && regs->cause <= EXC_STORE_PAGE_FAULT &&
	       causes >> regs->cause & 1;
}

void do_trap(struct pt_regs *regs)
{
	if (likely(is_user_page_fault(regs))) {
		local_irq_enable();
		do_page_fault(regs);
		return;
	}
	check_stack_overflow(regs);
	if (regs->cause & CAUSE_INTERRUPT) {
		do_interrupt(regs);
		return;
	}
	if (regs->status & SR_SPIE)
		local_irq_enable();
	do_exception(regs);
}
