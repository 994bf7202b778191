// SPDX-License-Identifier: MIT
// swap_shm.c - shared memory and memory files that go to the swap area and come back
#include "user/usertests/disk.h"
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include <linux/falloc.h>
#include <sys/swap.h>

#define PAGES	64
#define BYTES	(PAGES * PAGE)

static char *map_shared(int fd)
{
	char *p = mmap(NULL, BYTES, RW, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

// They leave the file for the swap cache and, sooner or later, for the disk.
static void send_out(char *p)
{
	long before = number("/proc/vmstat", "pswpout");

	page_out(p, PAGES);
	CHECK(number("/proc/vmstat", "pswpout") > before);
}

// So many pages of a file in memory, filled and sent out.
static int file_out(uint64_t salt)
{
	int fd = CHECK_SYS(memfd_create("out", 0));
	char *p;

	need_swap(4 * BYTES / 1024);
	CHECK_SYS(mlockall(MCL_CURRENT));
	CHECK_SYS(ftruncate(fd, BYTES));
	p = map_shared(fd);
	fill(p, PAGES, salt);
	send_out(p);
	CHECK_SYS(munmap(p, BYTES));
	return fd;
}

static bool file_page_is(int fd, size_t page, uint64_t salt)
{
	static char buf[PAGE];

	CHECK_EQ(pread(fd, buf, PAGE, page * PAGE), PAGE);
	return *(uint64_t *)buf == token(page, salt);
}

TEST(swap_shm_anonymous)
{
	char *p = map_shared(-1);

	need_swap(4 * BYTES / 1024);
	fill(p, PAGES, 50);
	push_out(p, PAGES);
	check_filled(p, PAGES, 50);
	fill(p, PAGES, 51);
	send_out(p);
	check_filled(p, PAGES, 51);
}

TEST(swap_shm_stays_shared)
{
	char *p = map_shared(-1);

	need_swap(4 * BYTES / 1024);
	fill(p, PAGES, 52);
	send_out(p);
	IN_CHILD {
		check_filled(p, PAGES, 52);
		fill(p, PAGES, 53);
	}
	check_filled(p, PAGES, 53);
	send_out(p);
	IN_CHILD
		check_filled(p, PAGES, 53);
}

TEST(swap_shm_read_and_write)
{
	int fd = file_out(54);

	CHECK(file_page_is(fd, 5, 54));
	// Part of a page: the rest of it is what it was.
	CHECK_EQ(pwrite(fd, "x", 1, 7 * PAGE + 100), 1);
	CHECK(file_page_is(fd, 7, 54));
	for (size_t i = 0; i < PAGES; i++)
		CHECK(file_page_is(fd, i, 54));
}

TEST(swap_shm_truncate)
{
	int fd = file_out(55);
	char c;

	CHECK_SYS(ftruncate(fd, 3 * PAGE + 8));
	CHECK_SYS(ftruncate(fd, BYTES));
	CHECK(file_page_is(fd, 2, 55));
	CHECK(file_page_is(fd, 3, 55));
	CHECK_EQ(pread(fd, &c, 1, 4 * PAGE - 1), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(pread(fd, &c, 1, 9 * PAGE), 1);
	CHECK_EQ(c, 0);
}

TEST(swap_shm_punch_hole)
{
	int fd = file_out(56);
	struct stat st;
	char c;

	CHECK_SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * PAGE, 8 * PAGE));
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, (PAGES - 8) * 8);
	CHECK(file_page_is(fd, 3, 56));
	CHECK_EQ(pread(fd, &c, 1, 4 * PAGE), 1);
	CHECK_EQ(c, 0);
	CHECK(file_page_is(fd, 12, 56));
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 4 * PAGE);
	CHECK_EQ(lseek(fd, 4 * PAGE, SEEK_DATA), 12 * PAGE);
}

