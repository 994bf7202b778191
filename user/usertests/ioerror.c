// SPDX-License-Identifier: MIT
// ioerror.c - a disk that fails: who hears of it, and that the rest goes on
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

// A file of so many pages of 'o', on the disk and clean.
static int make(size_t pages)
{
	static char block[PAGE];
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	memset(block, 'o', PAGE);
	for (size_t i = 0; i < pages; i++)
		CHECK_EQ(write(fd, block, PAGE), PAGE);
	CHECK_SYS(fsync(fd));
	sync();
	// What the test itself needs must not be there when the disk fails.
	CHECK_SYS(mlockall(MCL_CURRENT));
	return fd;
}

static char *map(int fd, size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static char byte_at(int fd, off_t offset)
{
	char byte = 0;

	CHECK_EQ(pread(fd, &byte, 1, offset), 1);
	return byte;
}

TEST(ioerror_fsync_tells_each_open_file_once)
{
	int a = make(1), b = CHECK_SYS(open("f", O_RDWR)), reader = CHECK_SYS(open("f", O_RDONLY));

	CHECK_EQ(pwrite(a, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_ERRNO(fsync(a), EIO);
	disk_works();
	CHECK_SYS(fsync(a));
	CHECK_ERRNO(fdatasync(b), EIO);
	CHECK_SYS(fdatasync(b));
	CHECK_ERRNO(fsync(reader), EIO);
	CHECK_SYS(fsync(reader));
	// Somebody has seen it: who opens the file now is not told.
	CHECK_SYS(fsync(CHECK_SYS(open("f", O_RDWR))));
}

TEST(ioerror_unseen_is_told_to_the_next_opener)
{
	int fd = make(1);

	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_SYS(sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WRITE));	// starts it, no more
	disk_works();
	CHECK_SYS(close(fd));
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_ERRNO(fsync(fd), EIO);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fsync(CHECK_SYS(open("f", O_RDWR))));
}

TEST(ioerror_two_before_a_look_are_one)
{
	int a = make(2), b = CHECK_SYS(open("f", O_RDWR));

	disk_fails("f", 2);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pwrite(a, "new", 3, i * PAGE), 3);
		CHECK_SYS(sync_file_range(a, i * PAGE, PAGE, SYNC_FILE_RANGE_WRITE));
	}
	disk_works();
	CHECK_ERRNO(fsync(b), EIO);
	CHECK_SYS(fsync(b));
	CHECK_ERRNO(fsync(a), EIO);
	CHECK_SYS(fsync(a));
	// Each after a look is a new one.
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(pwrite(a, "more", 4, 0), 4);
		disk_fails("f", 1);
		CHECK_ERRNO(fsync(a), EIO);
		disk_works();
	}
	CHECK_ERRNO(fsync(b), EIO);
	CHECK_SYS(fsync(b));
}

TEST(ioerror_sync_file_range_waits_and_tells)
{
	int fd = make(1), other = CHECK_SYS(open("f", O_RDWR));

	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_ERRNO(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE_AND_WAIT), EIO);
	disk_works();
	CHECK_SYS(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE));
	CHECK_ERRNO(sync_file_range(other, 0, 0, SYNC_FILE_RANGE_WAIT_AFTER), EIO);
	CHECK_SYS(fsync(other));
}

TEST(ioerror_syncfs_tells_each_open_file_once)
{
	int fd = make(1), dir = CHECK_SYS(open(".", O_RDONLY)), other = CHECK_SYS(dup(dir));
	int own = CHECK_SYS(open("..", O_RDONLY));

	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_SYS(sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WRITE));
	disk_works();
	CHECK_ERRNO(syncfs(dir), EIO);
	CHECK_SYS(syncfs(other));		// the same open file
	CHECK_ERRNO(syncfs(own), EIO);
	CHECK_SYS(syncfs(own));
	CHECK_SYS(syncfs(CHECK_SYS(open(".", O_RDONLY))));
	CHECK_ERRNO(fsync(fd), EIO);		// a count of its own
	CHECK_SYS(fsync(fd));
}

TEST(ioerror_synchronous_write)
{
	static const int flags[] = { O_SYNC, O_DSYNC };

	make(1);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		int fd = CHECK_SYS(open("f", O_RDWR | flags[i]));

		disk_fails("f", 1);
		CHECK_ERRNO(write(fd, "sync", 4), EIO);
		disk_works();
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
		CHECK_EQ(byte_at(fd, 0), 's');	// it is in the cache
		CHECK_EQ(write(fd, "sync", 4), 4);
		CHECK_SYS(fsync(fd));
	}
}

TEST(ioerror_mapped_page)
{
	int fd = make(1);
	char *p = map(fd, 1, MAP_SHARED);

	p[0] = 'm';
	disk_fails("f", 1);
	CHECK_ERRNO(msync(p, PAGE, MS_SYNC), EIO);
	disk_works();
	CHECK_EQ(p[0], 'm');
	CHECK_EQ(byte_at(fd, 0), 'm');
	CHECK_SYS(msync(p, PAGE, MS_SYNC));	// told already, and nothing is dirty
	p[1] = 'n';				// this dirties it, with all that is on it
	CHECK_SYS(msync(p, PAGE, MS_SYNC));
	CHECK_SYS(munmap(p, PAGE));
	drop_page_cache();
	CHECK_EQ(byte_at(fd, 0), 'm');
	CHECK_EQ(byte_at(fd, 1), 'n');
}

TEST(ioerror_page_that_was_not_written_is_clean)
{
	int fd = make(1);

	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_ERRNO(fsync(fd), EIO);
	disk_works();
	CHECK_EQ(byte_at(fd, 0), 'n');
	drop_page_cache();
	CHECK_EQ(byte_at(fd, 0), 'o');		// nothing keeps it: fsync(2) NOTES
}

