// SPDX-License-Identifier: MIT
// fallocate.c - fallocate(2) on memory files: room made ahead, holes, and what it refuses
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE	4096L
#define RW	(PROT_READ | PROT_WRITE)
#define KEEP	FALLOC_FL_KEEP_SIZE
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

// A memfd of so many pages, each byte of page i being 'a' + i.
static int filled(int pages)
{
	int fd = CHECK_SYS(memfd_create("f", 0));
	char page[PAGE];

	for (int i = 0; i < pages; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static void check_range(int fd, long from, long to, char want)
{
	for (char got; from < to; from++) {
		CHECK_EQ(pread(fd, &got, 1, from), 1);
		if (got != want)
			fail(HERE("content"), "byte %ld: want %d, got %d", from, want, got);
	}
}

static struct stat stat_of(int fd)
{
	struct stat st;

	CHECK_SYS(fstat(fd, &st));
	return st;
}

static long blocks(int fd)
{
	return stat_of(fd).st_blocks * 512 / PAGE;
}

TEST(fallocate_makes_room)
{
	int fd = filled(0);

	CHECK_SYS(fallocate(fd, 0, PAGE + 10, 2 * PAGE));
	CHECK_EQ(stat_of(fd).st_size, 3 * PAGE + 10);
	CHECK_EQ(blocks(fd), 3);
	check_range(fd, 0, 3 * PAGE + 10, 0);
}

TEST(fallocate_leaves_what_is_there)
{
	int fd = filled(2);

	CHECK_SYS(fallocate(fd, 0, 0, 4 * PAGE));
	check_range(fd, 0, PAGE, 'a');
	check_range(fd, PAGE, 2 * PAGE, 'b');
	check_range(fd, 2 * PAGE, 4 * PAGE, 0);
	CHECK_EQ(blocks(fd), 4);
	CHECK_SYS(fallocate(fd, 0, 0, PAGE));	// a shorter range does not cut it
	CHECK_EQ(stat_of(fd).st_size, 4 * PAGE);
}

TEST(fallocate_keep_size)
{
	int fd = filled(1);

	CHECK_SYS(fallocate(fd, KEEP, 0, 4 * PAGE));
	CHECK_EQ(stat_of(fd).st_size, PAGE);
	CHECK_EQ(blocks(fd), 4);
	CHECK_EQ(pread(fd, (char[1]){}, 1, PAGE), 0);
	// The room is used when the file grows, and given back when it is cut.
	CHECK_EQ(pwrite(fd, "x", 1, 3 * PAGE), 1);
	CHECK_EQ(blocks(fd), 4);
	check_range(fd, PAGE, 3 * PAGE, 0);
	CHECK_SYS(fallocate(fd, KEEP, 0, 8 * PAGE));
	CHECK_SYS(ftruncate(fd, 3 * PAGE + 1));
	CHECK_EQ(blocks(fd), 4);
}

TEST(fallocate_room_is_a_hole_until_used)
{
	int fd = filled(1);
	char *p;

	CHECK_SYS(fallocate(fd, 0, PAGE, 3 * PAGE));
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), PAGE);
	CHECK_ERRNO(lseek(fd, PAGE, SEEK_DATA), ENXIO);
	CHECK_EQ(pwrite(fd, "x", 1, 3 * PAGE), 1);
	CHECK_EQ(lseek(fd, PAGE, SEEK_DATA), 3 * PAGE);
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[2 * PAGE], 0);
	p[PAGE] = 'y';
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 4 * PAGE);
	check_range(fd, PAGE + 1, 3 * PAGE, 0);
}

TEST(fallocate_posix)
{
	int fd = filled(1);

	CHECK_EQ(posix_fallocate(fd, 2 * PAGE, 100), 0);
	CHECK_EQ(stat_of(fd).st_size, 2 * PAGE + 100);
	CHECK_EQ(posix_fallocate(fd, 0, 0), EINVAL);
	CHECK_EQ(posix_fallocate(99, 0, 1), EBADF);
}

TEST(fallocate_punch_hole)
{
	int fd = filled(6);

	CHECK_SYS(fallocate(fd, PUNCH, PAGE, 2 * PAGE));
	CHECK_EQ(stat_of(fd).st_size, 6 * PAGE);
	CHECK_EQ(blocks(fd), 4);
	check_range(fd, 0, PAGE, 'a');
	check_range(fd, PAGE, 3 * PAGE, 0);
	check_range(fd, 3 * PAGE, 4 * PAGE, 'd');
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), PAGE);
	CHECK_EQ(lseek(fd, PAGE, SEEK_DATA), 3 * PAGE);
	CHECK_SYS(fallocate(fd, PUNCH, PAGE, 2 * PAGE));	// again: nothing more to do
	CHECK_SYS(fallocate(fd, PUNCH, 100 * PAGE, PAGE));	// behind the end
	CHECK_EQ(blocks(fd), 4);
}

