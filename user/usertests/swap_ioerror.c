// SPDX-License-Identifier: MIT
// swap_ioerror.c - a swap disk that cannot read or write
#include "user/usertests/disk.h"
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include <sys/swap.h>

#define PAGES	16

// Pages that are on the disk and nowhere else.
static char *on_disk(uint64_t salt)
{
	char *p;

	// What the test itself needs must not be there when the disk fails.
	CHECK_SYS(mlockall(MCL_CURRENT));
	p = swapped_out(PAGES, salt);
	forget_swapped(p, PAGES);
	return p;
}

TEST(swap_ioerror_read_is_sigbus)
{
	const char *device = swap_device();
	char *p = on_disk(30);
	int signal;

	set_page_cluster(0);
	disk_fails(device, -1);
	signal = READ_SIGNAL(p + 3 * PAGE);
	disk_works();
	set_page_cluster(3);
	CHECK_EQ(signal, SIGBUS);
	CHECK_EQ(touch_info.si_code, BUS_ADRERR);
	CHECK(touch_info.si_addr == p + 3 * PAGE);
	// Nobody else lost anything.
	for (size_t i = 0; i < PAGES; i++)
		CHECK(i == 3 || page_is(p, i, 30));
}

TEST(swap_ioerror_read_for_the_toucher_only)
{
	const char *device = swap_device();
	char *p = on_disk(31);

	IN_CHILD {
		set_page_cluster(0);
		disk_fails(device, -1);
		CHECK_EQ(WRITE_SIGNAL(p), SIGBUS);
		disk_works();
		set_page_cluster(3);
	}
	for (size_t i = 1; i < PAGES; i++)
		CHECK(page_is(p, i, 31));
}

TEST(swap_ioerror_read_by_a_call)
{
	const char *device = swap_device();
	char *p = on_disk(32);
	int fd[2], got;

	CHECK_SYS(pipe(fd));
	set_page_cluster(0);
	disk_fails(device, -1);
	got = write(fd[1], p, 8) < 0 ? errno : 0;
	disk_works();
	set_page_cluster(3);
	CHECK_EQ(got, EFAULT);
}

static void write_error_loses_nothing(char *p)
{
	const char *device = swap_device();

	need_swap(1024);
	fill(p, PAGES, 33);
	disk_fails(device, -1);
	page_out(p, PAGES);
	nap(20 * MS);
	disk_works();
	check_filled(p, PAGES, 33);
	// On another slot, it goes.
	push_out(p, PAGES);
	check_filled(p, PAGES, 33);
}

TEST(swap_ioerror_write_loses_nothing)
{
	write_error_loses_nothing(map_anon(PAGES, RW));
}

TEST(swap_ioerror_write_of_shared_memory)
{
	char *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	write_error_loses_nothing(p);
}

TEST(swap_ioerror_write_then_written_to)
{
	const char *device = swap_device();
	char *p = map_anon(PAGES, RW);

	need_swap(1024);
	fill(p, PAGES, 34);
	disk_fails(device, 3);
	page_out(p, PAGES);
	fill(p, PAGES, 35);
	disk_works();
	page_out(p, PAGES);
	forget_swapped(p, PAGES);
	check_filled(p, PAGES, 35);
}

TEST(swap_ioerror_write_shared_by_fork)
{
	const char *device = swap_device();
	char *p = map_anon(PAGES, RW);
	int fd[2];
	pid_t pid;

	need_swap(1024);
	fill(p, PAGES, 36);
	disk_fails(device, -1);
	page_out(p, PAGES);
	disk_works();
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (!pid) {
		close(fd[1]);
		CHECK_EQ(read(fd[0], (char[1]){}, 1), 0);
		check_filled(p, PAGES, 36);
		finish();
	}
	fill(p, PAGES, 37);
	close(fd[0]);
	close(fd[1]);
	CHECK_EXIT(pid, 0);
	check_filled(p, PAGES, 37);
}

TEST(swap_ioerror_unmapped)
{
	const char *device = swap_device();
	char *p = map_anon(PAGES, RW);

	need_swap(1024);
	fill(p, PAGES, 38);
	disk_fails(device, -1);
	page_out(p, PAGES);
	CHECK_SYS(munmap(p, PAGES * PAGE));
	disk_works();
}

// The child's touch of the first page fails; the folio stays behind in the swap cache, unread.
static void fail_first_page(const char *device, char *p)
{
	IN_CHILD {
		set_page_cluster(0);
		disk_fails(device, 1);
		CHECK_EQ(READ_SIGNAL(p), SIGBUS);
		disk_works();
		set_page_cluster(3);
	}
}

// What could not be read is lost, but the area goes.  Reclaim may drop the unread folio before
// swapoff() sees it; then swapoff() reads the page anew and nothing is lost.
TEST(swap_ioerror_swapoff)
{
	const char *device = swap_device();
	char *p = on_disk(39);

	for (;;) {
		fail_first_page(device, p);
		CHECK_SYS(swapoff(device));
		CHECK_SYS(swapon(device, 0));
		if (pages_out(p, PAGES))
			break;
		check_filled(p, PAGES, 39);
		forget_swapped(p, PAGES);
	}
	CHECK_EQ(pages_out(p, PAGES), 1);
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
	IN_CHILD
		CHECK_EQ(WRITE_SIGNAL(p), SIGBUS);
	CHECK_SYS(madvise(p, PAGE, MADV_DONTNEED));
	CHECK_EQ(*p, 0);
}

/* --- a disk that can write nothing --- */

// => in a process of its own, to be killed before all others: needs more memory than there is
static void need_too_much(void)
{
	size_t bytes = number("/proc/meminfo", "MemTotal") * 1024 + (8 << 20);
	char *p = mmap(NULL, bytes, RW, ANON | MAP_NORESERVE, -1, 0);

	put_file("/proc/self/oom_score_adj", "1000");
	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = 1;
}

// The only area is as good as full: who needs memory is killed, and nothing is lost.
TEST(swap_ioerror_no_slot_can_be_written)
{
	const char *device = swap_device(), *disk = scratch_disk();
	char *p = map_anon(PAGES, RW);

	fill(p, PAGES, 40);
	swapoff(disk);
	make_swap_area(disk, 1, 255);
	CHECK_SYS(swapon(disk, 0));
	CHECK_SYS(swapoff(device));
	disk_fails_for_all(disk);
	page_out(p, PAGES);
	DIES_BY(SIGKILL)
		need_too_much();
	check_filled(p, PAGES, 40);
	disk_works();
	CHECK_SYS(swapon(device, 0));
	CHECK_SYS(swapoff(disk));
	check_filled(p, PAGES, 40);
}
