// SPDX-License-Identifier: MIT
/*
 * VMAs hang in a red-black tree by address and in a list in the same order.  Each node also knows
 * the largest free gap of its subtree, where a VMA's gap is the room between its predecessor's end
 * and itself:
 *
 *        0         prev          vma                 TASK_SIZE
 *        |   gap   |####|  gap   |####|   (no node)  |
 *                       ^ prev->vm_end
 *                                ^ vm_start_gap(vma)
 *
 * so both a search by address and the search for a gap of a given length look at O(log n) nodes.
 *
 * I1 List and tree hold the same VMAs, in ascending order, without overlap; map_count is their
 *     number.
 * I2 Every node's rb_subtree_gap is the largest gap in front of it or of a VMA below it.
 * I3 vmacache is NULL or a VMA of the tree.
 */
#include "mm/vma.h"

#include "mm/mmap.h"
#include "mm/rmap.h"

unsigned long stack_guard_gap = 256UL << PAGE_SHIFT;

static inline struct vm_area_struct *vma_of(const struct rb_node *node)
{
	return rb_entry(node, struct vm_area_struct, vm_rb);
}

static unsigned long prev_end(const struct vm_area_struct *vma)
{
	return vma->vm_prev ? vma->vm_prev->vm_end : 0;
}

static unsigned long subtree_gap(const struct rb_node *node)
{
	return node ? vma_of(node)->rb_subtree_gap : 0;
}

static unsigned long largest_gap(const struct vm_area_struct *vma)
{
	unsigned long start = vm_start_gap(vma), end = prev_end(vma);
	unsigned long gap = start > end ? start - end : 0;

	gap = max(gap, subtree_gap(vma->vm_rb.rb_left));
	return max(gap, subtree_gap(vma->vm_rb.rb_right));
}

static bool compute_subtree_gap(struct rb_node *node)
{
	struct vm_area_struct *vma = vma_of(node);
	unsigned long gap = largest_gap(vma);

	if (vma->rb_subtree_gap == gap)
		return false;
	vma->rb_subtree_gap = gap;
	return true;
}

static const struct rb_augment_callbacks gap_augment = { compute_subtree_gap };

static void vma_gap_update(struct vm_area_struct *vma)
{
	if (vma)
		rb_augment_propagate(&vma->vm_rb, &gap_augment);
}

struct vm_area_struct *__find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct rb_node *node = mm->mm_rb.rb_node;
	struct vm_area_struct *vma = NULL;

	while (node) {
		struct vm_area_struct *here = vma_of(node);

		if (here->vm_end <= addr) {
			node = node->rb_right;
			continue;
		}
		vma = here;
		if (here->vm_start <= addr)
			break;
		node = node->rb_left;
	}
	if (vma)
		WRITE_ONCE(mm->vmacache, vma);
	return vma;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct rb_node *last;

	if (vma) {
		*prev = vma->vm_prev;
		return vma;
	}
	last = rb_last(&mm->mm_rb);
	*prev = last ? vma_of(last) : NULL;
	return NULL;
}

static void list_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	vma->vm_prev = prev;
	vma->vm_next = next;
	if (next)
		next->vm_prev = vma;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
}

static void list_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma->vm_next)
		vma->vm_next->vm_prev = vma->vm_prev;
	if (vma->vm_prev)
		vma->vm_prev->vm_next = vma->vm_next;
	else
		mm->mmap = vma->vm_next;
}

static void tree_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.rb_node, *parent = NULL;
	struct vm_area_struct *prev = NULL;

	while (*link) {
		parent = *link;
		if (vma->vm_end <= vma_of(parent)->vm_start) {
			link = &parent->rb_left;
		} else {
			prev = vma_of(parent);
			link = &parent->rb_right;
		}
	}
	/*
	 * Gaps are computed from the list, and a rotation passes no change on to the ancestors: so
	 * the successor's smaller gap is told to them before the tree changes shape, as its larger
	 * one is after that in tree_unlink().
	 */
	list_link(mm, vma, prev);
	vma_gap_update(vma->vm_next);
	rb_link_node(&vma->vm_rb, parent, link);
	vma->rb_subtree_gap = 0;
	rb_insert_augmented(&vma->vm_rb, &mm->mm_rb, &gap_augment);
	mm->map_count++;
}

