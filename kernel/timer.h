// SPDX-License-Identifier: MIT
/*
 * One-shot timers, one queue a hart, in nanoseconds of ktime_get_ns(). The hart's comparator is set
 * to the earliest; an idle hart with no timer gets no interrupt at all.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "lib/rbtree.h"
#include "lib/types.h"

struct timer {
	struct rb_node node;
	u64 expires;			/* ns */
	/*
	 * Called in interrupt context on the hart that added it, with no lock held. May add the
	 * timer again.
	 */
	void (*func)(struct timer *timer);
	int hart;			/* whose queue; valid while pending */
	bool pending;
	bool running;
};

void timer_init(struct timer *timer, void (*func)(struct timer *timer));
/* Queues it on this hart (moves it if it is pending). */
void timer_add(struct timer *timer, u64 expires);
/*
 * After it returns the function neither runs nor will run. True: it was pending. Not from @timer's
 * own function.
 */
bool timer_cancel(struct timer *timer);
/*
 * For a clock that no comparator knows (kernel/race.h); interrupts off. When this hart's first
 * timer is due, ~0 if it has none; and runs those that are.
 */
u64 timer_next(void);
void timer_run_due(void);
/* From the trap entry, interrupts off; @user: the interrupted code is user code. */
void timer_interrupt(bool user);

#endif
