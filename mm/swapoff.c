// SPDX-License-Identifier: MIT
/*
 * swapoff(2): everything that is on an area comes back.
 *
 *   page tables    every mm, every private mapping: each entry of the area is swapped in and mapped
 *   shared memory  mm/shmem.c: each of its entries
 *   swap cache     folios that no entry names any more: they leave it
 *
 * The area is disabled first, so nothing new goes there; but an entry that is there can still
 * multiply, by a fork of an mm that has been looked at.  So it goes round until no slot is used.
 * The cost is that of the page tables there are, not of slots times processes.
 */
#include <linux/capability.h>
#include "drivers/genhd.h"
#include "fs/bdev.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/oom_kill.h"
#include "mm/overcommit.h"
#include "mm/page_io.h"
#include "mm/pgtable.h"
#include "mm/shmem_swap.h"
#include "mm/slab.h"
#include "mm/swap_areas.h"
#include "mm/swap_state.h"

/* --- page tables --- */

/* A walk over all entries. */
struct unuse {
	struct swap_info_struct *si;	/* those of this area; NULL: those whose write failed */
};

/* Is @pte's slot, whose folio is in memory, one that could not be written (page_io.c IO3)? */
static bool write_failed(swp_entry_t entry)
{
	struct swap_info_struct *si = get_swap_device(entry);
	struct folio *folio = si ? swap_cache_lookup(si, swp_offset(entry)) : NULL;
	bool failed = folio && folio_test_error(folio) && folio_test_uptodate(folio);

	if (folio)
		folio_put(folio);
	if (si)
		put_swap_device(si);
	return failed;
}

/* Is it an entry that the walk, a struct unuse, wants to be gone? */
static bool entry_wanted(swp_entry_t entry, const void *arg)
{
	const struct unuse *unuse = arg;

	return unuse->si ? (int)swp_type(entry) == unuse->si->type : write_failed(entry);
}

/* The page cannot be read: the slot goes, and who touches the page gets SIGBUS. */
static void lose_page(struct vm_area_struct *vma, pte_t *pmd, unsigned long addr, pte_t pte)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);
	bool same = pte_same(ptep_get(ptep), pte);

	if (same) {
		set_pte(ptep, swp_entry_to_pte(make_swapin_error_entry()));
		add_mm_counter(vma->vm_mm, MM_SWAPENTS, -1);
	}
	spin_unlock(ptl);
	if (same)
		free_swap_and_cache(pte_to_swp_entry(pte));
}

