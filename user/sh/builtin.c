// SPDX-License-Identifier: MIT
// The commands that the shell carries out itself, because they change it or are used often.
#define _GNU_SOURCE // sigabbrev_np
#include "user/sh/sh.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int number_argument(int argc, char **argv, int fallback)
{
	char *end;

	if (argc < 2)
		return fallback;
	long n = strtol(argv[1], &end, 10);
	if (*end || end == argv[1] || n < 0 || n > INT_MAX) {
		complain("%s: %s: bad number", argv[0], argv[1]);
		throw(2);
	}
	return n;
}

// ---- the shell's state

static int cd_main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : get_var("HOME");
	bool back = dir && !strcmp(dir, "-");
	char cwd[PATH_MAX];

	if (back)
		dir = get_var("OLDPWD");
	if (!dir || chdir(dir)) {
		complain("cd: %s: %s", dir ? dir : argv[0], dir ? strerror(errno) : "not set");
		return 1;
	}
	if (get_var("PWD"))
		set_var("OLDPWD", get_var("PWD"));
	set_var("PWD", getcwd(cwd, sizeof(cwd)) ? cwd : dir);
	if (back)
		puts(get_var("PWD"));
	return 0;
}

static int pwd_main(int argc, char **argv)
{
	char cwd[PATH_MAX];

	(void)argc, (void)argv;
	if (!getcwd(cwd, sizeof(cwd))) {
		complain("pwd: %m");
		return 1;
	}
	puts(cwd);
	return 0;
}

static int exit_main(int argc, char **argv)
{
	exit_shell(number_argument(argc, argv, sh.status) & 255);
}

static int export_main(int argc, char **argv)
{
	if (argc == 1 || !strcmp(argv[1], "-p")) {
		for (char **e = make_environment(); *e; e++)
			printf("export %s\n", *e);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		size_t n = name_length(argv[i]);
		if (!n || (argv[i][n] && argv[i][n] != '=')) {
			complain("export: %s: bad name", argv[i]);
			return 1;
		}
		char *name = save(argv[i], n);
		if (argv[i][n])
			set_var(name, argv[i] + n + 1);
		export_var(name);
	}
	return 0;
}

static int unset_main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		unset_var(argv[i]);
	return 0;
}

static int set_main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strchr("-+", argv[i][0]) && argv[i][1]; i++) {
		bool on = argv[i][0] == '-';
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (const char *o = argv[i] + 1; *o; o++) {
			if (*o == 'e')
				sh.stop_on_error = on;
			else if (*o == 'x')
				sh.trace = on;
			else {
				complain("set: -%c: only -e and -x are known", *o);
				return 2;
			}
		}
	}
	if (i == argc && strcmp(argv[argc - 1], "--"))
		return 0;
	// They outlive this command, so they do not live in the arena.
	char **args = malloc((argc - i + 1) * sizeof(*args));
	for (int n = 0; args && n < argc - i; n++)
		args[n] = strdup(argv[i + n]);
	sh.args = args;
	sh.nargs = args ? argc - i : 0;
	return 0;
}

static int shift_main(int argc, char **argv)
{
	int n = number_argument(argc, argv, 1);

	if (n > sh.nargs) {
		complain("shift: there are only %d arguments", sh.nargs);
		return 1;
	}
	sh.args += n;
	sh.nargs -= n;
	return 0;
}

static int break_main(int argc, char **argv)
{
	int levels = number_argument(argc, argv, 1);

	if (sh.loops == 0 || levels == 0)
		return 0;
	sh.levels = levels < sh.loops ? levels : sh.loops;
	sh.unwind = *argv[0] == 'b' ? U_BREAK : U_CONTINUE;
	return 0;
}

static int return_main(int argc, char **argv)
{
	int status = number_argument(argc, argv, sh.status);

	sh.unwind = U_RETURN;
	return status & 255;
}

static int eval_main(int argc, char **argv)
{
	struct buf b = { 0 };

	for (int i = 1; i < argc; i++) {
		put_string(&b, argv[i]);
		put(&b, ' ');
	}
	sh.status = 0;
	return run_text(finish(&b), 0);
}

