// SPDX-License-Identifier: MIT
/*
 * /proc/PID/clear_refs: forgets what was accessed or written so far, so that smaps and pagemap show
 * what is from now on.
 *
 *   1, 2, 3  the accessed bits of all, anonymous, file mappings, and PG_referenced of their folios
 *   4        soft-dirty: the bit of the mapping and those of the entries, which lose W too, so
 *            that the next store faults and sets it again (PT3)
 *   5        the peak of the resident set
 *
 * All of it under mmap_lock for writing, with one fence for the whole address space at its end.
 */
#include "fs/proc/task_mmu.h"

#include "arch/riscv/tlb.h"
#include "fs/iov_iter.h"
#include "fs/proc/proc.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "mm/memory.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagewalk.h"
#include "mm/swapops.h"

enum clear_refs_type {
	CLEAR_REFS_ALL = 1,
	CLEAR_REFS_ANON,
	CLEAR_REFS_MAPPED,
	CLEAR_REFS_SOFT_DIRTY,
	CLEAR_REFS_MM_HIWATER_RSS,
};

static void clear_young(void *unused, pte_t *ptep, unsigned long addr)
{
	pte_t pte = ptep_get(ptep);
	struct folio *folio = pte_present(pte) ? vm_normal_folio(pte) : NULL;

	if (!folio)
		return;
	ptep_test_and_clear_young(ptep);
	folio_clear_referenced(folio);
}

static void clear_soft_dirty(void *unused, pte_t *ptep, unsigned long addr)
{
	pte_t pte = ptep_get(ptep);

	if (pte_present(pte))
		ptep_clear_bits(ptep, _PAGE_SOFT_DIRTY | _PAGE_WRITE);
	else if (is_swap_pte(pte))
		set_pte(ptep, pte_swp_clear_soft_dirty(pte));
}

static bool concerns(const struct vm_area_struct *vma, enum clear_refs_type type)
{
	if (vma->vm_flags & VM_PFNMAP)
		return false;
	if (type == CLEAR_REFS_ANON)
		return !vma->vm_file;
	return type != CLEAR_REFS_MAPPED || vma->vm_file;
}

static int clear_mm(struct mm_struct *mm, enum clear_refs_type type)
{
	void (*clear)(void *, pte_t *, unsigned long) =
		type == CLEAR_REFS_SOFT_DIRTY ? clear_soft_dirty : clear_young;
	struct vm_area_struct *vma;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (type == CLEAR_REFS_MM_HIWATER_RSS) {
		mm->hiwater_rss = get_mm_rss(mm);
	} else {
		for (vma = vma_first(mm); vma; vma = vma_next(vma)) {
			if (type == CLEAR_REFS_SOFT_DIRTY)
				vma->vm_flags &= ~VM_SOFTDIRTY;
			if (concerns(vma, type))
				walk_page_vma(vma, vma->vm_start, clear, NULL);
		}
		flush_tlb_mm(mm);
	}
	mmap_write_unlock(mm);
	return 0;
}

static ssize_t clear_refs_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct task_struct *task;
	struct mm_struct *mm;
	int type, err = 0;
	ssize_t n = proc_get_int(from, 10, &type);

	if (n < 0)
		return n;
	if (type < CLEAR_REFS_ALL || type > CLEAR_REFS_MM_HIWATER_RSS)
		return -EINVAL;
	task = proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (mm) {
		err = clear_mm(mm, type);
		mmput(mm);
	}
	return err ? err : n;
}

const struct file_operations proc_clear_refs_fops = {
	.llseek = noop_llseek,
	.write_iter = clear_refs_write,
};
