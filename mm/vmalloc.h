// SPDX-License-Identifier: MIT
/*
 * Kernel memory that is contiguous in addresses but not in frames, in VMALLOC_START .. VMALLOC_END:
 * large tables, device registers, and kernel stacks.  Each area has an unmapped guard page behind
 * it.  Allocating may sleep; freeing does not.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include "arch/riscv/pte.h"
#include "lib/types.h"
#include "mm/gfp.h"

void *vmalloc(size_t size);			/* NULL: no memory or no room */
void *vzalloc(size_t size);
void vfree(const void *addr);			/* NULL is fine */

/* kmalloc() if it is small or there is a block, else vmalloc(). */
void *kvmalloc(size_t size, gfp_t gfp);
void kvfree(const void *addr);

/*
 * Maps physical memory that no folio describes (device registers), for ever.  @pa need not be
 * aligned.
 */
void *vmap_phys(unsigned long pa, size_t size, pte_t prot);

static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < VMALLOC_END;
}

/*
 * THREAD_SIZE bytes aligned to THREAD_SIZE, unmapped pages below and above; content undefined.
 * NULL: no memory. The free side may not be called on the stack it frees.
 */
void *alloc_kernel_stack(void);
void free_kernel_stack(void *stack);
/*
 * Does the address lie in the guard page below some kernel stack?  For the trap handler; takes no
 * lock.
 */
bool is_kernel_stack_guard(unsigned long addr);

/* For /proc/meminfo: bytes of areas in use. */
unsigned long vmalloc_used(void);
/* Frames that stay behind for the next use: the harts' cached stacks, and page tables. */
unsigned long vmalloc_retained(void);

#endif
