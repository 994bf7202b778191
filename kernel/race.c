// SPDX-License-Identifier: MIT
/*
 * A point is where one hart of a real machine may be overtaken by another: before a lock is taken,
 * after it was released, before an allocation.  What happens there is drawn from one generator:
 *
 *   point ─> a completion is due? ─> timers that are due ─> yield? ─> for how long?
 *
 * A task that yields at once comes back when it is drawn; one that is parked comes back when so
 * many points have passed, or nobody else can run.  How rare yields and completions are is drawn
 * with the seed: some races want many short turns, some one long one.
 *
 * C1 Nothing from outside decides.  The clock counts points; the block layer waits for its device
 *    and keeps what that has done until a point hands it out; the timer interrupt does nothing,
 *    but for a program that spins without entering the kernel.  So what runs is a function of the
 *    seed and of the state it began with.
 * C2 A point yields only where the task could be preempted if this kernel did that: interrupts
 *    on, no spinlock held.  Code that works on a hart's own data turns interrupts off.
 */
#include "kernel/race.h"

#ifdef CONFIG_RACES

#include "arch/riscv/sbi.h"
#include "kernel/init.h"
#include "kernel/lock_stat.h"
#include "kernel/lockdep.h"
#include "kernel/param.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "lib/bitops.h"

#define POINT_NS	1000		/* what the clock gains at a point */
#define SPIN_TICK_NS	(10 * NSEC_PER_MSEC)
#define SPIN_TICKS	20		/* so many without a point: the program spins */

int race_seed;
KERNEL_PARAM("race_seed", param_int, &race_seed);

static u64 state;			/* of the generator */
static u64 points, clock_ns;
static u32 yield_mask, deliver_mask;	/* a draw that has none of these bits says yes */
static bool (*deliver)(u32 random);

static const char *const op_names[] = { "lock", "unlock", "alloc", "submit", "syscall" };

/* Upper half of a 64-bit congruential generator (Knuth's multiplier). */
static u32 draw(void)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 32;
}

int race_reseed(void)
{
	if (!state)
		return -EINVAL;
	state = (u64)race_seed << 1 | 1;
	for (int i = 0; i < 8; i++)
		draw();
	yield_mask = (2U << draw() % 6) - 1;
	deliver_mask = (4U << draw() % 7) - 1;
	return 0;
}

static void race_init(void)
{
	if (!race_on())
		return;
	state = 1;
	race_reseed();
	sbi_set_timer(rdtime() + ns_to_time(SPIN_TICK_NS));
}
core_initcall(race_init);

u64 race_clock(void)
{
	return clock_ns;
}

void race_set_deliver(bool (*function)(u32 random))
{
	deliver = function;
}

/* Of memory management, that is: other locks would only make the points that matter rarer. */
static bool rank_matters(int rank)
{
	return rank >= RANK_MMAP && rank <= RANK_MAPLE;
}

static const char *name_of(enum race_op op, int what)
{
	return op == RACE_LOCK || op == RACE_UNLOCK ? lock_rank_name(what) : "";
}

/* What an interrupt would bring. */
static void let_time_pass(void)
{
	unsigned long flags = local_irq_save();

	clock_ns += POINT_NS;
	if (!(draw() & deliver_mask) && deliver)
		deliver(draw());
	if (timer_next() <= clock_ns)
		timer_run_due();
	local_irq_restore(flags);
}

static void give_way(enum race_op op, int what)
{
	u32 parked = draw() & 1 ? 0 : 1U << draw() % 11;

	current->parked_until = points + parked;
	TRACE(TRACE_RACE, op_names[op], name_of(op, what), points, current->parked_until, 0);
	yield();
}

void race_point(enum race_op op, int what)
{
	if (!race_on() || irqs_disabled() || current->flags & PF_IDLE || holds_spinlock())
		return;
	if (op <= RACE_UNLOCK && !rank_matters(what))
		return;
	points++;
	let_time_pass();
	if (!(draw() & yield_mask))
		give_way(op, what);
}

static bool parked(const struct task_struct *task)
{
	return task->parked_until > points;
}

/* The one that is not parked for longest any more. */
static struct task_struct *first_unparked(struct list_head *queue)
{
	struct task_struct *task, *first = list_first_entry(queue, struct task_struct, run_list);

	list_for_each_entry(task, queue, run_list)
		if (task->parked_until < first->parked_until)
			first = task;
	return first;
}

struct task_struct *race_pick(struct list_head *queue)
{
	struct task_struct *task;
	u32 n = 0;

	list_for_each_entry(task, queue, run_list)
		n += !parked(task);
	if (!n)
		return first_unparked(queue);
	n = draw() % n;
	list_for_each_entry(task, queue, run_list)
		if (!parked(task) && !n--)
			break;
	return task;
}

bool race_idle(void)
{
	u64 next = timer_next();

	if (!race_on())
		return false;
	if (deliver && deliver(draw()))
		return true;
	if (next == ~0UL)
		return false;
	clock_ns = max(clock_ns, next);
	timer_run_due();
	return true;
}

/* C1: real time counts only where there is no other. */
void race_tick(bool user)
{
	static u64 last;
	static int spinning;

	sbi_set_timer(rdtime() + ns_to_time(SPIN_TICK_NS));
	spinning = user && points == last ? spinning + 1 : 0;
	last = points;
	if (spinning < SPIN_TICKS)
		return;
	spinning = 0;
	clock_ns += SPIN_TICK_NS;
	timer_run_due();
	set_bit(TIF_NEED_RESCHED, &current->thread_flags);
}

#endif
