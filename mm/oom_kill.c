// SPDX-License-Identifier: MIT
/*
 * Who asks, who goes, and how its memory comes back:
 *
 *   alloc_slowpath (mm/page_alloc.c)   reclaim freed nothing, 16 times
 *     └ out_of_memory                  one at a time: oom_lock
 *         a victim is still dying ───> wait for it
 *         current is dying anyway ───> it is the victim
 *         panic_on_oom ──────────────> panic
 *         select_bad_process           most points = RSS + swap + page tables
 *           │                                        + oom_score_adj thousandths of all memory
 *         oom_kill_process             report, SIGKILL for all that use its memory
 *           └ queue_oom_reaper ──> oom_reaper: takes private memory out of the address space,
 *                                  while the victim may still sleep somewhere
 *
 * The SIGKILL ends every wait that is killable; what the victim needs on its way out comes from the
 * reserve.  A wait that is not killable, for a disk, does not matter: the reaper needs mmap_lock
 * for reading only, and only tries.
 *
 * O1  While an mm is on the reaper's list nobody else is killed.  It leaves the list when its
 *     memory is back or after a second, with MMF_OOM_SKIP: it is never chosen again.
 * O2  MMF_UNSTABLE is set before the first page goes; a fault that finds an empty entry looks at it
 *     under the page-table lock.  So no thread of the victim reads zeros where it had stored.
 */
#include "mm/oom_kill.h"

#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "kernel/printk.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "lib/bitops.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/oom_report.h"
#include "mm/page_alloc.h"
#include "mm/swapfile.h"
#include "mm/vmstat.h"

#define REAP_TRIES	100
#define REAP_PAUSE	(10 * NSEC_PER_MSEC)
#define K(pages)	((pages) << (PAGE_SHIFT - 10))

int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task, sysctl_oom_dump_tasks = 1;

DEFINE_MUTEX(oom_lock, RANK_OOM);

/* mms that the reaper is to empty, by mm->oom_next, and how many there are, its current one too. */
static DEFINE_SPINLOCK(reaper_lock, RANK_OOM_REAPER);
static struct mm_struct *reaper_list;
static atomic_t nr_victims;
static DEFINE_WAIT_QUEUE_HEAD(reaper_wait);
static DEFINE_WAIT_QUEUE_HEAD(memory_wait);	/* for a victim's memory, or for oom_lock */

/* --- the reaper --- */

/* Takes over the caller's mm_count; once for each mm. */
static void queue_oom_reaper(struct mm_struct *mm)
{
	if (test_and_set_bit(MMF_OOM_VICTIM, &mm->flags)) {
		mmdrop(mm);
		return;
	}
	atomic_inc(&nr_victims);
	spin_lock(&reaper_lock);
	mm->oom_next = reaper_list;
	reaper_list = mm;
	spin_unlock(&reaper_lock);
	wake_up(&reaper_wait);
}

static struct mm_struct *next_victim(void)
{
	struct mm_struct *mm;

	spin_lock(&reaper_lock);
	mm = reaper_list;
	if (mm)
		reaper_list = mm->oom_next;
	spin_unlock(&reaper_lock);
	return mm;
}

/* False: somebody changes the mappings just now.  After exit_mmap() there are none left. */
static bool oom_reap_mm(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long before;

	if (!mmap_read_trylock(mm))
		return false;
	before = get_mm_rss(mm);
	set_bit(MMF_UNSTABLE, &mm->flags);
	/* Shared pages would not be freed, and their writes must not be lost. */
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (!(vma->vm_flags & VM_PFNMAP) &&
		    (vma_is_anonymous(vma) || !(vma->vm_flags & VM_SHARED)))
			zap_page_range(vma, vma->vm_start, vma->vm_end);
	TRACE(TRACE_OOM, TRACE_OOM_REAP, 0, before, get_mm_rss(mm), 0);
	pr_info("oom_reaper: took back %lukB, %lukB are shared\n",
		K(before - min(before, get_mm_rss(mm))), K(get_mm_rss(mm)));
	mmap_read_unlock(mm);
	return true;
}

static void oom_reap_victim(struct mm_struct *mm)
{
	for (int i = 0; i < REAP_TRIES && !oom_reap_mm(mm); i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(REAP_PAUSE);
	}
	set_bit(MMF_OOM_SKIP, &mm->flags);
	mmdrop(mm);
	atomic_dec(&nr_victims);
	wake_up_all(&memory_wait);
}

static void oom_reaper(void *unused)
{
	struct mm_struct *mm;

	for (;;) {
		wait_event_idle(&reaper_wait, READ_ONCE(reaper_list));
		while ((mm = next_victim()))
			oom_reap_victim(mm);
	}
}

static void oom_init(void)
{
	kthread_run(oom_reaper, NULL, "oom_reaper");
}
late_initcall(oom_init);