static void tree_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	rb_erase_augmented(&vma->vm_rb, &mm->mm_rb, &gap_augment);
	list_unlink(mm, vma);
	vma_gap_update(vma->vm_next);
	mm->map_count--;
	if (mm->vmacache == vma)
		mm->vmacache = NULL;
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	tree_link(mm, vma);
	rmap_lock(vma, NULL);
	i_mmap_insert(vma);
	rmap_unlock(vma, NULL);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	rmap_unlink_vma(vma);
	tree_unlink(mm, vma);
}

static void set_bounds(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	vma->vm_pgoff += (long)(start - vma->vm_start) >> PAGE_SHIFT;
	vma->vm_start = start;
	vma->vm_end = end;
	vma_gap_update(vma);
	vma_gap_update(vma->vm_next);
}

void vma_resize(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long start,
		unsigned long end)
{
	/* Locked throughout: a walk finds the VMA either as it was or as it is. */
	rmap_lock(vma, vma->anon_vma);
	rmap_remove_vma(vma);
	set_bounds(vma, start, end);
	rmap_insert_vma(vma);
	rmap_unlock(vma, vma->anon_vma);
}

/*
 * May the pages of both be one VMA's, but for their anon_vmas?  VM_SOFTDIRTY does not keep them
 * apart: what they become has it if one of them had.
 */
static bool vma_alike(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	if ((a->vm_flags ^ b->vm_flags) & ~VM_SOFTDIRTY)
		return false;
	if (a->vm_file != b->vm_file || a->vm_ops != b->vm_ops)
		return false;
	if (a->vm_flags & (VM_IO | VM_PFNMAP | VM_DONTEXPAND) || (a->vm_ops && a->vm_ops->close))
		return false;
	return a->vm_private_data == b->vm_private_data;
}

static bool can_join(const struct vm_area_struct *low, const struct vm_area_struct *high)
{
	return low && high && low->vm_end == high->vm_start &&
	       low->vm_pgoff + vma_pages(low) == high->vm_pgoff && vma_alike(low, high);
}

/* @vma, or a new range like it, between two neighbours: which of them can it join? */
static void find_joins(const struct vm_area_struct *vma, const struct vm_area_struct *prev,
		       const struct vm_area_struct *next, bool *low, bool *high)
{
	*low = can_join(prev, vma) && anon_vma_mergeable(vma->anon_vma, prev);
	*high = can_join(vma, next) && anon_vma_mergeable(vma->anon_vma, next);
	/* Not both, if each has an anon_vma of its own. */
	if (*low && *high && prev->anon_vma && next->anon_vma && prev->anon_vma != next->anon_vma)
		*high = false;
}

/* @low takes over its neighbour's range and pages. */
static void vma_absorb_next(struct mm_struct *mm, struct vm_area_struct *low)
{
	struct vm_area_struct *high = low->vm_next;
	struct anon_vma *anon_vma = low->anon_vma ? low->anon_vma : high->anon_vma;
	unsigned long end = high->vm_end;

	low->vm_flags |= high->vm_flags & VM_SOFTDIRTY;
	rmap_lock(low, anon_vma);
	rmap_remove_vma(low);
	i_mmap_remove(high);
	if (!low->anon_vma && anon_vma) {
		anon_vma_trees_remove(high);
		anon_vma_take(low, high);
	}
	tree_unlink(mm, high);
	set_bounds(low, low->vm_start, end);
	rmap_insert_vma(low);
	rmap_unlock(low, anon_vma);
	vma_release(high);
}

struct vm_area_struct *vma_merge_neighbours(struct mm_struct *mm, struct vm_area_struct *vma)
{
	bool low, high;

	find_joins(vma, vma->vm_prev, vma->vm_next, &low, &high);
	if (high)
		vma_absorb_next(mm, vma);
	if (low) {
		vma = vma->vm_prev;
		vma_absorb_next(mm, vma);
	}
	return vma;
}

struct vm_area_struct *vma_merge_range(struct mm_struct *mm, const struct vm_area_struct *desc)
{
	struct vm_area_struct *prev, *next = find_vma_prev(mm, desc->vm_start, &prev);
	bool low, high;

	find_joins(desc, prev, next, &low, &high);
	if (low) {
		prev->vm_flags |= desc->vm_flags & VM_SOFTDIRTY;
		vma_resize(mm, prev, prev->vm_start, desc->vm_end);
		if (high)
			vma_absorb_next(mm, prev);
		return prev;
	}
	if (high) {
		next->vm_flags |= desc->vm_flags & VM_SOFTDIRTY;
		vma_resize(mm, next, desc->vm_start, next->vm_end);
		return next;
	}
	return NULL;
}

