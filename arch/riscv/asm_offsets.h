// SPDX-License-Identifier: MIT
/*
 * Numbers that assembly needs of C's structures; arch/riscv/asm_offsets.c asserts each of them
 * against the structure, so that a change there does not go unseen.
 */
#ifndef ARCH_RISCV_ASM_OFFSETS_H
#define ARCH_RISCV_ASM_OFFSETS_H

#include "arch/riscv/ptrace.h"

/* struct task_struct */
#define TASK_FLAGS		0
#define TASK_KERNEL_SP		8
#define TASK_USER_SP		16
#define TASK_CONTEXT		32
#define TASK_STACK_BASE		144

/* struct pt_regs */
#define PT_EPC		0
#define PT_RA		8
#define PT_SP		16
#define PT_GP		24
#define PT_TP		32
#define PT_T0		40
#define PT_T1		48
#define PT_T2		56
#define PT_S0		64
#define PT_S1		72
#define PT_A0		80
#define PT_A1		88
#define PT_A2		96
#define PT_A3		104
#define PT_A4		112
#define PT_A5		120
#define PT_A6		128
#define PT_A7		136
#define PT_S2		144
#define PT_S3		152
#define PT_S4		160
#define PT_S5		168
#define PT_S6		176
#define PT_S7		184
#define PT_S8		192
#define PT_S9		200
#define PT_S10		208
#define PT_S11		216
#define PT_T3		224
#define PT_T4		232
#define PT_T5		240
#define PT_T6		248
#define PT_STATUS	256
#define PT_BADADDR	264
#define PT_CAUSE	272
#define PT_ORIG_A0	280

/* struct secondary_boot */
#define SECONDARY_TASK	0
#define SECONDARY_SP	8
#define SECONDARY_SATP	16

/* struct fpu_state */
#define FPU_FCSR	256

#define SR_SIE_BIT	0x2
#define SR_SPP_BIT	0x100
#define SR_FS_BITS	0x6000
#define SR_SUM_BIT	0x40000
#define EXC_SYSCALL_NR	8

#endif
