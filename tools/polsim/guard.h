// SPDX-License-Identifier: MIT
/*
 * A policy that faults, divides by zero or does not come back must not end or hang the program
 * without a word: its functions run in guard_run(), which then returns and says what happened.
 */
#ifndef POLSIM_GUARD_H
#define POLSIM_GUARD_H

#include <signal.h>

#include "lib/types.h"

struct guard_report {
	int promise;			/* of mm/policy.h; 0: none of these */
	char what[120];
};

/*
 * Runs @run(@arg).  False: it was stopped, and @report says why.  One at a time.
 */
bool guard_run(void (*run)(void *arg), void *arg, struct guard_report *report);
/* Stops what guard_run() runs: the policy broke @promise, or did something else (0), as said. */
void __noreturn __printf(2, 3) guard_stop(int promise, const char *fmt, ...);

/* The policy's function that runs; NULL: none. */
extern const char *volatile guard_function;
/* Of processor time, since it was called. */
extern volatile sig_atomic_t guard_ticks;

static inline void guard_enter(const char *function)
{
	guard_ticks = 0;
	guard_function = function;
}

static inline void guard_leave(void)
{
	guard_function = NULL;
}

#endif
