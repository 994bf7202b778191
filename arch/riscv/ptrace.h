// SPDX-License-Identifier: MIT
/*
 * The register frame that a trap leaves at the top of a kernel stack. The order of the first 32
 * words is that of <asm/ptrace.h>'s user_regs_struct (pc, then x1 to x31), so a signal frame copies
 * them in one piece.
 */
#ifndef ARCH_RISCV_PTRACE_H
#define ARCH_RISCV_PTRACE_H

#ifndef __ASSEMBLER__
#include "arch/riscv/csr.h"

struct pt_regs {
	unsigned long epc;
	unsigned long ra, sp, gp, tp;
	unsigned long t0, t1, t2;
	unsigned long s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	unsigned long t3, t4, t5, t6;
	unsigned long status, badaddr, cause;
	unsigned long orig_a0;		/* a0 at the system call, for a restart */
};

static inline bool user_mode(const struct pt_regs *regs)
{
	return !(regs->status & SR_SPP);
}
#endif

/* The frame's size: 36 words, a multiple of the 16 bytes that the psABI wants of sp. */
#define PT_SIZE		288

#endif
