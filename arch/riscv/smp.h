// SPDX-License-Identifier: MIT
/* What a hart that is started needs to know (arch/riscv/head.S reads it with translation off). */
#ifndef ARCH_RISCV_SMP_H
#define ARCH_RISCV_SMP_H

struct task_struct;

struct secondary_boot {
	struct task_struct *task;	/* its idle task */
	unsigned long sp;
	unsigned long satp;
};

void secondary_start(void);
void secondary_main(void);

#endif
