// SPDX-License-Identifier: MIT
// direct.c - O_DIRECT: past the page cache, and in step with it
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static char *anonymous(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static char *map(int fd, size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

// Each 512 bytes differ from all others.
static void fill(char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (i >> 9) * 7 + i % 251 + seed;
}

static void check_filled(const struct place *at, const char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (char)((i >> 9) * 7 + i % 251 + seed))
			fail(at, "byte %zu: want %d, got %d", i,
			     (char)((i >> 9) * 7 + i % 251 + seed), p[i]);
}
#define CHECK_FILLED(p, n, seed)	check_filled(HERE("content of " #p), p, n, seed)

static int buffered(const char *path, size_t pages)
{
	int fd = CHECK_SYS(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));
	char *p = anonymous(pages + 1);

	fill(p, pages * PAGE, 0);
	CHECK_EQ(write(fd, p, pages * PAGE), pages * PAGE);
	CHECK_SYS(munmap(p, (pages + 1) * PAGE));
	return fd;
}

static int direct(const char *path)
{
	return CHECK_SYS(open(path, O_RDWR | O_DIRECT));
}

TEST(direct_alignment)
{
	static const struct {
		size_t address, length, position;
		int error;
	} cases[] = {
		{ 0, 4096, 0, 0 },	{ 512, 4096, 0, 0 },	{ 0, 512, 0, 0 },
		{ 0, 4096, 512, 0 },	{ 1024, 1536, 2560, 0 }, { 1, 4096, 0, EINVAL },
		{ 256, 4096, 0, EINVAL }, { 0, 4095, 0, EINVAL }, { 0, 256, 0, EINVAL },
		{ 0, 4096, 1, EINVAL },	{ 0, 4096, 256, EINVAL }, { 511, 1, 511, EINVAL },
	};
	char *p = anonymous(4);
	int fd;

	close(buffered("f", 4));
	fd = direct("f");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *at = p + cases[i].address;
		ssize_t want = cases[i].error ? -1 : (ssize_t)cases[i].length, got;

		errno = 0;
		got = pread(fd, at, cases[i].length, cases[i].position);
		if (got != want || errno != cases[i].error)
			fail_later(HERE("pread"), "case %zu: want %zd (%s), got %zd (%s)", i, want,
				   errno_name(cases[i].error), got, errno_name(errno));
		errno = 0;
		got = pwrite(fd, at, cases[i].length, cases[i].position);
		if (got != want || errno != cases[i].error)
			fail_later(HERE("pwrite"), "case %zu: want %zd (%s), got %zd (%s)", i,
				   want, errno_name(cases[i].error), got, errno_name(errno));
	}
	CHECK_EQ(pread(fd, p, 0, 1), 0);
	CHECK_EQ(pwrite(fd, p, 0, 1), 0);
}

TEST(direct_end_of_file)
{
	char *p = anonymous(4);
	int fd = buffered("f", 2), d = direct("f");

	CHECK_SYS(ftruncate(fd, 5000));
	memset(p, 'x', 4 * PAGE);
	CHECK_EQ(pread(d, p, 4 * PAGE, 0), 5000);
	CHECK_FILLED(p, 5000, 0);
	CHECK_EQ(p[2 * PAGE], 'x');		// from the next block on
	CHECK_EQ(pread(d, p, PAGE, PAGE), 904);
	CHECK_EQ(pread(d, p, 512, 4608), 392);
	CHECK_EQ(pread(d, p, PAGE, 2 * PAGE), 0);
	CHECK_EQ(pread(d, p, PAGE, 5120), 0);
	CHECK_EQ(pread(d, p + 1, 100, 6001), 0);	// nothing there to be aligned
	CHECK_EQ(lseek(d, 4096, SEEK_SET), 4096);
	CHECK_EQ(read(d, p, PAGE), 904);
	CHECK_EQ(lseek(d, 0, SEEK_CUR), 5000);
	CHECK_EQ(read(d, p, PAGE), 0);
}

