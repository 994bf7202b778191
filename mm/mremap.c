// SPDX-License-Identifier: MIT
/*
 * mremap(2), in the order of preference:
 *
 *   shrink    the tail is unmapped
 *   same size nothing to do
 *   grow      in place, if the VMA ends there and the room behind it is free
 *   move      a VMA like the old one elsewhere, the entries carried over, the old range unmapped
 *
 * V1 An entry is in one of the two places at any time, never in both; one fence for each leaf
 *    table before the new place can be used, since mmap_lock is held for writing until then.
 * V2 Everything that can fail (VMA, tables at the new place, limits) comes before the first
 *    entry moves.
 */
#include "mm/mremap.h"

#include <linux/mman.h>
#include "arch/riscv/tlb.h"
#include "fs/file.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/gup.h"
#include "mm/memory.h"
#include "mm/mlock.h"
#include "mm/mmap.h"
#include "mm/overcommit.h"
#include "mm/pgtable.h"
#include "mm/rmap.h"

struct mremap {
	struct mm_struct *mm;
	unsigned long addr, old_len, new_len, new_addr;	/* bytes, page aligned */
	unsigned long flags;				/* MREMAP_* */
};

/* The VMA of the old range if it may become @m->new_len long; or ERR_PTR. */
static struct vm_area_struct *vma_to_resize(const struct mremap *m)
{
	struct vm_area_struct *vma = vma_lookup(m->mm, m->addr);
	unsigned long grow = m->new_len - m->old_len;
	pgoff_t pgoff;

	if (!vma)
		return ERR_PTR(-EFAULT);
	/*
	 * Length 0 makes a second mapping of shared memory: of private memory it would be no copy.
	 */
	if (!m->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if (m->flags & MREMAP_DONTUNMAP && vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EINVAL);
	if (m->old_len > vma->vm_end - m->addr)
		return ERR_PTR(-EFAULT);
	if (m->new_len == m->old_len)
		return vma;
	pgoff = linear_page_index(vma, m->addr);
	if (pgoff + (m->new_len >> PAGE_SHIFT) < pgoff)
		return ERR_PTR(-EINVAL);
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (!mlock_future_allowed(m->mm, vma->vm_flags, grow))
		return ERR_PTR(-EAGAIN);
	return may_expand_vm(m->mm, vma->vm_flags, grow >> PAGE_SHIFT) ? vma : ERR_PTR(-ENOMEM);
}

static void mremap_account(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	vm_stat_account(mm, vm_flags, pages);
	account_locked(mm, vm_flags, pages);
}

static bool can_grow_in_place(const struct mremap *m, const struct vm_area_struct *vma)
{
	unsigned long end = m->addr + m->new_len;

	return m->addr + m->old_len == vma->vm_end && end > vma->vm_end && end <= TASK_SIZE &&
	       (!vma->vm_next || vma->vm_next->vm_start >= end);
}

static unsigned long grow_in_place(const struct mremap *m, struct vm_area_struct *vma)
{
	unsigned long pages = (m->new_len - m->old_len) >> PAGE_SHIFT;

	if (vma->vm_flags & VM_ACCOUNT && vm_enough_memory(pages))
		return -ENOMEM;
	vma_resize(m->mm, vma, vma->vm_start, m->addr + m->new_len);
	mremap_account(m->mm, vma->vm_flags, pages);
	vma_merge_neighbours(m->mm, vma);
	return m->addr;
}

/* Leaf tables at the new place for every one at the old.  0 or -ENOMEM. */
static int alloc_new_tables(const struct mremap *m)
{
	unsigned long addr = m->addr, end = m->addr + m->old_len, next, first, last;

	for (; next_pmd(m->mm, &addr, end); addr = next) {
		next = pmd_addr_end(addr, end);
		first = m->new_addr + (addr - m->addr);
		last = m->new_addr + (next - m->addr) - PAGE_SIZE;
		/* The two places may be aligned differently: one old table can need two. */
		for (; ; first = min(last, (first & PMD_MASK) + PMD_SIZE)) {
			pte_t *pmd = pmd_alloc(m->mm, first);

			if (!pmd || pte_alloc(m->mm, pmd))
				return -ENOMEM;
			if ((first & PMD_MASK) == (last & PMD_MASK))
				break;
		}
	}
	return 0;
}

/* Carries the entries of [addr, end), within one leaf table, over. */
static void move_ptes(const struct mremap *m, pte_t *old_pmd, unsigned long addr, unsigned long end)
{
	struct spinlock *ptl = pte_lockptr(old_pmd), *new_ptl;
	unsigned long start = addr;
	pte_t *old, *new, pte;

	for (; addr < end; addr += PAGE_SIZE) {
		unsigned long to = m->new_addr + (addr - m->addr);
		pte_t *new_pmd;

		old = pte_offset(old_pmd, addr);
		if (pte_none(ptep_get(old)))
			continue;
		new_pmd = mm_find_pmd(m->mm, to);
		new = pte_offset(new_pmd, to);
		new_ptl = pte_lockptr(new_pmd);
		/*
		 * Source before destination; the order matters to nobody else: mmap_lock is held
		 * for writing.
		 */
		spin_lock(ptl);
		if (new_ptl != ptl)
			spin_lock_nested(new_ptl);
		pte = ptep_get_and_clear(old);
		set_pte(new, pte_mksoft_dirty(pte));	/* what is at the new place is new there */
		if (new_ptl != ptl)
			spin_unlock(new_ptl);
		spin_unlock(ptl);
	}
	flush_tlb_range(m->mm, start, end);
}

static void move_page_tables(const struct mremap *m, const struct vm_area_struct *new)
{
	unsigned long addr = m->addr, end = m->addr + m->old_len, next;
	pte_t *pmd;

	/*
	 * A walk or a truncation that has looked at the new place already must not miss what
	 * arrives there.
	 */
	rmap_lock(new, new->anon_vma);
	for (; (pmd = next_pmd(m->mm, &addr, end)); addr = next) {
		next = pmd_addr_end(addr, end);
		move_ptes(m, pmd, addr, next);
	}
	rmap_unlock(new, new->anon_vma);
}

/*
 * Promises what the new place needs beyond what the old one, which is to go, has been promised.
 * 0 or -ENOMEM.
 */
static int charge_new_place(const struct mremap *m, const struct vm_area_struct *vma)
{
	unsigned long taken_over = m->flags & MREMAP_DONTUNMAP ? 0 : m->old_len;

	if (!(vma->vm_flags & VM_ACCOUNT))
		return 0;
	if (vm_enough_memory((m->new_len - taken_over) >> PAGE_SHIFT))
		return -ENOMEM;
	/* Unmapping the old place takes it back there. */
	vm_acct_memory(taken_over >> PAGE_SHIFT);
	return 0;
}

/* A VMA like @vma for the new range, in no tree; its pages are promised.  NULL: no memory. */
static struct vm_area_struct *new_place(const struct mremap *m, struct vm_area_struct *vma)
{
	struct vm_area_struct *new;

