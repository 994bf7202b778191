// SPDX-License-Identifier: MIT
/*
 * Fences for stale translations. `sfence.vma` (privileged spec §4.2.1) acts on its own hart only;
 * the others are reached by the SBI's RFENCE extension, which returns when all of them have done
 * it.
 *
 * An mm is run by the harts in mm->cpu_bitmap; only they are asked. All of these may be called with
 * spinlocks held and interrupts off: the firmware's IPI does not need our interrupt handler.
 */
#ifndef ARCH_RISCV_TLB_H
#define ARCH_RISCV_TLB_H

#include "lib/types.h"

struct mm_struct;

static inline void local_flush_tlb_page(unsigned long va)
{
	__asm__ volatile("sfence.vma %0" : : "r"(va) : "memory");
}

static inline void local_flush_tlb_all(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

void flush_tlb_mm(struct mm_struct *mm);
/* [start, end) in bytes, page aligned. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_page(struct mm_struct *mm, unsigned long va);
/*
 * Page tables were unlinked, and are to be freed.  Unlike the others this reaches also the harts
 * that only keep the table loaded: nothing stops them from walking it on a guess.
 */
void flush_tlb_tables(struct mm_struct *mm);

/*
 * The hart runs a thread without an mm from now on; a task again.  By the scheduler, interrupts
 * off, the second before the task's table is loaded.
 */
void tlb_enter_lazy(void);
void tlb_leave_lazy(void);

/* Harts whose user translations are to go, all at once, when the batch is flushed. */
struct tlb_batch {
	unsigned long cpus;
};
/* An entry of @mm has less permission, or A clear, from now on. */
void tlb_batch_add(struct tlb_batch *batch, const struct mm_struct *mm);
void tlb_batch_flush(struct tlb_batch *batch);
/* A kernel range, on every hart that runs. */
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
/* The hardware's mask of those of @cpus that run, this hart left out: for the firmware. */
unsigned long remote_harts(unsigned long cpus);

#endif
