// SPDX-License-Identifier: MIT
// proc_race.c - /proc/PID read while the process maps, forks, execs and dies, and with very many
// mappings
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static char text[65536];

static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

// Maps, touches, splits, moves and unmaps within its 64 pages, for ever.
static _Noreturn void change_for_ever(unsigned int seed)
{
	char *base = mmap(NULL, 64 * PAGE, RW, ANON, -1, 0);

	CHECK(base != MAP_FAILED);
	for (;;) {
		char *p = base + next_random(&seed) % 56 * PAGE;
		size_t length = (1 + next_random(&seed) % 8) * PAGE;

		switch (next_random(&seed) % 6) {
		case 0:
			munmap(p, length);
			break;
		case 1:
			mprotect(p, length, PROT_READ);
			break;
		case 2:
			madvise(p, length, MADV_DONTNEED);
			break;
		default:
			if (mmap(p, length, RW, ANON | MAP_FIXED, -1, 0) == p)
				memset(p, 1, length);
		}
	}
}

// Reads all of a file by pieces of this size: bytes, or -errno of the open or a read.
static long read_all(pid_t pid, const char *name, size_t piece, bool *good,
		     bool (*check)(const char *piece, size_t n))
{
	char path[64];
	long total = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, text, piece)) > 0) {
		total += n;
		text[n] = 0;
		*good = *good && (!check || check(text, n));
	}
	if (n < 0)
		total = -errno;
	CHECK_SYS(close(fd));
	return total;
}

// Whether one read() of maps holds mmap_lock all the while. From Linux 6.17 on it locks one VMA
// after the other: each line is true, but a mapping that grew meanwhile overlaps the one above.
static bool maps_are_locked(void)
{
	int major = 0, minor = 0;
	struct utsname name;

	CHECK_SYS(uname(&name));
	CHECK_EQ(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 17);
}

// In a buffer of several pages the lines are whole, and go up.
static bool lines_go_up(const char *piece, size_t n)
{
	unsigned long start, end, last = 0;
	bool locked = maps_are_locked();

	if (piece[n - 1] != '\n')
		return false;
	for (; *piece; piece = strchr(piece, '\n') + 1) {
		if (sscanf(piece, "%lx-%lx ", &start, &end) != 2 || end <= start)
			return false;
		if (end <= last || (locked && start < last))
			fail(HERE("maps"), "%lx-%lx after the end at %lx", start, end, last);
		last = end;
	}
	return true;
}

// "" and the process is gone, or some text.
static void check_result(const char *name, long result)
{
	if (result < 0 && result != -ESRCH && result != -ENOENT && result != -EACCES)
		fail(HERE(name), "want text or ESRCH or ENOENT, got %s", errno_name(-result));
}

static void look_at(pid_t pid, unsigned int *seed)
{
	static const char *const names[] = {
		"maps", "smaps", "smaps_rollup", "status", "stat", "statm", "cmdline", "environ",
		"auxv",
	};
	const char *name = names[next_random(seed) % ARRAY_SIZE(names)];
	bool good = true;
	char path[64];
	int fd;

	check_result(name, read_all(pid, name, 1 + next_random(seed) % 3000, &good, NULL));
	check_result("maps", read_all(pid, "maps", sizeof(text) - 1, &good, lines_go_up));
	CHECK(good);
	check_result("smaps", read_all(pid, "smaps", 8192, &good, NULL));
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		char number[2] = { '1' + next_random(seed) % 5, 0 };

		if (write(fd, number, 1) != 1)
			CHECK_EQ(errno, ESRCH);
		CHECK_SYS(close(fd));
	}
}

static void read_pagemap(pid_t pid, uint64_t page)
{
	static uint64_t words[2048];
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	CHECK(CHECK_SYS(pread(fd, words, sizeof(words), page * 8)) % 8 == 0);
	CHECK_SYS(close(fd));
}

TEST(proc_race_with_mappings)
{
	unsigned int seed = 5;
	pid_t pid = CHECK_SYS(fork());
	uintptr_t here;

	if (pid == 0)
		change_for_ever(7);
	here = (uintptr_t)mmap(NULL, PAGE, RW, ANON, -1, 0) / PAGE - 1000;
	for (int i = 0; i < 200; i++) {
		look_at(pid, &seed);
		read_pagemap(pid, here);
	}
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// Two threads of one address space change it, a third process looks.
static char other_stack[64 << 10] __attribute__((aligned(16)));

static int change_in_thread(void *argument)
{
	change_for_ever((uintptr_t)argument);
}

TEST(proc_race_with_shared_memory)
{
	unsigned int seed = 11;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_SYS(clone(change_in_thread, other_stack + sizeof(other_stack),
				CLONE_VM | SIGCHLD, (void *)13));
		change_for_ever(17);
	}
	for (int i = 0; i < 100; i++)
		look_at(pid, &seed);
	CHECK_SYS(kill(pid, SIGKILL));
}

// Processes that live for a moment, with the same numbers again and again.
TEST(proc_race_with_exit_and_exec)
{
	unsigned int seed = 3;
	pid_t maker = CHECK_SYS(fork());

	if (maker == 0)
		for (;;) {
			pid_t pid = fork();

			if (pid == 0) {
				int out = open("/dev/null", O_WRONLY);

				dup2(out, 1);
				if (next_random(&seed) & 1)
					execl(program("show"), "show", NULL);
				_exit(0);
			}
			waitpid(pid, NULL, 0);
			next_random(&seed);
		}
	for (int i = 0; i < 150; i++) {
		// The number of the child that is there now.
		char path[64], children[64] = "";

		snprintf(path, sizeof(path), "/proc/loadavg");
		slurp(path, children, sizeof(children));
		look_at(atoi(strrchr(children, ' ')), &seed);
		read_pagemap(atoi(strrchr(children, ' ')), 0x10);
	}
	CHECK_SYS(kill(maker, SIGKILL));
}

TEST(proc_maps_of_60000)
{
	const int count = 60000;
	char *p = mmap(NULL, count * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	bool good = true;
	int before;

	CHECK(p != MAP_FAILED);
	before = count_mappings();
	for (int i = 0; i < count; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_READ));
	CHECK(count_mappings() >= before + count - 2);
	CHECK(read_all(getpid(), "maps", sizeof(text) - 1, &good, lines_go_up) > count * 45L);
	CHECK(good);
}
