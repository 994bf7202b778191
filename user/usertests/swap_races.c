// SPDX-License-Identifier: MIT
// swap_races.c - threads whose pages go out and come back while others change them
#include "user/usertests/crowd.h"
#include "user/usertests/disk.h"
#include "user/usertests/swapping.h"
#include <sys/swap.h>
#include <sys/uio.h>

static char *pages;

static void make_pages_go(void)
{
	need_swap(1024);
	pages = map_anon(CROWD_PAGES, RW);
}

// What each thread has written.
static void check_all(uint64_t value)
{
	for (int me = 0; me < CROWD; me++)
		crowd_check(pages, me, value);
}

static void write_and_send_out(int me)
{
	for (int round = 1; round <= 3; round++) {
		crowd_write(pages, me, round);
		page_out(pages, CROWD_PAGES);
		crowd_check(pages, me, round);
	}
}

TEST(swap_races_writers)
{
	make_pages_go();
	crowd(write_and_send_out);
	check_all(3);
}

static void write_once(int me)
{
	crowd_write(pages, me, 1);
	crowd_check(pages, me, 1);
}

TEST(swap_races_first_write)
{
	make_pages_go();
	for (int i = 0; i < CROWD_PAGES; i++)
		pages[i * PAGE + 2048] = i;
	page_out(pages, CROWD_PAGES);
	crowd(write_once);
	check_all(1);
}

static void fill_pages(void)
{
	for (int me = 0; me < CROWD; me++)
		crowd_write(pages, me, 9);
}

enum where { IN_MEMORY, OUT };

// Meanwhile a child has the pages, too; it looks at them when the crowd is done.
static void crowd_beside_child(enum where where, void (*body)(int me))
{
	struct gate gate;
	pid_t pid;

	make_pages_go();
	fill_pages();
	if (where == OUT)
		page_out(pages, CROWD_PAGES);
	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (!pid) {
		gate_wait(&gate);
		check_all(9);
		finish();
	}
	crowd(body);
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(swap_races_copy_of_what_is_out)
{
	crowd_beside_child(OUT, write_and_send_out);
	check_all(3);
}

TEST(swap_races_copy)
{
	crowd_beside_child(IN_MEMORY, write_once);
	check_all(1);
}

// One thread throws away what the others write: each word is what was written, or nothing.
static void write_or_drop(int me)
{
	for (int round = 1; round <= 3; round++) {
		if (me == 0) {
			CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_DONTNEED));
			continue;
		}
		crowd_write(pages, me, 7);
		page_out(pages, CROWD_PAGES);
		for (int i = 0; i < CROWD_PAGES; i++) {
			uint64_t word = *crowd_word(pages, i, me);

			if (word && word != (7ULL << 8 | i) && word != (9ULL << 8 | i))
				fail(HERE("word"), "page %d: %#llx", i, (unsigned long long)word);
		}
	}
}

TEST(swap_races_dontneed)
{
	crowd_beside_child(IN_MEMORY, write_or_drop);
}

TEST(swap_races_dontneed_of_what_is_out)
{
	crowd_beside_child(OUT, write_or_drop);
}

// One forks again and again; what a child sees is what was there once.
static void write_or_fork(int me)
{
	if (me) {
		write_and_send_out(me);
		return;
	}
	for (int round = 0; round < 2; round++)
		IN_CHILD {
			for (int i = 0; i < CROWD_PAGES; i++)
				for (int other = 1; other < CROWD; other++) {
					uint64_t word = *crowd_word(pages, i, other);

					CHECK(!word || (word & 0xff) == (uint64_t)i);
					*crowd_word(pages, i, other) = word;
					CHECK(*crowd_word(pages, i, other) == word);
				}
			page_out(pages, CROWD_PAGES);
			crowd_write(pages, me, 5);
			crowd_check(pages, me, 5);
		}
}

TEST(swap_races_fork)
{
	make_pages_go();
	crowd(write_or_fork);
	for (int me = 1; me < CROWD; me++)
		crowd_check(pages, me, 3);
}

// Stores as a debugger does: the kernel finds the page and writes to it from its own side.
static void store_from_outside(volatile uint64_t *word, uint64_t value)
{
	struct iovec from = { &value, 8 }, to = { (void *)word, 8 };

	CHECK_EQ(process_vm_writev(getpid(), &from, 1, &to, 1, 0), 8);
}

