// SPDX-License-Identifier: MIT
// faults [-asv] COMMAND [ARG...] | faults [-asv] -p PID: prints a line for each page fault of a
// command and of all processes and threads that it starts, or of a process that runs already:
//
//   pid, address, access (r, w or x), kind: the function of the kernel that dealt with it, result,
//   frame, nanoseconds in that function, the mapping and the last component of what it maps
//
// -a: of everybody. -s: at the end a table by kind instead. -v: between them the steps of swap and
// reclaim that these processes took. A command's status is passed on; -p ends with the process or
// on Ctrl-C.
//
// The records come from the kernel's trace ring (kernel/trace.h), which Linux does not have. Events
// `fault` and `task` are switched on meanwhile: by `task` one learns who forks, execs and exits. A
// command counts from its execve on, since what comes before is this program's own.
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACE "/proc/faultline/trace"
#define TRACE_EVENTS "/proc/faultline/trace_events"
#define PAUSE_NS 1000000 // between two looks at the ring
#define TASKS 1024
#define KINDS 32

struct fault {
	int pid;
	unsigned long address, folio, ns, start, end;
	char access, kind[32], result[16], name[24];
};

struct kind {
	char name[32];
	unsigned long count, major, failed, ns, max_ns;
};

static struct {
	int pid;
	bool started; // has executed the command
} tasks[TASKS];
static struct kind kinds[KINDS];
static int nr_tasks, nr_kinds;
static bool all, summary, steps;
static unsigned long lost;
static volatile sig_atomic_t interrupted;

/* --- whom we follow --- */

static int find_task(int pid)
{
	int i = 0;

	while (i < nr_tasks && tasks[i].pid != pid)
		i++;
	return i;
}

static void add_task(int pid, bool started)
{
	if (nr_tasks == TASKS)
		errx(125, "more than %d processes at a time", TASKS);
	tasks[nr_tasks].pid = pid;
	tasks[nr_tasks++].started = started;
}

static bool followed(int pid)
{
	int i = find_task(pid);

	return all ? pid != getpid() : i < nr_tasks && tasks[i].started;
}

// A line of the event `task`: op=fork child=N, op=exec, op=exit.
static void on_task(int pid, const char *rest)
{
	int i = find_task(pid), child;

	if (i == nr_tasks)
		return;
	if (sscanf(rest, "op=fork child=%d", &child) == 1)
		add_task(child, tasks[i].started);
	else if (strncmp(rest, "op=exec", 7) == 0)
		tasks[i].started = true;
	else
		tasks[i] = tasks[--nr_tasks];
}

// The threads of a process that runs already.
static void add_process(int pid)
{
	char path[32];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *dir = opendir(path);
	if (!dir)
		err(125, "%s", path);
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			add_task(atoi(entry->d_name), true);
	closedir(dir);
}

/* --- what is shown --- */

static void print_fault(const struct fault *f)
{
	fprintf(stderr, "%5d %#012lx %c %-22s %-7s ", f->pid, f->address, f->access, f->kind,
		f->result);
	if (f->folio)
		fprintf(stderr, "%#8lx", f->folio);
	else
		fprintf(stderr, "%8s", "-");
	fprintf(stderr, " %8lu ", f->ns);
	if (f->end)
		fprintf(stderr, "%#lx-%#lx %s\n", f->start, f->end, f->name);
	else
		fprintf(stderr, "-\n");
}

static void count_fault(const struct fault *f)
{
	struct kind *k = kinds;

	while (k < kinds + nr_kinds && strcmp(k->name, f->kind) != 0)
		k++;
	if (k == kinds + nr_kinds) {
		if (nr_kinds == KINDS)
			return;
		nr_kinds++;
		strcpy(k->name, f->kind);
	}
	k->count++;
	k->major += strcmp(f->result, "major") == 0;
	k->failed += strcmp(f->result, "minor") != 0 && strcmp(f->result, "major") != 0 &&
		     strcmp(f->result, "retry") != 0;
	k->ns += f->ns;
	if (f->ns > k->max_ns)
		k->max_ns = f->ns;
}

