// SPDX-License-Identifier: MIT
/*
 * mprotect(2).  The first pass over the VMAs checks all of them and allocates the two that the
 * range's ends may split off; the second changes flags and entries, and cannot fail.
 *
 * X1 After the call no entry of the range permits more than its VMA, on any hart.
 * X2 A private page becomes writable here only if its folio is exclusive; else the next store
 *    decides.
 */
#include "mm/mprotect.h"

#include <linux/mman.h>
#include "arch/riscv/tlb.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"

struct mprotect {
	struct mm_struct *mm;
	unsigned long start, end;
	unsigned long access;			/* VM_READ | VM_WRITE | VM_EXEC */
	unsigned long charged;			/* pages promised for what becomes writable */
	struct vm_area_struct *spare[2];	/* for what the ends split off */
};

static unsigned long new_flags(const struct mprotect *p, const struct vm_area_struct *vma)
{
	return (vma->vm_flags & ~VM_ACCESS_FLAGS) | p->access;
}

/* --- checking --- */

static unsigned long pages_within(const struct mprotect *p, const struct vm_area_struct *vma)
{
	return (min(p->end, vma->vm_end) - max(p->start, vma->vm_start)) >> PAGE_SHIFT;
}

static bool needs_charge(const struct mprotect *p, const struct vm_area_struct *vma)
{
	return p->access & VM_WRITE &&
	       !(vma->vm_flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE));
}

static int check_vma(struct mprotect *p, const struct vm_area_struct *vma)
{
	unsigned long flags = new_flags(p, vma), pages = pages_within(p, vma);

	/* VM_MAY* are VM_* shifted by four. */
	if (flags & ~(flags >> 4) & VM_ACCESS_FLAGS)
		return -EACCES;
	if (flags & VM_WRITE && !may_expand_vm(p->mm, flags, pages) &&
	    may_expand_vm(p->mm, vma->vm_flags, pages))
		return -ENOMEM;
	if (needs_charge(p, vma)) {
		if (vm_enough_memory(pages))
			return -ENOMEM;
		p->charged += pages;
	}
	return 0;
}

static int alloc_spares(struct mprotect *p, const struct vm_area_struct *first,
			const struct vm_area_struct *last)
{
	int needed = (p->start > first->vm_start) + (p->end < last->vm_end);

	if (needed && p->mm->map_count + needed > sysctl_max_map_count)
		return -ENOMEM;
	for (int i = 0; i < needed; i++) {
		p->spare[i] = vm_area_alloc();
		if (!p->spare[i])
			return -ENOMEM;
	}
	return 0;
}

static int mprotect_check(struct mprotect *p)
{
	struct vm_area_struct *first = vma_lookup(p->mm, p->start), *vma = first;

	for (unsigned long addr = p->start;; vma = vma->vm_next) {
		int error;

		if (!vma || vma->vm_start > addr)
			return -ENOMEM;
		error = check_vma(p, vma);
		if (error)
			return error;
		addr = vma->vm_end;
		if (addr >= p->end)
			return alloc_spares(p, first, vma);
	}
}

static void mprotect_abandon(struct mprotect *p)
{
	vm_unacct_memory(p->charged);
	vm_area_free(p->spare[0]);
	vm_area_free(p->spare[1]);
}

/* --- performing --- */

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

static void change_protection(struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, next;
	bool less = false;
	pte_t *pmd;

	for (; (pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end)); addr = next) {
		next = pmd_addr_end(addr, vma->vm_end);
		less |= change_pte_range(vma, pmd, addr, next);
	}
	if (less)
		flush_tlb_range(vma->vm_mm, vma->vm_start, vma->vm_end);
}

static struct vm_area_struct *take_spare(struct mprotect *p)
{
	int i = p->spare[0] ? 0 : 1;
	struct vm_area_struct *spare = p->spare[i];

	p->spare[i] = NULL;
	return spare;
}

/* All of @vma gets the new protection; what it has become after joining with its neighbours. */
static struct vm_area_struct *mprotect_fixup(struct mprotect *p, struct vm_area_struct *vma)
{
	unsigned long flags = new_flags(p, vma);

	if (flags == vma->vm_flags)
		return vma;
	if (needs_charge(p, vma))
		flags |= VM_ACCOUNT;
	vm_stat_account(p->mm, vma->vm_flags, -(long)vma_pages(vma));
	vm_stat_account(p->mm, flags, vma_pages(vma));
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	change_protection(vma);
	return vma_merge_neighbours(p->mm, vma);
}

static void mprotect_perform(struct mprotect *p)
{
	struct vm_area_struct *vma = find_vma(p->mm, p->start);

	if (vma->vm_start < p->start) {
		vma_split(p->mm, vma, p->start, take_spare(p));
		vma = vma->vm_next;
	}
	for (;;) {
		if (vma->vm_end > p->end)
			vma_split(p->mm, vma, p->end, take_spare(p));
		vma = mprotect_fixup(p, vma);
		if (vma->vm_end >= p->end)
			return;
		vma = vma->vm_next;
	}
}

static int mprotect_locked(struct mprotect *p)
{
	int error = mprotect_check(p);

	if (error)
		mprotect_abandon(p);
	else
		mprotect_perform(p);
	return error;
}

/* PROT_GROWSDOWN extends the range to the begin of the stack it begins in.  0 or -errno. */
static int apply_growsdown(struct mprotect *p, unsigned long prot)
{
	struct vm_area_struct *vma = find_vma(p->mm, p->start);

	if (!vma)
		return -ENOMEM;
	if (!(prot & PROT_GROWSDOWN))
		return 0;
	if (vma->vm_start >= p->end)
		return -ENOMEM;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EINVAL;
	p->start = vma->vm_start;
	return 0;
}

int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long len, unsigned long prot)
{
	struct mprotect p = {
		.mm = mm, .start = start, .access = prot & (PROT_READ | PROT_WRITE | PROT_EXEC),
	};
	int error;

	if ((prot & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_ALIGN(len);
	p.end = start + len;
	if (p.end <= start)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = apply_growsdown(&p, prot);
	if (!error)
		error = mprotect_locked(&p);
	mmap_write_unlock(mm);
	return error;
}

SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot)
{
	return do_mprotect(current->mm, start, len, prot);
}
