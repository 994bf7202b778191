// SPDX-License-Identifier: MIT
/*
 * Terminals (termios(3), tty_ioctl(4)). A tty stands between a UART's interrupt and the processes
 * that read and write:
 *
 *   UART → tty_receive() → line discipline (drivers/n_tty.c) → input ring → tty_read()
 *   tty_write() and echo → output processing → output ring → UART (tty->ops->start_tx)
 *
 * Locks: tty->lock (interrupts off) protects rings, termios and line-discipline state;
 * tasklist_lock protects pgrp and session; read_mutex keeps a reader's line in one piece,
 * write_mutex a writer's text.
 */
#ifndef DRIVERS_TTY_H
#define DRIVERS_TTY_H

#include <asm/termbits.h>
#include <asm/ioctls.h>
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/wait.h"
#include "lib/types.h"

#define TTY_BUF_SIZE	4096		/* a power of two; also the longest line (termios(3)) */

struct pid;
struct tty_struct;

struct winsize_words {
	u16 ws_row, ws_col, ws_xpixel, ws_ypixel;
};

struct tty_ops {
	/*
	 * There is something in the output ring. Called with tty->lock held; takes it out by
	 * tty_output_char().
	 */
	void (*start_tx)(struct tty_struct *tty);
	/* Has the last byte left the wire? */
	bool (*tx_empty)(struct tty_struct *tty);
};

struct tty_struct {
	const char *name;			/* "ttyS0" */
	const struct tty_ops *ops;
	void *driver_data;
	struct spinlock lock;
	struct mutex read_mutex, write_mutex;
	struct wait_queue_head read_wait, write_wait;
	struct ktermios termios;
	struct winsize_words winsize;

	/*
	 * Input: positions count bytes since boot; [read_tail, canon_head) is whole lines, up to
	 * read_head the one being typed.
	 */
	u32 read_head, canon_head, read_tail;
	char read_buf[TTY_BUF_SIZE];
	unsigned long line_end[TTY_BUF_SIZE / 64];	/* this byte ends a line */
	bool literal_next;			/* VLNEXT was typed */
	/* of the cursor; where the line being typed began */
	u32 column, canon_column;

	u32 write_head, write_tail;
	char write_buf[TTY_BUF_SIZE];
	bool stopped;				/* ^S */

	/* foreground group; whose controlling terminal it is */
	struct pid *pgrp, *session;
};

/* Makes @tty what /dev/console and /dev/ttyS0 open. */
void tty_register_console(struct tty_struct *tty);

/* From the driver's interrupt, interrupts off, no lock held. */
void tty_receive(struct tty_struct *tty, u8 ch);
/* The next byte to send, or -1.  tty->lock held. */
int tty_output_char(struct tty_struct *tty);
/* Room came up in the output ring: wakes writers.  tty->lock not held. */
void tty_wakeup(struct tty_struct *tty);

/*
 * Exit of a session leader, setsid(): current's session loses its terminal, its foreground group
 * gets SIGHUP and SIGCONT.
 */
void disassociate_ctty(void);
/*
 * For /proc/PID/stat: device number and foreground group of a task's terminal; 0 and -1 without
 * one. tasklist_lock held.
 */
int tty_nr_of(const struct tty_struct *tty);
int tty_pgrp_nr(const struct tty_struct *tty);

#endif
