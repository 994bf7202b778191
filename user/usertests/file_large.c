// SPDX-License-Identifier: MIT
// file_large.c - holes, and positions that need each kind of indirect block
#include "user/usertests/usertests.h"

// With 1 KiB blocks ext2 goes over to single, double and triple indirect at 12 KiB, 268 KiB and
// 64 MiB and 268 KiB; with 4 KiB blocks at 48 KiB, 4 MiB and 4 GiB. Each step from both sides.
static const off_t places[] = {
	0, 12287, 12288, 49151, 49152, 274431, 274432, 4243455, 4243456, 67383295, 67383296,
	4299210751, 4299210752, 12345678901,
};

static char at(off_t place)
{
	return 'A' + place % 23;
}

TEST(large_file_each_indirection)
{
	char byte[2];
	struct stat st;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		CHECK_EQ(pwrite(fd, (char[]){ at(places[i]) }, 1, places[i]), 1);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, places[ARRAY_SIZE(places) - 1] + 1);
	CHECK(st.st_blocks * 512 < 1 << 20);	// the rest is a hole
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CHECK_EQ(pread(fd, byte, 1, places[i]), 1);
		CHECK_EQ(byte[0], at(places[i]));
	}
	CHECK_EQ(pread(fd, byte, 2, 5000000), 2);
	CHECK_EQ(byte[0] | byte[1], 0);
}

TEST(large_file_truncated_step_by_step)
{
	struct stat st;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		CHECK_EQ(pwrite(fd, "x", 1, places[i]), 1);
	for (int i = ARRAY_SIZE(places) - 1; i >= 0; i--) {
		char byte;

		CHECK_SYS(ftruncate(fd, places[i]));
		if (i > 0)
			CHECK_EQ(pread(fd, &byte, 1, places[i - 1]), 1);
	}
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_blocks, 0);	// data and indirect blocks are all given back
}

TEST(large_file_too_large)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_ERRNO(ftruncate(fd, LONG_MAX), EFBIG);
	CHECK_ERRNO(pwrite(fd, "x", 1, LONG_MAX - 1), EFBIG);
	CHECK_ERRNO(lseek(fd, LONG_MAX, SEEK_SET), EINVAL);
	CHECK_EQ(pread(fd, (char[1]){}, 1, LONG_MAX - 1), 0);
}

TEST(hole_reads_as_zeroes)
{
	static char got[9000];
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(pwrite(fd, "end", 3, 8997), 3);
	CHECK_EQ(read(fd, got, sizeof(got)), sizeof(got));
	for (int i = 0; i < 8997; i++)
		CHECK_EQ(got[i], 0);
	CHECK(memcmp(got + 8997, "end", 3) == 0);
}

TEST(hole_seek)
{
	enum { MiB = 1 << 20 };
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	off_t hole, data;

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(pwrite(fd, "y", 1, MiB), 1);
	CHECK_SYS(fsync(fd));
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
	hole = CHECK_SYS(lseek(fd, 0, SEEK_HOLE));	// a file system may know of no holes
	CHECK((hole > 0 && hole <= 65536) || hole == MiB + 1);
	data = CHECK_SYS(lseek(fd, 65536, SEEK_DATA));
	CHECK(data == 65536 || (data <= MiB && data > MiB - 65536));
	CHECK_EQ(lseek(fd, MiB, SEEK_HOLE), MiB + 1);	// the end counts as one
	CHECK_ERRNO(lseek(fd, MiB + 1, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, MiB + 1, SEEK_HOLE), ENXIO);
}

TEST(file_of_some_megabytes)
{
	enum { BLOCK = 65536, BLOCKS = 48 };
	static unsigned block[BLOCK / 4], got[BLOCK / 4];
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	for (unsigned b = 0; b < BLOCKS; b++) {
		for (unsigned i = 0; i < ARRAY_SIZE(block); i++)
			block[i] = b << 20 | i;
		CHECK_EQ(write(fd, block, BLOCK), BLOCK);
	}
	CHECK_SYS(fsync(fd));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (unsigned b = 0; b < BLOCKS; b++) {
		CHECK_EQ(read(fd, got, BLOCK), BLOCK);
		for (unsigned i = 0; i < ARRAY_SIZE(got); i++)
			if (got[i] != (b << 20 | i))
				fail(HERE("content"), "block %u, word %u: got %#x", b, i, got[i]);
	}
}
