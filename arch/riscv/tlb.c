// SPDX-License-Identifier: MIT
#include "arch/riscv/tlb.h"

#include "arch/riscv/page.h"
#include "arch/riscv/sbi.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/bitops.h"
#include "mm/mm_types.h"

/* Above this many pages one full fence is cheaper than one for each. */
#define FLUSH_ALL_PAGES	32

/* The hardware's hart mask of @cpus, this hart left out. */
static unsigned long remote_harts(unsigned long cpus)
{
	unsigned long mask = 0;

	cpus &= ~BIT(smp_processor_id());
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpus & BIT(cpu))
			mask |= BIT(cpu_hartid[cpu]);
	return mask;
}

static void local_flush(unsigned long start, unsigned long end)
{
	if (end - start > FLUSH_ALL_PAGES * (unsigned long)PAGE_SIZE) {
		local_flush_tlb_all();
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		local_flush_tlb_page(start);
}

static void flush_cpus(unsigned long cpus, unsigned long start, unsigned long end)
{
	unsigned long others;

	if (cpus & BIT(smp_processor_id()))
		local_flush(start, end);
	others = remote_harts(cpus);
	if (others)
		sbi_remote_sfence_vma(others, 0, start, end - start);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_range(mm, 0, TASK_SIZE);
}

void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	/*
	 * The entries were changed before the mask is read: a hart that enters it later sees them
	 * changed.
	 */
	smp_mb();
	flush_cpus(READ_ONCE(mm->cpu_bitmap), start, end);
}

void flush_tlb_page(struct mm_struct *mm, unsigned long va)
{
	unsigned long cpus;

	smp_mb();		/* as above */
	cpus = READ_ONCE(mm->cpu_bitmap);
	if (likely(cpus == BIT(smp_processor_id())))
		local_flush_tlb_page(va);
	else
		flush_cpus(cpus, va, va + PAGE_SIZE);
}

void tlb_batch_add(struct tlb_batch *batch, const struct mm_struct *mm)
{
	smp_mb();		/* as above */
	batch->cpus |= READ_ONCE(mm->cpu_bitmap);
}

void tlb_batch_flush(struct tlb_batch *batch)
{
	if (batch->cpus)
		flush_cpus(batch->cpus, 0, TASK_SIZE);
	batch->cpus = 0;
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	flush_cpus(BIT(nr_harts) - 1, start, end);
}

void flush_icache_mm(struct mm_struct *mm)
{
	unsigned long others;

	__asm__ volatile("fence.i" : : : "memory");
	smp_mb();
	others = remote_harts(READ_ONCE(mm->cpu_bitmap));
	if (others)
		sbi_remote_fence_i(others, 0);
}
