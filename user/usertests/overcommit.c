// SPDX-License-Identifier: MIT
// overcommit.c - how much memory may be promised: vm.overcommit_memory, Committed_AS, CommitLimit
#include "user/usertests/mapping.h"

#define MODE	"/proc/sys/vm/overcommit_memory"
#define RATIO	"/proc/sys/vm/overcommit_ratio"

static char old_mode[16];

// Runs the block's child in this mode, and sets the old one again whatever it does.
static void in_mode(const char *mode, void (*test)(void))
{
	char old_ratio[16];
	pid_t pid;
	int status;

	slurp(MODE, old_mode, sizeof(old_mode));
	slurp(RATIO, old_ratio, sizeof(old_ratio));
	// By default half of the memory, which in a small machine is promised to the tests already.
	put_file(RATIO, "100");
	pid = fork();
	if (pid == 0) {
		put_file(MODE, mode);	// only now: what fork promises may be too much for it
		test();
		finish();
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	put_file(MODE, old_mode);
	put_file(RATIO, old_ratio);
	CHECK_SYS(pid);
	CHECK_EQ(status, 0);
}

static long long committed(void)
{
	return proc_field("/proc/meminfo", "Committed_AS");
}

static size_t ram(void)
{
	return proc_field("/proc/meminfo", "MemTotal") * 1024 +
	       proc_field("/proc/meminfo", "SwapTotal") * 1024;
}

TEST(overcommit_counts)
{
	const long long kb = 8 << 10, slack = 2 << 10;
	long long before = committed();
	char *p = map_anon(kb / 4, PROT_NONE);

	CHECK(committed() < before + slack);		// cannot be written: no promise
	CHECK_SYS(mprotect(p, kb * 1024, RW));
	CHECK(committed() >= before + kb - slack);
	CHECK_SYS(mprotect(p, kb * 1024, PROT_READ));
	CHECK(committed() >= before + kb - slack);	// it may have been written
	CHECK_SYS(munmap(p, kb * 1024 / 2));
	CHECK(committed() <= before + kb / 2 + slack);
	CHECK_SYS(munmap(p, kb * 1024));
	CHECK(committed() <= before + slack);
	p = mmap(NULL, kb * 1024, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(committed() <= before + slack);
	CHECK_SYS(munmap(p, kb * 1024));
	p = mmap(NULL, kb * 1024, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(committed() >= before + kb - slack);
	CHECK_SYS(munmap(p, kb * 1024));
	CHECK(committed() <= before + slack);
}

TEST(overcommit_counts_moves_once)
{
	const long long kb = 8 << 10, slack = 2 << 10;
	long long before = committed();
	char *p = map_anon(kb / 4, RW), *room = find_room(kb / 2);

	p = mremap(p, kb * 1024, kb * 1024, MREMAP_MAYMOVE | MREMAP_FIXED, room);
	CHECK(p == room);
	CHECK(committed() <= before + kb + slack);
	p = mremap(p, kb * 1024, kb * 1024 * 2, MREMAP_MAYMOVE);
	CHECK(committed() >= before + 2 * kb - slack);
	CHECK(committed() <= before + 2 * kb + slack);
	p = mremap(p, 2 * kb * 1024, 4096, 0);
	CHECK(committed() <= before + slack);
}

TEST(overcommit_counts_for_each_child)
{
	const long long kb = 8 << 10, slack = 2 << 10;
	long long before = committed();

	CHECK(map_anon(kb / 4, RW));
	IN_CHILD {
		CHECK(committed() >= before + 2 * kb - slack);
	}
	CHECK(committed() <= before + kb + slack);
}

static void guess(void)
{
	char *p;
	size_t size = ram();

	CHECK_EQ(mmap_errno(NULL, size + (1UL << 30), RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, size + (1UL << 30), PROT_READ, ANON, -1, 0), 0);
	CHECK_EQ(mmap_errno(NULL, size + (1UL << 30), RW, ANON | MAP_NORESERVE, -1, 0), 0);
	// Each by itself is possible, and so all of them are.
	for (int i = 0; i < 4; i++)
		CHECK(mmap(NULL, size / 2, RW, ANON, -1, 0) != MAP_FAILED);
	p = mmap(NULL, size + (1UL << 30), PROT_READ, ANON, -1, 0);
	CHECK_ERRNO(mprotect(p, size + (1UL << 30), RW), ENOMEM);
	CHECK_SYS(mprotect(p, size / 2, RW));
	p = map_anon(1, RW);
	CHECK_EQ(mremap_errno(p, PAGE, size + (1UL << 30), MREMAP_MAYMOVE, NULL), ENOMEM);
}

TEST(overcommit_guess)
{
	in_mode("0", guess);
}

static void always(void)
{
	size_t size = ram();
	char *p = mmap(NULL, 8 * size, RW, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	p[8 * size - 1] = 'a';
	CHECK_EQ(p[8 * size - 1], 'a');
}

TEST(overcommit_always)
{
	in_mode("1", always);
}

static void never(void)
{
	long long limit = proc_field("/proc/meminfo", "CommitLimit");
	size_t left = (limit - committed()) * 1024;
	char *p;

	become_nobody();
	CHECK_EQ(mmap_errno(NULL, left + (16 << 20), RW, ANON, -1, 0), ENOMEM);
	// MAP_NORESERVE is not honoured.
	CHECK_EQ(mmap_errno(NULL, left + (16 << 20), RW, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, left + (16 << 20), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		 ENOMEM);
	CHECK_EQ(mmap_errno(NULL, left + (16 << 20), PROT_READ, ANON, -1, 0), 0);
	p = mmap(NULL, left / 2, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(mmap_errno(NULL, left / 2 + (16 << 20), RW, ANON, -1, 0), ENOMEM);
}

TEST(overcommit_never)
{
	in_mode("2", never);
}

TEST(overcommit_limit)
{
	char ratio[16];
	long long limit = proc_field("/proc/meminfo", "CommitLimit");
	long long total = proc_field("/proc/meminfo", "MemTotal");
	long long swap = proc_field("/proc/meminfo", "SwapTotal");

	slurp("/proc/sys/vm/overcommit_ratio", ratio, sizeof(ratio));
	if (atoi(ratio) == 50)
		CHECK(llabs(limit - swap - total / 2) <= 8);
	CHECK_CONTENT("/proc/sys/vm/overcommit_kbytes", "0\n");
}
