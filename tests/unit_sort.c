// SPDX-License-Identifier: MIT
/*
 * unit_sort.c - lib/sort.h against the C library's qsort.
 */
#include "lib/sort.h"

#include "lib/string.h"
#include "tests/unit.h"

/* An element of a size that is no power of two; all of it must travel with the key. */
struct record {
	u8 key;
	u8 check[4];
};

static int by_key(const void *a, const void *b)
{
	return ((const struct record *)a)->key - ((const struct record *)b)->key;
}

static void fill(struct record *records, size_t n, unsigned int range)
{
	size_t i;

	for (i = 0; i < n; i++) {
		records[i].key = unit_random_below(range);
		memset(records[i].check, records[i].key ^ 0x5a, sizeof(records[i].check));
	}
}

UNIT_TEST(sort_agrees_with_qsort)
{
	struct record got[70], wanted[70];
	size_t round, n;

	for (round = 0; round < 2000; round++) {
		n = round % ARRAY_SIZE(got);
		fill(got, n, round % 3 ? 256 : 4);
		memcpy(wanted, got, n * sizeof(got[0]));
		sort(got, n, sizeof(got[0]), by_key);
		host_qsort(wanted, n, sizeof(wanted[0]), by_key);
		EXPECT(memcmp(got, wanted, n * sizeof(got[0])) == 0, "%zu records", n);
	}
}

UNIT_TEST(sort_of_sorted_and_reversed_input)
{
	struct record records[64];
	size_t i;

	fill(records, ARRAY_SIZE(records), 256);
	sort(records, ARRAY_SIZE(records), sizeof(records[0]), by_key);
	sort(records, ARRAY_SIZE(records), sizeof(records[0]), by_key);
	for (i = 0; i + 1 < ARRAY_SIZE(records); i++)
		EXPECT(records[i].key <= records[i + 1].key, "element %zu", i);
	for (i = 0; i < ARRAY_SIZE(records) / 2; i++)
		swap(records[i], records[ARRAY_SIZE(records) - 1 - i]);
	sort(records, ARRAY_SIZE(records), sizeof(records[0]), by_key);
	for (i = 0; i + 1 < ARRAY_SIZE(records); i++)
		EXPECT(records[i].key <= records[i + 1].key, "element %zu", i);
}
