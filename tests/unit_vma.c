// SPDX-License-Identifier: MIT
/*
 * unit_vma.c - mm/vma.c: random mapping, unmapping, splitting and protecting of an address space of
 * a few hundred pages, against an array with one entry a page; searches for room against trying
 * every address.
 *
 * vma.c's own checker (I1 order, I2 gaps, I3 cache) runs after every step.
 */
#include "lib/string.h"
#include "tests/unit.h"

#include <stdlib.h>

/* Only the types of these are needed here: one thread, no locks. */
#define KERNEL_RWSEM_H
#define KERNEL_SPINLOCK_H
struct rw_semaphore {
	int unused;
};
struct spinlock {
	u32 unused;
};
static inline void down_read(struct rw_semaphore *sem)
{
}
static inline bool down_read_trylock(struct rw_semaphore *sem)
{
	return true;
}
static inline int down_read_killable(struct rw_semaphore *sem)
{
	return 0;
}
static inline void down_read_inline(struct rw_semaphore *sem)
{
}
static inline void up_read_inline(struct rw_semaphore *sem)
{
}
static inline void up_read(struct rw_semaphore *sem)
{
}
static inline void down_write(struct rw_semaphore *sem)
{
}
static inline int down_write_killable(struct rw_semaphore *sem)
{
	return 0;
}
static inline void up_write(struct rw_semaphore *sem)
{
}

#include "mm/vma.c"

#define FIRST		16UL		/* pages below it are never mapped */
#define PAGES		400UL
#define STEPS		20000
#define MANY		65530UL

unsigned long va_pa_offset, kernel_phys_base;
struct folio *folio_map;
unsigned long min_pfn, max_pfn;

static struct mm_struct mm;
static unsigned long model[PAGES];	/* vm_flags of each page; 0: free */
static long live;			/* VMAs that exist */

/* No file and no anonymous page: rmap has nothing to do. */
void __rmap_lock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
}

void __rmap_unlock(const struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
}

void i_mmap_insert(struct vm_area_struct *vma)
{
}

void i_mmap_remove(struct vm_area_struct *vma)
{
}

void rmap_insert_vma(struct vm_area_struct *vma)
{
}

void rmap_remove_vma(struct vm_area_struct *vma)
{
}

void rmap_unlink_vma(struct vm_area_struct *vma)
{
}

void anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
}

void anon_vma_trees_remove(struct vm_area_struct *vma)
{
}

void anon_vma_take(struct vm_area_struct *to, struct vm_area_struct *from)
{
}

void vma_copy(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	*dst = *src;
}

void vma_release(struct vm_area_struct *vma)
{
	free(vma);
	live--;
}

static struct vm_area_struct *alloc_vma(void)
{
	live++;
	return calloc(1, sizeof(struct vm_area_struct));
}

static unsigned long addr_of(unsigned long page)
{
	return page << PAGE_SHIFT;
}

static void reset(void)
{
	struct vm_area_struct *vma, *next;

	for (vma = mm.mmap; vma; vma = next) {
		next = vma->vm_next;
		vma_release(vma);
	}
	memset(&mm, 0, sizeof(mm));
	memset(model, 0, sizeof(model));
	EXPECT_EQ(live, 0);
}

static void map(unsigned long page, unsigned long pages, unsigned long flags)
{
	struct vm_area_struct *vma = alloc_vma();

	vma->vm_start = addr_of(page);
	vma->vm_end = addr_of(page + pages);
	vma->vm_flags = flags;
	vma->vm_pgoff = page;
	if (vma_merge_range(&mm, vma))
		vma_release(vma);
	else
		vma_link(&mm, vma);
}

/* As munmap does: cut at both ends, take out what is between. */
static void unmap(unsigned long page, unsigned long pages)
{
	unsigned long start = addr_of(page), end = addr_of(page + pages);
	struct vm_area_struct *vma = vma_lookup(&mm, start), *next;

	if (vma && vma->vm_start < start)
		vma_split(&mm, vma, start, alloc_vma());
	vma = vma_lookup(&mm, end);
	if (vma && vma->vm_start < end)
		vma_split(&mm, vma, end, alloc_vma());
	for (vma = find_vma(&mm, start); vma && vma->vm_start < end; vma = next) {
		next = vma->vm_next;
		vma_unlink(&mm, vma);
		vma_release(vma);
	}
}

/* As mprotect does within one VMA: a border moves, or it is cut and joined. */
static void protect(unsigned long page, unsigned long pages, unsigned long flags)
{
	unsigned long start = addr_of(page), end;
	struct vm_area_struct *vma = vma_lookup(&mm, start);

	/* What a stack is it stays: its gap counts from the day it was linked. */
	if (!vma || vma->vm_flags == flags || (vma->vm_flags ^ flags) & VM_GROWSDOWN)
		return;
	end = min(addr_of(page + pages), vma->vm_end);
	for (unsigned long p = page; p < end >> PAGE_SHIFT; p++)
		model[p] = flags;
	if (vma_shift_edge(&mm, vma, start, end, flags))
		return;
	if (vma->vm_start < start) {
		vma_split(&mm, vma, start, alloc_vma());
		vma = vma->vm_next;
	}
	if (vma->vm_end > end)
		vma_split(&mm, vma, end, alloc_vma());
	vma->vm_flags = flags;
	vma_merge_neighbours(&mm, vma);
}

