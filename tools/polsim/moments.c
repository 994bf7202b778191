// SPDX-License-Identifier: MIT
#include "tools/polsim/moments.h"

#include "tools/polsim/alloc.h"

void moments_init(struct moments *set, size_t bound)
{
	set->nr_levels = 0;
	do {
		bound = DIV_ROUND_UP(max(bound, (size_t)1), 64);
		set->level[set->nr_levels++] = sim_calloc(bound, sizeof(u64));
	} while (bound > 1);
}

void moments_free(struct moments *set)
{
	while (set->nr_levels)
		free(set->level[--set->nr_levels]);
}

size_t moments_last(const struct moments *set)
{
	size_t n = 0;

	if (!set->level[set->nr_levels - 1][0])
		return NO_MOMENT;
	for (int i = set->nr_levels - 1; i >= 0; i--)
		n = n * 64 + 63 - __builtin_clzll(set->level[i][n]);
	return n;
}
