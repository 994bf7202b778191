// SPDX-License-Identifier: MIT
// The shell's processes. A job is what one command line made: a pipeline, a subshell, a program.
// With a terminal each job has a process group of its own, so that ^C and ^Z reach the job in
// the foreground and nobody else; without one all stay in the shell's group.
//
// I1  A child of a job is in the job's group before it runs anything: parent and child both call
//     setpgid, whoever comes first.
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

struct process {
	pid_t pid;
	bool ended, stopped;
};

struct job {
	struct job *next;
	int id;
	pid_t group;
	int status; // wait status of the last process
	bool background, told; // told: its stop was reported
	int count;
	struct process *processes;
	char text[];
};

bool job_control;
static struct job *jobs;
static int terminal;

static const int shell_signals[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGTERM };
#define SHELL_SIGNALS (sizeof(shell_signals) / sizeof(*shell_signals))

static void on_interrupt(int sig)
{
	sh.interrupted = sig;
}

// A shell started in the background waits until it is brought to the foreground.
void jobs_start(void)
{
	struct sigaction on_int = { .sa_handler = on_interrupt }; // no SA_RESTART: `wait` ends
	pid_t owner;

	terminal = fcntl(0, F_DUPFD_CLOEXEC, 10);
	while ((owner = tcgetpgrp(terminal)) >= 0 && owner != getpgrp())
		kill(0, SIGTTIN);
	for (size_t i = 1; i < SHELL_SIGNALS; i++)
		signal(shell_signals[i], SIG_IGN);
	sigaction(SIGINT, &on_int, NULL);
	job_control = owner >= 0;
	if (job_control) {
		setpgid(0, 0); // a session's leader cannot and need not
		tcsetpgrp(terminal, getpgrp());
	}
}

void jobs_leave(void)
{
	if (sh.interactive)
		for (size_t i = 0; i < SHELL_SIGNALS; i++)
			signal(shell_signals[i], SIG_DFL);
}

struct job *job_new(const char *text)
{
	struct job **end = &jobs, *job;
	int id = 1;

	for (; *end; end = &(*end)->next)
		id = (*end)->id + 1;
	job = calloc(1, sizeof(*job) + strlen(text) + 1);
	if (!job)
		throw(2);
	job->id = id;
	strcpy(job->text, text);
	return *end = job;
}

static void job_free(struct job *job)
{
	struct job **at = &jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	free(job->processes);
	free(job);
}

// POSIX 2.9.3.1: without job control, what runs in the background has no input and no ^C.
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDONLY);

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (null > 0) {
		dup2(null, 0);
		close(null);
	}
}

static void start_child(struct job *job, bool background)
{
	if (job_control && job) {
		setpgid(0, job->group);
		if (!background)
			tcsetpgrp(terminal, getpgrp()); // SIGTTOU is still ignored
	}
	jobs_leave();
	reset_traps();
	if (background && !job_control)
		leave_terminal();
	job_control = false;
	sh.interactive = false;
	sh.interrupted = 0;
	jobs = NULL;
}

static void add_process(struct job *job, pid_t pid)
{
	struct process *p = realloc(job->processes, (job->count + 1) * sizeof(*p));

	if (!p)
		throw(2);
	p[job->count++] = (struct process){ .pid = pid };
	job->processes = p;
	if (job->group == 0)
		job->group = pid;
	if (job_control)
		setpgid(pid, job->group);
}

pid_t job_fork(struct job *job, bool background)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		start_child(job, background);
	} else if (pid > 0 && job) {
		add_process(job, pid);
	} else if (pid < 0) {
		complain("fork: %m");
		if (!job)
			throw(2);
		job->status = 2 << 8; // as if the process had ended with 2
	}
	return pid;
}

static bool job_running(const struct job *job)
{
	for (int i = 0; i < job->count; i++)
		if (!job->processes[i].ended && !job->processes[i].stopped)
			return true;
	return false;
}

static bool job_stopped(const struct job *job)
{
	for (int i = 0; i < job->count; i++)
		if (!job->processes[i].ended)
			return !job_running(job);
	return false;
}

static void note(pid_t pid, int status)
{
	for (struct job *job = jobs; job; job = job->next) {
		for (int i = 0; i < job->count; i++) {
			struct process *p = &job->processes[i];
			if (p->pid != pid || p->ended)
				continue;
			p->stopped = WIFSTOPPED(status);
			p->ended = !p->stopped;
			if (i == job->count - 1)
				job->status = status;
			return;
		}
	}
}

// Somebody else took the status (the shell was started with SIGCHLD ignored).
static void note_all_gone(void)
{
	for (struct job *job = jobs; job; job = job->next)
		for (int i = 0; i < job->count; i++)
			job->processes[i].ended = true;
}

// Takes the news of one child. Returns false if there is none (or a signal came).
static bool reap(int flags)
{
	int status;
	pid_t pid = waitpid(-1, &status, flags | (job_control ? WUNTRACED : 0));

	if (pid < 0 && errno == ECHILD)
		note_all_gone();
	if (pid > 0)
		note(pid, status);
	return pid > 0;
}

