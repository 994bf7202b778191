// SPDX-License-Identifier: MIT
/*
 * VMAs: which addresses of an mm mean what.  Addresses and lengths in bytes; "locked" is mmap_lock, for reading where
 * one looks and for writing where one changes.  Nothing here touches a page: mm/memory.c does.
 *
 * mmap, munmap, mprotect, mremap and brk check everything first and allocate what they need; the step that
 * changes the tree then cannot fail, so an error leaves the address space as it was.
 */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include "mm/mm_types.h"

extern int sysctl_max_map_count;	/* vm.max_map_count: VMAs per process */
extern int sysctl_overcommit_memory;	/* 0 heuristic, 1 always, 2 as 0 */
extern unsigned long stack_guard_gap;	/* bytes kept free below a stack */
extern unsigned long mmap_min_addr;	/* lowest address a mapping may ask for */
extern atomic_long_t vm_committed_as;	/* pages promised: Committed_AS */

/* The first VMA that ends above @addr (it may begin above it too); NULL: none.  Locked. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* The VMA that contains @addr, or NULL. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);
/* The first VMA that has a byte of [start, end). */
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start, unsigned long end);
/* As find_vma, and in *@prev the VMA before that place. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr, struct vm_area_struct **prev);

/* Iteration by address: for (vma = vma_first(mm); vma; vma = vma_next(vma)) under mmap_lock. */
static inline struct vm_area_struct *vma_first(struct mm_struct *mm)
{
	return mm->mmap;
}

static inline struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return vma->vm_next;
}

/* "[heap]", "[stack]", "[vdso]"; NULL: the file's path, or nothing.  Locked. */
const char *arch_vma_name(struct vm_area_struct *vma);

/*
 * What mmap(2) and exec do with a file or (NULL) anonymous memory: the address, or -errno.  @off in bytes, page
 * aligned.  Takes the lock.
 */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long off);
int vm_munmap(unsigned long start, unsigned long len);
/* Anonymous private memory at [addr, addr + len), as brk makes it; @flags: VM_EXEC or 0.  current's mm. */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags);

/*
 * For an mm that exec is building, not yet anybody's:
 * A stack VMA that ends at @top (page aligned), a few pages long; it grows by faults.  0 or -errno.
 */
int insert_stack_vma(struct mm_struct *mm, unsigned long top);
/* Fixes the layout for RLIMIT_STACK before the first mmap: mmap_base. */
void arch_pick_mmap_layout(struct mm_struct *mm);
/*
 * Maps @pages (NULL-terminated; never freed) at @addr, seen by the user with VM_READ | VM_EXEC as in @flags.
 * The VMA for /proc/PID/maps is named @name.
 */
struct vm_special_mapping {
	const char *name;
	struct folio **pages;
};
int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len, unsigned long flags,
			    const struct vm_special_mapping *spec);
/* A free place of @len bytes, below mmap_base: the address or -ENOMEM.  Locked. */
unsigned long vm_unmapped_area(struct mm_struct *mm, unsigned long len);

/* Unmaps [start, start + len).  Locked for writing. */
int do_munmap(struct mm_struct *mm, unsigned long start, unsigned long len);
/* A copy of @vma that is in no tree, with its own references; NULL: no memory. */
struct vm_area_struct *vm_area_dup(struct vm_area_struct *vma);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
void vm_area_free(struct vm_area_struct *vma);	/* drops the file's and anon_vma's references */
/* Into tree and list.  Locked for writing; the place is free. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
/* Appends to the end of the list in order (fork); finish by the tree's own balance. */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr, bool new_below);
/*
 * [addr, end) is to have these properties: if a neighbour can take it over, it does, and that VMA is returned.  The
 * range is free, or one whole VMA whose flags change.
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev, unsigned long addr,
				 unsigned long end, unsigned long vm_flags, struct anon_vma *anon_vma,
				 struct file *file, pgoff_t pgoff);

/* [vm_start - gap below a stack, and the like, for who must keep away from it. */
unsigned long vm_start_gap(const struct vm_area_struct *vma);
/* The stack @vma shall reach down to @address: 0 or -ENOMEM.  Locked for reading is enough. */
int expand_stack(struct vm_area_struct *vma, unsigned long address);

pte_t vm_get_page_prot(unsigned long vm_flags);
/* New mappings are entered in the mm's statistics; @pages may be negative. */
void vm_stat_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
/* Frees all of a dying mm's mappings and tables.  Nobody else uses it. */
void exit_mmap(struct mm_struct *mm);
/* fork: fills the empty @mm.  0, -ENOMEM or -EINTR; what is there then, exit_mmap() takes away. */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm);

/* Asserts the invariants of mmap.c over one mm (mm/check.c's room).  Locked.  Returns the number broken, with a line each. */
int check_vmas(struct mm_struct *mm);

#endif
