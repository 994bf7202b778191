// SPDX-License-Identifier: MIT
/*
 * Table by table: where none is, next_pmd() goes on without a look at each address, and nobody is
 * kept from a table for longer than its 512 entries take.
 */
#include "mm/pagewalk.h"

#include "kernel/sched.h"

void walk_page_vma(struct vm_area_struct *vma, unsigned long start,
		   void (*visit)(void *data, pte_t *pte, unsigned long addr), void *data)
{
	unsigned long addr = start, next;
	struct spinlock *ptl;
	pte_t *pmd, *pte;

	while ((pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end))) {
		next = pmd_addr_end(addr, vma->vm_end);
		pte = pte_offset_map_lock(pmd, addr, &ptl);
		for (; addr < next; addr += PAGE_SIZE)
			visit(data, pte++, addr);
		spin_unlock(ptl);
		cond_resched();
	}
}
