// SPDX-License-Identifier: MIT
/*
 * Signals (signal(7)) and what the threads of a process share.
 *
 * A signal is sent to a thread (task->pending) or to a process (signal->shared_pending).  It stays
 * pending until the thread that takes it returns to user mode: exit_to_user_mode_work() →
 * do_signal() → get_signal(). A system call that waits sees signal_pending() and returns
 * -ERESTART*; do_signal() then restarts it or turns that into -EINTR.
 *
 * Sets of signals are u64: bit n - 1 stands for signal n.  sighand->siglock protects everything
 * here that has no other lock named; it is taken with interrupts off.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <linux/resource.h>
#include <linux/signal.h>
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "lib/types.h"

#define NSIG		64
#define SIGSET_SIZE	sizeof(u64)
#define sigmask(sig)	(1ULL << ((sig) - 1))

/* siginfo_t without the padding to 128 bytes. */
struct kernel_siginfo {
	__SIGINFO;
};

struct sigqueue {
	struct list_head list;
	struct user_struct *user;	/* whom it counts for */
	struct kernel_siginfo info;
};

struct sighand_struct {
	atomic_t count;
	struct spinlock siglock;
	struct sigaction action[NSIG];
};

/* CPU time at which an interval timer ends; ns, 0: off. */
struct cpu_itimer {
	u64 expires, incr;
};

/* Resources of threads and children that are gone. */
struct rusage_sum {
	u64 utime, stime;		/* ns */
	u64 min_flt, maj_flt;
	u64 inblock, oublock;
	u64 swapins, swapin_ns;
	u64 nvcsw, nivcsw;
	unsigned long maxrss;		/* pages */
};

/* task->jobctl */
#define JOBCTL_STOP_PENDING	0x1	/* takes part in the group stop under way */
#define JOBCTL_STOP_DEQUEUED	0x2	/* took a stop signal; SIGCONT undoes it */

#define SIGNAL_STOP_STOPPED	0x1	/* all threads are stopped */
#define SIGNAL_STOP_CONTINUED	0x2	/* SIGCONT came since: for WCONTINUED */
#define SIGNAL_GROUP_EXIT	0x4	/* the whole process is dying of group_exit_code */
#define SIGNAL_CLD_STOPPED	0x10	/* the parent is still to be told */
#define SIGNAL_CLD_CONTINUED	0x20
#define SIGNAL_UNKILLABLE	0x40	/* init: signals without a handler do not reach it */

struct signal_struct {
	atomic_t sigcnt;		/* tasks, zombies included, that point here */
	int nr_threads;			/* live or zombie, on ->threads */
	atomic_t live;			/* that still use what the process has */
	int quick_threads;		/* that have not begun to exit */
	/* task->thread_group; changed with tasklist_lock and siglock, read with either */
	struct list_head threads;
	struct task_struct *group_leader;	/* stays until all other threads are gone */
	struct sigpending shared_pending;

	unsigned int flags;		/* SIGNAL_* */
	int group_exit_code;
	int group_stop_count;		/* threads that still have to stop (kernel/jobctl.c, J1) */
	struct task_struct *group_exec_task;	/* execs: all others are to die */
	struct wait_queue_head wait_chldexit;	/* the parent waits here for children */

	/* tasklist_lock */
	struct pid *pgrp, *session;
	struct list_head pgrp_node, session_node;
	bool leader;			/* of its session */
	struct tty_struct *tty;		/* controlling terminal; siglock */
	struct pid *tty_old_pgrp;

	struct rlimit rlim[RLIM_NLIMITS];	/* written with siglock */
	struct timer real_timer;	/* ITIMER_REAL */
	u64 real_incr;			/* ns */
	struct cpu_itimer it[2];	/* CPUCLOCK_PROF, CPUCLOCK_VIRT */
	bool cpu_timers;		/* something for account_process_tick() to look at */

	struct rusage_sum dead;		/* threads of this process that are gone */
	struct rusage_sum children;	/* waited-for children and their own */
	bool has_child_subreaper;
	bool is_child_subreaper;
	/* signals that came to it as one of a group (kernel/fork.c, I1); tasklist_lock */
	unsigned long group_signals;

