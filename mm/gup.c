// SPDX-License-Identifier: MIT
/*
 * Getting at user pages: look at the entry; if it does not do, fault as the user would have, and
 * look again.
 *
 * G1 A folio is used outside the page-table lock only with a reference taken under it.
 * G2 Writing goes into a writable entry, or into an exclusive anonymous folio of a mapping that
 *    the user himself may not write: never into what somebody else has too.
 */
#include "mm/gup.h"

#include "arch/riscv/tlb.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/memory.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"

static bool can_write_pte(pte_t pte, const struct folio *folio)
{
	return pte_write(pte) ||
	       (!pte_special(pte) && folio_test_anon(folio) && folio_test_anon_exclusive(folio));
}

/* The folio that is present at @addr, with a reference; NULL: a fault is needed. */
static struct folio *follow_page(struct mm_struct *mm, unsigned long addr, bool write)
{
	pte_t *pmd = mm_find_pmd(mm, addr), pte;
	struct folio *folio = NULL;
	struct spinlock *ptl;

	if (!pmd)
		return NULL;
	pte = *pte_offset_map_lock(pmd, addr, &ptl);
	if (pte_present(pte)) {
		folio = pfn_folio(pte_pfn(pte));
		if (!write || can_write_pte(pte, folio))
			folio_get(folio);
		else
			folio = NULL;
	}
	spin_unlock(ptl);
	return folio;
}

/* ERR_PTR(-EFAULT): not mapped or not permitted.  mmap_lock held. */
static struct folio *get_user_page(struct mm_struct *mm, struct vm_area_struct *vma,
				   unsigned long addr, bool write)
{
	unsigned int flags = FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0);
	struct folio *folio;

	if (write && !(vma->vm_flags & VM_WRITE) && !is_cow_mapping(vma->vm_flags))
		return ERR_PTR(-EFAULT);
	if (!write && !(vma->vm_flags & VM_MAYREAD))
		return ERR_PTR(-EFAULT);
	while (!(folio = follow_page(mm, addr, write)))
		if (handle_mm_fault(vma, addr, flags) & VM_FAULT_ERROR ||
		    fatal_signal_pending(current))
			return ERR_PTR(-EFAULT);
	return folio;
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
	if (!folio_test_anon(folio) && folio_mapping(folio))
		folio_mark_dirty(folio);
}

size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	size_t done = 0;

	if (mmap_read_lock_killable(mm))
		return 0;
	while (done < len) {
		size_t part = min(len - done, (size_t)PAGE_SIZE - offset_in_page(addr));
		struct vm_area_struct *vma = vma_lookup(mm, addr);
		struct folio *folio = vma ? get_user_page(mm, vma, addr, write) : NULL;

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

void mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long addr = start, end = start + len;

	while (addr < end) {
		struct vm_area_struct *vma;
		struct folio *folio;

		/* The lock is given up between pages: others may map and unmap meanwhile. */
		if (mmap_read_lock_killable(mm))
			return;
		vma = vma_lookup(mm, addr);
		folio = vma && vma->vm_flags & VM_ACCESS_FLAGS ?
			get_user_page(mm, vma, addr,
				      (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE) : NULL;
		mmap_read_unlock(mm);
		if (IS_ERR_OR_NULL(folio))
			return;
		folio_put(folio);
		addr += PAGE_SIZE;
	}
}
