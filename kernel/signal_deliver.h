// SPDX-License-Identifier: MIT
/*
 * What the files of the signal code share and nobody else needs: signals by default action
 * (signal(7)), and the inner senders.
 */
#ifndef KERNEL_SIGNAL_DELIVER_H
#define KERNEL_SIGNAL_DELIVER_H

#include "kernel/signal.h"

#define IGNORE_MASK	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define STOP_MASK	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define KERNEL_ONLY_MASK (sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SYNCHRONOUS_MASK (sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) |	\
			  sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

/* With task's siglock.  @group: to its process.  0 or -EAGAIN; an ignored signal is 0 too. */
int send_signal_locked(int sig, const struct kernel_siginfo *info, struct task_struct *task,
		       bool group);
int do_send_sig_info(int sig, const struct kernel_siginfo *info, struct task_struct *task,
		     bool group);
/* SIGKILL for this thread alone, as part of the end of its process; siglock. */
void kill_thread(struct task_struct *task);

/* Takes signals back; siglock. */
void flush_signals_of(u64 mask, struct sigpending *pending);
/* sigaltstack(2) in kernel memory; either may be NULL. */
int do_sigaltstack(const stack_t *new, stack_t *old, size_t min_size);

/* Takes one signal that is not in @mask from current; 0: there is none.  siglock. */
int dequeue_signal(u64 mask, struct kernel_siginfo *info);
/* SIGALRM was taken: the next period begins.  siglock. */
void real_itimer_rearm(struct signal_struct *sig);

/* @task stopped or continued (CLD_*) by the signal @status; tasklist_lock, no siglock. */
void do_notify_parent_cldstop(struct task_struct *task, int why, int status);

#endif