TEST(fallocate_punch_parts_of_pages)
{
	int fd = filled(4);

	CHECK_SYS(fallocate(fd, PUNCH, 10, 20));
	check_range(fd, 0, 10, 'a');
	check_range(fd, 10, 30, 0);
	check_range(fd, 30, PAGE, 'a');
	CHECK_SYS(fallocate(fd, PUNCH, 2 * PAGE - 5, PAGE + 10));
	check_range(fd, PAGE, 2 * PAGE - 5, 'b');
	check_range(fd, 2 * PAGE - 5, 3 * PAGE + 5, 0);
	check_range(fd, 3 * PAGE + 5, 4 * PAGE, 'd');
	CHECK_EQ(blocks(fd), 3);
}

TEST(fallocate_punch_under_mappings)
{
	int fd = filled(4);
	char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	char *own = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK(shared != MAP_FAILED && own != MAP_FAILED);
	CHECK_EQ(shared[PAGE], 'b');
	own[PAGE] = 'B';			// a copy is nobody else's any more
	CHECK_EQ(own[2 * PAGE], 'c');
	CHECK_SYS(fallocate(fd, PUNCH, PAGE, 2 * PAGE));
	CHECK_EQ(shared[PAGE], 0);
	CHECK_EQ(shared[2 * PAGE], 0);
	CHECK_EQ(own[PAGE], 'B');
	CHECK_EQ(own[2 * PAGE], 0);
	shared[PAGE] = 'n';
	check_range(fd, PAGE, PAGE + 1, 'n');
}

TEST(fallocate_order_of_errors)
{
	int fd = filled(1), pipes[2], reader, null = CHECK_SYS(open("/dev/null", O_RDWR));
	int error;

	reader = CHECK_SYS(open("/dev/null", O_RDONLY));
	CHECK_SYS(pipe(pipes));
	CHECK_ERRNO(fallocate(99, 0, -1, 0), EBADF);
	CHECK_ERRNO(fallocate(reader, 0x4000, -1, 1), EINVAL);
	CHECK_ERRNO(fallocate(reader, 0x4000, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(reader, 0x4000, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(reader, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(reader, PUNCH | FALLOC_FL_ZERO_RANGE, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(reader, 0, 0, 1), EBADF);
	CHECK_ERRNO(fallocate(pipes[1], 0, LONG_MAX, 1), ESPIPE);
	CHECK_ERRNO(fallocate(null, 0, LONG_MAX, 1), ENODEV);
	CHECK_ERRNO(fallocate(fd, 0, LONG_MAX, 1), EFBIG);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
	// Newer kernels call it a combination that is not supported.
	error = fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | KEEP, 0, PAGE);
	CHECK(error == -1 && (errno == EINVAL || errno == EOPNOTSUPP));
}

TEST(fallocate_file_size_limit)
{
	int fd = filled(2);

	on_signal(SIGXFSZ, count_signal, 0);
	CHECK_SYS(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4 * PAGE, 4 * PAGE }));
	CHECK_SYS(fallocate(fd, 0, 0, 4 * PAGE));
	CHECK_EQ(signals_seen, 0);
	CHECK_ERRNO(fallocate(fd, 0, 0, 4 * PAGE + 1), EFBIG);
	CHECK_EQ(signals_seen, 1);
	CHECK_ERRNO(fallocate(fd, KEEP, 0, 4 * PAGE + 1), EFBIG);
	CHECK_EQ(signals_seen, 2);
	CHECK_SYS(fallocate(fd, PUNCH, 0, 8 * PAGE));
	CHECK_EQ(stat_of(fd).st_size, 4 * PAGE);
}

TEST(fallocate_moves_times)
{
	int fd = filled(1);
	struct stat before = stat_of(fd), after;

	nap(20 * MS);
	CHECK_SYS(fallocate(fd, 0, 0, 2 * PAGE));
	after = stat_of(fd);
	CHECK(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
	      after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
	CHECK_EQ(after.st_mtim.tv_nsec, after.st_ctim.tv_nsec);
}
