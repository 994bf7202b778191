// SPDX-License-Identifier: MIT
/*
 * A stack grows under mmap_lock for writing, like every other change of a VMA: who holds it for
 * reading never sees bounds move.
 */
#include "mm/stack.h"

#include "kernel/errno.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "mm/mlock.h"
#include "mm/mmap.h"
#include "mm/overcommit.h"

/* mmap_base leaves at least this for the stack, and at most 5/6 of everything. */
#define MIN_STACK_ROOM	(128UL << 20)
#define MAX_STACK_ROOM	(TASK_SIZE / 6 * 5)
/* What a new stack has before it must grow, beside the page that the arguments begin in. */
#define STACK_EXPAND	(128UL << 10)

void arch_pick_mmap_layout(struct mm_struct *mm)
{
	unsigned long room = min(rlimit(RLIMIT_STACK), MAX_STACK_ROOM) + stack_guard_gap;

	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - clamp(room, MIN_STACK_ROOM, MAX_STACK_ROOM));
}

int insert_stack_vma(struct mm_struct *mm, unsigned long top)
{
	unsigned long size = min(STACK_EXPAND + PAGE_SIZE, rlimit(RLIMIT_STACK) & PAGE_MASK);
	unsigned long start = top - max(size, (unsigned long)PAGE_SIZE);
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	vma = vma_create(mm, NULL, start, top - start, VM_STACK_FLAGS, start >> PAGE_SHIFT);
	if (!IS_ERR(vma))
		vma_insert(mm, vma);
	mmap_write_unlock(mm);
	return PTR_ERR_OR_ZERO(vma);
}

/* Is there room for the gap below @address?  An inaccessible neighbour is the user's own guard. */
static bool guard_gap_free(const struct vm_area_struct *vma, unsigned long address)
{
	const struct vm_area_struct *prev = vma->vm_prev;

	return !prev || prev->vm_flags & VM_GROWSDOWN || !(prev->vm_flags & VM_ACCESS_FLAGS) ||
	       address - prev->vm_end >= stack_guard_gap;
}

/* May it grow down to @address?  -ENOMEM: a limit; its pages are promised otherwise. */
static int acct_stack_growth(struct vm_area_struct *vma, unsigned long address)
{
	unsigned long grow = vma->vm_start - address;

	if (!may_expand_vm(vma->vm_mm, vma->vm_flags, grow >> PAGE_SHIFT) ||
	    vma->vm_end - address > rlimit(RLIMIT_STACK) ||
	    !mlock_future_allowed(vma->vm_mm, vma->vm_flags, grow))
		return -ENOMEM;
	return vma->vm_flags & VM_ACCOUNT ? vm_enough_memory(grow >> PAGE_SHIFT) : 0;
}

static bool expand_downwards(struct vm_area_struct *vma, unsigned long address)
{
	unsigned long pages = (vma->vm_start - address) >> PAGE_SHIFT;

	if (!(vma->vm_flags & VM_GROWSDOWN) || address < mmap_min_addr ||
	    !guard_gap_free(vma, address) || acct_stack_growth(vma, address))
		return false;
	vm_stat_account(vma->vm_mm, vma->vm_flags, pages);
	account_locked(vma->vm_mm, vma->vm_flags, pages);
	vma_resize(vma->vm_mm, vma, address, vma->vm_end);
	return true;
}

struct vm_area_struct *expand_stack(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma || !(vma->vm_flags & VM_GROWSDOWN)) {
		mmap_read_unlock(mm);
		return NULL;
	}
	mmap_read_unlock(mm);
	if (mmap_write_lock_killable(mm))
		return NULL;
	/* Between the two locks another thread may have grown it, or changed everything. */
	vma = find_vma(mm, addr);
	if (vma && (vma->vm_start <= addr || expand_downwards(vma, addr & PAGE_MASK))) {
		downgrade_write(&mm->mmap_lock);
		return vma;
	}
	mmap_write_unlock(mm);
	return NULL;
}
