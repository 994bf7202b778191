// SPDX-License-Identifier: MIT
// puppet: a family of processes that do what they are told, one small step at a time, so that
// somebody outside can look at the machine between two steps (labs/README.md).
//
//	puppet WORD
//
// reads lines `<process> <command> <arguments>` and answers each with one line
// `@WORD <number of the line> <answer>`.  Process 0 is the first; `fork` makes others.  Between
// steps all of them sleep.
// Memory is named by pages from AREA on.  All numbers may be decimal or 0x….
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define AREA	0x1000000000UL
#define PAGE	4096UL
#define MOST	32		// processes
#define WORDS	8

struct step {
	char *word[WORDS];	// NULL behind the last one
	int number;
};

static const char *secret;
static int pipes[MOST][2];	// each process's lines
static pid_t pids[MOST];
static int self, ending;

static unsigned long number(const struct step *step, int i)
{
	return step->word[i] ? strtoul(step->word[i], NULL, 0) : 0;
}

static char *page_at(const struct step *step, int i)
{
	return (char *)(AREA + number(step, i) * PAGE);
}

// One write, so that lines of several processes do not mix.
static void answer(const struct step *step, unsigned long value)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "@%s %d 0x%lx\n", secret, step->number, value);

	if (write(1, line, n) != n)
		_exit(3);
}

static void answer_result(const struct step *step, long result)
{
	answer(step, result < 0 ? errno : 0);
}

// --- memory ----------------------------------------------------------------------------------

// map PAGE COUNT PROT FLAGS [FILE]: 0 or an errno; flags as in mmap(2), fixed.
static void do_map(const struct step *step)
{
	int fd = step->word[5] ? open(step->word[5], O_RDWR | O_CREAT, 0644) : -1;
	void *p = mmap(page_at(step, 1), number(step, 2) * PAGE, number(step, 3),
		       number(step, 4) | MAP_FIXED, fd, 0);

	answer_result(step, p == MAP_FAILED ? -1 : 0);
	if (fd >= 0)
		close(fd);
}

static void do_unmap(const struct step *step)
{
	answer_result(step, munmap(page_at(step, 1), number(step, 2) * PAGE));
}

static void do_protect(const struct step *step)
{
	answer_result(step, mprotect(page_at(step, 1), number(step, 2) * PAGE, number(step, 3)));
}

