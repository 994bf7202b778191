// SPDX-License-Identifier: MIT
/*
 * sort.c - heapsort.
 *
 * The array is first made a heap: no element is before its parent, element i being the parent of
 * 2i + 1 and 2i + 2. Then the first, which is the last in order, changes places with the end of
 * the heap, the heap gets shorter by one, and the new first sinks to where it belongs.
 */
#include "lib/sort.h"

struct heap {
	u8 *base;
	size_t size;
	int (*cmp)(const void *, const void *);
};

static u8 *element(const struct heap *heap, size_t i)
{
	return heap->base + i * heap->size;
}

static void exchange(const struct heap *heap, size_t i, size_t j)
{
	u8 *a = element(heap, i), *b = element(heap, j);
	size_t n;

	for (n = 0; n < heap->size; n++)
		swap(a[n], b[n]);
}

/* Element i changes places with its larger child until both children are smaller. */
static void sink(const struct heap *heap, size_t i, size_t count)
{
	size_t child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count &&
		    heap->cmp(element(heap, child), element(heap, child + 1)) < 0)
			child++;
		if (heap->cmp(element(heap, i), element(heap, child)) >= 0)
			return;
		exchange(heap, i, child);
		i = child;
	}
}

void sort(void *base, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
	struct heap heap = { base, size, cmp };
	size_t i;

	for (i = count / 2; i > 0; i--)
		sink(&heap, i - 1, count);
	for (i = count; i > 1; i--) {
		exchange(&heap, 0, i - 1);
		sink(&heap, 0, i - 1);
	}
}
