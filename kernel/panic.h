// SPDX-License-Identifier: MIT
/*
 * The end: a broken invariant. Prints the message, the symbolised backtrace of this task and of
 * what the other harts run, and the last trace records; then leaves QEMU with status 125.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "lib/types.h"

struct pt_regs;
struct task_struct;

/* True from the begin of a panic: locks are not to be relied on any more. */
bool panic_in_progress(void);
void __noreturn __printf(1, 2) panic(const char *fmt, ...);
/* Return addresses of @task (NULL: the caller), or from @regs on, with their symbols. */
void dump_stack(struct task_struct *task, const struct pt_regs *regs);
/* "name+0x12" for a text address, into @buf; returns @buf. */
const char *symbol_name(unsigned long addr, char *buf, size_t size);

#define BUG_ON(cond) do {								\
	if (unlikely(cond))								\
		panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__);			\
} while (0)

/* One line and a stack, once for each place; goes on. */
#define WARN_ON_ONCE(cond) ({								\
	static bool __warned;								\
	bool __c = (cond);								\
	if (unlikely(__c && !__warned)) {						\
		__warned = true;							\
		warn_at(#cond, __FILE__, __LINE__);					\
	}										\
	unlikely(__c);									\
})
void warn_at(const char *cond, const char *file, int line);

#ifdef CONFIG_DEBUG
#define DEBUG_BUG_ON(cond) BUG_ON(cond)
#else
#define DEBUG_BUG_ON(cond) ((void)0)
#endif

#endif
