// SPDX-License-Identifier: MIT
/*
 * The address space of Sv39 (privileged spec §4.4) as this kernel divides it. The places are those
 * of Linux's vm-layout for Sv39:
 *
 *   0 .. TASK_SIZE                  user
 *   VMALLOC_START .. VMALLOC_END    kernel stacks, device registers, large tables
 *   PAGE_OFFSET ..                  direct map: all RAM, one after another
 *   KERNEL_LINK_ADDR ..             the kernel image
 */
#ifndef ARCH_RISCV_PAGE_H
#define ARCH_RISCV_PAGE_H

#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)	/* gas takes UL, too */

#define PAGE_OFFSET		0xffffffd800000000
#define DIRECT_MAP_SIZE		0x1f00000000	/* 124 GiB */
#define VMALLOC_START		0xffffffc800000000
/* 2 GiB: its second-level tables are two frames */
#define VMALLOC_END		0xffffffc880000000
#define KERNEL_LINK_ADDR	0xffffffff80000000

#define THREAD_SHIFT		14
#define THREAD_SIZE		(1 << THREAD_SHIFT)

#ifndef __ASSEMBLER__
#include "lib/types.h"

#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)		(((unsigned long)(x) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(x)	((unsigned long)(x) & ~PAGE_MASK)

/* Half of Sv39, less 64 KiB, so that no user address plus a small offset reaches the hole. */
#define TASK_SIZE		((1UL << 38) - 0x10000)

/* Set once at boot, before any of the conversions below is used. */
extern unsigned long va_pa_offset;		/* from a physical address to its direct map */
extern unsigned long kernel_phys_base;		/* where the image was loaded */

static inline void *__va(unsigned long pa)
{
	return (void *)(pa + va_pa_offset);
}

/* Of a direct-map or kernel-image address; never of a vmalloc one. */
static inline unsigned long __pa(const volatile void *va)
{
	unsigned long a = (unsigned long)va;

	return a >= KERNEL_LINK_ADDR ? a - KERNEL_LINK_ADDR + kernel_phys_base
				     : a - va_pa_offset;
}

void clear_page(void *page);
void copy_page(void *dst, const void *src);
#endif
#endif
