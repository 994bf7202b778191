// SPDX-License-Identifier: MIT
/*
 * bitmap.c - arrays of bits, a word at a time.
 */
#include "lib/bitmap.h"

/* The bits of word `word` that belong to a map of nbits. */
static unsigned long valid_mask(unsigned long word, unsigned long nbits)
{
	unsigned long left = nbits - word * BITS_PER_LONG;

	return left >= BITS_PER_LONG ? ~0UL : BIT(left) - 1;
}

/* Looks for a set bit in the map XORed with `invert`, all zeros or all ones. */
static unsigned long find_next(const unsigned long *map, unsigned long nbits,
			       unsigned long start, unsigned long invert)
{
	unsigned long base = ALIGN_DOWN(start, BITS_PER_LONG), word;

	if (start >= nbits)
		return nbits;
	word = (map[BIT_WORD(base)] ^ invert) & (~0UL << start % BITS_PER_LONG);
	while (!word) {
		base += BITS_PER_LONG;
		if (base >= nbits)
			return nbits;
		word = map[BIT_WORD(base)] ^ invert;
	}
	return min(base + __ffs(word), nbits);
}

unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start)
{
	return find_next(map, nbits, start, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long start)
{
	return find_next(map, nbits, start, ~0UL);
}

unsigned long find_last_bit(const unsigned long *map, unsigned long nbits)
{
	unsigned long i = BITS_TO_LONGS(nbits), word;

	while (i--) {
		word = map[i] & valid_mask(i, nbits);
		if (word)
			return i * BITS_PER_LONG + __fls(word);
	}
	return nbits;
}

/* The first part of the run of `count` bits from `start` that lies in one word. */
static unsigned long run_mask(unsigned long start, unsigned long count, unsigned long *len)
{
	unsigned long bit = start % BITS_PER_LONG;

	*len = min(count, BITS_PER_LONG - bit);
	return (~0UL >> (BITS_PER_LONG - *len)) << bit;
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long count)
{
	unsigned long len;

	for (; count; start += len, count -= len)
		map[BIT_WORD(start)] |= run_mask(start, count, &len);
}

void bitmap_clear(unsigned long *map, unsigned long start, unsigned long count)
{
	unsigned long len;

	for (; count; start += len, count -= len)
		map[BIT_WORD(start)] &= ~run_mask(start, count, &len);
}

unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long count)
{
	unsigned long used;

	for (;;) {
		start = find_next_zero_bit(map, nbits, start);
		if (start >= nbits || count > nbits - start)
			return nbits;
		used = find_next_bit(map, start + count, start);
		if (used >= start + count)
			return start;
		start = used + 1;
	}
}

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long i, weight = 0;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		weight += hweight_long(map[i] & valid_mask(i, nbits));
	return weight;
}

void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned long nbits)
{
	unsigned long i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = src[i];
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned long nbits)
{
	unsigned long i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] | b[i];
}

bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned long nbits)
{
	unsigned long i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & b[i];
	return !bitmap_empty(dst, nbits);
}

bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned long nbits)
{
	unsigned long i;

	for (i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & ~b[i];
	return !bitmap_empty(dst, nbits);
}
