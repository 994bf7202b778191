// SPDX-License-Identifier: MIT
// fault_races.c - threads that touch the same pages for the first time, or while a file changes
#include "user/usertests/crowd.h"
#include "user/usertests/swapping.h"

static char *pages;
static int file, words;

static void write_once(int me)
{
	crowd_write(pages, me, 1);
	crowd_check(pages, me, 1);
}

static void check_all(char *p, uint64_t value)
{
	for (int me = 0; me < CROWD; me++)
		crowd_check(p, me, value);
}

TEST(fault_races_anonymous)
{
	pages = map_anon(CROWD_PAGES, RW);
	crowd(write_once);
	check_all(pages, 1);
}

static void read_then_write(int me)
{
	volatile char *p = pages;

	for (int i = 0; i < CROWD_PAGES; i++)
		(void)p[i * PAGE + 2048];
	write_once(me);
}

TEST(fault_races_zero_page)
{
	pages = map_anon(CROWD_PAGES, RW);
	crowd(read_then_write);
	check_all(pages, 1);
}

TEST(fault_races_private_file)
{
	pages = map_new_file("f", CROWD_PAGES, RW, MAP_PRIVATE);
	crowd(write_once);
	check_all(pages, 1);
	CHECK_EQ(pages[2048], 'a');
}

TEST(fault_races_private_file_read_first)
{
	pages = map_new_file("f", CROWD_PAGES, RW, MAP_PRIVATE);
	crowd(read_then_write);
	check_all(pages, 1);
	CHECK_EQ(pages[2048], 'a');
}

// Pages of a file that are not cached are read in for the first who asks.
TEST(fault_races_uncached_file)
{
	file = make_pages("f", CROWD_PAGES);
	CHECK_SYS(fsync(file));
	CHECK_SYS(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED));
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, MAP_PRIVATE, file, 0);
	CHECK(pages != MAP_FAILED);
	crowd(read_then_write);
	check_all(pages, 1);
	for (int i = 0; i < CROWD_PAGES; i++)
		CHECK_EQ(pages[i * PAGE + 2048], 'a' + i);
}

static void write_sync_or_drop(int me)
{
	for (int round = 1; round <= 2; round++) {
		crowd_write(pages, me, round);
		if (me == 0)
			CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_DONTNEED));
		if (me == 1)
			CHECK_SYS(fsync(file));
		crowd_check(pages, me, round);
	}
}

TEST(fault_races_shared_file)
{
	char buffer[CROWD_PAGES * PAGE];

	file = make_pages("f", CROWD_PAGES);
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, MAP_SHARED, file, 0);
	CHECK(pages != MAP_FAILED);
	crowd(write_sync_or_drop);
	CHECK_EQ(pread(file, buffer, sizeof(buffer), 0), sizeof(buffer));
	check_all(buffer, 2);
}

/*
 * The kernel stores for the threads: where there is no page it says EFAULT, and nobody gets a
 * signal. What stays mapped of a page that was cut off is not what the file has there later, and
 * what is mapped behind the end should not be.
 */
static bool store(int page, int me)
{
	if (pread(words, (void *)crowd_word(pages, page, me), 8, 0) == 8)
		return true;
	CHECK_EQ(errno, EFAULT);
	return false;
}

static void store_or_truncate(int me)
{
	for (int round = 1; round <= 3; round++) {
		if (me == 0) {
			CHECK_SYS(ftruncate(file, CROWD_PAGES * PAGE));
			CHECK_SYS(ftruncate(file, PAGE));
			continue;
		}
		for (int i = 0; i < CROWD_PAGES; i++)
			store(i, me);
	}
}

static void truncate_under_threads(const char *path, int prepared)
{
	char *buffer = malloc(CROWD_PAGES * PAGE);

	words = CHECK_SYS(open("words", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(words, "one word", 8), 8);
	file = make_pages(path, prepared);
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, MAP_SHARED, file, 0);
	CHECK(pages != MAP_FAILED);
	crowd(store_or_truncate);
	for (int i = 1; i < CROWD_PAGES; i++)
		CHECK(!store(i, 0));
	CHECK_SYS(ftruncate(file, CROWD_PAGES * PAGE));
	CHECK_EQ(pread(file, buffer, CROWD_PAGES * PAGE, 0), CROWD_PAGES * PAGE);
	CHECK(!memcmp(pages, buffer, CROWD_PAGES * PAGE));
	for (int i = 1; i < CROWD_PAGES; i++)
		CHECK_EQ(*crowd_word(pages, i, 1), 0);
}

TEST(fault_races_truncate)
{
	truncate_under_threads("f", CROWD_PAGES);
}

TEST(fault_races_truncate_tmpfs)
{
	truncate_under_threads("/tmp/fault_races", CROWD_PAGES);
	CHECK_SYS(unlink("/tmp/fault_races"));
}
