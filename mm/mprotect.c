// SPDX-License-Identifier: MIT
/*
 * mprotect(2), VMA by VMA: check it, cut it at the range's ends, give it the flags, then the
 * entries, and join it with neighbours that are like it now.  Where one VMA refuses, those before
 * it have the new protection already; so it is on Linux, too.
 *
 * X1 After the call no entry of the range permits more than its VMA, on any hart.
 * X2 A private page becomes writable here only if its folio is exclusive; else the next store
 *    decides.
 */
#include "mm/mprotect.h"

#include <linux/mman.h>
#include <linux/personality.h>
#include "arch/riscv/cacheflush.h"
#include "arch/riscv/tlb.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/rmap.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"

static bool may_set_write(const struct vm_area_struct *vma, pte_t pte)
{
	struct folio *folio = vm_normal_folio(pte);

	/* Not soft-dirty: the next store must be seen (PT3). */
	if (!(vma->vm_flags & VM_WRITE) || !pte_soft_dirty(pte))
		return false;
	if (vma->vm_flags & VM_SHARED)
		return pte_dirty(pte);
	return folio && folio_test_anon(folio) && folio_test_anon_exclusive(folio);
}

/* True: some entry permits less than before. */
static bool change_pte_range(struct vm_area_struct *vma, pte_t *pmd, unsigned long addr,
			     unsigned long end)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(pmd, addr, &ptl);
	bool less = false;

	flush_tlb_batched_pending(vma->vm_mm);
	for (; addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t old, new;

		if (!pte_present(ptep_get(ptep)))
			continue;
		/*
		 * Taken out meanwhile, so that a hart that sets A or D does not do it behind our
		 * back.
		 */
		old = ptep_get_and_clear(ptep);
		new = pte_modify(old, vma->vm_page_prot);
		if (may_set_write(vma, old))
			new = pte_mkwrite(new);
		set_pte(ptep, new);
		less |= old.pte & ~new.pte & (_PAGE_PRESENT | _PAGE_RWX);
	}
	spin_unlock(ptl);
	return less;
}

static void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned long addr = start, next;
	bool less = false;
	pte_t *pmd;

	for (; (pmd = next_pmd(vma->vm_mm, &addr, end)); addr = next) {
		next = pmd_addr_end(addr, end);
		less |= change_pte_range(vma, pmd, addr, next);
	}
	if (less)
		flush_tlb_range(vma->vm_mm, start, end);
}

/* Does a VMA with @flags promise its pages once it becomes writable? */
static bool needs_charge(unsigned long flags)
{
	return !(flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE));
}

/* May @pages of @vma have *@flagsp?  VM_ACCOUNT in it then: they are promised.  0 or -errno. */
static int check_flags(const struct vm_area_struct *vma, unsigned long pages,
		       unsigned long *flagsp)
{
	unsigned long flags = *flagsp;

	/* VM_MAY* are VM_* shifted by four. */
	if (flags & ~(flags >> 4) & VM_ACCESS_FLAGS)
		return -EACCES;
	if (!(flags & VM_WRITE))
		return 0;
	if (!may_expand_vm(vma->vm_mm, flags, pages) &&
	    may_expand_vm(vma->vm_mm, vma->vm_flags, pages))
		return -ENOMEM;
	if (!needs_charge(vma->vm_flags))
		return 0;
	*flagsp |= VM_ACCOUNT;
	return vm_enough_memory(pages);
}

/*
 * [start, end) of *@vmap permits @access from now on; *@vmap is then the VMA that ends at @end or
 * later.  0 or -errno.
 */
static int mprotect_fixup(struct vm_area_struct **vmap, unsigned long start, unsigned long end,
			  unsigned long access)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long old = vma->vm_flags, flags = (old & ~VM_ACCESS_FLAGS) | access;
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	int error = check_flags(vma, pages, &flags);

	if (error || flags == old)
		return error;
	vma = vma_modify(vma, start, end, flags);
	if (IS_ERR(vma)) {
		if (flags & ~old & VM_ACCOUNT)
			vm_unacct_memory(pages);
		return PTR_ERR(vma);
	}
	vm_stat_account(vma->vm_mm, old, -(long)pages);
	vm_stat_account(vma->vm_mm, flags, pages);
	/* What was written there becomes code. */
	if (flags & ~old & VM_EXEC)
		flush_icache_mm(vma->vm_mm);
	change_protection(vma, start, end);
	/* Locked memory is copied now, so that the first store waits for nothing. */
	if ((old & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && flags & VM_WRITE)
		populate_vma_page_range(vma, start, end);
	*vmap = vma;
	return 0;
}

/* What @vma is to permit: for old programs PROT_READ includes PROT_EXEC, where that may be had. */
static unsigned long implied_access(const struct vm_area_struct *vma, unsigned long access)
{
	if (access & VM_READ && current->personality & READ_IMPLIES_EXEC &&
	    vma->vm_flags & VM_MAYEXEC)
		access |= VM_EXEC;
	return access;
}

static int mprotect_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			  unsigned long access)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		unsigned long stop;
		int error;

		if (!vma)
			return -ENOMEM;
		stop = min(end, vma->vm_end);
		error = mprotect_fixup(&vma, start, stop, implied_access(vma, access));
		if (error)
			return error;
		start = stop;
	}
	return 0;
}

/* PROT_GROWSDOWN extends the range to the begin of the stack it begins in.  0 or -errno. */
static int apply_growsdown(struct mm_struct *mm, unsigned long *start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, *start);

	if (!vma || vma->vm_start >= end)
		return -ENOMEM;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EINVAL;
	*start = vma->vm_start;
	return 0;
}

int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long len, unsigned long prot)
{
	unsigned long end = start + PAGE_ALIGN(len);
	int error = 0;

	if ((prot & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (prot & PROT_GROWSDOWN)
		error = apply_growsdown(mm, &start, end);
	else if (prot & PROT_GROWSUP)
		error = vma_lookup(mm, start) ? -EINVAL : -ENOMEM;
	if (!error)
		error = mprotect_range(mm, start, end, prot & VM_ACCESS_FLAGS);
	mmap_write_unlock(mm);
	return error;
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return do_mprotect(current->mm, start, len, prot);
}
