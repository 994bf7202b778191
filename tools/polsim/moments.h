// SPDX-License-Identifier: MIT
/*
 * A set of numbers below a bound, of which the largest is found in a few steps: bits in words, and
 * above each level one bit for each word of it that is not empty.
 */
#ifndef POLSIM_MOMENTS_H
#define POLSIM_MOMENTS_H

#include "lib/types.h"

#define MOMENT_LEVELS	7
#define NO_MOMENT	(~(size_t)0)

struct moments {
	u64 *level[MOMENT_LEVELS];	/* 0: the set itself */
	int nr_levels;
};

void moments_init(struct moments *set, size_t bound);
void moments_free(struct moments *set);
/* The largest; NO_MOMENT: it is empty. */
size_t moments_last(const struct moments *set);

static inline void moments_add(struct moments *set, size_t n)
{
	for (int i = 0; i < set->nr_levels; i++, n /= 64)
		set->level[i][n / 64] |= 1ULL << n % 64;
}

static inline void moments_remove(struct moments *set, size_t n)
{
	for (int i = 0; i < set->nr_levels; i++, n /= 64)
		if (set->level[i][n / 64] &= ~(1ULL << n % 64))
			return;
}

#endif
