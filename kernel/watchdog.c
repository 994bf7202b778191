// SPDX-License-Identifier: MIT
/*
 * Time alone tells nothing: a busy host lets a hart stand still for a while, and those that wait
 * for it spin. But then there are few ticks, too, so it takes many to believe in a lockup.
 */
#include "kernel/watchdog.h"

#ifdef CONFIG_DEBUG
#include "arch/riscv/csr.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/sched_core.h"
#include "kernel/smp.h"
#include "kernel/time.h"

#define SOFT_SECONDS	20
#define SOFT_TICKS	(SOFT_SECONDS * NSEC_PER_SEC / TICK_NS / 2)	/* at least */
/* of a plug-in's function, which takes few steps (mm/policy.h, P4) */
#define PLUGIN_TICKS	(2 * NSEC_PER_SEC / TICK_NS)
/* so many looks in a row without a tick between them */
#define HARD_LOOKS	3

static struct hart_watch {
	u64 ticks;
	u64 since;			/* ns: the first in a row that was ignored */
	u64 ignored;			/* how many, since then or the last report */
	u64 seen;			/* ticks and switches at the last look */
	int looks;			/* at which that did not change */
	const char *whose, *function;	/* a plug-in's function that runs; NULL: none */
	u64 plugin_ticks;		/* since it was called */
} __aligned(64) watches[NR_CPUS];

void watchdog_enter(const char *whose, const char *function)
{
	struct hart_watch *watch = &watches[smp_processor_id()];

	watch->whose = whose;
	watch->plugin_ticks = 0;
	WRITE_ONCE(watch->function, function);
}

void watchdog_leave(void)
{
	WRITE_ONCE(watches[smp_processor_id()].function, NULL);
}

void watchdog_print_plugin(void)
{
	const struct hart_watch *watch = &watches[smp_processor_id()];

	if (watch->function)
		pr_emerg("  in %s() of %s\n", watch->function, watch->whose);
}

static void tick_plugin(struct hart_watch *watch)
{
	if (READ_ONCE(watch->function) && ++watch->plugin_ticks == PLUGIN_TICKS)
		panic("%s breaks P4: %s() does not end", watch->whose, watch->function);
}

void watchdog_tick(bool ignored)
{
	struct hart_watch *watch = &watches[smp_processor_id()];
	u64 now = ktime_get_ns();
	char pc[80];

	WRITE_ONCE(watch->ticks, watch->ticks + 1);
	tick_plugin(watch);
	if (!ignored) {
		watch->ignored = 0;
		return;
	}
	if (!watch->ignored++)
		watch->since = now;
	if (watch->ignored < SOFT_TICKS || now - watch->since < SOFT_SECONDS * NSEC_PER_SEC)
		return;
	watch->ignored = 0;
	/* No trap has come since the tick's: sepc is still where it hit. */
	symbol_name(csr_read(sepc), pc, sizeof(pc));
	pr_emerg("watchdog: BUG: soft lockup - CPU#%d stuck for %ds! [%s:%d] at %s\n",
		 smp_processor_id(), SOFT_SECONDS, current->comm, current->pid, pc);
	dump_stack(NULL, NULL);
}

void watchdog_look_at_harts(void)
{
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		struct hart_watch *watch = &watches[cpu];
		u64 switches, seen;
		struct task_struct *task = sched_running(cpu, &switches);

		seen = READ_ONCE(watch->ticks) + switches;
		watch->looks = task && seen == watch->seen ? watch->looks + 1 : 0;
		watch->seen = seen;
		if (watch->looks == HARD_LOOKS)
			pr_emerg("watchdog: BUG: hard lockup - CPU#%d takes no tick [%s:%d]\n",
				 cpu, task->comm, task->pid);
	}
}
#endif