	if (charge_new_place(m, vma))
		return NULL;
	new = vma_alloc_spare(vma);
	if (!new) {
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(m->new_len >> PAGE_SHIFT);
		return NULL;
	}
	vma_copy(new, vma);
	new->vm_pgoff = linear_page_index(vma, m->addr);
	/*
	 * Untouched anonymous memory is numbered by its address; what has pages keeps its numbers.
	 */
	if (vma_is_anonymous(vma) && !vma->anon_vma)
		new->vm_pgoff = m->new_addr >> PAGE_SHIFT;
	new->vm_start = m->new_addr;
	new->vm_end = m->new_addr + m->new_len;
	rmap_lock(vma, vma->anon_vma);
	anon_vma_clone(new, vma);
	rmap_unlock(vma, vma->anon_vma);
	return new;
}

/* MREMAP_DONTUNMAP: the old range stays, without pages, and nothing of it is locked. */
static void leave_old_range(const struct mremap *m, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_LOCKED)
		m->mm->locked_vm -= vma_pages(vma);
	vma->vm_flags &= ~VM_LOCKED_MASK;
	if (vma->vm_start != m->addr || vma->vm_end != m->addr + m->old_len)
		return;
	unlink_anon_vmas(vma);
	if (vma_is_anonymous(vma))
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
}

static void unmap_old_range(const struct mremap *m)
{
	unsigned long hiwater_vm = m->mm->hiwater_vm;

	/* Should the hole find no memory, the old range stays mapped, empty. */
	if (m->old_len)
		do_munmap(m->mm, m->addr, m->old_len);
	/* For a moment both places were there; nobody had that much. */
	m->mm->hiwater_vm = max(hiwater_vm, m->mm->total_vm);
}

