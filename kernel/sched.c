// SPDX-License-Identifier: MIT
/*
 * Round robin, one run queue a hart.
 *
 * A task runs until it sleeps, its slice is over and another waits, or a woken task has waited for
 * longer than it may. A waking task goes to the hart it last ran on if that is idle, else to an
 * idle one, else it queues where it was. A hart that runs out of work takes a task from the longest
 * queue.
 *
 * S1 task->state, on_rq and run_list are protected by the run-queue lock of task->cpu; so is
 *    task->cpu itself.
 * S2 The lock is held across the switch: who holds it sees no task half switched. schedule_tail()
 *    releases it on the other side.
 * S3 A task that is TASK_RUNNING is on exactly one queue or is its hart's current.
 */
#include "kernel/sched.h"

#include "arch/riscv/fpu.h"
#include "arch/riscv/mmu.h"
#include "arch/riscv/tlb.h"
#include "drivers/block.h"
#include "kernel/fork.h"
#include "kernel/lockdep.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/race.h"
#include "kernel/sched_core.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "kernel/trace.h"
#include "kernel/wait.h"
#include "kernel/watchdog.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

/* at nice 0; a twentieth less or more for each step of nice */
#define SLICE_NS	(8 * NSEC_PER_MSEC)
/* a running task is left alone for so long when another wakes */
#define WAKE_GRAN_NS	(1 * NSEC_PER_MSEC)

struct run_queue {
	struct spinlock lock;
	struct list_head queue;
	int nr_queued;
	struct task_struct *curr, *idle;
	struct mm_struct *loaned_mm;	/* to drop after the switch in progress */
	struct task_struct *leaving;	/* after that switch it goes to another hart's queue */
	u64 idle_since, idle_ns;
	u64 nr_switches;
	u64 user_ticks, system_ticks;
	int cpu;
} __aligned(64);

static struct run_queue run_queues[NR_CPUS];

extern char boot_stack[];
struct task_struct init_task = {
	.comm = "swapper/0",
	.flags = PF_KTHREAD | PF_IDLE,
	.usage = ATOMIC_INIT(1),
	.cpus_allowed = 1,
	.on_cpu = true,
};

static inline struct run_queue *this_rq(void)
{
	return &run_queues[smp_processor_id()];
}

/* Interrupts off.  The task may move while we wait for the lock of the queue it was on. */
static struct run_queue *task_rq_lock(struct task_struct *task)
{
	for (;;) {
		struct run_queue *rq = &run_queues[READ_ONCE(task->cpu)];

		spin_lock(&rq->lock);
		if (likely(rq->cpu == READ_ONCE(task->cpu)))
			return rq;
		spin_unlock(&rq->lock);
	}
}

static void enqueue(struct run_queue *rq, struct task_struct *task)
{
	task->on_rq = true;
	list_add_tail(&task->run_list, &rq->queue);
	WRITE_ONCE(rq->nr_queued, rq->nr_queued + 1);
}

static void dequeue(struct run_queue *rq, struct task_struct *task)
{
	task->on_rq = false;
	list_del_init(&task->run_list);
	WRITE_ONCE(rq->nr_queued, rq->nr_queued - 1);
}

static u64 slice_ns(const struct task_struct *task)
{
	return SLICE_NS + SLICE_NS / 20 * -task->nice;
}

/* Charges the current task for the time since the last charge. */
static void update_curr(struct run_queue *rq, u64 now)
{
	struct task_struct *curr = rq->curr;

	curr->sum_exec_runtime += now - curr->last_switch;
	curr->last_switch = now;
}

static void resched(struct run_queue *rq)
{
	if (test_and_set_bit(TIF_NEED_RESCHED, &rq->curr->thread_flags))
		return;
	if (rq->cpu != smp_processor_id())
		smp_send_reschedule(rq->cpu);
}

/*
 * Somebody was queued: does he go first? An idle hart always yields; another when it has run for a
 * while.
 */
static void check_preempt(struct run_queue *rq)
{
	if (rq->curr == rq->idle || ktime_get_ns() - rq->curr->last_switch > WAKE_GRAN_NS)
		resched(rq);
}

static bool rq_idle(const struct run_queue *rq)
{
	return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_queued);
}

