// SPDX-License-Identifier: MIT
// fsync.c - what was written is on the disk when these calls return, and the disk's cache empty
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE	4096UL
#define PAGES	8

static struct disk_counts before, after;
static char block[PAGES * PAGE];

// A file of PAGES pages on the disk, and nothing else to be written.
static int make(int flags)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
	sync();
	fd = CHECK_SYS(open("f", O_RDWR | flags));
	if (!disk_counts("f", &before))
		skip("the file system's disk is not in /proc/diskstats");
	return fd;
}

static unsigned long long sectors(void)
{
	CHECK(disk_counts("f", &after));
	return after.sectors_written - before.sectors_written;
}

static unsigned long long flushes(void)
{
	CHECK(disk_counts("f", &after));
	return after.flushes - before.flushes;
}

static void write_all(int fd)
{
	CHECK_EQ(pwrite(fd, block, sizeof(block), 0), sizeof(block));
}

TEST(fsync_waits_for_the_disk)
{
	int fd = make(0);

	write_all(fd);
	CHECK_EQ(flushes(), 0);
	CHECK_SYS(fsync(fd));
	CHECK(sectors() >= sizeof(block) / 512);
	CHECK(flushes() >= 1);
}

TEST(fsync_data_only)
{
	int fd = make(0);

	write_all(fd);
	CHECK_SYS(fdatasync(fd));
	CHECK(sectors() >= sizeof(block) / 512);
	CHECK(flushes() >= 1);
}

TEST(fsync_of_a_reader)
{
	int fd = make(0), reader = CHECK_SYS(open("f", O_RDONLY));

	write_all(fd);
	CHECK_SYS(fsync(reader));
	CHECK(sectors() >= sizeof(block) / 512);
}

TEST(fsync_of_a_new_size)
{
	int fd = make(0);
	struct stat st;

	CHECK_EQ(pwrite(fd, block, 100, sizeof(block)), 100);
	CHECK_SYS(fdatasync(fd));
	CHECK(sectors() >= 2 * PAGE / 512);	// the data, and the inode that says so
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, sizeof(block) + 100);
}

TEST(fsync_sync_calls)
{
	int fd = make(0), dir = CHECK_SYS(open(".", O_RDONLY));

	write_all(fd);
	sync();
	CHECK(sectors() >= sizeof(block) / 512);
	write_all(fd);
	CHECK_SYS(syncfs(dir));
	CHECK(sectors() >= 2 * sizeof(block) / 512);
	CHECK_ERRNO(syncfs(-1), EBADF);
	CHECK_ERRNO(syncfs(CHECK_SYS(open(".", O_PATH))), EBADF);
}

TEST(fsync_by_each_write)
{
	static const int flags[] = { O_SYNC, O_DSYNC };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		int fd = make(flags[i]);

		for (int n = 1; n <= 3; n++) {
			write_all(fd);
			CHECK(sectors() >= n * sizeof(block) / 512);
			CHECK(flushes() >= (unsigned)n);
		}
		CHECK_SYS(close(fd));
	}
}

