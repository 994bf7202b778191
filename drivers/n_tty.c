// SPDX-License-Identifier: MIT
/*
 * Canonical mode: bytes gather between canon_head and read_head until one ends the line; erase and
 * kill work on that part only. Then canon_head moves up to read_head and a reader may take the
 * line. The byte that ended it carries a mark in line_end: a newline inside raw input does not.
 * VEOF stands in the ring as a marked \0 and is dropped by the reader.
 *
 * Raw mode: canon_head is not looked at; everything up to read_head is readable.
 *
 * N1 read_tail <= canon_head <= read_head <= read_tail + TTY_BUF_SIZE (as positions that only
 *    grow).
 */
#include "drivers/n_tty.h"

#include <asm/signal.h>
#include "lib/atomic.h"
#include "lib/ctype.h"
#include "lib/string.h"

#define MASK		(TTY_BUF_SIZE - 1)
#define EOF_MARK	'\0'

#define I_FLAG(tty, f)	((tty)->termios.c_iflag & (f))
#define O_FLAG(tty, f)	((tty)->termios.c_oflag & (f))
#define L_FLAG(tty, f)	((tty)->termios.c_lflag & (f))

static const u8 default_cc[NCCS] = {
	[VINTR] = 3,	 [VQUIT] = 28,	 [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
	[VMIN] = 1,	 [VSTART] = 17,	 [VSTOP] = 19,	 [VSUSP] = 26, [VREPRINT] = 18,
	[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
};

void n_tty_init(struct tty_struct *tty)
{
	tty->termios = (struct ktermios){
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_ispeed = 38400, .c_ospeed = 38400,
	};
	memcpy(tty->termios.c_cc, default_cc, NCCS);
}

/* Is @ch the control character @which, and is that one set (0 disables it)? */
static bool is_cc(const struct tty_struct *tty, u8 ch, int which)
{
	return tty->termios.c_cc[which] && ch == tty->termios.c_cc[which];
}

/* --- output --- */

static bool put_raw(struct tty_struct *tty, u8 ch)
{
	if (tty->write_head - tty->write_tail == TTY_BUF_SIZE)
		return false;
	tty->write_buf[tty->write_head++ & MASK] = ch;
	return true;
}

static void track_column(struct tty_struct *tty, u8 ch)
{
	if (ch == '\n' || ch == '\r')
		tty->column = 0;
	else if (ch == '\b' && tty->column)
		tty->column--;
	else if (ch == '\t')
		tty->column = (tty->column | 7) + 1;
	else if (!iscntrl(ch) && (ch & 0xc0) != 0x80)
		tty->column++;
}

bool n_tty_put(struct tty_struct *tty, u8 ch)
{
	bool crlf = O_FLAG(tty, OPOST) && O_FLAG(tty, ONLCR) && ch == '\n';

	if (tty->write_head - tty->write_tail > TTY_BUF_SIZE - (crlf ? 2 : 1))
		return false;
	if (O_FLAG(tty, OPOST) && O_FLAG(tty, OCRNL) && ch == '\r')
		ch = '\n';
	if (crlf)
		put_raw(tty, '\r');
	put_raw(tty, ch);
	track_column(tty, ch);
	return true;
}

/* --- echo: as far as there is room; a full output ring loses echoes, never input --- */

static bool shown_as_caret(const struct tty_struct *tty, u8 ch)
{
	return L_FLAG(tty, ECHOCTL) && iscntrl(ch) && ch != '\t' && ch != '\n';
}

static void echo(struct tty_struct *tty, u8 ch)
{
	if (!L_FLAG(tty, ECHO) && !(L_FLAG(tty, ECHONL) && L_FLAG(tty, ICANON) && ch == '\n'))
		return;
	if (shown_as_caret(tty, ch)) {
		n_tty_put(tty, '^');
		n_tty_put(tty, ch ^ 0x40);
	} else {
		n_tty_put(tty, ch);
	}
}

static void wipe(struct tty_struct *tty, u32 columns)
{
	while (columns--) {
		n_tty_put(tty, '\b');
		n_tty_put(tty, ' ');
		n_tty_put(tty, '\b');
	}
}

/* Where the cursor would be behind the line being typed up to @end. */
static u32 column_at(const struct tty_struct *tty, u32 end)
{
	u32 column = tty->canon_column;

	for (u32 at = tty->canon_head; at != end; at++) {
		u8 ch = tty->read_buf[at & MASK];

		if (ch == '\t')
			column = (column | 7) + 1;
		else if (shown_as_caret(tty, ch))
			column += 2;
		else if (!iscntrl(ch) && (ch & 0xc0) != 0x80)
			column++;
	}
	return column;
}

/* Takes the line being typed back to @to and the screen with it. */
static void erase_to(struct tty_struct *tty, u32 to)
{
	u32 columns = column_at(tty, tty->read_head) - column_at(tty, to);

	tty->read_head = to;
	if (L_FLAG(tty, ECHO))
		wipe(tty, columns);
}

static void erase_char(struct tty_struct *tty)
{
	u32 at = tty->read_head;

	/* A UTF-8 character goes as a whole where the terminal says so. */
	while (at != tty->canon_head) {
		at--;
		if (!I_FLAG(tty, IUTF8) || (tty->read_buf[at & MASK] & 0xc0) != 0x80)
			break;
	}
	erase_to(tty, at);
}

static void erase_word(struct tty_struct *tty)
{
	u32 at = tty->read_head;

	while (at != tty->canon_head && isspace(tty->read_buf[(at - 1) & MASK]))
		at--;
	while (at != tty->canon_head && !isspace(tty->read_buf[(at - 1) & MASK]))
		at--;
	erase_to(tty, at);
}

/* --- input --- */

/* One byte of a line is kept free for what ends it, so that a full ring can still be sent off. */
static bool store(struct tty_struct *tty, u8 ch, bool ends_line)
{
	u32 limit = L_FLAG(tty, ICANON) && !ends_line ? TTY_BUF_SIZE - 1 : TTY_BUF_SIZE;

	if (tty->read_head - tty->read_tail >= limit)
		return false;
	tty->read_buf[tty->read_head & MASK] = ch;
	if (ends_line)
		set_bit(tty->read_head & MASK & 63, &tty->line_end[(tty->read_head & MASK) / 64]);
	else
		clear_bit(tty->read_head & MASK & 63, &tty->line_end[(tty->read_head & MASK) / 64]);
	tty->read_head++;
	if (ends_line)
		tty->canon_head = tty->read_head;
	return true;
}

static bool ends_line_at(const struct tty_struct *tty, u32 at)
{
	return test_bit(at & MASK & 63, &tty->line_end[(at & MASK) / 64]);
}

static int signal_of(const struct tty_struct *tty, u8 ch)
{
	if (!L_FLAG(tty, ISIG))
		return 0;
	return is_cc(tty, ch, VINTR) ? SIGINT : is_cc(tty, ch, VQUIT) ? SIGQUIT :
	       is_cc(tty, ch, VSUSP) ? SIGTSTP : 0;
}

static int receive_signal(struct tty_struct *tty, u8 ch, int sig)
{
	if (!L_FLAG(tty, NOFLSH)) {
		n_tty_flush_input(tty);
		tty->write_tail = tty->write_head;
	}
	tty->stopped = false;
	echo(tty, ch);
	return sig;
}

/* Editing characters of canonical mode; true: @ch was one. */
static bool receive_editing(struct tty_struct *tty, u8 ch)
{
	if (is_cc(tty, ch, VERASE)) {
		erase_char(tty);
	} else if (is_cc(tty, ch, VKILL)) {
		erase_to(tty, tty->canon_head);
	} else if (L_FLAG(tty, IEXTEN) && is_cc(tty, ch, VWERASE)) {
		erase_word(tty);
	} else if (L_FLAG(tty, IEXTEN) && is_cc(tty, ch, VLNEXT)) {
		tty->literal_next = true;
		if (L_FLAG(tty, ECHO) && L_FLAG(tty, ECHOCTL)) {
			n_tty_put(tty, '^');
			n_tty_put(tty, '\b');
		}
	} else if (L_FLAG(tty, IEXTEN) && is_cc(tty, ch, VREPRINT)) {
		echo(tty, ch);
		n_tty_put(tty, '\n');
		for (u32 at = tty->canon_head; at != tty->read_head; at++)
			echo(tty, tty->read_buf[at & MASK]);
	} else {
		return false;
	}
	return true;
}

static bool receive_canonical(struct tty_struct *tty, u8 ch)
{
	if (tty->read_head == tty->canon_head)
		tty->canon_column = tty->column;
	if (receive_editing(tty, ch))
		return false;
	if (is_cc(tty, ch, VEOF))
		return store(tty, EOF_MARK, true);
	if (ch == '\n' || is_cc(tty, ch, VEOL) || (L_FLAG(tty, IEXTEN) && is_cc(tty, ch, VEOL2))) {
		echo(tty, ch);
		return store(tty, ch, true);
	}
	if (store(tty, ch, false))
		echo(tty, ch);
	return false;
}

static bool receive_flow_control(struct tty_struct *tty, u8 ch)
{
	if (!I_FLAG(tty, IXON))
		return false;
	if (is_cc(tty, ch, VSTOP))
		tty->stopped = true;
	else if (is_cc(tty, ch, VSTART))
		tty->stopped = false;
	else
		return false;
	return true;
}

static bool receive_plain(struct tty_struct *tty, u8 ch)
{
	bool stored = store(tty, ch, false);

	if (stored)
		echo(tty, ch);
	return stored && !L_FLAG(tty, ICANON);
}

int n_tty_receive(struct tty_struct *tty, u8 ch, bool *readable)
{
	int sig;

	*readable = false;
	if (tty->literal_next) {
		tty->literal_next = false;
		*readable = receive_plain(tty, ch);
		return 0;
	}
	if (I_FLAG(tty, ISTRIP))
		ch &= 0x7f;
	if (ch == '\r' && I_FLAG(tty, IGNCR))
		return 0;
	if (ch == '\r' && I_FLAG(tty, ICRNL))
		ch = '\n';
	else if (ch == '\n' && I_FLAG(tty, INLCR))
		ch = '\r';
	if (receive_flow_control(tty, ch))
		return 0;
	if (tty->stopped && I_FLAG(tty, IXANY))
		tty->stopped = false;
	sig = signal_of(tty, ch);
	if (sig)
		return receive_signal(tty, ch, sig);
	*readable = L_FLAG(tty, ICANON) ? receive_canonical(tty, ch) : receive_plain(tty, ch);
	return 0;
}

bool n_tty_readable(const struct tty_struct *tty)
{
	if (L_FLAG(tty, ICANON))
		return tty->canon_head != tty->read_tail;
	/* VMIN 0 never waits for more; a reader with VTIME looks at the ring itself. */
	return tty->read_head - tty->read_tail >=
	       (tty->termios.c_cc[VMIN] ? tty->termios.c_cc[VMIN] : 1);
}

size_t n_tty_available(const struct tty_struct *tty)
{
	size_t n = 0;

	if (!L_FLAG(tty, ICANON))
		return tty->read_head - tty->read_tail;
	for (u32 at = tty->read_tail; at != tty->canon_head; at++)
		if (tty->read_buf[at & MASK] != EOF_MARK || !ends_line_at(tty, at))
			n++;
	return n;
}

size_t n_tty_read(struct tty_struct *tty, char *buf, size_t size, bool *line_done)
{
	bool canonical = L_FLAG(tty, ICANON);
	u32 end = canonical ? tty->canon_head : tty->read_head;
	size_t n = 0;

	*line_done = false;
	while (tty->read_tail != end && n < size && !*line_done) {
		u32 at = tty->read_tail++;
		char ch = tty->read_buf[at & MASK];

		*line_done = canonical && ends_line_at(tty, at);
		if (!*line_done || ch != EOF_MARK)
			buf[n++] = ch;
	}
	/*
	 * A read that just fills its buffer takes the end-of-file behind it along: POSIX counts it
	 * to this line.
	 */
	if (canonical && n && !*line_done && tty->read_tail != end &&
	    ends_line_at(tty, tty->read_tail) && tty->read_buf[tty->read_tail & MASK] == EOF_MARK) {
		tty->read_tail++;
		*line_done = true;
	}
	if (tty->canon_head - tty->read_tail > TTY_BUF_SIZE)
		tty->canon_head = tty->read_tail;
	return n;
}

void n_tty_flush_input(struct tty_struct *tty)
{
	tty->read_tail = tty->canon_head = tty->read_head;
	tty->literal_next = false;
}

void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *termios)
{
	bool was_canonical = L_FLAG(tty, ICANON);

	tty->termios = *termios;
	if (was_canonical == !!L_FLAG(tty, ICANON))
		return;
	/* What was typed so far is readable in the new mode; in canonical mode as one line. */
	if (!was_canonical && tty->read_head != tty->read_tail)
		set_bit((tty->read_head - 1) & MASK & 63,
			&tty->line_end[((tty->read_head - 1) & MASK) / 64]);
	tty->canon_head = tty->read_head;
	tty->literal_next = false;
}
