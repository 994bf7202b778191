// SPDX-License-Identifier: MIT
/*
 * /proc/PID/smaps and smaps_rollup: what of each mapping is in memory, and whose it is.
 *
 * Every figure comes from the page-table entries at the moment of reading.  A page is *private* if
 * one entry maps it, *shared* otherwise; *dirty* if this entry or the folio says so.  The
 * proportional set size (PSS) counts a page that n entries map as 1/n of a page, so that the sum
 * over all processes is what they use together; it is kept with 12 binary places.
 *
 * A page of shared memory that is out is out for its file; no entry says so.  It counts in Swap of
 * each mapping that would show it, and in no SwapPss, as on Linux.
 */
#include "fs/proc/proc.h"
#include "fs/proc/task_mmu.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagewalk.h"
#include "mm/shmem.h"
#include "mm/shmem_swap.h"
#include "mm/slab.h"
#include "mm/swapfile.h"

#define PSS_SHIFT	12

/* Bytes, but pss*: bytes << PSS_SHIFT. */
struct mem_size_stats {
	unsigned long resident, shared_clean, shared_dirty, private_clean, private_dirty;
	unsigned long referenced, anonymous, lazyfree, swap;
	u64 pss, pss_dirty, pss_anon, pss_file, pss_shmem, pss_locked, swap_pss;
	/* Of the mapping that is looked at: */
	bool locked;
	struct vm_area_struct *shmem;	/* it shows shared memory; else NULL */
	unsigned long hidden;		/* bytes of it that are out, but a private copy is there */
};

/* --- gathering --- */

static void account_share(struct mem_size_stats *mss, const struct folio *folio, bool dirty)
{
	int mapcount = folio_mapcount(folio);
	bool private = folio_ref_count(folio) == 1 || mapcount < 2;
	u64 pss = (u64)PAGE_SIZE << PSS_SHIFT;

	if (!private)
		pss /= mapcount;
	mss->pss += pss;
	if (folio_test_anon(folio))
		mss->pss_anon += pss;
	else if (folio_test_swapbacked(folio))
		mss->pss_shmem += pss;
	else
		mss->pss_file += pss;
	if (mss->locked)
		mss->pss_locked += pss;
	if (dirty) {
		mss->pss_dirty += pss;
		*(private ? &mss->private_dirty : &mss->shared_dirty) += PAGE_SIZE;
	} else {
		*(private ? &mss->private_clean : &mss->shared_clean) += PAGE_SIZE;
	}
}

/* In @mss->shmem, a mapping that may have private copies: is the page below the copy out? */
static void account_hidden(struct mem_size_stats *mss, unsigned long addr)
{
	struct vm_area_struct *vma = mss->shmem;

	if (shmem_swapped(file_inode(vma->vm_file), linear_page_index(vma, addr)).val)
		mss->hidden += PAGE_SIZE;
}

static void account_pte(void *data, pte_t *ptep, unsigned long addr)
{
	struct mem_size_stats *mss = data;
	pte_t pte = ptep_get(ptep);
	struct folio *folio = pte_present(pte) ? vm_normal_folio(pte) : NULL;
	bool dirty;

	if (mss->shmem && !(mss->shmem->vm_flags & VM_SHARED) && !pte_none(pte))
		account_hidden(mss, addr);
	if (is_swap_pte(pte) && !non_swap_entry(pte_to_swp_entry(pte))) {
		mss->swap += PAGE_SIZE;
		mss->swap_pss += (u64)(PAGE_SIZE << PSS_SHIFT) /
				 max(__swap_count(pte_to_swp_entry(pte)), 1);
	}
	if (!folio)
		return;
	dirty = pte_dirty(pte) || folio_test_dirty(folio);
	mss->resident += PAGE_SIZE;
	if (pte_young(pte) || folio_test_referenced(folio))
		mss->referenced += PAGE_SIZE;
	if (folio_test_anon(folio)) {
		mss->anonymous += PAGE_SIZE;
		/* MADV_FREE took it off the swappable; a store since would show. */
		if (!folio_test_swapbacked(folio) && !dirty)
			mss->lazyfree += PAGE_SIZE;
	}
	account_share(mss, folio, dirty);
}

/* Adds the pages of @vma from @addr on.  mmap_lock held. */
static void gather(struct mem_size_stats *mss, struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long out;

	mss->locked = vma->vm_flags & VM_LOCKED;
	mss->shmem = vma->vm_file && shmem_mapping(vma->vm_file->f_mapping) ? vma : NULL;
	mss->hidden = 0;
	walk_page_vma(vma, addr, account_pte, mss);
	if (!mss->shmem)
		return;
	out = shmem_swap_usage(file_inode(vma->vm_file), linear_page_index(vma, addr),
			       linear_page_index(vma, vma->vm_end - PAGE_SIZE)) << PAGE_SHIFT;
	mss->swap += out - min(out, mss->hidden);
}

/* --- printing --- */

static void show_kb(struct seq_file *m, const char *name, u64 bytes)
{
	seq_printf(m, "%-15s %8llu kB\n", name, bytes >> 10);
}