static int select_cpu(const struct task_struct *task)
{
	int best = -1;

	if (task->cpus_allowed & BIT(task->cpu)) {
		if (rq_idle(&run_queues[task->cpu]))
			return task->cpu;
		best = task->cpu;
	}
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		if (!(task->cpus_allowed & BIT(cpu)))
			continue;
		if (rq_idle(&run_queues[cpu]))
			return cpu;
		if (best < 0)
			best = cpu;
	}
	return best;
}

/*
 * Interrupts off, no queue locked; the task is on none and nobody else may queue it (its state was
 * changed by us).  @preempt: it may go before a task that runs there.
 */
static void queue_on(struct task_struct *task, int cpu, bool preempt)
{
	struct run_queue *rq = &run_queues[cpu];

	spin_lock(&rq->lock);
	task->cpu = cpu;
	enqueue(rq, task);
	if (preempt || rq->curr == rq->idle)
		check_preempt(rq);
	spin_unlock(&rq->lock);
}

bool try_to_wake_up(struct task_struct *task, unsigned int mode)
{
	struct run_queue *rq;
	unsigned long flags;
	bool queue;
	int cpu;

	/* The waker's condition is visible before the state is read: see set_current_state(). */
	smp_mb();
	if (!(READ_ONCE(task->state) & mode))
		return false;
	flags = local_irq_save();
	rq = task_rq_lock(task);
	if (!(task->state & mode)) {
		spin_unlock_irqrestore(&rq->lock, flags);
		return false;
	}
	WRITE_ONCE(task->state, TASK_RUNNING);
	queue = !task->on_rq && rq->curr != task;
	cpu = queue ? select_cpu(task) : rq->cpu;
	if (queue && cpu == rq->cpu) {
		enqueue(rq, task);
		check_preempt(rq);
		queue = false;
	}
	spin_unlock(&rq->lock);
	if (queue)
		queue_on(task, cpu, true);
	local_irq_restore(flags);
	return true;
}

bool wake_up_process(struct task_struct *task)
{
	return try_to_wake_up(task, TASK_NORMAL);
}

void wake_up_new_task(struct task_struct *task)
{
	unsigned long flags = local_irq_save();

	task->state = TASK_RUNNING;
	/*
	 * Its parent goes on: what he writes now he needs not share, and a fork() that is timed is
	 * not also the child's run.  An idle hart takes it at once.
	 */
	queue_on(task, select_cpu(task), false);
	local_irq_restore(flags);
}

void kick_process(struct task_struct *task)
{
	int cpu = READ_ONCE(task->cpu);

	if (cpu != smp_processor_id() && READ_ONCE(run_queues[cpu].curr) == task)
		smp_send_reschedule(cpu);
}

/* Takes a task that may run here from the longest queue.  Our queue is locked and empty. */
static struct task_struct *steal(struct run_queue *rq)
{
	struct run_queue *busiest = NULL;
	struct task_struct *task, *found = NULL;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (cpu != rq->cpu &&
		    READ_ONCE(run_queues[cpu].nr_queued) > (busiest ? busiest->nr_queued : 0))
			busiest = &run_queues[cpu];
	/* A try only: two harts that steal from each other must not wait for each other. */
	if (!busiest || !spin_trylock(&busiest->lock))
		return NULL;
	list_for_each_entry(task, &busiest->queue, run_list)
		if (task->cpus_allowed & BIT(rq->cpu)) {
			found = task;
			break;
		}
	if (found) {
		dequeue(busiest, found);
		found->cpu = rq->cpu;
	}
	spin_unlock(&busiest->lock);
	return found;
}

static struct task_struct *pick_next(struct run_queue *rq)
{
	struct task_struct *next;

	if (list_empty(&rq->queue)) {
		next = nr_harts > 1 ? steal(rq) : NULL;
		return next ? next : rq->idle;
	}
	next = race_on() ? race_pick(&rq->queue)
			 : list_first_entry(&rq->queue, struct task_struct, run_list);
	dequeue(rq, next);
	return next;
}

/*
 * The address space changes with the task; a kernel thread borrows the one that is loaded (mm_count
 * says so), so that a short visit of a thread costs no fence. The loan goes from borrower to
 * borrower; the next user task ends it.
 */
static void switch_address_space(struct run_queue *rq, struct task_struct *prev,
				 struct task_struct *next)
{
	if (!next->mm) {
		next->active_mm = prev->active_mm;
		if (prev->mm) {
			mmgrab(prev->mm);
			tlb_enter_lazy();
		} else {
			prev->active_mm = NULL;
		}
		return;
	}
	next->active_mm = next->mm;
	if (!prev->mm)
		tlb_leave_lazy();
	switch_mm(prev->active_mm, next->mm);
	if (!prev->mm) {
		rq->loaned_mm = prev->active_mm;
		prev->active_mm = NULL;
	}
}

