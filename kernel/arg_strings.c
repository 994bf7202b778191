// SPDX-License-Identifier: MIT
/* The strings follow each other without gaps over a chain of pages. */
#include "kernel/arg_strings.h"

#include "arch/riscv/uaccess.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "mm/slab.h"

struct arg_chunk {
	struct arg_chunk *next;
	unsigned int used;
	char data[PAGE_SIZE - 16];
};

#define ARG_BATCH	16		/* pointers read at a time */

static_assert(sizeof(struct arg_chunk) == PAGE_SIZE, "one page each");

void arg_strings_init(struct arg_strings *strings, size_t limit)
{
	*strings = (struct arg_strings){ .limit = limit };
}

void arg_strings_free(struct arg_strings *strings)
{
	struct arg_chunk *chunk, *next;

	for (chunk = strings->first; chunk; chunk = next) {
		next = chunk->next;
		kfree(chunk);
	}
	strings->first = strings->last = NULL;
}

/* The chunk to go on in, with room for at least a byte; NULL: no memory. */
static struct arg_chunk *open_chunk(struct arg_strings *strings)
{
	struct arg_chunk *last = strings->last, *chunk;

	if (last && last->used < sizeof(last->data))
		return last;
	chunk = kmalloc(sizeof(*chunk), GFP_KERNEL);
	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->used = 0;
	if (last)
		last->next = chunk;
	else
		strings->first = chunk;
	strings->last = chunk;
	return chunk;
}

/* Up to @room bytes of a string: its length without NUL, or @room if it goes on. */
static long copy_part(char *dst, const char *src, size_t room, bool kernel)
{
	size_t len;

	if (!kernel)
		return strncpy_from_user(dst, src, room);
	len = strnlen(src, room);
	memcpy(dst, src, min(len + 1, room));
	return len;
}

static int add_string(struct arg_strings *strings, const char *s, bool kernel)
{
	size_t total = 0;

	for (;;) {
		struct arg_chunk *chunk = open_chunk(strings);
		size_t room;
		long len;

		if (!chunk)
			return -ENOMEM;
		room = sizeof(chunk->data) - chunk->used;
		len = copy_part(chunk->data + chunk->used, s + total, room, kernel);
		if (len < 0)
			return len;
		/* With its NUL, if that was reached. */
		len = min((size_t)len + 1, room);
		chunk->used += len;
		total += len;
		strings->len += len;
		if (total > MAX_ARG_STRLEN || strings->len > strings->limit)
			return -E2BIG;
		if (!chunk->data[chunk->used - 1])
			return 0;
	}
}

int arg_strings_add_kernel(struct arg_strings *strings, const char *s)
{
	return add_string(strings, s, true);
}

/*
 * Pointers of @array from index @i on into @batch, up to NULL, the end of the user's page, or
 * ARG_BATCH: their number, or -EFAULT.
 */
static int get_pointers(const char **batch, const char *const *array, long i, bool kernel)
{
	size_t n = min_t(size_t, ARG_BATCH,
			 (PAGE_SIZE - offset_in_page(array + i)) / sizeof(*batch));

	if (kernel) {
		batch[0] = array[i];
		return 1;
	}
	/* An array that is not aligned has a pointer across the end of the page. */
	n = max_t(size_t, n, 1);
	return copy_from_user(batch, array + i, n * sizeof(*batch)) ? -EFAULT : (int)n;
}

/* Room on the stack is needed for the pointer too. */
static int add_counted(struct arg_strings *strings, const char *s, bool kernel)
{
	int err = add_string(strings, s, kernel);

	strings->limit -= min(strings->limit, sizeof(char *));
	if (!err && fatal_signal_pending(current))
		err = -ERESTARTNOHAND;
	cond_resched();
	return err;
}

int arg_strings_add_array(struct arg_strings *strings, const char *const *array, int from,
			  bool kernel)
{
	const char *batch[ARG_BATCH];
	long i = 0;

	while (array) {
		int n = get_pointers(batch, array, i, kernel), err;

		if (n < 0)
			return n;
		for (int k = 0; k < n; k++, i++) {
			if (!batch[k])
				return max(i - from, 0L);
			err = i < from ? 0 : add_counted(strings, batch[k], kernel);
			if (err)
				return err;
		}
	}
	return 0;
}

int arg_strings_copy_to_user(const struct arg_strings *strings, char __user *dst)
{
	for (const struct arg_chunk *chunk = strings->first; chunk; chunk = chunk->next) {
		if (copy_to_user(dst, chunk->data, chunk->used))
			return -EFAULT;
		dst += chunk->used;
	}
	return 0;
}

size_t arg_strings_next(struct arg_cursor *cursor)
{
	size_t total = 0;

	for (;;) {
		const char *begin = cursor->chunk->data + cursor->offset;
		size_t left = cursor->chunk->used - cursor->offset;
		const char *nul = memchr(begin, 0, left);

		if (nul) {
			cursor->offset += nul + 1 - begin;
			return total + (nul + 1 - begin);
		}
		total += left;
		cursor->chunk = cursor->chunk->next;
		cursor->offset = 0;
	}
}
