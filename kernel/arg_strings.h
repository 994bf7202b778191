// SPDX-License-Identifier: MIT
/*
 * The strings of execve(2) between the old address space and the new one: collected in kernel pages
 * before the point of no return, so that every error about them still reaches the caller.
 */
#ifndef KERNEL_ARG_STRINGS_H
#define KERNEL_ARG_STRINGS_H

#include "lib/types.h"

#define MAX_ARG_STRLEN	(PAGE_SIZE * 32)	/* one string with its NUL */

struct arg_chunk;

struct arg_strings {
	struct arg_chunk *first, *last;
	size_t len;			/* bytes, NULs included */
	size_t limit;
};

/* argv and envp of the user, or (@kernel) of kernel memory; either may be NULL: no strings. */
struct exec_args {
	const char *const *argv, *const *envp;
	bool kernel;
};

void arg_strings_init(struct arg_strings *strings, size_t limit);
void arg_strings_free(struct arg_strings *strings);
/* Appends one: 0, -EFAULT, -E2BIG (this one or all of them too long), -ENOMEM. */
int arg_strings_add_kernel(struct arg_strings *strings, const char *s);
/* Appends those of a NULL-terminated array from index @from on; returns their number. */
int arg_strings_add_array(struct arg_strings *strings, const char *const *array, int from,
			  bool kernel);
/* All of them to [dst, dst + len).  0 or -EFAULT. */
int arg_strings_copy_to_user(const struct arg_strings *strings, char __user *dst);

/*
 * Walks over the strings: start with { strings->first, 0 }.  Returns the next one's length, its NUL
 * included.
 */
struct arg_cursor {
	const struct arg_chunk *chunk;
	unsigned int offset;
};
size_t arg_strings_next(struct arg_cursor *cursor);

#endif
