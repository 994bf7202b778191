// SPDX-License-Identifier: MIT
/*
 * Getting at user pages: look at the entry; if it does not do, fault as the user would have, and
 * look again.
 *
 * G1 A folio is used outside the page-table lock only with a reference taken under it.
 * G2 Writing goes into a writable entry: never into what somebody else has too, nor into what the
 *    user's next store would copy, away from who writes here.
 * G3 What is written shows as soft-dirty: a writable entry is.  A store that comes after the
 *    reference, by a device, is told by folios_stored(), since clear_refs may have been there in
 *    between.
 * G4 A reference that outlives mmap_lock is a pin, and an anonymous folio that gets one is
 *    exclusive; it stays so until the pin is gone.
 */
#include "mm/gup.h"

#include "arch/riscv/cacheflush.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"
#include "mm/swap.h"

/* Shared with another process, so that it is not to be pinned, even for reading (G4)? */
static bool must_unshare(pte_t pte, const struct folio *folio)
{
	return !pte_special(pte) && folio_test_anon(folio) && !folio_test_anon_exclusive(folio);
}

/* Does @pte, present, do for what @flags say? */
static bool pte_sufficient(pte_t pte, unsigned int flags)
{
	if (flags & FOLL_WRITE)
		return pte_write(pte);
	return !(flags & FOLL_PIN) || !must_unshare(pte, pfn_folio(pte_pfn(pte)));
}

/* The folio that is present at @addr, with a reference or a pin; NULL: a fault is needed. */
static struct folio *follow_page(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	pte_t *pmd = mm_find_pmd(mm, addr), pte;
	struct folio *folio = NULL;
	struct spinlock *ptl;

	if (!pmd)
		return NULL;
	pte = ptep_get(pte_offset_map_lock(pmd, addr, &ptl));
	if (pte_present(pte) && pte_sufficient(pte, flags)) {
		folio = pfn_folio(pte_pfn(pte));
		if (flags & FOLL_PIN)
			folio_pin(folio);
		else
			folio_get(folio);
		/* What the caller stores sets no D: MADV_FREE is over. */
		if (flags & FOLL_WRITE && folio_test_anon(folio) && !folio_test_swapbacked(folio))
			folio_mark_swapbacked(folio);
	}
	spin_unlock(ptl);
	return folio;
}

void folios_stored(struct folio **folios, unsigned int nr, struct mm_struct *mm, unsigned long addr)
{
	struct spinlock *ptl;
	pte_t *pmd, *pte;

	mmap_read_lock(mm);
	for (unsigned int i = 0; i < nr; i++, addr += PAGE_SIZE) {
		pmd = mm_find_pmd(mm, addr);
		if (!pmd)
			continue;
		pte = pte_offset_map_lock(pmd, addr, &ptl);
		if (pte_present(ptep_get(pte)) && pte_pfn(ptep_get(pte)) == folio_pfn(folios[i]))
			ptep_add_bits(pte, _PAGE_SOFT_DIRTY);
		spin_unlock(ptl);
	}
	mmap_read_unlock(mm);
}

/* The same question without a reference: the answer may be old when it comes. */
static bool page_present(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct folio *folio = follow_page(mm, addr, flags & FOLL_WRITE);

	if (folio)
		folio_put(folio);
	return folio;
}

int check_vma_flags(const struct vm_area_struct *vma, unsigned int flags)
{
	bool permitted;

	if (vma->vm_flags & VM_IO)
		return -EFAULT;
	if (flags & FOLL_WRITE)
		permitted = vma->vm_flags & VM_WRITE;
	else
		permitted = vma->vm_flags & (flags & FOLL_FORCE ? VM_READ | VM_MAYREAD : VM_READ);
	return permitted ? 0 : -EFAULT;
}

/* One fault as the user's own would be.  0, or what faultin_page_range() says. */
static int faultin_page(struct vm_area_struct *vma, unsigned long addr, unsigned int fault_flags)
{
	vm_fault_t ret = handle_mm_fault(vma, addr, fault_flags);

	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	if (ret & VM_FAULT_ERROR)
		return -EFAULT;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

struct folio *get_user_page(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	unsigned int fault_flags = FAULT_FLAG_REMOTE;
	int error = check_vma_flags(vma, flags);
	struct folio *folio;

	if (flags & FOLL_WRITE)
		fault_flags |= FAULT_FLAG_WRITE;
	else if (flags & FOLL_PIN)
		fault_flags |= FAULT_FLAG_UNSHARE;
	if (flags & FOLL_PIN)
		vma->vm_mm->has_pinned = true;
	while (!error) {
		folio = follow_page(vma->vm_mm, addr, flags);
		if (folio)
			return folio;
		error = faultin_page(vma, addr, fault_flags);
	}
	return ERR_PTR(error);
}

static void copy_folio_part(struct folio *folio, unsigned long addr, void *buf, size_t len,
			    bool write)
{
	char *kaddr = (char *)folio_address(folio) + offset_in_page(addr);

	if (!write) {
		memcpy(buf, kaddr, len);
		return;
	}
	memcpy(kaddr, buf, len);
	/* An anonymous one too: what its slot has is out of date now. */
	if (folio_test_anon(folio) || folio_mapping(folio))
		folio_mark_dirty(folio);
}

size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len,
			unsigned int flags)
{
	bool write = flags & FOLL_WRITE;
	size_t done = 0;

	if (mmap_read_lock_killable(mm))
		return 0;
	while (done < len) {
		size_t part = min(len - done, PAGE_SIZE - offset_in_page(addr));
		struct vm_area_struct *vma = vma_lookup(mm, addr);
		struct folio *folio = vma ? get_user_page(vma, addr, flags) : NULL;

		if (IS_ERR_OR_NULL(folio))
			break;
		copy_folio_part(folio, addr, (char *)buf + done, part, write);
		/* The harts that run it may have fetched what was there. */
		if (write && vma->vm_flags & VM_EXEC)
			flush_icache_mm(mm);
		folio_put(folio);
		done += part;
		addr += part;
	}
	mmap_read_unlock(mm);
	return done;
}

int faultin_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       unsigned int flags)
{
	unsigned int fault_flags = flags & FOLL_WRITE ? FAULT_FLAG_WRITE : 0;
	int error = check_vma_flags(vma, flags);

	for (unsigned long addr = start; addr < end && !error; addr += PAGE_SIZE) {
		while (!error && !page_present(vma->vm_mm, addr, flags))
			error = faultin_page(vma, addr, fault_flags);
		cond_resched();
	}
	return error;
}

int populate_vma_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int flags = 0;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT))
		return 0;
	/* A private page is copied now, not at the first store; a shared one is not dirtied. */
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		flags |= FOLL_WRITE;
	if (vma->vm_flags & VM_ACCESS_FLAGS)
		flags |= FOLL_FORCE;
	return faultin_page_range(vma, start, end, flags);
}

static int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end,
			  bool ignore_errors)
{
	struct vm_area_struct *vma;
	int error = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = find_vma_intersection(mm, start, end);
	for (; vma && vma->vm_start < end && !error; vma = vma_next(vma)) {
		error = populate_vma_page_range(vma, max(start, vma->vm_start),
						min(end, vma->vm_end));
		if (ignore_errors && error != -EINTR)
			error = 0;
	}
	mmap_read_unlock(mm);
	return error;
}

int mm_populate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	return populate_range(mm, start, end, false);
}

void mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	populate_range(mm, start, start + len, true);
}
