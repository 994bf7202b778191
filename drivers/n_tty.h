// SPDX-License-Identifier: MIT
/*
 * The line discipline: what termios(3) says happens to each byte on its way in and out. Works on
 * struct tty_struct's rings with tty->lock held; sleeps nowhere.
 */
#ifndef DRIVERS_N_TTY_H
#define DRIVERS_N_TTY_H

#include "drivers/tty.h"

void n_tty_init(struct tty_struct *tty);
/*
 * One byte from the line. Returns the signal it asks for (ISIG), else 0; *readable: a reader may go
 * on.
 */
int n_tty_receive(struct tty_struct *tty, u8 ch, bool *readable);
/* Can a read return something now? */
bool n_tty_readable(const struct tty_struct *tty);
/*
 * Up to @size bytes, in canonical mode at most to the end of one line; *eof: the line was ended by
 * VEOF and is empty.
 */
size_t n_tty_read(struct tty_struct *tty, char *buf, size_t size, bool *line_done);
/* What FIONREAD says. */
size_t n_tty_available(const struct tty_struct *tty);
void n_tty_flush_input(struct tty_struct *tty);
/* New attributes; a change between canonical and raw makes what was typed readable. */
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *termios);

/* Output processing of one byte into the output ring; false: no room. */
bool n_tty_put(struct tty_struct *tty, u8 ch);

#endif
