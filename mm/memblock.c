// SPDX-License-Identifier: MIT
/*
 * Two short sorted arrays of ranges: RAM, and what is taken of anything.  Free is what is in the
 * first and not in the second.
 *
 * I1  In each array, ranges are whole pages, in order, and neither overlap nor touch.
 */
#include "mm/memblock.h"

#include "arch/riscv/page.h"
#include "kernel/panic.h"
#include "kernel/printk.h"

#define MAX_REGIONS	64	/* the device tree names a few, and neighbours merge */

struct regions {
	unsigned int nr;
	struct memblock_region region[MAX_REGIONS];
};

static struct regions memory, reserved;

static void remove_region(struct regions *r, unsigned int i)
{
	r->nr--;
	for (; i < r->nr; i++)
		r->region[i] = r->region[i + 1];
}

static void insert_region(struct regions *r, unsigned int i, unsigned long base, unsigned long end)
{
	if (r->nr == MAX_REGIONS)
		panic("memblock: more than %d separate ranges", MAX_REGIONS);
	for (unsigned int j = r->nr; j > i; j--)
		r->region[j] = r->region[j - 1];
	r->region[i] = (struct memblock_region){ base, end };
	r->nr++;
}

/* Swallows every range that [base, end) overlaps or touches, then enters the union. */
static void add_region(struct regions *r, unsigned long base, unsigned long end)
{
	unsigned int i = 0;

	while (i < r->nr && r->region[i].end < base)
		i++;
	while (i < r->nr && r->region[i].base <= end) {
		base = min(base, r->region[i].base);
		end = max(end, r->region[i].end);
		remove_region(r, i);
	}
	insert_region(r, i, base, end);
}

void memblock_add(unsigned long base, unsigned long size)
{
	unsigned long end = (base + size) & PAGE_MASK;

	base = PAGE_ALIGN(base);
	if (base < end)
		add_region(&memory, base, end);
}

void memblock_reserve(unsigned long base, unsigned long size)
{
	if (size)
		add_region(&reserved, base & PAGE_MASK, PAGE_ALIGN(base + size));
}

bool memblock_ram_range(unsigned int index, unsigned long *start, unsigned long *end)
{
	if (index >= memory.nr)
		return false;
	*start = memory.region[index].base;
	*end = memory.region[index].end;
	return true;
}

unsigned long memblock_start(void)
{
	return memory.nr ? memory.region[0].base : 0;
}

unsigned long memblock_end(void)
{
	return memory.nr ? memory.region[memory.nr - 1].end : 0;
}

/* The reserved range that ends behind @addr and begins first; NULL: none. */
static const struct memblock_region *reserved_behind(unsigned long addr)
{
	for (unsigned int i = 0; i < reserved.nr; i++)
		if (reserved.region[i].end > addr)
			return &reserved.region[i];
	return NULL;
}

bool memblock_next_free(unsigned long from, unsigned long *start, unsigned long *end)
{
	for (unsigned int i = 0; i < memory.nr; i++) {
		unsigned long addr = max(memory.region[i].base, from);

		while (addr < memory.region[i].end) {
			const struct memblock_region *taken = reserved_behind(addr);

			if (!taken || taken->base > addr) {
				*start = addr;
				*end = memory.region[i].end;
				if (taken)
					*end = min(*end, taken->base);
				return true;
			}
			addr = taken->end;
		}
	}
	return false;
}

unsigned long memblock_alloc(unsigned long size, unsigned long align)
{
	unsigned long from = 0, start, end;

	align = max(align, (unsigned long)PAGE_SIZE);
	while (memblock_next_free(from, &start, &end)) {
		unsigned long base = ALIGN(start, align);

		/* Address 0 means failure; no machine of ours has RAM there. */
		if (base && base < end && end - base >= size) {
			memblock_reserve(base, size);
			return base;
		}
		from = end;
	}
	return 0;
}
