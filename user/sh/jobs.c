// SPDX-License-Identifier: MIT
// The shell's processes. A job is one child: a program, or a copy of the shell that runs a pipeline
// or a subshell and waits for its parts. At a terminal each job has a process group of its own, so
// that ^C and ^Z reach the job in the foreground and nobody else.
//
// I1  A job is in its group before it runs anything: parent and child both call setpgid, whoever
//     comes first.
// I2  While the shell reads a line or runs a built-in, the terminal is its own.
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct job {
	struct job *next;
	int id, status; // of waitpid()
	pid_t pid;
	bool ended;
	char text[];
} *jobs;

static void on_interrupt(int sig)
{
	sh.interrupted = sig;
}

static void set_signals(void (*handler)(int), void (*interrupt)(int))
{
	struct sigaction act = { .sa_handler = interrupt }; // not SA_RESTART: `read` ends

	signal(SIGQUIT, handler);
	signal(SIGTSTP, handler);
	signal(SIGTTIN, handler);
	signal(SIGTTOU, handler);
	signal(SIGTERM, handler);
	sigaction(SIGINT, &act, NULL);
}

void jobs_start(void)
{
	sh.terminal = fcntl(0, F_DUPFD_CLOEXEC, 10); // 0 may be redirected when it is needed
	set_signals(SIG_IGN, on_interrupt);
	setpgid(0, 0); // a session's leader cannot and need not
	tcsetpgrp(sh.terminal, getpgrp());
}

void jobs_leave(void)
{
	if (sh.interactive)
		set_signals(SIG_DFL, SIG_DFL);
	sh.interactive = false;
	jobs = NULL; // another process's
}

// => in a child, with signals blocked
static void take_place(enum place place)
{
	if (sh.interactive && place != PART)
		setpgid(0, 0);
	if (sh.interactive && place == IN_FRONT)
		tcsetpgrp(sh.terminal, getpgrp());
	if (!sh.interactive && place == BEHIND) { // has no input and no ^C
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		close(0);
		open("/dev/null", O_RDONLY);
	}
	jobs_leave();
	if (sh.interrupted)
		raise(SIGINT); // the ^C came before there was a child
}

// What is sent to the child before it is set up for signals waits until it is.
pid_t fork_child(enum place place)
{
	sigset_t all, old;

	fflush(stdout);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid_t pid = fork();
	if (pid == 0)
		take_place(place);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	       128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

static struct job *add_job(pid_t pid, const char *text)
{
	struct job **end = &jobs, *job = calloc(1, sizeof(*job) + strlen(text) + 1);

	if (!job)
		exit(2);
	for (job->id = 1; *end; end = &(*end)->next)
		job->id = (*end)->id + 1;
	job->pid = pid;
	strcpy(job->text, text);
	return *end = job;
}

static void remove_job(struct job *job)
{
	struct job **at = &jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	free(job);
}

// Waits for news of the job: its end or its stop. Returns false if there are none (WNOHANG, or a
// signal came).
static bool wait_for(struct job *job, int flags)
{
	if (waitpid(job->pid, &job->status, flags) != job->pid)
		return false;
	job->ended = !WIFSTOPPED(job->status);
	return true;
}

static void tell(const struct job *job)
{
	fprintf(stderr, "[%d] %d %-10s %s\n", job->id, (int)job->pid,
		!WIFEXITED(job->status) ? strsignal(exit_status(job->status) - 128) :
		!job->ended ? "Running" : job->status ? "Failed" : "Done", job->text);
}

// In the foreground until it ends or stops.
static int finish(struct job *job)
{
	while (!wait_for(job, sh.interactive ? WUNTRACED : 0))
		;
	int status = job->status;
	if (sh.interactive) {
		tcsetpgrp(sh.terminal, getpgrp());
		if (!WIFEXITED(status))
			edit_restore(); // it had no chance to do that itself
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
			sh.interrupted = SIGINT; // ^C means the whole line, a loop for example
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGPIPE)
		fprintf(stderr, "%s\n", strsignal(WTERMSIG(status)));
	if (WIFSTOPPED(status)) {
		fputc('\n', stderr); // after the terminal's ^Z
		tell(job);
	} else {
		remove_job(job);
	}
	return exit_status(status);
}

int run_job(struct node *n, char **argv, bool background)
{
	pid_t pid = fork_child(background ? BEHIND : IN_FRONT);
	if (pid == 0 && argv)
		exec_simple(n, argv);
	if (pid == 0)
		exit(run(n->kind == PIPE ? n : n->left, true));
	if (pid < 0) {
		complain("fork: %m");
		return 2;
	}
	struct job *job = add_job(pid, n->text);
	if (sh.interactive)
		setpgid(pid, pid);
	if (sh.interactive && !background)
		tcsetpgrp(sh.terminal, pid);
	if (sh.interrupted && !background)
		kill(-pid, SIGINT); // it came before the terminal was the job's
	if (!background)
		return finish(job);
	if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", job->id, (int)pid);
	sh.background = pid;
	return 0;
}

void jobs_report(void)
{
	for (struct job *next, *job = jobs; job; job = next) {
		next = job->next;
		if (!wait_for(job, WNOHANG | WUNTRACED))
			continue;
		tell(job);
		if (job->ended)
			remove_job(job);
	}
}

int jobs_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (struct job *job = jobs; job; job = job->next)
		tell(job);
	return 0;
}

// By %number or pid; the newest without a name.
static struct job *find_job(const char *name)
{
	struct job *job = jobs;

	while (job && (!name ? job->next != NULL : *name == '%' ? job->id != atoi(name + 1) :
		       job->pid != atoi(name)))
		job = job->next;
	return job;
}

// fg and bg
int fg_main(int argc, char **argv)
{
	struct job *job = find_job(argc > 1 ? argv[1] : NULL);
	bool foreground = *argv[0] == 'f';

	if (!job || !sh.interactive) {
		complain("%s: no such job", argv[0]);
		return 1;
	}
	if (foreground)
		tcsetpgrp(sh.terminal, job->pid);
	kill(-job->pid, SIGCONT);
	job->status = 0; // it runs
	tell(job);
	return foreground ? finish(job) : 0;
}

static int wait_until_end(struct job *job)
{
	while (job && !sh.interrupted && !wait_for(job, 0))
		;
	if (!job || sh.interrupted)
		return job ? 130 : 127;
	int status = exit_status(job->status);
	remove_job(job);
	return status;
}

int wait_main(int argc, char **argv)
{
	int status = 0;

	while (argc == 1 && jobs && !sh.interrupted)
		wait_until_end(jobs);
	for (int i = 1; i < argc; i++)
		status = wait_until_end(find_job(argv[i]));
	return status;
}
