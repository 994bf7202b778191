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

/*
 * A hart that runs a thread without an address space keeps the table that is loaded, and need not
 * be disturbed when entries change: it fences before a task of that mm runs again.
 *
 * LT1 A hart uses user translations only in TLB_USED.  Who finds it TLB_LAZY after he has changed
 *     entries makes it TLB_STALE; the hart leaves either with one exchange, and TLB_STALE with a
 *     fence.
 */
enum tlb_state { TLB_USED, TLB_LAZY, TLB_STALE };
static unsigned int tlb_state[NR_CPUS];

void tlb_enter_lazy(void)
{
	/* Release: our last access through the old translations is over. */
	__atomic_store_n(&tlb_state[smp_processor_id()], TLB_LAZY, __ATOMIC_RELEASE);
}

void tlb_leave_lazy(void)
{
	if (__atomic_exchange_n(&tlb_state[smp_processor_id()], TLB_USED, __ATOMIC_SEQ_CST) ==
	    TLB_STALE)
		local_flush_tlb_all();
}

/* Does @cpu fence by itself before it uses a user translation again? */
static bool fences_later(int cpu)
{
	unsigned int old = TLB_LAZY;

	return __atomic_compare_exchange_n(&tlb_state[cpu], &old, TLB_STALE, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) || old == TLB_STALE;
}

unsigned long remote_harts(unsigned long cpus)
{
	unsigned long mask = 0;

	cpus &= ~BIT(smp_processor_id());
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpus & BIT(cpu))
			mask |= BIT(cpu_hartid[cpu]);
	return mask;
}

/* @cpus without those that need not be asked. */
static unsigned long without_lazy(unsigned long cpus)
{
	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpus & BIT(cpu) && cpu != smp_processor_id() && fences_later(cpu))
			cpus &= ~BIT(cpu);
	return cpus;
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
	flush_cpus(without_lazy(READ_ONCE(mm->cpu_bitmap)), start, end);
}

void flush_tlb_tables(struct mm_struct *mm)
{
	smp_mb();		/* as above */
	flush_cpus(READ_ONCE(mm->cpu_bitmap), 0, TASK_SIZE);
}

void flush_tlb_page(struct mm_struct *mm, unsigned long va)
{
	unsigned long cpus;

	smp_mb();		/* as above */
	cpus = READ_ONCE(mm->cpu_bitmap);
	if (likely(cpus == BIT(smp_processor_id())))
		local_flush_tlb_page(va);
	else
		flush_cpus(without_lazy(cpus), va, va + PAGE_SIZE);
}

void tlb_batch_add(struct tlb_batch *batch, const struct mm_struct *mm)
{
	smp_mb();		/* as above */
	batch->cpus |= READ_ONCE(mm->cpu_bitmap);
}

void tlb_batch_flush(struct tlb_batch *batch)
{
	if (batch->cpus)
		flush_cpus(without_lazy(batch->cpus), 0, TASK_SIZE);
	batch->cpus = 0;
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	flush_cpus(BIT(nr_harts) - 1, start, end);
}