TEST(direct_and_cache_agree)
{
	char *p = anonymous(8), *mapped;
	int fd = buffered("f", 8), d = direct("f");

	CHECK_EQ(pread(d, p, 8 * PAGE, 0), 8 * PAGE);	// what is in the cache only
	CHECK_FILLED(p, 8 * PAGE, 0);
	mapped = map(fd, 8, MAP_SHARED);
	mapped[100] = 'M';
	CHECK_EQ(pread(d, p, PAGE, 0), PAGE);		// a store that nobody wrote back
	CHECK_EQ(p[100], 'M');
	for (int round = 0; round < 3; round++) {
		fill(p, 8 * PAGE, round);
		CHECK_EQ(pwrite(d, p, 8 * PAGE, 0), 8 * PAGE);
		CHECK_FILLED(mapped, 8 * PAGE, round);
		memset(p, 0, 8 * PAGE);
		CHECK_EQ(pread(fd, p, 8 * PAGE, 0), 8 * PAGE);
		CHECK_FILLED(p, 8 * PAGE, round);
	}
	// Part of a page: its rest, dirty in the cache, stays.
	mapped[1024] = 'R';
	memset(p, 'D', 512);
	CHECK_EQ(pwrite(d, p, 512, 512), 512);
	CHECK_EQ(mapped[1024], 'R');
	CHECK_EQ(mapped[512], 'D');
	CHECK_EQ(mapped[511], (char)(511 % 251 + 2));
	drop_page_cache();
	CHECK_EQ(mapped[1024], 'R');
	CHECK_EQ(mapped[1023], 'D');
}

TEST(direct_private_copy_stays)
{
	char *p = anonymous(1), *private;
	int fd = buffered("f", 2), d = direct("f");

	private = map(fd, 2, MAP_PRIVATE);
	private[0] = 'P';
	CHECK_EQ(private[PAGE], (char)(8 * 7 + 4096 % 251));
	memset(p, 'D', PAGE);
	CHECK_EQ(pwrite(d, p, PAGE, 0), PAGE);
	CHECK_EQ(pwrite(d, p, PAGE, PAGE), PAGE);
	CHECK_EQ(private[0], 'P');		// copied before
	CHECK_EQ(private[1], 1);
	CHECK_EQ(private[PAGE], 'D');		// still the file's
}

TEST(direct_holes)
{
	char *p = anonymous(8);
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644)), d = direct("f");

	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	memset(p, 'x', 8 * PAGE);
	CHECK_EQ(pwrite(d, p, 512, 3 * PAGE + 512), 512);	// into a hole, less than a block
	CHECK_EQ(pread(d, p, 8 * PAGE, 0), 8 * PAGE);
	for (size_t i = 0; i < 8 * PAGE; i++)
		CHECK_EQ(p[i], i / 512 == 25 ? 'x' : 0);
	memset(p, 'y', 2 * PAGE);
	CHECK_EQ(pwrite(d, p, 2 * PAGE, 5 * PAGE), 2 * PAGE);
	CHECK_EQ(pread(d, p, 8 * PAGE, 0), 8 * PAGE);
	CHECK(p[5 * PAGE - 1] == 0 && p[5 * PAGE] == 'y' && p[7 * PAGE - 1] == 'y' &&
	      p[7 * PAGE] == 0);
	// What is dirty in the cache of a hole counts as well.
	CHECK_EQ(pwrite(fd, "dirty", 5, PAGE), 5);
	CHECK_EQ(pread(d, p, 2 * PAGE, 0), 2 * PAGE);
	CHECK(memcmp(p + PAGE, "dirty", 6) == 0);
}