/* The border between two neighbours moves to @addr. */
static void vma_move_border(struct vm_area_struct *low, struct vm_area_struct *high,
			    unsigned long addr)
{
	struct anon_vma *anon_vma = low->anon_vma ? low->anon_vma : high->anon_vma;

	rmap_lock(low, anon_vma);
	rmap_remove_vma(low);
	rmap_remove_vma(high);
	set_bounds(low, low->vm_start, addr);
	set_bounds(high, addr, high->vm_end);
	rmap_insert_vma(low);
	rmap_insert_vma(high);
	rmap_unlock(low, anon_vma);
}

struct vm_area_struct *vma_shift_edge(struct mm_struct *mm, struct vm_area_struct *vma,
				      unsigned long start, unsigned long end, unsigned long flags)
{
	struct vm_area_struct part;
	bool low, high;

	if ((start == vma->vm_start) == (end == vma->vm_end))
		return NULL;
	part = *vma;
	part.vm_flags = flags;
	part.vm_start = start;
	part.vm_end = end;
	part.vm_pgoff = linear_page_index(vma, start);
	find_joins(&part, vma->vm_prev, vma->vm_next, &low, &high);
	if (low) {
		vma->vm_prev->vm_flags |= flags & VM_SOFTDIRTY;
		vma_move_border(vma->vm_prev, vma, end);
		return vma->vm_prev;
	}
	if (high) {
		vma->vm_next->vm_flags |= flags & VM_SOFTDIRTY;
		vma_move_border(vma, vma->vm_next, start);
		return vma->vm_next;
	}
	return NULL;
}

void vma_split(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr,
	       struct vm_area_struct *spare)
{
	vma_copy(spare, vma);
	spare->vm_start = addr;
	spare->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	rmap_lock(vma, vma->anon_vma);
	rmap_remove_vma(vma);
	set_bounds(vma, vma->vm_start, addr);
	rmap_insert_vma(vma);
	anon_vma_clone(spare, vma);
	tree_link(mm, spare);
	i_mmap_insert(spare);
	rmap_unlock(vma, vma->anon_vma);
}

/*
 * The highest fit in the gaps in front of the subtree's VMAs, 0 if none.  A subtree that lies
 * wholly within [low, high) and promises a gap has one, so the search turns back at the two bounds
 * only.  The depth is the tree's.
 */
static unsigned long highest_fit(const struct rb_node *node, unsigned long len, unsigned long low,
				 unsigned long high)
{
	const struct vm_area_struct *vma;
	unsigned long addr, start, end;

	if (subtree_gap(node) < len)
		return 0;
	vma = vma_of(node);
	if (vma->vm_end + len <= high) {
		addr = highest_fit(node->rb_right, len, low, high);
		if (addr)
			return addr;
	}
	start = max(prev_end(vma), low);
	end = min(vm_start_gap(vma), high);
	if (end >= start && end - start >= len)
		return end - len;
	/* All that is left ends at or below the predecessor. */
	return prev_end(vma) > low ? highest_fit(node->rb_left, len, low, high) : 0;
}

unsigned long vm_unmapped_area(struct mm_struct *mm, unsigned long len, unsigned long low,
			       unsigned long high)
{
	struct rb_node *last = rb_last(&mm->mm_rb);
	unsigned long start = max(last ? vma_of(last)->vm_end : 0, low);

	if (high >= start && high - start >= len)
		return high - len;
	return highest_fit(mm->mm_rb.rb_node, len, low, high);
}

int vma_check(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *prev = NULL;
	struct rb_node *node = rb_first(&mm->mm_rb);
	bool cached = !mm->vmacache;
	int count = 0;

	for (vma = mm->mmap; vma; prev = vma, vma = vma->vm_next, node = rb_next(node), count++) {
		if (node != &vma->vm_rb || vma->vm_prev != prev || vma->vm_start >= vma->vm_end)
			return 1;
		if (prev && prev->vm_end > vma->vm_start)
			return 1;
		if (vma->rb_subtree_gap != largest_gap(vma))
			return 2;
		cached |= mm->vmacache == vma;
	}
	if (node || count != mm->map_count)
		return 1;
	return cached ? 0 : 3;
}
