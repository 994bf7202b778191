// SPDX-License-Identifier: MIT
// swap_readahead.c - how many pages one major fault brings back
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES	256

// Pages that are on the disk alone, in a row.  Once written and read back they are clean, and go at
// once.  One at a time: what is read ahead would be in the way.
static char *on_disk(void)
{
	char *p = swapped_out(PAGES, 70);

	set_page_cluster(0);
	while (resident(p, PAGES)) {
		check_filled(p, PAGES, 70);
		page_out(p, PAGES);
		nap(2 * MS);
	}
	set_page_cluster(3);
	return p;
}

// Read back upwards or downwards: how many major faults?
static long faults_of_reading(bool up)
{
	char *p = on_disk();
	long before;

	before = major_faults();
	for (size_t i = 0; i < PAGES; i++)
		CHECK(page_is(p, up ? i : PAGES - 1 - i, 70));
	CHECK_SYS(munmap(p, PAGES * PAGE));
	return major_faults() - before;
}

static void check_faults(const char *way, long faults)
{
	if (faults < PAGES / 8 || faults > PAGES / 6)
		fail(HERE("major faults"), "%s: want %d to %d, got %ld", way, PAGES / 8, PAGES / 6,
		     faults);
}

// Windows grow to 8 pages that lie ahead of the reader, whether the area's disk is rotational or
// seeks for free; windows around the reader would bring 5 at a time.
static void check_windows(const char *rotational)
{
	const char *device = swap_device();
	long up, down;

	CHECK_SYS(mlockall(MCL_CURRENT)); // the program's own pages cause no faults
	swap_on_anew(device, "rotational", rotational);
	up = faults_of_reading(true);
	down = faults_of_reading(false);
	swap_on_anew(device, "rotational", "1");
	check_faults("up", up);
	check_faults("down", down);
}

TEST(swap_readahead_cluster)
{
	check_windows("1");
}

TEST(swap_readahead_vma)
{
	check_windows("0");
}

TEST(swap_readahead_off)
{
	char *p = swapped_out(PAGES, 130);
	long faults;

	forget_swapped(p, PAGES);
	set_page_cluster(0);
	faults = major_faults();
	check_filled(p, PAGES, 130);
	faults = major_faults() - faults;
	set_page_cluster(3);
	CHECK(faults >= PAGES * 9 / 10);
}

TEST(swap_readahead_sequential)
{
	long ra = number("/proc/vmstat", "swap_ra"), hits = number("/proc/vmstat", "swap_ra_hit");
	char *p = swapped_out(4 * PAGES, 131);
	long faults;

	forget_swapped(p, 4 * PAGES);
	faults = major_faults();
	check_filled(p, 4 * PAGES, 131);
	CHECK(major_faults() - faults <= 4 * PAGES / 3);
	CHECK(number("/proc/vmstat", "swap_ra") - ra >= 2 * PAGES);
	CHECK(number("/proc/vmstat", "swap_ra_hit") - hits >= 2 * PAGES);
}
