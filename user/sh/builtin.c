// SPDX-License-Identifier: MIT
// The commands that the shell carries out itself, because they change it or are used often.
#include "user/sh/sh.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cd_main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : getenv("HOME");

	if (!dir || chdir(dir)) {
		complain("cd: %s: %s", dir ? dir : "HOME", dir ? strerror(errno) : "not set");
		return 1;
	}
	char *cwd = getcwd(NULL, 0);
	setenv("PWD", cwd ? cwd : dir, 1);
	free(cwd);
	return 0;
}

static int pwd_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts(getenv("PWD"));
	return 0;
}

static int exit_main(int argc, char **argv)
{
	exit(argc > 1 ? atoi(argv[1]) & 255 : sh.status);
}

static int export_main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][name_length(argv[i])] == '=')
			setenv(save(argv[i], name_length(argv[i])), strchr(argv[i], '=') + 1, 1);
	return 0;
}

static int break_main(int argc, char **argv)
{
	(void)argc;
	sh.unwind = *argv[0] == 'b' ? U_BREAK : U_CONTINUE;
	return 0;
}

static int colon_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int echo_main(int argc, char **argv)
{
	bool newline = argc < 2 || strcmp(argv[1], "-n");

	for (int i = newline ? 1 : 2; i < argc; i++)
		printf("%s%s", argv[i], i + 1 < argc ? " " : "");
	if (newline)
		putchar('\n');
	return 0;
}

// By bytes, since what follows the line belongs to others. The last variable gets what is left.
static int read_main(int argc, char **argv)
{
	char line[4096], *s = line, c = '\0';
	size_t n = 0;

	while (n < sizeof(line) - 1 && read(0, &c, 1) == 1 && c != '\n')
		line[n++] = c;
	while (n && strchr(" \t", line[n - 1]))
		n--;
	line[n] = '\0';
	for (int i = 1; i < argc; i++) {
		s += strspn(s, " \t");
		n = i == argc - 1 ? strlen(s) : strcspn(s, " \t");
		setenv(argv[i], save(s, n), 1);
		s += n;
	}
	return c != '\n';
}

// ---- test

enum { WRONG = 2 };

static int test_file(char op, const char *name)
{
	static const char ops[] = "fdcbL";
	static const mode_t types[] = { S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFLNK };
	struct stat st;

	if (strchr("rwx", op))
		return !!access(name, op == 'r' ? R_OK : op == 'w' ? W_OK : X_OK);
	if (op == 'L' ? lstat(name, &st) : stat(name, &st))
		return 1;
	if (op == 's')
		return st.st_size == 0;
	return op != 'e' && (st.st_mode & S_IFMT) != types[strchr(ops, op) - ops];
}

static int test_two(const char *left, const char *op, const char *right)
{
	static const char *const ops[] = { "-eq", "-ne", "-lt", "-ge", "-gt", "-le" };
	char *left_end, *right_end;
	long a = strtol(left, &left_end, 10), b = strtol(right, &right_end, 10);
	bool holds[] = { a == b, a != b, a < b, a >= b, a > b, a <= b };

	if (!strcmp(op, "=") || !strcmp(op, "!="))
		return !strcmp(left, right) == (*op == '!');
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(op, ops[i]) && *left && *right && !*left_end && !*right_end)
			return !holds[i];
	return WRONG;
}

static int test_words(int count, char **word)
{
	char op = count == 2 && word[0][0] == '-' && word[0][1] && !word[0][2] ? word[0][1] : 0;
	int status = count == 3 ? test_two(word[0], word[1], word[2]) : WRONG;

	if (status != WRONG || count < 2)
		return count < 2 ? !count || !*word[0] : status;
	if (!strcmp(word[0], "!")) {
		status = test_words(count - 1, word + 1);
		return status == WRONG ? WRONG : !status;
	}
	if (op == 'n' || op == 'z')
		return !*word[1] == (op == 'n');
	if (op == 't')
		return !isatty(atoi(word[1]));
	return op && strchr("efdcbLsrwx", op) ? test_file(op, word[1]) : WRONG;
}

static int test_main(int argc, char **argv)
{
	bool bracket = *argv[0] == '[', closed = !bracket || !strcmp(argv[argc - 1], "]");
	int status = closed ? test_words(argc - 1 - bracket, argv + 1) : WRONG;

	if (status == WRONG)
		complain("%s: cannot test that", argv[0]);
	return status;
}

// ---- what there is

static const char syntax_help[] =
	"\nSyntax: a | b  a && b  a || b  a; b  a &  ! a  ( a )  { a; }  if while until for\n"
	"  > >> < 2> 2>&1  'x' \"x\" \\x  * ? [a-z]  $NAME ${NAME:-x} $? $! $(a) $((1+2))\n"
	"Every variable is given to programs.\n"
	"Keys: arrows, ^A ^E ^K ^U ^W; ^C ends a program, ^Z stops it, ^D ends the shell\n"
	"Programs:\n";

static builtin_fn help_main;

static const struct {
	const char *name;
	builtin_fn *main;
	const char *help;
} builtins[] = {
	{ ":", colon_main, "nothing" },
	{ "bg", fg_main, "let a stopped job (%1) run on in the background" },
	{ "break", break_main, "leave a loop" },
	{ "cd", cd_main, "go to a directory" },
	{ "continue", break_main, "start a loop's next turn" },
	{ "echo", echo_main, "print words; -n: without a newline" },
	{ "exec", colon_main, "become a program; redirections alone stay" },
	{ "exit", exit_main, "end the shell, with a status" },
	{ "export", export_main, "set variables" },
	{ "fg", fg_main, "bring a job (%1) to the foreground" },
	{ "help", help_main, "this" },
	{ "jobs", jobs_main, "list jobs" },
	{ "pwd", pwd_main, "print the current directory" },
	{ "read", read_main, "read a line into variables" },
	{ "test", test_main, "check a file, a string or two numbers" },
	{ "[", test_main, "the same, up to ]" },
	{ "wait", wait_main, "wait for jobs" },
	{ NULL, NULL, NULL },
};

static void print_column(const char *name)
{
	static size_t column;

	if (column + strlen(name) > 72)
		column = 0 * putchar('\n');
	column += printf(" %s", name);
}

static int help_main(int argc, char **argv)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : ""), pattern[256];
	glob_t g;

	(void)argc, (void)argv;
	puts("Built-in commands:");
	for (size_t i = 0; builtins[i].name; i++)
		printf(" %-10s%s\n", builtins[i].name, builtins[i].help);
	fputs(syntax_help, stdout);
	for (char *dir = strtok(path, ":"); dir; dir = strtok(NULL, ":")) {
		snprintf(pattern, sizeof(pattern), "%s/*", dir);
		if (glob(pattern, 0, NULL, &g))
			continue;
		for (size_t i = 0; i < g.gl_pathc; i++)
			print_column(strrchr(g.gl_pathv[i], '/') + 1);
		globfree(&g);
	}
	putchar('\n');
	free(path);
	return 0;
}

builtin_fn *find_builtin(const char *name)
{
	size_t i = 0;

	while (builtins[i].name && strcmp(builtins[i].name, name))
		i++;
	return builtins[i].main;
}
