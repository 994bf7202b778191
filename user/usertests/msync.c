// SPDX-License-Identifier: MIT
// msync.c - msync(2): what a shared mapping stored goes to the file's disk
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

// A new file of so many pages, mapped.
static char *map_file(const char *path, size_t pages, int flags)
{
	int fd = CHECK_SYS(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));
	char *p;

	CHECK_SYS(ftruncate(fd, pages * PAGE));
	p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(fd));
	return p;
}

static void check_file_byte(const char *path, off_t offset, char want)
{
	int fd = CHECK_SYS(open(path, O_RDONLY));
	char got;

	CHECK_EQ(pread(fd, &got, 1, offset), 1);
	CHECK_EQ(got, want);
	CHECK_SYS(close(fd));
}

TEST(msync_sync_writes_to_the_disk)
{
	char *p = map_file("f", 8, MAP_SHARED);
	struct disk_counts before, after;
	bool counted;

	CHECK_SYS(msync(p, 8 * PAGE, MS_SYNC));
	counted = disk_counts("f", &before);	// now: others may write back what we store
	for (int i = 0; i < 8; i++)
		p[i * PAGE] = 'a' + i;
	CHECK_SYS(msync(p, 8 * PAGE, MS_SYNC));
	if (counted) {
		CHECK(disk_counts("f", &after));
		CHECK(after.sectors_written >= before.sectors_written + 8 * PAGE / 512);
		// The device's own cache was emptied as well.
		CHECK(after.flushes > before.flushes);
	}
	for (int i = 0; i < 8; i++)
		check_file_byte("f", i * PAGE, 'a' + i);
}

TEST(msync_sync_sees_each_new_store)
{
	// Written back, a page is clean; the next store must make it dirty again.
	char *p = map_file("f", 1, MAP_SHARED);
	struct disk_counts before, after;

	for (int round = 0; round < 3; round++) {
		bool counted = disk_counts("f", &before);

		p[100] = 'A' + round;
		if (counted) {
			CHECK_SYS(msync(p, PAGE, MS_SYNC));
			CHECK(disk_counts("f", &after));
			CHECK(after.sectors_written >= before.sectors_written + PAGE / 512);
		}
		CHECK_SYS(msync(p, PAGE, MS_SYNC));
		check_file_byte("f", 100, 'A' + round);
	}
}

// Of 64 pages one is written by a call for its range, and the others by the next call.
static bool writes_the_range_only(char *p)
{
	struct disk_counts before, between, after;

	disk_counts("f", &before);
	memset(p, 'x', 64 * PAGE);
	CHECK_SYS(msync(p + 10 * PAGE, PAGE, MS_SYNC));
	disk_counts("f", &between);
	CHECK(between.sectors_written >= before.sectors_written + PAGE / 512);
	CHECK_SYS(msync(p, 64 * PAGE, MS_SYNC));
	disk_counts("f", &after);
	return after.sectors_written >= between.sectors_written + 63 * PAGE / 512;
}

TEST(msync_sync_writes_the_range_only)
{
	char *p = map_file("f", 64, MAP_SHARED);
	struct disk_counts counts;
	bool found = false;

	CHECK_SYS(msync(p, 64 * PAGE, MS_SYNC));
	if (!disk_counts("f", &counts))
		return;
	// Who syncs everything meanwhile, as others on a host may, leaves nothing for the second.
	for (int i = 0; i < 5 && !found; i++)
		found = writes_the_range_only(p);
	CHECK(found);
}

TEST(msync_sync_at_a_file_offset)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	char *p;

	CHECK_SYS(ftruncate(fd, 16 * PAGE));
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 8 * PAGE);
	CHECK(p != MAP_FAILED);
	p[PAGE + 5] = 'o';
	CHECK_SYS(msync(p + PAGE, PAGE, MS_SYNC));
	check_file_byte("f", 9 * PAGE + 5, 'o');
}

