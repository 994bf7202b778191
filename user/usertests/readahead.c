// SPDX-License-Identifier: MIT
// readahead.c - what is read from the disk before anybody asks for it
//
// How much is read ahead is each kernel's own choice; that it is something, in the right place and
// never twice, is not.
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define PAGES	512UL		// 2 MiB

static int fd;
static char *mapped;		// of the whole file, for mincore()
static char block[64 * PAGE];

// A file on the disk of which nothing is in memory, opened anew.
static void cold_file(void)
{
	fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	for (size_t i = 0; i < PAGES * PAGE; i += sizeof(block))
		CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
	drop_page_cache();
	fd = CHECK_SYS(open("f", O_RDONLY));
	mapped = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(mapped != MAP_FAILED);
}

static bool cached(size_t page)
{
	unsigned char there;

	CHECK_SYS(mincore(mapped + page * PAGE, PAGE, &there));
	return there & 1;
}

// On its way from the disk, if not there already.
static void until_cached(size_t page)
{
	while (!cached(page))
		nap(MS);
}

static size_t count_cached(void)
{
	static unsigned char there[PAGES];
	size_t count = 0;

	CHECK_SYS(mincore(mapped, PAGES * PAGE, there));
	for (size_t i = 0; i < PAGES; i++)
		count += there[i] & 1;
	return count;
}

static void read_page(size_t page)
{
	CHECK_EQ(pread(fd, block, PAGE, page * PAGE), PAGE);
}

static void touch(size_t page)
{
	CHECK_EQ(*(volatile char *)(mapped + page * PAGE), 0);
}

TEST(readahead_of_a_sequential_reader)
{
	struct disk_counts before, after;
	bool counted;

	cold_file();
	counted = disk_counts("f", &before);
	CHECK_EQ(count_cached(), 0);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(read(fd, block, PAGE), PAGE);
		// From the third page on at the latest, the next one is always there.
		if (i >= 2 && i + 1 < PAGES)
			until_cached(i + 1);
	}
	CHECK_EQ(count_cached(), PAGES);
	if (counted) {
		CHECK(disk_counts("f", &after));
		// Each block once, and some for where they are.
		CHECK(after.sectors_read - before.sectors_read < (PAGES + 64) * 8);
	}
}

TEST(readahead_of_small_reads)
{
	cold_file();
	for (size_t i = 0; i < 32 * PAGE / 512; i++)
		CHECK_EQ(read(fd, block, 512), 512);
	until_cached(32);
}

TEST(readahead_begins_in_the_middle)
{
	cold_file();
	for (size_t i = 300; i < 310; i++)
		read_page(i);
	until_cached(310);
	CHECK(!cached(299));
	CHECK(!cached(0));
}

TEST(readahead_not_at_random)
{
	static const size_t pages[] = { 100, 50, 200, 10, 400, 300, 77, 511 };

	cold_file();
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		read_page(pages[i]);
		CHECK_EQ(count_cached(), i + 1);
	}
	// A larger read brings what it asks for.
	CHECK_EQ(pread(fd, block, 16 * PAGE, 120 * PAGE), 16 * PAGE);
	CHECK_EQ(count_cached(), ARRAY_SIZE(pages) + 16);
}

TEST(readahead_of_several_streams_on_one_file)
{
	struct disk_counts before, after;
	bool counted;

	cold_file();
	counted = disk_counts("f", &before);
	for (size_t i = 0; i < 100; i++) {
		read_page(i);
		read_page(200 + i);
	}
	until_cached(100);
	until_cached(300);
	if (counted) {
		CHECK(disk_counts("f", &after));
		CHECK(after.sectors_read - before.sectors_read < (PAGES + 64) * 8);
	}
}

TEST(readahead_around_a_fault)
{
	cold_file();
	touch(256);
	until_cached(255);
	until_cached(257);
	CHECK(!cached(0));
	CHECK(!cached(PAGES - 1));
	touch(0);
	until_cached(1);
	touch(PAGES - 1);
	until_cached(PAGES - 2);
}

TEST(readahead_madvise_random)
{
	cold_file();
	CHECK_SYS(madvise(mapped, PAGES * PAGE, MADV_RANDOM));
	for (size_t i = 0; i < 20; i++)
		touch(i * 3);
	CHECK_EQ(count_cached(), 20);
	CHECK_SYS(madvise(mapped, PAGES * PAGE, MADV_NORMAL));
	touch(256);
	until_cached(257);
}

TEST(readahead_madvise_sequential)
{
	cold_file();
	CHECK_SYS(madvise(mapped, PAGES * PAGE, MADV_SEQUENTIAL));
	for (size_t i = 100; i < 140; i++)
		touch(i);
	until_cached(140);
	CHECK(!cached(99));
}

TEST(readahead_madvise_willneed)
{
	cold_file();
	CHECK_SYS(madvise(mapped + 100 * PAGE, 20 * PAGE, MADV_WILLNEED));
	for (size_t i = 100; i < 120; i++)
		until_cached(i);
	CHECK_EQ(count_cached(), 20);
}

TEST(readahead_ends_with_the_file)
{
	struct stat st;

	cold_file();
	CHECK_SYS(truncate("f", 10 * PAGE + 100));
	CHECK_EQ(pread(fd, block, sizeof(block), 0), 10 * PAGE + 100);
	until_cached(10);
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 10 * PAGE + 100);
	CHECK_EQ(count_cached(), 11);
	CHECK_EQ(pread(fd, block, PAGE, 11 * PAGE), 0);
	CHECK_EQ(count_cached(), 11);
}
