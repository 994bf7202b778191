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
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/swap_areas.h"
#include "mm/swap_state.h"

/* --- page tables --- */

/* The entry at @addr of @vma, if it is one of @si. */
static bool swapped_to(struct swap_info_struct *si, const pte_t *ptep, swp_entry_t *entry)
{
	pte_t pte = ptep_get(ptep);

	if (!is_swap_pte(pte))
		return false;
	*entry = pte_to_swp_entry(pte);
	return !non_swap_entry(*entry) && (int)swp_type(*entry) == si->type;
}

/* One leaf table, from *addr on.  mmap_lock held for reading.  0, -ENOMEM, -EINTR. */
static int unuse_table(struct swap_info_struct *si, struct vm_area_struct *vma, pte_t *pmd,
		       unsigned long addr, unsigned long end)
{
	swp_entry_t entry;

	for (; addr < end; addr += PAGE_SIZE) {
		if (!swapped_to(si, pte_offset(pmd, addr), &entry))
			continue;
		/* A fault like any other; if it was for nothing, the next round sees. */
		if (handle_mm_fault(vma, addr, 0) & VM_FAULT_OOM)
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int unuse_vma(struct swap_info_struct *si, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	int error = 0;
	pte_t *pmd;

	for (; !error && (pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		next = pmd_addr_end(addr, vma->vm_end);
		error = unuse_table(si, vma, pmd, addr, next);
	}
	return error;
}

static int unuse_mm(struct swap_info_struct *si, struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	int error = 0;

	if (!get_mm_counter(mm, MM_SWAPENTS))
		return 0;
	mmap_read_lock(mm);
	for (vma = mm->mmap; vma && !error; vma = vma->vm_next)
		if (vma->anon_vma)
			error = unuse_vma(si, vma);
	mmap_read_unlock(mm);
	return error;
}

static int unuse_mms(struct swap_info_struct *si)
{
	struct mm_struct *mm = NULL;
	int error = 0;

	while (!error && (mm = next_mm(mm)))
		error = unuse_mm(si, mm);
	if (mm)
		mmput(mm);
	return error;
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
		error = unuse_mms(si);
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
	DEBUG_BUG_ON(!mapping_empty(&si->space));
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
	error = try_to_unuse(si);
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
