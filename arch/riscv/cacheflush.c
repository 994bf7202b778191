// SPDX-License-Identifier: MIT
/*
 * Harts that run the mm fence at once; the others when they next load it, for which they find their
 * bit in mm->icache_stale.
 *
 * IC1 A hart's bit is in mm->cpu_bitmap before it looks at icache_stale, and the writer sets
 *     icache_stale before he looks at cpu_bitmap, a full barrier between the two on both sides: so
 *     the hart is asked, or finds its bit.
 */
#include "arch/riscv/cacheflush.h"

#include "arch/riscv/sbi.h"
#include "arch/riscv/tlb.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/atomic.h"
#include "mm/folio.h"
#include "mm/mm_types.h"

static void fence_others(unsigned long cpus)
{
	unsigned long others = remote_harts(cpus);

	if (others)
		sbi_remote_fence_i(others, 0);
}

void flush_icache_mm(struct mm_struct *mm)
{
	unsigned long cpus;

	WRITE_ONCE(mm->icache_stale, ~0UL);
	smp_mb();		/* IC1; and the code is visible to who fences */
	cpus = READ_ONCE(mm->cpu_bitmap);
	local_flush_icache();
	fence_others(cpus);
}

void flush_icache_deferred(struct mm_struct *mm)
{
	clear_bit(smp_processor_id(), &mm->icache_stale);
	smp_mb();		/* a writer who sets it from here on asks again */
	local_flush_icache();
}

void flush_icache_folios(struct folio **folios, size_t nr)
{
	smp_mb();
	local_flush_icache();
	fence_others(~0UL);
	/* Last: who finds it set maps the folio without a fence. */
	for (size_t i = 0; i < nr; i++)
		folio_set_icache_clean(folios[i]);
}

void flush_icache_folio(struct folio *folio)
{
	if (!folio_test_icache_clean(folio))
		flush_icache_folios(&folio, 1);
}
