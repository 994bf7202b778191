// SPDX-License-Identifier: MIT
// uaccess.c - the kernel's own accesses to user memory that is not there yet, or only in part
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE	4096UL
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

// The last byte of the returned page is the last one before a hole.
static char *page_before_hole(void)
{
	char *p = map(2);

	CHECK_SYS(munmap(p + PAGE, PAGE));
	return p;
}

static int pattern_file(size_t length)
{
	int fd = CHECK_SYS(open("pattern", O_RDWR | O_CREAT | O_TRUNC, 0644));

	for (size_t i = 0; i < length; i++) {
		char block[256];
		size_t n = length - i < sizeof(block) ? length - i : sizeof(block);

		for (size_t k = 0; k < n; k++)
			block[k] = (i + k) % 251;
		CHECK_EQ(write(fd, block, n), n);
		i += n - 1;
	}
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void check_pattern(const char *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)p[i] != i % 251)
			fail(HERE("pattern"), "byte %zu: want %zu, got %d", i, i % 251, p[i]);
}

TEST(uaccess_read_into_untouched_memory)
{
	int fd = pattern_file(10 * PAGE);
	char *p = map(11);

	CHECK_EQ(read(fd, p + 100, 10 * PAGE), 10 * PAGE);
	check_pattern(p + 100, 10 * PAGE);
	CHECK_EQ(p[99], 0);
}

TEST(uaccess_read_into_zero_pages)
{
	int fd = pattern_file(10 * PAGE);
	char *p = map(10), *other = map(1);

	for (int i = 0; i < 10; i++)
		CHECK_EQ(*(volatile char *)(p + i * PAGE), 0);
	CHECK_EQ(*(volatile char *)other, 0);
	CHECK_EQ(read(fd, p, 10 * PAGE), 10 * PAGE);
	check_pattern(p, 10 * PAGE);
	for (size_t i = 0; i < PAGE; i++)
		CHECK_EQ(other[i], 0);	// all share one page of zeroes until they write
}

TEST(uaccess_read_into_private_file_mapping)
{
	int fd = pattern_file(3 * PAGE), zero = CHECK_SYS(open("/dev/zero", O_RDONLY));
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0), got[PAGE];

	CHECK(p != MAP_FAILED);
	CHECK_EQ(read(zero, p + PAGE, PAGE), PAGE);
	check_pattern(p, PAGE);
	CHECK_EQ(p[PAGE] | p[2 * PAGE - 1], 0);
	CHECK_EQ(pread(fd, got, PAGE, 0), PAGE);
	check_pattern(got, PAGE);
}

TEST(uaccess_write_from_untouched_file_mapping)
{
	int fd = pattern_file(20 * PAGE);
	int out = CHECK_SYS(open("copy", O_RDWR | O_CREAT, 0644));
	char *p = mmap(NULL, 20 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0), *got = map(20);

	CHECK_EQ(write(out, p, 20 * PAGE), 20 * PAGE);
	CHECK_EQ(pread(out, got, 20 * PAGE, 0), 20 * PAGE);
	check_pattern(got, 20 * PAGE);
}

// The file's own pages as the source of a write into the same file, and as target of a read.
TEST(uaccess_file_onto_itself)
{
	int fd = pattern_file(8 * PAGE);
	char *p = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE, fd, 0), *got = map(8);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(pwrite(fd, p, 8 * PAGE, 0), 8 * PAGE);
	CHECK_EQ(pread(fd, p, 4 * PAGE, 0), 4 * PAGE);
	CHECK_EQ(pwrite(fd, p, 8 * PAGE, 0), 8 * PAGE);
	CHECK_EQ(pread(fd, got, 8 * PAGE, 0), 8 * PAGE);
	check_pattern(got, 8 * PAGE);
}

TEST(uaccess_read_up_to_a_hole)
{
	int fd = pattern_file(100);
	char *p = page_before_hole();
	ssize_t n = read(fd, p + PAGE - 10, 50);

	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 10);
	check_pattern(p + PAGE - 10, n);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), n);	// the position counts what was said to be read
}