static void do_advise(const struct step *step)
{
	answer_result(step, madvise(page_at(step, 1), number(step, 2) * PAGE, number(step, 3)));
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

// fill PAGE COUNT SEED: words of a sequence that goes on from page to page.
static void do_fill(const struct step *step)
{
	uint64_t *p = (uint64_t *)page_at(step, 1), state = number(step, 3);
	unsigned long words = number(step, 2) * PAGE / 8;

	for (unsigned long i = 0; i < words; i++)
		p[i] = next(&state);
	answer(step, 0);
}

// store PAGE OFFSET BYTE
static void do_store(const struct step *step)
{
	*(volatile char *)(page_at(step, 1) + number(step, 2)) = number(step, 3);
	answer(step, 0);
}

static void do_load(const struct step *step)
{
	answer(step, *(volatile unsigned char *)(page_at(step, 1) + number(step, 2)));
}

// sum PAGE COUNT: FNV-1a over the 64-bit words.
static void do_sum(const struct step *step)
{
	const volatile uint64_t *p = (const volatile uint64_t *)page_at(step, 1);
	unsigned long words = number(step, 2) * PAGE / 8;
	uint64_t sum = 0xcbf29ce484222325UL;

	for (unsigned long i = 0; i < words; i++)
		sum = (sum ^ p[i]) * 0x100000001b3UL;
	answer(step, sum);
}

// scan PAGE COUNT: reads one byte of each page; how many are not 0.
static void do_scan(const struct step *step)
{
	unsigned long found = 0;

	for (unsigned long i = 0; i < number(step, 2); i++)
		found += *(volatile char *)(page_at(step, 1) + i * PAGE) != 0;
	answer(step, found);
}

// send PAGE COUNT: the kernel reads COUNT bytes there, into a pipe; the sum of what came.
static void do_send(const struct step *step)
{
	static unsigned char bytes[PAGE];
	unsigned long sum = 0;
	int fd[2];

	if (pipe(fd))
		_exit(3);
	for (ssize_t n = write(fd[1], page_at(step, 1), number(step, 2)); n > 0;) {
		ssize_t got = read(fd[0], bytes, n < (ssize_t)PAGE ? (size_t)n : PAGE);

		for (ssize_t i = 0; i < got; i++)
			sum += bytes[i];
		n -= got;
	}
	close(fd[0]);
	close(fd[1]);
	answer(step, sum);
}

// receive PAGE OFFSET BYTE COUNT: the kernel stores COUNT bytes there, from a pipe.
static void do_receive(const struct step *step)
{
	static char bytes[PAGE];
	unsigned long count = number(step, 4);
	int fd[2], saved;
	ssize_t n;

	memset(bytes, number(step, 3), sizeof(bytes));
	if (pipe(fd) || write(fd[1], bytes, count) != (ssize_t)count)
		_exit(3);
	n = read(fd[0], page_at(step, 1) + number(step, 2), count);
	saved = errno;
	close(fd[0]);
	close(fd[1]);
	errno = saved;
	answer_result(step, n == (ssize_t)count ? 0 : -1);
}

// --- processes -------------------------------------------------------------------------------

// fork CHILD: the child's pid.
static void do_fork(const struct step *step)
{
	unsigned long child = number(step, 1);
	pid_t pid = fork();

	if (pid == 0) {
		self = child;
		return;
	}
	pids[child] = pid;
	answer(step, pid);
}

// exit: of anybody but 0; 0 ends the whole.
static void do_exit(const struct step *step)
{
	answer(step, 0);
	ending = 1;
}

// wait CHILD: its status.
static void do_wait(const struct step *step)
{
	int status = -1;

	waitpid(pids[number(step, 1)], &status, 0);
	answer(step, status);
}

static void do_pid(const struct step *step)
{
	answer(step, getpid());
}

// swapoff DEVICE: 0 or an errno.
static void do_swapoff(const struct step *step)
{
	answer_result(step, swapoff(step->word[1]));
}

static void do_swapon(const struct step *step)
{
	answer_result(step, swapon(step->word[1], 0));
}

// major: page faults of this process that had to wait for a disk.
static void do_major(const struct step *step)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	answer(step, usage.ru_majflt);
}

static volatile int reader_began, reader_ended;

static void *reader(void *page)
{
	reader_began = 1;
	(void)*(volatile char *)page;
	reader_ended = 1;
	return NULL;
}