static int exit_status(int status)
{
	if (WIFSTOPPED(status))
		return 128 + WSTOPSIG(status);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void tell(const struct job *job, const char *what)
{
	fprintf(stderr, "[%d] %-10s %s\n", job->id, what, job->text);
}

static void tell_signal(int sig)
{
	if (sig == SIGINT && sh.interactive)
		fputc('\n', stderr);
	else if (sig != SIGINT && sig != SIGPIPE)
		fprintf(stderr, "%s\n", strsignal(sig));
}

static void take_terminal_back(const struct job *job)
{
	tcsetpgrp(terminal, getpgrp());
	if (!WIFEXITED(job->status))
		edit_restore(); // it had no chance to do that itself
}

int job_wait(struct job *job)
{
	while (job_running(job))
		reap(0);
	if (job_control)
		take_terminal_back(job);
	int status = job->status;
	if (job_stopped(job)) {
		job->background = job->told = true;
		fputc('\n', stderr);
		tell(job, "Stopped");
		return 128 + SIGTSTP;
	}
	if (WIFSIGNALED(status))
		tell_signal(WTERMSIG(status));
	if (sh.interactive && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		sh.interrupted = SIGINT; // ^C means the whole line, a loop for example
	job_free(job);
	return exit_status(status);
}

void job_background(struct job *job)
{
	job->background = true;
	if (job->count == 0)
		job_free(job);
	else if (sh.interactive)
		fprintf(stderr, "[%d] %d\n", job->id, (int)job->processes[0].pid);
}

void jobs_report(void)
{
	while (reap(WNOHANG))
		;
	for (struct job *next, *job = jobs; job; job = next) {
		next = job->next;
		if (job_stopped(job) && !job->told) {
			job->told = true;
			tell(job, "Stopped");
		} else if (!job_running(job) && !job_stopped(job)) {
			tell(job, WIFSIGNALED(job->status) ? strsignal(WTERMSIG(job->status))
				  : WEXITSTATUS(job->status) ? "Failed" : "Done");
			job_free(job);
		}
	}
}

int jobs_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	while (reap(WNOHANG))
		;
	for (struct job *job = jobs; job; job = job->next)
		tell(job, job_running(job) ? "Running" : job_stopped(job) ? "Stopped" : "Done");
	return 0;
}

static pid_t last_pid(const struct job *job)
{
	return job->count ? job->processes[job->count - 1].pid : 0;
}

// By %number or by the pid of its last process; without a name (or with %%, %+) the newest.
static struct job *find_job(const char *name)
{
	struct job *found = NULL;

	for (struct job *job = jobs; job; job = job->next) {
		if (!name || !strcmp(name, "%%") || !strcmp(name, "%+"))
			found = job;
		else if (*name == '%' ? job->id == atoi(name + 1) : last_pid(job) == atoi(name))
			return job;
	}
	return found;
}

static struct job *need_job(const char *command, const char *name)
{
	struct job *job = find_job(name);

	if (!job)
		complain("%s: %s: no such job", command, name ? name : "current");
	return job;
}

static void resume(struct job *job)
{
	for (int i = 0; i < job->count; i++)
		job->processes[i].stopped = false;
	job->told = false;
	kill(-job->group, SIGCONT);
}

int fg_main(int argc, char **argv)
{
	struct job *job = need_job("fg", argc > 1 ? argv[1] : NULL);

	if (!job || !job_control)
		return 1;
	fprintf(stderr, "%s\n", job->text);
	tcsetpgrp(terminal, job->group);
	resume(job);
	return job_wait(job);
}

int bg_main(int argc, char **argv)
{
	struct job *job = need_job("bg", argc > 1 ? argv[1] : NULL);

	if (!job || !job_control)
		return 1;
	fprintf(stderr, "[%d] %s &\n", job->id, job->text);
	resume(job);
	return 0;
}

static void on_child(int sig)
{
	(void)sig; // only there to end sigsuspend()
}

// Returns false if a signal with a trap, or ^C, came first. Signals are let in by sigsuspend()
// alone, so none can slip in between the check and the sleep.
static bool wait_for(struct job *job)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	signal(SIGCHLD, on_child);
	while (job_running(job) && !pending_trap() && !sh.interrupted)
		if (!reap(WNOHANG) && job_running(job))
			sigsuspend(&old);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return !job_running(job);
}

static int end_of_wait(struct job *job)
{
	if (!wait_for(job))
		return 128 + (sh.interrupted ? sh.interrupted : pending_trap());
	int status = exit_status(job->status);
	if (!job_stopped(job))
		job_free(job);
	return status;
}

static int wait_for_all(void)
{
	for (struct job *next, *job = jobs; job; job = next) {
		next = job->next;
		int status = end_of_wait(job);
		if (pending_trap() || sh.interrupted)
			return status;
	}
	return 0;
}

int wait_main(int argc, char **argv)
{
	int status = argc == 1 ? wait_for_all() : 0;

	for (int i = 1; i < argc; i++) {
		struct job *job = find_job(argv[i]);
		status = job ? end_of_wait(job) : 127;
	}
	return status;
}

// The program `kill` knows no jobs: %n becomes the job's process group.
int kill_main(int argc, char **argv)
{
	struct node n = { .text = "kill" };
	char **args = alloc((argc + 2) * sizeof(*args)), group[24];
	int count = 0;

	for (int i = 0; i < argc; i++) {
		if (*argv[i] != '%') {
			args[count++] = argv[i];
			continue;
		}
		struct job *job = need_job("kill", argv[i]);
		if (!job)
			return 1;
		pid_t target = job_control ? -job->group : last_pid(job);
		if (i == 1)
			args[count++] = "--"; // or the group would be taken for a signal
		args[count++] = save(group, snprintf(group, sizeof(group), "%d", (int)target));
	}
	return run_external(args, &n, 0);
}
