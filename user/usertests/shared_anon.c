// SPDX-License-Identifier: MIT
// shared_anon.c - memory that processes share: MAP_SHARED|MAP_ANONYMOUS, /dev/zero mapped shared
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define SHARED	(MAP_SHARED | MAP_ANONYMOUS)

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, SHARED, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

// Each page by a value of its own.
static void fill(char *p, size_t pages, char value)
{
	for (size_t i = 0; i < pages; i++)
		memset(p + i * PAGE, value + i, PAGE);
}

static void check_filled(const char *p, size_t pages, char value)
{
	for (size_t i = 0; i < pages * PAGE; i++)
		if (p[i] != (char)(value + i / PAGE))
			fail(HERE("content"), "byte %zu: want %d, got %d", i,
			     (char)(value + i / PAGE), p[i]);
}

static void check_zero(const char *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (p[i])
			fail(HERE("zeros"), "byte %zu is %d", i, p[i]);
}

TEST(shared_anon_child_writes)
{
	char *p = map(40);

	check_zero(p, 20 * PAGE);
	IN_CHILD {
		check_zero(p, 40 * PAGE);
		fill(p, 40, 'a');
	}
	check_filled(p, 40, 'a');
}

TEST(shared_anon_parent_writes)
{
	char *p = map(16);
	struct gate gate;
	pid_t pid;

	fill(p, 8, 'a');
	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		check_filled(p, 16, 'A');
		finish();
	}
	fill(p, 16, 'A');
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(shared_anon_outlives_its_maker)
{
	char *p = map(4);
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	fill(p, 4, '0');
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		check_filled(p, 4, '5');
		IN_CHILD
			fill(p, 4, '9');
		check_filled(p, 4, '9');
		finish();
	}
	fill(p, 4, '5');
	CHECK_SYS(munmap(p, 4 * PAGE));
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(shared_anon_many_processes)
{
	unsigned *count = (unsigned *)map(1);
	pid_t pid[8];

	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			for (int k = 0; k < 2000; k++)
				__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
			finish();
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		CHECK_EXIT(pid[i], 0);
	CHECK_EQ(*count, 8 * 2000);
}

// Several processes meet at pages that nobody has touched: each must be there once only.
TEST(shared_anon_faults_meet)
{
	enum { PAGES = 200, TASKS = 4 };
	unsigned *p = (unsigned *)map(PAGES);
	pid_t pid[TASKS];

	for (int i = 0; i < TASKS; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			for (int k = 0; k < PAGES; k++)
				__atomic_fetch_add(&p[k * PAGE / sizeof(*p)], 1, __ATOMIC_RELAXED);
			finish();
		}
	}
	for (int i = 0; i < TASKS; i++)
		CHECK_EXIT(pid[i], 0);
	for (int k = 0; k < PAGES; k++)
		CHECK_EQ(p[k * PAGE / sizeof(*p)], TASKS);
}

TEST(shared_anon_in_maps)
{
	struct mapping m;
	char *p = map(3);

	CHECK(find_mapping(p + PAGE, &m));
	CHECK_STR(m.name, "/dev/zero (deleted)");
	CHECK_STR(m.flags, "rw-s");
	CHECK_EQ(m.offset, 0);
	CHECK(m.start <= p && m.end >= p + 3 * PAGE);
	CHECK_SYS(munmap(p, PAGE));
	CHECK(find_mapping(p + PAGE, &m));
	CHECK_EQ(m.offset, PAGE);
}

TEST(shared_anon_neighbours_stay_apart)
{
	char *room = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *a, *b;

	a = mmap(room, 2 * PAGE, RW, SHARED | MAP_FIXED, -1, 0);
	b = mmap(room + 2 * PAGE, 2 * PAGE, RW, SHARED | MAP_FIXED, -1, 0);
	CHECK(a == room && b == room + 2 * PAGE);
	fill(a, 2, 'a');
	fill(b, 2, 'x');
	IN_CHILD {
		check_filled(a, 2, 'a');
		check_filled(b, 2, 'x');
	}
	CHECK_SYS(munmap(a, 2 * PAGE));
	check_filled(b, 2, 'x');
}

TEST(shared_anon_hole_in_the_middle)
{
	char *p = map(6);

	fill(p, 6, 'a');
	CHECK_SYS(munmap(p + 2 * PAGE, 2 * PAGE));
	IN_CHILD {
		check_filled(p, 2, 'a');
		check_filled(p + 4 * PAGE, 2, 'e');
		fill(p + 4 * PAGE, 2, 'E');
	}
	check_filled(p + 4 * PAGE, 2, 'E');
	DIES_BY(SIGSEGV)
		p[2 * PAGE] = 1;
}

// The memory is the mapping's, so advice not to need it does not lose it.
TEST(shared_anon_dontneed_keeps_it)
{
	char *p = map(4);

	fill(p, 4, 'k');
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_DONTNEED));
	check_filled(p, 4, 'k');
}

TEST(shared_anon_mprotect)
{
	char *p = map(2);

	fill(p, 2, 'r');
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	IN_CHILD {
		check_filled(p, 2, 'r');
		p[PAGE] = 'w';
	}
	CHECK_EQ(p[PAGE], 'w');
	DIES_BY(SIGSEGV)
		*p = 1;
	CHECK_SYS(mprotect(p, PAGE, RW));
	IN_CHILD
		*p = 'W';
	CHECK_EQ(*p, 'W');
}

TEST(shared_anon_read_only_at_first)
{
	char *p = mmap(NULL, PAGE, PROT_READ, SHARED, -1, 0);

	CHECK(p != MAP_FAILED);
	check_zero(p, PAGE);
	CHECK_SYS(mprotect(p, PAGE, RW));
	IN_CHILD
		*p = 'x';
	CHECK_EQ(*p, 'x');
}

