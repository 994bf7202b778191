// SPDX-License-Identifier: MIT
/*
 * mincore(2): which pages would not wait for a disk if they were touched.  A byte a page, bit 0: it
 * is in memory, that is mapped, or in the page cache of a mapped file.  Anonymous memory never
 * touched counts as not there.
 */
#include "mm/mincore.h"

#include "arch/riscv/uaccess.h"
#include "fs/file.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/filemap.h"
#include "mm/mmap.h"
#include "mm/page_alloc.h"
#include "mm/pgtable.h"

static bool in_page_cache(const struct vm_area_struct *vma, unsigned long addr)
{
	struct folio *folio;
	bool present;

	if (!vma->vm_file)
		return false;
	folio = filemap_get_folio(vma->vm_file->f_mapping, linear_page_index(vma, addr));
	if (!folio)
		return false;
	present = folio_test_uptodate(folio);
	folio_put(folio);
	return present;
}

static bool page_in_memory(const struct vm_area_struct *vma, unsigned long addr)
{
	pte_t *pmd = mm_find_pmd(vma->vm_mm, addr);

	return (pmd && pte_present(ptep_get(pte_offset(pmd, addr)))) || in_page_cache(vma, addr);
}

int do_mincore(struct mm_struct *mm, unsigned long addr, unsigned long pages, u8 *vec)
{
	struct vm_area_struct *vma = NULL;

	for (unsigned long i = 0; i < pages; i++, addr += PAGE_SIZE) {
		if (!vma || addr >= vma->vm_end)
			vma = vma_lookup(mm, addr);
		if (!vma)
			return -ENOMEM;
		vec[i] = page_in_memory(vma, addr);
	}
	return 0;
}

SYSCALL_DEFINE3(mincore, unsigned long, start, size_t, len, u8 __user *, vec)
{
	unsigned long pages = PAGE_ALIGN(len) >> PAGE_SHIFT;
	struct mm_struct *mm = current->mm;
	u8 *buf;
	int error = 0;

	if (offset_in_page(start))
		return -EINVAL;
	if (!access_ok((void __user *)start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	buf = (u8 *)__get_free_page(GFP_KERNEL);
	if (!buf)
		return -EAGAIN;
	/* In pieces, since vec may lie in memory whose fault takes the same lock. */
	while (pages && !error) {
		unsigned long part = min(pages, (unsigned long)PAGE_SIZE);

		mmap_read_lock(mm);
		error = do_mincore(mm, start, part, buf);
		mmap_read_unlock(mm);
		if (!error && copy_to_user(vec, buf, part))
			error = -EFAULT;
		start += part << PAGE_SHIFT;
		pages -= part;
		vec += part;
	}
	free_page((unsigned long)buf);
	return error;
}
