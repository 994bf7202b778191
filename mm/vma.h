// SPDX-License-Identifier: MIT
/*
 * The VMAs of an mm as a set: found by address, kept in order, joined where they are alike, and the
 * free gaps between them.  "Locked" is mmap_lock: for reading where one looks, for writing where
 * one changes.
 *
 * Nothing here fails, allocates or touches a page: mm/vm_area.c checks and allocates before,
 * mm/memory.c does the pages.  What changes a VMA may sleep, for the locks of the trees that rmap
 * looks into.
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "mm/mm_types.h"

extern unsigned long stack_guard_gap;	/* bytes kept free below a stack */

struct vm_area_struct *__find_vma(struct mm_struct *mm, unsigned long addr);

/* The first VMA that ends above @addr (it may begin above it too); NULL: none.  Locked. */
static inline struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->vmacache);

	if (likely(vma && vma->vm_start <= addr && addr < vma->vm_end))
		return vma;
	return __find_vma(mm, addr);
}

/* As find_vma, and in *@prev the VMA before that place. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev);

/* The VMA that contains @addr, or NULL. */
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

/* The first VMA that has a byte of [start, end). */
static inline struct vm_area_struct *find_vma_intersection(struct mm_struct *mm,
							   unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

/* Iteration by address: for (vma = vma_first(mm); vma; vma = vma_next(vma)). */
static inline struct vm_area_struct *vma_first(struct mm_struct *mm)
{
	return mm->mmap;
}

static inline struct vm_area_struct *vma_next(struct vm_area_struct *vma)
{
	return vma->vm_next;
}

/* Where the room that @vma needs begins: below a stack that is the guard gap's begin. */
static inline unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return vma->vm_start;
	return vma->vm_start > stack_guard_gap ? vma->vm_start - stack_guard_gap : 0;
}

/* Into tree and list; its place is free. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/* New bounds, within the free room around it; vm_pgoff follows vm_start. */
void vma_resize(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		unsigned long end);
/*
 * The free range that @desc describes (bounds, flags, file, ops, pgoff; in no tree) is given to the
 * neighbours that have the same properties.  The VMA that contains it now, or NULL: there is no
 * such neighbour.
 */
struct vm_area_struct *vma_merge_range(struct mm_struct *mm, const struct vm_area_struct *desc);
/* Joins @vma with the neighbours that are like it.  What it has become; the others are freed. */
struct vm_area_struct *vma_merge_neighbours(struct mm_struct *mm, struct vm_area_struct *vma);
/*
 * [start, end) of @vma shall have @flags.  If it reaches to one end of @vma, and the neighbour
 * there is just like that, it becomes part of the neighbour, which is returned; else NULL.
 */
struct vm_area_struct *vma_shift_edge(struct mm_struct *mm, struct vm_area_struct *vma,
				      unsigned long start, unsigned long end, unsigned long flags);
/* @vma keeps what is below @addr; @spare, of vma_alloc_spare(@vma), becomes the VMA of the rest. */
void vma_split(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr,
	       struct vm_area_struct *spare);

/*
 * The highest free @len bytes within [low, high), stacks' guard gaps not counted as free: the
 * address, or 0. @low is not 0.
 */
unsigned long vm_unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high);

/* Asserts the invariants of vma.c; the number of the first that is broken, or 0. */
int vma_check(struct mm_struct *mm);

#endif
