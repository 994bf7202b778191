// SPDX-License-Identifier: MIT
// rusage.c - what getrusage(2) and wait4(2) say about faults, memory and disk
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define MIB	(1UL << 20)

static char buffer[64 << 10] __attribute__((aligned(4096)));

static struct rusage usage(int who)
{
	struct rusage ru;

	CHECK_SYS(getrusage(who, &ru));
	return ru;
}

static char *map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void touch(char *p, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		p[i] = 1;
}

static void drop_caches(void)
{
	sync();
	put_file("/proc/sys/vm/drop_caches", "3");
}

// A file of 16 buffers that is on the disk and no longer in memory.
static int cold_file(void)
{
	int fd = CHECK_SYS(open("cold", O_RDWR | O_CREAT, 0600));

	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	CHECK_SYS(fsync(fd));
	drop_caches();
	return fd;
}

// Each page once, and hardly anything else: a page table or two.
TEST(rusage_minor_faults)
{
	char *p = map(500 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct rusage before, after;
	long faults;

	usage(RUSAGE_SELF);
	before = usage(RUSAGE_SELF);
	touch(p, 500 * PAGE);
	after = usage(RUSAGE_SELF);
	faults = after.ru_minflt - before.ru_minflt;
	if (faults < 500 || faults > 505)
		fail(HERE("ru_minflt"), "want 500 for as many pages, got %ld", faults);
	CHECK_EQ(after.ru_majflt, before.ru_majflt);
	before = after;
	touch(p, 500 * PAGE);
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_minflt - before.ru_minflt <= 5);
}

// The kernel's own accesses for a call are the caller's faults as well.
TEST(rusage_faults_of_a_call)
{
	char *p = map(sizeof(buffer), MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	struct rusage before, after;

	CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	before = usage(RUSAGE_SELF);
	CHECK_EQ(pread(fd, p, sizeof(buffer), 0), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_minflt - before.ru_minflt >= (long)(sizeof(buffer) / PAGE));
}

TEST(rusage_copy_on_write)
{
	char *p = map(100 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	touch(p, 100 * PAGE);
	IN_CHILD {
		struct rusage before = usage(RUSAGE_SELF), after;

		touch(p, 100 * PAGE);
		after = usage(RUSAGE_SELF);
		CHECK(after.ru_minflt - before.ru_minflt >= 100);
		CHECK_EQ(after.ru_majflt, before.ru_majflt);
	}
}

TEST(rusage_major_faults)
{
	int fd = cold_file();
	volatile char *p = map(16 * sizeof(buffer), MAP_SHARED, fd);
	struct rusage before = usage(RUSAGE_SELF), after;
	int sum = 0;

	for (size_t i = 0; i < 16 * sizeof(buffer); i += PAGE)
		sum += p[i];
	after = usage(RUSAGE_SELF);
	CHECK_EQ(sum, 0);
	CHECK(after.ru_majflt > before.ru_majflt);
	CHECK(after.ru_majflt - before.ru_majflt <= 256);
	before = after;
	for (size_t i = 0; i < 16 * sizeof(buffer); i += PAGE)
		sum += p[i];
	after = usage(RUSAGE_SELF);
	CHECK_EQ(after.ru_majflt, before.ru_majflt);
}

// In units of 512 bytes: what was read from the disk, and what was made dirty; besides, the file
// system's own blocks, which are few.
TEST(rusage_blocks)
{
	const long all = MIB / 512, part = sizeof(buffer) / 512, few = part / 2;
	int fd = cold_file();
	struct rusage before = usage(RUSAGE_SELF), after;

	for (int i = 0; i < 16; i++)
		CHECK_EQ(pread(fd, buffer, sizeof(buffer), i * sizeof(buffer)), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_inblock - before.ru_inblock >= all);
	CHECK(after.ru_oublock - before.ru_oublock < few);
	before = after;
	CHECK_EQ(pwrite(fd, buffer, sizeof(buffer), 0), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_oublock - before.ru_oublock >= part);
	CHECK(after.ru_inblock - before.ru_inblock < few);
	before = after;
	// Dirty already.
	CHECK_EQ(pwrite(fd, buffer, sizeof(buffer), 0), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_oublock - before.ru_oublock < few);
}

TEST(rusage_blocks_of_faults)
{
	int fd = cold_file();
	volatile char *p = map(sizeof(buffer), MAP_SHARED, fd);
	struct rusage before = usage(RUSAGE_SELF), after;

	CHECK_EQ(p[0], 0);
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_inblock - before.ru_inblock >= (long)(PAGE / 512));
	before = after;
	p[0] = 1;
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_oublock - before.ru_oublock >= (long)(PAGE / 512));
}