TEST(uaccess_write_up_to_a_hole)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	char *p = page_before_hole(), got[60];
	ssize_t n;

	for (int i = 0; i < 10; i++)
		p[PAGE - 10 + i] = i;
	n = write(fd, p + PAGE - 10, 50);
	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), n);
	CHECK_EQ(lseek(fd, 0, SEEK_END), n);
	CHECK_EQ(pread(fd, got, sizeof(got), 0), n);
	check_pattern(got, n);
}

// Five pages from @skip on, and a hole behind them: what write() takes is in the file.
static ssize_t write_up_to_a_hole(size_t skip)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	char *p = map(6), *got = map(6);
	ssize_t n;

	memset(p, 'w', 5 * PAGE);
	CHECK_SYS(munmap(p + 5 * PAGE, PAGE));
	n = CHECK_SYS(write(fd, p + skip, 6 * PAGE));
	CHECK(n > 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), n);
	CHECK_EQ(pread(fd, got, 6 * PAGE, 0), n);
	CHECK_EQ(got[0] + got[n - 1], 2 * 'w');
	return n;
}

TEST(uaccess_large_write_up_to_a_hole)
{
	CHECK_EQ(write_up_to_a_hole(128), 5 * PAGE - 128);
	CHECK_EQ(write_up_to_a_hole(0), 5 * PAGE);
}

TEST(uaccess_misaligned_write_up_to_a_hole)
{
	CHECK_EQ(write_up_to_a_hole(123), 5 * PAGE - 123);
}

TEST(uaccess_pipe_up_to_a_hole_loses_nothing)
{
	char *p = page_before_hole(), got[16] = "";
	ssize_t n;
	int fd[2];

	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "0123456789", 10), 10);
	n = read(fd[0], p + PAGE - 4, 10);
	if (n < 0) {
		CHECK_EQ(errno, EFAULT);
		n = 0;
	}
	CHECK(n <= 4);
	CHECK_EQ(read(fd[0], got, 10), 10 - n);
	CHECK(memcmp(got, &"0123456789"[n], 10 - n) == 0);
}

TEST(uaccess_strings_at_the_edge)
{
	char *p = page_before_hole();

	memcpy(p + PAGE - 10, "/dev/null", 10);		// the NUL is the last byte
	CHECK_SYS(open(p + PAGE - 10, O_RDONLY));
	memcpy(p + PAGE - 9, "/dev/null", 9);		// no NUL before the hole
	CHECK_ERRNO(open(p + PAGE - 9, O_RDONLY), EFAULT);
}

TEST(uaccess_struct_over_two_pages)
{
	char *p = map(2), *edge = page_before_hole();
	struct stat st;

	CHECK_SYS(fstat(0, (struct stat *)(p + PAGE - 56)));	// neither page is there yet
	CHECK_SYS(fstat(0, &st));
	CHECK(((struct stat *)(p + PAGE - 56))->st_ino == st.st_ino);
	CHECK_ERRNO(fstat(0, (struct stat *)(edge + PAGE - 56)), EFAULT);
	CHECK_SYS(syscall(SYS_fstat, 0, edge + PAGE - sizeof(struct stat)));
}

TEST(uaccess_unaligned)
{
	char *p = map(1);

	for (int i = 0; i < 9; i++) {
		CHECK_SYS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p + i));
		CHECK_SYS(syscall(SYS_newfstatat, AT_FDCWD, "/", p + 100 + i, 0));
	}
}

TEST(uaccess_zero_length)
{
	int fd = pattern_file(10);

	CHECK_EQ(read(fd, (void *)8, 0), 0);
	CHECK_EQ(write(fd, (void *)8, 0), 0);
	CHECK_EQ(readv(fd, (struct iovec[]){ { (void *)8, 0 } }, 1), 0);
}

TEST(uaccess_huge_length)
{
	int fd = pattern_file(10);
	char got[16];

	CHECK_ERRNO(read(fd, got, -1UL), EFAULT);	// beyond the end of all addresses
	CHECK_ERRNO(write(fd, got, -1UL), EFAULT);
}
