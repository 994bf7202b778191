// SPDX-License-Identifier: MIT
/*
 * Pages out of the range, one fence, VMAs cut or removed, tables freed.
 *
 * P3 Tables are freed only when their range is out of every VMA that rmap can find (mm/pgtable.h).
 */
#include "mm/munmap.h"

#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/memory.h"
#include "mm/mmu_gather.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/vm_area.h"
#include "mm/vma.h"

static void update_hiwater(struct mm_struct *mm)
{
	update_hiwater_rss(mm);
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

/* May the VMAs that hold the two ends be cut there? */
static int may_cut(const struct unmapping *u)
{
	struct vm_area_struct *first = u->first;
	struct vm_area_struct *last = first->vm_end < u->end ? find_vma(u->mm, u->end) : first;
	int error = vma_may_split(first, u->start);

	return !error && last ? vma_may_split(last, u->end) : error;
}

int unmap_prepare(struct unmapping *u)
{
	struct vm_area_struct *vma = find_vma_intersection(u->mm, u->start, u->end);
	bool hole = vma && vma->vm_start < u->start && u->end < vma->vm_end;
	int error;

	u->first = vma;
	if (!vma)
		return 0;
	if (hole && u->mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	error = may_cut(u);
	if (error || !hole)
		return error;
	u->spare = vma_alloc_spare(vma);
	return u->spare ? 0 : -ENOMEM;
}

/* Cuts [from, to) out of @vma; if that is all of it, it is left on mm->gone. */
static void detach_part(struct unmapping *u, struct vm_area_struct *vma, unsigned long from,
			unsigned long to)
{
	struct mm_struct *mm = u->mm;

	if (from == vma->vm_start && to == vma->vm_end) {
		vma_unlink(mm, vma);
		vma->vm_next = mm->gone;
		mm->gone = vma;
	} else if (to == vma->vm_end) {
		vma_resize(mm, vma, vma->vm_start, from);
	} else if (from == vma->vm_start) {
		vma_resize(mm, vma, to, vma->vm_end);
	} else {
		vma_split(mm, vma, to, u->spare);
		vma_resize(mm, vma, vma->vm_start, from);
	}
}

static void detach_range(struct unmapping *u)
{
	struct vm_area_struct *vma, *next;

	for (vma = u->first; vma && vma->vm_start < u->end; vma = next) {
		unsigned long from = max(u->start, vma->vm_start), to = min(u->end, vma->vm_end);
		long pages = (to - from) >> PAGE_SHIFT;

		next = vma->vm_next;
		vm_stat_account(u->mm, vma->vm_flags, -pages);
		account_locked(u->mm, vma->vm_flags, -pages);
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		detach_part(u, vma, from, to);
	}
}

void unmap_perform(struct unmapping *u)
{
	struct vm_area_struct *prev, *next;
	struct mmu_gather tlb;

	if (!u->first)
		return;
	update_hiwater(u->mm);
	tlb_gather_mmu(&tlb, u->mm);
	unmap_vmas(&tlb, u->first, u->start, u->end);
	detach_range(u);
	next = find_vma_prev(u->mm, u->start, &prev);
	free_pgtables(&tlb, u->start, u->end, prev ? prev->vm_end : 0,
		      next ? next->vm_start : USER_PGTABLES_CEILING);
	tlb_finish_mmu(&tlb);
}

void mmap_write_unlock_gone(struct mm_struct *mm)
{
	struct vm_area_struct *vma = mm->gone, *next;

	mm->gone = NULL;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
}

int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	struct unmapping u = { .mm = mm, .start = start, .end = start + PAGE_ALIGN(len) };
	int error;

	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	if (u.end == start)
		return -EINVAL;
	error = unmap_prepare(&u);
	if (!error)
		unmap_perform(&u);
	return error;
}

int vm_munmap(unsigned long start, unsigned long len)
{
	struct mm_struct *mm = current->mm;
	int error;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = do_munmap(mm, start, len);
	mmap_write_unlock_gone(mm);
	return error;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	return vm_munmap(addr, len);
}

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	struct mmu_gather tlb;

	mmap_write_lock(mm);
	tlb_gather_mmu(&tlb, mm);
	unmap_vmas(&tlb, mm->mmap, 0, USER_PGTABLES_CEILING);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		rmap_unlink_vma(vma);
	/*
	 * Floor 0: what lies below was freed with the VMAs before, but for tables that reach up to
	 * here.
	 */
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(vma_pages(vma));
		free_pgtables(&tlb, vma->vm_start, vma->vm_end, 0,
			      vma->vm_next ? vma->vm_next->vm_start : USER_PGTABLES_CEILING);
	}
	tlb_finish_mmu(&tlb);
	vma = mm->mmap;
	mm->mmap = mm->vmacache = NULL;
	mm->mm_rb = RB_ROOT;
	mm->map_count = mm->total_vm = mm->locked_vm = 0;
	mmap_write_unlock(mm);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
}
