// SPDX-License-Identifier: MIT
// swap.c - pages that go to the swap area and come back
//
// MADV_PAGEOUT sends pages out on purpose; swap_anon does it by need.
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include <pthread.h>
#include <sys/swap.h>

#define PAGES	256

TEST(swap_out_and_in)
{
	char *p;

	keep_to_one_hart();
	p = swapped_out(PAGES, 1);
	CHECK_EQ(pages_out(p, PAGES), PAGES);
	CHECK(swapped_kb() >= (long)(PAGES * PAGE / 1024));
	check_filled(p, PAGES, 1);
	fill(p, PAGES, 2);
	page_out(p, PAGES);
	check_filled(p, PAGES, 2);
}

// More than there is of memory, in order and at random.
TEST(swap_anon)
{
	size_t pages = little_memory() + (8 << 20) / PAGE;
	uint64_t x = 1;
	char *p;

	need_swap(pages * PAGE / 1024);
	p = mmap(NULL, pages * PAGE, RW, ANON | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	fill(p, pages, 3);
	CHECK(swapped_kb() > 0);
	check_filled(p, pages, 3);
	for (int i = 0; i < 300; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;
		CHECK(page_is(p, (x >> 33) % pages, 3));
	}
}

TEST(swap_munmap_frees)
{
	long before = free_swap_kb();
	char *p = swapped_out(PAGES, 4);

	// The slot of a page that is being written stays until reclaim meets the page.
	while (number("/proc/meminfo", "Writeback") > 0)
		nap(10 * MS);
	CHECK_SYS(munmap(p, PAGES * PAGE));
	while (free_swap_kb() + (long)(PAGES * PAGE / 1024 / 2) < before)
		nap(10 * MS);
}

TEST(swap_fork)
{
	char *p = swapped_out(PAGES, 5);

	IN_CHILD {
		check_filled(p, PAGES, 5);
		fill(p, PAGES, 6);
		page_out(p, PAGES);
		check_filled(p, PAGES, 6);
	}
	check_filled(p, PAGES, 5);
}

TEST(swap_fork_child_outlives)
{
	char *p = swapped_out(PAGES, 7);
	int fd[2];
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (!pid) {
		close(fd[1]);
		CHECK_EQ(read(fd[0], (char[1]){}, 1), 0);
		check_filled(p, PAGES, 7);
		finish();
	}
	fill(p, PAGES, 8);
	CHECK_SYS(munmap(p, PAGES * PAGE));
	close(fd[0]);
	close(fd[1]);
	CHECK_EXIT(pid, 0);
}

TEST(swap_out_while_shared)
{
	char *p = map_anon(PAGES, RW);
	int fd[2];
	pid_t pid;

	need_swap(2 * PAGES * PAGE / 1024);
	fill(p, PAGES, 9);
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (!pid) {
		close(fd[1]);
		CHECK_EQ(read(fd[0], (char[1]){}, 1), 0);
		check_filled(p, PAGES, 9);
		finish();
	}
	page_out(p, PAGES);		// what two map stays
	fill(p, PAGES, 10);
	page_out(p, PAGES);
	check_filled(p, PAGES, 10);
	close(fd[0]);
	close(fd[1]);
	CHECK_EXIT(pid, 0);
}

TEST(swap_mprotect)
{
	char *p = swapped_out(4, 11);

	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_NONE));
	CHECK_EQ(READ_SIGNAL(p), SIGSEGV);
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_READ));
	check_filled(p, 4, 11);
	CHECK_EQ(WRITE_SIGNAL(p), SIGSEGV);
	page_out(p, 4);
	CHECK_SYS(mprotect(p, 4 * PAGE, RW));
	check_filled(p, 4, 11);
	fill(p, 4, 12);
	check_filled(p, 4, 12);
}

TEST(swap_mremap)
{
	char *p = swapped_out(PAGES, 13), *q;

	q = mremap(p, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   find_room(2 * PAGES));
	CHECK(q != MAP_FAILED);
	check_filled(q, PAGES, 13);
	CHECK_EQ(q[PAGES * PAGE], 0);
}

TEST(swap_dontneed)
{
	char *p = swapped_out(PAGES, 14);

	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CHECK_EQ(pages_out(p, PAGES), 0);
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(p[i * PAGE], 0);
}