TEST(swap_shm_close_frees)
{
	long before = free_swap_kb();
	int fd = file_out(57);

	// The slot of a page that is being written stays until reclaim meets the page.
	while (number("/proc/meminfo", "Writeback") > 0)
		nap(10 * MS);
	CHECK_SYS(close(fd));
	// What other processes have there changes, but not by that much.
	while (free_swap_kb() + (long)(BYTES / 1024 / 2) < before)
		nap(10 * MS);
}

TEST(swap_shm_swapoff)
{
	const char *device = swap_device();
	int fd = file_out(58);

	CHECK_SYS(swapoff(device));
	CHECK_SYS(swapon(device, 0));
	for (size_t i = 0; i < PAGES; i++)
		CHECK(file_page_is(fd, i, 58));
}

TEST(swap_shm_ioerror)
{
	const char *device = swap_device();
	int fd = file_out(59), signal, error;
	char *p = map_shared(fd), c;

	push_out(p, PAGES);
	disk_fails(device, -1);
	signal = READ_SIGNAL(p);
	error = pread(fd, &c, 1, 0) < 0 ? errno : 0;
	disk_works();
	CHECK_EQ(signal, SIGBUS);
	CHECK_EQ(error, EIO);
	CHECK(page_is(p, PAGES - 1, 59));
}

// What is out counts for the file, but not as memory.
TEST(swap_shm_is_not_in_memory)
{
	long before;
	char *p;

	need_swap(4 * BYTES / 1024);
	p = map_shared(-1);
	fill(p, PAGES, 9);
	before = number("/proc/meminfo", "Shmem");
	send_out(p);
	push_out(p, PAGES);
	CHECK(number("/proc/meminfo", "Shmem") <= before - (long)BYTES / 2 / 1024);
	check_filled(p, PAGES, 9);
}

// A page that has to be read is a major fault, whoever's page it is; for read(2) it is none.
TEST(swap_shm_major_faults)
{
	int fd = file_out(60);
	char *p = map_shared(fd);
	long before, counted, faults;

	push_out(p, PAGES);
	before = major_faults();
	CHECK(file_page_is(fd, 0, 60));
	CHECK_EQ(major_faults(), before);
	push_out(p, PAGES);
	counted = number("/proc/vmstat", "pgmajfault");
	before = major_faults();
	check_filled(p, PAGES, 60);
	faults = major_faults() - before;
	if (faults < PAGES / 32 || faults > PAGES)
		fail(HERE("ru_majflt"), "%ld major faults for %d pages", faults, PAGES);
	CHECK(number("/proc/vmstat", "pgmajfault") - counted >= faults);
}

// What is out counts where it would be seen.
TEST(swap_shm_in_smaps)
{
	enum { COPIES = 4 };
	int fd = file_out(61);
	char *p = map_shared(fd), *half, *private;
	long out, swap;

	half = mmap(NULL, BYTES / 2, PROT_READ, MAP_SHARED, fd, BYTES / 2);
	private = mmap(NULL, BYTES, RW, MAP_PRIVATE, fd, 0);
	CHECK(half != MAP_FAILED && private != MAP_FAILED);
	for (size_t i = 0; i < COPIES; i++)
		private[i * PAGE] = 1;
	push_out(p, PAGES);
	CHECK_EQ(smaps_kb(0, p, "Swap"), BYTES / 1024);
	CHECK_EQ(smaps_kb(0, half, "Swap"), BYTES / 2 / 1024);
	// The copies may still be on their way out.
	do {
		out = pages_out(private, COPIES);
		swap = smaps_kb(0, private, "Swap");
	} while (pages_out(private, COPIES) != (size_t)out);
	CHECK_EQ(swap, (PAGES - COPIES + out) * PAGE / 1024);
	CHECK_EQ(smaps_kb(0, p, "SwapPss"), 0);
	CHECK_EQ(smaps_kb(0, p, "Rss"), 0);
	check_filled(p, PAGES / 2, 61);
	CHECK_EQ(smaps_kb(0, half, "Swap"), BYTES / 2 / 1024);
}
