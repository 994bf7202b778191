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

/* The hart that is being started reads it; harts are started one at a time. */
extern struct secondary_boot secondary_boot;

/*
 * Where a hart is started. It may come to _start instead (head.S says why); the debug build sends
 * it there, so that every boot with two harts goes that way.
 */
#ifdef CONFIG_DEBUG
void _start(void);
#define SECONDARY_ENTRY _start
#else
void secondary_start(void);
#define SECONDARY_ENTRY secondary_start
#endif
void secondary_main(void);

#endif
