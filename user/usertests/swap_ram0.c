// SPDX-License-Identifier: MIT
// swap_ram0.c - a swap area in memory: written at once, and read past the swap cache
//
// The area begins behind what tests before may have written to: there, the disk has no memory yet.
#include "user/usertests/disk.h"
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include <pthread.h>
#include <sys/swap.h>

#define DISK	"/dev/ram0"
#define PAGES	64
#define SLOTS	192UL		// of an area; before it, bad ones
#define DEBUG	"/sys/kernel/debug/fail_page_alloc/"

// Slots [first, first + SLOTS) take what is swapped out, before all other areas.
static void swap_on_ram0(unsigned int first)
{
	if (access(DISK, W_OK) < 0)
		skip("no disk in memory");
	swapoff(DISK);			// what a test that failed has left
	make_swap_area(DISK, first, first + SLOTS - 1);
	CHECK_SYS(swapon(DISK, SWAP_FLAG_PREFER | 100));
}

static void swap_off_ram0(void)
{
	CHECK_SYS(swapoff(DISK));
}

static void until_out(char *p, size_t pages)
{
	while (resident(p, pages)) {
		page_out(p, pages);
		nap(MS);
	}
}

// They are out, and nowhere in memory but on the disk.
static char *on_ram0(size_t pages, uint64_t salt)
{
	char *p = map_anon(pages, RW);
	cpu_set_t harts;

	CHECK_SYS(sched_getaffinity(0, sizeof(harts), &harts));
	keep_to_one_hart();
	fill(p, pages, salt);
	until_out(p, pages);
	CHECK_SYS(sched_setaffinity(0, sizeof(harts), &harts));
	CHECK_EQ(pages_out(p, pages), pages);
	return p;
}

TEST(swap_ram0_out_and_in)
{
	char *p;

	swap_on_ram0(1);
	p = on_ram0(PAGES, 80);
	check_filled(p, PAGES, 80);
	fill(p, PAGES, 81);
	page_out(p, PAGES);
	check_filled(p, PAGES, 81);
	swap_off_ram0();
	check_filled(p, PAGES, 81);
}

// What comes back past the cache gives its slot back, also when it was only read.  (Linux may keep
// 64 slots at hand for each hart.)
TEST(swap_ram0_keeps_no_slot)
{
	enum { MANY = 160 };
	long before, kept;
	char *p;

	keep_to_one_hart();
	swap_on_ram0(1);
	before = free_swap_kb();
	p = on_ram0(MANY, 82);
	CHECK(before - free_swap_kb() >= (long)(MANY * PAGE / 1024 / 2));
	check_filled(p, MANY, 82);
	kept = (before - free_swap_kb()) * 1024 / (long)PAGE;
	if (kept > 64)
		fail(HERE("slots"), "%ld slots of %d pages are still taken", kept, MANY);
	CHECK_EQ(pages_out(p, MANY), 0);
	swap_off_ram0();
}

// What was only read since is clean, and has no slot.  One of two who have it frees it: the other
// still wants it.
TEST(swap_ram0_freed_by_the_parent)
{
	struct gate freed;
	pid_t pid;
	char *p;

	swap_on_ram0(1);
	p = on_ram0(PAGES, 83);
	check_filled(p, PAGES, 83);
	gate_make(&freed);
	pid = CHECK_SYS(fork());
	if (!pid) {
		gate_wait(&freed);
		page_out(p, PAGES);
		check_filled(p, PAGES, 83);
		finish();
	}
	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_FREE));
	CHECK_SYS(munmap(p, PAGES * PAGE));
	gate_open(&freed);
	CHECK_EXIT(pid, 0);
	swap_off_ram0();
}

static pthread_barrier_t barrier;

static void *read_in_step(void *arg)
{
	char *p = arg;

	for (size_t i = 0; i < PAGES; i++) {
		pthread_barrier_wait(&barrier);
		CHECK(page_is(p, i, 83));
	}
	return NULL;
}

