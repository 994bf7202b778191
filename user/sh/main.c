// SPDX-License-Identifier: MIT
// sh: the command interpreter.
//
//   sh                    commands from standard input; with prompts if that is a terminal
//   sh -c COMMAND [NAME [ARG…]]
//   sh FILE [ARG…]
//
// Options before these: -e (end at the first failure), -x (print commands), -i (prompts).
#define _GNU_SOURCE // TEMP_FAILURE_RETRY
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *prompt(bool continued)
{
	const char *ps = get_var(continued ? "PS2" : "PS1");

	if (ps)
		return expand_here(ps);
	return continued ? "> " : geteuid() ? "$ " : "# ";
}

// ^C gives up the command that was begun.
static bool more_from_person(struct source *src)
{
	if (!src->continued)
		jobs_report();
	const char *line = edit_line(prompt(src->continued));
	if (line && !*line) {
		sh.interrupted = SIGINT;
		throw(130);
	}
	if (line)
		source_append(src, line, strlen(line));
	return line != NULL;
}

// By bytes: what follows the line belongs to the commands that it runs.
static bool more_from_stdin(struct source *src)
{
	size_t before = src->length;
	char c = '\0';

	while (c != '\n' && TEMP_FAILURE_RETRY(read(0, &c, 1)) == 1)
		if (c)
			source_append(src, &c, 1);
	return src->length > before;
}

static void forget_what_was_run(struct source *src)
{
	src->at = src->length = 0;
}

static void serve_person(void)
{
	struct source src = { .more = more_from_person, .line = 1 };
	struct mark m = arena_mark();
	bool end = false;

	setjmp(sh.top);
	for (;;) {
		arena_release(m);
		forget_what_was_run(&src);
		src.line = 1;
		sh.interrupted = 0;
		sh.unwind = U_NONE;
		sh.loops = 0;
		source_push(&src);
		struct node *n = parse_command(&end);
		run(n, 0);
		if (end)
			exit_shell(sh.status);
	}
}

static void serve_stdin(void)
{
	struct source src = { .more = more_from_stdin, .line = 1 };
	bool end = false;

	while (!end) {
		struct mark m = arena_mark();
		forget_what_was_run(&src);
		source_push(&src);
		struct node *n = parse_command(&end);
		run(n, 0);
		sh.unwind = U_NONE;
		arena_release(m);
	}
}

// A whole script, read before it runs. A NUL in its first line means it is no script.
char *read_script(const char *name)
{
	struct source text = { 0 };
	char block[4096];
	ssize_t n;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	source_append(&text, "", 0);
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0) {
		if (text.length == 0 && memchr(block, '\0', n)) {
			complain("%s: not a script", name);
			close(fd);
			return NULL;
		}
		source_append(&text, block, n);
	}
	if (fd < 0 || n < 0)
		complain("%s: %m", name);
	if (fd >= 0)
		close(fd);
	return fd < 0 || n < 0 ? NULL : text.text;
}

static void set_option(char option, const char *command)
{
	if (option == 'e')
		sh.stop_on_error = true;
	else if (option == 'x')
		sh.trace = true;
	else if (option == 'i')
		sh.interactive = true;
	else if (option != 'c' || !command) {
		complain("usage: sh [-eix] [-c command | file] [argument...]");
		exit(2);
	}
}

// Returns the index of the first argument that is no option; *command is what -c gives.
static int parse_options(int argc, char **argv, bool *command)
{
	int i;

	*command = false;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--"))
			return i + 1;
		for (const char *o = argv[i] + 1; *o; o++) {
			*command = *command || *o == 'c';
			set_option(*o, argv[i + 1]);
		}
	}
	return i;
}

static void set_args(int count, char **args)
{
	sh.args = args;
	sh.nargs = count > 0 ? count : 0;
}

// What was inherited may be the directory of somebody else.
static void set_directory(void)
{
	char *cwd = getcwd(NULL, 0);

	if (cwd)
		set_var("PWD", cwd);
	free(cwd);
}

static void start_interactive(void)
{
	sh.interactive = true;
	edit_start();
	jobs_start();
}

int main(int argc, char **argv)
{
	bool command;
	int i = parse_options(argc, argv, &command);

	sh.name = argv[0];
	sh.pid = getpid();
	signal(SIGCHLD, SIG_DFL);
	set_directory();
	if (command) {
		char *text = argv[i];
		if (i + 1 < argc)
			sh.name = argv[i + 1];
		set_args(argc - i - 2, argv + i + 2);
		sh.interactive = false;
		run_text(text, LAST);
	} else if (i < argc) {
		sh.name = argv[i];
		set_args(argc - i - 1, argv + i + 1);
		char *text = read_script(argv[i]);
		if (!text)
			exit(access(argv[i], F_OK) ? 127 : 126);
		run_text(text, LAST);
	} else if (sh.interactive || isatty(0)) {
		start_interactive();
		serve_person();
	} else {
		serve_stdin();
	}
	exit_shell(sh.status);
}
