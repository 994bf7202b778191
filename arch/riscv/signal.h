// SPDX-License-Identifier: MIT
/* Signal frames and the restart of interrupted system calls. */
#ifndef ARCH_RISCV_SIGNAL_H
#define ARCH_RISCV_SIGNAL_H

struct pt_regs;

/*
 * On the way to user mode, interrupts on: delivers one signal or sees to it that the call is
 * restarted.
 */
void do_signal(struct pt_regs *regs);

#endif
