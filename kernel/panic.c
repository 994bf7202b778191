// SPDX-License-Identifier: MIT
#include "kernel/panic.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/page.h"
#include "arch/riscv/ptrace.h"
#include "arch/riscv/reset.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sched_core.h"
#include "kernel/smp.h"
#include "kernel/trace.h"
#include "kernel/watchdog.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define PANIC_STATUS	125
#define MAX_FRAMES	32

/* The symbol table: tools/ksyms writes it, the second link puts it in. */
extern const u64 ksyms_count, ksyms_addrs[];
extern const u32 ksyms_names[];
extern const char ksyms_strings[];
extern char _text_start[], _text_end[];

static bool panicking;
static int panic_cpu = -1;

bool panic_in_progress(void)
{
	return READ_ONCE(panicking);
}

const char *symbol_name(unsigned long addr, char *buf, size_t size)
{
	size_t low = 0, high = ksyms_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (ksyms_addrs[middle] <= addr)
			low = middle;
		else
			high = middle;
	}
	if (!ksyms_count || addr < (unsigned long)_text_start || addr >= (unsigned long)_text_end)
		snprintf(buf, size, "%#lx", addr);
	else
		snprintf(buf, size, "%s+%#lx", ksyms_strings + ksyms_names[low],
			 addr - (unsigned long)ksyms_addrs[low]);
	return buf;
}

static void print_frame(unsigned long pc)
{
	char name[80];

	pr_emerg("  [<%016lx>] %s\n", pc, symbol_name(pc, name, sizeof(name)));
}

/*
 * With -fno-omit-frame-pointer, ra and the caller's s0 lie right below the address that s0 holds
 * (psABI).
 */
static void walk_frames(unsigned long fp, unsigned long low, unsigned long high)
{
	for (int i = 0; i < MAX_FRAMES && fp > low + 16 && fp <= high && !(fp & 7); i++) {
		unsigned long ra = ((unsigned long *)fp)[-1], next = ((unsigned long *)fp)[-2];

		if (ra < (unsigned long)_text_start || ra >= (unsigned long)_text_end)
			break;
		/* The call, not what follows it. */
		print_frame(ra - 4);
		low = fp;
		fp = next;
	}
}

void dump_stack(struct task_struct *task, const struct pt_regs *regs)
{
	unsigned long fp, base;

	if (!task)
		task = current;
	fp = regs ? regs->s0 : task == current ? (unsigned long)__builtin_frame_address(0)
					       : task->context.s[0];
	base = (unsigned long)task->stack;
	pr_emerg("Task %s (pid %d) on hart %d:\n", task->comm, task->pid, task->cpu);
	if (regs)
		print_frame(regs->epc);
	walk_frames(fp, base, base + THREAD_SIZE);
}

void warn_at(const char *cond, const char *file, int line)
{
	pr_err("WARNING: %s at %s:%d\n", cond, file, line);
	dump_stack(NULL, NULL);
}

/* One panic is enough: what fails while it is reported just stops the hart. */
static void enter_panic(void)
{
	int none = -1;

	local_irq_disable();
	if (!__atomic_compare_exchange_n(&panic_cpu, &none, smp_processor_id(), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (none == smp_processor_id())
			machine_power_off(PANIC_STATUS);
		for (;;)
			__asm__ volatile("wfi");
	}
	WRITE_ONCE(panicking, true);
	smp_stop_others();
}

void panic(const char *fmt, ...)
{
	char message[256];
	va_list args;

	enter_panic();
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	pr_emerg("\nKernel panic: %s\n", message);
	watchdog_print_plugin();
	dump_stack(NULL, NULL);
	sched_dump_others();
	pr_emerg("Last trace records:\n");
	trace_dump(16);
	pr_emerg("Kernel panic - leaving with status %d\n", PANIC_STATUS);
	machine_power_off(PANIC_STATUS);
}
