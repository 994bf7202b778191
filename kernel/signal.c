// SPDX-License-Identifier: MIT
/*
 * Sending signals.
 *
 *   send_sig_info, kill_pgrp, force_sig…
 *     → prepare_signal()   stop and continue signals undo each other; is it ignored?
 *     → queue_signal()     a struct sigqueue with the details, and the bit
 *     → complete_signal()  picks a thread and wakes it; a fatal one ends the whole process
 *
 * S1 A bit in pending->signal is set if and only if the signal is pending; a sigqueue may be
 *    missing for it (no memory, or SIGKILL), never the other way round.
 * S2 TIF_SIGPENDING is set whenever a thread has something to do in get_signal(); it may be set in
 *    vain.
 * S3 Standard signals (below SIGRTMIN) are pending once; real-time ones queue in order.
 */
#include "kernel/signal.h"

#include "kernel/cred.h"
#include "kernel/jobctl.h"
#include "kernel/resource.h"
#include "kernel/signal_deliver.h"
#include "kernel/time.h"
#include "kernel/user.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct kmem_cache *sigqueue_cache;

/* --- the queue --- */

void sigpending_init(struct sigpending *pending)
{
	pending->signal = 0;
	INIT_LIST_HEAD(&pending->list);
}

/*
 * The account of the user keeps him alive: the first entry takes a reference, the last one gives it
 * back.
 */
static struct sigqueue *sigqueue_alloc(struct task_struct *task, bool override_rlimit)
{
	struct user_struct *user = task->cred->user;
	int n = atomic_inc_return(&user->sigpending);
	struct sigqueue *q = NULL;

	if (n == 1)
		get_user_struct(user);
	if (override_rlimit || (unsigned long)n <= task_rlimit(task, RLIMIT_SIGPENDING))
		q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (q)
		q->user = user;
	else if (atomic_dec_and_test(&user->sigpending))
		put_user_struct(user);
	return q;
}

static void sigqueue_free(struct sigqueue *q)
{
	if (atomic_dec_and_test(&q->user->sigpending))
		put_user_struct(q->user);
	kmem_cache_free(sigqueue_cache, q);
}

/* Of a task that nobody can signal any more. */
void flush_sigqueue(struct sigpending *pending)
{
	struct sigqueue *q, *next;

	list_for_each_entry_safe(q, next, &pending->list, list)
		sigqueue_free(q);
	sigpending_init(pending);
}

void flush_signals_of(u64 mask, struct sigpending *pending)
{
	struct sigqueue *q, *next;

	if (!(pending->signal & mask))
		return;
	pending->signal &= ~mask;
	list_for_each_entry_safe(q, next, &pending->list, list) {
		if (!(mask & sigmask(q->info.si_signo)))
			continue;
		list_del(&q->list);
		sigqueue_free(q);
	}
}

/* Takes signals out of a whole process; siglock held. */
static void flush_process_signals(u64 mask, struct signal_struct *sig)
{
	struct task_struct *t;

	flush_signals_of(mask, &sig->shared_pending);
	for_each_thread(sig, t)
		flush_signals_of(mask, &t->pending);
}

static void default_info(struct kernel_siginfo *info, int sig)
{
	*info = (struct kernel_siginfo){ .si_signo = sig, .si_code = SI_USER };
	info->si_pid = current->tgid;
	info->si_uid = current_uid();
}

static bool is_special(const struct kernel_siginfo *info)
{
	return info <= SEND_SIG_PRIV;
}

/*
 * 0 or -EAGAIN: a queued signal that finds no place is refused, any other is at least marked (S1).
 */
static int queue_signal(int sig, const struct kernel_siginfo *info, struct task_struct *task,
			struct sigpending *pending)
{
	bool override = sig < SIGRTMIN && (is_special(info) || info->si_code >= 0);
	struct sigqueue *q = NULL;

	if (sig != SIGKILL)
		q = sigqueue_alloc(task, override);
	if (q) {
		if (info == SEND_SIG_NOINFO)
			default_info(&q->info, sig);
		else if (info == SEND_SIG_PRIV)
			q->info = (struct kernel_siginfo){ .si_signo = sig, .si_code = SI_KERNEL };
		else
			q->info = *info;
		list_add_tail(&q->list, &pending->list);
	} else if (!is_special(info) && sig >= SIGRTMIN && info->si_code != SI_USER) {
		return -EAGAIN;
	}
	pending->signal |= sigmask(sig);
	return 0;
}