	/* mm/oom_kill.h */
	short oom_score_adj, oom_score_adj_min;	/* min: how low one without capabilities may go */
	bool oom_victim;		/* it dies for others: may use the reserve */
	bool oom_origin;		/* among the first to go: it fills memory for others */
};

#define for_each_thread(sig, t)	list_for_each_entry(t, &(sig)->threads, thread_group)

/* Special values for @info: from the user's kill(), from the kernel. */
#define SEND_SIG_NOINFO	((struct kernel_siginfo *)0)
#define SEND_SIG_PRIV	((struct kernel_siginfo *)1)

/*
 * Senders.  None sleeps; all may be called in interrupts, none with a siglock; who sends to another
 * than current holds tasklist_lock, by which sighand and cred stay.  0, -ESRCH (the task is gone),
 * -EAGAIN (a queued signal found RLIMIT_SIGPENDING full).
 */
/* To the thread @task alone. */
int send_sig(int sig, struct task_struct *task, bool from_kernel);
/* To the process of @task. */
int group_send_sig(int sig, struct task_struct *task, bool from_kernel);
int kill_pgrp(struct pid *pgrp, int sig, bool from_kernel);
int kill_pgrp_locked(struct pid *pgrp, int sig, bool from_kernel);	/* with tasklist_lock */
/*
 * To current itself, blocked or ignored or not: it will not return to the instruction as if nothing
 * was.
 */
void force_sig(int sig);
void force_sig_fault(int sig, int code, void __user *addr);
/*
 * @task has ended: its parent gets @sig (0: none) and is woken.  True: nobody will wait for it.
 * With tasklist_lock.
 */
bool do_notify_parent(struct task_struct *task, int sig);

/* Is @sig blocked or ignored by current?  For job control. */
bool is_ignored(int sig);

/* Masks: current's.  SIGKILL and SIGSTOP are never in them. */
void set_current_blocked(u64 set);
/*
 * ppoll, pselect6, rt_sigsuspend: takes the user's mask until the call is over.  -EINVAL, -EFAULT.
 */
int set_user_sigmask(const u64 __user *umask, size_t sigsetsize);
/* At the end of such a call; @interrupted: the handler runs under the temporary mask first. */
void restore_saved_sigmask_unless(bool interrupted);
void restore_saved_sigmask(void);
void recalc_sigpending(void);				/* of current, with siglock */
void signal_wake_up(struct task_struct *task, bool fatal);	/* with its siglock */

/* The signal to deliver now. */
struct ksignal {
	int sig;
	struct sigaction ka;
	struct kernel_siginfo info;
};
/* Does what the default actions ask for (may not return); true: a handler is to be run. */
bool get_signal(struct ksignal *ksig);
/* The handler's frame is built, or could not be. */
void signal_setup_done(bool failed, const struct ksignal *ksig);
/* Where the frame goes: @sp or the alternate stack. */
unsigned long sigsp(unsigned long sp, const struct ksignal *ksig);
bool on_sig_stack(unsigned long sp);
/* For the frame: what sigaltstack(2) would say. */
void save_altstack(stack_t *st);
/* sigreturn: an unacceptable one is not the handler's fault, so the present one stays then. */
void restore_altstack(const stack_t *st);
long do_no_restart_syscall(struct restart_block *rb);

/* fork, exec and exit */
void flush_signal_handlers(struct task_struct *task, bool force_default);
void flush_sigqueue(struct sigpending *pending);
void sigpending_init(struct sigpending *pending);
/* All 128 bytes.  0 or -EFAULT. */
int copy_siginfo_to_user(siginfo_t __user *to, const struct kernel_siginfo *from);
/* All other threads of current's process are to die; with siglock. */
void zap_other_threads(void);
/*
 * The first step of a thread's end: no signal is for it any more, and one for the process that it
 * would have taken wakes another.  If it is the last one, @code is the process's status.
 */
void exit_signals(struct task_struct *task, int code);
bool is_current_pgrp_orphaned(void);
void signal_init(void);

static inline struct pid *task_pgrp(const struct task_struct *task)
{
	return task->signal->pgrp;
}

static inline struct pid *task_session(const struct task_struct *task)
{
	return task->signal->session;
}

static inline bool thread_group_empty(const struct task_struct *task)
{
	return task->signal->nr_threads == 1;
}

#endif
