// SPDX-License-Identifier: MIT
/*
 * Boot-time initialisation by level: a file registers its own function and kernel/main.c needs to
 * know none of them. Within a level the order is that of the link and may not matter.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

struct initcall {
	void (*fn)(void);
	int level;
};

#define __INITCALL(fn, level)							\
	static const struct initcall __initcall_##fn				\
	__attribute__((used, section(".initcall." #level), aligned(8))) = { fn, level }

/* slab works; no tasks but the boot one, interrupts off */
#define core_initcall(fn)	__INITCALL(fn, 1)
/* file systems and caches; scheduler runs */
#define fs_initcall(fn)		__INITCALL(fn, 2)
/* probe devices; interrupts on, may sleep */
#define device_initcall(fn)	__INITCALL(fn, 3)
/* kernel threads, before the root is mounted */
#define late_initcall(fn)	__INITCALL(fn, 4)

void do_initcalls(int first_level, int last_level);

#endif
