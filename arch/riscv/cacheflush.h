// SPDX-License-Identifier: MIT
/*
 * Stores and instruction fetch (Zifencei): a hart may go on fetching what stood in memory before a
 * store, its own or another's, until it has executed fence.i.
 *
 * All may be called with spinlocks held: the others are asked by the firmware (SBI RFENCE).
 */
#ifndef ARCH_RISCV_CACHEFLUSH_H
#define ARCH_RISCV_CACHEFLUSH_H

#include "lib/types.h"

struct folio;
struct mm_struct;

static inline void local_flush_icache(void)
{
	__asm__ volatile("fence.i" : : : "memory");
}

/*
 * Code that @mm's threads will run was written: no hart runs one of them from here on before it has
 * fenced.
 */
void flush_icache_mm(struct mm_struct *mm);
/* switch_mm: this hart, which runs @mm from now on, makes up for what it missed. */
void flush_icache_deferred(struct mm_struct *mm);
/*
 * An executable entry for @folio is about to be made.  Every hart fences, unless nothing was
 * written into the folio since that was last done (PG_icache_clean).
 */
void flush_icache_folio(struct folio *folio);
/* The same for @nr that are all not clean: one fence. */
void flush_icache_folios(struct folio **folios, size_t nr);

#endif