// overtake PAGE OTHER: a thread reads PAGE, which takes its time; meanwhile OTHER is mapped and
// unmapped.  1: that was through before the thread had its page.
static void do_overtake(const struct step *step)
{
	int overtaken;
	pthread_t thread;
	void *p;

	reader_began = reader_ended = 0;
	pthread_create(&thread, NULL, reader, page_at(step, 1));
	while (!reader_began)
		sched_yield();
	usleep(20000);
	p = mmap(page_at(step, 2), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	munmap(p, PAGE);
	overtaken = !reader_ended;
	pthread_join(thread, NULL);
	answer(step, overtaken);
}

// --- files -----------------------------------------------------------------------------------

// put FILE TEXT: 0 or an errno.
static void do_put(const struct step *step)
{
	int fd = open(step->word[1], O_WRONLY | O_CREAT, 0644);
	const char *text = step->word[2];

	answer_result(step, fd < 0 ? -1 : write(fd, text, strlen(text)));
	close(fd);
}

// get FILE NAME: the number behind NAME in a file of /proc.
static void do_get(const struct step *step)
{
	static char text[16384];
	int fd = open(step->word[1], O_RDONLY);
	size_t have = 0;
	ssize_t n;
	char *at;

	while (fd >= 0 && (n = read(fd, text + have, sizeof(text) - 1 - have)) > 0)
		have += n;
	close(fd);
	text[have] = '\0';
	at = strstr(text, step->word[2]);
	answer(step, at ? strtoul(at + strlen(step->word[2]) + 1, NULL, 0) : ~0UL);
}

// make FILE PAGES SEED: a file of that content, on its disk; not in the page cache afterwards.
static void do_make(const struct step *step)
{
	int fd = open(step->word[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	uint64_t page[PAGE / 8], state = number(step, 3);

	for (unsigned long i = 0; i < number(step, 2); i++) {
		for (unsigned long k = 0; k < PAGE / 8; k++)
			page[k] = next(&state);
		if (write(fd, page, PAGE) != PAGE)
			break;
	}
	answer_result(step, fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) ? -1 : 0);
	close(fd);
}

// --- lines -----------------------------------------------------------------------------------

static const struct command {
	const char *name;
	void (*run)(const struct step *step);
	int words;		// behind the name
} commands[] = {
	{ "map", do_map, 4 }, { "unmap", do_unmap, 2 }, { "protect", do_protect, 3 },
	{ "advise", do_advise, 3 }, { "fill", do_fill, 3 }, { "store", do_store, 3 },
	{ "load", do_load, 2 }, { "sum", do_sum, 2 }, { "receive", do_receive, 4 },
	{ "fork", do_fork, 1 }, { "exit", do_exit, 0 }, { "wait", do_wait, 1 },
	{ "swapoff", do_swapoff, 1 }, { "swapon", do_swapon, 1 }, { "major", do_major, 0 },
	{ "overtake", do_overtake, 2 }, { "scan", do_scan, 2 }, { "send", do_send, 2 },
	{ "pid", do_pid, 0 },
	{ "put", do_put, 2 }, { "get", do_get, 2 }, { "make", do_make, 3 },
};

static void run_step(char *line)
{
	struct step step = { .number = 0 };
	const struct command *command = commands;
	int n = 0;

	step.number = atoi(strtok(line, " \n"));
	while (n < WORDS - 1 && (step.word[n] = strtok(NULL, " \n")))
		n++;
	for (; command < commands + sizeof(commands) / sizeof(commands[0]); command++)
		if (n && strcmp(command->name, step.word[0]) == 0 && n > command->words) {
			command->run(&step);
			return;
		}
	answer(&step, EINVAL);
}

// A line's end wakes only the process that it is for.
static void read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && read(fd, line + n, 1) == 1)
		if (line[n++] == '\n')
			break;
	line[n] = '\0';
	if (!n)
		_exit(4);
}

// Process 0 hands on what is for others: "number command…", with its own count in front.
static void dispatch(char *line, int count)
{
	char numbered[256], *rest;
	unsigned long to = strtoul(line, &rest, 0);
	int n = snprintf(numbered, sizeof(numbered), "%d%s", count, rest);

	if (to == 0)
		run_step(numbered);
	else if (to < MOST && write(pipes[to][1], numbered, n) != n)
		_exit(3);
}

static void quiet_console(void)
{
	struct termios modes;

	if (tcgetattr(0, &modes))
		return;
	modes.c_lflag &= ~ECHO;
	tcsetattr(0, TCSANOW, &modes);
}

int main(int argc, char **argv)
{
	char line[256];

	secret = argc > 1 ? argv[1] : "puppet";
	quiet_console();
	for (int i = 1; i < MOST; i++)
		if (pipe(pipes[i]))
			return 3;
	printf("@%s 0 0x0\n", secret);
	fflush(stdout);
	for (int count = 1; !ending; count++) {
		if (self == 0) {
			read_line(0, line, sizeof(line));
			dispatch(line, count);
		} else {
			read_line(pipes[self][0], line, sizeof(line));
			run_step(line);
		}
	}
	return 0;
}
