// SPDX-License-Identifier: MIT
/*
 * Tasks and the scheduler.
 *
 * `current` lives in the tp register while in the kernel. User code is preempted (timer, wake-up of
 * another); kernel code is not: it gives the hart up only by schedule() or by anything that says
 * that it may sleep.
 *
 * A task's states: TASK_RUNNING (on a run queue or on a hart), sleeping in one of the ways below,
 * TASK_STOPPED, then for ever EXIT_ZOMBIE and EXIT_DEAD. Only the task itself leaves TASK_RUNNING;
 * only try_to_wake_up() brings it back.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "arch/riscv/page.h"
#include "arch/riscv/ptrace.h"
#include "kernel/errno.h"
#include "kernel/lockdep.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

#define TASK_RUNNING		0
#define TASK_INTERRUPTIBLE	1
#define TASK_UNINTERRUPTIBLE	2
#define TASK_STOPPED		4
#define EXIT_ZOMBIE		8	/* in task->exit_state */
#define EXIT_DEAD		16
#define TASK_WAKEKILL		32	/* with UNINTERRUPTIBLE or STOPPED: fatal signals wake it */
#define TASK_DEAD		64	/* will never run again */
#define TASK_NOLOAD		128	/* with UNINTERRUPTIBLE: waits for work, not for an event */
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE		(TASK_NOLOAD | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define TASK_COMM_LEN		16

/* task->flags, with Linux's values: they are seen in /proc/PID/stat (proc(5)) */
#define PF_IDLE			0x2
#define PF_EXITING		0x4
#define PF_FORKNOEXEC		0x40
#define PF_SIGNALED		0x400		/* killed by a signal */
#define PF_MEMALLOC		0x800		/* may use the reserves: it frees memory */
#define PF_MEMALLOC_NOFS	0x40000		/* its allocations behave as GFP_NOFS */
#define PF_KTHREAD		0x200000

/*
 * task->thread_flags: work before the return to user mode; set from anywhere by atomic bit
 * operations
 */
#define TIF_NEED_RESCHED	0
#define TIF_SIGPENDING		1
#define TIF_RESTORE_SIGMASK	2	/* saved_sigmask holds the mask to put back */
/* the whole frame was replaced (rt_sigreturn, execve): load every register */
#define TIF_RESTORE_ALL		3

struct mm_struct;
struct files_struct;
struct fs_struct;
struct signal_struct;
struct sighand_struct;
struct cred;
struct pid;
struct robust_list_head;

/* What a switch saves: the callee-saved registers (psABI) and where to go on. */
struct context {
	unsigned long ra, sp;
	unsigned long s[12];
};

struct fpu_state {
	u64 f[32];
	u32 fcsr;
};

struct sigpending {
	struct list_head list;		/* of struct sigqueue (kernel/signal.h) */
	u64 signal;			/* bit n-1: signal n is pending */
};

struct task_struct {
	/*
	 * Touched by the trap entry by offset (arch/riscv/entry.S): keep first and in this order.
	 */
	unsigned long thread_flags;
	unsigned long kernel_sp;	/* top of the kernel stack, below its pt_regs frame */
	unsigned long user_sp;		/* scratch of the entry */
	int cpu;			/* the hart it runs on or ran last */
	int in_fault_disabled;		/* depth of pagefault_disable() */
	struct context context;
	void *stack;			/* vmalloc'd, THREAD_SIZE, guard page below */

	/* Scheduler: run-queue lock of ->cpu */
	unsigned int state;
	bool on_cpu;			/* its registers are live on a hart */
	bool on_rq;
	struct list_head run_list;
	u64 cpus_allowed;		/* bit per hart */
	int nice;
	u64 slice_end;			/* ns: when another may have the hart */
	u64 last_switch;		/* ns: when it got the hart, or was last accounted */
	u64 sum_exec_runtime;		/* ns on a hart, up to last_switch: what CPU clocks show */
	u64 utime_ticks, stime_ticks;	/* where the tick found it; they divide sum_exec_runtime */
	u64 nvcsw, nivcsw;		/* voluntary and involuntary switches */
	u64 start_time;			/* ns of ktime */
	unsigned int flags;		/* PF_*: written by the task itself */
	atomic_t usage;

	/* Identity: tasklist_lock */
	pid_t pid, tgid;
	struct task_struct *group_leader;
	struct list_head thread_group;	/* on signal->threads */
	struct task_struct *parent;
	struct list_head children, sibling;
	struct list_head tasks;		/* all thread-group leaders, init first */
	struct pid *thread_pid;		/* what pid is the number of */
	int exit_state;
	int exit_code;			/* as wait4 reports it */
	int exit_signal;		/* to the parent at exit; -1: a thread */
	int pdeath_signal;
	unsigned int personality;
	char comm[TASK_COMM_LEN];

	/* Parts that clone may share */
	struct mm_struct *mm;		/* NULL: kernel thread */
	struct mm_struct *active_mm;	/* whose page table is loaded */
	struct files_struct *files;
	struct fs_struct *fs;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	const struct cred *cred;	/* replaced as a whole */

	/* Signals: sighand->siglock */
	u64 blocked, saved_sigmask;
	u64 real_blocked;		/* rt_sigtimedwait: the mask while it waits with another */
	unsigned int jobctl;		/* JOBCTL_* of kernel/signal.h */
	struct sigpending pending;
	unsigned long sas_ss_sp, sas_ss_size;
	unsigned int sas_ss_flags;
	struct restart_block {
		long (*fn)(struct restart_block *);
		u64 expires;		/* ns, absolute */
		int clockid;
		void *user;		/* where the remainder goes; the word of a futex */
		struct {
			u32 expected, bitset;
			bool shared, realtime;
		} futex;
	} restart_block;

	struct completion *vfork_done;
	int *set_child_tid, *clear_child_tid;	/* user addresses */
	struct robust_list_head *robust_list;	/* user address */

	u64 min_flt, maj_flt;
	u64 inblock, oublock;		/* 512-byte units, for getrusage */
	u64 swapins, swapin_ns;		/* waits for swapped pages, for /proc/PID/delays */

	/* its FP registers while they are not live (arch/riscv/fpu.h) */
	struct fpu_state fpu;
	int fpu_cpu;			/* the hart that loaded them last */

	struct held_locks *held_locks;	/* debug build */
	void *plug;			/* block layer: bios gathered by this task */

	bool make_it_fail;		/* failures on purpose may be for it alone, ... */
	unsigned int fail_nth;		/* ... or at the n-th chance from now (0: none) */
#ifdef CONFIG_RACES
	u64 parked_until;		/* others go first up to this point (kernel/race.c) */
#endif
};

register struct task_struct *riscv_current __asm__("tp");
#define current riscv_current

static inline int smp_processor_id(void)
{
	return READ_ONCE(current->cpu);
}

static inline struct pt_regs *task_pt_regs(const struct task_struct *task)
{
	return (struct pt_regs *)((unsigned long)task->stack + THREAD_SIZE - PT_SIZE);
}

static inline void get_task_struct(struct task_struct *task)
{
	atomic_inc(&task->usage);
}
/* The last one calls free_task_parts() (kernel/fork.h), then frees the descriptor and its stack. */
void put_task_struct(struct task_struct *task);

/* Picks another task; returns when this one is picked again.  Sleeps if the state says so. */
void schedule(void);
/*
 * Sleeps at most @ns nanoseconds in the state that was set; returns what was left, 0 if the time
 * ran out.
 */
s64 schedule_timeout(s64 ns);
/* Makes a task whose state is in @mode runnable; true if it was not.  Any context. */
bool try_to_wake_up(struct task_struct *task, unsigned int mode);
bool wake_up_process(struct task_struct *task);		/* TASK_NORMAL */
/* Starts a new task: the first time it is put on a run queue. */
void wake_up_new_task(struct task_struct *task);
/* If @task runs user code on another hart, makes it enter the kernel soon. */
void kick_process(struct task_struct *task);
void yield(void);
/* In long loops of the kernel: lets others run if they should. */
void cond_resched(void);
/* may sleep: moves itself at once */
void set_cpus_allowed(struct task_struct *task, u64 mask);
void set_task_nice(struct task_struct *task, int nice);
/* boot hart; makes the boot context its idle task */
void sched_init(void);
void sched_fork(struct task_struct *task);	/* scheduler's part of a new task */
void __noreturn cpu_idle(void);
/* From here to do_task_dead() others may already believe that current is gone. */
void task_is_dying(void);
/*
 * Waits until every such task has left its stack for good: what they used is then free. May sleep.
 */
void wait_for_dying_tasks(void);
void __noreturn do_task_dead(void);		/* last act of an exiting task */
/* Prepares a task that will first run fn(arg) in the kernel (arch/riscv/process.c) */
void kernel_thread_context(struct task_struct *task, void (*fn)(void *), void *arg);
/*
 * Allocates a descriptor with a stack, a copy of current's scheduling fields, nothing else. NULL:
 * no memory.
 */
struct task_struct *alloc_task_struct(void);
/*
 * Takes back what alloc_task_struct() gave, of a task that was never started; drops nothing else.
 */
void free_task_struct(struct task_struct *task);
/* The same divided into user and system time by where ticks found it (ns). */
void task_cputime(struct task_struct *task, u64 *utime, u64 *stime);
/* ns on a hart so far, exact, of a task that may be running: what CPU clocks show. */
u64 task_sched_runtime(struct task_struct *task);
u64 idle_time(int cpu);				/* ns */
/* What ticks found @cpu doing, in ns. */
void cpu_times(int cpu, u64 *user, u64 *system);
u64 nr_context_switches(void);
int nr_running(void);
void calc_load(unsigned long avg[3]);		/* fixed point, 1 << 11 is 1.0 */

static inline void set_current_state(unsigned int state)
{
	/* A full barrier: the state is visible before the condition is looked at. */
	__atomic_exchange_n(&current->state, state, __ATOMIC_SEQ_CST);
}

static inline bool test_task_flag(const struct task_struct *task, int flag)
{
	return READ_ONCE(task->thread_flags) >> flag & 1;
}

static inline bool need_resched(void)
{
	return test_task_flag(current, TIF_NEED_RESCHED);
}

static inline bool signal_pending(const struct task_struct *task)
{
	return test_task_flag(task, TIF_SIGPENDING);
}

/* A SIGKILL is on its way (kernel/signal.c). */
bool fatal_signal_pending(const struct task_struct *task);

static inline bool signal_pending_state(unsigned int state, struct task_struct *task)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(task))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(task);
}

#endif
