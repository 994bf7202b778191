// SPDX-License-Identifier: MIT
// Runs a tree. Every run_… function leaves the status in sh.status and returns it.
//
// What has to be undone when a command ends (redirections of what runs in the shell itself,
// assignments before a built-in) is on one stack; a command remembers the top that it found and
// goes back to it, and throw() to the prompt goes back to the bottom.
#define _GNU_SOURCE // pipe2
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAVED_FD 10 // saved descriptors live here and above, where scripts do not go

struct shell sh;

struct undo {
	struct undo *next;
	int fd, copy; // a descriptor; copy -1: it was closed
	char *name;   // a variable, if not NULL
	const char *value; // NULL: it was unset
};

struct function {
	struct function *next;
	char *body;
	char name[];
};

static struct function *functions;
static struct undo *undo_stack;

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

static void undo_to(struct undo *top)
{
	for (struct undo *u; (u = undo_stack) != top;) {
		undo_stack = u->next;
		if (u->name && u->value) {
			set_var(u->name, u->value);
		} else if (u->name) {
			unset_var(u->name);
		} else if (u->copy < 0) {
			close(u->fd);
		} else {
			dup2(u->copy, u->fd);
			close(u->copy);
		}
	}
}

static struct undo *push_undo(void)
{
	struct undo *u = alloc(sizeof(*u));

	u->next = undo_stack;
	return undo_stack = u;
}

void throw(int status)
{
	sh.status = status;
	if (!sh.interactive)
		exit_shell(status);
	undo_to(NULL);
	longjmp(sh.top, 1);
}

// ---- functions

static struct function **find_function(const char *name)
{
	struct function **f = &functions;

	while (*f && strcmp((*f)->name, name))
		f = &(*f)->next;
	return f;
}

static void function_define(const char *name, const char *body)
{
	struct function **at = find_function(name);
	char *copy = strdup(body);

	if (!copy)
		throw(2);
	if (!*at) {
		*at = calloc(1, sizeof(**at) + strlen(name) + 1);
		if (!*at)
			throw(2);
		strcpy((*at)->name, name);
	}
	free((*at)->body);
	(*at)->body = copy;
}

// The body is parsed anew at each call: its tree lives as long as the call does.
static void call_function(struct function *f, int argc, char **argv, int flags)
{
	char **args = sh.args;
	int nargs = sh.nargs, loops = sh.loops;

	sh.args = argv + 1;
	sh.nargs = argc - 1;
	sh.loops = 0;
	sh.status = 0;
	run_text(save(f->body, strlen(f->body)), flags & TESTED);
	if (sh.unwind == U_RETURN)
		sh.unwind = U_NONE;
	sh.args = args;
	sh.nargs = nargs;
	sh.loops = loops;
}

// ---- redirections

static void save_fd(int fd)
{
	struct undo *u = push_undo();

	u->fd = fd;
	u->copy = fcntl(fd, F_DUPFD_CLOEXEC, SAVED_FD);
}

