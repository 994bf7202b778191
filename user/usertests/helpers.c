// SPDX-License-Identifier: MIT
/*
 * helpers.c - the small things that many tests need: identities, harts, time, signals, files
 */
#include "user/usertests/usertests.h"
#include <grp.h>
#include <sched.h>
#include <sys/time.h>

volatile sig_atomic_t signals_seen;

void become_nobody(void)
{
	CHECK_SYS(setgroups(0, NULL));
	CHECK_SYS(setresgid(NOBODY, NOBODY, NOBODY));
	CHECK_SYS(setresuid(NOBODY, NOBODY, NOBODY));
}

int harts_allowed(void)
{
	cpu_set_t set;

	CHECK_SYS(sched_getaffinity(0, sizeof(set), &set));
	return CPU_COUNT(&set);
}

bool pin_to_hart(int n)
{
	cpu_set_t set, one;

	CHECK_SYS(sched_getaffinity(0, sizeof(set), &set));
	CPU_ZERO(&one);
	for (int hart = 0; hart < CPU_SETSIZE; hart++) {
		if (!CPU_ISSET(hart, &set) || n-- > 0)
			continue;
		CPU_SET(hart, &one);
		CHECK_SYS(sched_setaffinity(0, sizeof(one), &one));
		return true;
	}
	return false;
}

void keep_to_one_hart(void)
{
	CHECK(pin_to_hart(0));
}

long long now(clockid_t clock)
{
	struct timespec ts;

	CHECK_SYS(clock_gettime(clock, &ts));
	return ts.tv_sec * SEC + ts.tv_nsec;
}

void burn_cpu(long long ns)
{
	long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while (now(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

void nap(long long ns)
{
	struct timespec left = { ns / SEC, ns % SEC };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

char process_state(pid_t pid)
{
	char path[64], text[512];
	ssize_t length;
	char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = 0;
	end = strrchr(text, ')');	// a command name may hold blanks and brackets
	CHECK(end && end[1] == ' ');
	return end[2];
}

void until_asleep(pid_t pid)
{
	char state;

	while ((state = process_state(pid)) != 'S') {
		CHECK(state != 0 && state != 'Z');
		nap(MS);
	}
}

void gate_make(struct gate *gate)
{
	CHECK_SYS(pipe2(gate->fd, O_CLOEXEC));
}

void gate_open(struct gate *gate)
{
	CHECK_EQ(write(gate->fd[1], "x", 1), 1);
}

void gate_wait(struct gate *gate)
{
	char byte;
	ssize_t n;

	do
		n = read(gate->fd[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	CHECK_EQ(n, 1);
}

void on_signal(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	CHECK_SYS(sigaction(sig, &action, NULL));
}

void count_signal(int sig)
{
	(void)sig;
	signals_seen = signals_seen + 1;
}

static void change_mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_SYS(sigprocmask(how, &set, NULL));
}

void block_signal(int sig)
{
	change_mask(SIG_BLOCK, sig);
}

void unblock_signal(int sig)
{
	change_mask(SIG_UNBLOCK, sig);
}

void alarm_every(int ms)
{
	struct timeval step = { ms / 1000, ms % 1000 * 1000 };

	CHECK_SYS(setitimer(ITIMER_REAL, &(struct itimerval){ step, step }, NULL));
}

struct gate handled_alarm;

void count_and_tell(int sig)
{
	count_signal(sig);
	gate_open(&handled_alarm);
}

void interrupt_parent(void)
{
	until_asleep(getppid());
	CHECK_SYS(kill(getppid(), SIGALRM));
	gate_wait(&handled_alarm);
	until_asleep(getppid());
}

long long number_from(const char *name)
{
	const char *text = getenv(name);

	return text ? atoll(text) : 0;
}

// Xorshift64*.
uint64_t random_from(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		fail(HERE("open"), "%s: %s", path, errno_name(errno));
	errno = 0;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(HERE("write"), "%s: \"%s\": %s", path, text, errno_name(errno));
	CHECK_SYS(close(fd));
}

size_t slurp(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 1;

	if (fd < 0)
		fail(HERE("open"), "%s: %s", path, errno_name(errno));
	while (n > 0 && used < size - 1) {
		n = read(fd, buffer + used, size - 1 - used);
		if (n < 0)
			fail(HERE("read"), "%s: %s", path, errno_name(errno));
		used += n;
	}
	buffer[used] = 0;
	close(fd);
	return used;
}

void check_content(const struct place *at, const char *path, const char *want)
{
	char text[4096];

	slurp(path, text, sizeof(text));
	check_str(at, text, want);
}

long long proc_field(const char *path, const char *key)
{
	char text[8192];
	size_t length = strlen(key);

	slurp(path, text, sizeof(text));
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			return strtoll(line + length + 1, NULL, 0);
	}
	fail(HERE("proc_field"), "no line \"%s:\" in %s", key, path);
}
