// SPDX-License-Identifier: MIT
/*
 * Device registers: naturally aligned volatile accesses, ordered against memory by `fence`
 * (unprivileged spec §2.7).
 */
#ifndef ARCH_RISCV_IO_H
#define ARCH_RISCV_IO_H

#include "lib/types.h"

#define DEFINE_IO(name, type)							\
static inline type read##name(const volatile void *reg)				\
{										\
	type v = *(const volatile type *)reg;					\
	__asm__ volatile("fence i,ir" : : : "memory");				\
	return v;								\
}										\
static inline void write##name(type v, volatile void *reg)			\
{										\
	__asm__ volatile("fence w,o" : : : "memory");				\
	*(volatile type *)reg = v;						\
}

DEFINE_IO(b, u8)
DEFINE_IO(w, u16)
DEFINE_IO(l, u32)
DEFINE_IO(q, u64)

/*
 * Maps device registers at physical @pa for @size bytes; stays for ever. NULL: no room. Boot time
 * only; may allocate.
 */
void *ioremap(unsigned long pa, size_t size);

#endif
