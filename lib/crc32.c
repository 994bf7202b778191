// SPDX-License-Identifier: MIT
/*
 * crc32.c - four bits at a time: a table of 16 entries, for headers of a few hundred bytes.
 *
 * remainders[k] is k divided by the polynomial, both with their bits reflected.
 */
#include "lib/crc32.h"

static const u32 remainders[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
	0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

static u32 add_nibble(u32 crc, u8 nibble)
{
	return crc >> 4 ^ remainders[(crc ^ nibble) & 15];
}

u32 crc32(u32 crc, const void *data, size_t n)
{
	const u8 *p = data;

	crc = ~crc;
	for (; n; n--, p++) {
		crc = add_nibble(crc, *p);
		crc = add_nibble(crc, *p >> 4);
	}
	return ~crc;
}