static int source_main(int argc, char **argv)
{
	char *text = argc > 1 ? read_script(argv[1]) : NULL;

	if (!text)
		return argc > 1 ? 1 : 2;
	sh.status = 0;
	run_text(text, 0);
	free(text);
	if (sh.unwind == U_RETURN)
		sh.unwind = U_NONE;
	return sh.status;
}

// ---- input and output

static int colon_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int false_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 1;
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

// One line, by bytes, since what follows belongs to others. A backslash protects the next
// character from being a separator, and joins lines; with `raw` it is a character like others.
// In the result, protected characters have a backslash. Returns false at the end of input.
static bool read_line(struct buf *b, bool raw)
{
	char c;

	while (read(0, &c, 1) == 1) {
		if (c == '\n')
			return true;
		if (c == '\\' && !raw) {
			if (read(0, &c, 1) != 1 || c == '\n')
				continue;
			put(b, '\\');
		} else if (c == '\\') {
			put(b, '\\');
		}
		if (c)
			put(b, c);
	}
	return false;
}

static bool separates(const char *ifs, char c)
{
	return c && strchr(ifs, c);
}

static const char *skip_blank_separators(const char *s, const char *ifs)
{
	while (separates(ifs, *s) && isspace((unsigned char)*s))
		s++;
	return s;
}

// Takes one field, or all that is left if it is the last. Returns what follows.
static const char *take_field(const char *s, const char *ifs, bool last, const char *name)
{
	struct buf b = { 0 };
	size_t keep = 0; // length without separators at the end

	s = skip_blank_separators(s, ifs);
	while (*s && (last || !separates(ifs, *s))) {
		bool blank = separates(ifs, *s) && isspace((unsigned char)*s);
		if (*s == '\\' && s[1])
			s++;
		put(&b, *s++);
		keep = blank ? keep : b.n;
	}
	b.n = keep;
	set_var(name, finish(&b));
	s = skip_blank_separators(s, ifs);
	return separates(ifs, *s) ? s + 1 : s;
}

static int read_main(int argc, char **argv)
{
	bool raw = argc > 1 && !strcmp(argv[1], "-r");
	const char *ifs = get_var("IFS") ? get_var("IFS") : " \t\n";
	struct buf b = { 0 };
	bool complete = read_line(&b, raw);
	const char *s = finish(&b);

	for (int i = 1 + raw; i < argc; i++)
		s = take_field(s, ifs, i == argc - 1, argv[i]);
	return !complete;
}

// ---- test

static bool test_file(char op, const char *name)
{
	struct stat st;

	if (op == 'h' || op == 'L')
		return lstat(name, &st) == 0 && S_ISLNK(st.st_mode);
	if (stat(name, &st))
		return false;
	switch (op) {
	case 'e': return true;
	case 'f': return S_ISREG(st.st_mode);
	case 'd': return S_ISDIR(st.st_mode);
	case 'b': return S_ISBLK(st.st_mode);
	case 'c': return S_ISCHR(st.st_mode);
	case 'p': return S_ISFIFO(st.st_mode);
	case 'S': return S_ISSOCK(st.st_mode);
	case 's': return st.st_size > 0;
	case 'r': return access(name, R_OK) == 0;
	case 'w': return access(name, W_OK) == 0;
	default: return access(name, X_OK) == 0;
	}
}

static long test_number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	while (isspace((unsigned char)*end))
		end++;
	if (*end || end == s) {
		complain("test: %s: not a number", s);
		throw(2);
	}
	return n;
}

static const char *const comparisons[] = { "=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };

static int find_comparison(const char *op)
{
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(*comparisons); i++)
		if (!strcmp(op, comparisons[i]))
			return i;
	return -1;
}

static bool test_pair(const char *a, int op, const char *b)
{
	bool same = strcmp(a, b) == 0;

	long x = op > 1 ? test_number(a) : 0, y = op > 1 ? test_number(b) : 0;
	switch (op) {
	case 0: return same;
	case 1: return !same;
	case 2: return x == y;
	case 3: return x != y;
	case 4: return x < y;
	case 5: return x <= y;
	case 6: return x > y;
	default: return x >= y;
	}
}