TEST(ioerror_read)
{
	int fd = make(40);
	char got[8];

	drop_page_cache();
	disk_fails("f", -1);
	CHECK_ERRNO(pread(fd, got, sizeof(got), 0), EIO);
	CHECK_ERRNO(pread(fd, got, sizeof(got), 39 * PAGE), EIO);
	disk_works();
	CHECK_EQ(byte_at(fd, 0), 'o');
	CHECK_EQ(byte_at(fd, 39 * PAGE), 'o');
}

TEST(ioerror_read_gives_what_came_before_it)
{
	static char got[8 * PAGE];
	int fd = make(8);
	volatile char *p;

	drop_page_cache();
	p = map(fd, 8, MAP_SHARED);
	CHECK_SYS(madvise((char *)p, 8 * PAGE, MADV_RANDOM));	// one page a touch
	CHECK_EQ(p[0], 'o');
	CHECK_EQ(p[PAGE], 'o');
	disk_fails("f", -1);
	CHECK_EQ(pread(fd, got, sizeof(got), 0), 2 * PAGE);
	CHECK_ERRNO(pread(fd, got, PAGE, 2 * PAGE), EIO);
	disk_works();
	CHECK_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
}

static volatile char *fault_at;
static siginfo_t fault_info;

static void note_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	fault_info = *info;
	disk_works();			// the access is tried again
}

TEST(ioerror_fault)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE };
	struct sigaction action = { .sa_sigaction = note_fault, .sa_flags = SA_SIGINFO };
	int fd = make(4);

	CHECK_SYS(sigaction(SIGBUS, &action, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		for (int write = 0; write < 2; write++) {
			char *p = map(fd, 4, flags[i]);

			drop_page_cache();
			memset(&fault_info, 0, sizeof(fault_info));
			fault_at = p + 2 * PAGE + 5;
			disk_fails("f", -1);
			if (write)
				*fault_at = 'w';
			else
				CHECK_EQ(*fault_at, 'o');
			CHECK_EQ(fault_info.si_signo, SIGBUS);
			CHECK_EQ(fault_info.si_code, BUS_ADRERR);
			CHECK((char *)fault_info.si_addr == fault_at);
			CHECK_EQ(p[0], 'o');
			if (write && flags[i] == MAP_SHARED) {
				CHECK_EQ(byte_at(fd, 2 * PAGE + 5), 'w');
				*fault_at = 'o';
				CHECK_SYS(msync(p, 4 * PAGE, MS_SYNC));
			}
			CHECK_SYS(munmap(p, 4 * PAGE));
		}
	}
}

TEST(ioerror_system_call_into_a_page_that_cannot_be_read)
{
	int fd = make(2), pipes[2];
	char *p = map(fd, 2, MAP_SHARED);

	CHECK_SYS(pipe(pipes));
	drop_page_cache();
	disk_fails("f", -1);
	CHECK_ERRNO(write(pipes[1], p, 10), EFAULT);
	disk_works();
	CHECK_EQ(write(pipes[1], p, 10), 10);
}

TEST(ioerror_partial_write_needs_the_rest)
{
	int fd = make(2);

	drop_page_cache();
	disk_fails("f", -1);
	CHECK_ERRNO(pwrite(fd, "part", 4, 100), EIO);
	disk_works();
	CHECK_EQ(byte_at(fd, 100), 'o');
	CHECK_EQ(pwrite(fd, "part", 4, 100), 4);
	CHECK_SYS(fsync(fd));
	CHECK_EQ(byte_at(fd, 99), 'o');
	CHECK_EQ(byte_at(fd, 100), 'p');
}

TEST(ioerror_whole_pages_need_nothing)
{
	static char block[2 * PAGE];
	int fd = make(2);

	drop_page_cache();
	memset(block, 'w', sizeof(block));
	disk_fails("f", -1);
	CHECK_EQ(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	CHECK_EQ(byte_at(fd, PAGE), 'w');
	disk_works();
	CHECK_SYS(fsync(fd));
}

TEST(ioerror_direct)
{
	char *block = aligned_alloc(PAGE, PAGE);
	int fd = make(2), direct = CHECK_SYS(open("f", O_RDWR | O_DIRECT));

	disk_fails("f", -1);
	CHECK_ERRNO(pread(direct, block, PAGE, 0), EIO);
	memset(block, 'd', PAGE);
	CHECK_ERRNO(pwrite(direct, block, PAGE, PAGE), EIO);
	disk_works();
	CHECK_EQ(byte_at(fd, PAGE), 'o');
	CHECK_EQ(pwrite(direct, block, PAGE, PAGE), PAGE);
	CHECK_EQ(byte_at(fd, PAGE), 'd');
	CHECK_SYS(fsync(direct));	// who was told by the call itself is not told again
}

// A write-back error that nobody has been told of stops direct I/O of the same file once.
TEST(ioerror_direct_after_failed_writeback)
{
	char *block = aligned_alloc(PAGE, PAGE);
	int fd = make(2), direct = CHECK_SYS(open("f", O_RDWR | O_DIRECT));

	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	disk_fails("f", 1);
	CHECK_ERRNO(pread(direct, block, PAGE, 0), EIO);	// writes the page first
	disk_works();
	CHECK_EQ(pread(direct, block, PAGE, 0), PAGE);
	CHECK_EQ(block[0], 'o');
	CHECK_ERRNO(fsync(fd), EIO);
	CHECK_SYS(fsync(fd));
}
