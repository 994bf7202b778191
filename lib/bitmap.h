// SPDX-License-Identifier: MIT
/*
 * bitmap.h - arrays of bits.
 *
 * `nbits` is the length of the map; the bits of the last word behind it may have any value and
 * are never looked at. A search that finds nothing returns a number >= nbits. Single bits are
 * handled by lib/bitops.h (plain) and lib/atomic.h (atomic). The lock is the caller's.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include "lib/bitops.h"
#include "lib/types.h"

#define DECLARE_BITMAP(name, nbits) unsigned long name[BITS_TO_LONGS(nbits)]

/* Lowest bit at or above `start` that is set, or clear; nbits if none. */
unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long start);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long start);

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long nbits)
{
	return find_next_bit(map, nbits, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long nbits)
{
	return find_next_zero_bit(map, nbits, 0);
}

/* Highest bit that is set; nbits if none. */
unsigned long find_last_bit(const unsigned long *map, unsigned long nbits);

/* Sets or clears `count` bits from `start` on. */
void bitmap_set(unsigned long *map, unsigned long start, unsigned long count);
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long count);

/* First run of `count` clear bits at or above `start`; a number >= nbits if there is none. */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long nbits,
					 unsigned long start, unsigned long count);

/* Number of set bits. */
unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned long nbits);
void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
	       unsigned long nbits);

/* dst = a & b, dst = a & ~b; true if a bit remains. */
bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		unsigned long nbits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
		   unsigned long nbits);

static inline void bitmap_zero(unsigned long *map, unsigned long nbits)
{
	bitmap_clear(map, 0, nbits);
}

static inline void bitmap_fill(unsigned long *map, unsigned long nbits)
{
	bitmap_set(map, 0, nbits);
}

static inline bool bitmap_empty(const unsigned long *map, unsigned long nbits)
{
	return find_first_bit(map, nbits) >= nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long nbits)
{
	return find_first_zero_bit(map, nbits) >= nbits;
}

#define for_each_set_bit(bit, map, nbits)                                                        \
	for (bit = find_first_bit(map, nbits); bit < (nbits);                                    \
	     bit = find_next_bit(map, nbits, bit + 1))

#endif
