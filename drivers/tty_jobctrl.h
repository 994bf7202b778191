// SPDX-License-Identifier: MIT
/*
 * Job control (credentials(7), tcsetpgrp(3)): a session has at most one controlling terminal, a
 * terminal at most one session, and of the session's process groups one is in the foreground.
 */
#ifndef DRIVERS_TTY_JOBCTRL_H
#define DRIVERS_TTY_JOBCTRL_H

#include "drivers/tty.h"

struct file;

/* current's controlling terminal, or NULL. */
struct tty_struct *tty_of_current(void);
/* A session leader without a terminal opened a terminal without a session: it is his. */
void tty_adopt_on_open(struct tty_struct *tty, struct file *file);
/* Signals the foreground group.  Any context. */
void tty_signal_foreground(struct tty_struct *tty, int sig);
/*
 * May current, if it is in the background, read (SIGTTIN), write (SIGTTOU with TOSTOP), change the
 * terminal (SIGTTOU)? 0, -EIO, or -ERESTARTSYS with the signal sent to its group.
 */
int tty_check_read(struct tty_struct *tty);
int tty_check_write(struct tty_struct *tty);
int tty_check_change(struct tty_struct *tty);
/* TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID; -ENOIOCTLCMD for all else. */
long tty_jobctrl_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, void *arg);

#endif