TEST(direct_extends_the_file)
{
	static const size_t lengths[] = { 512, 3584, 4096, 8192, 1536, 40960, 4608, 512 };
	char *p = anonymous(20), *got = anonymous(40);
	struct stat st;
	size_t end = 0;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644)), d = direct("f");

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		fill(p, lengths[i], i);
		CHECK_EQ(pwrite(d, p, lengths[i], end), lengths[i]);
		end += lengths[i];
		CHECK_SYS(fstat(fd, &st));
		CHECK_EQ(st.st_size, end);
	}
	for (int cold = 0; cold < 2; cold++) {
		CHECK_EQ(pread(cold ? fd : d, got, 40 * PAGE, 0), end);
		for (size_t i = 0, at = 0; i < ARRAY_SIZE(lengths); at += lengths[i++])
			CHECK_FILLED(got + at, lengths[i], i);
		drop_page_cache();
	}
	// Behind a gap.
	CHECK_EQ(pwrite(d, p, PAGE, 30 * PAGE), PAGE);
	CHECK_EQ(pread(fd, got, PAGE, 25 * PAGE), PAGE);
	for (size_t i = 0; i < PAGE; i++)
		CHECK_EQ(got[i], 0);
}

TEST(direct_leaves_no_old_bytes)
{
	char *p = anonymous(64), *got = anonymous(64);
	int fd = CHECK_SYS(open("old", O_RDWR | O_CREAT, 0644)), d;

	// The disk's free blocks hold a secret.
	memset(p, 'S', 64 * PAGE);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(write(fd, p, 64 * PAGE), 64 * PAGE);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
	CHECK_SYS(unlink("old"));
	fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	d = direct("f");
	memset(p, 'n', PAGE);
	for (size_t i = 0; i < 32; i++)
		CHECK_EQ(pwrite(d, p, 512, i * 2 * PAGE + i % 8 * 512), 512);
	CHECK_SYS(ftruncate(fd, 64 * PAGE));
	for (int cold = 0; cold < 2; cold++) {
		CHECK_EQ(pread(d, got, 64 * PAGE, 0), 64 * PAGE);
		for (size_t i = 0; i < 64 * PAGE; i++)
			CHECK(got[i] != 'S');
		CHECK_EQ(pread(fd, got, 64 * PAGE, 0), 64 * PAGE);
		for (size_t i = 0; i < 64 * PAGE; i++)
			CHECK(got[i] != 'S');
		drop_page_cache();
	}
}

TEST(direct_append)
{
	char *p = anonymous(1), got[8];
	int fd = buffered("f", 1), d;

	d = CHECK_SYS(open("f", O_RDWR | O_DIRECT | O_APPEND));
	memset(p, 'A', PAGE);
	CHECK_EQ(write(d, p, PAGE), PAGE);
	CHECK_EQ(lseek(d, 0, SEEK_CUR), 2 * PAGE);
	CHECK_EQ(pread(fd, got, 8, PAGE - 4), 8);
	CHECK(memcmp(got + 4, "AAAA", 4) == 0);
	CHECK_SYS(ftruncate(fd, 100));
	CHECK_ERRNO(write(d, p, PAGE), EINVAL);	// from 100 on
}

TEST(direct_vectors)
{
	char *p = anonymous(8);
	struct iovec vec[] = {
		{ p, 512 }, { p + PAGE, 1536 }, { p + 2 * PAGE, 0 }, { p + 3 * PAGE + 512, 6144 },
	};
	struct iovec odd[] = { { p, 512 }, { p + PAGE, 100 }, { p + 2 * PAGE, 412 } };
	int d;

	close(buffered("f", 2));
	d = direct("f");
	CHECK_EQ(readv(d, vec, 4), 2 * PAGE);
	memmove(p + 512, p + PAGE, 1536);
	memmove(p + 2048, p + 3 * PAGE + 512, 6144);
	CHECK_FILLED(p, 2 * PAGE, 0);
	CHECK_ERRNO(preadv(d, odd, 3, 0), EINVAL);
	CHECK_ERRNO(pwritev(d, odd, 3, 0), EINVAL);
	fill(p, 8 * PAGE, 3);
	CHECK_EQ(pwritev(d, vec, 4, 0), 2 * PAGE);
	CHECK_EQ(pread(d, p, 2 * PAGE, 0), 2 * PAGE);
	CHECK_EQ(p[512], (char)(8 * 7 + 4096 % 251 + 3));
}