static void show_stats(struct seq_file *m, const struct mem_size_stats *mss, bool rollup)
{
	show_kb(m, "Rss:", mss->resident);
	show_kb(m, "Pss:", mss->pss >> PSS_SHIFT);
	show_kb(m, "Pss_Dirty:", mss->pss_dirty >> PSS_SHIFT);
	if (rollup) {
		show_kb(m, "Pss_Anon:", mss->pss_anon >> PSS_SHIFT);
		show_kb(m, "Pss_File:", mss->pss_file >> PSS_SHIFT);
		show_kb(m, "Pss_Shmem:", mss->pss_shmem >> PSS_SHIFT);
	}
	show_kb(m, "Shared_Clean:", mss->shared_clean);
	show_kb(m, "Shared_Dirty:", mss->shared_dirty);
	show_kb(m, "Private_Clean:", mss->private_clean);
	show_kb(m, "Private_Dirty:", mss->private_dirty);
	show_kb(m, "Referenced:", mss->referenced);
	show_kb(m, "Anonymous:", mss->anonymous);
	show_kb(m, "LazyFree:", mss->lazyfree);
	show_kb(m, "AnonHugePages:", 0);
	show_kb(m, "ShmemPmdMapped:", 0);
	show_kb(m, "FilePmdMapped:", 0);
	show_kb(m, "Shared_Hugetlb:", 0);
	seq_puts(m, "Private_Hugetlb:       0 kB\n");	/* its name is too long for the column */
	show_kb(m, "Swap:", mss->swap);
	show_kb(m, "SwapPss:", mss->swap_pss >> PSS_SHIFT);
	show_kb(m, "Locked:", mss->pss_locked >> PSS_SHIFT);
}

/* The names of vm_flags by bit, proc(5); Linux has none for some, and for what has none "??". */
static const char vm_flag_names[64][3] = {
	[0] = "rd",  [1] = "wr",  [2] = "ex",  [3] = "sh",  [4] = "mr",  [5] = "mw",
	[6] = "me",  [7] = "ms",  [8] = "gd",  [10] = "pf", [13] = "lo", [14] = "io",
	[15] = "sr", [16] = "rr", [17] = "dc", [18] = "de", [20] = "ac", [21] = "nr",
	[25] = "wf", [26] = "dd", [27] = "sd",
};

static void show_vm_flags(struct seq_file *m, unsigned long flags)
{
	seq_puts(m, "VmFlags: ");
	for (int bit = 0; bit < 64; bit++)
		if (flags & BIT(bit))
			seq_printf(m, "%s ", *vm_flag_names[bit] ? vm_flag_names[bit] : "??");
	seq_putc(m, '\n');
}

static int show_smap(struct seq_file *m, void *v)
{
	struct vm_area_struct *vma = v;
	struct mem_size_stats mss = { 0 };

	gather(&mss, vma, vma->vm_start);
	show_map_vma(m, vma);
	show_kb(m, "Size:", vma->vm_end - vma->vm_start);
	show_kb(m, "KernelPageSize:", PAGE_SIZE);
	show_kb(m, "MMUPageSize:", PAGE_SIZE);
	show_stats(m, &mss, false);
	seq_puts(m, "THPeligible:    0\n");
	show_vm_flags(m, vma->vm_flags);
	return 0;
}

static const struct seq_operations smaps_op = {
	proc_maps_start, proc_maps_next, proc_maps_stop, show_smap,
};

static int smaps_open(struct inode *inode, struct file *file)
{
	return proc_maps_open(inode, file, &smaps_op);
}

const struct file_operations proc_smaps_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.open = smaps_open,
	.release = proc_maps_release,
};

/* --- smaps_rollup: the sum of all --- */

/*
 * Sums up from *@end on and moves it; *@start: where the first mapping begins.  mmap_lock held;
 * true: somebody else should have it now.
 */
static bool gather_some(struct mem_size_stats *mss, struct mm_struct *mm, unsigned long *start,
			unsigned long *end)
{
	struct vm_area_struct *vma = find_vma(mm, *end);

	if (vma && !*end)
		*start = vma->vm_start;
	for (; vma; vma = vma_next(vma)) {
		gather(mss, vma, max(vma->vm_start, *end));
		*end = vma->vm_end;
		if (rwsem_is_contended(&mm->mmap_lock))
			return true;
	}
	return false;
}

static int show_rollup(struct seq_file *m, struct mm_struct *mm)
{
	struct mem_size_stats mss = { 0 };
	unsigned long start = 0, end = 0;
	bool more;

	do {
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		more = gather_some(&mss, mm, &start, &end);
		mmap_read_unlock(mm);
	} while (more);
	show_map_prefix(m, start, end, 0, 0, 0, 0);
	seq_pad(m, ' ');
	seq_puts(m, "[rollup]\n");
	show_stats(m, &mss, true);
	return 0;
}

static int show_smaps_rollup(struct seq_file *m, void *v)
{
	struct proc_maps *maps = m->private;
	struct task_struct *task = proc_task(maps->inode);
	int err;

	if (!task)
		return -ESRCH;
	put_task_struct(task);
	if (!maps->mm || !mmget_not_zero(maps->mm))
		return -ESRCH;
	err = show_rollup(m, maps->mm);
	mmput(maps->mm);
	return err;
}

static const struct seq_operations rollup_op = {
	single_start, single_next, single_stop, show_smaps_rollup,
};

static int smaps_rollup_open(struct inode *inode, struct file *file)
{
	return proc_maps_open(inode, file, &rollup_op);
}

const struct file_operations proc_smaps_rollup_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.open = smaps_rollup_open,
	.release = proc_maps_release,
};