// Four threads fault on each page at once: it is read once, and is one page.
TEST(swap_ram0_threads)
{
	pthread_t threads[4];
	long before, reads;
	char *p;

	swap_on_ram0(1);
	p = on_ram0(PAGES, 83);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 4), 0);
	before = number("/proc/vmstat", "pswpin");
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, read_in_step, p), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	reads = number("/proc/vmstat", "pswpin") - before;
	// Others may have pages out as well.
	if (reads < PAGES || reads >= 2 * PAGES)
		fail(HERE("pswpin"), "want %d reads, got %ld", PAGES, reads);
	CHECK_EQ(pages_out(p, PAGES), 0);
	fill(p, PAGES, 84);
	check_filled(p, PAGES, 84);
	swap_off_ram0();
}

// Slots that two processes name go through the cache; those that one is left with do not.
TEST(swap_ram0_fork)
{
	char *p;

	swap_on_ram0(1);
	p = on_ram0(PAGES, 85);
	IN_CHILD {
		check_filled(p, PAGES / 2, 85);
		fill(p, PAGES / 2, 86);
		check_filled(p, PAGES / 2, 86);
	}
	check_filled(p, PAGES, 85);
	fill(p, PAGES, 87);
	page_out(p, PAGES);
	IN_CHILD
		check_filled(p, PAGES, 87);
	fill(p, PAGES, 88);
	check_filled(p, PAGES, 88);
	swap_off_ram0();
}

static void *drop_in_step(void *arg)
{
	char *p = arg;

	for (size_t i = 0; i < PAGES; i++) {
		pthread_barrier_wait(&barrier);
		CHECK_SYS(madvise(p + i * PAGE, PAGE, MADV_DONTNEED));
	}
	return NULL;
}

// One thread faults on a page, another drops it: it is what it was, or zeros.
TEST(swap_ram0_dontneed_meanwhile)
{
	pthread_t dropper;
	char *p;

	swap_on_ram0(1);
	p = on_ram0(PAGES, 89);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	CHECK_EQ(pthread_create(&dropper, NULL, drop_in_step, p), 0);
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t got;

		pthread_barrier_wait(&barrier);
		got = *(volatile uint64_t *)(p + i * PAGE);
		CHECK(!got || got == token(i, 89));
	}
	CHECK_EQ(pthread_join(dropper, NULL), 0);
	CHECK_EQ(pages_out(p, PAGES), 0);
	for (size_t i = 0; i < PAGES * PAGE; i++)
		CHECK_EQ(p[i], 0);
	swap_off_ram0();
}

// The caller's allocations fail that may not wait for memory.
static void no_memory(bool fail)
{
	put_file(DEBUG "probability", "0");
	put_file(DEBUG "task-filter", "Y");
	put_file(DEBUG "ignore-gfp-wait", "Y");
	put_file(DEBUG "times", "-1");
	put_file(DEBUG "verbose", "0");
	put_file("/proc/self/make-it-fail", fail ? "1" : "0");
	put_file(DEBUG "probability", fail ? "100" : "0");
}

static void write_without_memory(void)
{
	char *p = map_anon(PAGES, RW);
	long writes = number("/proc/vmstat", "pswpout");

	fill(p, PAGES, 90);
	no_memory(true);
	page_out(p, PAGES);
	page_out(p, PAGES);
	no_memory(false);
	CHECK(number("/proc/vmstat", "pswpout") > writes);
	CHECK(resident(p, PAGES) > 0);
	check_filled(p, PAGES, 90);
	until_out(p, PAGES);
	check_filled(p, PAGES, 90);
	swap_off_ram0();
	check_filled(p, PAGES, 90);
}

// The disk needs a frame and gets none: the pages stay, and go when there is memory again.
TEST(swap_ram0_write_without_memory)
{
	char *beside;

	if (access(DEBUG "probability", W_OK) < 0)
		return;			// only debug kernels can do that
	swap_on_ram0(1 + SLOTS);
	// A page that two have out is in the swap cache once one has read it.  So are nodes for the
	// slots beside, which the same hart takes: without memory the cache could not get any.
	pin_to_hart(0);
	beside = on_ram0(1, 91);
	IN_CHILD {
		check_filled(beside, 1, 91);
		write_without_memory();
	}
	check_filled(beside, 1, 91);
}
