// SPDX-License-Identifier: MIT
/*
 * bitops.h - positions of bits in a word, powers of two, and plain (not atomic) bit arrays.
 *
 * RV64 without the Zbb extension has no instruction for any of these, and the compiler's
 * builtins would call libgcc, which the kernel is not linked with. A lone bit is located by
 * a multiplication: the constant contains each 6-bit pattern once (a de Bruijn sequence), so
 * shifting it by the bit's number brings a different pattern to the top for each bit.
 *
 * Bit n of an array is bit n % 64 of word n / 64. The atomic forms are in lib/atomic.h.
 */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include "lib/types.h"

extern const u8 bitops_position[64];

#define BIT_WORD(n) ((n) / BITS_PER_LONG)
#define BIT_MASK(n) (1UL << ((n) % BITS_PER_LONG))
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)

/* Position of the only bit that is set. */
static inline unsigned int __bit_position(unsigned long bit)
{
	return bitops_position[(bit * 0x03f79d71b4cb0a89UL) >> 58];
}

/* Lowest set bit, 0..63. Not for 0. */
static inline unsigned int __ffs(unsigned long word)
{
	return __bit_position(word & -word);
}

/* Highest set bit, 0..63. Not for 0. */
static inline unsigned int __fls(unsigned long word)
{
	word |= word >> 1;
	word |= word >> 2;
	word |= word >> 4;
	word |= word >> 8;
	word |= word >> 16;
	word |= word >> 32;
	return __bit_position(word ^ (word >> 1));
}

/* Lowest clear bit, 0..63. Not for ~0. */
static inline unsigned int ffz(unsigned long word)
{
	return __ffs(~word);
}

/* The same counted from 1, and 0 if there is none. */
static inline int ffs(int word)
{
	return word ? (int)__ffs((unsigned int)word) + 1 : 0;
}

static inline int fls(unsigned int word)
{
	return word ? (int)__fls(word) + 1 : 0;
}

static inline int fls64(u64 word)
{
	return word ? (int)__fls(word) + 1 : 0;
}

/* Number of set bits: sums of 2, of 4, of 8 bits side by side, then all bytes by one multiply. */
static inline unsigned int hweight_long(unsigned long word)
{
	word -= (word >> 1) & 0x5555555555555555UL;
	word = (word & 0x3333333333333333UL) + ((word >> 2) & 0x3333333333333333UL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (word * 0x0101010101010101UL) >> 56;
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

/* floor(log2(n)), n > 0; a constant for a constant. */
#define ilog2(n)                                                                                 \
	(__builtin_constant_p(n) ? 63U - (unsigned int)__builtin_clzl(n) : __fls(n))

/* Smallest power of two that is at least n, n > 0, and its logarithm. */
static inline unsigned int order_base_2(unsigned long n)
{
	return n > 1 ? __fls(n - 1) + 1 : 0;
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return 1UL << order_base_2(n);
}

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[BIT_WORD(n)] |= BIT_MASK(n);
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[BIT_WORD(n)] &= ~BIT_MASK(n);
}

static inline void __change_bit(unsigned long n, unsigned long *map)
{
	map[BIT_WORD(n)] ^= BIT_MASK(n);
}

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return READ_ONCE(map[BIT_WORD(n)]) & BIT_MASK(n);
}

static inline bool __test_and_set_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	__set_bit(n, map);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	__clear_bit(n, map);
	return old;
}

#endif
