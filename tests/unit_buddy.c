// SPDX-License-Identifier: MIT
/*
 * unit_buddy.c - mm/buddy.c: random taking and giving of blocks, in RAM whose bounds are aligned to
 * nothing, against an array with one entry a frame. After every step buddy.c's I1, I2 and I3.
 */
#include "tests/unit.h"

#include <stdlib.h>

/* Only the type is needed here: the caller would hold the lock. */
#define KERNEL_SPINLOCK_H
struct spinlock {
	u32 unused;
};

#include "mm/buddy.c"

#define FIRST_PFN	1027UL
#define FRAMES		5003UL
#define STEPS		3000
#define MAX_HELD	256

unsigned long va_pa_offset, kernel_phys_base;
struct folio *folio_map;
unsigned long min_pfn, max_pfn;

static struct folio folios[FRAMES];
static struct buddy buddy;
static bool taken[FRAMES];

static struct {
	unsigned long pfn;
	unsigned int order;
} held[MAX_HELD];
static unsigned int nr_held;

static void set_taken(unsigned long pfn, unsigned int order, bool now)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		EXPECT(taken[pfn - min_pfn + i] != now, "frame %lu", pfn + i);
		taken[pfn - min_pfn + i] = now;
	}
}

/* All of RAM free, frame by frame: merging alone must make the large blocks. */
static void start(void)
{
	min_pfn = FIRST_PFN;
	max_pfn = FIRST_PFN + FRAMES;
	__builtin_memset(folios, 0, sizeof(folios));
	folio_map = folios - min_pfn;
	__builtin_memset(taken, 0, sizeof(taken));
	nr_held = 0;
	buddy_init(&buddy);
	for (unsigned long pfn = min_pfn; pfn < max_pfn; pfn++)
		buddy_give(&buddy, pfn, 0);
}

static void check_block(const struct folio *folio, unsigned int order)
{
	unsigned long pfn = folio_pfn(folio), other = pfn ^ 1UL << order;

	EXPECT(folio->flags == BIT(PG_buddy), "I1: flags 0x%lx", folio->flags);
	EXPECT_EQ(folio->order, order);
	EXPECT(!(pfn & ((1UL << order) - 1)), "I1: frame %lu, order %u", pfn, order);
	EXPECT(pfn >= min_pfn && pfn + (1UL << order) <= max_pfn, "frame %lu", pfn);
	for (unsigned long i = 0; i < 1UL << order; i++)
		EXPECT(!taken[pfn - min_pfn + i], "free block has the taken frame %lu", pfn + i);
	if (order < MAX_ORDER - 1 && pfn_valid(other))
		EXPECT(!(pfn_folio(other)->flags & BIT(PG_buddy)) ||
			       pfn_folio(other)->order != order,
		       "I2: %lu and %lu of order %u are both free", pfn, other, order);
}

static void check(void)
{
	unsigned long frames = 0, wanted = 0;
	struct folio *folio;

	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		unsigned long blocks = 0;

		list_for_each_entry(folio, &buddy.free_list[order], lru) {
			check_block(folio, order);
			blocks++;
		}
		EXPECT_EQ(buddy.nr_free[order], blocks);	/* I3 */
		frames += blocks << order;
	}
	for (unsigned long i = 0; i < FRAMES; i++)
		wanted += !taken[i];
	EXPECT_EQ(frames, wanted);
	EXPECT_EQ(buddy.free_frames, wanted);			/* I3 */
}

static void take(unsigned int order)
{
	struct folio *folio = buddy_take(&buddy, order);

	if (!folio) {
		for (unsigned int o = order; o < MAX_ORDER; o++)
			EXPECT_EQ(buddy.nr_free[o], 0);
		return;
	}
	EXPECT_EQ(folio->flags, 0);
	held[nr_held].pfn = folio_pfn(folio);
	held[nr_held++].order = order;
	set_taken(folio_pfn(folio), order, true);
}

static void give(unsigned int i)
{
	set_taken(held[i].pfn, held[i].order, false);
	buddy_give(&buddy, held[i].pfn, held[i].order);
	held[i] = held[--nr_held];
}

UNIT_TEST(buddy_merges_all_of_ram)
{
	unsigned long blocks = 0;

	start();
	check();
	/* No more blocks than the ragged ends need: one an order and side, and the large ones. */
	for (unsigned int order = 0; order < MAX_ORDER - 1; order++)
		EXPECT(buddy.nr_free[order] <= 2, "%lu blocks of order %u",
		       buddy.nr_free[order], order);
	blocks = buddy.nr_free[MAX_ORDER - 1];
	EXPECT(blocks >= FRAMES / (1 << (MAX_ORDER - 1)) - 1, "%lu large blocks", blocks);
}

UNIT_TEST(buddy_random_take_and_give)
{
	start();
	for (int step = 0; step < STEPS; step++) {
		if (nr_held < MAX_HELD && (!nr_held || unit_random_below(100) < 55))
			take(unit_random_below(MAX_ORDER));
		else
			give(unit_random_below(nr_held));
		check();
	}
	while (nr_held)
		give(0);
	check();
	EXPECT_EQ(buddy.free_frames, FRAMES);
}

UNIT_TEST(buddy_gives_every_frame_and_no_more)
{
	unsigned long frames = 0;
	struct folio *folio;

	start();
	while ((folio = buddy_take(&buddy, 0))) {
		set_taken(folio_pfn(folio), 0, true);
		frames++;
	}
	EXPECT_EQ(frames, FRAMES);
	check();
}
