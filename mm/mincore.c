// SPDX-License-Identifier: MIT
/*
 * mincore(2): which pages would not wait for a disk if they were touched.  A byte a page, bit 0: it
 * is in memory, that is mapped, or in the page cache of a mapped file.  Anonymous memory never
 * touched counts as not there.
 */
#include "mm/mincore.h"

#include "arch/riscv/uaccess.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/filemap.h"
#include "mm/mmap.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/shmem_swap.h"
#include "mm/swap_state.h"

/* {0}: nothing is. */
static bool in_swap_cache(swp_entry_t entry)
{
	struct swap_info_struct *si = get_swap_device(entry);
	struct folio *folio;
	bool present = false;

	if (!si)
		return false;
	folio = swap_cache_lookup(si, swp_offset(entry));
	if (folio) {
		present = folio_test_uptodate(folio);
		folio_put(folio);
	}
	put_swap_device(si);
	return present;
}

static bool in_page_cache(const struct vm_area_struct *vma, unsigned long addr)
{
	struct address_space *mapping;
	struct folio *folio;
	bool present;

	if (!vma->vm_file)
		return false;
	mapping = vma->vm_file->f_mapping;
	folio = filemap_get_folio(mapping, linear_page_index(vma, addr));
	if (!folio)
		return shmem_mapping(mapping) &&
		       in_swap_cache(shmem_swapped(mapping->host, linear_page_index(vma, addr)));
	present = folio_test_uptodate(folio);
	folio_put(folio);
	return present;
}

static bool page_in_memory(const struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *pmd = mm_find_pmd(vma->vm_mm, addr);

	pte_t pte = pmd ? ptep_get(pte_offset(pmd, addr)) : (pte_t){ 0 };

	if (is_swap_pte(pte))
		return in_swap_cache(pte_to_swp_entry(pte));
	return pte_present(pte) || in_page_cache(vma, addr);
}

bool can_do_mincore(const struct vm_area_struct *vma)
{
	struct inode *inode;

	if (vma_is_anonymous(vma))
		return true;
	if (!vma->vm_file)
		return false;
	inode = file_inode(vma->vm_file);
	return inode_owner_or_capable(inode) || !inode_permission(inode, MAY_WRITE);
}

long do_mincore(struct mm_struct *mm, unsigned long addr, unsigned long pages, u8 *vec)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	bool told;

	if (!vma)
		return -ENOMEM;
	pages = min(pages, (vma->vm_end - addr) >> PAGE_SHIFT);
	told = can_do_mincore(vma);
	for (unsigned long i = 0; i < pages; i++, addr += PAGE_SIZE)
		vec[i] = !told || page_in_memory(vma, addr);
	return pages;
}

/* In pieces, since vec may lie in memory whose fault takes the same lock. */
static int mincore_range(unsigned long start, unsigned long pages, u8 __user *vec, u8 *buf)
{
	struct mm_struct *mm = current->mm;

	while (pages) {
		long done;

		mmap_read_lock(mm);
		done = do_mincore(mm, start, min(pages, (unsigned long)PAGE_SIZE), buf);
		mmap_read_unlock(mm);
		if (done < 0)
			return done;
		if (copy_to_user(vec, buf, done))
			return -EFAULT;
		start += done << PAGE_SHIFT;
		pages -= done;
		vec += done;
		cond_resched();
	}
	return 0;
}

SYSCALL_DEFINE3(mincore, unsigned long, start, size_t, len, u8 __user *, vec)
{
	unsigned long pages = (len >> PAGE_SHIFT) + !!offset_in_page(len);
	u8 *buf;
	int error;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok((void __user *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	buf = (u8 *)__get_free_page(GFP_KERNEL);
	if (!buf)
		return -EAGAIN;
	error = mincore_range(start, pages, vec, buf);
	free_page((unsigned long)buf);
	return error;
}
