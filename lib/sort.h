// SPDX-License-Identifier: MIT
/*
 * sort.h - sorts an array in place.
 *
 * Heapsort: O(n log n) whatever the input, no memory, no recursion. Not stable.
 */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include "lib/types.h"

/* `count` elements of `size` bytes; cmp() < 0, 0, > 0 for before, equal, after. */
void sort(void *base, size_t count, size_t size, int (*cmp)(const void *, const void *));

#endif
