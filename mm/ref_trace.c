// SPDX-License-Identifier: MIT
/*
 * A kernel thread goes through the page tables of every process.  A bit that it clears would be
 * missing where reclaim asks whether the page was used; so the folio is marked young, which
 * folio_referenced() counts as a use.
 *
 * A record covers 64 pages, a bit each: a process of a thousand pages takes a few dozen.
 */
#include "mm/ref_trace.h"

#include "arch/riscv/tlb.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagewalk.h"

#define GROUP	64		/* pages in a record */

unsigned int ref_trace_ms;
static DEFINE_WAIT_QUEUE_HEAD(ref_trace_wait);

/* Pages that were used, from @first on, a multiple of GROUP. */
struct group {
	int tgid;
	unsigned long first;
	u64 accessed, dirty;
};

static void end_group(struct group *group)
{
	if (group->accessed)
		TRACE(TRACE_REF, group->tgid, group->first, group->accessed, group->dirty, 0);
	group->accessed = group->dirty = 0;
}

/* => page-table lock held */
static void look(void *data, pte_t *ptep, unsigned long addr)
{
	struct group *group = data;
	unsigned long page = addr >> PAGE_SHIFT;
	pte_t pte = ptep_get(ptep);
	struct folio *folio = pte_present(pte) ? vm_normal_folio(pte) : NULL;

	if (!folio || !ptep_test_and_clear_young(ptep))
		return;
	folio_set_young(folio);
	if (ALIGN_DOWN(page, GROUP) != group->first)
		end_group(group);
	group->first = ALIGN_DOWN(page, GROUP);
	group->accessed |= BIT(page % GROUP);
	if (pte_dirty(pte))
		group->dirty |= BIT(page % GROUP);
}

static void look_at_mm(int tgid, struct mm_struct *mm)
{
	struct group group = { .tgid = tgid };

	mmap_read_lock(mm);
	for (struct vm_area_struct *vma = vma_first(mm); vma; vma = vma_next(vma))
		if (!(vma->vm_flags & VM_PFNMAP))
			walk_page_vma(vma, vma->vm_start, look, &group);
	flush_tlb_mm(mm);
	mmap_read_unlock(mm);
	end_group(&group);
}

static void look_at_all(void)
{
	struct task_struct *task;

	for (int nr = 1; (task = find_get_task_from(nr)); nr++) {
		struct mm_struct *mm = task->pid == task->tgid ? get_task_mm(task) : NULL;

		nr = task->pid;
		if (mm) {
			look_at_mm(task->tgid, mm);
			mmput(mm);
		}
		put_task_struct(task);
	}
}

static void krefd(void *unused)
{
	for (;;) {
		wait_event_idle(&ref_trace_wait, READ_ONCE(ref_trace_ms));
		if (trace_is_on(TRACE_REF))
			look_at_all();
		wait_event_idle_timeout(&ref_trace_wait, !READ_ONCE(ref_trace_ms),
					(s64)READ_ONCE(ref_trace_ms) * NSEC_PER_MSEC);
	}
}

void set_ref_trace_ms(unsigned int ms)
{
	WRITE_ONCE(ref_trace_ms, ms);
	wake_up(&ref_trace_wait);
}

static void ref_trace_init(void)
{
	kthread_run(krefd, NULL, "krefd");
}
late_initcall(ref_trace_init);
