// SPDX-License-Identifier: MIT
/*
 * A folio's mlock_count is the number of entries of locked VMAs that map it.  While it is not 0 the
 * folio is PG_mlocked, on no list of reclaim and counted as unevictable:
 *
 *   entry made in a VMA with VM_LOCKED        rmap.c ── mlock_folio ───> count + 1
 *   VM_LOCKED set on a VMA that has entries   here ─────┘
 *   entry taken away, VM_LOCKED cleared       rmap.c, here ── munlock_folio ──> count - 1
 *
 * K1 mlock_count is the number of present entries of VMAs with VM_LOCKED; PG_mlocked tells whether
 *    it is 0.
 * K2 VM_LOCKED changes together with the counts of the VMA's folios: its rmap locks are held
 *    meanwhile, so that truncation and reclaim, which come without mmap_lock, take an entry away
 *    before or after.
 * K3 mm->locked_vm is the pages of the VMAs with VM_LOCKED.
 */
#include "mm/mlock.h"

#include <linux/mman.h>
#include "kernel/cred.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"
#include "mm/vmscan.h"

/* --- limits --- */

static unsigned long memlock_limit(void)
{
	return rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

bool can_do_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

bool mlock_future_allowed(const struct mm_struct *mm, unsigned long vm_flags, unsigned long len)
{
	if (!(vm_flags & VM_LOCKED))
		return true;
	return mm->locked_vm + (len >> PAGE_SHIFT) <= memlock_limit() || capable(CAP_IPC_LOCK);
}

/* Pages of [start, end) that are locked already. */
static unsigned long count_locked(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long bytes = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			bytes += min(end, vma->vm_end) - max(start, vma->vm_start);
	return bytes >> PAGE_SHIFT;
}

/* Does RLIMIT_MEMLOCK allow it to lock the range too? */
static bool may_lock(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long locked = mm->locked_vm + (len >> PAGE_SHIFT);
	unsigned long end = start + len < start ? TASK_SIZE : start + len;

	if (locked <= memlock_limit() || capable(CAP_IPC_LOCK))
		return true;
	return locked - count_locked(mm, start, end) <= memlock_limit();
}

/* --- VMAs --- */

/* Counts the folios of [addr, end), within one leaf table, as locked or not. */
static void mlock_pte_range(pte_t *pmd, unsigned long addr, unsigned long end, bool lock)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);

	for (; addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);
		struct folio *folio = pte_present(pte) ? vm_normal_folio(pte) : NULL;

		if (folio && lock)
			mlock_folio(folio);
		else if (folio)
			munlock_folio(folio);
	}
	spin_unlock(ptl);
}

/* Gives @vma other flags, and counts its folios where that locks or unlocks it. */
static void mlock_vma_pages(struct vm_area_struct *vma, unsigned long flags)
{
	unsigned long addr = vma->vm_start, next;
	bool lock = flags & VM_LOCKED;
	pte_t *pmd;

	rmap_lock(vma, vma->anon_vma);
	if ((flags ^ vma->vm_flags) & VM_LOCKED)
		for (; (pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
			next = pmd_addr_end(addr, vma->vm_end);
			mlock_pte_range(pmd, addr, next, lock);
		}
	vma->vm_flags = flags;
	rmap_unlock(vma, vma->anon_vma);
}

/*
 * [start, end) of *@vmap becomes what @lock (VM_LOCKED, VM_LOCKONFAULT or 0) says.  *@vmap is then
 * the VMA that ends at @end or later.  0 or -errno.
 */
static int mlock_fixup(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
		       unsigned long lock)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long flags = (vma->vm_flags & ~VM_LOCKED_MASK) | lock;
	long pages = (end - start) >> PAGE_SHIFT;
	int error;

	if (flags == vma->vm_flags || vma->vm_flags & VM_SPECIAL)
		return 0;
	error = vma_isolate(&vma, start, end);
	if (error)
		return error;
	if ((flags ^ vma->vm_flags) & VM_LOCKED)
		vma->vm_mm->locked_vm += lock ? pages : -pages;
	mlock_vma_pages(vma, flags);
	*vmap = vma_merge_neighbours(vma->vm_mm, vma);
	return 0;
}

