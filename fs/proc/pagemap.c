// SPDX-License-Identifier: MIT
/*
 * /proc/PID/pagemap: 64 bits for each page of the address space, at 8 times its number.
 *
 *   63 present   62 swapped out   61 of a file or shared memory   56 mapped by this entry alone
 *   55 soft-dirty: written since somebody wrote 4 to clear_refs
 *   54-0 frame number; of a page that is out 54-5 slot, 4-0 swap area; 0 for who opened the file
 *   without CAP_SYS_ADMIN
 *
 * One leaf table's worth is gathered at a time under its lock, into a buffer of one page.
 */
#include "fs/proc/task_mmu.h"

#include "fs/iov_iter.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/swapops.h"

#define PM_PFRAME_MASK		(BIT(55) - 1)
#define PM_SOFT_DIRTY		BIT(55)
#define PM_MMAP_EXCLUSIVE	BIT(56)
#define PM_FILE			BIT(61)
#define PM_SWAP			BIT(62)
#define PM_PRESENT		BIT(63)

#define PM_SWAP_OFFSET_SHIFT	5

static u64 swap_pagemap_entry(pte_t pte, bool show_pfn)
{
	swp_entry_t swap = pte_to_swp_entry(pte);
	u64 entry = PM_SWAP;

	if (pte_swp_soft_dirty(pte))
		entry |= PM_SOFT_DIRTY;
	if (show_pfn)
		entry |= swp_offset(swap) << PM_SWAP_OFFSET_SHIFT | swp_type(swap);
	return entry;
}

static u64 pagemap_entry(const struct vm_area_struct *vma, pte_t pte, bool show_pfn)
{
	u64 entry = vma->vm_flags & VM_SOFTDIRTY ? PM_SOFT_DIRTY : 0;
	struct folio *folio;

	if (is_swap_pte(pte))
		return entry | swap_pagemap_entry(pte, show_pfn);
	if (!pte_present(pte))
		return entry;
	entry |= PM_PRESENT;
	if (show_pfn)
		entry |= pte_pfn(pte) & PM_PFRAME_MASK;
	if (pte_soft_dirty(pte))
		entry |= PM_SOFT_DIRTY;
	folio = vm_normal_folio(pte);
	if (folio && !folio_test_anon(folio))
		entry |= PM_FILE;
	if (folio && folio_mapcount(folio) == 1)
		entry |= PM_MMAP_EXCLUSIVE;
	return entry;
}

/* The entries of [addr, end), within one leaf table if there is one.  mmap_lock held. */
static void fill_entries(u64 *entries, struct mm_struct *mm, unsigned long addr, unsigned long end,
			 bool show_pfn)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	pte_t *pmd = mm_find_pmd(mm, addr);
	struct spinlock *ptl = pmd ? pte_lockptr(pmd) : NULL;

	if (ptl)
		spin_lock(ptl);
	for (; addr < end; addr += PAGE_SIZE) {
		pte_t pte = pmd ? ptep_get(pte_offset(pmd, addr)) : (pte_t){ 0 };

		if (vma && vma->vm_end <= addr)
			vma = vma_next(vma);
		*entries++ = vma && vma->vm_start <= addr ? pagemap_entry(vma, pte, show_pfn) : 0;
	}
	if (ptl)
		spin_unlock(ptl);
}

/* Bytes copied, or -errno if there are none.  @addr page aligned. */
static ssize_t read_entries(struct mm_struct *mm, unsigned long addr, struct iov_iter *to,
			    bool show_pfn)
{
	u64 *entries = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t done = 0, err = entries ? 0 : -ENOMEM;

	while (!err && iov_iter_count(to) && addr < TASK_SIZE) {
		unsigned long end = pmd_addr_end(addr, TASK_SIZE);
		size_t n = min((end - addr) / PAGE_SIZE * sizeof(u64), iov_iter_count(to));

		end = addr + n / sizeof(u64) * PAGE_SIZE;
		err = mmap_read_lock_killable(mm);
		if (err)
			break;
		fill_entries(entries, mm, addr, end, show_pfn);
		mmap_read_unlock(mm);
		if (copy_to_iter(entries, n, to) != n)
			err = -EFAULT;
		done += n;
		addr = end;
		cond_resched();
	}
	kfree(entries);
	return err ? err : done;
}

static ssize_t pagemap_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct mm_struct *mm = iocb->ki_filp->private_data;
	u64 page = iocb->ki_pos / sizeof(u64);
	ssize_t done = -EINVAL;

	if (!mm || !mmget_not_zero(mm))
		return 0;
	if (iocb->ki_pos % sizeof(u64) == 0 && iov_iter_count(to) % sizeof(u64) == 0)
		done = read_entries(mm, min(page, (u64)TASK_SIZE / PAGE_SIZE) << PAGE_SHIFT, to,
				    iocb->ki_filp->f_cred->euid == 0);
	if (done > 0)
		iocb->ki_pos += done;
	mmput(mm);
	return done;
}

const struct file_operations proc_pagemap_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = pagemap_read,
	.open = proc_mm_open,
	.release = proc_mm_release,
};