static void check_model(void)
{
	unsigned long page, runs = 0;

	for (page = 0; page < PAGES; page++) {
		struct vm_area_struct *vma = vma_lookup(&mm, addr_of(page));

		EXPECT_EQ(vma ? vma->vm_flags : 0, model[page]);
		EXPECT(!vma || linear_page_index(vma, addr_of(page)) == page, "page %lu", page);
		runs += model[page] && (!page || model[page - 1] != model[page]);
	}
	EXPECT_EQ(mm.map_count, runs);
	EXPECT_EQ(live, runs);
}

/* Is the run free, and what follows it no stack that wants its guard gap? */
static bool fits(unsigned long page, unsigned long pages)
{
	unsigned long end = page + pages, p;

	for (p = page; p < end; p++)
		if (model[p])
			return false;
	while (p < PAGES && !model[p])
		p++;
	return p == PAGES || !(model[p] & VM_GROWSDOWN) || p - end >= stack_guard_gap >> PAGE_SHIFT;
}

/* The highest such run of @pages within [low, high); 0: none. */
static unsigned long brute_force(unsigned long pages, unsigned long low, unsigned long high)
{
	for (unsigned long page = high - pages; page >= low; page--)
		if (fits(page, pages))
			return addr_of(page);
	return 0;
}

static void check_room(void)
{
	unsigned long pages = 1 + unit_random_below(20);
	unsigned long low = FIRST + unit_random_below(PAGES / 4);
	unsigned long high = low + pages + unit_random_below(PAGES - low - pages);

	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(pages), addr_of(low), addr_of(high)),
		  brute_force(pages, low, high));
}

static void random_step(void)
{
	static const unsigned long kinds[] = { VM_READ, VM_READ | VM_WRITE,
		VM_READ | VM_GROWSDOWN };
	unsigned long page = FIRST + unit_random_below(PAGES - FIRST - 20),
		pages = 1 + unit_random_below(19);
	unsigned long flags = kinds[unit_random_below(3)];

	switch (unit_random_below(4)) {
	case 0:
		unmap(page, pages);
		for (unsigned long p = page; p < page + pages; p++)
			model[p] = 0;
		break;
	case 1:
		protect(page, pages, flags);
		break;
	default:
		unmap(page, pages);
		map(page, pages, flags);
		for (unsigned long p = page; p < page + pages; p++)
			model[p] = flags;
	}
}

UNIT_TEST(random_steps_agree_with_an_array)
{
	stack_guard_gap = 3 << PAGE_SHIFT;
	reset();
	for (int step = 0; step < STEPS; step++) {
		random_step();
		EXPECT(!vma_check(&mm), "step %d: I%d", step, vma_check(&mm));
		check_room();
		if (step % 16 == 0)
			check_model();
	}
	reset();
}

UNIT_TEST(room_is_found_at_the_top_and_only_where_it_is)
{
	stack_guard_gap = 3 << PAGE_SHIFT;
	reset();
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(1), addr_of(16), addr_of(100)), addr_of(99));
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(84), addr_of(16), addr_of(100)), addr_of(16));
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(85), addr_of(16), addr_of(100)), 0);
	map(90, 10, VM_READ | VM_GROWSDOWN);
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(1), addr_of(16), addr_of(100)), addr_of(86));
	map(80, 1, VM_READ);
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(7), addr_of(16), addr_of(100)), addr_of(73));
	reset();
}

UNIT_TEST(different_properties_do_not_merge)
{
	static const struct vm_operations_struct ops;
	struct vm_area_struct desc = {
		.vm_start = addr_of(20), .vm_end = addr_of(21), .vm_flags = VM_READ, .vm_pgoff = 20,
	};

	reset();
	map(19, 1, VM_READ);
	desc.vm_flags |= VM_WRITE;
	EXPECT_EQ(vma_merge_range(&mm, &desc), NULL);
	desc.vm_flags = VM_READ;
	desc.vm_pgoff = 21;
	EXPECT_EQ(vma_merge_range(&mm, &desc), NULL);
	desc.vm_pgoff = 20;
	desc.vm_ops = &ops;
	EXPECT_EQ(vma_merge_range(&mm, &desc), NULL);
	desc.vm_ops = NULL;
	EXPECT_EQ(vma_merge_range(&mm, &desc), mm.mmap);
	EXPECT_EQ(mm.mmap->vm_end, addr_of(21));
	reset();
}

/* As deep as a tree of that size may be, twice over: an unbalanced one would be far beyond. */
static int depth(const struct rb_node *node)
{
	return node ? 1 + max(depth(node->rb_left), depth(node->rb_right)) : 0;
}

UNIT_TEST(as_many_as_a_process_may_have)
{
	reset();
	for (unsigned long i = 0; i < MANY; i++) {
		struct vm_area_struct *vma = alloc_vma();

		vma->vm_start = addr_of(FIRST + 2 * i);
		vma->vm_end = vma->vm_start + PAGE_SIZE;
		vma->vm_flags = VM_READ;
		vma_link(&mm, vma);
	}
	EXPECT_EQ(mm.map_count, MANY);
	EXPECT_EQ(vma_check(&mm), 0);
	EXPECT(depth(mm.mm_rb.rb_node) <= 34, "depth %d", depth(mm.mm_rb.rb_node));
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(1), addr_of(FIRST), addr_of(FIRST + 2 * MANY - 1)),
		  addr_of(FIRST + 2 * MANY - 3));
	EXPECT_EQ(vm_unmapped_area(&mm, addr_of(2), addr_of(FIRST), addr_of(FIRST + 2 * MANY - 1)),
		  0);
	reset();
}
