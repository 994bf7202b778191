// SPDX-License-Identifier: MIT
// fault.c - faults that wait: for a page on its way from the disk, for a lock, for other threads
#include "user/usertests/usertests.h"
#include "user/usertests/threads.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

enum { PAGES = 1024, READERS = 3, ROUNDS = 40 };

static int cold_file(void)
{
	static char page[PAGE];
	int fd = CHECK_SYS(open("cold", O_RDWR | O_CREAT, 0644));

	for (int i = 0; i < PAGES; i++) {
		memset(page, i, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	CHECK_SYS(fsync(fd));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	return fd;
}

static volatile int stop;
static char *file_area;

static void *read_all(void *arg)
{
	unsigned at = (unsigned long)arg;

	for (int i = 0; i < PAGES; i++, at += 331)
		CHECK_EQ(file_area[at % PAGES * PAGE], (char)(at % PAGES));
	return NULL;
}

static void *map_and_unmap(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(p != MAP_FAILED);
		p[0] = 1;
		CHECK_SYS(munmap(p, 4 * PAGE));
	}
	return NULL;
}

// Waiting for the disk keeps nobody from changing the address space, and finds it changed.
TEST(fault_of_a_cold_file_while_others_map)
{
	pthread_t readers[READERS], mapper;
	int fd = cold_file();

	file_area = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(file_area != MAP_FAILED);
	CHECK_SYS(madvise(file_area, PAGES * PAGE, MADV_RANDOM));
	mapper = start_thread(map_and_unmap, NULL);
	for (long i = 0; i < READERS; i++)
		readers[i] = start_thread(read_all, (void *)(i * 100));
	for (int i = 0; i < READERS; i++)
		join_thread(readers[i]);
	set_word(&stop, 1);
	join_thread(mapper);
}

static volatile int faulting;

static void *fault_and_die(void *arg)
{
	volatile char *p = arg;

	set_word(&faulting, 1);
	for (int i = 0; ; i = (i + 331) % PAGES)
		(void)p[i * PAGE];
	return NULL;
}

// The mapping goes away under faults on it: each of them ends as before or as after.
TEST(fault_against_munmap)
{
	int fd = cold_file();

	for (int round = 0; round < 5; round++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			char *p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);

			CHECK(p != MAP_FAILED);
			CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
			start_thread(fault_and_die, p);
			start_thread(fault_and_die, p + PAGE);
			until_set(&faulting);
			nap(round * MS);
			CHECK_SYS(munmap(p, PAGES * PAGE));
			pause();
		}
		CHECK_KILLED(pid, SIGSEGV);
	}
}

// A killed process does not stay to wait for its page.
TEST(fault_against_kill)
{
	int fd = cold_file();

	for (int round = 0; round < 10; round++) {
		pid_t pid;

		CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
		pid = CHECK_SYS(fork());
		if (pid == 0) {
			char *p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

			fault_and_die(p);
		}
		nap(round * MS / 2);
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
}

TEST(fault_from_the_disk_is_major)
{
	int fd = cold_file();
	struct rusage before, after;
	volatile char *p;

	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(getrusage(RUSAGE_SELF, &before));
	CHECK_EQ(p[700 * PAGE], (char)700);
	CHECK_SYS(getrusage(RUSAGE_SELF, &after));
	CHECK_EQ(after.ru_majflt - before.ru_majflt, 1);
	CHECK_EQ(p[700 * PAGE + 1], (char)700);
	CHECK_SYS(getrusage(RUSAGE_SELF, &before));
	CHECK_EQ(before.ru_majflt, after.ru_majflt);
}

static char *shared_area;

static void *write_all(void *arg)
{
	long thread = (long)arg;

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < PAGES / 4; i++)
			shared_area[i * PAGE + thread] = round;
	return NULL;
}

// Stores to pages that are cleaned again and again: none is lost, and no one waits for ever.
TEST(fault_on_pages_under_write_back)
{
	pthread_t writers[READERS];
	char byte[READERS];
	int fd = cold_file();

	shared_area = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(shared_area != MAP_FAILED);
	for (long i = 0; i < READERS; i++)
		writers[i] = start_thread(write_all, (void *)i);
	for (int i = 0; i < 10; i++)
		CHECK_SYS(msync(shared_area, PAGES * PAGE, MS_SYNC));
	for (int i = 0; i < READERS; i++)
		join_thread(writers[i]);
	CHECK_SYS(munmap(shared_area, PAGES * PAGE));
	CHECK_SYS(fsync(fd));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	for (int i = 0; i < PAGES / 4; i++) {
		CHECK_EQ(pread(fd, byte, READERS, i * PAGE), READERS);
		for (int t = 0; t < READERS; t++)
			CHECK_EQ(byte[t], ROUNDS - 1);
	}
}