TEST(direct_large)
{
	size_t pages = 900, n = 3 * 1024 * 1024 + 512;
	char *p = anonymous(pages);
	int d;

	close(buffered("f", 1));
	d = direct("f");
	fill(p, n, 5);
	CHECK_EQ(pwrite(d, p, n, 512), n);
	memset(p, 0, n);
	CHECK_EQ(pread(d, p + 1024, n, 512), n);
	CHECK_FILLED(p + 1024, n, 5);
}

// The memory is a mapping of the file itself: neither a deadlock nor a wrong byte.
TEST(direct_from_a_mapping_of_the_file)
{
	int fd = buffered("f", 8), d = direct("f");
	char *p = map(fd, 8, MAP_SHARED), *got = anonymous(8);

	p[0] = 'x';
	CHECK_EQ(pwrite(d, p, 2 * PAGE, 4 * PAGE), 2 * PAGE);	// other pages
	CHECK_EQ(p[4 * PAGE], 'x');
	CHECK(memcmp(p, p + 4 * PAGE, 2 * PAGE) == 0);
	CHECK_EQ(pwrite(d, p, 8 * PAGE, 0), 8 * PAGE);		// the same ones
	CHECK_EQ(p[4 * PAGE], 'x');
	CHECK_EQ(pwrite(d, p, 4 * PAGE, PAGE), 4 * PAGE);	// overlapping
	CHECK_EQ(pread(fd, got, 8 * PAGE, 0), 8 * PAGE);
	CHECK(memcmp(got, p, 8 * PAGE) == 0);
	CHECK_EQ(got[0], 'x');
	CHECK_EQ(got[PAGE], 'x');
	drop_page_cache();
	CHECK_EQ(pwrite(d, p + 6 * PAGE, PAGE, 7 * PAGE), PAGE);	// untouched since
	CHECK(memcmp(p + 6 * PAGE, p + 7 * PAGE, PAGE) == 0);
}

TEST(direct_into_a_mapping_of_the_file)
{
	int fd = buffered("f", 8), d = direct("f");
	char *p = map(fd, 8, MAP_SHARED);

	CHECK_EQ(pread(d, p + 4 * PAGE, 2 * PAGE, 0), 2 * PAGE);
	CHECK_FILLED(p + 4 * PAGE, 2 * PAGE, 0);
	CHECK_EQ(pread(d, p, 8 * PAGE, 0), 8 * PAGE);
	CHECK_FILLED(p, 4 * PAGE, 0);
	CHECK_SYS(munmap(p, 8 * PAGE));
	drop_page_cache();
	p = map(fd, 8, MAP_SHARED);
	CHECK_FILLED(p + 4 * PAGE, 2 * PAGE, 0);	// it was written back
}

TEST(direct_into_a_shared_mapping_is_written_back)
{
	int other = buffered("g", 2), d;
	char *p = map(other, 2, MAP_SHARED);

	close(buffered("f", 2));
	d = direct("f");
	memset(p, 0, 2 * PAGE);
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_EQ(pread(d, p, 2 * PAGE, 0), 2 * PAGE);
	CHECK_SYS(fsync(other));
	CHECK_SYS(munmap(p, 2 * PAGE));
	drop_page_cache();
	p = map(other, 2, MAP_SHARED);
	CHECK_FILLED(p, 2 * PAGE, 0);
}

TEST(direct_into_all_kinds_of_memory)
{
	char *p = anonymous(4), *private;
	int d, fd = buffered("f", 4);

	d = direct("f");
	CHECK_EQ(pread(d, p, 4 * PAGE, 0), 4 * PAGE);		// untouched
	CHECK_FILLED(p, 4 * PAGE, 0);
	p = anonymous(4);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(*(volatile char *)(p + i * PAGE), 0);	// the page of zeroes
	CHECK_EQ(pread(d, p, 4 * PAGE, 0), 4 * PAGE);
	CHECK_FILLED(p, 4 * PAGE, 0);
	CHECK_EQ(*anonymous(1), 0);
	private = map(fd, 4, MAP_PRIVATE);
	CHECK_EQ(private[0], 0);
	CHECK_EQ(pread(d, private + 2 * PAGE, 2 * PAGE, 0), 2 * PAGE);
	CHECK_FILLED(private + 2 * PAGE, 2 * PAGE, 0);
	drop_page_cache();
	CHECK_EQ(pread(d, p, 4 * PAGE, 0), 4 * PAGE);
	CHECK_FILLED(p, 4 * PAGE, 0);				// the file is as it was
	CHECK_EQ(pwrite(d, anonymous(1), PAGE, 0), PAGE);	// untouched source
	CHECK_EQ(pread(fd, p, PAGE, 0), PAGE);
	CHECK_EQ(p[1], 0);
}

