// SPDX-License-Identifier: MIT
/*
 * bitops.c - the table behind __bit_position().
 *
 * Entry k is the n for which the upper six bits of (the constant << n) are k.
 */
#include "lib/bitops.h"

const u8 bitops_position[64] = {
	0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};
