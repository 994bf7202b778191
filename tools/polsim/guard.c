// SPDX-License-Identifier: MIT
/*
 * Signals tell of all of it.  A timer of this process's own processor time, so that a busy host
 * does no harm, finds the call that does not end.  The handler has a stack of its own: a policy may
 * have used up the other one.
 */
#include "tools/polsim/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>

#include "lib/list.h"

#define HANDLER_STACK	(64 * 1024)
#define MAX_STACK	(256UL << 20)	/* a fault as near as this below us is our stack's end */
#define TICK_US		100000
#define MAX_TICKS	8		/* in one call, which takes few steps (P4) */
#define ADDRESS_BITS	(~0UL >> 8)	/* some processors ignore the rest */

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGVTALRM };

const char *volatile guard_function;
volatile sig_atomic_t guard_ticks;

static sigjmp_buf outside;
static struct guard_report *report;
static const char *stack;		/* where guard_run()'s frame is */

void __noreturn guard_stop(int promise, const char *fmt, ...)
{
	va_list args;

	report->promise = promise;
	va_start(args, fmt);
	vsnprintf(report->what, sizeof(report->what), fmt, args);
	va_end(args);
	guard_function = NULL;
	siglongjmp(outside, 1);
}

/* The poison in the links of a folio that the policy does not hold, or near it. */
static bool is_poison(const siginfo_t *info)
{
	unsigned long address = (unsigned long)info->si_addr & ADDRESS_BITS;

	/* Where no address can be, the signal says none. */
	return info->si_code == SI_KERNEL ||
	       address - ((unsigned long)LIST_POISON_NEXT & ADDRESS_BITS) < 4096;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const char *function = guard_function;

	if (sig == SIGVTALRM) {
		if (function && ++guard_ticks >= MAX_TICKS)
			guard_stop(4, "%s() does not end", function);
		return;
	}
	if (!function)
		guard_stop(0, "it wrote where it has no business; SAN=1 tells where");
	if (sig == SIGFPE)
		guard_stop(0, "%s() divides by zero", function);
	if (is_poison(info))
		guard_stop(1, "%s() followed the link of a folio that it does not hold", function);
	if ((unsigned long)(stack - (const char *)info->si_addr) < MAX_STACK)
		guard_stop(4, "%s() calls itself without end", function);
	guard_stop(0, "%s() used address %p, where nothing is", function, info->si_addr);
}

bool guard_run(void (*run)(void *arg), void *arg, struct guard_report *to)
{
	static char handler_stack[HANDLER_STACK];
	const stack_t alternate = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
	const struct sigaction action = { .sa_sigaction = on_signal,
					  .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
						      SA_RESTART };
	const struct itimerval ticks = { { .tv_usec = TICK_US }, { .tv_usec = TICK_US } };
	const struct itimerval none = { 0 };
	struct sigaction before[ARRAY_SIZE(signals)];
	stack_t stack_before;
	bool ended;

	report = to;
	stack = __builtin_frame_address(0);
	sigaltstack(&alternate, &stack_before);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, &before[i]);
	setitimer(ITIMER_VIRTUAL, &ticks, NULL);
	ended = !sigsetjmp(outside, 0);
	if (ended)
		run(arg);
	setitimer(ITIMER_VIRTUAL, &none, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	sigaltstack(&stack_before, NULL);
	return ended;
}
