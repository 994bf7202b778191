// SPDX-License-Identifier: MIT
/* Acting on signals, on the way to user mode: default actions, masks and stacks for handlers. */
#include "kernel/signal_deliver.h"

#include "arch/riscv/uaccess.h"
#include "kernel/exit.h"
#include "kernel/jobctl.h"
#include "lib/string.h"

/* --- masks --- */

void set_current_blocked(u64 set)
{
	struct spinlock *siglock = &current->sighand->siglock;
	struct task_struct *t;
	unsigned long flags;
	u64 left;

	set &= ~KERNEL_ONLY_MASK;
	if (set == current->blocked)
		return;
	spin_lock_irqsave(siglock, flags);
	/*
	 * What is newly blocked here and pending for the process must wake a thread that still
	 * takes it.
	 */
	left = current->signal->shared_pending.signal & set & ~current->blocked;
	current->blocked = set;
	if (unlikely(left) && !thread_group_empty(current)) {
		for_each_thread(current->signal, t)
			if (t != current && !(t->flags & PF_EXITING) && (left & ~t->blocked))
				signal_wake_up(t, false);
	}
	recalc_sigpending();
	spin_unlock_irqrestore(siglock, flags);
}

int set_user_sigmask(const u64 __user *umask, size_t sigsetsize)
{
	u64 mask;

	if (!umask)
		return 0;
	if (sigsetsize != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_bit(TIF_RESTORE_SIGMASK, &current->thread_flags);
	set_current_blocked(mask);
	return 0;
}

void restore_saved_sigmask(void)
{
	if (!test_task_flag(current, TIF_RESTORE_SIGMASK))
		return;
	clear_bit(TIF_RESTORE_SIGMASK, &current->thread_flags);
	set_current_blocked(current->saved_sigmask);
}

void restore_saved_sigmask_unless(bool interrupted)
{
	if (!interrupted)
		restore_saved_sigmask();
}

bool is_ignored(int sig)
{
	return (current->blocked & sigmask(sig)) ||
	       current->sighand->action[sig - 1].sa_handler == SIG_IGN;
}

/* --- delivery --- */

enum verdict { DELIVER, NEXT, STOP, DIE };

/* What is to be done about ksig->sig; siglock held. */
static enum verdict judge_signal(struct ksignal *ksig)
{
	struct sigaction *ka = &current->sighand->action[ksig->sig - 1];
	u64 mask = sigmask(ksig->sig);

	if (ka->sa_handler == SIG_IGN)
		return NEXT;
	if (ka->sa_handler != SIG_DFL) {
		ksig->ka = *ka;
		if (ka->sa_flags & SA_RESETHAND)
			ka->sa_handler = SIG_DFL;
		return DELIVER;
	}
	if (mask & IGNORE_MASK)
		return NEXT;
	if ((current->signal->flags & SIGNAL_UNKILLABLE) && !(mask & KERNEL_ONLY_MASK))
		return NEXT;
	return mask & STOP_MASK ? STOP : DIE;
}

static void __noreturn die_of_signal(int sig)
{
	current->flags |= PF_SIGNALED;
	do_group_exit(sig);
}

/*
 * One step; siglock held on entry.  1: deliver, 0: nothing left (lock held), -1: look again (lock
 * dropped).
 */
static int get_signal_step(struct ksignal *ksig)
{
	struct signal_struct *signal = current->signal;

	if (unlikely(signal->flags & (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED))) {
		notify_continued();
		return -1;
	}
	if (signal->flags & SIGNAL_GROUP_EXIT) {
		spin_unlock_irq(&current->sighand->siglock);
		die_of_signal(signal->group_exit_code);
	}
	if (unlikely(signal->group_exec_task && signal->group_exec_task != current)) {
		spin_unlock_irq(&current->sighand->siglock);
		die_of_signal(0);
	}
	if (unlikely(current->jobctl & JOBCTL_STOP_PENDING)) {
		sleep_stopped();
		return -1;
	}
	ksig->sig = dequeue_signal(current->blocked, &ksig->info);
	if (!ksig->sig)
		return 0;
	switch (judge_signal(ksig)) {
	case DELIVER:
		return 1;
	case STOP:
		if (stop_is_due(ksig->sig))
			start_group_stop(ksig->sig);
		break;
	case DIE:
		spin_unlock_irq(&current->sighand->siglock);
		die_of_signal(ksig->sig);
	case NEXT:
		break;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return -1;
}

bool get_signal(struct ksignal *ksig)
{
	int found;

	do {
		spin_lock_irq(&current->sighand->siglock);
		found = get_signal_step(ksig);
	} while (found < 0);
	spin_unlock_irq(&current->sighand->siglock);
	return found;
}

/* --- for the frame --- */

void signal_setup_done(bool failed, const struct ksignal *ksig)
{
	u64 blocked = current->blocked | ksig->ka.sa_mask.sig[0];

	if (failed) {
		/* A SIGSEGV handler that has no stack cannot be called for that. */
		if (ksig->sig == SIGSEGV)
			current->sighand->action[SIGSEGV - 1].sa_handler = SIG_DFL;
		force_sig(SIGSEGV);
		return;
	}
	/* sigreturn brings back the saved mask out of the frame. */
	clear_bit(TIF_RESTORE_SIGMASK, &current->thread_flags);
	if (!(ksig->ka.sa_flags & SA_NODEFER))
		blocked |= sigmask(ksig->sig);
	set_current_blocked(blocked);
}

bool on_sig_stack(unsigned long sp)
{
	/* With SS_AUTODISARM the stack is free as soon as a handler runs on it. */
	if (current->sas_ss_flags & SS_AUTODISARM)
		return false;
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

unsigned long sigsp(unsigned long sp, const struct ksignal *ksig)
{
	if ((ksig->ka.sa_flags & SA_ONSTACK) && current->sas_ss_size && !on_sig_stack(sp))
		return current->sas_ss_sp + current->sas_ss_size;
	return sp;
}

static unsigned int altstack_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return (on_sig_stack(sp) ? SS_ONSTACK : 0) | current->sas_ss_flags;
}

void save_altstack(stack_t *st)
{
	unsigned long sp = task_pt_regs(current)->sp;

	st->ss_sp = (void *)current->sas_ss_sp;
	st->ss_flags = altstack_flags(sp);
	st->ss_size = current->sas_ss_size;
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}
}

int do_sigaltstack(const stack_t *new, stack_t *old, size_t min_size)
{
	unsigned long sp = task_pt_regs(current)->sp;
	unsigned int mode;

	if (old) {
		old->ss_sp = (void *)current->sas_ss_sp;
		old->ss_flags = altstack_flags(sp);
		old->ss_size = current->sas_ss_size;
	}
	if (!new)
		return 0;
	if (on_sig_stack(sp))
		return -EPERM;
	mode = new->ss_flags & ~SS_AUTODISARM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		current->sas_ss_sp = current->sas_ss_size = 0;
	} else {
		if (new->ss_size < min_size)
			return -ENOMEM;
		current->sas_ss_sp = (unsigned long)new->ss_sp;
		current->sas_ss_size = new->ss_size;
	}
	current->sas_ss_flags = new->ss_flags & ~SS_ONSTACK;
	return 0;
}

void restore_altstack(const stack_t *st)
{
	do_sigaltstack(st, NULL, MINSIGSTKSZ);
}

int copy_siginfo_to_user(siginfo_t __user *to, const struct kernel_siginfo *from)
{
	if (copy_to_user(to, from, sizeof(*from)) ||
	    clear_user((char *)to + sizeof(*from), sizeof(*to) - sizeof(*from)))
		return -EFAULT;
	return 0;
}
