// SPDX-License-Identifier: MIT
// The line editor: the terminal is raw while a line is edited and as it was found otherwise.
// Keys: arrows, Home, End, Delete; ^A ^E ^B ^F ^P ^N ^K ^U ^W ^C ^D.
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

enum { DELETE = 256, NO_KEY, END_OF_FILE };

static struct termios before;
static char line[4096]; // with room for the newline and the NUL
static size_t length, cursor;
static char *history[HISTORY]; // oldest first
static int entries, shown; // `shown` is what the arrows have gone to

void edit_start(void)
{
	tcgetattr(sh.terminal, &before);
}

void edit_restore(void)
{
	tcsetattr(sh.terminal, TCSADRAIN, &before);
}

static void make_raw(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~IXON;
	tcsetattr(sh.terminal, TCSADRAIN, &raw); // not FLUSH: what was typed ahead stays
}

static int read_byte(void)
{
	unsigned char c;

	return TEMP_FAILURE_RETRY(read(0, &c, 1)) == 1 ? c : END_OF_FILE;
}

// Keys that send a sequence become the control character that does the same.
static int read_key(void)
{
	static const char letters[] = "ABCDHF", keys[] = "PNFBAE";
	int c = read_byte(), digit;

	if (c != '\033')
		return c;
	c = read_byte();
	if (c != '[' && c != 'O')
		return NO_KEY;
	digit = c = read_byte();
	while (isdigit(c) || c == ';')
		c = read_byte();
	if (c == '~')
		return digit == '3' ? DELETE : strchr("17", digit) ? CTRL('A') : CTRL('E');
	return strchr(letters, c) ? CTRL(keys[strchr(letters, c) - letters]) : NO_KEY;
}

static size_t width(void)
{
	struct winsize size = { 0 };

	ioctl(sh.terminal, TIOCGWINSZ, &size);
	return size.ws_col ? size.ws_col : 80;
}

// A line that is longer than the row is shown in part, around the cursor.
static void redraw(const char *prompt)
{
	size_t taken = strlen(prompt), room = width() > taken + 9 ? width() - taken - 1 : 8;
	size_t from = cursor >= room ? cursor - room + 1 : 0;
	int n = length - from < room ? length - from : room;

	printf("\r%s%.*s\033[K\r\033[%zuC", prompt, n, line + from, taken + cursor - from);
}

// From there up to the cursor.
static void erase(size_t from)
{
	memmove(line + from, line + cursor, length - cursor);
	length -= cursor - from;
	cursor = from;
}

static void insert(int c)
{
	if (length > sizeof(line) - 3 || c < ' ' || c > 255)
		return;
	memmove(line + cursor + 1, line + cursor, length++ - cursor);
	line[cursor++] = c;
}

static size_t word_start(void)
{
	size_t at = cursor;

	while (at && line[at - 1] == ' ')
		at--;
	while (at && line[at - 1] != ' ')
		at--;
	return at;
}

static void show_history(int which)
{
	if (which < 0 || which > entries)
		return;
	shown = which;
	length = cursor = which < entries ? strlen(history[which]) : 0;
	memcpy(line, which < entries ? history[which] : "", length);
}

static void add_history(void)
{
	char *copy = length ? strdup(line) : NULL;

	if (copy && entries == HISTORY) {
		free(history[0]);
		memmove(history, history + 1, --entries * sizeof(*history));
	}
	if (copy)
		history[entries++] = copy;
}

static void serve_key(int key)
{
	switch (key) {
	case CTRL('A'): cursor = 0; break;
	case CTRL('B'): cursor -= cursor > 0; break;
	case DELETE: if (cursor < length) cursor++, erase(cursor - 1); break;
	case CTRL('H'): case 127: erase(cursor - (cursor > 0)); break;
	case CTRL('E'): cursor = length; break;
	case CTRL('F'): cursor += cursor < length; break;
	case CTRL('K'): length = cursor; break;
	case CTRL('N'): show_history(shown + 1); break;
	case CTRL('P'): show_history(shown - 1); break;
	case CTRL('U'): erase(0); break;
	case CTRL('W'): erase(word_start()); break;
	default: insert(key);
	}
}

// Returns the key that ended the line. What is typed at its end is just echoed.
static int edit(const char *prompt)
{
	fputs(prompt, stdout);
	for (;;) {
		fflush(stdout);
		int key = read_key();
		if (key == CTRL('D') && length == 0)
			return END_OF_FILE;
		if (key == '\n' || key == '\r' || key == CTRL('C') || key == END_OF_FILE)
			return key;
		serve_key(key);
		bool fits = cursor == length && strlen(prompt) + length < width();
		if (key >= ' ' && key < 127 && fits)
			putchar(key);
		else
			redraw(prompt);
	}
}

const char *edit_line(const char *prompt)
{
	length = cursor = 0;
	shown = entries;
	make_raw();
	int key = edit(prompt);
	edit_restore();
	puts(key == CTRL('C') ? "^C" : "");
	fflush(stdout);
	if (key == CTRL('C') || key == END_OF_FILE)
		return key == CTRL('C') ? "" : NULL;
	line[length] = '\0';
	add_history();
	return strcat(line, "\n");
}