static char **word; // what test has still to look at, up to word_end
static char **word_end;

static bool test_or(void);

static bool test_primary(void)
{
	long left = word_end - word;

	if (left >= 3 && find_comparison(word[1]) >= 0) {
		word += 3;
		return test_pair(word[-3], find_comparison(word[-2]), word[-1]);
	}
	if (left >= 2 && !strcmp(word[0], "!")) {
		word++;
		return !test_primary();
	}
	if (left >= 3 && !strcmp(word[0], "(")) {
		word++;
		bool result = test_or();
		if (word == word_end || strcmp(*word++, ")")) {
			complain("test: ( without )");
			throw(2);
		}
		return result;
	}
	if (left >= 2 && word[0][0] == '-' && word[0][1] && !word[0][2] &&
	    strchr("nztefdbcpSsrwxhL", word[0][1])) {
		char op = word[0][1];
		const char *arg = word[1];
		word += 2;
		if (op == 'n' || op == 'z')
			return (op == 'n') == (*arg != '\0');
		return op == 't' ? isatty(test_number(arg)) : test_file(op, arg);
	}
	return word < word_end && **word++ != '\0';
}

static bool test_and(void)
{
	bool result = test_primary();

	while (word < word_end && !strcmp(*word, "-a")) {
		word++;
		result = test_primary() && result;
	}
	return result;
}

static bool test_or(void)
{
	bool result = test_and();

	while (word < word_end && !strcmp(*word, "-o")) {
		word++;
		result = test_and() || result;
	}
	return result;
}

static int test_main(int argc, char **argv)
{
	word = argv + 1;
	word_end = argv + argc;
	if (!strcmp(argv[0], "[") && strcmp(*--word_end, "]")) {
		complain("[: missing ]");
		return 2;
	}
	if (word == word_end)
		return 1;
	bool result = test_or();
	if (word != word_end) {
		complain("%s: %s: unexpected", argv[0], *word);
		return 2;
	}
	return !result;
}

// ---- traps

#define TRAPS 65 // by signal; 0 is EXIT

static char *traps[TRAPS]; // "" ignores
static volatile sig_atomic_t pending[TRAPS];
static volatile sig_atomic_t any_pending;

static void on_signal(int sig)
{
	pending[sig] = 1;
	any_pending = 1;
}

bool traps_set(void)
{
	for (int i = 0; i < TRAPS; i++)
		if (traps[i] && *traps[i])
			return true;
	return false;
}

int pending_trap(void)
{
	for (int i = 1; any_pending && i < TRAPS; i++)
		if (pending[i])
			return i;
	return 0;
}

void run_traps(void)
{
	int sig;

	while ((sig = pending_trap())) {
		int status = sh.status;
		pending[sig] = 0;
		if (traps[sig])
			run_text(save(traps[sig], strlen(traps[sig])), 0);
		sh.status = status;
	}
	any_pending = 0;
}

void reset_traps(void)
{
	for (int i = 0; i < TRAPS; i++) {
		if (traps[i] && *traps[i]) {
			if (i)
				signal(i, SIG_DFL);
			traps[i] = NULL;
		}
		pending[i] = 0;
	}
}

void exit_shell(int status)
{
	char *text = traps[0];

	sh.status = status;
	if (text) {
		traps[0] = NULL;
		sh.unwind = U_NONE;
		run_text(text, 0);
		if (sh.unwind == U_NONE)
			sh.status = status;
	}
	fflush(stdout);
	_exit(sh.status);
}

static int signal_number(const char *name)
{
	if (isdigit((unsigned char)*name))
		return atoi(name) < TRAPS ? atoi(name) : -1;
	if (!strcmp(name, "EXIT"))
		return 0;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < TRAPS; i++)
		if (sigabbrev_np(i) && !strcasecmp(sigabbrev_np(i), name))
			return i;
	return -1;
}

static void set_trap(int sig, const char *action)
{
	struct sigaction act = { .sa_handler = on_signal };

	free(traps[sig]);
	traps[sig] = action ? strdup(action) : NULL;
	if (!action)
		act.sa_handler = SIG_DFL;
	else if (!*action)
		act.sa_handler = SIG_IGN;
	if (sig)
		sigaction(sig, &act, NULL);
}

