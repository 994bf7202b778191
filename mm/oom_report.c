// SPDX-License-Identifier: MIT
/*
 * Four parts, the shape of each Linux's:
 *
 *   who asked       command, what for, its oom_score_adj
 *   Mem-Info        where memory is, in kB; what the reclaim policy shows
 *   Tasks state     the candidates in pages, with the points that decide
 *   oom-kill        who goes
 */
#include "mm/oom_report.h"

#include "fs/seq_file.h"
#include "kernel/cred.h"
#include "kernel/pid.h"
#include "kernel/printk.h"
#include "kernel/signal.h"
#include "lib/vsnprintf.h"
#include "mm/oom_kill.h"
#include "mm/page_alloc.h"
#include "mm/swap.h"
#include "mm/swapfile.h"
#include "mm/vmstat.h"

#define K(pages)	((pages) << (PAGE_SHIFT - 10))

static const char *gfp_name(gfp_t gfp)
{
	switch (gfp & ~(__GFP_ZERO | __GFP_NOWARN)) {
	case GFP_HIGHUSER_MOVABLE:
		return "a page of a user";
	case GFP_KERNEL:
		return "the kernel itself";
	default:
		return "another use";
	}
}

static void report_memory(void)
{
	pr_warn("Mem-Info:\n");
	pr_warn(" RAM:%lukB free:%lukB min:%lukB low:%lukB high:%lukB\n", K(totalram_pages()),
		K(nr_free_pages()), K(zone.watermark[WMARK_MIN]), K(zone.watermark[WMARK_LOW]),
		K(zone.watermark[WMARK_HIGH]));
	pr_warn(" anon:%lukB file:%lukB dirty:%lukB writeback:%lukB shmem:%lukB mlocked:%lukB\n",
		K(vm_state(NR_ANON_MAPPED)), K(vm_state(NR_FILE_PAGES)),
		K(vm_state(NR_FILE_DIRTY)), K(vm_state(NR_WRITEBACK)), K(vm_state(NR_SHMEM)),
		K(vm_state(NR_MLOCK)));
	pr_warn(" slab:%lukB, reclaimable:%lukB pagetables:%lukB kernel_stack:%lukB\n",
		K(vm_state(NR_SLAB_RECLAIMABLE) + vm_state(NR_SLAB_UNRECLAIMABLE)),
		K(vm_state(NR_SLAB_RECLAIMABLE)), K(vm_state(NR_PAGETABLE)),
		vm_state(NR_KERNEL_STACK_KB));
	pr_warn(" swap:%lukB free:%lukB swapcache:%lukB\n", K(total_swap_pages()),
		K(get_nr_swap_pages()), K(vm_state(NR_SWAPCACHE)));
}

/* What /proc/faultline/reclaim says, in a line; what is more than fits is left out. */
static void report_policy(void)
{
	char text[256];
	struct seq_file m = { .buf = text, .size = sizeof(text) };

	reclaim_policy_show(&m);
	text[m.count - 1] = '\0';
	for (size_t i = 0; text[i]; i++)
		if (text[i] == '\n')
			text[i] = ' ';
	pr_warn(" %s\n", text);
}

static void report_process(const struct task_struct *task, unsigned long totalpages)
{
	struct process_memory m;
	char points[24] = "never";
	long badness;

	if (task->flags & PF_KTHREAD || !process_memory(task, &m))
		return;
	badness = oom_badness(task, totalpages);
	if (badness != LONG_MIN)
		snprintf(points, sizeof(points), "%ld", badness);
	pr_warn("[%7d] %5u %8lu %8lu %8lu %8lu %13d %8s %s\n", task->pid, task->cred->uid,
		m.total_vm, m.anon + m.file + m.shmem, m.swap, m.tables,
		task->signal->oom_score_adj, points, task->comm);
}

static void report_processes(void)
{
	unsigned long totalpages = oom_totalpages();
	const struct task_struct *task;

	pr_warn("Tasks state (memory values in pages; points: rss + swap + tables + "
		"oom_score_adj * %lu):\n", totalpages / 1000);
	pr_warn("[  pid  ]   uid total_vm      rss     swap   tables oom_score_adj   "
		"points name\n");
	spin_lock_irq(&tasklist_lock);
	list_for_each_entry(task, &task_list, tasks)
		report_process(task, totalpages);
	spin_unlock_irq(&tasklist_lock);
}

void oom_report(gfp_t gfp, unsigned int order, const struct task_struct *victim)
{
	static struct ratelimit limit;

	if (!ratelimit_ok(&limit))
		return;
	pr_warn("%s invoked oom-killer: gfp_mask=0x%x (%s), order=%u, oom_score_adj=%d\n",
		current->comm, gfp, gfp_name(gfp), order, current->signal->oom_score_adj);
	report_memory();
	report_policy();
	if (sysctl_oom_dump_tasks)
		report_processes();
	if (victim)
		pr_warn("oom-kill: task=%s, pid=%d, uid=%u\n", victim->comm, victim->pid,
			victim->cred->uid);
	else if (!sysctl_panic_on_oom)
		pr_err("Out of memory and no killable processes: %s asked\n", current->comm);
}
