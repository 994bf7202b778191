// SPDX-License-Identifier: MIT
/*
 * What gcc's -fsanitize=undefined calls in the debug build when it meets undefined behaviour. Each
 * ends in a panic that names the kind and the place; the layout of its first argument begins with a
 * source location for every kind but those listed (gcc's libsanitizer documents none of it: seen in
 * its output).
 */
#ifdef CONFIG_DEBUG

#include "kernel/panic.h"

struct source_location {
	const char *file;
	u32 line, column;
};

#define UBSAN_HANDLER(name, ...)							\
	void __ubsan_handle_##name(struct source_location *loc, ##__VA_ARGS__);		\
	void __ubsan_handle_##name(struct source_location *loc, ##__VA_ARGS__)		\
	{										\
		panic("UBSan: " #name " at %s:%u:%u", loc->file, loc->line, loc->column); \
	}

UBSAN_HANDLER(add_overflow, void *a, void *b)
UBSAN_HANDLER(sub_overflow, void *a, void *b)
UBSAN_HANDLER(mul_overflow, void *a, void *b)
UBSAN_HANDLER(negate_overflow, void *a)
UBSAN_HANDLER(divrem_overflow, void *a, void *b)
UBSAN_HANDLER(shift_out_of_bounds, void *a, void *b)
UBSAN_HANDLER(out_of_bounds, void *index)
UBSAN_HANDLER(type_mismatch_v1, void *pointer)
UBSAN_HANDLER(pointer_overflow, void *base, void *result)
UBSAN_HANDLER(load_invalid_value, void *value)
UBSAN_HANDLER(vla_bound_not_positive, void *bound)
UBSAN_HANDLER(builtin_unreachable)
UBSAN_HANDLER(missing_return)
UBSAN_HANDLER(nonnull_arg)
UBSAN_HANDLER(nonnull_return_v1, void *loc2)
UBSAN_HANDLER(invalid_builtin)
UBSAN_HANDLER(float_cast_overflow, void *from)

#endif
