// SPDX-License-Identifier: MIT
// pressure.c - what has to work while memory is being reclaimed
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES	256

// A child that keeps storing to a little more memory than is left, until it is killed.
static pid_t squeeze(void)
{
	size_t bytes = little_memory() * PAGE + (4 << 20);
	long scans = number("/proc/vmstat", "pgscan_kswapd");
	pid_t pid;

	// Little of it is more than memory, but pages keep their slots until half of swap is full.
	need_swap(bytes / 2 / 1024);
	pid = CHECK_SYS(fork());
	if (!pid) {
		char *p = mmap(NULL, bytes, RW, ANON | MAP_NORESERVE, -1, 0);

		CHECK(p != MAP_FAILED);
		for (size_t i = 0;; i = (i + PAGE) % bytes) {
			p[i]++;
			// As long for the others as for itself, on one hart too.
			if (i % (16 * PAGE) == 0)
				nap(MS);
		}
	}
	while (number("/proc/vmstat", "pgscan_kswapd") == scans)
		nap(MS);
	return pid;
}

static void release(pid_t pid)
{
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(reclaim_file_dirty_mapped)
{
	int fd = make_pages("file", PAGES);
	char *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0), *copy = map_anon(1, RW);
	pid_t pid = squeeze();

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 5; i++) {
		fill(p, PAGES, i);
		check_filled(p, PAGES, i);
	}
	CHECK_SYS(munmap(p, PAGES * PAGE));
	for (int i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(fd, copy, PAGE, i * PAGE), PAGE);
		CHECK(*(uint64_t *)copy == token(i, 4));
	}
	release(pid);
	close(fd);
}

TEST(reclaim_file_written)
{
	int fd = CHECK_SYS(open("file", O_RDWR | O_CREAT, 0600));
	char *p = map_anon(PAGES, RW), *q = map_anon(PAGES, RW);
	pid_t pid = squeeze();

	fill(p, PAGES, 7);
	CHECK_EQ(pwrite(fd, p, PAGES * PAGE, 0), PAGES * PAGE);
	CHECK_EQ(pread(fd, q, PAGES * PAGE, 0), PAGES * PAGE);
	check_filled(q, PAGES, 7);
	release(pid);
	close(fd);
}

TEST(fork_under_pressure)
{
	char *p = map_anon(PAGES, RW);
	pid_t pid = squeeze();

	fill(p, PAGES, 8);
	for (int i = 0; i < 3; i++)
		IN_CHILD {
			check_filled(p, PAGES, 8);
			fill(p, PAGES, 100 + i);
			check_filled(p, PAGES, 100 + i);
		}
	check_filled(p, PAGES, 8);
	release(pid);
}

TEST(exec_under_pressure)
{
	const char *path = program("show");
	char *argv[] = { (char *)path, "args", NULL }, *envp[] = { NULL }, output[4096];
	pid_t pid = squeeze();

	for (int i = 0; i < 4; i++)
		CHECK_EQ(run_program(path, argv, envp, output, sizeof(output)), 0);
	release(pid);
}
