// SPDX-License-Identifier: MIT
/*
 * unit_crc32.c - lib/crc32.h: the published check value, and a division bit by bit.
 */
#include "lib/crc32.h"

#include "tests/unit.h"

static u32 crc_by_bits(const u8 *p, size_t n)
{
	u32 crc = ~0U;
	int bit;

	for (; n; n--, p++) {
		crc ^= *p;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

UNIT_TEST(crc32_check_value)
{
	EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926);
	EXPECT_EQ(crc32(0, "", 0), 0);
}

UNIT_TEST(crc32_of_random_data_also_in_pieces)
{
	size_t round, i, n, cut;
	u8 data[200];

	for (round = 0; round < 500; round++) {
		n = unit_random_below(sizeof(data));
		for (i = 0; i < n; i++)
			data[i] = unit_random();
		cut = unit_random_below(n + 1);
		EXPECT_EQ(crc32(0, data, n), crc_by_bits(data, n));
		EXPECT_EQ(crc32(crc32(0, data, cut), data + cut, n - cut), crc_by_bits(data, n));
	}
}