TEST(msync_async_and_nothing_at_all)
{
	char *p = map_file("f", 2, MAP_SHARED);

	p[0] = 'y';
	CHECK_SYS(msync(p, 2 * PAGE, MS_ASYNC));
	CHECK_SYS(msync(p, 2 * PAGE, 0));
	CHECK_SYS(msync(p, 2 * PAGE, MS_INVALIDATE));
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC | MS_INVALIDATE));
	CHECK_SYS(msync(p, 2 * PAGE, MS_ASYNC | MS_INVALIDATE));
	check_file_byte("f", 0, 'y');
}

TEST(msync_private_and_anonymous)
{
	char *p = map_file("f", 1, MAP_PRIVATE);
	char *anon = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p[0] = 'p';
	CHECK_SYS(msync(p, PAGE, MS_SYNC));
	check_file_byte("f", 0, 0);
	CHECK_EQ(p[0], 'p');
	anon[0] = 'a';
	CHECK_SYS(msync(anon, PAGE, MS_SYNC));
	CHECK_SYS(mprotect(anon, PAGE, PROT_NONE));
	CHECK_SYS(msync(anon, PAGE, MS_SYNC));
}

TEST(msync_read_only_mapping)
{
	char *p = map_file("f", 1, MAP_SHARED);

	p[0] = 'r';
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_SYS(msync(p, PAGE, MS_SYNC));
	check_file_byte("f", 0, 'r');
}

TEST(msync_length)
{
	char *p = map_file("f", 2, MAP_SHARED);

	CHECK_SYS(msync(p, 0, MS_SYNC));
	CHECK_SYS(msync(p, 1, MS_SYNC));
	CHECK_SYS(msync(p, PAGE + 1, MS_SYNC));
	CHECK_SYS(munmap(p, 2 * PAGE));
	CHECK_SYS(msync(p, 0, MS_SYNC));	// no byte of it needs to be mapped
	// Rounding up to whole pages wraps to 0.
	CHECK_SYS(msync(p, ~0UL, MS_SYNC));
	CHECK_ERRNO(msync(p, ~0UL - PAGE, MS_SYNC), ENOMEM);
}

TEST(msync_hole)
{
	char *p = map_file("f", 5, MAP_SHARED);
	struct disk_counts before, after;
	bool counted;

	CHECK_SYS(msync(p, 5 * PAGE, MS_SYNC));
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	counted = disk_counts("f", &before);
	p[0] = '0';
	p[4 * PAGE] = '4';
	if (counted) {
		CHECK_ERRNO(msync(p, 5 * PAGE, MS_SYNC), ENOMEM);
		CHECK(disk_counts("f", &after));
		// Both sides of the hole were written all the same.
		CHECK(after.sectors_written >= before.sectors_written + 2 * PAGE / 512);
	}
	CHECK_ERRNO(msync(p, 5 * PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync(p + 2 * PAGE, PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync(p, 3 * PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync(p + 2 * PAGE, 2 * PAGE, MS_ASYNC), ENOMEM);
	CHECK_ERRNO(msync(p + 2 * PAGE, 2 * PAGE, 0), ENOMEM);
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_SYS(msync(p + 3 * PAGE, 2 * PAGE, MS_SYNC));
}

TEST(msync_errors)
{
	char *p = map_file("f", 2, MAP_SHARED);

	CHECK_ERRNO(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(p, PAGE, 8), EINVAL);
	CHECK_ERRNO(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_ERRNO(msync(p + 1, 0, MS_SYNC), EINVAL);
	CHECK_ERRNO(msync(p, 0, 8), EINVAL);
	CHECK_ERRNO(msync(p, 0, MS_SYNC | MS_ASYNC), EINVAL);
	// Bad flags come before a range that wraps, and that before a hole.
	CHECK_ERRNO(msync(p, -2 * PAGE, 8), EINVAL);
	CHECK_ERRNO(msync(p, -PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync((void *)-PAGE, PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync((void *)-PAGE, 2 * PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(msync(NULL, PAGE, MS_SYNC), ENOMEM);
}