static int more_often(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static void print_summary(void)
{
	qsort(kinds, nr_kinds, sizeof(kinds[0]), more_often);
	fprintf(stderr, "%-22s %8s %7s %7s %9s %9s %9s\n", "kind", "faults", "major", "failed",
		"total-us", "mean-ns", "max-ns");
	for (struct kind *k = kinds; k < kinds + nr_kinds; k++)
		fprintf(stderr, "%-22s %8lu %7lu %7lu %9lu %9lu %9lu\n", k->name, k->count,
			k->major, k->failed, k->ns / 1000, k->ns / k->count, k->max_ns);
}

/* --- the ring --- */

static void on_fault(int pid, const char *rest)
{
	struct fault f = { .pid = pid };

	if (followed(pid) &&
	    sscanf(rest, "va=%lx access=%c kind=%31s result=%15s folio=%lx ns=%lu vma=%lx-%lx "
		   "name=%23[^\n]", &f.address, &f.access, f.kind, f.result, &f.folio, &f.ns,
		   &f.start, &f.end, f.name) >= 8)
		(summary ? count_fault : print_fault)(&f);
}

// Recorded while some process ran; the end of I/O comes while any does, and is nobody's.
static void on_step(int pid, const char *event, const char *rest)
{
	bool interrupt = strstr(rest, "op=written") || strstr(rest, "op=read_done");

	if (steps && (interrupt || followed(pid)))
		fprintf(stderr, "%5d %s %s\n", pid, event, rest);
}

static void on_line(const char *line)
{
	char event[16];
	unsigned long records;
	int pid, rest = 0;

	if (sscanf(line, "%*s %*s %d %15s %n", &pid, event, &rest) != 2 || !rest)
		return;
	if (strcmp(event, "fault") == 0)
		on_fault(pid, line + rest);
	else if (strcmp(event, "task") == 0)
		on_task(pid, line + rest);
	else if (strcmp(event, "swap") == 0 || strcmp(event, "reclaim") == 0)
		on_step(pid, event, line + rest);
	else if (strcmp(event, "lost") == 0 && sscanf(line + rest, "records=%lu", &records) == 1)
		lost += records;
}

// Takes what the ring holds by now: whole lines.
static void drain(int trace)
{
	static char text[4096];
	ssize_t n;

	while ((n = read(trace, text, sizeof(text) - 1)) > 0) {
		char *line = text, *end;

		text[n] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			on_line(line);
		}
	}
}

static int open_or_die(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC);

	if (fd < 0)
		err(125, "%s", name);
	return fd;
}

static void switch_event(const char *name)
{
	int fd = open_or_die(TRACE_EVENTS, O_WRONLY);

	if (write(fd, name, strlen(name)) < 0)
		err(125, "%s", TRACE_EVENTS);
	close(fd);
}

// Whether an event is recorded already; then that shall go on afterwards.
static bool event_is_on(const char *event)
{
	char names[256];
	int fd = open_or_die(TRACE_EVENTS, O_RDONLY);
	ssize_t n = read(fd, names, sizeof(names) - 1);

	close(fd);
	names[n > 0 ? n : 0] = '\0';
	return strstr(names, event) != NULL;
}

static const char *const events[] = { "fault", "task", "swap", "reclaim" };
static bool was_on[4];

static int nr_events(void)
{
	return steps ? 4 : 2;
}

static void begin_events(void)
{
	for (int i = 0; i < nr_events(); i++) {
		was_on[i] = event_is_on(events[i]);
		switch_event(events[i]);
	}
}

static void end_events(void)
{
	char off[16];

	for (int i = 0; i < nr_events(); i++) {
		snprintf(off, sizeof(off), "!%s", events[i]);
		if (!was_on[i])
			switch_event(off);
	}
}

// The ring, from here on.
static int open_trace(void)
{
	char skipped[8192];
	int trace = open_or_die(TRACE, O_RDONLY);

	while (read(trace, skipped, sizeof(skipped)) > 0)
		;
	return trace;
}

/* --- running --- */

static void interrupt(int sig)
{
	interrupted = sig;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		err(125, "fork");
	if (pid == 0) {
		execvp(argv[0], argv);
		int status = errno == ENOENT ? 127 : 126;
		warn("%s", argv[0]);
		_exit(status);
	}
	return pid;
}

// Shows faults until the command has ended, or the process that is followed; the exit status.
static int follow(int trace, pid_t command)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int status = 0;
	bool ended;

	do {
		if (command)
			ended = waitpid(command, &status, WNOHANG) != 0;
		else
			ended = interrupted || !nr_tasks;
		drain(trace);
		if (!ended)
			nanosleep(&pause, NULL);
	} while (!ended);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int opt, process = 0, status;
	pid_t command = 0;

	while ((opt = getopt(argc, argv, "+asvp:")) != -1) {
		if (opt == '?')
			return 125;
		all |= opt == 'a';
		summary |= opt == 's';
		steps |= opt == 'v';
		if (opt == 'p')
			process = atoi(optarg);
	}
	if ((optind == argc) == !process)
		errx(125, "usage: faults [-asv] command [argument...] | faults [-asv] -p pid");
	int trace = open_trace();
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (!summary)
		fprintf(stderr, "%5s %-12s A %-22s %-7s %8s %8s %s\n", "PID", "ADDRESS", "KIND",
			"RESULT", "FRAME", "NS", "MAPPING");
	begin_events();
	if (process) {
		add_process(process);
		signal(SIGINT, interrupt);
	} else {
		signal(SIGINT, SIG_IGN); // it is meant for the command
		command = start(argv + optind);
		add_task(command, false);
	}
	status = follow(trace, command);
	end_events();
	if (summary)
		print_summary();
	if (lost)
		warnx("%lu records were overwritten before they could be read", lost);
	return status;
}