static int trap_main(int argc, char **argv)
{
	bool reset = argc > 1 && (!strcmp(argv[1], "-") || signal_number(argv[1]) >= 0);
	int first = reset && strcmp(argv[1], "-") ? 1 : 2;

	for (int i = first; i < argc; i++) {
		int sig = signal_number(argv[i]);
		if (sig < 0) {
			complain("trap: %s: no such signal", argv[i]);
			return 1;
		}
		set_trap(sig, reset ? NULL : argv[1]);
	}
	return 0;
}

// ---- what there is

static void list_programs(const char *dir)
{
	struct buf b = { 0 };
	glob_t g;
	size_t column = 0;

	put_string(&b, dir);
	put_string(&b, "/*");
	if (glob(finish(&b), 0, NULL, &g))
		return;
	printf("\nPrograms in %s:\n", dir);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *name = strrchr(g.gl_pathv[i], '/') + 1;
		if (column && column + strlen(name) > 72)
			column = 0 * putchar('\n');
		column += printf(" %s", name);
	}
	putchar('\n');
	globfree(&g);
}

static const char syntax_help[] =
	"\nSyntax: a | b  a && b  a || b  a; b  a &  ! a  ( a )  { a; }  name() { a; }\n"
	"  if while until for case  > >> < << 2> 2>&1  'x' \"x\" \\x  * ? [a-z]\n"
	"  $NAME ${NAME:-x} $(a) $((1+2))\n"
	"Keys: arrows, ^A ^E ^U ^W ^K; ^C ends a program, ^Z stops it, ^D ends the shell\n";

static int help_main(int argc, char **argv)
{
	const char *path = get_var("PATH");

	(void)argc, (void)argv;
	printf("Built-in commands:\n");
	for (const struct builtin *b = builtins; b->name; b++)
		if (b->help)
			printf(" %-22s%s\n", b->name, b->help);
	fputs(syntax_help, stdout);
	for (const char *p = path ? path : ""; *p; p += *p == ':') {
		size_t n = strcspn(p, ":");
		list_programs(save(p, n));
		p += n;
	}
	return 0;
}

const struct builtin builtins[] = {
	{ ":", colon_main, NULL },
	{ "true", colon_main, NULL },
	{ "false", false_main, NULL },
	{ ".", source_main, "run a file's commands in this shell" },
	{ "source", source_main, NULL },
	{ "bg", bg_main, "let a stopped job run on in the background" },
	{ "break", break_main, "leave a loop" },
	{ "cd", cd_main, "go to a directory; -: to the one before" },
	{ "continue", break_main, "start a loop's next turn" },
	{ "echo", echo_main, "print words" },
	{ "eval", eval_main, "run words as a command" },
	{ "exec", colon_main, "become a program; redirections alone stay" },
	{ "exit", exit_main, "end the shell, with a status" },
	{ "export", export_main, "give variables to programs" },
	{ "fg", fg_main, "bring a job to the foreground" },
	{ "help", help_main, "this" },
	{ "jobs", jobs_main, "list jobs" },
	{ "kill", kill_main, "send a signal to processes or jobs (%1)" },
	{ "pwd", pwd_main, "print the current directory" },
	{ "read", read_main, "read a line into variables; -r: backslashes stay" },
	{ "return", return_main, "leave a function" },
	{ "set", set_main, "-e stops at errors, -x prints commands; set arguments" },
	{ "shift", shift_main, "drop the first argument" },
	{ "test", test_main, "check files, strings and numbers, also as [ ]" },
	{ "[", test_main, NULL },
	{ "trap", trap_main, "run a command at a signal or at EXIT" },
	{ "unset", unset_main, "forget variables" },
	{ "wait", wait_main, "wait for jobs" },
	{ NULL, NULL, NULL },
};

const struct builtin *find_builtin(const char *name)
{
	for (const struct builtin *b = builtins; b->name; b++)
		if (!strcmp(b->name, name))
			return b;
	return NULL;
}