// What was freed and then stored to stays; one that was not may be gone.
static void write_or_free(int me)
{
	for (int round = 1; round <= 3; round++) {
		if (me == 0) {
			CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_FREE));
			continue;
		}
		for (int i = 0; i < CROWD_PAGES; i++) {
			uint64_t value = (uint64_t)round << 8 | i;

			if (me == 1)
				*crowd_word(pages, i, me) = value;
			else
				store_from_outside(crowd_word(pages, i, me), value);
		}
		page_out(pages, CROWD_PAGES);
		for (int i = 0; i < CROWD_PAGES; i++) {
			uint64_t word = *crowd_word(pages, i, me);

			CHECK(!word || word == ((uint64_t)round << 8 | i));
		}
	}
}

TEST(swap_races_free)
{
	make_pages_go();
	fill_pages();
	crowd(write_or_free);
	crowd_write(pages, 0, 4);
	page_out(pages, CROWD_PAGES);
	crowd_check(pages, 0, 4);
}

// The area goes and comes back, with everything in it.
static const char *device;

static void write_or_swapoff(int me)
{
	if (me) {
		write_and_send_out(me);
		return;
	}
	CHECK_SYS(swapoff(device));
	CHECK_SYS(swapon(device, 0));
}

TEST(swap_races_swapoff)
{
	make_pages_go();
	device = swap_device();
	crowd(write_or_swapoff);
	for (int me = 1; me < CROWD; me++)
		crowd_check(pages, me, 3);
}

// Moving a page away and back while others send out the rest.
static char *elsewhere;

static void move(char *from, char *to)
{
	CHECK(mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
}

static void move_or_look(int me)
{
	const int half = CROWD_PAGES / 2;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < half; i++) {
			if (me) {
				page_out(pages + half * PAGE, half);
				CHECK_EQ(*crowd_word(pages, half + i, me), 9 * 256 + half + i);
				continue;
			}
			move(pages + i * PAGE, elsewhere);
			page_out(elsewhere, 1);
			move(elsewhere, pages + i * PAGE);
		}
}

TEST(swap_races_mremap)
{
	make_pages_go();
	elsewhere = find_room(1);
	fill_pages();
	page_out(pages, CROWD_PAGES);
	crowd(move_or_look);
	check_all(9);
}

/*
 * A slot that is freed and gets another page, at the same address, while somebody is about to lock
 * the page that he found there before:
 *
 *	looks up the slot, finds page F
 *						stores to F: the slot is free
 *						moves F away; a new page G is at the address
 *						sends out G: it gets the slot; F: it gets another
 *	locks F, which has a slot again; and the entry is what it was
 *
 * The area has one slot only, so that it must be the same.
 */
static void swap_on_one_slot(void)
{
	make_swap_area(scratch_disk(), 1, 1);
	CHECK_SYS(swapon(scratch_disk(), SWAP_FLAG_PREFER | 100));
}

static void look_from_outside(int me)
{
	uint64_t word;
	struct iovec to = { &word, 8 }, from = { pages, 8 };

	(void)me;
	for (int i = 0; i < 8; i++)
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0)
			CHECK_EQ(errno, EFAULT);	// it is being moved
}

static void reuse_slot(int me)
{
	volatile uint64_t *here = (void *)pages, *there = (void *)elsewhere;

	if (me) {
		look_from_outside(me);
		return;
	}
	for (uint64_t round = 1; round <= 3; round++) {
		*here = 2 * round;			// F
		move(pages, elsewhere);
		CHECK(mmap(pages, PAGE, RW, ANON | MAP_FIXED, -1, 0) == pages);
		*here = 2 * round + 1;			// G
		page_out(pages, 1);
		page_out(elsewhere, 1);
		CHECK_EQ(*there, 2 * round);
		CHECK_EQ(*here, 2 * round + 1);
		page_out(elsewhere, 1);
		page_out(pages, 1);
	}
}

TEST(swap_races_slot_reused)
{
	make_pages_go();
	elsewhere = find_room(1);
	swap_on_one_slot();
	*(uint64_t *)pages = 1;
	page_out(pages, 1);
	crowd(reuse_slot);
	CHECK_SYS(swapoff(scratch_disk()));
}
