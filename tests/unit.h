// SPDX-License-Identifier: MIT
/*
 * unit.h - the frame for unit tests on the host.
 *
 * A file tests/unit_NAME.c becomes the program build/tests/unit_NAME:
 *
 *	#include "tests/unit.h"
 *
 *	UNIT_TEST(list_add_puts_in_front)
 *	{
 *		...
 *		EXPECT(list_empty(&head), "%d entries left", n);
 *		EXPECT_EQ(first->value, 7);
 *	}
 *
 * It runs its tests in the order of the file and prints KTAP: `ok 1 - name`, or `not ok` with
 * lines before it that begin with # and say what was expected, what came and where. A failed
 * expectation ends its test, not the program.
 *
 * Random numbers come from a fixed seed, or from UNIT_SEED in the environment; a failure prints
 * the seed, so that it can be had again.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include "lib/types.h"

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

void unit_register(struct unit_test *test);

#define UNIT_TEST(test_name)                                                                     \
	static void test_name(void);                                                             \
	__attribute__((constructor)) static void register_##test_name(void)                      \
	{                                                                                        \
		static struct unit_test test = { #test_name, test_name, NULL };                  \
		unit_register(&test);                                                            \
	}                                                                                        \
	static void test_name(void)

/* Ends the running test as failed. */
void unit_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4) __noreturn;

/* Ends the running test as skipped; the reason is printed. */
void unit_skip(const char *reason) __noreturn;

#define EXPECT(condition, fmt, ...)                                                              \
	do {                                                                                     \
		if (!(condition))                                                                \
			unit_fail(__FILE__, __LINE__, "expected " #condition ": " fmt,           \
				  ##__VA_ARGS__);                                                \
	} while (0)

/* Integers and pointers, compared and printed as 64 bits. */
#define EXPECT_EQ(got, wanted)                                                                   \
	do {                                                                                     \
		long _got = (long)(got), _wanted = (long)(wanted);                               \
		if (_got != _wanted)                                                             \
			unit_fail(__FILE__, __LINE__, "%s: expected %ld (0x%lx), got %ld (0x%lx)", \
				  #got, _wanted, _wanted, _got, _got);                           \
	} while (0)

#define EXPECT_STR(got, wanted)                                                                  \
	do {                                                                                     \
		const char *_got = (got), *_wanted = (wanted);                                   \
		if (__builtin_strcmp(_got, _wanted))                                             \
			unit_fail(__FILE__, __LINE__, "%s: expected \"%s\", got \"%s\"", #got,   \
				  _wanted, _got);                                                \
	} while (0)

u64 unit_random(void);

/* A random number in 0..limit-1. */
static inline unsigned long unit_random_below(unsigned long limit)
{
	return unit_random() % limit;
}

#endif