TEST(rusage_blocks_of_direct_io)
{
	int fd = cold_file(), direct;
	struct rusage before, after;

	direct = CHECK_SYS(open("cold", O_RDWR | O_DIRECT));
	before = usage(RUSAGE_SELF);
	CHECK_EQ(pread(direct, buffer, sizeof(buffer), 0), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_inblock - before.ru_inblock >= (long)(sizeof(buffer) / 512));
	before = after;
	CHECK_EQ(pwrite(direct, buffer, sizeof(buffer), 0), sizeof(buffer));
	after = usage(RUSAGE_SELF);
	CHECK(after.ru_oublock - before.ru_oublock >= (long)(sizeof(buffer) / 512));
	CHECK_SYS(close(fd));
}

TEST(rusage_peak_memory)
{
	char *p = map(16 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long before = usage(RUSAGE_SELF).ru_maxrss, peak;

	CHECK(before > 0);
	touch(p, 4 * MIB);
	peak = usage(RUSAGE_SELF).ru_maxrss;
	CHECK(peak >= 4096);
	CHECK_SYS(munmap(p, 2 * MIB));
	CHECK_SYS(madvise(p + 2 * MIB, 2 * MIB, MADV_DONTNEED));
	CHECK(usage(RUSAGE_SELF).ru_maxrss >= peak);
	CHECK(usage(RUSAGE_THREAD).ru_maxrss >= peak);
	// Half of it again is no new peak.
	touch(p + 2 * MIB, 2 * MIB);
	CHECK(usage(RUSAGE_SELF).ru_maxrss <= peak + 1024);
}

// The children's is that of the greatest one, not the sum, and only of those waited for.
TEST(rusage_peak_memory_of_children)
{
	struct rusage ru;
	int status;
	pid_t pid[2];

	for (int i = 0; i < 2; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			touch(map(6 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), (4 + 2 * i) * MIB);
			_exit(0);
		}
	}
	CHECK_EQ(wait4(pid[0], &status, 0, &ru), pid[0]);
	CHECK(ru.ru_maxrss >= 4096 && ru.ru_maxrss < 6144 && ru.ru_minflt >= 1024);
	CHECK(usage(RUSAGE_CHILDREN).ru_maxrss >= 4096);
	CHECK(usage(RUSAGE_CHILDREN).ru_maxrss < 6144);
	CHECK_EQ(wait4(pid[1], &status, 0, &ru), pid[1]);
	CHECK(ru.ru_maxrss >= 6144 && ru.ru_minflt >= 1536);
	CHECK(usage(RUSAGE_CHILDREN).ru_maxrss >= 6144);
	CHECK(usage(RUSAGE_CHILDREN).ru_maxrss < 10240);
	CHECK(usage(RUSAGE_CHILDREN).ru_minflt >= 1024 + 1536);
}

TEST(rusage_peak_memory_across_exec)
{
	struct rusage ru;
	int status, fd[2];
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		touch(map(6 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), 6 * MIB);
		CHECK_SYS(dup2(fd[1], 1));
		execl(program("show"), "show", NULL);
		_exit(1);
	}
	CHECK_EQ(wait4(pid, &status, 0, &ru), pid);
	CHECK(ru.ru_maxrss >= 6144);
}

TEST(rusage_stat_agrees)
{
	char text[1024], *at;
	unsigned long minor, child_minor, major, child_major;
	struct rusage before, after, children;

	IN_CHILD
		touch(map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), MIB);
	before = usage(RUSAGE_SELF);
	slurp("/proc/self/stat", text, sizeof(text));
	after = usage(RUSAGE_SELF);
	children = usage(RUSAGE_CHILDREN);
	at = strrchr(text, ')');
	CHECK(at);
	CHECK_EQ(sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %lu %lu %lu %lu", &minor, &child_minor,
			&major, &child_major), 4);
	CHECK((long)minor >= before.ru_minflt && (long)minor <= after.ru_minflt);
	CHECK((long)major >= before.ru_majflt && (long)major <= after.ru_majflt);
	CHECK_EQ(child_minor, children.ru_minflt);
	CHECK_EQ(child_major, children.ru_majflt);
}