static void collect_signal(int sig, struct sigpending *pending, struct kernel_siginfo *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &pending->list, list) {
		if (q->info.si_signo != sig)
			continue;
		more = first;
		if (more)
			break;
		first = q;
	}
	if (!more)
		pending->signal &= ~sigmask(sig);
	if (!first) {
		*info = (struct kernel_siginfo){ .si_signo = sig, .si_code = SI_USER };
		return;
	}
	*info = first->info;
	list_del(&first->list);
	sigqueue_free(first);
}

/*
 * Those that an instruction caused come first, so that the handler sees the registers of that
 * instruction.
 */
static int next_signal(const struct sigpending *pending, u64 mask)
{
	u64 set = pending->signal & ~mask;

	if (!set)
		return 0;
	if (set & SYNCHRONOUS_MASK)
		set &= SYNCHRONOUS_MASK;
	return __ffs(set) + 1;
}

int dequeue_signal(u64 mask, struct kernel_siginfo *info)
{
	struct sigpending *pending = &current->pending;
	int sig = next_signal(pending, mask);

	if (!sig) {
		pending = &current->signal->shared_pending;
		sig = next_signal(pending, mask);
	}
	if (sig) {
		collect_signal(sig, pending, info);
		if (sig == SIGALRM && pending == &current->signal->shared_pending)
			real_itimer_rearm(current->signal);
		if (sigmask(sig) & STOP_MASK)
			current->jobctl |= JOBCTL_STOP_DEQUEUED;
	}
	recalc_sigpending();
	return sig;
}

/* --- who is to act on it --- */

static bool has_work(const struct task_struct *task)
{
	const struct signal_struct *sig = task->signal;

	return ((task->pending.signal | sig->shared_pending.signal) & ~task->blocked) ||
	       (task->jobctl & JOBCTL_STOP_PENDING);
}

void recalc_sigpending(void)
{
	if (has_work(current))
		set_bit(TIF_SIGPENDING, &current->thread_flags);
	else if (test_task_flag(current, TIF_SIGPENDING))
		clear_bit(TIF_SIGPENDING, &current->thread_flags);
}

bool fatal_signal_pending(const struct task_struct *task)
{
	return signal_pending(task) && (READ_ONCE(task->pending.signal) & sigmask(SIGKILL));
}

void signal_wake_up(struct task_struct *task, bool fatal)
{
	set_bit(TIF_SIGPENDING, &task->thread_flags);
	/* A stopped task continues for SIGKILL only: its state has TASK_WAKEKILL too. */
	if (!try_to_wake_up(task, TASK_INTERRUPTIBLE | (fatal ? TASK_WAKEKILL : 0)))
		kick_process(task);
}

