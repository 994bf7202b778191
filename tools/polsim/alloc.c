// SPDX-License-Identifier: MIT
#include "tools/polsim/alloc.h"

#include <stdio.h>

static void *or_end(void *memory, size_t count, size_t size)
{
	if (memory)
		return memory;
	fprintf(stderr, "polsim: no memory for %zu times %zu bytes\n", count, size);
	exit(2);
}

void *sim_calloc(size_t count, size_t size)
{
	return or_end(calloc(count ? count : 1, size), count, size);
}

void *sim_realloc(void *old, size_t count, size_t size)
{
	return or_end(reallocarray(old, count ? count : 1, size), count, size);
}
