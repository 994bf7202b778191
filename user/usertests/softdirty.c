// SPDX-License-Identifier: MIT
// softdirty.c - what was written since the last "4" to /proc/PID/clear_refs
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>
#include <sys/uio.h>
#include <sched.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(int pages, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void touch(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

// The soft-dirty pages of eight: '1' or '0' for each.
static void check_pages(const struct place *at, pid_t pid, const char *p, const char *want)
{
	char got[9] = "";

	for (int i = 0; i < 8; i++)
		got[i] = pagemap_word(pid, p + i * PAGE) & PM_SOFT_DIRTY ? '1' : '0';
	check_str(at, got, want);
}
#define CHECK_PAGES(pid, p, want)	check_pages(HERE("soft-dirty pages of " #p), pid, p, want)

TEST(softdirty_after_a_store)
{
	char *p = map(8, ANON, -1);

	touch(p, 8);
	CHECK_PAGES(0, p, "11111111");
	clear_refs(0, "4");
	CHECK_PAGES(0, p, "00000000");
	p[2 * PAGE] = 2;
	CHECK_EQ(*(volatile char *)(p + 3 * PAGE), 1);
	p[5 * PAGE + 100] = 2;
	CHECK_PAGES(0, p, "00100100");
	clear_refs(0, "4");
	CHECK_PAGES(0, p, "00000000");
	p[2 * PAGE] = 3;
	CHECK_PAGES(0, p, "00100000");
	CHECK_EQ(p[2 * PAGE] + p[5 * PAGE] + p[5 * PAGE + 100], 3 + 1 + 2);
}

TEST(softdirty_after_a_store_by_the_kernel)
{
	char *p = map(8, ANON, -1);
	int fd[2];

	touch(p, 8);
	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "12345678", 8), 8);
	clear_refs(0, "4");
	CHECK_EQ(read(fd[0], p + 3 * PAGE - 4, 8), 8);
	CHECK_PAGES(0, p, "00110000");
	CHECK(memcmp(p + 3 * PAGE - 4, "12345678", 8) == 0);
}

TEST(softdirty_after_a_store_by_another_process)
{
	char *p = map(8, ANON, -1);
	pid_t parent = getpid(), pid;
	struct gate go;

	gate_make(&go);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		struct iovec from = { "1234", 4 }, to = { p + 4 * PAGE, 4 };

		gate_wait(&go);
		CHECK_EQ(process_vm_writev(parent, &from, 1, &to, 1, 0), 4);
		_exit(0);
	}
	// Nobody shares these, so nothing but soft-dirty makes them read-only.
	touch(p, 8);
	clear_refs(0, "4");
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	CHECK_PAGES(0, p, "00001000");
	CHECK(memcmp(p + 4 * PAGE, "1234", 4) == 0);
}

TEST(softdirty_after_a_store_by_a_device)
{
	char *p = map(8, ANON, -1);
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));

	touch(p, 8);
	CHECK_EQ(write(fd, p, 2 * PAGE), 2 * PAGE);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
	fd = CHECK_SYS(open("f", O_RDONLY | O_DIRECT));
	clear_refs(0, "4");
	CHECK_EQ(read(fd, p + 2 * PAGE, 2 * PAGE), 2 * PAGE);
	CHECK_PAGES(0, p, "00110000");
}

TEST(softdirty_new_mapping)
{
	char *p;

	clear_refs(0, "4");
	p = map(8, ANON, -1);
	// All of it, present or not: what was there before is gone.
	CHECK_PAGES(0, p, "11111111");
	CHECK(smaps_flag(0, p, "sd"));
	clear_refs(0, "4");
	CHECK_PAGES(0, p, "00000000");
	CHECK(!smaps_flag(0, p, "sd"));
	p[PAGE] = 1;
	CHECK_EQ(*(volatile char *)(p + 2 * PAGE), 0);
	CHECK_PAGES(0, p, "01000000");
	CHECK(mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	CHECK_PAGES(0, p, "11111111");
}

// A mapping that takes a new one in must not make it look old.
TEST(softdirty_merged_mapping)
{
	char *p = map(8, ANON, -1);

	CHECK_SYS(munmap(p + 4 * PAGE, 4 * PAGE));
	touch(p, 4);
	clear_refs(0, "4");
	CHECK(mmap(p + 4 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 4 * PAGE);
	for (int i = 4; i < 8; i++)
		CHECK(pagemap_word(0, p + i * PAGE) & PM_SOFT_DIRTY);
}

TEST(softdirty_heap)
{
	char *p = CHECK_SYS(syscall(SYS_brk, 0)) + (char *)0;
	char *q = (char *)(((uintptr_t)p + PAGE - 1) & -PAGE);

	clear_refs(0, "4");
	CHECK_EQ(syscall(SYS_brk, q + 8 * PAGE), q + 8 * PAGE);
	CHECK_PAGES(0, q, "11111111");
}

TEST(softdirty_protection)
{
	char *p = map(8, ANON, -1);

	touch(p, 8);
	clear_refs(0, "4");
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_READ));
	CHECK_SYS(mprotect(p, 4 * PAGE, RW));
	CHECK_PAGES(0, p, "00000000");
	p[PAGE] = 2;	// must not have become writable unseen
	CHECK_PAGES(0, p, "01000000");
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_NONE));
	CHECK_PAGES(0, p, "01000000");
	CHECK_SYS(mprotect(p, 4 * PAGE, RW));
	CHECK_EQ(p[PAGE], 2);
	clear_refs(0, "4");
	p[0] = 2;
	CHECK_PAGES(0, p, "10000000");
}