void oom_wait(void)
{
	___wait_event_timeout(&memory_wait,
			      !atomic_read(&nr_victims) && !mutex_is_locked(&oom_lock),
			      10 * NSEC_PER_MSEC, TASK_KILLABLE);
}

/* --- whose memory --- */

/* As task_lock_mm(): some threads of a process may have exited, the others have its mm. */
static struct mm_struct *lock_process_mm(const struct task_struct *leader)
{
	struct mm_struct *mm;
	struct task_struct *t;

	for_each_thread(leader->signal, t) {
		mm = task_lock_mm(t);
		if (mm)
			return mm;
	}
	return NULL;
}

bool process_memory(const struct task_struct *leader, struct process_memory *memory)
{
	struct mm_struct *mm = lock_process_mm(leader);

	if (!mm)
		return false;
	*memory = (struct process_memory){
		.mm = mm,
		.flags = READ_ONCE(mm->flags),
		.total_vm = mm->total_vm,
		.anon = get_mm_counter(mm, MM_ANONPAGES),
		.file = get_mm_counter(mm, MM_FILEPAGES),
		.shmem = get_mm_counter(mm, MM_SHMEMPAGES),
		.swap = get_mm_counter(mm, MM_SWAPENTS),
		.tables = atomic_long_read(&mm->pgtables_bytes) >> PAGE_SHIFT,
	};
	task_unlock_mm();
	return true;
}

static bool process_shares_mm(const struct task_struct *leader, const struct mm_struct *mm)
{
	struct process_memory memory;

	return process_memory(leader, &memory) && memory.mm == mm;
}

/* A child of vfork() has nothing of its own: its parent is the one. */
static bool in_vfork(const struct task_struct *task, const struct mm_struct *mm)
{
	return task->vfork_done && task->parent->mm == mm;
}

static bool oom_unkillable_task(const struct task_struct *task)
{
	return task->tgid == 1 || task->flags & PF_KTHREAD;
}

unsigned long oom_totalpages(void)
{
	return totalram_pages() + total_swap_pages();
}

long oom_badness(const struct task_struct *task, unsigned long totalpages)
{
	long adj = READ_ONCE(task->signal->oom_score_adj);
	struct process_memory memory;

	if (oom_unkillable_task(task) || adj == OOM_SCORE_ADJ_MIN ||
	    !process_memory(task, &memory) || memory.flags & BIT(MMF_OOM_SKIP) ||
	    in_vfork(task, memory.mm))
		return LONG_MIN;
	return memory.anon + memory.file + memory.shmem + memory.swap + memory.tables +
	       adj * (long)(totalpages / 1000);
}

/* What shares its memory would only make it go the other way round; tasklist_lock held. */
static void adjust_users(struct task_struct *task, int value)
{
	struct process_memory memory;
	struct task_struct *p;

	if (task->vfork_done || !process_memory(task, &memory))
		return;
	list_for_each_entry(p, &task_list, tasks)
		if (!oom_unkillable_task(p) && !p->vfork_done && process_shares_mm(p, memory.mm))
			WRITE_ONCE(p->signal->oom_score_adj, value);
}

