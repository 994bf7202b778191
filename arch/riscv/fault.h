// SPDX-License-Identifier: MIT
/*
 * Page faults (privileged spec §4.3.2: causes 12, 13 and 15) of user code and of the kernel's
 * accesses to user memory.
 */
#ifndef ARCH_RISCV_FAULT_H
#define ARCH_RISCV_FAULT_H

struct pt_regs;

/*
 * The page is there on return, or a signal is pending, or regs->epc is at the fix-up of a uaccess.
 * May sleep.
 */
void do_page_fault(struct pt_regs *regs);

#endif
