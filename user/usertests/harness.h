// SPDX-License-Identifier: MIT
/*
 * harness.h - what the parts of the harness know of each other; no test includes it
 *
 *	main.c	options, names, verdict lines	runner.c  one test in its process group
 *	leak.c	what a test left behind		check.c   how a test fails
 *	seed.c	schedules chosen by a seed
 */
#pragma once
#include "user/usertests/usertests.h"

// Exit statuses of a test's process. 77 is what automake's harnesses use for "skipped".
#define STATUS_FAILED	1
#define STATUS_SKIPPED	77
// A line that begins with this is a reason, not output.
#define SKIP_MARK	"SKIP "

enum outcome { PASSED, FAILED, SKIPPED };

struct verdict {
	enum outcome outcome;
	char reason[200];	// of a skip
};

// Prints the test's output as comment lines, and why it failed when the test itself can't.
void run_test(const struct test *test, int limit_seconds, struct verdict *verdict);

#define LEAK_ROWS 32
struct leak_count {
	int rows;	// 0 where the kernel does not count
	struct {
		char name[32];
		long value;
	} row[LEAK_ROWS];
};
void leak_read(struct leak_count *counts);
// True if everything is back where it was; prints a comment line for each object that is not.
bool leak_check(const struct leak_count *before);
// The kernel chooses by this seed from now on (docs/races.md); ends us if it cannot.
void race_seed(int seed);
// The seed and the last trace records, as comment lines.
void race_report(int seed);
// True if the kernel's own check of mm/ passes, or if there is none.
bool mm_check(void);
