// SPDX-License-Identifier: MIT
/*
 * From the trap to the VMA:
 *
 *   do_page_fault
 *     kernel address, no mm, faults disabled ─────────────> kernel: fix-up or panic; user: SIGSEGV
 *     find VMA ── none ───────────────────────────────────> SIGSEGV MAPERR
 *       │ below a stack: expand_stack ── limits, guard ───> SIGSEGV MAPERR
 *     access permitted by VM_READ, VM_WRITE, VM_EXEC? ────> SIGSEGV ACCERR
 *     handle_mm_fault (mm/memory.c) ── SIGBUS, OOM
 *       └ VM_FAULT_RETRY: mmap_lock was dropped to wait; once more, with TRIED
 *
 * Where a user fault gets a signal, a fault of copy_to_user() and its kin gets the fix-up that
 * makes them return short.
 */
#include "arch/riscv/fault.h"

#include <asm-generic/siginfo.h>
#include <asm/signal.h>
#include "arch/riscv/csr.h"
#include "arch/riscv/extable.h"
#include "arch/riscv/ptrace.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/trace.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/oom_kill.h"
#include "mm/stack.h"

static const char *kernel_fault_name(unsigned long addr)
{
	if (addr < PAGE_SIZE)
		return "NULL pointer dereference";
	return addr < TASK_SIZE ? "access to user memory without uaccess" : "paging request";
}

/* A fault of the kernel that no VMA can satisfy: an access with a fix-up, or a bug. */
static void no_context(struct pt_regs *regs)
{
	char where[80];

	if (fixup_exception(regs))
		return;
	panic("Unable to handle kernel %s at virtual address %016lx, pc %s, ra %016lx",
	      kernel_fault_name(regs->badaddr), regs->badaddr,
	      symbol_name(regs->epc, where, sizeof(where)), regs->ra);
}

static void bad_area(struct pt_regs *regs, int sig, int code)
{
	if (user_mode(regs))
		force_sig_fault(sig, code, (void __user *)regs->badaddr);
	else
		no_context(regs);
}

static void mm_fault_error(struct pt_regs *regs, vm_fault_t fault)
{
	if (fault & VM_FAULT_OOM && user_mode(regs))
		pagefault_out_of_memory();
	else if (fault & VM_FAULT_OOM)
		no_context(regs);
	else if (fault & VM_FAULT_SIGBUS)
		bad_area(regs, SIGBUS, BUS_ADRERR);
	else
		bad_area(regs, SIGSEGV, SEGV_MAPERR);
}

/* Sv39 reads what it may write: no entry is writable only. */
static bool access_permitted(const struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_FLAG_INSTRUCTION)
		return vma->vm_flags & VM_EXEC;
	if (flags & FAULT_FLAG_WRITE)
		return vma->vm_flags & VM_WRITE;
	return vma->vm_flags & (VM_READ | VM_WRITE);
}

/*
 * The VMA for @addr, which permits the access, mmap_lock held for reading; or NULL, without it:
 * SIGSEGV with *@code.
 */
static struct vm_area_struct *lock_fault_vma(struct mm_struct *mm, unsigned long addr,
					     unsigned int flags, int *code)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	*code = SEGV_MAPERR;
	if (unlikely(!vma || vma->vm_start > addr)) {
		vma = expand_stack(mm, addr);
		if (!vma)
			return NULL;
	}
	if (likely(access_permitted(vma, flags)))
		return vma;
	*code = SEGV_ACCERR;
	mmap_read_unlock(mm);
	return NULL;
}

/* No mapping, or (SEGV_ACCERR) one that does not permit the access. */
static void trace_bad_area(unsigned long addr, unsigned int flags, int code)
{
	TRACE(TRACE_FAULT, addr, fault_access(flags),
	      code == SEGV_ACCERR ? "access_permitted" : "bad_area", FAULT_SIGSEGV, 0);
}

static unsigned int fault_flags(const struct pt_regs *regs)
{
	unsigned int flags = FAULT_FLAG_DEFAULT;

	if (user_mode(regs))
		flags |= FAULT_FLAG_USER;
	if (regs->cause == EXC_STORE_PAGE_FAULT)
		flags |= FAULT_FLAG_WRITE;
	else if (regs->cause == EXC_INST_PAGE_FAULT)
		flags |= FAULT_FLAG_INSTRUCTION;
	return flags;
}

/* Can the fault be a user page's at all? */
static bool user_page_fault(const struct pt_regs *regs)
{
	if (regs->badaddr >= TASK_SIZE || !current->mm)
		return false;
	return user_mode(regs) || (regs->status & SR_SUM && !current->in_fault_disabled);
}

void do_page_fault(struct pt_regs *regs)
{
	unsigned int flags = fault_flags(regs);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;
	int code;

	if (unlikely(!user_page_fault(regs))) {
		trace_bad_area(regs->badaddr, flags, SEGV_MAPERR);
		bad_area(regs, SIGSEGV, SEGV_MAPERR);
		return;
	}
	for (;; flags |= FAULT_FLAG_TRIED) {
		vma = lock_fault_vma(mm, regs->badaddr, flags, &code);
		if (unlikely(!vma)) {
			trace_bad_area(regs->badaddr, flags, code);
			bad_area(regs, SIGSEGV, code);
			return;
		}
		fault = handle_mm_fault(vma, regs->badaddr, flags);
		if (likely(!(fault & VM_FAULT_RETRY)))
			break;
		/* A killed user task dies on its way out; a killed copy ends short. */
		if (fatal_signal_pending(current)) {
			if (!user_mode(regs))
				no_context(regs);
			return;
		}
	}
	if (likely(!(fault & VM_FAULT_COMPLETED)))
		mmap_read_unlock(mm);
	if (unlikely(fault & VM_FAULT_ERROR))
		mm_fault_error(regs, fault);
}
