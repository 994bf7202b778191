// SPDX-License-Identifier: MIT
/*
 * Failures on purpose, for testing what is done about real ones: a place that can fail asks
 * should_fail() whether it shall now.  Names, settings and their meaning are Linux's
 * (Documentation/fault-injection): a boot parameter `NAME=interval,probability,space,times`, files
 * below /sys/kernel/debug/NAME, /proc/PID/make-it-fail and /proc/PID/fail-nth.
 *
 * Chance comes from a generator that `fail_seed=N` seeds: on one hart the same questions in the
 * same order get the same answers.
 */
#ifndef KERNEL_FAULT_INJECT_H
#define KERNEL_FAULT_INJECT_H

#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/gfp.h"

/* Every setting may be written at any time; who asks sees the old or the new one. */
struct fault_attr {
	const char *name;
	unsigned long interval;		/* 1 in so many questions is considered at all */
	unsigned long probability;	/* then so many in 100 fail; 0: none */
	atomic_t space;			/* so much (bytes, pages) goes well before that */
	atomic_t times;			/* so many failures; -1: no limit */
	unsigned long verbose;		/* 0: not a word */
	bool task_filter;		/* only in tasks with make-it-fail */
	/* Of memory: not what may wait for some, not the pages of users */
	bool of_memory, ignore_gfp_wait, ignore_gfp_highmem;
	atomic_t asked;			/* questions that came to the interval */
	atomic_t drawn;			/* numbers taken from the generator */
	struct list_head list;
};

#define FAULT_ATTR_INIT(n)	\
	{ .name = n, .interval = 1, .times = ATOMIC_INIT(1), .verbose = 1 }
#define FAULT_ATTR_INIT_MEMORY(n)						\
	{ .name = n, .interval = 1, .times = ATOMIC_INIT(1), .verbose = 1,	\
	  .of_memory = true, .ignore_gfp_wait = true, .ignore_gfp_highmem = true }

/* Makes it known, so that it gets its files; boot time. */
void fault_attr_register(struct fault_attr *attr);
/* The next one; NULL begins, and ends. */
struct fault_attr *fault_attr_next(struct fault_attr *attr);
/* A boot parameter's handler; @data is the attr. */
int fault_attr_param(const char *value, void *data);

/* Task context; does not sleep.  @size: what counts against `space`. */
bool should_fail(struct fault_attr *attr, ssize_t size);

/*
 * The same for an allocation.  In the debug kernel only: allocating is too frequent for a question
 * that is always answered with no.
 */
extern struct fault_attr failslab, fail_page_alloc;
#ifdef CONFIG_DEBUG
bool should_fail_alloc(struct fault_attr *attr, ssize_t size, gfp_t gfp);
#else
static inline bool should_fail_alloc(struct fault_attr *attr, ssize_t size, gfp_t gfp)
{
	return false;
}
#endif

#endif