// A small document fits into the pipe; a process writes a large one.
static int open_here(const char *text)
{
	size_t length = strlen(text);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	if (length <= 4096) {
		if (write(fds[1], text, length) < 0)
			complain("here-document: %m");
	} else if (job_fork(NULL, true) == 0) {
		close(fds[0]);
		for (ssize_t n; length && (n = write(fds[1], text, length)) > 0; length -= n)
			text += n;
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static int open_file(const struct redir *r, const char *name)
{
	static const int flags[] = {
		[R_READ] = O_RDONLY,
		[R_WRITE] = O_WRONLY | O_CREAT | O_TRUNC,
		[R_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
		[R_BOTH] = O_RDWR | O_CREAT,
	};
	int fd = open(name, flags[r->kind] | O_CLOEXEC, 0666);

	if (fd < 0)
		complain("%s: %m", name);
	return fd;
}

static bool duplicate(const struct redir *r)
{
	const char *from = expand_one(r->text);
	char *end;

	if (!strcmp(from, "-")) {
		close(r->fd);
		return true;
	}
	long fd = strtol(from, &end, 10);
	if (*end || end == from || fd < 0 || fcntl(fd, F_GETFD) < 0 || dup2(fd, r->fd) < 0) {
		complain("%s: bad file descriptor", from);
		return false;
	}
	if (fd == r->fd) // dup2 left it alone, but it shall be open in the command
		fcntl(fd, F_SETFD, 0);
	return true;
}

static bool redirect_one(const struct redir *r)
{
	int fd;

	if (r->kind == R_DUP)
		return duplicate(r);
	if (r->kind == R_HERE)
		fd = open_here(expand_here(r->text));
	else if (r->kind == R_HERE_QUOTED)
		fd = open_here(r->text);
	else
		fd = open_file(r, expand_one(r->text));
	if (fd < 0)
		return false;
	if (fd == r->fd)
		return fcntl(fd, F_SETFD, 0) == 0;
	bool done = dup2(fd, r->fd) >= 0;
	if (!done)
		complain("%d: %m", r->fd);
	close(fd);
	return done;
}

// Returns false after a message.
static bool redirect(struct redir *list, bool undo)
{
	for (; list; list = list->next) {
		if (undo)
			save_fd(list->fd);
		if (!redirect_one(list)) {
			sh.status = 1;
			return false;
		}
	}
	return true;
}

// ---- simple commands

static void assign(struct word *list, bool undo, bool exported)
{
	for (; list; list = list->next) {
		size_t n = name_length(list->text);
		char *name = save(list->text, n);
		if (undo) {
			struct undo *u = push_undo();
			const char *old = get_var(name);
			u->name = name;
			u->value = old ? save(old, strlen(old)) : NULL;
		}
		set_var(name, expand_one(list->text + n + 1));
		if (exported)
			export_var(name);
	}
}

static void trace(char **argv)
{
	fputc('+', stderr);
	for (; *argv; argv++)
		fprintf(stderr, " %s", *argv);
	fputc('\n', stderr);
}

static void __attribute__((noreturn)) exec_program(char **argv)
{
	extern char **environ;

	environ = make_environment();
	execvp(argv[0], argv);
	int status = errno == ENOENT ? 127 : 126;
	if (errno == ENOENT && !strchr(argv[0], '/'))
		complain("%s: not found", argv[0]);
	else
		complain("%s: %m", argv[0]);
	_exit(status);
}

// => LAST in flags: this process becomes the program
int run_external(char **argv, struct node *n, int flags)
{
	struct job *job = flags & LAST ? NULL : job_new(n->text);

	if (!job || job_fork(job, false) == 0) {
		if (!redirect(n->redirs, false))
			_exit(1);
		assign(n->assigns, false, true);
		exec_program(argv);
	}
	return sh.status = job_wait(job);
}

// `exec` with a program replaces the shell; without one its redirections stay.
static int run_exec(char **argv, struct node *n)
{
	if (argv[1]) {
		jobs_leave();
		return run_external(argv + 1, n, LAST);
	}
	if (redirect(n->redirs, false))
		sh.status = 0;
	return sh.status;
}

int run_builtin(const struct builtin *builtin, int argc, char **argv)
{
	sh.status = builtin->main(argc, argv);
	if (fflush(stdout)) {
		complain("%s: %m", argv[0]);
		__fpurge(stdout); // or it would come out where the next command writes
		sh.status = 1;
	}
	return sh.status;
}

// A command that runs in the shell itself: a function, a built-in or assignments alone.
static int run_inside(struct node *n, int argc, char **argv, struct function *f, int flags)
{
	struct undo *top = undo_stack;

	if (redirect(n->redirs, true)) {
		assign(n->assigns, argc > 0, argc > 0);
		if (f)
			call_function(f, argc, argv, flags);
		else if (argc)
			run_builtin(find_builtin(argv[0]), argc, argv);
		else if (!sh.substituted)
			sh.status = 0;
	}
	undo_to(top);
	return sh.status;
}

static int run_simple(struct node *n, int flags)
{
	int argc;

	sh.substituted = false;
	char **argv = expand_words(n->words, &argc);
	if (sh.trace && argc)
		trace(argv);
	if (argc && !strcmp(argv[0], "exec"))
		return run_exec(argv, n);
	struct function *f = argc ? *find_function(argv[0]) : NULL;
	if (argc == 0 || f || find_builtin(argv[0]))
		return run_inside(n, argc, argv, f, flags);
	return run_external(argv, n, flags);
}

// ---- what is made of commands

// => in a child that is to end with the tree's status
static void __attribute__((noreturn)) run_child(struct node *n, int flags)
{
	run(n, flags | LAST);
	exit_shell(sh.status);
}

static void move_fd(int from, int to)
{
	if (from == to) {
		fcntl(from, F_SETFD, 0);
	} else if (from >= 0) {
		dup2(from, to);
		close(from);
	}
}

// => in a child of a pipeline: input, and the pipe to the next one (-1: none). The end that is
// not the child's own is closed, or a writer would wait for itself instead of getting SIGPIPE.
static void __attribute__((noreturn)) pipe_child(struct node *n, int in, const int out[2],
						 int flags)
{
	if (out[0] >= 0)
		close(out[0]);
	move_fd(in, 0);
	move_fd(out[1], 1);
	run_child(n, flags);
}

static int run_pipeline(struct node *n, int flags)
{
	struct job *job = job_new(n->text);
	int in = -1;

	for (; n; n = n->kind == PIPE ? n->right : NULL) {
		int out[2] = { -1, -1 };
		if (n->kind == PIPE && pipe2(out, O_CLOEXEC)) {
			complain("pipe: %m");
			break;
		}
		if (job_fork(job, false) == 0)
			pipe_child(n->kind == PIPE ? n->left : n, in, out, flags);
		if (in >= 0)
			close(in);
		if (out[1] >= 0)
			close(out[1]);
		in = out[0];
	}
	if (in >= 0)
		close(in);
	return sh.status = job_wait(job);
}

static int run_background(struct node *n)
{
	struct job *job = job_new(n->text);
	pid_t pid = job_fork(job, true);

	if (pid == 0)
		run_child(n->left, 0);
	if (pid > 0)
		sh.background = pid;
	job_background(job);
	return sh.status = pid < 0;
}

static int run_subshell(struct node *n, int flags)
{
	if (flags & LAST)
		run_child(n->left, flags);
	struct job *job = job_new(n->text);
	if (job_fork(job, false) == 0)
		run_child(n->left, flags);
	return sh.status = job_wait(job);
}

// Called at the end of each turn of a loop. Returns true if the loop is to end.
static bool leave_loop(void)
{
	if (sh.unwind == U_NONE || sh.unwind == U_RETURN)
		return sh.unwind == U_RETURN;
	if (--sh.levels > 0)
		return true;
	bool leave = sh.unwind == U_BREAK;
	sh.unwind = U_NONE;
	return leave;
}

static int run_while(struct node *n, int flags)
{
	bool until = n->kind == UNTIL;
	int status = 0;

	sh.loops++;
	for (;;) {
		bool holds = (run(n->left, TESTED) == 0) != until;
		if (sh.unwind == U_NONE && !holds)
			break;
		if (sh.unwind == U_NONE)
			status = run(n->right, flags & TESTED);
		if (leave_loop())
			break;
	}
	sh.loops--;
	return sh.status = sh.unwind == U_RETURN ? sh.status : status;
}

static int run_for(struct node *n, int flags)
{
	int count;
	char **values = expand_words(n->words, &count);

	sh.loops++;
	sh.status = 0;
	for (int i = 0; i < count; i++) {
		set_var(n->name, values[i]);
		run(n->right, flags & TESTED);
		if (leave_loop())
			break;
	}
	sh.loops--;
	return sh.status;
}

static bool case_matches(struct node *item, const char *value)
{
	for (struct word *w = item->words; w; w = w->next)
		if (fnmatch(expand_pattern(w->text), value, 0) == 0)
			return true;
	return false;
}

static int run_case(struct node *n, int flags)
{
	const char *value = expand_one(n->words->text);

	for (struct node *item = n->other; item; item = item->other) {
		if (case_matches(item, value)) {
			sh.status = 0;
			return run(item->right, flags);
		}
	}
	return sh.status = 0;
}

static int run_if(struct node *n, int flags)
{
	int status = run(n->left, TESTED);

	if (sh.unwind)
		return status;
	if (status == 0)
		return run(n->right, flags);
	if (n->other)
		return run(n->other, flags); // there, $? is the condition's
	return sh.status = 0;
}

static int run_and_or(struct node *n, int flags)
{
	int status = run(n->left, TESTED);

	if (sh.unwind || (status == 0) != (n->kind == AND))
		return status;
	return run(n->right, flags);
}

static int run_node(struct node *n, int flags)
{
	switch (n->kind) {
	case SIMPLE: return run_simple(n, flags);
	case PIPE: return run_pipeline(n, flags);
	case AND:
	case OR: return run_and_or(n, flags);
	case NOT: return sh.status = !run(n->left, TESTED);
	case BACKGROUND: return run_background(n);
	case SUBSHELL: return run_subshell(n, flags);
	case GROUP: return run(n->left, flags);
	case IF: return run_if(n, flags);
	case WHILE:
	case UNTIL: return run_while(n, flags);
	case FOR: return run_for(n, flags);
	case CASE: return run_case(n, flags);
	case FUNCTION: function_define(n->name, n->body); return sh.status = 0;
	default: return sh.status;
	}
}

// A compound command's redirections hold for all of it.
static int run_redirected(struct node *n, int flags)
{
	struct undo *top = undo_stack;

	if (n->kind == SIMPLE || !n->redirs)
		return run_node(n, flags);
	if (redirect(n->redirs, true))
		run_node(n, flags);
	undo_to(top);
	return sh.status;
}

// set -e looks at commands, pipelines and subshells; what they are part of has them looked at.
static void check_error(struct node *n, int flags)
{
	bool looked_at = n->kind == SIMPLE || n->kind == PIPE || n->kind == SUBSHELL;

	if (sh.stop_on_error && sh.status && looked_at && !(flags & TESTED))
		exit_shell(sh.status);
}

static int run_one(struct node *n, int flags)
{
	struct mark m = arena_mark();

	if (sh.interrupted)
		throw(130);
	run_traps();
	if (traps_set())
		flags &= ~LAST; // the shell has to outlive its last command
	run_redirected(n, flags);
	check_error(n, flags);
	arena_release(m);
	return sh.status;
}

int run(struct node *n, int flags)
{
	for (; n && n->kind == SEQUENCE && !sh.unwind; n = n->right)
		run_one(n->left, flags & ~LAST);
	if (n && !sh.unwind)
		run_one(n, flags);
	return sh.status;
}

int run_source(struct source *src, int flags)
{
	bool end = false;

	while (!end && !sh.unwind) {
		struct mark m = arena_mark();
		struct source *outer = source_push(src);
		struct node *n = parse_command(&end);
		bool last = end || source_empty();
		source_push(outer);
		run(n, last ? flags : flags & ~LAST);
		arena_release(m);
	}
	return sh.status;
}

int run_text(const char *text, int flags)
{
	struct source src = { .text = (char *)text, .length = strlen(text), .line = 1 };

	return run_source(&src, flags);
}
