// SPDX-License-Identifier: MIT
/*
 * An mm from mm_alloc() or dup_mm() to its end:
 *
 *   mm_users 1..n   tasks, and visitors with get_task_mm()
 *        │ last mmput(): exit_mmap(), every page and lower table goes
 *   mm_count 1..n   harts and kernel threads that still have its table loaded
 *        │ last mmdrop(): top table and mm_struct go
 *
 * L1 mm_users holds one mm_count, so an mm in use is never dropped.
 * L2 task->mm of another task is read only under task_mm_lock; whoever clears it still holds
 *    mm_users then.
 * L3 At __mmdrop() the RSS counters and the bytes of tables are 0: every page that was entered
 *    was taken out.
 */
#include "mm/mm.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/mmu.h"
#include "arch/riscv/tlb.h"
#include "fs/file.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/mmap.h"
#include "mm/slab.h"

static struct kmem_cache *mm_cachep;
static DEFINE_SPINLOCK(task_mm_lock, RANK_TASK_MM);

/* Every mm from mm_init() to __mmdrop(). */
static DEFINE_SPINLOCK(mmlist_lock, RANK_MAPLE);
DEFINE_RWSEM(mm_gate, RANK_MM_GATE);
static LIST_HEAD(mmlist);
unsigned int nr_mms;

static void mm_cache_init(void)
{
	mm_cachep = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0, NULL);
}
core_initcall(mm_cache_init);

/* The fields that no two mms share.  NULL, and @mm freed: no memory. */
static struct mm_struct *mm_init(struct mm_struct *mm)
{
	mm->pgd = pgd_alloc();
	if (!mm->pgd) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	mm->cpu_bitmap = mm->icache_stale = 0;
	init_rwsem(&mm->mmap_lock, RANK_MMAP);
	spin_lock_init(&mm->page_table_lock, RANK_MAPLE);
	mm->mmap = mm->vmacache = mm->gone = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = 0;
	mm->has_pinned = false;
	mm->flags = 0;
	mm->locked_vm = mm->def_flags = 0;
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		atomic_long_set(&mm->rss_stat[i], 0);
	atomic_long_set(&mm->pgtables_bytes, 0);
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	down_read(&mm_gate);
	spin_lock(&mmlist_lock);
	list_add_tail(&mm->mmlist, &mmlist);
	nr_mms++;
	spin_unlock(&mmlist_lock);
	up_read(&mm_gate);
	return mm;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cachep, GFP_KERNEL);

	return mm ? mm_init(mm) : NULL;
}

struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);
	int error;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	*mm = *oldmm;
	if (!mm_init(mm))
		return ERR_PTR(-ENOMEM);
	mm->exe_file = get_mm_exe_file(oldmm);
	if (mm->exe_file)
		deny_write_access(mm->exe_file);
	error = dup_mmap(mm, oldmm);
	if (error) {
		mmput(mm);
		return ERR_PTR(error);
	}
	mm->hiwater_rss = get_mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	return mm;
}

/* Address spaces without users that some hart still has loaded, or is about to drop. */
static atomic_long_t nr_unused;

unsigned long nr_lazy_mms(void)
{
	return atomic_long_read(&nr_unused);
}

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	set_mm_exe_file(mm, NULL);
	atomic_long_inc(&nr_unused);
	mmdrop(mm);
}

void __mmdrop(struct mm_struct *mm)
{
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		DEBUG_BUG_ON(atomic_long_read(&mm->rss_stat[i]));	/* L3 */
	DEBUG_BUG_ON(atomic_long_read(&mm->pgtables_bytes));
	spin_lock(&mmlist_lock);
	list_del(&mm->mmlist);
	nr_mms--;
	spin_unlock(&mmlist_lock);
	atomic_long_dec(&nr_unused);
	pgd_free(mm->pgd);
	kmem_cache_free(mm_cachep, mm);
}

unsigned int grab_all_mms(struct mm_struct **mms, unsigned int max)
{
	struct mm_struct *mm;
	unsigned int nr = 0;

	spin_lock(&mmlist_lock);
	list_for_each_entry(mm, &mmlist, mmlist)
		if (nr < max && atomic_inc_not_zero(&mm->mm_count))
			mms[nr++] = mm;
	spin_unlock(&mmlist_lock);
	return nr;
}

struct mm_struct *next_mm(struct mm_struct *prev)
{
	struct list_head *pos;
	struct mm_struct *next = NULL;

	spin_lock(&mmlist_lock);
	for (pos = prev ? prev->mmlist.next : mmlist.next; pos != &mmlist; pos = pos->next) {
		struct mm_struct *mm = list_entry(pos, struct mm_struct, mmlist);

		if (mmget_not_zero(mm)) {
			next = mm;
			break;
		}
	}
	spin_unlock(&mmlist_lock);
	/* Only now: it kept our place in the list. */
	if (prev)
		mmput(prev);
	return next;
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	spin_lock(&task_mm_lock);
	mm = task->mm;
	if (mm)
		mmget(mm);
	spin_unlock(&task_mm_lock);
	return mm;
}

struct mm_struct *task_lock_mm(const struct task_struct *task)
{
	spin_lock(&task_mm_lock);
	if (task->mm)
		return task->mm;
	spin_unlock(&task_mm_lock);
	return NULL;
}

void task_unlock_mm(void)
{
	spin_unlock(&task_mm_lock);
}

bool task_dumpable(struct task_struct *task, bool no_mm)
{
	bool dumpable;

	spin_lock(&task_mm_lock);
	dumpable = task->mm ? task->mm->dumpable : no_mm;
	spin_unlock(&task_mm_lock);
	return dumpable;
}

/*
 * current's next address space; the old one is not loaded on this hart any more, and its reference
 * is the caller's.
 */
static struct mm_struct *replace_mm(struct mm_struct *mm)
{
	struct mm_struct *old = current->mm, *loaded = current->active_mm;

	/* The scheduler must not see the halves of this. */
	local_irq_disable();
	spin_lock(&task_mm_lock);
	current->mm = mm;
	spin_unlock(&task_mm_lock);
	current->active_mm = mm;
	if (!old && mm)
		tlb_leave_lazy();
	switch_mm(loaded, mm);
	local_irq_enable();
	/* A kernel thread that becomes a user task gives its loan back. */
	if (!old && loaded)
		mmdrop(loaded);
	return old;
}

void exec_mmap(struct mm_struct *mm)
{
	struct mm_struct *old = replace_mm(mm);

	if (old)
		mmput(old);
}

void exit_mm(void)
{
	/*
	 * The kernel's own table is loaded now, so that an mm that only this hart ran is taken down
	 * without a fence.
	 */
	struct mm_struct *old = replace_mm(NULL);

	if (old)
		mmput(old);
}

void set_mm_exe_file(struct mm_struct *mm, struct file *file)
{
	struct file *old;

	/* Cannot fail: exec denies writing to what it opens. */
	if (file)
		deny_write_access(get_file(file));
	spin_lock(&mm->page_table_lock);
	old = mm->exe_file;
	mm->exe_file = file;
	spin_unlock(&mm->page_table_lock);
	if (!old)
		return;
	allow_write_access(old);
	fput(old);
}

struct file *get_mm_exe_file(struct mm_struct *mm)
{
	struct file *file;

	spin_lock(&mm->page_table_lock);
	file = mm->exe_file;
	if (file)
		get_file(file);
	spin_unlock(&mm->page_table_lock);
	return file;
}
