// SPDX-License-Identifier: MIT
// device.c - a disk as a file: /dev/vdX, through the page cache and past it
//
// They write to the disk that begins with "faultline scratch disk", and leave that in place.
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static char *buffer(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static unsigned long long size_of(int fd)
{
	unsigned long long size;

	CHECK_SYS(ioctl(fd, BLKGETSIZE64, &size));
	return size;
}

TEST(device_size)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDONLY)), block;
	unsigned long sectors;
	struct stat st;

	CHECK_SYS(ioctl(fd, BLKGETSIZE, &sectors));
	CHECK_EQ(size_of(fd), sectors * 512ULL);
	CHECK_EQ(lseek(fd, 0, SEEK_END), size_of(fd));
	CHECK_SYS(ioctl(fd, BLKSSZGET, &block));
	CHECK_EQ(block, 512);
	CHECK_SYS(fstat(fd, &st));
	CHECK(S_ISBLK(st.st_mode));
	CHECK_EQ(st.st_size, 0);
}

TEST(device_end)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR)), d;
	unsigned long long size = size_of(fd);
	char *p = buffer(4);

	d = CHECK_SYS(open(scratch_disk(), O_RDWR | O_DIRECT));
	for (int i = 0; i < 2; i++) {
		int on = i ? d : fd;

		memset(p, 'e' + i, 4 * PAGE);
		CHECK_EQ(pwrite(on, p, 2 * PAGE, size - PAGE), PAGE);
		CHECK_ERRNO(pwrite(on, p, PAGE, size), ENOSPC);
		CHECK_ERRNO(pwrite(on, p, PAGE, size + PAGE), ENOSPC);
		CHECK_EQ(pread(on, p + 2 * PAGE, 2 * PAGE, size - PAGE), PAGE);
		CHECK_EQ(p[3 * PAGE - 1], 'e' + i);
		CHECK_EQ(pread(on, p, PAGE, size), 0);
		CHECK_EQ(pread(on, p, PAGE, size + 512), 0);
	}
}

TEST(device_direct_alignment)
{
	int d = CHECK_SYS(open(scratch_disk(), O_RDWR | O_DIRECT));
	char *p = buffer(2);

	CHECK_EQ(pread(d, p + 512, 512, 512), 512);
	CHECK_EQ(pwrite(d, p + 1024, 1536, 9 * 512), 1536);
	CHECK_ERRNO(pread(d, p + 1, 512, 512), EINVAL);
	CHECK_ERRNO(pread(d, p, 511, 512), EINVAL);
	CHECK_ERRNO(pread(d, p, 512, 511), EINVAL);
	CHECK_ERRNO(pwrite(d, p + 256, 512, 512), EINVAL);
	CHECK_ERRNO(pwrite(d, p, 100, 512), EINVAL);
	CHECK_ERRNO(pwrite(d, p, 512, 100), EINVAL);
}

TEST(device_direct_and_cache_agree)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR)), d;
	char *p = buffer(8), *mapped;

	d = CHECK_SYS(open(scratch_disk(), O_RDWR | O_DIRECT));
	mapped = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 64 * PAGE);
	CHECK(mapped != MAP_FAILED);
	for (int round = 0; round < 3; round++) {
		memset(p, 'a' + round, 8 * PAGE);
		CHECK_EQ(pwrite(fd, p, 8 * PAGE, 64 * PAGE), 8 * PAGE);
		mapped[5000] = 'm';
		CHECK_EQ(pread(d, p, 8 * PAGE, 64 * PAGE), 8 * PAGE);
		CHECK_EQ(p[4999], 'a' + round);
		CHECK_EQ(p[5000], 'm');
		memset(p, 'A' + round, PAGE);
		CHECK_EQ(pwrite(d, p, PAGE, 66 * PAGE), PAGE);
		CHECK_EQ(mapped[2 * PAGE], 'A' + round);
		CHECK_EQ(pread(fd, p, 1, 67 * PAGE - 1), 1);
		CHECK_EQ(p[0], 'A' + round);
		CHECK_EQ(pwrite(d, p + 512, 512, 66 * PAGE + 512), 512);
		CHECK_EQ(mapped[2 * PAGE + 511], 'A' + round);
	}
}

TEST(device_direct_into_own_mapping)
{
	int d = CHECK_SYS(open(scratch_disk(), O_RDWR | O_DIRECT));
	char *mapped = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, d, 128 * PAGE);

	CHECK(mapped != MAP_FAILED);
	memset(mapped, 'o', 4 * PAGE);
	CHECK_EQ(pwrite(d, mapped, 4 * PAGE, 128 * PAGE), 4 * PAGE);
	CHECK_EQ(mapped[0], 'o');
	CHECK_EQ(pread(d, mapped + PAGE, PAGE, 128 * PAGE), PAGE);
	CHECK_EQ(mapped[PAGE], 'o');
	CHECK_SYS(msync(mapped, 4 * PAGE, MS_SYNC));
}

// A device has no end to append to.
TEST(device_append_goes_to_the_position)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR | O_APPEND));
	char got[6] = "";

	CHECK_EQ(pwrite(fd, "here", 4, 1024), 4);
	CHECK_EQ(pread(fd, got, 4, 1024), 4);
	CHECK_STR(got, "here");
}

TEST(device_sync)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR));
	char *p = buffer(1);

	memset(p, 's', PAGE);
	CHECK_EQ(pwrite(fd, p, PAGE, 256 * PAGE), PAGE);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fdatasync(fd));
	CHECK_EQ(pwrite(fd, p, 100, 256 * PAGE + 50), 100);
	CHECK_SYS(ioctl(fd, BLKFLSBUF, 0));
	CHECK_EQ(pread(fd, p, PAGE, 256 * PAGE), PAGE);
	CHECK_EQ(p[PAGE - 1], 's');
}

// The last close writes back.
TEST(device_close)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR));
	char *p = buffer(1);

	memset(p, 'c', PAGE);
	CHECK_EQ(pwrite(fd, p, PAGE, 300 * PAGE), PAGE);
	CHECK_SYS(close(fd));
	fd = CHECK_SYS(open(scratch_disk(), O_RDONLY | O_DIRECT));
	memset(p, 0, PAGE);
	CHECK_EQ(pread(fd, p, PAGE, 300 * PAGE), PAGE);
	CHECK_EQ(p[77], 'c');
	CHECK_ERRNO(pwrite(fd, p, PAGE, 300 * PAGE), EBADF);
}
