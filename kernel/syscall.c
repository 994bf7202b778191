// SPDX-License-Identifier: MIT
/*
 * From number to function.  The table has no holes: a number without a call leads to
 * sys_ni_syscall(), so the way of each call has one comparison and one indirect jump.
 */
#include "kernel/syscall.h"

#include "kernel/printk.h"
#include "kernel/race.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "lib/bitmap.h"

#define NR_SYSCALLS	452

static syscall_fn_t sys_ni_syscall;

#define MISSING(nr, name)
#define SYSCALL(nr, name) syscall_fn_t sys_##name;
#include "kernel/syscall_table.h"
#undef SYSCALL

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static syscall_fn_t *const syscall_table[NR_SYSCALLS] = {
	[0 ... NR_SYSCALLS - 1] = sys_ni_syscall,
#define SYSCALL(nr, name) [nr] = sys_##name,
#include "kernel/syscall_table.h"
#undef SYSCALL
};
#pragma GCC diagnostic pop
#undef MISSING

static const char *const missing_names[NR_SYSCALLS] = {
#define SYSCALL(nr, name)
#define MISSING(nr, name) [nr] = #name,
#include "kernel/syscall_table.h"
};

static const char *missing_name(unsigned long nr)
{
	return nr < NR_SYSCALLS && missing_names[nr] ? missing_names[nr] : "unknown";
}

/* Each number is logged once. */
static long sys_ni_syscall(struct pt_regs *regs)
{
	static DECLARE_BITMAP(logged, NR_SYSCALLS);
	unsigned long nr = regs->a7;

	if (nr >= NR_SYSCALLS || !test_and_set_bit(nr, logged))
		printk_ratelimited(KERN_DEBUG, "%s (%d): no system call %lu (%s)\n", current->comm,
				   current->pid, nr,
				   missing_name(nr));
	return -ENOSYS;
}

void do_syscall(struct pt_regs *regs)
{
	unsigned long nr = regs->a7;

	race_point(RACE_SYSCALL, nr);
	regs->a0 = nr < NR_SYSCALLS ? syscall_table[nr](regs) : sys_ni_syscall(regs);
	TRACE(TRACE_SYSCALL, regs->a7, regs->orig_a0, regs->a1, regs->a2, regs->a0);
}
