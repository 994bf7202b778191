// SPDX-License-Identifier: MIT
/*
 * The exception table: where the kernel goes on when one of the accesses of arch/riscv/lib.S faults
 * for good.
 */
#ifndef ARCH_RISCV_EXTABLE_H
#define ARCH_RISCV_EXTABLE_H

#include "arch/riscv/ptrace.h"

/*
 * Sets regs->epc to the fix-up of the faulting instruction; false: it has none, which is a bug of
 * the kernel's.
 */
bool fixup_exception(struct pt_regs *regs);

#endif