int set_oom_score_adj(struct task_struct *task, int value)
{
	struct signal_struct *sig = task->signal;
	bool any = capable(CAP_SYS_RESOURCE);

	if (value < sig->oom_score_adj_min && !any)
		return -EACCES;
	spin_lock_irq(&tasklist_lock);
	WRITE_ONCE(sig->oom_score_adj, value);
	if (any)
		sig->oom_score_adj_min = value;
	adjust_users(task, value);
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

/* --- who goes --- */

/* With a reference; NULL: nobody can.  Of equals the last one, which is the youngest. */
static struct task_struct *select_bad_process(void)
{
	unsigned long totalpages = oom_totalpages();
	struct task_struct *task, *chosen = NULL;
	long most = LONG_MIN;

	spin_lock_irq(&tasklist_lock);
	list_for_each_entry(task, &task_list, tasks) {
		long points = oom_badness(task, totalpages);

		if (points != LONG_MIN && READ_ONCE(task->signal->oom_origin))
			points = LONG_MAX;
		if (points == LONG_MIN || points < most)
			continue;
		chosen = task;
		most = points;
	}
	if (chosen)
		get_task_struct(chosen);
	spin_unlock_irq(&tasklist_lock);
	return chosen;
}

static bool process_is_dying(const struct task_struct *leader)
{
	return leader->signal->flags & SIGNAL_GROUP_EXIT ||
	       (leader->flags & PF_EXITING && thread_group_empty(leader));
}

/* All that use it are on their way out; tasklist_lock held. */
static bool all_users_dying(const struct mm_struct *mm)
{
	struct task_struct *task;

	list_for_each_entry(task, &task_list, tasks)
		if (process_shares_mm(task, mm) && !process_is_dying(task))
			return false;
	return true;
}

/*
 * Marks all processes that use @mm, and kills them; false: init is among them, so that the memory
 * cannot be taken away.
 */
static bool kill_users(const struct mm_struct *mm)
{
	struct task_struct *task;
	bool reapable = true;

	list_for_each_entry(task, &task_list, tasks) {
		if (!process_shares_mm(task, mm))
			continue;
		if (oom_unkillable_task(task)) {
			reapable = false;
			continue;
		}
		WRITE_ONCE(task->signal->oom_victim, true);
		group_send_sig(SIGKILL, task, true);
	}
	return reapable;
}

/*
 * The mm of @leader with an mm_count, and its numbers in *@memory, its users killed; NULL: it has
 * exited meanwhile.
 */
static struct mm_struct *kill_process(struct task_struct *leader, struct process_memory *memory,
				      bool *reapable)
{
	struct mm_struct *mm;

	spin_lock_irq(&tasklist_lock);
	mm = lock_process_mm(leader);
	if (mm) {
		mmgrab(mm);
		task_unlock_mm();
		process_memory(leader, memory);
		*reapable = kill_users(mm);
	}
	spin_unlock_irq(&tasklist_lock);
	return mm;
}

static void oom_kill_process(struct task_struct *victim, const char *why)
{
	struct process_memory memory = { 0 };
	bool reapable;
	struct mm_struct *mm = kill_process(victim, &memory, &reapable);

	if (!mm)
		return;
	count_vm_event(OOM_KILL);
	TRACE(TRACE_OOM, TRACE_OOM_KILL, victim->pid, memory.anon + memory.file + memory.shmem,
	      memory.swap, victim->signal->oom_score_adj);
	pr_err("%s: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, "
	       "shmem-rss:%lukB, UID:%u pgtables:%lukB swap:%lukB oom_score_adj:%d\n",
	       why, victim->pid, victim->comm, K(memory.total_vm), K(memory.anon), K(memory.file),
	       K(memory.shmem), victim->cred->uid, K(memory.tables), K(memory.swap),
	       victim->signal->oom_score_adj);
	if (reapable) {
		queue_oom_reaper(mm);
		return;
	}
	set_bit(MMF_OOM_SKIP, &mm->flags);
	mmdrop(mm);
}

/* --- the interface --- */

/* True: current is dying, and everybody who uses its memory; it gets what it needs for that. */
static bool current_will_free_mem(void)
{
	struct mm_struct *mm = current->mm;
	bool dying;

	if (!mm || mm->flags & BIT(MMF_OOM_SKIP))
		return false;
	spin_lock_irq(&tasklist_lock);
	dying = all_users_dying(mm);
	spin_unlock_irq(&tasklist_lock);
	if (!dying)
		return false;
	WRITE_ONCE(current->signal->oom_victim, true);
	mmgrab(mm);
	queue_oom_reaper(mm);
	return true;
}

static bool may_kill_current(void)
{
	return current->mm && !oom_unkillable_task(current) &&
	       current->signal->oom_score_adj != OOM_SCORE_ADJ_MIN;
}

static struct task_struct *choose_victim(void)
{
	struct task_struct *leader = current->group_leader;

	if (!sysctl_oom_kill_allocating_task || !may_kill_current())
		return select_bad_process();
	get_task_struct(leader);
	return leader;
}

static _Noreturn __cold void panic_on_oom(gfp_t gfp, unsigned int order)
{
	/* Nobody will read the log: the report is for the console. */
	console_loglevel = max(console_loglevel, KERN_WARNING + 1);
	oom_report(gfp, order, NULL);
	panic("Out of memory: %s panic_on_oom is enabled",
	      sysctl_panic_on_oom == 2 ? "compulsory" : "system-wide");
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	struct task_struct *victim;

	if (current_will_free_mem() || atomic_read(&nr_victims))
		return true;
	if (sysctl_panic_on_oom)
		panic_on_oom(gfp, order);
	victim = choose_victim();
	oom_report(gfp, order, victim);
	if (!victim)
		return false;
	oom_kill_process(victim, sysctl_oom_kill_allocating_task ?
			 "Out of memory (oom_kill_allocating_task)" : "Out of memory");
	put_task_struct(victim);
	return true;
}

void pagefault_out_of_memory(void)
{
	bool helped = true;

	if (fatal_signal_pending(current))
		return;
	/* Mostly the allocation has waited for a victim; one that failed on purpose has not. */
	if (!zone_watermark_ok(0, zone.watermark[WMARK_MIN]) && mutex_trylock(&oom_lock)) {
		helped = out_of_memory(GFP_HIGHUSER_MOVABLE, 0);
		mutex_unlock(&oom_lock);
	}
	if (!helped)
		panic("Out of memory: no process may be killed for %s (%d)", current->comm,
		      current->pid);
	oom_wait();
}
