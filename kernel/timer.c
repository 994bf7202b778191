// SPDX-License-Identifier: MIT
/*
 * Each hart has its timers on a red-black tree by expiry, and its tick while it runs a task. The
 * comparator is set to whatever comes first, and only when that changes: setting it is a call into
 * the firmware.
 *
 * T1 A timer is on the tree of hart timer->hart exactly while it is pending; both are protected by
 *    that hart's lock.
 * T2 `running` is true from before the timer leaves the tree until its function has returned.
 */
#include "kernel/timer.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/sbi.h"
#include "kernel/itimer.h"
#include "kernel/race.h"
#include "kernel/sched.h"
#include "kernel/sched_core.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"

#define NEVER		(~0UL)

struct timer_queue {
	struct spinlock lock;
	struct rb_root_cached root;
	u64 tick;			/* ns; NEVER while idle */
	u64 programmed;			/* ns: what the comparator waits for */
} __aligned(64);

static struct timer_queue timer_queues[NR_CPUS] = {
	[0 ... NR_CPUS -
	 1] = {.lock = SPINLOCK_INIT(RANK_TIMER), .tick = NEVER, .programmed = NEVER},
};

static struct timer *first_timer(struct timer_queue *q)
{
	return q->root.rb_leftmost ? rb_entry(q->root.rb_leftmost, struct timer, node) : NULL;
}

/* This hart's queue, locked. */
static void program(struct timer_queue *q)
{
	struct timer *first = first_timer(q);
	u64 next = first && first->expires < q->tick ? first->expires : q->tick;

	if (next == q->programmed || race_on())
		return;
	q->programmed = next;
	if (next == NEVER) {
		/*
		 * The comparator stays where it is: "never" would be a date too, and QEMU's clock
		 * jumps there under -icount when all harts idle.
		 */
		csr_clear(sie, IE_TIMER);
		return;
	}
	sbi_set_timer(ns_to_time(next) + 1);
	csr_set(sie, IE_TIMER);
}

void timer_init(struct timer *timer, void (*func)(struct timer *timer))
{
	*timer = (struct timer){ .func = func };
}

static void insert(struct timer_queue *q, struct timer *timer)
{
	struct rb_node **link = &q->root.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (timer->expires < rb_entry(parent, struct timer, node)->expires) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&timer->node, parent, link);
	rb_insert_color_cached(&timer->node, &q->root, leftmost);
}

/* Takes it off the queue it is on, if any. */
static bool detach(struct timer *timer)
{
	for (;;) {
		int hart = READ_ONCE(timer->hart);
		struct timer_queue *q = &timer_queues[hart];
		bool pending;

		spin_lock(&q->lock);
		if (hart != timer->hart) {
			spin_unlock(&q->lock);
			continue;
		}
		pending = timer->pending;
		if (pending)
			rb_erase_cached(&timer->node, &q->root);
		timer->pending = false;
		spin_unlock(&q->lock);
		return pending;
	}
}

void timer_add(struct timer *timer, u64 expires)
{
	unsigned long flags = local_irq_save();
	struct timer_queue *q = &timer_queues[smp_processor_id()];

	detach(timer);
	spin_lock(&q->lock);
	timer->hart = smp_processor_id();
	timer->expires = expires;
	timer->pending = true;
	insert(q, timer);
	program(q);
	spin_unlock(&q->lock);
	local_irq_restore(flags);
}

bool timer_cancel(struct timer *timer)
{
	unsigned long flags = local_irq_save();
	bool pending = detach(timer);

	local_irq_restore(flags);
	/* Its function may be running on another hart, and may have added it again. */
	while (__atomic_load_n(&timer->running, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (READ_ONCE(timer->pending)) {
		flags = local_irq_save();
		pending |= detach(timer);
		local_irq_restore(flags);
	}
	return pending;
}

void tick_update(bool busy)
{
	struct timer_queue *q = &timer_queues[smp_processor_id()];

	if (busy == (q->tick != NEVER))
		return;
	spin_lock(&q->lock);
	q->tick = busy ? ktime_get_ns() + TICK_NS : NEVER;
	program(q);
	spin_unlock(&q->lock);
}

/*
 * Runs the functions of timers that are due, the queue unlocked meanwhile. Locked on entry and
 * return.
 */
static void run_expired(struct timer_queue *q, u64 now)
{
	struct timer *timer;

	while ((timer = first_timer(q)) && timer->expires <= now) {
		timer->running = true;
		rb_erase_cached(&timer->node, &q->root);
		timer->pending = false;
		spin_unlock(&q->lock);
		timer->func(timer);
		__atomic_store_n(&timer->running, false, __ATOMIC_RELEASE);
		spin_lock(&q->lock);
	}
}

u64 timer_next(void)
{
	struct timer *first = first_timer(&timer_queues[smp_processor_id()]);

	return first ? first->expires : NEVER;
}

void timer_run_due(void)
{
	struct timer_queue *q = &timer_queues[smp_processor_id()];

	spin_lock(&q->lock);
	run_expired(q, ktime_get_ns());
	spin_unlock(&q->lock);
}

void timer_interrupt(bool user)
{
	struct timer_queue *q = &timer_queues[smp_processor_id()];
	u64 now = ktime_get_ns();
	bool tick;

	if (race_on()) {
		race_tick(user);
		return;
	}
	spin_lock(&q->lock);
	tick = q->tick <= now;
	if (tick)
		q->tick = now + TICK_NS;
	/*
	 * The comparator has fired: it must be set anew, or its interrupt stays pending (SBI 1.0
	 * §6.1).
	 */
	q->programmed = 0;
	run_expired(q, now);
	program(q);
	spin_unlock(&q->lock);
	if (tick) {
		scheduler_tick(user);
		if (!(current->flags & PF_KTHREAD))
			account_process_tick(current);
	}
}
