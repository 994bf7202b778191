// SPDX-License-Identifier: MIT
/*
 * unit.c - runs the tests of one program; linked into each.
 *
 * A test is left at its first failure by longjmp, so that expectations may sit in helpers.
 */
#include "tests/unit.h"

#include <setjmp.h>

enum outcome { RUNNING, FAILED, SKIPPED };

static struct unit_test *first, **last = &first;
static jmp_buf leave;
static const char *skip_reason;
static u64 seed = 1, random_state;

void unit_register(struct unit_test *test)
{
	*last = test;
	last = &test->next;
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %s:%d: ", file, line);
	vprintf(fmt, args);
	printf(" (UNIT_SEED=%llu)\n", seed);
	va_end(args);
	longjmp(leave, FAILED);
}

void unit_skip(const char *reason)
{
	skip_reason = reason;
	longjmp(leave, SKIPPED);
}

/* xorshift64* */
u64 unit_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static bool run(const struct unit_test *test, int number)
{
	enum outcome outcome;

	random_state = seed * 0x9e3779b97f4a7c15ULL | 1;
	outcome = setjmp(leave);
	if (outcome == RUNNING)
		test->run();
	printf("%s %d - %s%s%s\n", outcome == FAILED ? "not ok" : "ok", number, test->name,
	       outcome == SKIPPED ? " # SKIP " : "", outcome == SKIPPED ? skip_reason : "");
	return outcome != FAILED;
}

int main(void)
{
	const char *wanted_seed = getenv("UNIT_SEED");
	const struct unit_test *test;
	int number = 0, failed = 0;

	/* A sanitizer may end the program at any time: what was printed must be out by then. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (wanted_seed)
		seed = strtoull(wanted_seed, NULL, 0);
	for (test = first; test; test = test->next)
		number++;
	printf("KTAP version 1\n1..%d\n", number);
	number = 0;
	for (test = first; test; test = test->next)
		failed += !run(test, ++number);
	return failed != 0;
}