TEST(shared_anon_mremap_moves)
{
	char *p = map(4), *q;

	fill(p, 4, 'm');
	q = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	IN_CHILD {
		check_filled(q, 4, 'm');
		fill(q, 4, 'M');
	}
	check_filled(q, 4, 'M');
}

TEST(shared_anon_mremap_length_0_shows_it_twice)
{
	char *p = map(2), *q = mremap(p, 0, 2 * PAGE, MREMAP_MAYMOVE);

	CHECK(q != MAP_FAILED && q != p);
	fill(p, 2, 'a');
	check_filled(q, 2, 'a');
	q[PAGE] = 'z';
	CHECK_EQ(p[PAGE], 'z');
}

// It is as large as it was made; a longer view shows nothing behind that.
TEST(shared_anon_mremap_grown_ends_where_it_did)
{
	char *p = map(2), *q = mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);

	CHECK(q != MAP_FAILED);
	fill(q, 2, 'a');
	check_filled(q, 2, 'a');
	DIES_BY(SIGBUS)
		q[2 * PAGE] = 1;
	DIES_BY(SIGBUS)
		fail(HERE("a read behind the end"), "gave %d", ((volatile char *)q)[3 * PAGE]);
}

TEST(shared_anon_is_what_system_calls_take)
{
	char *p = map(3);
	int fd[2];

	CHECK_SYS(pipe(fd));
	fill(p, 1, 'q');
	CHECK_EQ(write(fd[1], p + PAGE - 10, 20), 20);
	CHECK_EQ(read(fd[0], p + 2 * PAGE - 15, 20), 20);
	IN_CHILD {
		for (int i = 0; i < 20; i++)
			CHECK_EQ(p[2 * PAGE - 15 + i], i < 10 ? 'q' : 0);
	}
}

TEST(shared_anon_errors)
{
	CHECK_ERRNO(mmap(NULL, 0, RW, SHARED, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, SHARED | MAP_GROWSDOWN, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, SHARED, -1, 1), EINVAL);
	CHECK_ERRNO(mmap(NULL, ~0UL - 2 * PAGE, RW, SHARED, -1, 0), ENOMEM);
}

// A thread may keep its last 64 faults to itself before it adds them to what is shown.
static void check_rss_shmem(long long before, int pages)
{
	long long kb = proc_field("/proc/self/status", "RssShmem") - before;

	CHECK(kb <= pages * (long long)PAGE / 1024);
	CHECK(kb >= (pages - 64) * (long long)PAGE / 1024);
}

TEST(shared_anon_counts_in_rss)
{
	char *p = map(256);
	long long before = proc_field("/proc/self/status", "RssShmem");

	fill(p, 256, 1);
	check_rss_shmem(before, 256);
	IN_CHILD {
		// A child finds them by faults of its own; each store's brings one page.
		check_rss_shmem(0, 0);
		fill(p, 256, 2);
		check_rss_shmem(0, 256);
	}
	CHECK_SYS(munmap(p, 128 * PAGE));
	check_rss_shmem(before, 128);
}

TEST(shared_anon_counts_in_meminfo)
{
	enum { MIB = 4 };
	long long before = proc_field("/proc/meminfo", "Shmem");
	char *p = map(MIB * 256);

	// Others may free some meanwhile.
	fill(p, MIB * 256, 1);
	CHECK(proc_field("/proc/meminfo", "Shmem") >= before + MIB * 1024 - 1024);
}

// All of it is promised when it is made, and taken back with the last view of it.
TEST(shared_anon_counts_as_promised)
{
	enum { MIB = 16 };
	long long before = proc_field("/proc/meminfo", "Committed_AS");
	char *p = map(MIB * 256);

	CHECK(proc_field("/proc/meminfo", "Committed_AS") >= before + MIB * 1024 - 2048);
	CHECK_SYS(munmap(p, MIB * 256 * PAGE));
	CHECK(proc_field("/proc/meminfo", "Committed_AS") <= before + 8 * 1024);
}

TEST(shared_anon_more_than_there_is)
{
	size_t kb = proc_field("/proc/meminfo", "MemTotal") +
		    proc_field("/proc/meminfo", "SwapTotal") + 64 * 1024;
	char mode[4], *p;

	slurp("/proc/sys/vm/overcommit_memory", mode, sizeof(mode));
	if (mode[0] == '0')
		CHECK_ERRNO(mmap(NULL, kb * 1024, RW, SHARED, -1, 0), ENOMEM);
	// Without a promise the addresses are to be had, and the first pages.
	p = mmap(NULL, kb * 1024, RW, SHARED | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	p[kb * 1024 - 1] = p[0] = 'x';
}

TEST(shared_dev_zero)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDWR));
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0), *q;
	struct mapping m;

	CHECK(p != MAP_FAILED);
	q = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_SYS(close(fd));
	check_zero(p, 3 * PAGE);
	IN_CHILD
		fill(p, 3, 'z');
	check_filled(p, 3, 'z');
	check_zero(q, 3 * PAGE);	// each mapping is memory of its own
	CHECK(find_mapping(p, &m));
	CHECK_STR(m.name, "/dev/zero (deleted)");
}

TEST(shared_dev_zero_private_is_copied)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDONLY));
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	struct mapping m;

	CHECK(p != MAP_FAILED);
	fill(p, 2, 'p');
	IN_CHILD {
		check_filled(p, 2, 'p');
		fill(p, 2, 'P');
	}
	check_filled(p, 2, 'p');
	CHECK(find_mapping(p, &m));
	CHECK_STR(m.name, "/dev/zero");
	CHECK_STR(m.flags, "rw-p");
}

TEST(shared_dev_zero_read_only_descriptor)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDONLY));

	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	check_zero(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), PAGE);
}
