// SPDX-License-Identifier: MIT
// The line editor: the terminal is raw while a line is edited and as it was found otherwise.
// Keys: arrows, Home, End, Delete; ^A ^E ^B ^F ^P ^N ^K ^U ^W ^L ^C ^D.
//
// One row of the terminal is used; a longer line is shown in part, around the cursor.
#define _GNU_SOURCE // TEMP_FAILURE_RETRY
#include "user/sh/sh.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define HISTORY 64

enum key { K_UP = 256, K_DOWN, K_RIGHT, K_LEFT, K_HOME, K_END, K_DELETE, K_NONE, K_EOF };

static struct termios before;
static bool terminal;
static char line[4096]; // with room for the newline and the NUL
static size_t length, cursor;
static char *history[HISTORY]; // oldest first
static int entries, shown; // `shown` is what the arrows have gone to

void edit_start(void)
{
	terminal = tcgetattr(0, &before) == 0;
}

void edit_restore(void)
{
	if (terminal)
		tcsetattr(0, TCSADRAIN, &before);
}

static void make_raw(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(0, TCSADRAIN, &raw); // not FLUSH: what was typed ahead stays
}

static void say(const char *s, size_t n)
{
	while (n) {
		ssize_t w = write(1, s, n);
		if (w <= 0)
			return;
		s += w;
		n -= w;
	}
}

static int read_byte(void)
{
	unsigned char c;

	return TEMP_FAILURE_RETRY(read(0, &c, 1)) == 1 ? c : K_EOF;
}

static int read_escape(void)
{
	int first = read_byte(), c = read_byte();

	if (first != '[' && first != 'O')
		return K_NONE;
	if (c >= 'A' && c <= 'D')
		return K_UP + c - 'A';
	if (c == 'H' || c == 'F')
		return c == 'H' ? K_HOME : K_END;
	if (!isdigit(c))
		return K_NONE;
	int digit = c;
	while (isdigit(c) || c == ';')
		c = read_byte();
	if (c != '~')
		return K_NONE;
	return strchr("17", digit) ? K_HOME : strchr("48", digit) ? K_END
	     : digit == '3' ? K_DELETE : K_NONE;
}

static size_t columns(void)
{
	struct winsize w = { 0 };

	ioctl(1, TIOCGWINSZ, &w);
	return w.ws_col ? w.ws_col : 80;
}

static void redraw(const char *prompt)
{
	struct mark m = arena_mark();
	struct buf b = { 0 };
	char move[24];

	size_t width = columns(), taken = strlen(prompt) + 1;
	size_t room = width > taken + 8 ? width - taken : 8;
	size_t from = cursor >= room ? cursor - room + 1 : 0;
	put(&b, '\r');
	put_string(&b, prompt);
	for (size_t i = from; i < length && i < from + room; i++)
		put(&b, line[i]);
	snprintf(move, sizeof(move), "\033[K\r\033[%zuC", strlen(prompt) + cursor - from);
	put_string(&b, move);
	say(b.s, b.n);
	arena_release(m);
}

static void erase(size_t from, size_t to)
{
	memmove(line + from, line + to, length - to);
	length -= to - from;
	cursor = from;
}

static void insert(const char *s, size_t n)
{
	if (length + n > sizeof(line) - 2)
		return;
	memmove(line + cursor + n, line + cursor, length - cursor);
	memcpy(line + cursor, s, n);
	length += n;
	cursor += n;
}

static void show_history(int which)
{
	if (which < 0 || which > entries)
		return;
	shown = which;
	length = cursor = 0;
	if (which < entries)
		insert(history[which], strlen(history[which]));
}

static void add_history(void)
{
	line[length] = '\0';
	if (!length || (entries && !strcmp(history[entries - 1], line)))
		return;
	if (entries == HISTORY) {
		free(history[0]);
		memmove(history, history + 1, --entries * sizeof(*history));
	}
	if ((history[entries] = strdup(line)))
		entries++;
}

// ---- keys

static void erase_word(void)
{
	size_t at = cursor;

	while (at && line[at - 1] == ' ')
		at--;
	while (at && line[at - 1] != ' ')
		at--;
	erase(at, cursor);
}

static void move_or_erase(int key)
{
	switch (key) {
	case K_UP: case CTRL('P'): show_history(shown - 1); break;
	case K_DOWN: case CTRL('N'): show_history(shown + 1); break;
	case K_RIGHT: case CTRL('F'): cursor += cursor < length; break;
	case K_LEFT: case CTRL('B'): cursor -= cursor > 0; break;
	case K_HOME: case CTRL('A'): cursor = 0; break;
	case K_END: case CTRL('E'): cursor = length; break;
	case K_DELETE: case CTRL('D'): if (cursor < length) erase(cursor, cursor + 1); break;
	case CTRL('H'): case 127: if (cursor) erase(cursor - 1, cursor); break;
	case CTRL('K'): length = cursor; break;
	case CTRL('U'): erase(0, cursor); break;
	case CTRL('W'): erase_word(); break;
	case CTRL('L'): say("\033[H\033[2J", 7); break;
	}
}

static void type(char c, const char *prompt)
{
	insert(&c, 1);
	if (cursor == length && strlen(prompt) + length < columns())
		say(&c, 1); // the usual case needs no more
	else
		redraw(prompt);
}

// Returns the key that ended the line.
static int edit(const char *prompt)
{
	say(prompt, strlen(prompt));
	for (;;) {
		int key = read_byte();
		if (key == 27)
			key = read_escape();
		if (key == '\n' || key == '\r' || key == CTRL('C') || key == K_EOF)
			return key;
		if (key == CTRL('D') && length == 0)
			return K_EOF;
		if (key >= ' ' && key < 256 && key != 127) {
			type(key, prompt);
		} else {
			move_or_erase(key);
			redraw(prompt);
		}
	}
}

static const char *plain_line(const char *prompt)
{
	int c = 0;

	say(prompt, strlen(prompt));
	for (length = 0; length < sizeof(line) - 2 && c != '\n'; line[length++] = c)
		if ((c = read_byte()) == K_EOF)
			break;
	line[length] = '\0';
	return length ? line : NULL;
}

const char *edit_line(const char *prompt)
{
	if (!terminal)
		return plain_line(prompt);
	length = cursor = 0;
	shown = entries;
	make_raw();
	int key = edit(prompt);
	edit_restore();
	say(key == CTRL('C') ? "^C\n" : "\n", key == CTRL('C') ? 3 : 1);
	if (key == K_EOF)
		return NULL;
	if (key == CTRL('C'))
		return "";
	add_history();
	line[length] = '\n';
	line[length + 1] = '\0';
	return line;
}
