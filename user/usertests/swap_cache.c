// SPDX-License-Identifier: MIT
// swap_cache.c - pages that are on their way to the swap area
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES	256

TEST(swap_cache_read_during_writeback)
{
	char *p = map_anon(PAGES, RW);

	need_swap(2 * PAGES * 4);
	for (int i = 0; i < 20; i++) {
		fill(p, PAGES, 50 + i);
		page_out(p, PAGES);
		check_filled(p, PAGES, 50 + i);
	}
}

TEST(swap_cache_write_during_writeback)
{
	char *p = map_anon(PAGES, RW);

	need_swap(2 * PAGES * 4);
	for (int i = 0; i < 20; i++) {
		fill(p, PAGES, 70 + i);
		page_out(p, PAGES);
		fill(p, PAGES, 71 + i);
		page_out(p, PAGES);
	}
	// What was stored during the last write, and not the write's bytes, is the page.
	forget_swapped(p, PAGES);
	check_filled(p, PAGES, 90);
}

// On a disk whose data must not change while it writes, a store goes to a copy.
TEST(swap_cache_stable_writes)
{
	const char *device = swap_device();
	char *p = map_anon(PAGES, RW);

	need_swap(2 * PAGES * 4);
	swap_on_anew(device, "stable_writes", "1");
	for (int i = 0; i < 10; i++) {
		fill(p, PAGES, i);
		page_out(p, PAGES);
		fill(p, PAGES / 2, i + 1);
		check_filled(p, PAGES / 2, i + 1);
		page_out(p, PAGES);
	}
	forget_swapped(p, PAGES);
	swap_on_anew(device, "stable_writes", "0");
	check_filled(p, PAGES / 2, 10);
	for (int i = PAGES / 2; i < PAGES; i++)
		CHECK(page_is(p, i, 9));
}

TEST(swap_cache_fork_during_writeback)
{
	char *p = map_anon(PAGES, RW);

	need_swap(3 * PAGES * 4);
	for (int i = 0; i < 10; i++) {
		fill(p, PAGES, 100 + i);
		page_out(p, PAGES);
		IN_CHILD {
			fill(p, PAGES, 200);
			page_out(p, PAGES);
			check_filled(p, PAGES, 200);
		}
		check_filled(p, PAGES, 100 + i);
	}
}

TEST(swap_cache_unmapped_during_writeback)
{
	need_swap(4 * PAGES * 4);
	for (int i = 0; i < 20; i++) {
		char *p = swapped_out(PAGES, 110), *q;

		CHECK_SYS(munmap(p, PAGES * PAGE));
		// Who gets the frames or the slots next sees nothing of it.
		q = map_anon(PAGES, RW);
		for (int j = 0; j < PAGES; j++)
			CHECK_EQ(q[j * PAGE], 0);
		CHECK_SYS(munmap(q, PAGES * PAGE));
	}
}

// What was only read since it came back is on the disk already.
TEST(swap_cache_clean_is_not_written_again)
{
	char *p = swapped_out(PAGES, 120);
	long written;

	forget_swapped(p, PAGES);
	check_filled(p, PAGES, 120);
	written = number("/proc/vmstat", "pswpout");
	page_out(p, PAGES);
	written = number("/proc/vmstat", "pswpout") - written;
	CHECK(written < PAGES / 2);
	check_filled(p, PAGES, 120);
}