static bool wants_signal(int sig, const struct task_struct *task)
{
	if ((task->blocked & sigmask(sig)) || (task->flags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	/* One that has a signal to take and does not run may be slow to come: another is better. */
	return !(READ_ONCE(task->state) & TASK_STOPPED) &&
	       (READ_ONCE(task->on_cpu) || !signal_pending(task));
}

/* A thread that can take the signal at once; NULL: it stays pending until one unblocks it. */
static struct task_struct *pick_thread(int sig, struct task_struct *task, bool group)
{
	struct task_struct *t;

	if (wants_signal(sig, task))
		return task;
	if (!group)
		return NULL;
	for_each_thread(task->signal, t)
		if (wants_signal(sig, t))
			return t;
	return NULL;
}

void kill_thread(struct task_struct *task)
{
	task->jobctl &= ~JOBCTL_STOP_PENDING;
	task->pending.signal |= sigmask(SIGKILL);
	signal_wake_up(task, true);
}

void zap_other_threads(void)
{
	struct task_struct *t;

	current->signal->group_stop_count = 0;
	current->jobctl &= ~JOBCTL_STOP_PENDING;
	for_each_thread(current->signal, t)
		if (t != current && !(t->flags & PF_EXITING))
			kill_thread(t);
}

static bool is_fatal(int sig, const struct task_struct *task)
{
	if (task->sighand->action[sig - 1].sa_handler != SIG_DFL ||
	    (sigmask(sig) & (IGNORE_MASK | STOP_MASK)))
		return false;
	return !(task->signal->flags & (SIGNAL_UNKILLABLE | SIGNAL_GROUP_EXIT));
}

/*
 * No core is written, so the end of the process begins here and not when a thread gets round to it.
 */
static void start_group_exit(int sig, struct signal_struct *signal)
{
	struct task_struct *t;

	signal->flags = SIGNAL_GROUP_EXIT;
	signal->group_exit_code = sig;
	signal->group_stop_count = 0;
	for_each_thread(signal, t)
		kill_thread(t);
}

static void complete_signal(int sig, struct task_struct *task, bool group)
{
	struct task_struct *t = pick_thread(sig, task, group);

	if (!t)
		return;
	if (is_fatal(sig, t) && !(t->real_blocked & sigmask(sig)))
		start_group_exit(sig, t->signal);
	else
		signal_wake_up(t, sig == SIGKILL);
}

/* --- before it is sent --- */

static bool sig_ignored(int sig, const struct task_struct *task, bool force)
{
	__sighandler_t handler = task->sighand->action[sig - 1].sa_handler;

	/* One that is blocked may have got a handler by the time it is unblocked. */
	if ((task->blocked | task->real_blocked) & sigmask(sig))
		return false;
	if ((task->signal->flags & SIGNAL_UNKILLABLE) && handler == SIG_DFL &&
	    !(force && (sigmask(sig) & KERNEL_ONLY_MASK)))
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && (sigmask(sig) & IGNORE_MASK));
}

/* True: it is to be sent. */
static bool prepare_signal(int sig, struct task_struct *task, bool force)
{
	struct signal_struct *signal = task->signal;

	if (signal->flags & SIGNAL_GROUP_EXIT)
		return sig == SIGKILL;
	if (sigmask(sig) & STOP_MASK)
		flush_process_signals(sigmask(SIGCONT), signal);
	if (sig == SIGCONT) {
		flush_process_signals(STOP_MASK, signal);
		continue_process(signal);
	}
	return !sig_ignored(sig, task, force);
}

int send_signal_locked(int sig, const struct kernel_siginfo *info, struct task_struct *task,
		       bool group)
{
	struct sigpending *pending = group ? &task->signal->shared_pending : &task->pending;
	bool force = info == SEND_SIG_PRIV || (!is_special(info) && info->si_code == SI_KERNEL);
	int err;

	assert_spin_locked(&task->sighand->siglock);
	if (!prepare_signal(sig, task, force))
		return 0;
	if (sig < SIGRTMIN && (pending->signal & sigmask(sig)))
		return 0;
	err = queue_signal(sig, info, task, pending);
	if (!err)
		complete_signal(sig, task, group);
	return err;
}

/* --- the senders --- */

int do_send_sig_info(int sig, const struct kernel_siginfo *info, struct task_struct *task,
		     bool group)
{
	unsigned long flags;
	int err = -ESRCH;

	spin_lock_irqsave(&task->sighand->siglock, flags);
	/* One that has been released takes no signal: nobody would free it. */
	if (likely(!list_empty(&task->thread_group)))
		err = send_signal_locked(sig, info, task, group);
	spin_unlock_irqrestore(&task->sighand->siglock, flags);
	return err;
}

int send_sig(int sig, struct task_struct *task, bool from_kernel)
{
	return do_send_sig_info(sig, from_kernel ? SEND_SIG_PRIV : SEND_SIG_NOINFO, task, false);
}

int group_send_sig(int sig, struct task_struct *task, bool from_kernel)
{
	return do_send_sig_info(sig, from_kernel ? SEND_SIG_PRIV : SEND_SIG_NOINFO, task, true);
}

int kill_pgrp_locked(struct pid *pgrp, int sig, bool from_kernel)
{
	struct signal_struct *signal;
	int err = -ESRCH;

	assert_spin_locked(&tasklist_lock);
	list_for_each_entry(signal, &pgrp->pgrp, pgrp_node) {
		signal->group_signals++;
		if (!group_send_sig(sig, signal->group_leader, from_kernel))
			err = 0;
	}
	return err;
}

int kill_pgrp(struct pid *pgrp, int sig, bool from_kernel)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&tasklist_lock, flags);
	err = kill_pgrp_locked(pgrp, sig, from_kernel);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

static void force_sig_info(int sig, const struct kernel_siginfo *info)
{
	struct sigaction *ka = current->sighand->action + (sig - 1);
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	if (ka->sa_handler == SIG_IGN || (current->blocked & sigmask(sig))) {
		ka->sa_handler = SIG_DFL;
		current->blocked &= ~sigmask(sig);
		recalc_sigpending();
	}
	/* Even init: it would meet the same fault for ever. */
	if (ka->sa_handler == SIG_DFL)
		current->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_signal_locked(sig, info, current, false);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
}

