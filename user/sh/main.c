// SPDX-License-Identifier: MIT
// sh: the command interpreter.
//
//   sh                          asks for commands; runs standard input if it is no terminal
//   sh -c COMMAND [NAME [ARG…]]
//   sh FILE [ARG…]
#include "user/sh/sh.h"

#include <errno.h>
#include <obstack.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

struct shell sh;
static struct obstack memory;

void *mark(void)
{
	return obstack_alloc(&memory, 1);
}

void release(void *mark)
{
	obstack_free(&memory, mark);
}

void *alloc(size_t size)
{
	return memset(obstack_alloc(&memory, size), 0, size);
}

char *save(const char *s, size_t n)
{
	return obstack_copy0(&memory, s, n);
}

void complain(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("sh: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void give_up(int status)
{
	sh.status = status;
	sh.unwind = U_ALL;
}

static const char *read_line(bool continued)
{
	const char *prompt = getenv("PS1");

	if (continued)
		return edit_line("> ");
	jobs_report();
	return edit_line(expand_one(prompt ? prompt : "$ ", true));
}

// Adds lines until the text is a whole command. Returns false at the end of input.
static bool serve_command(void)
{
	const char *line = "";
	struct node *n = NULL;
	char *text = "";

	for (bool more = true; more && (line = read_line(*text));) {
		text = strcat(strcpy(alloc(strlen(text) + strlen(line) + 1), text), line);
		more = false;
		n = *line ? parse(text, &more) : NULL; // an empty one was given up by ^C
		sh.status = *line ? sh.status : 130;
	}
	run(n, false);
	return line;
}

static void serve_person(void)
{
	void *m = mark();

	sh.interactive = true;
	jobs_start();
	edit_start();
	while (serve_command()) {
		if (sh.interrupted)
			fputc('\n', stderr); // after the terminal's ^C
		sh.interrupted = 0;
		sh.unwind = U_NONE;
		release(m);
		m = mark();
	}
}

// => name NULL: standard input
static int run_script(const char *name)
{
	char *text = NULL;
	size_t size = 0;

	errno = 0;
	FILE *file = name ? fopen(name, "re") : stdin;
	ssize_t n = file ? getdelim(&text, &size, '\0', file) : -1;
	if (n > 0 && text[n - 1])
		return run_text(text, true);
	if (!errno && n < 0)
		return 0; // it is empty
	complain("%s: %s", name ? name : "input", errno ? strerror(errno) : "not a script");
	return errno == ENOENT ? 127 : 126;
}

int main(int argc, char **argv)
{
	bool command = getopt(argc, argv, "+c") == 'c';
	char *cwd = getcwd(NULL, 0);

	while (getopt(argc, argv, "+c") > 0) // skips a "--"
		;
	obstack_init(&memory);
	signal(SIGCHLD, SIG_DFL);
	if (cwd)
		setenv("PWD", cwd, 1); // the one inherited may be somebody else's
	char *text = argv[optind]; // NULL at the end
	int first = optind + (command && text);
	sh.pid = getpid();
	sh.args = first < argc ? argv + first : argv;
	sh.nargs = first < argc ? argc - first - 1 : 0;
	if (text)
		exit(command ? run_text(text, true) : run_script(text));
	if (!isatty(0))
		exit(run_script(NULL));
	serve_person();
	exit(sh.status);
}
