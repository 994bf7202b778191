// SPDX-License-Identifier: MIT
/*
 * The kernel's half of the address space, and the tables that each process begins with.
 *
 * The upper half's top-level entries are filled once at boot, with all second-level tables of
 * vmalloc, and copied into each new table; so a kernel mapping never has to be synced into a
 * process's table, which a kernel stack in vmalloc could not wait for.
 */
#ifndef ARCH_RISCV_MMU_H
#define ARCH_RISCV_MMU_H

#include "arch/riscv/pte.h"

struct mm_struct;

extern pte_t swapper_pg_dir[PTRS_PER_TABLE];	/* the kernel's own table: user half empty */

/* Before any other C code, with translation off: returns the satp value for the early table. */
unsigned long early_map_setup(unsigned long dtb_pa);
/* Where the device tree can be read until paging_init(). */
const void *early_dtb(unsigned long dtb_pa);
/*
 * Extends the early table by the direct map of [base, base + size), so that memblock memory is
 * reachable.
 */
void early_map_ram(unsigned long base, unsigned long size);
/* Builds the final table (W^X, direct map of every memblock range) and switches to it. */
void paging_init(void);
/* The satp value of the kernel's own table. */
unsigned long swapper_satp(void);

/*
 * The entry of a vmalloc address. @alloc: makes the last level's table if it is missing (may sleep;
 * NULL: no memory). The caller writes the entry and fences (flush_tlb_kernel_range()).
 */
pte_t *kernel_pte(unsigned long va, bool alloc);

/* A new top-level table: user half empty, kernel half shared.  NULL: no memory.  May sleep. */
pte_t *pgd_alloc(void);
void pgd_free(pte_t *pgd);

/*
 * Loads @next's table on this hart. The hart's bit is set in next->cpu_bitmap before the table can
 * be used and cleared in prev's after, so that a shootdown never misses a hart. NULL: the kernel's
 * own. Interrupts off.
 */
void switch_mm(struct mm_struct *prev, struct mm_struct *next);

#endif