/* One leaf table, from *addr on.  mmap_lock held for reading.  0, -ENOMEM, -EINTR. */
static int unuse_table(const struct unuse *unuse, struct vm_area_struct *vma, pte_t *pmd,
		       unsigned long addr, unsigned long end)
{
	vm_fault_t ret;

	for (; addr < end; addr += PAGE_SIZE) {
		pte_t pte = ptep_get(pte_offset(pmd, addr));

		if (!is_swap_pte(pte) || non_swap_entry(pte_to_swp_entry(pte)) ||
		    !entry_wanted(pte_to_swp_entry(pte), unuse))
			continue;
		/* A fault like any other; if it was for nothing, the next round sees. */
		ret = handle_mm_fault(vma, addr, 0);
		if (ret & VM_FAULT_OOM)
			return -ENOMEM;
		if (ret & VM_FAULT_SIGBUS)
			lose_page(vma, pmd, addr, pte);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int unuse_vma(const struct unuse *unuse, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	int error = 0;
	pte_t *pmd;

	for (; !error && (pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		next = pmd_addr_end(addr, vma->vm_end);
		error = unuse_table(unuse, vma, pmd, addr, next);
	}
	return error;
}

static int unuse_mm(const struct unuse *unuse, struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	int error = 0;

	if (!get_mm_counter(mm, MM_SWAPENTS))
		return 0;
	mmap_read_lock(mm);
	for (vma = mm->mmap; vma && !error; vma = vma->vm_next)
		if (vma->anon_vma)
			error = unuse_vma(unuse, vma);
	mmap_read_unlock(mm);
	return error;
}

static int unuse_mms(const struct unuse *unuse)
{
	struct mm_struct *mm = NULL;
	int error = 0;

	while (!error && (mm = next_mm(mm)))
		error = unuse_mm(unuse, mm);
	if (mm)
		mmput(mm);
	return error;
}

static int unuse_all(const struct unuse *unuse)
{
	int error = shmem_unuse(entry_wanted, unuse);

	return error ? error : unuse_mms(unuse);
}

/* --- the swap cache --- */

/* What is left on the area in the cache alone; a slot whose folio is just going is met again. */
static void unuse_cache(struct swap_info_struct *si)
{
	unsigned long offset = 0;

	while ((offset = find_next_to_unuse(si, offset))) {
		struct folio *folio = swap_cache_lookup(si, offset);

		if (!folio)
			continue;
		/* A slot may only go when what is being written to it has arrived. */
		folio_lock(folio);
		folio_wait_writeback(folio);
		folio_free_swap(folio);
		folio_unlock(folio);
		folio_put(folio);
	}
}

void drop_swapcache(void)
{
	mutex_lock(&swapon_mutex);
	for (int type = 0; type < MAX_SWAPFILES; type++)
		if (swap_info[type] && swap_info[type]->flags & SWP_WRITEOK)
			unuse_cache(swap_info[type]);
	mutex_unlock(&swapon_mutex);
}

int try_to_unuse(struct swap_info_struct *si)
{
	int error;

	while (READ_ONCE(si->inuse_pages)) {
		error = unuse_all(&(struct unuse){ si });
		if (error)
			return error;
		unuse_cache(si);
		if (fatal_signal_pending(current))
			return -EINTR;
		/* A task that is exiting still frees its entries. */
		cond_resched();
	}
	return 0;
}

/* --- what could not be written --- */

static DEFINE_WAIT_QUEUE_HEAD(failed_wait);
static bool some_failed;

void swap_write_failed(void)
{
	WRITE_ONCE(some_failed, true);
	wake_up(&failed_wait);
}

/* Pages of slots that fail are mapped again, lose the slot, and go to another one another time. */
static void kswapfail(void *unused)
{
	for (;;) {
		wait_event_idle(&failed_wait, READ_ONCE(some_failed));
		WRITE_ONCE(some_failed, false);
		mutex_lock(&swapon_mutex);
		unuse_all(&(struct unuse){ NULL });
		mutex_unlock(&swapon_mutex);
	}
}

static void swapoff_init(void)
{
	kthread_run(kswapfail, NULL, "kswapfail");
}
late_initcall(swapoff_init);

/* --- the call --- */

/* The area on the device that @name names; swapon_mutex held. */
static struct swap_info_struct *find_area(const char *name)
{
	struct block_device *bdev = blkdev_get_by_path(name, false, NULL);
	struct swap_info_struct *si = NULL;

	if (IS_ERR(bdev))
		return ERR_PTR(swap_path_error(name, PTR_ERR(bdev)));
	for (int type = 0; type < MAX_SWAPFILES && !si; type++)
		if (swap_info[type] && swap_info[type]->flags & SWP_WRITEOK &&
		    swap_info[type]->bdev == bdev)
			si = swap_info[type];
	blkdev_put(bdev, NULL);
	return si ? si : ERR_PTR(-EINVAL);
}

/* Nothing is on it: waits for those who still look, and takes it apart. */
static void release_area(struct swap_info_struct *si)
{
	atomic_dec(&si->users);
	wait_event(&swap_users_wait, !atomic_read(&si->users));
	DEBUG_BUG_ON(atomic_read(&si->users) || !mapping_empty(&si->space));
	blkdev_put(si->bdev, si);
	swap_area_free_maps(si);
	si->bdev = NULL;
	si->flags = 0;
}

static int do_swapoff(const char *name)
{
	struct swap_info_struct *si = find_area(name);
	int error;

	if (IS_ERR(si))
		return PTR_ERR(si);
	/* Could as much be promised as goes with it? */
	error = vm_enough_memory(si->pages);
	if (error)
		return error;
	vm_unacct_memory(si->pages);
	swap_area_disable(si);
	set_current_oom_origin(true);
	error = try_to_unuse(si);
	set_current_oom_origin(false);
	if (error) {
		swap_area_enable(si);
		return error;
	}
	release_area(si);
	return 0;
}

SYSCALL_DEFINE1(swapoff, const char *, uname)
{
	struct filename *name;
	int error;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	mutex_lock(&swapon_mutex);
	error = do_swapoff(name->name);
	mutex_unlock(&swapon_mutex);
	putname(name);
	return error;
}