TEST(softdirty_mremap)
{
	char *p = map(8, ANON, -1), *room = map(16, ANON, -1), *q;

	touch(p, 8);
	clear_refs(0, "4");
	q = mremap(p, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
	CHECK(q == room);
	// At the new place all that moved is new.
	CHECK_PAGES(0, q, "11111111");
	clear_refs(0, "4");
	q[3 * PAGE] = 2;
	CHECK_PAGES(0, q, "00010000");
}

TEST(softdirty_fork)
{
	char *p = map(8, ANON, -1);

	touch(p, 8);
	clear_refs(0, "4");
	p[PAGE] = 2;
	IN_CHILD {
		CHECK_PAGES(0, p, "01000000");
		p[2 * PAGE] = 2;
		CHECK_PAGES(0, p, "01100000");
		CHECK_PAGES(getppid(), p, "01000000");
		clear_refs(0, "4");
		CHECK_PAGES(0, p, "00000000");
		CHECK_PAGES(getppid(), p, "01000000");
	}
	p[3 * PAGE] = 2;
	CHECK_PAGES(0, p, "01010000");
}

TEST(softdirty_shared_file)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	char *p;

	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	p = map(8, MAP_SHARED, fd);
	touch(p, 8);
	clear_refs(0, "4");
	CHECK_PAGES(0, p, "00000000");
	p[6 * PAGE] = 2;
	CHECK_EQ(*(volatile char *)p, 1);
	CHECK_PAGES(0, p, "00000010");
	CHECK_SYS(msync(p, 8 * PAGE, MS_SYNC));		// clean is not the same as not written
	CHECK_PAGES(0, p, "00000010");
	// Not mapped here when another writes: his page, not this one's.
	IN_CHILD
		p[2 * PAGE] = 3;
	CHECK_PAGES(0, p, "00000010");
	CHECK_EQ(p[2 * PAGE], 3);
}

TEST(softdirty_private_file)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	char *p;

	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	p = map(8, MAP_PRIVATE, fd);
	clear_refs(0, "4");
	CHECK_EQ(*(volatile char *)p, 0);	// and what is around it
	CHECK_PAGES(0, p, "00000000");
	p[0] = 1;
	p[7 * PAGE] = 1;
	CHECK_PAGES(0, p, "10000001");
}

TEST(softdirty_dropped_pages)
{
	char *p = map(8, ANON, -1);

	touch(p, 8);
	clear_refs(0, "4");
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_DONTNEED));
	CHECK_PAGES(0, p, "00000000");
	touch(p, 2);
	CHECK_PAGES(0, p, "11000000");
}

// Another process's, while it writes on: after each "4" what it writes next is seen.
TEST(softdirty_of_another)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	char *p = map(1, MAP_SHARED, fd), *mine = map(8, ANON, -1);
	pid_t pid;

	CHECK_SYS(ftruncate(fd, PAGE));
	touch(mine, 8);
	pid = CHECK_SYS(fork());
	if (pid == 0)
		for (int i = 0;; i++) {
			mine[(i & 7) * PAGE] = i;
			__atomic_store_n(p, i & 127, __ATOMIC_RELEASE);
		}
	for (int round = 0; round < 50; round++) {
		char seen;

		clear_refs(pid, "4");
		seen = __atomic_load_n(p, __ATOMIC_ACQUIRE);
		// The store that it makes after these eight is after the clearing.
		for (int i = 0; i < 10; i++, seen = __atomic_load_n(p, __ATOMIC_ACQUIRE))
			while (__atomic_load_n(p, __ATOMIC_ACQUIRE) == seen)
				sched_yield();
		CHECK_PAGES(pid, mine, "11111111");
	}
	CHECK_SYS(kill(pid, SIGKILL));
}