void force_sig(int sig)
{
	force_sig_info(sig, SEND_SIG_PRIV);
}

void force_sig_fault(int sig, int code, void __user *addr)
{
	struct kernel_siginfo info = { .si_signo = sig, .si_code = code };

	info.si_addr = addr;
	force_sig_info(sig, &info);
}

/* --- a child's news for its parent --- */

static void child_info(struct kernel_siginfo *info, struct task_struct *task, int sig)
{
	u64 utime, stime;

	thread_group_cputime(task, &utime, &stime);
	*info = (struct kernel_siginfo){ .si_signo = sig };
	info->si_pid = task->tgid;
	info->si_uid = task->cred->uid;
	info->si_utime = utime / (NSEC_PER_SEC / USER_HZ);
	info->si_stime = stime / (NSEC_PER_SEC / USER_HZ);
}

static void wake_up_parent(struct task_struct *parent)
{
	wake_up_interruptible_all(&parent->signal->wait_chldexit);
}

bool do_notify_parent(struct task_struct *task, int sig)
{
	struct task_struct *parent = task->parent;
	struct sighand_struct *psig = parent->sighand;
	struct kernel_siginfo info;
	bool autoreap = false;
	unsigned long flags;

	assert_spin_locked(&tasklist_lock);
	child_info(&info, task, sig);
	if (task->exit_code & 0x7f) {
		info.si_code = CLD_KILLED;
		info.si_status = task->exit_code & 0x7f;
	} else {
		info.si_code = CLD_EXITED;
		info.si_status = task->exit_code >> 8;
	}

	spin_lock_irqsave(&psig->siglock, flags);
	if (sig == SIGCHLD) {
		const struct sigaction *ka = &psig->action[SIGCHLD - 1];

		autoreap = ka->sa_handler == SIG_IGN || (ka->sa_flags & SA_NOCLDWAIT);
		if (ka->sa_handler == SIG_IGN)
			sig = 0;
	}
	if (sig > 0 && sig <= NSIG)
		send_signal_locked(sig, &info, parent, true);
	spin_unlock_irqrestore(&psig->siglock, flags);
	wake_up_parent(parent);
	return autoreap;
}

void do_notify_parent_cldstop(struct task_struct *task, int why, int status)
{
	struct task_struct *parent = task->group_leader->parent;
	struct sighand_struct *psig = parent->sighand;
	const struct sigaction *ka = &psig->action[SIGCHLD - 1];
	struct kernel_siginfo info;
	unsigned long flags;

	assert_spin_locked(&tasklist_lock);
	child_info(&info, task, SIGCHLD);
	info.si_code = why;
	info.si_status = status;

	spin_lock_irqsave(&psig->siglock, flags);
	if (ka->sa_handler != SIG_IGN && !(ka->sa_flags & SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, true);
	spin_unlock_irqrestore(&psig->siglock, flags);
	wake_up_parent(parent);
}

/* --- exec and exit --- */

void flush_signal_handlers(struct task_struct *task, bool force_default)
{
	for (int i = 0; i < NSIG; i++) {
		struct sigaction *ka = &task->sighand->action[i];

		if (force_default || ka->sa_handler != SIG_IGN)
			ka->sa_handler = SIG_DFL;
		ka->sa_flags = 0;
		ka->sa_mask.sig[0] = 0;
	}
}

/* The last one out says how the process ended; siglock held. */
static void leave_process(struct signal_struct *signal, int code)
{
	if (--signal->quick_threads || signal->flags & SIGNAL_GROUP_EXIT)
		return;
	signal->flags = SIGNAL_GROUP_EXIT | (signal->flags & SIGNAL_UNKILLABLE);
	signal->group_exit_code = code;
	signal->group_stop_count = 0;
}

void exit_signals(struct task_struct *task, int code)
{
	struct task_struct *t;
	bool stopped;
	int sig;
	u64 left;

	spin_lock_irq(&task->sighand->siglock);
	task->flags |= PF_EXITING;
	sig = task->signal->group_exit_code;
	stopped = leave_group_stop(task);
	leave_process(task->signal, code);
	left = task->signal->shared_pending.signal & ~task->blocked;
	/* Others must look at what this thread was woken for and did not take. */
	for_each_thread(task->signal, t)
		if (!(t->flags & PF_EXITING) && (left & ~t->blocked))
			signal_wake_up(t, false);
	spin_unlock_irq(&task->sighand->siglock);
	if (stopped)
		tell_of_stop(sig);
}

void signal_init(void)
{
	sigqueue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 0, NULL);
}
