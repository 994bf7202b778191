// SPDX-License-Identifier: MIT
// swap_reuse.c - pages that were written out and are still in memory: whose are they?
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES	64
#define MANY	512

static long free_pages(void)
{
	return number("/proc/meminfo", "MemFree") / (PAGE / 1024);
}

static void until_written(void)
{
	while (number("/proc/meminfo", "Writeback") > 0)
		nap(MS);
}

// The entries do not say that the pages are this process's alone, but they are.
static char *written_out(size_t pages, uint64_t salt)
{
	char *p;

	keep_to_one_hart();
	p = swapped_out(pages, salt);
	IN_CHILD
		CHECK(pages_out(p, 1) == 1);
	until_written();
	check_kernel();
	return p;
}

// A load and then a store: the frame stays.  A few may be in another hart's hands.
TEST(swap_reuse_by_a_store)
{
	char *p = written_out(PAGES, 70);
	size_t same = 0;

	for (size_t i = 0; i < PAGES; i++) {
		uint64_t frame;

		CHECK(page_is(p, i, 70));
		frame = pagemap_word(0, p + i * PAGE) & PM_FRAME;
		p[i * PAGE + 8] = 1;
		same += (pagemap_word(0, p + i * PAGE) & PM_FRAME) == frame;
	}
	check_filled(p, PAGES, 70);
	if (same < PAGES / 2)
		fail(HERE("frames"), "want all but a few of %d kept, got %zu", PAGES, same);
}

// The store itself brings the page in: that takes no memory, for the page is there.
TEST(swap_reuse_by_the_fault_that_stores)
{
	char *p = written_out(MANY, 71);
	long there = resident(p, MANY), before = free_pages(), taken;

	for (size_t i = 0; i < MANY; i++)
		p[i * PAGE + 8] = 1;
	taken = before - free_pages();
	check_filled(p, MANY, 71);
	if (taken > MANY - there + MANY / 2)
		fail(HERE("frames"), "%ld of %d pages were there, %ld were taken", there, MANY,
		     taken);
}

// What a child has, too, is copied.
TEST(swap_reuse_not_of_what_others_have)
{
	char *p = swapped_out(PAGES, 72);
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (!pid) {
		gate_wait(&gate);
		check_filled(p, PAGES, 72);
		finish();
	}
	until_written();
	check_filled(p, PAGES, 72);
	fill(p, PAGES, 73);
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
	check_filled(p, PAGES, 73);
}

// munmap() gives the frames back; nobody has to run short of memory for that.
static void check_munmap_frees(char *p)
{
	long there = resident(p, MANY), before = free_pages(), freed;

	CHECK_SYS(munmap(p, MANY * PAGE));
	freed = free_pages() - before;
	if (freed < there - MANY / 2)
		fail(HERE("frames"), "%ld pages were there, %ld were freed", there, freed);
}

TEST(swap_reuse_munmap_of_entries)
{
	char *p = swapped_out(MANY, 74);

	until_written();
	check_munmap_frees(p);
}

TEST(swap_reuse_munmap_of_pages)
{
	char *p = swapped_out(MANY, 75);

	until_written();
	check_filled(p, MANY, 75);
	check_munmap_frees(p);
}