static atomic_t nr_dying;
static DEFINE_WAIT_QUEUE_HEAD(dying_wait);

void task_is_dying(void)
{
	atomic_inc(&nr_dying);
}

void wait_for_dying_tasks(void)
{
	wait_event(&dying_wait, !atomic_read(&nr_dying));
}

/* By the task that runs next on the hart: nobody stands on @task's stack any more. */
static void bury(struct task_struct *task)
{
	put_task_struct(task);
	if (atomic_dec_and_test(&nr_dying))
		wake_up_all(&dying_wait);
}

/*
 * On the new task's stack, queue still locked; @prev is what ran before on this hart. What @prev
 * could not give up while it stood on it goes now: the loan of an mm, and a dead task's own
 * reference to its stack.
 */
static void finish_switch(struct task_struct *prev)
{
	struct run_queue *rq = this_rq();
	struct mm_struct *loan = rq->loaned_mm;
	struct task_struct *leaving = rq->leaving;
	bool dead = prev->state == TASK_DEAD;

	rq->loaned_mm = NULL;
	rq->leaving = NULL;
	prev->on_cpu = false;
	spin_unlock(&rq->lock);
	if (leaving)
		queue_on(leaving, select_cpu(leaving), true);
	local_irq_enable();
	if (loan)
		mmdrop(loan);
	if (dead)
		bury(prev);
}

void schedule_tail(struct task_struct *prev)
{
	finish_switch(prev);
}

static void switch_to(struct run_queue *rq, struct task_struct *prev, struct task_struct *next,
		      u64 now)
{
	TRACE(TRACE_SCHED, prev->pid, next->pid, prev->state, 0, 0);
	if (prev == rq->idle)
		rq->idle_ns += now - rq->idle_since;
	if (next == rq->idle)
		rq->idle_since = now;
	next->last_switch = now;
	next->slice_end = now + slice_ns(next);
	next->on_cpu = true;
	rq->curr = next;
	rq->nr_switches++;
	switch_address_space(rq, prev, next);
	fpu_switch(prev, next);
	/*
	 * The lock goes over to @next, who gives it back; it is no longer among what @prev holds.
	 */
	lock_released(&rq->lock);
	prev = __switch_to(prev, next);
	finish_switch(prev);
}

/*
 * @voluntary: the task wants to sleep if its state says so; else it stays runnable whatever its
 * state is.
 */
static void __schedule(bool voluntary)
{
	struct task_struct *prev = current, *next;
	struct run_queue *rq;
	u64 now;

	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	clear_bit(TIF_NEED_RESCHED, &prev->thread_flags);
	if (voluntary && prev->state && signal_pending_state(prev->state, prev))
		prev->state = TASK_RUNNING;
	if (prev != rq->idle && (!voluntary || !prev->state)) {
		/* Its registers are still here: another hart may have it only after the switch. */
		if (prev->cpus_allowed & BIT(rq->cpu))
			enqueue(rq, prev);
		else
			rq->leaving = prev;
		prev->nivcsw++;
	}
	now = ktime_get_ns();
	update_curr(rq, now);
	next = pick_next(rq);
	if (next == prev) {
		prev->slice_end = now + slice_ns(prev);
		spin_unlock_irq(&rq->lock);
		return;
	}
	if (prev->state)
		prev->nvcsw++;
	tick_update(next != rq->idle);
	switch_to(rq, prev, next, now);
}

void schedule(void)
{
	if (!current->state) {
		yield();
		return;
	}
	might_sleep();
	/* Nobody may wait for I/O that he has not yet sent off himself. */
	if (current->plug)
		blk_flush_plug();
	__schedule(true);
}

void yield(void)
{
	might_sleep();
	__schedule(false);
}

void cond_resched(void)
{
	if (need_resched())
		yield();
}

struct timeout {
	struct timer timer;
	struct task_struct *task;
};

static void timeout_expired(struct timer *timer)
{
	wake_up_process(container_of(timer, struct timeout, timer)->task);
}