/* What lies before a hole is done when -ENOMEM comes. */
static int apply_vma_lock_flags(struct mm_struct *mm, unsigned long start, unsigned long end,
				unsigned long lock)
{
	struct vm_area_struct *vma;

	while (start < end) {
		unsigned long stop;
		int error;

		vma = vma_lookup(mm, start);
		if (!vma)
			return -ENOMEM;
		stop = min(end, vma->vm_end);
		error = mlock_fixup(&vma, start, stop, lock);
		if (error)
			return error;
		start = stop;
	}
	return 0;
}

/* --- the calls --- */

/* Rounds outwards to whole pages; the length may wrap to 0. */
static unsigned long page_range(unsigned long *start, size_t len)
{
	len = PAGE_ALIGN(len + offset_in_page(*start));
	*start &= PAGE_MASK;
	return len;
}

/* POSIX: ENOMEM says that the range is not what it should be, EAGAIN that memory is short. */
static int mlock_error(int error)
{
	if (error == -EFAULT)
		return -ENOMEM;
	return error == -ENOMEM ? -EAGAIN : error;
}

static int do_mlock(unsigned long start, size_t len, unsigned long lock)
{
	struct mm_struct *mm = current->mm;
	int error = -ENOMEM;

	if (!can_do_mlock())
		return -EPERM;
	len = page_range(&start, len);
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (may_lock(mm, start, len))
		error = start + len < start ? -EINVAL :
			apply_vma_lock_flags(mm, start, start + len, lock);
	mmap_write_unlock(mm);
	return error ?: mlock_error(mm_populate_range(mm, start, start + len));
}

SYSCALL_DEFINE2(mlock, unsigned long, start, size_t, len)
{
	return do_mlock(start, len, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, unsigned long, start, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(start, len, VM_LOCKED | (flags ? VM_LOCKONFAULT : 0));
}

SYSCALL_DEFINE2(munlock, unsigned long, start, size_t, len)
{
	struct mm_struct *mm = current->mm;
	int error;

	len = page_range(&start, len);
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = start + len < start ? -EINVAL : apply_vma_lock_flags(mm, start, start + len, 0);
	mmap_write_unlock(mm);
	return error;
}

/* Every VMA; one that cannot be changed stays as it is. */
static void lock_all(struct mm_struct *mm, unsigned long lock)
{
	struct vm_area_struct *vma = vma_first(mm);

	for (; vma; vma = vma_next(vma)) {
		mlock_fixup(&vma, vma->vm_start, vma->vm_end, lock);
		cond_resched();
	}
}

/* @flags: MCL_*, 0 for munlockall(). */
static void apply_mlockall_flags(struct mm_struct *mm, int flags)
{
	unsigned long lock = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);

	mm->def_flags = flags & MCL_FUTURE ? lock : 0;
	if (flags & MCL_CURRENT)
		lock_all(mm, lock);
	else if (!flags)
		lock_all(mm, 0);
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	struct mm_struct *mm = current->mm;
	int error = -ENOMEM;

	if (!flags || flags == MCL_ONFAULT || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return -EINVAL;
	if (!can_do_mlock())
		return -EPERM;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (!(flags & MCL_CURRENT) || mm->total_vm <= memlock_limit() || capable(CAP_IPC_LOCK)) {
		apply_mlockall_flags(mm, flags);
		error = 0;
	}
	mmap_write_unlock(mm);
	if (!error && flags & MCL_CURRENT)
		mm_populate(mm, 0, TASK_SIZE);
	return error;
}

SYSCALL_DEFINE0(munlockall)
{
	struct mm_struct *mm = current->mm;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	apply_mlockall_flags(mm, 0);
	mmap_write_unlock(mm);
	return 0;
}
