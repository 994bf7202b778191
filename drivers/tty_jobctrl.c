// SPDX-License-Identifier: MIT
/*
 * J1 tty->session is S exactly if every process of session S that has a terminal has this one
 *    (signal->tty).
 * J2 tty->pgrp is a group of tty->session, or NULL.
 * tasklist_lock protects all of it.
 */
#include "drivers/tty_jobctrl.h"

#include <asm/signal.h>
#include <linux/capability.h>
#include "arch/riscv/uaccess.h"
#include "fs/file.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/signal.h"

struct tty_struct *tty_of_current(void)
{
	return READ_ONCE(current->signal->tty);
}

static void set_pid_locked(struct pid **where, struct pid *pid)
{
	struct pid *old = *where;

	if (pid)
		pid->count++;
	*where = pid;
	if (old)
		put_pid_locked(old);
}

static void set_session_tty_locked(struct pid *session, struct tty_struct *tty)
{
	struct signal_struct *sig;

	list_for_each_entry(sig, &session->session, session_node)
		WRITE_ONCE(sig->tty, tty);
}

static void take_terminal_locked(struct tty_struct *tty)
{
	set_pid_locked(&tty->session, task_session(current));
	set_pid_locked(&tty->pgrp, task_pgrp(current));
	WRITE_ONCE(current->signal->tty, tty);
}

/* The session loses the terminal; its foreground group is told. */
static void drop_terminal_locked(struct tty_struct *tty)
{
	if (tty->pgrp) {
		kill_pgrp_locked(tty->pgrp, SIGHUP, true);
		kill_pgrp_locked(tty->pgrp, SIGCONT, true);
	}
	if (tty->session)
		set_session_tty_locked(tty->session, NULL);
	set_pid_locked(&tty->session, NULL);
	set_pid_locked(&tty->pgrp, NULL);
}

void tty_adopt_on_open(struct tty_struct *tty, struct file *file)
{
	spin_lock_irq(&tasklist_lock);
	if (current->signal->leader && !current->signal->tty && !tty->session)
		take_terminal_locked(tty);
	spin_unlock_irq(&tasklist_lock);
}

void tty_signal_foreground(struct tty_struct *tty, int sig)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (tty->pgrp)
		kill_pgrp_locked(tty->pgrp, sig, true);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static bool in_background(const struct tty_struct *tty)
{
	return READ_ONCE(current->signal->tty) == tty && READ_ONCE(tty->pgrp) &&
	       READ_ONCE(tty->pgrp) != task_pgrp(current);
}

static int stop_background(int sig)
{
	if (is_current_pgrp_orphaned())
		return -EIO;
	kill_pgrp(task_pgrp(current), sig, true);
	return -ERESTARTSYS;
}

int tty_check_read(struct tty_struct *tty)
{
	if (!in_background(tty))
		return 0;
	return is_ignored(SIGTTIN) ? -EIO : stop_background(SIGTTIN);
}

int tty_check_change(struct tty_struct *tty)
{
	if (!in_background(tty) || is_ignored(SIGTTOU))
		return 0;
	return stop_background(SIGTTOU);
}

int tty_check_write(struct tty_struct *tty)
{
	return tty->termios.c_lflag & TOSTOP ? tty_check_change(tty) : 0;
}

/* @steal: root may take it from another session. */
static long set_ctty(struct tty_struct *tty, bool steal)
{
	long err = 0;

	spin_lock_irq(&tasklist_lock);
	if (current->signal->leader && tty->session == task_session(current))
		goto out;
	err = -EPERM;
	if (!current->signal->leader || current->signal->tty)
		goto out;
	if (tty->session) {
		if (!steal || !capable(CAP_SYS_ADMIN))
			goto out;
		set_session_tty_locked(tty->session, NULL);
	}
	take_terminal_locked(tty);
	err = 0;
out:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

void disassociate_ctty(void)
{
	struct tty_struct *tty;

	spin_lock_irq(&tasklist_lock);
	tty = current->signal->tty;
	if (tty && current->signal->leader)
		drop_terminal_locked(tty);
	WRITE_ONCE(current->signal->tty, NULL);
	spin_unlock_irq(&tasklist_lock);
}

static long get_pgrp(struct tty_struct *tty, int __user *arg)
{
	int nr;

	if (tty_of_current() != tty)
		return -ENOTTY;
	spin_lock_irq(&tasklist_lock);
	nr = pid_nr(tty->pgrp);
	spin_unlock_irq(&tasklist_lock);
	return put_user(nr, arg);
}

static long set_pgrp_locked(struct tty_struct *tty, int nr)
{
	struct pid *pgrp = find_pid_locked(nr);
	struct signal_struct *member;

	if (tty->session != task_session(current))
		return -ENOTTY;
	if (!pgrp || list_empty(&pgrp->pgrp))
		return -ESRCH;
	member = list_first_entry(&pgrp->pgrp, struct signal_struct, pgrp_node);
	if (member->session != task_session(current))
		return -EPERM;
	set_pid_locked(&tty->pgrp, pgrp);
	return 0;
}

static long set_pgrp(struct tty_struct *tty, int __user *arg)
{
	long err = tty_check_change(tty);
	int nr;

	if (err == -EIO)
		return -ENOTTY;
	if (err)
		return err;
	if (tty_of_current() != tty)
		return -ENOTTY;
	if (get_user(nr, arg))
		return -EFAULT;
	if (nr < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	err = set_pgrp_locked(tty, nr);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

static long get_sid(struct tty_struct *tty, int __user *arg)
{
	int nr;

	spin_lock_irq(&tasklist_lock);
	nr = current->signal->tty == tty ? pid_nr(tty->session) : 0;
	spin_unlock_irq(&tasklist_lock);
	return nr ? put_user(nr, arg) : -ENOTTY;
}

long tty_jobctrl_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, void *arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return set_ctty(tty, (unsigned long)arg == 1);
	case TIOCNOTTY:
		if (tty_of_current() != tty)
			return -ENOTTY;
		disassociate_ctty();
		return 0;
	case TIOCGPGRP:
		return get_pgrp(tty, arg);
	case TIOCSPGRP:
		return set_pgrp(tty, arg);
	case TIOCGSID:
		return get_sid(tty, arg);
	default:
		return -ENOIOCTLCMD;
	}
}

#define SERIAL_DEV	(4 << 8 | 64)	/* ttyS0, as st_rdev of small numbers */

int tty_nr_of(const struct tty_struct *tty)
{
	return tty ? SERIAL_DEV : 0;
}

int tty_pgrp_nr(const struct tty_struct *tty)
{
	return tty && tty->pgrp ? tty->pgrp->nr : -1;
}