s64 schedule_timeout(s64 ns)
{
	struct timeout t = { .task = current };
	u64 expires;

	if (ns <= 0) {
		WRITE_ONCE(current->state, TASK_RUNNING);
		return 0;
	}
	if (ns == KTIME_MAX) {
		schedule();
		return ns;
	}
	expires = ktime_get_ns() + ns;
	timer_init(&t.timer, timeout_expired);
	timer_add(&t.timer, expires);
	schedule();
	timer_cancel(&t.timer);
	ns = expires - ktime_get_ns();
	return ns > 0 ? ns : 0;
}

/* From the tick, interrupts off; @user: it hit user code. */
void scheduler_tick(bool user)
{
	struct run_queue *rq = this_rq();
	struct task_struct *curr = rq->curr;

	watchdog_tick(need_resched());
	spin_lock(&rq->lock);
	update_curr(rq, ktime_get_ns());
	if (user) {
		curr->utime_ticks++;
		rq->user_ticks++;
	} else {
		curr->stime_ticks++;
		rq->system_ticks++;
	}
	if (curr->last_switch >= curr->slice_end && rq->nr_queued)
		resched(rq);
	spin_unlock(&rq->lock);
}

bool this_hart_idle(void)
{
	struct run_queue *rq = this_rq();

	return rq->curr == rq->idle;
}

struct task_struct *sched_running(int cpu, u64 *switches)
{
	struct task_struct *curr = READ_ONCE(run_queues[cpu].curr);

	*switches = READ_ONCE(run_queues[cpu].nr_switches);
	return curr == run_queues[cpu].idle ? NULL : curr;
}

void cpu_idle(void)
{
	for (;;) {
		local_irq_disable();
		/*
		 * wfi returns for a pending interrupt even while they are off: none is lost between
		 * test and wait.
		 */
		if (!need_resched() && list_empty(&this_rq()->queue) && !race_idle())
			__asm__ volatile("wfi" : : : "memory");
		local_irq_enable();
		if (need_resched() || !list_empty(&this_rq()->queue))
			__schedule(true);
	}
}

void set_cpus_allowed(struct task_struct *task, u64 mask)
{
	struct run_queue *rq;
	unsigned long flags;
	bool requeue;

	flags = local_irq_save();
	rq = task_rq_lock(task);
	task->cpus_allowed = mask;
	requeue = task->on_rq && !(mask & BIT(rq->cpu));
	if (requeue)
		dequeue(rq, task);
	else if (rq->curr == task && !(mask & BIT(rq->cpu)))
		resched(rq);
	spin_unlock(&rq->lock);
	if (requeue)
		queue_on(task, select_cpu(task), true);
	local_irq_restore(flags);
	if (task == current && !(mask & BIT(smp_processor_id())))
		__schedule(false);
}

void set_task_nice(struct task_struct *task, int nice)
{
	task->nice = nice;
}

void sched_fork(struct task_struct *task)
{
	task->state = TASK_UNINTERRUPTIBLE;
	task->on_cpu = task->on_rq = false;
	INIT_LIST_HEAD(&task->run_list);
	task->sum_exec_runtime = task->utime_ticks = task->stime_ticks = 0;
	task->nvcsw = task->nivcsw = 0;
	task->start_time = ktime_get_ns();
}

void do_task_dead(void)
{
	local_irq_disable();
	WRITE_ONCE(current->state, TASK_DEAD);
	local_irq_enable();
	__schedule(true);
	panic("a dead task was scheduled");
}

static struct kmem_cache *task_cache;

struct task_struct *alloc_task_struct(void)
{
	struct task_struct *task;

	if (!task_cache)
		task_cache = kmem_cache_create("task_struct", sizeof(*task), 64, NULL);
	task = kmem_cache_alloc(task_cache, GFP_KERNEL | __GFP_ZERO);
	if (!task)
		return NULL;
	task->stack = alloc_kernel_stack();
	if (!task->stack)
		goto free_task;
#ifdef CONFIG_DEBUG
	task->held_locks = kzalloc(sizeof(*task->held_locks), GFP_KERNEL);
	if (!task->held_locks)
		goto free_stack;
#endif
	task->kernel_sp = (unsigned long)task->stack + THREAD_SIZE - PT_SIZE;
	atomic_set(&task->usage, 1);
	task->cpu = smp_processor_id();
	task->cpus_allowed = current->flags & PF_IDLE ? ~0UL : current->cpus_allowed;
	task->nice = current->nice;
	task->fpu_cpu = -1;
	return task;

#ifdef CONFIG_DEBUG
free_stack:
	free_kernel_stack(task->stack);
#endif
free_task:
	kmem_cache_free(task_cache, task);
	return NULL;
}