TEST(direct_into_memory_of_parent_and_child)
{
	char *p = anonymous(2);
	int d;

	close(buffered("f", 2));
	d = direct("f");
	memset(p, 'p', 2 * PAGE);
	IN_CHILD {
		CHECK_EQ(pread(d, p, PAGE, 0), PAGE);
		CHECK_FILLED(p, PAGE, 0);
		CHECK_EQ(p[PAGE], 'p');
	}
	CHECK_EQ(p[0], 'p');
	CHECK_EQ(p[PAGE - 1], 'p');
}

TEST(direct_bad_memory)
{
	char *p = anonymous(4);
	int fd = buffered("f", 4), d = direct("f");

	CHECK_SYS(munmap(p + 3 * PAGE, PAGE));
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, PROT_NONE));
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK_ERRNO(pread(d, p + PAGE, PAGE, 0), EFAULT);
	CHECK_EQ(pwrite(d, p + PAGE, PAGE, 0), PAGE);
	CHECK_ERRNO(pread(d, p + 2 * PAGE, PAGE, 0), EFAULT);
	CHECK_ERRNO(pwrite(d, p + 2 * PAGE, PAGE, 0), EFAULT);
	CHECK_ERRNO(pread(d, p + 3 * PAGE, PAGE, 0), EFAULT);
	CHECK_ERRNO(pwrite(d, p + 3 * PAGE, PAGE, 0), EFAULT);
	CHECK_EQ(pread(d, p, 2 * PAGE, PAGE), PAGE);		// as far as it goes
	CHECK_ERRNO(pread(d, (char *)-PAGE, PAGE, 0), EFAULT);
	CHECK_EQ(pread(fd, p, 1, 4096), 1);
	CHECK_EQ(p[0], (char)(8 * 7 + 4096 % 251));
}

// A mapping whose file was cut: the memory cannot be had.
TEST(direct_into_a_truncated_mapping)
{
	int other = buffered("g", 2), d;
	char *p = map(other, 2, MAP_SHARED);

	close(buffered("f", 2));
	d = direct("f");
	CHECK_SYS(ftruncate(other, PAGE));
	CHECK_ERRNO(pread(d, p + PAGE, PAGE, 0), EFAULT);
	CHECK_ERRNO(pwrite(d, p + PAGE, PAGE, 0), EFAULT);
	CHECK_EQ(pread(d, p, 2 * PAGE, 0), PAGE);
}

TEST(direct_flag)
{
	char *p = anonymous(1);
	int fd = buffered("f", 1), pipes[2];

	CHECK_EQ(pread(fd, p + 1, 100, 7), 100);
	CHECK_SYS(fcntl(fd, F_SETFL, O_DIRECT));
	CHECK(CHECK_SYS(fcntl(fd, F_GETFL)) & O_DIRECT);
	CHECK_ERRNO(pread(fd, p + 1, 100, 7), EINVAL);
	CHECK_SYS(fcntl(fd, F_SETFL, 0));
	CHECK_EQ(pread(fd, p + 1, 100, 7), 100);
	CHECK_ERRNO(open("/proc/self/maps", O_RDONLY | O_DIRECT), EINVAL);
	CHECK_SYS(pipe(pipes));
}

