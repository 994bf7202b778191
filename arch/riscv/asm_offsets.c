// SPDX-License-Identifier: MIT
/* Asserts that the numbers of asm_offsets.h are the compiler's. */
#include "arch/riscv/asm_offsets.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/smp.h"
#include "kernel/sched.h"

#define CHECK_OFFSET(type, member, number) \
	_Static_assert(offsetof(type, member) == (number), #number)

CHECK_OFFSET(struct task_struct, thread_flags, TASK_FLAGS);
CHECK_OFFSET(struct task_struct, kernel_sp, TASK_KERNEL_SP);
CHECK_OFFSET(struct task_struct, user_sp, TASK_USER_SP);
CHECK_OFFSET(struct task_struct, context, TASK_CONTEXT);
CHECK_OFFSET(struct task_struct, stack, TASK_STACK_BASE);
CHECK_OFFSET(struct pt_regs, s2, PT_S2);
CHECK_OFFSET(struct pt_regs, t6, PT_T6);
CHECK_OFFSET(struct pt_regs, orig_a0, PT_ORIG_A0);
CHECK_OFFSET(struct secondary_boot, task, SECONDARY_TASK);
CHECK_OFFSET(struct secondary_boot, sp, SECONDARY_SP);
CHECK_OFFSET(struct secondary_boot, satp, SECONDARY_SATP);
CHECK_OFFSET(struct fpu_state, fcsr, FPU_FCSR);
_Static_assert(sizeof(struct pt_regs) == PT_SIZE, "PT_SIZE");
_Static_assert(SR_FS == SR_FS_BITS && SR_SUM == SR_SUM_BIT && SR_SPP == SR_SPP_BIT, "sstatus");