TEST(fsync_by_one_write)
{
	struct iovec vec = { block, sizeof(block) };
	static const int flags[] = { RWF_SYNC, RWF_DSYNC };
	int fd = make(0);

	CHECK_EQ(pwritev2(fd, &vec, 1, 0, 0), sizeof(block));
	CHECK_EQ(flushes(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		CHECK_EQ(pwritev2(fd, &vec, 1, 0, flags[i]), sizeof(block));
		CHECK(sectors() >= (i + 1) * sizeof(block) / 512);
		CHECK(flushes() >= i + 1);
	}
	CHECK_ERRNO(pwritev2(fd, &vec, 1, 0, 1 << 20), EOPNOTSUPP);
	CHECK_EQ(pwritev2(fd, &vec, 0, 0, 1 << 20), 0);	// nothing is to be done
}

TEST(fsync_of_a_mapping)
{
	int fd = make(0);
	char *p = mmap(NULL, sizeof(block), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = 'm';
	CHECK_SYS(fsync(fd));
	CHECK(sectors() >= sizeof(block) / 512);
	CHECK(flushes() >= 1);
}

TEST(fsync_range)
{
	int fd = make(0), pipes[2];

	write_all(fd);
	CHECK_SYS(sync_file_range(fd, PAGE, PAGE, SYNC_FILE_RANGE_WRITE_AND_WAIT));
	CHECK(sectors() >= PAGE / 512);
	CHECK(sectors() < sizeof(block) / 512);
	CHECK_SYS(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE_AND_WAIT));
	CHECK(sectors() >= sizeof(block) / 512);
	CHECK_EQ(flushes(), 0);			// to the device, and not further
	CHECK_SYS(sync_file_range(fd, 0, 0, 0));
	CHECK_ERRNO(sync_file_range(fd, -1, 0, 0), EINVAL);
	CHECK_ERRNO(sync_file_range(fd, 0, -1, 0), EINVAL);
	CHECK_ERRNO(sync_file_range(fd, LONG_MAX, 1, 0), EINVAL);
	CHECK_ERRNO(sync_file_range(fd, 0, 0, 8), EINVAL);
	CHECK_ERRNO(sync_file_range(-1, 0, 0, 8), EBADF);
	CHECK_SYS(pipe(pipes));
	CHECK_ERRNO(sync_file_range(pipes[0], 0, 0, 0), ESPIPE);
	CHECK_ERRNO(sync_file_range(pipes[0], 0, 0, 8), EINVAL);
}

// Several at once, of one file and of others: each waits for what it has written.
TEST(fsync_by_several_at_once)
{
	enum { WRITERS = 4, ROUNDS = 15 };
	pid_t pid[WRITERS];

	make(0);
	for (int i = 0; i < WRITERS; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			char path[8] = "f", got[PAGE], page[PAGE];

			if (i % 2)
				snprintf(path, sizeof(path), "g%d", i);
			int fd = CHECK_SYS(open(path, O_RDWR | O_CREAT, 0644));
			int direct = CHECK_SYS(open(path, O_RDONLY | O_DIRECT));
			char *aligned = aligned_alloc(PAGE, PAGE);

			for (int n = 0; n < ROUNDS; n++) {
				memset(page, 'a' + n, PAGE);
				CHECK_EQ(pwrite(fd, page, PAGE, i * PAGE), PAGE);
				CHECK_SYS(n % 2 ? fsync(fd) : fdatasync(fd));
				CHECK_EQ(pread(direct, aligned, PAGE, i * PAGE), PAGE);
				CHECK(memcmp(aligned, page, PAGE) == 0);
				CHECK_EQ(pread(fd, got, PAGE, i * PAGE), PAGE);
				CHECK(memcmp(got, page, PAGE) == 0);
			}
			finish();
		}
	}
	for (int i = 0; i < WRITERS; i++)
		CHECK_EXIT(pid[i], 0);
}

// sync() while others write and fsync the same files: nothing that was written before is left out.
TEST(fsync_by_sync_against_others)
{
	char *aligned = aligned_alloc(PAGE, PAGE), page[PAGE];
	int fd = make(0), direct = CHECK_SYS(open("f", O_RDONLY | O_DIRECT));
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		for (;;) {
			CHECK_EQ(pwrite(fd, block, PAGE, PAGE), PAGE);
			CHECK_SYS(fdatasync(fd));
		}
	}
	for (int n = 0; n < 40; n++) {
		memset(page, 'a' + n % 26, PAGE);
		CHECK_EQ(pwrite(fd, page, PAGE, 0), PAGE);
		sync();
		CHECK_EQ(pread(direct, aligned, PAGE, 0), PAGE);
		CHECK(memcmp(aligned, page, PAGE) == 0);
	}
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}
