// SPDX-License-Identifier: MIT
/*
 * The heap is [start_brk, brk), right above the program's bss; the VMAs below it are anonymous
 * memory like any other, mapped and unmapped where the break goes.
 */
#include "mm/brk.h"

#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/gup.h"
#include "mm/mlock.h"
#include "mm/mmap.h"

/* Anonymous private memory at a free place.  0 or -errno.  Locked. */
static int do_brk_flags(struct mm_struct *mm, unsigned long addr, unsigned long len,
			unsigned long flags)
{
	flags |= VM_DATA_DEFAULT_FLAGS | mm->def_flags;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	return mmap_region(mm, NULL, addr, len, flags, addr >> PAGE_SHIFT);
}

int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	int error;

	len = PAGE_ALIGN(len);
	if (!len)
		return 0;
	if (addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -ENOMEM;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = do_brk_flags(mm, addr, len, flags);
	mmap_write_unlock_gone(mm);
	if (!error && mm->def_flags & VM_LOCKED)
		mm_populate(mm, addr, len);
	return error;
}

static bool brk_allowed(struct mm_struct *mm, unsigned long brk)
{
	unsigned long limit = rlimit(RLIMIT_DATA);

	return limit == RLIM_INFINITY ||
	       brk - mm->start_brk + (mm->end_data - mm->start_data) <= limit;
}

/* Maps what is between the page-aligned breaks @oldbrk and @newbrk; false: no room. */
static bool raise_brk(struct mm_struct *mm, unsigned long oldbrk, unsigned long newbrk)
{
	struct vm_area_struct *next = find_vma(mm, oldbrk);

	if (!mlock_future_allowed(mm, mm->def_flags, newbrk - oldbrk))
		return false;
	/* A page stays free between the heap and what lies behind it. */
	if (next && newbrk + PAGE_SIZE > vm_start_gap(next))
		return false;
	return !do_brk_flags(mm, oldbrk, newbrk - oldbrk, 0);
}

/* Moves the end of the heap; false: it stays. */
static bool move_brk(struct mm_struct *mm, unsigned long brk)
{
	unsigned long newbrk = PAGE_ALIGN(brk), oldbrk = PAGE_ALIGN(mm->brk);

	if (brk < mm->start_brk || brk > TASK_SIZE || !brk_allowed(mm, brk))
		return false;
	/* Whoever unmapped the heap by himself keeps his break. */
	if (newbrk < oldbrk)
		return find_vma_intersection(mm, newbrk, oldbrk) &&
		       !do_munmap(mm, newbrk, oldbrk - newbrk);
	return newbrk == oldbrk || raise_brk(mm, oldbrk, newbrk);
}

SYSCALL_DEFINE1(brk, unsigned long, brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long now, before, grown = 0;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	before = PAGE_ALIGN(mm->brk);
	if (move_brk(mm, brk)) {
		mm->brk = brk;
		if (mm->def_flags & VM_LOCKED && brk > before)
			grown = PAGE_ALIGN(brk) - before;
	}
	now = mm->brk;
	mmap_write_unlock_gone(mm);
	if (grown)
		mm_populate(mm, before, grown);
	return now;
}
