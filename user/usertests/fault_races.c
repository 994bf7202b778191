// SPDX-License-Identifier: MIT
// fault_races.c - threads that touch the same pages for the first time, or while a file changes
#include "user/usertests/cow_pin.h"
#include "user/usertests/crowd.h"
#include "user/usertests/disk.h"
#include "user/usertests/swapping.h"

#define MARK	0x64726f7720656e6fULL

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
 * The kernel stores for the threads, as a read() or as a debugger does: where there is no page it
 * says EFAULT, and nobody gets a signal. What stays mapped of a page that was cut off is not what
 * the file has there later, and what is mapped behind the end should not be.
 */
static bool store(int page, int me)
{
	void *to = (void *)crowd_word(pages, page, me);

	if (me == 2 ? store_from_outside(to, MARK) : pread(words, to, 8, 0) == 8)
		return true;
	CHECK_EQ(errno, EFAULT);
	return false;
}

// Here it takes: what the page has goes to another place of the file.
static void load(int page, int me)
{
	if (pwrite(words, (void *)crowd_word(pages, page, me), 8, PAGE) != 8)
		CHECK_EQ(errno, EFAULT);
}

static void check_behind_the_end(void)
{
	for (int i = 1; i < CROWD_PAGES; i++)
		CHECK(!store(i, 0));
}

static void store_or_truncate(int me)
{
	for (int round = 1; round <= 3; round++) {
		if (me == 0) {
			CHECK_SYS(ftruncate(file, CROWD_PAGES * PAGE));
			CHECK_SYS(ftruncate(file, PAGE));
			check_behind_the_end();
			continue;
		}
		for (int i = 0; i < CROWD_PAGES; i++) {
			if (me == 1)
				load(i, me);
			store(i, me);
		}
	}
}

static void map_file_and_words(const char *path, int flags)
{
	words = CHECK_SYS(open("words", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(words, &(uint64_t){ MARK }, 8), 8);
	file = make_pages(path, CROWD_PAGES);
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, flags, file, 0);
	CHECK(pages != MAP_FAILED);
}

static void truncate_under_threads(const char *path, int flags)
{
	char *buffer = malloc(CROWD_PAGES * PAGE);
	int private = flags == MAP_PRIVATE;

	map_file_and_words(path, flags);
	crowd(store_or_truncate);
	check_behind_the_end();
	CHECK_SYS(ftruncate(file, CROWD_PAGES * PAGE));
	CHECK_EQ(pread(file, buffer, CROWD_PAGES * PAGE, 0), CROWD_PAGES * PAGE);
	// Of the first page, which was always there, the private copy stays.
	CHECK(!memcmp(pages + private * PAGE, buffer + private * PAGE,
		      (CROWD_PAGES - private) * PAGE));
	for (int i = 1; i < CROWD_PAGES; i++)
		CHECK_EQ(*crowd_word(pages, i, 1), 0);
}

TEST(fault_races_truncate)
{
	truncate_under_threads("f", MAP_SHARED);
}

TEST(fault_races_truncate_private)
{
	truncate_under_threads("f", MAP_PRIVATE);
}

static int done;

static void look_or_truncate(int me)
{
	for (int round = 1; me == 0 && round <= 30; round++) {
		CHECK_SYS(ftruncate(file, CROWD_PAGES * PAGE));
		CHECK_SYS(ftruncate(file, PAGE));
		for (int n = 0; n < 16; n++)
			sched_yield();
		check_behind_the_end();
	}
	if (me == 0)
		set_word(&done, 1);
	for (int i = 0; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++) {
		if (me == 1)
			load(i % CROWD_PAGES, me);
		else
			store(i % CROWD_PAGES, me);
		if (i % CROWD_PAGES == 0)
			sched_yield();	// where there is one hart, not a whole time slice of this
	}
}

TEST(fault_races_truncate_and_look)
{
	map_file_and_words("f", MAP_PRIVATE);
	crowd(look_or_truncate);
}

TEST(fault_races_truncate_tmpfs)
{
	truncate_under_threads("/tmp/fault_races", MAP_SHARED);
	CHECK_SYS(unlink("/tmp/fault_races"));
}

/*
 * A write past the cache takes the page out of it, under those who are about to map it or to store
 * to it. What they have stored before is written first, so that nothing is lost.
 */
static int direct, finished;
static char *sector;

static void write_directly_until_all_have_finished(void)
{
	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < CROWD - 1)
		CHECK_EQ(pwrite(direct, sector, SECTOR, PAGE / 2), SECTOR);
}

static void store_or_write_directly(int me)
{
	volatile uint64_t *word = crowd_word(pages, 0, me);

	if (me == 0) {
		write_directly_until_all_have_finished();
		return;
	}
	for (uint64_t i = 1; i <= 20; i++) {
		*word = i;
		for (int n = 0; n < 3; n++)
			CHECK_EQ(load_from_outside(word), i);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_RELEASE);
}

static void write_directly_under_threads(const char *path)
{
	char buffer[PAGE];

	direct = CHECK_SYS(open(path, O_RDWR | O_DIRECT));
	sector = map_anon(1, RW);
	pages = mmap(NULL, PAGE, RW, MAP_SHARED, file, 0);
	CHECK(pages != MAP_FAILED);
	crowd(store_or_write_directly);
	CHECK_EQ(pread(file, buffer, PAGE, 0), PAGE);
	for (int me = 1; me < CROWD; me++)
		CHECK_EQ(*crowd_word(buffer, 0, me), 20);
	CHECK(!memcmp(pages, buffer, PAGE));
}

TEST(fault_races_direct_write)
{
	file = make_pages("f", 1);
	write_directly_under_threads("f");
}

// It begins with words that say which disk it is.
TEST(fault_races_direct_write_to_a_disk)
{
	file = CHECK_SYS(open(scratch_disk(), O_RDWR));
	write_directly_under_threads(scratch_disk());
	memcpy(pages, SCRATCH_MAGIC, strlen(SCRATCH_MAGIC));
	fsync(file);			// EIO says that both ways of writing met
}

// What is clean is taken by reclaim, while others store to it and look at it.
static void reclaim_until_all_have_finished(void)
{
	int fd = open("/proc/faultline/reclaim", O_WRONLY);

	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < CROWD - 1)
		if (fd < 0)
			CHECK_EQ(posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
		else if (write(fd, "file 4", 6) < 0)
			CHECK_EQ(errno, EAGAIN);
}

static void store_sync_or_reclaim(int me)
{
	uint64_t word;

	if (me == 0) {
		reclaim_until_all_have_finished();
		return;
	}
	for (uint64_t round = 1; round <= 4; round++) {
		crowd_write(pages, me, round);
		if (me == 1)
			CHECK_SYS(fsync(file));
		for (int i = 0; i < CROWD_PAGES; i++) {
			off_t at = (char *)crowd_word(pages, i, me) - pages;

			CHECK_EQ(pread(file, &word, 8, at), 8);
			CHECK_EQ(word, round << 8 | i);
			CHECK(store_from_outside(crowd_word(pages, i, me), word));
		}
		crowd_check(pages, me, round);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_RELEASE);
}

TEST(fault_races_reclaim)
{
	file = make_pages("f", CROWD_PAGES);
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, MAP_SHARED, file, 0);
	CHECK(pages != MAP_FAILED);
	crowd(store_sync_or_reclaim);
	for (int me = 1; me < CROWD; me++)
		crowd_check(pages, me, 4);
}