static unsigned long move_vma(struct mremap *m, struct vm_area_struct *vma)
{
	struct vm_area_struct *new;
	int error;

	/* The hole that the old range leaves may split its VMA. */
	if (m->mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	error = vma_may_split(vma, m->addr) ?: vma_may_split(vma, m->addr + m->old_len);
	/* What stays behind is unlocked: that must be just the old range. */
	if (!error && m->flags & MREMAP_DONTUNMAP && vma->vm_flags & VM_LOCKED)
		error = vma_isolate(&vma, m->addr, m->addr + m->old_len);
	if (error)
		return error;
	new = new_place(m, vma);
	if (!new)
		return -ENOMEM;
	mremap_account(m->mm, new->vm_flags, vma_pages(new));
	vma_link(m->mm, new);
	error = alloc_new_tables(m);
	if (error) {
		do_munmap(m->mm, m->new_addr, m->new_len);
		return error;
	}
	move_page_tables(m, new);
	if (m->flags & MREMAP_DONTUNMAP)
		leave_old_range(m, vma);
	vma_merge_neighbours(m->mm, new);
	if (!(m->flags & MREMAP_DONTUNMAP))
		unmap_old_range(m);
	return m->new_addr;
}

/* Makes room where MREMAP_FIXED wants to go, and cuts off what a shorter new length leaves over. */
static int unmap_for_move(struct mremap *m)
{
	int error = m->flags & MREMAP_FIXED ? do_munmap(m->mm, m->new_addr, m->new_len) : 0;

	if (!error && m->old_len > m->new_len) {
		error = do_munmap(m->mm, m->addr + m->new_len, m->old_len - m->new_len);
		m->old_len = m->new_len;
	}
	return error;
}

/* MREMAP_FIXED: the caller says where; what is there goes.  Or MREMAP_DONTUNMAP, perhaps both. */
static unsigned long mremap_to(struct mremap *m)
{
	struct vm_area_struct *vma;
	unsigned long to;
	int error;

	if (offset_in_page(m->new_addr))
		return -EINVAL;
	if (m->new_len > TASK_SIZE || m->new_addr > TASK_SIZE - m->new_len)
		return -EINVAL;
	if (m->addr + m->old_len > m->new_addr && m->new_addr + m->new_len > m->addr)
		return -EINVAL;
	if (m->mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	error = unmap_for_move(m);
	if (error)
		return error;
	vma = vma_to_resize(m);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (m->flags & MREMAP_DONTUNMAP &&
	    !may_expand_vm(m->mm, vma->vm_flags, m->old_len >> PAGE_SHIFT))
		return -ENOMEM;
	to = get_unmapped_area(m->mm, m->new_addr, m->new_len,
			       m->flags & MREMAP_FIXED ? MAP_FIXED : 0);
	if (IS_ERR_VALUE(to))
		return to;
	m->new_addr = to;
	return move_vma(m, vma);
}

static unsigned long mremap_locked(struct mremap *m)
{
	struct vm_area_struct *vma = vma_lookup(m->mm, m->addr);
	int error;

	if (!vma)
		return -EFAULT;
	if (m->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(m);
	if (m->old_len >= m->new_len) {
		error = m->old_len == m->new_len ? 0 :
			do_munmap(m->mm, m->addr + m->new_len, m->old_len - m->new_len);
		return error ? (unsigned long)error : m->addr;
	}
	vma = vma_to_resize(m);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	if (can_grow_in_place(m, vma))
		return grow_in_place(m, vma);
	if (!(m->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	m->new_addr = get_unmapped_area(m->mm, 0, m->new_len, 0);
	return IS_ERR_VALUE(m->new_addr) ? m->new_addr : move_vma(m, vma);
}

/* Did the call make locked memory longer?  It was successful; locked. */
static bool must_populate(const struct mremap *m, unsigned long at)
{
	const struct vm_area_struct *vma;

	if (m->new_len <= m->old_len)
		return false;
	vma = vma_lookup(m->mm, at);
	return vma && vma->vm_flags & VM_LOCKED;
}

unsigned long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			unsigned long new_len, unsigned long flags, unsigned long new_addr)
{
	struct mremap m = {
		.mm = mm, .addr = addr, .old_len = PAGE_ALIGN(old_len),
		.new_len = PAGE_ALIGN(new_len), .new_addr = new_addr, .flags = flags,
	};
	unsigned long ret;
	bool populate;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	/* Leaving the old range where it is means to move, and to keep the size. */
	if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (offset_in_page(addr) || !m.new_len)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = mremap_locked(&m);
	populate = !IS_ERR_VALUE(ret) && must_populate(&m, ret);
	mmap_write_unlock_gone(mm);
	if (populate)
		mm_populate(mm, ret + m.old_len, m.new_len - m.old_len);
	return ret;
}

SYSCALL_DEFINE5(mremap, unsigned long, addr, unsigned long, old_len, unsigned long, new_len,
		unsigned long, flags, unsigned long, new_addr)
{
	return do_mremap(current->mm, addr, old_len, new_len, flags, new_addr);
}
