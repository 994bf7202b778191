// SPDX-License-Identifier: MIT
// faults [-a] COMMAND [ARG...]: runs a command and prints a line for each of its page faults:
// address, access, the function of the kernel that resolved it, the result, the frame that is there
// now, how many nanoseconds it took, and the mapping. -a: of all processes, with their ids. It ends
// with the command's status.
//
// The records come from the kernel's trace ring (kernel/trace.h), which Linux does not have:
//
//   <ns> <hart> <pid> fault va=0x… access=r|w|x kind=<function> result=<word> folio=0x… ns=<n>
//
// Mappings are read from /proc/PID/maps while the process lives; one that ended too early leaves
// faults without a mapping.
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACE "/proc/faultline/trace"
#define TRACE_EVENTS "/proc/faultline/trace_events"
#define PAUSE_NS 2000000 // between two looks at the ring while the command runs
#define MAPS 128

struct mapping {
	unsigned long start, end;
	char name[64];
};

static struct mapping maps[MAPS];
static int mappings, all;

// Known mappings stay: what a process has unmapped since still explains its earlier faults.
static void learn(const struct mapping *m)
{
	for (int i = 0; i < mappings; i++) {
		if (maps[i].start == m->start) {
			maps[i] = *m;
			return;
		}
	}
	if (mappings < MAPS)
		maps[mappings++] = *m;
}

static void read_maps(pid_t pid)
{
	char path[32], line[512];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		struct mapping m = { 0 };
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %63[^\n]", &m.start, &m.end, m.name) >= 2)
			learn(&m);
	}
	if (f)
		fclose(f);
}

static const struct mapping *mapping_of(unsigned long address)
{
	for (int i = 0; i < mappings; i++)
		if (address >= maps[i].start && address < maps[i].end)
			return &maps[i];
	return NULL;
}

static void print_fault(const char *line, pid_t command)
{
	unsigned long address, frame, ns;
	const struct mapping *m = NULL;
	char access, kind[48], result[16];
	int pid;

	if (sscanf(line, "%*s %*s %d fault va=%lx access=%c kind=%47s result=%15s folio=%lx ns=%lu",
		   &pid, &address, &access, kind, result, &frame, &ns) != 7)
		return;
	if (all)
		fprintf(stderr, "%5d ", pid);
	else if (pid != command)
		return;
	fprintf(stderr, "%#012lx %c %-21s %-8s %#7lx %7lu ", address, access, kind, result, frame,
		ns);
	if (pid == command)
		m = mapping_of(address);
	if (m)
		fprintf(stderr, "%#lx-%#lx %s", m->start, m->end, m->name);
	fputc('\n', stderr);
}

// Prints what the ring holds by now. A record that is cut off waits for its rest.
static void drain(int trace, pid_t command)
{
	static char text[8192];
	static size_t length;
	ssize_t n;

	read_maps(command);
	while ((n = read(trace, text + length, sizeof(text) - 1 - length)) > 0) {
		length += n;
		text[length] = '\0';
		char *line = text, *end;
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			print_fault(line, command);
		}
		length = strlen(line);
		memmove(text, line, length);
		if (length == sizeof(text) - 1)
			length = 0; // no record is that long
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

// Whether faults are recorded already; then that shall go on afterwards.
static int event_is_on(void)
{
	char names[256];
	int fd = open_or_die(TRACE_EVENTS, O_RDONLY);
	ssize_t n = read(fd, names, sizeof(names) - 1);

	close(fd);
	names[n > 0 ? n : 0] = '\0';
	return strstr(names, "fault") != NULL;
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

int main(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int opt, status = 0;
	pid_t ended;

	while ((opt = getopt(argc, argv, "+a")) != -1) {
		if (opt == '?')
			return 125;
		all = 1;
	}
	if (optind == argc)
		errx(125, "usage: faults [-a] command [argument...]");
	int trace = open_trace(), was_on = event_is_on();
	switch_event("fault");
	setvbuf(stderr, NULL, _IOLBF, 0);
	pid_t pid = start(argv + optind);
	signal(SIGINT, SIG_IGN); // it is meant for the command
	do {
		ended = waitpid(pid, &status, WNOHANG);
		drain(trace, pid);
		if (ended == 0)
			nanosleep(&pause, NULL);
	} while (ended == 0);
	if (!was_on)
		switch_event("!fault");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
