// SPDX-License-Identifier: MIT
// Runs a tree and leaves the status in sh.status. While sh.unwind is set run() does nothing, so
// that all that follows a break, an error or ^C is passed over.
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAVED_FD 10 // saved descriptors live here and above, where commands do not go

static int redirected_fd(const char *op)
{
	return *op == '<' ? 0 : *op == '>' ? 1 : atoi(op);
}

static bool redirect(const struct word *w)
{
	const char *op = w->op + strspn(w->op, "0123456789"), *name = expand_one(w->text, false);
	int how = *op == '<' ? O_RDONLY : O_WRONLY | O_CREAT | (op[1] ? O_APPEND : O_TRUNC);
	int to = redirected_fd(w->op), from;

	if (sh.unwind)
		return false;
	if (op[1] == '&' && !strcmp(name, "-"))
		return close(to), true;
	if (op[1] == '&')
		from = *name < '0' || *name > '9' ? -1 : fcntl(atoi(name), F_DUPFD, SAVED_FD);
	else
		from = open(name, how, 0666);
	if (from < 0 || dup2(from, to) < 0) {
		complain("%s: %s", name, op[1] == '&' ? "bad file descriptor" : strerror(errno));
		sh.status = 1;
		return false;
	}
	if (from != to)
		close(from);
	return true;
}

static bool redirect_all(const struct word *w)
{
	while (w && (!w->op || redirect(w)))
		w = w->next;
	return !w;
}

static void assign(const struct word *w)
{
	for (; is_assignment(w); w = w->next) {
		size_t n = name_length(w->text);
		setenv(save(w->text, n), expand_one(w->text + n + 1, false), 1);
	}
}

void exec_simple(struct node *n, char **argv)
{
	if (!redirect_all(n->words))
		_exit(1);
	assign(n->words);
	execvp(argv[0], argv);
	int status = errno == ENOENT ? 127 : 126;
	bool sought = status == 127 && !strchr(argv[0], '/');
	complain("%s: %s", argv[0], sought ? "not found" : strerror(errno));
	_exit(status);
}

// ---- what runs in the shell itself

static void run_kind(struct node *n, bool last);

static void run_builtin(char **argv, int argc)
{
	sh.status = find_builtin(argv[0])(argc, argv);
	if (fflush(stdout)) {
		complain("%s: %m", argv[0]);
		__fpurge(stdout); // or it would come out where the next command writes
		sh.status = 1;
	}
}

// Redirections are undone: by recursion, the last one first.
// => argv NULL: a compound command; argc 0: assignments alone
static void run_inside(struct node *n, const struct word *w, char **argv, int argc, bool last)
{
	while (w && !w->op)
		w = w->next;
	if (!w)
		return !argv ? run_kind(n, last) : argc ? run_builtin(argv, argc) : (void)0;
	int fd = redirected_fd(w->op), copy = fcntl(fd, F_DUPFD_CLOEXEC, SAVED_FD);
	if (redirect(w))
		run_inside(n, w->next, argv, argc, last);
	if (copy >= 0)
		dup2(copy, fd);
	close(copy >= 0 ? copy : fd);
}

static void run_simple(struct node *n, bool last)
{
	const struct word *words = n->words;
	int argc;

	sh.substituted = false;
	while (is_assignment(words))
		words = words->next;
	char **argv = expand_words(words, &argc);
	bool exec = argc && !strcmp(argv[0], "exec"), inside = !argc || find_builtin(argv[0]);
	if (sh.unwind)
		return;
	if ((exec && argc > 1) || (last && !inside)) {
		jobs_leave();
		exec_simple(n, argv + exec);
	}
	if (exec) {
		sh.status = !redirect_all(n->words);
	} else if (inside) {
		assign(n->words); // what a $(…) there ends with is the status, if they are alone
		sh.status = sh.substituted ? sh.status : 0;
		run_inside(n, n->words, argv, argc, last);
	} else {
		sh.status = run_job(n, argv, false);
	}
}

// ---- what is made of commands

// => in a child of a pipeline: input, and the pipe to the next one. It closes the reading end of
// that, or it would wait for itself instead of getting SIGPIPE.
static void __attribute__((noreturn)) run_stage(struct node *n, int in, const int out[2])
{
	if (out[0] >= 0)
		close(out[0]);
	if (in > 0)
		dup2(in, 0), close(in);
	if (out[1] > 1)
		dup2(out[1], 1), close(out[1]);
	exit(run(n, true));
}

// Starts all stages before it waits for the first.
static int run_stages(struct node *n, int in)
{
	bool more = n->kind == PIPE;
	int out[2] = { -1, -1 }, own = 2 << 8, status = 2;

	pid_t pid = more && pipe(out) ? -1 : fork_child(PART);
	if (pid == 0)
		run_stage(more ? n->left : n, in, out);
	close(in);
	close(out[1]);
	if (pid < 0)
		complain("pipeline: %m");
	else if (more)
		status = run_stages(n->right, out[0]);
	if (pid > 0)
		waitpid(pid, &own, 0);
	return more ? status : exit_status(own);
}

static void run_loop(struct node *n)
{
	int count, i = 0, status = 0;
	char **values = n->kind == FOR ? expand_words(n->words->next, &count) : NULL;

	while (!sh.unwind && (values ? i < count : run(n->left, false) == 0)) {
		if (values)
			setenv(n->words->text, values[i++], 1);
		status = run(n->right, false);
		if (sh.unwind == U_CONTINUE)
			sh.unwind = U_NONE;
	}
	if (sh.unwind == U_ALL)
		return;
	sh.unwind = U_NONE;
	sh.status = status;
}

static void run_kind(struct node *n, bool last)
{
	struct node *then = NULL;

	switch (n->kind) {
	case BACKGROUND: sh.status = run_job(n, NULL, true); break;
	case SUBSHELL: sh.status = run_job(n, NULL, false); break;
	case PIPE: sh.status = sh.interactive ? run_job(n, NULL, false) : run_stages(n, -1); break;
	case WHILE: case FOR: run_loop(n); break;
	case NOT:
		run(n->left, false);
		sh.status = sh.unwind ? sh.status : !sh.status;
		break;
	case AND: then = run(n->left, false) == 0 ? n->right : NULL; break;
	case OR: then = run(n->left, false) != 0 ? n->right : NULL; break;
	case IF:
		then = run(n->left, false) == 0 ? n->right : n->other;
		sh.status = then || sh.unwind ? sh.status : 0;
		break;
	default: then = n->left;
	}
	run(then, last);
}

int run(struct node *n, bool last)
{
	bool list = n && n->kind == LIST;

	for (; n && !sh.unwind; n = list ? n->right : NULL) {
		struct node *one = list ? n->left : n;
		bool end = last && !(list && n->right);
		void *m = mark();
		if (one->kind == SIMPLE)
			run_simple(one, end);
		else
			run_inside(one, one->words, NULL, 0, end);
		if (sh.interrupted)
			give_up(130);
		release(m);
	}
	return sh.status;
}

int run_text(const char *text, bool last)
{
	return run(parse(text, NULL), last);
}