TEST(swap_system_call_reaches_it)
{
	char *p = swapped_out(4, 15);
	uint64_t words[2];
	int fd[2];

	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], p + PAGE, 8), 8);
	CHECK_EQ(read(fd[0], &words[0], 8), 8);
	CHECK(words[0] == token(1, 15));
	page_out(p, 4);
	CHECK_EQ(write(fd[1], "01234567", 8), 8);
	CHECK_EQ(read(fd[0], p + 2 * PAGE, 8), 8);
	CHECK(!memcmp(p + 2 * PAGE, "01234567", 8));
	CHECK(page_is(p, 3, 15));
}

TEST(swap_mlock_brings_in)
{
	char *p = swapped_out(8, 16);

	CHECK_SYS(mlock(p, 8 * PAGE));
	CHECK_EQ(resident(p, 8), 8);
	CHECK_EQ(resident(p, 8), 8);
	check_filled(p, 8, 16);
}

TEST(swap_major_faults)
{
	char *p = swapped_out(PAGES, 17);
	long before = number("/proc/vmstat", "pswpin");
	long major = number("/proc/vmstat", "pgmajfault");

	// Until it is on the disk a page comes back from the swap cache.
	nap(50 * MS);
	check_filled(p, PAGES, 17);
	CHECK(number("/proc/vmstat", "pswpin") >= before);
	CHECK(number("/proc/vmstat", "pgmajfault") >= major);
}

/* --- several at once --- */

struct reader {
	const char *p;
	int first, failed;
};

static void *read_all(void *arg)
{
	struct reader *reader = arg;

	for (int i = 0; i < PAGES; i++)
		reader->failed += !page_is(reader->p, (reader->first + i) % PAGES, 18);
	return NULL;
}

TEST(swap_threads)
{
	char *p = swapped_out(PAGES, 18);
	struct reader readers[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		readers[i] = (struct reader){ p, i % 2 ? 0 : PAGES / 2, 0 };
		CHECK_EQ(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(readers[i].failed, 0);
	}
}

TEST(swap_children_at_once)
{
	char *p = swapped_out(PAGES, 19);
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = CHECK_SYS(fork());
		if (!pid[i]) {
			check_filled(p, PAGES, 19);
			fill(p, PAGES, i);
			page_out(p, PAGES);
			check_filled(p, PAGES, i);
			finish();
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EXIT(pid[i], 0);
	check_filled(p, PAGES, 19);
}

/* --- the calls --- */

TEST(swapon_errors)
{
	CHECK_ERRNO(swapon("/nowhere", 0), ENOENT);
	CHECK_ERRNO(swapon((char *)8, 0), EFAULT);
	CHECK_ERRNO(swapon("/dev/null", 0), EINVAL);
	CHECK_ERRNO(swapon("/", 0), EISDIR);
	CHECK_ERRNO(swapoff("/"), EISDIR);
	CHECK_ERRNO(swapon("/dev/null", 0x80000), EINVAL);
	CHECK_ERRNO(swapoff("/nowhere"), ENOENT);
	CHECK_ERRNO(swapoff("/dev/null"), EINVAL);
	AS_NOBODY {
		CHECK_ERRNO(swapon("/nowhere", 0), EPERM);
		CHECK_ERRNO(swapoff("/nowhere"), EPERM);
	}
}

TEST(swapon_twice_is_busy)
{
	CHECK_ERRNO(swapon(swap_device(), 0), EBUSY);
}

TEST(swapoff_brings_everything_back)
{
	const char *device = swap_device();
	char *p = swapped_out(PAGES, 20);

	CHECK_SYS(swapoff(device));
	CHECK_EQ(pages_out(p, PAGES), 0);
	CHECK_SYS(swapon(device, 0));
	check_filled(p, PAGES, 20);
}

TEST(swapoff_while_it_is_used)
{
	const char *device = swap_device();
	char *p = map_anon(PAGES, RW);
	pid_t pid = CHECK_SYS(fork());

	if (!pid) {
		for (int i = 0; i < 30; i++) {
			fill(p, PAGES, i);
			page_out(p, PAGES);
			check_filled(p, PAGES, i);
		}
		finish();
	}
	for (int i = 0; i < 5; i++) {
		CHECK_SYS(swapoff(device));
		CHECK_SYS(swapon(device, 0));
	}
	CHECK_EXIT(pid, 0);
}
