// SPDX-License-Identifier: MIT
/*
 * unit_bitmap.c - lib/bitmap.h, lib/bitops.h and lib/ida.h against an array of bool.
 *
 * Lengths are no multiples of 64, and the bits behind the end are random: nobody may look at them.
 */
#include "lib/bitmap.h"

#include "lib/ida.h"
#include "lib/string.h"
#include "tests/unit.h"

#define BITS 203

static bool model[BITS];
static DECLARE_BITMAP(map, BITS);

static void check(void)
{
	unsigned long i, weight = 0;

	for (i = 0; i < BITS; i++) {
		EXPECT(test_bit(i, map) == model[i], "bit %lu", i);
		weight += model[i];
	}
	EXPECT_EQ(bitmap_weight(map, BITS), weight);
	EXPECT_EQ(bitmap_empty(map, BITS), weight == 0);
	EXPECT_EQ(bitmap_full(map, BITS), weight == BITS);
}

static unsigned long model_next(unsigned long start, bool wanted)
{
	start = min(start, (unsigned long)BITS);
	while (start < BITS && model[start] != wanted)
		start++;
	return start;
}

/* Random bits, `dense` of 16 set, and anything behind the end. */
static void randomise(unsigned int dense)
{
	unsigned long i;

	for (i = 0; i < BITS; i++) {
		model[i] = unit_random_below(16) < dense;
		model[i] ? __set_bit(i, map) : __clear_bit(i, map);
	}
	for (; i < BITS_TO_LONGS(BITS) * BITS_PER_LONG; i++)
		unit_random_below(2) ? __set_bit(i, map) : __clear_bit(i, map);
}

UNIT_TEST(bitops_positions)
{
	unsigned int high, low;
	unsigned long word;

	for (high = 0; high < 64; high++) {
		for (low = 0; low <= high; low++) {
			word = BIT(high) | BIT(low);
			EXPECT_EQ(__fls(word), high);
			EXPECT_EQ(__ffs(word), low);
			EXPECT_EQ(ffz(~word), low);
			EXPECT_EQ(fls64(word), high + 1);
			EXPECT_EQ(hweight_long(word), 1 + (high != low));
			EXPECT_EQ(ilog2(word), high);
			EXPECT_EQ(GENMASK(high, low), (BIT(high - low) * 2 - 1) << low);
		}
		EXPECT(is_power_of_2(BIT(high)), "2^%u", high);
	}
	EXPECT_EQ(hweight_long(~0UL), 64);
	EXPECT(ffs(0) == 0 && fls(0) == 0 && fls64(0) == 0, "no bit");
	EXPECT(ffs(INT_MIN) == 32 && fls(UINT_MAX) == 32, "32 bits");
	EXPECT(!is_power_of_2(0) && !is_power_of_2(6), "0 and 6");
}

UNIT_TEST(bitops_powers_of_two)
{
	unsigned long n;

	EXPECT_EQ(order_base_2(1), 0);
	for (n = 2; n < 5000; n++) {
		EXPECT(BIT(order_base_2(n)) >= n && BIT(order_base_2(n) - 1) < n, "n=%lu", n);
		EXPECT_EQ(roundup_pow_of_two(n), BIT(order_base_2(n)));
	}
	EXPECT_EQ(ilog2(4096), 12);
}

UNIT_TEST(bitmap_find_agrees_with_a_plain_search)
{
	static const unsigned int dense[] = { 0, 1, 8, 15, 16 };
	unsigned long i, last;
	size_t d;

	for (d = 0; d < ARRAY_SIZE(dense) * 10; d++) {
		randomise(dense[d % ARRAY_SIZE(dense)]);
		check();
		last = BITS;
		for (i = 0; i <= BITS + 64; i++) {
			EXPECT_EQ(find_next_bit(map, BITS, i), model_next(i, true));
			EXPECT_EQ(find_next_zero_bit(map, BITS, i), model_next(i, false));
			if (i < BITS && model[i])
				last = i;
		}
		EXPECT_EQ(find_last_bit(map, BITS), last);
		for_each_set_bit(i, map, BITS)
			model[i] = !model[i];
		EXPECT_EQ(model_next(0, true), BITS);
	}
}

