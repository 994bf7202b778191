// SPDX-License-Identifier: MIT
/* Called by entry.S with the frame of the interrupted code; interrupts off. */
#ifndef ARCH_RISCV_TRAP_H
#define ARCH_RISCV_TRAP_H

struct pt_regs;

void do_trap(struct pt_regs *regs);

#endif