void free_task_struct(struct task_struct *task)
{
	free_kernel_stack(task->stack);
	kfree(task->held_locks);
	kmem_cache_free(task_cache, task);
}

void put_task_struct(struct task_struct *task)
{
	if (!atomic_dec_and_test(&task->usage))
		return;
	free_task_parts(task);
	free_task_struct(task);
}

u64 task_sched_runtime(struct task_struct *task)
{
	struct run_queue *rq;
	unsigned long flags;
	u64 ns;

	flags = local_irq_save();
	rq = task_rq_lock(task);
	if (rq->curr == task)
		update_curr(rq, ktime_get_ns());
	ns = task->sum_exec_runtime;
	spin_unlock_irqrestore(&rq->lock, flags);
	return ns;
}

void task_cputime(struct task_struct *task, u64 *utime, u64 *stime)
{
	u64 total = task_sched_runtime(task), u = task->utime_ticks, s = task->stime_ticks;

	/*
	 * Ticks are samples: their ratio divides the exact sum. A task that no tick has hit counts
	 * as user time.
	 */
	*utime = s ? total / (u + s) * u + total % (u + s) * u / (u + s) : total;
	*stime = total - *utime;
}

u64 idle_time(int cpu)
{
	struct run_queue *rq = &run_queues[cpu];
	unsigned long flags;
	u64 ns;

	spin_lock_irqsave(&rq->lock, flags);
	ns = rq->idle_ns + (rq->curr == rq->idle ? ktime_get_ns() - rq->idle_since : 0);
	spin_unlock_irqrestore(&rq->lock, flags);
	return ns;
}

void cpu_times(int cpu, u64 *user, u64 *system)
{
	*user = run_queues[cpu].user_ticks * TICK_NS;
	*system = run_queues[cpu].system_ticks * TICK_NS;
}

/*
 * The load average: running tasks, decayed by e^-(t/60 s), e^-(t/300 s), e^-(t/900 s) in fixed
 * point, as Linux's. It is brought up to date when somebody asks, in steps of 5 s with the load of
 * now, so that nothing ticks for it.
 */
void calc_load(unsigned long avg[3])
{
	static const unsigned long decay[3] = { 1884, 2014, 2037 };
	static unsigned long load[3];
	static u64 updated;
	u64 now = ktime_get_ns();
	unsigned long active = (unsigned long)nr_running() << 11;

	for (int steps = min((now - updated) / (5 * NSEC_PER_SEC), 720ULL); steps > 0; steps--)
		for (int i = 0; i < 3; i++)
			load[i] = (load[i] * decay[i] + active * (2048 - decay[i])) >> 11;
	updated = now - now % (5 * NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		avg[i] = load[i];
}

u64 nr_context_switches(void)
{
	u64 sum = 0;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		sum += READ_ONCE(run_queues[cpu].nr_switches);
	return sum;
}

int nr_running(void)
{
	int n = 0;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		n += READ_ONCE(run_queues[cpu].nr_queued) +
		     (READ_ONCE(run_queues[cpu].curr) != run_queues[cpu].idle);
	return n;
}

void sched_dump_others(void)
{
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		struct task_struct *curr = run_queues[cpu].curr;

		if (cpu == smp_processor_id() || curr == run_queues[cpu].idle)
			continue;
		pr_emerg("Hart %d runs %s (pid %d)\n", cpu, curr->comm, curr->pid);
		dump_stack(curr, NULL);
	}
}

/*
 * Makes @idle the task that @cpu runs when nothing else wants to; it is what runs there now or
 * first.
 */
void sched_init_cpu(int cpu, struct task_struct *idle)
{
	struct run_queue *rq = &run_queues[cpu];

	spin_lock_init(&rq->lock, RANK_RUNQUEUE);
	INIT_LIST_HEAD(&rq->queue);
	rq->cpu = cpu;
	rq->curr = rq->idle = idle;
	idle->cpu = cpu;
	idle->on_cpu = true;
	idle->flags |= PF_KTHREAD | PF_IDLE;
	idle->state = TASK_RUNNING;
}

void sched_init(void)
{
	init_task.stack = boot_stack;
	init_task.kernel_sp = (unsigned long)boot_stack + THREAD_SIZE - PT_SIZE;
	INIT_LIST_HEAD(&init_task.run_list);
	sched_init_cpu(0, &init_task);
}