UNIT_TEST(bitmap_set_and_clear_runs)
{
	unsigned long start, count;
	size_t step;
	bool set;

	randomise(8);
	for (step = 0; step < 3000; step++) {
		start = unit_random_below(BITS);
		count = unit_random_below(BITS - start + 1);
		set = unit_random_below(2);
		set ? bitmap_set(map, start, count) : bitmap_clear(map, start, count);
		memset(model + start, set, count);
		check();
	}
	bitmap_zero(map, BITS);
	EXPECT(bitmap_empty(map, BITS), "zeroed");
	bitmap_fill(map, BITS);
	EXPECT(bitmap_full(map, BITS), "filled");
}

static unsigned long model_zero_area(unsigned long start, unsigned long count)
{
	unsigned long run = 0;

	for (; start < BITS; start++) {
		run = model[start] ? 0 : run + 1;
		if (run == count)
			return start + 1 - count;
	}
	return BITS;
}

UNIT_TEST(bitmap_zero_areas)
{
	unsigned long start, count;
	size_t round;

	for (round = 0; round < 3000; round++) {
		if (round % 50 == 0)
			randomise(round / 50 % 6);
		start = unit_random_below(BITS);
		count = 1 + unit_random_below(round % 2 ? 8 : BITS);
		EXPECT_EQ(bitmap_find_next_zero_area(map, BITS, start, count),
			  model_zero_area(start, count));
	}
}

UNIT_TEST(bitmap_logic)
{
	DECLARE_BITMAP(a, BITS);
	DECLARE_BITMAP(dst, BITS);
	unsigned long i;
	bool some;

	randomise(8);
	bitmap_copy(a, map, BITS);
	randomise(8);
	bitmap_or(dst, a, map, BITS);
	for (i = 0; i < BITS; i++)
		EXPECT_EQ(test_bit(i, dst), test_bit(i, a) || model[i]);
	some = bitmap_and(dst, a, map, BITS);
	for (i = 0; i < BITS; i++)
		EXPECT_EQ(test_bit(i, dst), test_bit(i, a) && model[i]);
	EXPECT_EQ(some, !bitmap_empty(dst, BITS));
	some = bitmap_andnot(dst, a, map, BITS);
	for (i = 0; i < BITS; i++)
		EXPECT_EQ(test_bit(i, dst), test_bit(i, a) && !model[i]);
	EXPECT(some && !bitmap_andnot(dst, a, a, BITS), "a & ~a is empty");
}

UNIT_TEST(ida_gives_the_lowest_or_the_next_number)
{
	DECLARE_BITMAP(used, 100);
	struct ida ida = IDA_INIT(used, 100);
	int i;

	bitmap_zero(used, 100);
	EXPECT_EQ(ida_alloc(&ida, 3), 3);
	EXPECT_EQ(ida_alloc(&ida, 0), 0);
	EXPECT_EQ(ida_alloc(&ida, 3), 4);
	EXPECT_EQ(ida_alloc_cyclic(&ida, 2), 2);
	EXPECT(ida_free(&ida, 2), "2 was in use");
	EXPECT(!ida_free(&ida, 2), "2 was free");
	EXPECT(!ida_free(&ida, 100), "100 is no number");
	EXPECT_EQ(ida_alloc_cyclic(&ida, 2), 5);
	for (i = 6; i < 100; i++)
		EXPECT_EQ(ida_alloc_cyclic(&ida, 2), i);
	EXPECT_EQ(ida_alloc_cyclic(&ida, 2), 2);
	EXPECT_EQ(ida_alloc_cyclic(&ida, 2), -ENOSPC);
	ida_free(&ida, 50);
	EXPECT_EQ(ida_alloc_cyclic(&ida, 2), 50);
	ida_free(&ida, 60);
	EXPECT(ida_alloc_at(&ida, 60), "60 was free");
	EXPECT(!ida_alloc_at(&ida, 60), "60 is in use");
	EXPECT(!ida_alloc_at(&ida, 100), "100 is no number");
}
