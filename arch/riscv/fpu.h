// SPDX-License-Identifier: MIT
/*
 * Floating-point registers: saved only when dirty, loaded only when used.
 *
 * sstatus.FS in a task's frame says what the registers of its hart are to it:
 *   off      they are not its own; task->fpu is right. The first FP instruction traps and loads
 *            them.
 *   clean    they equal task->fpu.
 *   dirty    they are newer than task->fpu.
 *
 * The kernel itself uses none, so they survive it; only a switch to another user task moves them.
 */
#ifndef ARCH_RISCV_FPU_H
#define ARCH_RISCV_FPU_H

#include "arch/riscv/ptrace.h"

struct task_struct;

/* Brings current->fpu up to date (fork, signal frame).  Interrupts on or off. */
void fpu_save_current(void);
/*
 * current->fpu was written (sigreturn) or is to be all zero (@clear, exec): the registers no longer
 * count.
 */
void fpu_discard_current(bool clear);
/*
 * At a switch, interrupts off: @prev's registers are saved if dirty; @next keeps its own if they
 * are still here.
 */
void fpu_switch(struct task_struct *prev, struct task_struct *next);
/*
 * An illegal-instruction trap from user mode: true if it only wanted the registers, which are now
 * loaded.
 */
bool fpu_handle_trap(struct pt_regs *regs);

#endif