TEST(direct_synchronous)
{
	struct disk_counts before, after;
	char *p = anonymous(1);
	int fd;

	close(buffered("f", 1));
	sync();
	fd = CHECK_SYS(open("f", O_RDWR | O_DIRECT | O_DSYNC));
	if (!disk_counts("f", &before))
		return;
	CHECK_EQ(pwrite(fd, p, PAGE, 0), PAGE);
	CHECK(disk_counts("f", &after));
	CHECK(after.flushes > before.flushes);
	CHECK(after.sectors_written >= before.sectors_written + PAGE / 512);
}

/* --- races --------------------------------------------------------------------------------- */

enum { RACERS = 4, ROUNDS = 60, BLOCKS = 32 };

// One of the ways to write a block of the file, and all the ways to read it.
static void write_block(int way, int fd, int d, char *mapped, char *buffer, int block)
{
	switch (way) {
	case 0:
		CHECK_EQ(pwrite(fd, buffer, PAGE, block * PAGE), PAGE);
		break;
	case 1:
		memcpy(mapped + block * PAGE, buffer, PAGE);
		break;
	default:
		CHECK_EQ(pwrite(d, buffer, PAGE, block * PAGE), PAGE);
	}
}

// Each process has blocks of its own, side by side with the others'.
static void race_on_blocks(int self)
{
	int fd = CHECK_SYS(open("f", O_RDWR)), d = direct("f");
	char *mapped = map(fd, BLOCKS, MAP_SHARED), *buffer = anonymous(1), *got = anonymous(1);
	unsigned random = self * 7919 + 1;

	for (int round = 0; round < ROUNDS; round++) {
		int block = self + (round % (BLOCKS / RACERS)) * RACERS;

		random = random * 1103515245 + 12345;
		fill(buffer, PAGE, random >> 8);
		write_block(random >> 16 & 3, fd, d, mapped, buffer, block);
		CHECK_EQ(pread(d, got, PAGE, block * PAGE), PAGE);
		CHECK(memcmp(got, buffer, PAGE) == 0);
		CHECK_EQ(pread(fd, got, PAGE, block * PAGE), PAGE);
		CHECK(memcmp(got, buffer, PAGE) == 0);
		CHECK(memcmp(mapped + block * PAGE, buffer, PAGE) == 0);
	}
}

TEST(direct_race_with_cache_and_mappings)
{
	pid_t pid[RACERS];

	close(buffered("f", BLOCKS));
	for (int i = 0; i < RACERS; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			race_on_blocks(i);
			finish();
		}
	}
	for (int i = 0; i < RACERS; i++)
		CHECK_EXIT(pid[i], 0);
}

static void read_while_it_changes(void)
{
	char *p = anonymous(16);
	int d = direct("f");

	for (int round = 0; round < ROUNDS; round++) {
		ssize_t n = CHECK_SYS(pread(d, p, 16 * PAGE, round % 16 * PAGE));

		for (ssize_t i = 0; i < n; i++)
			CHECK(p[i] == 0 || p[i] == 'd' || p[i] == 'b');
	}
}

// Truncated, extended and written at once: a reader sees what was written, or zeroes, nothing else.
TEST(direct_race_with_truncate)
{
	char *p = anonymous(16);
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	pid_t reader, writer;

	reader = CHECK_SYS(fork());
	if (reader == 0) {
		read_while_it_changes();
		finish();
	}
	writer = CHECK_SYS(fork());
	if (writer == 0) {
		int d = direct("f");

		memset(p, 'd', 16 * PAGE);
		for (int round = 0; round < ROUNDS; round++)
			CHECK_EQ(pwrite(d, p, 8 * PAGE, round % 24 * PAGE), 8 * PAGE);
		finish();
	}
	memset(p, 'b', 16 * PAGE);
	for (int round = 0; round < ROUNDS; round++) {
		CHECK_SYS(ftruncate(fd, round * 7 % 32 * 1000));
		CHECK_SYS(pwrite(fd, p, 5000, round * 5 % 32 * 1000));
	}
	CHECK_EXIT(reader, 0);
	CHECK_EXIT(writer, 0);
}
