// SPDX-License-Identifier: MIT
/*
 * Control and status registers of S-mode (RISC-V privileged spec 1.12, chapter 4), and the one bit
 * of them that everybody needs: whether this hart takes interrupts.
 */
#ifndef ARCH_RISCV_CSR_H
#define ARCH_RISCV_CSR_H

#include "lib/types.h"

/* sstatus, §4.1.1 */
#define SR_SIE		(1UL << 1)	/* interrupts enabled now */
#define SR_SPIE		(1UL << 5)	/* interrupts enabled before the trap */
#define SR_SPP		(1UL << 8)	/* the trap came from S-mode */
#define SR_FS		(3UL << 13)	/* FPU state: off, initial, clean, dirty */
#define SR_FS_INITIAL	(1UL << 13)
#define SR_FS_CLEAN	(2UL << 13)
#define SR_FS_DIRTY	(3UL << 13)
#define SR_SUM		(1UL << 18)	/* S-mode may touch user pages; set only inside uaccess */
#define SR_MXR		(1UL << 19)

/* sie and sip, §4.1.3: one bit per interrupt cause */
#define IE_SOFT		(1UL << 1)
#define IE_TIMER	(1UL << 5)
#define IE_EXTERNAL	(1UL << 9)

/* scause, table 4.2 */
#define CAUSE_INTERRUPT		(1UL << 63)
#define IRQ_SOFT		1
#define IRQ_TIMER		5
#define IRQ_EXTERNAL		9
#define EXC_INST_MISALIGNED	0
#define EXC_INST_ACCESS		1
#define EXC_INST_ILLEGAL	2
#define EXC_BREAKPOINT		3
#define EXC_LOAD_MISALIGNED	4
#define EXC_LOAD_ACCESS		5
#define EXC_STORE_MISALIGNED	6
#define EXC_STORE_ACCESS	7
#define EXC_SYSCALL		8
#define EXC_INST_PAGE_FAULT	12
#define EXC_LOAD_PAGE_FAULT	13
#define EXC_STORE_PAGE_FAULT	15

/* satp, §4.1.11 */
#define SATP_MODE_SV39		(8UL << 60)
#define SATP_PPN		((1UL << 44) - 1)

#define csr_read(csr) ({						\
	unsigned long __v;						\
	__asm__ volatile("csrr %0, " #csr : "=r"(__v) : : "memory");	\
	__v;								\
})
#define csr_write(csr, val) \
	__asm__ volatile("csrw " #csr ", %0" : : "rK"((unsigned long)(val)) : "memory")
#define csr_set(csr, val) \
	__asm__ volatile("csrs " #csr ", %0" : : "rK"((unsigned long)(val)) : "memory")
#define csr_clear(csr, val) \
	__asm__ volatile("csrc " #csr ", %0" : : "rK"((unsigned long)(val)) : "memory")
#define csr_read_clear(csr, val) ({					\
	unsigned long __v = (unsigned long)(val);			\
	__asm__ volatile("csrrc %0, " #csr ", %1" : "=r"(__v) : "rK"(__v) : "memory"); \
	__v;								\
})

static inline void local_irq_enable(void)
{
	csr_set(sstatus, SR_SIE);
}

static inline void local_irq_disable(void)
{
	csr_clear(sstatus, SR_SIE);
}

/* Disables interrupts on this hart; returns what local_irq_restore() needs. */
static inline unsigned long local_irq_save(void)
{
	return csr_read_clear(sstatus, SR_SIE) & SR_SIE;
}

static inline void local_irq_restore(unsigned long flags)
{
	csr_set(sstatus, flags & SR_SIE);
}

static inline bool irqs_disabled(void)
{
	return !(csr_read(sstatus) & SR_SIE);
}

/* Orders reads of CSR_TIME too: for a fence they are device input (unprivileged spec, Zicsr). */
static inline void fence_time(void)
{
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

static inline void cpu_relax(void)
{
	__asm__ volatile("nop" : : : "memory");
}

#endif
