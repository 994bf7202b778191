// SPDX-License-Identifier: MIT
// fadvise.c - posix_fadvise(2), readahead(2): what is read ahead, what is dropped
#include "user/usertests/mapping.h"

#define FILE_PAGES	16

// A file whose pages are on the disk and not in the cache, and a mapping of it to look with.
static int cold_file(char **mapping)
{
	int fd = make_pages("f", FILE_PAGES);

	CHECK_SYS(fsync(fd));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	*mapping = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(*mapping != MAP_FAILED);
	return fd;
}

// Waits, by looking, until so many pages are in the cache.
static void until_resident(const char *p, size_t pages, size_t want)
{
	while (resident(p, pages) < want)
		nap(MS);
}

TEST(fadvise_dontneed_drops_clean_pages)
{
	char *p;

	cold_file(&p);
	CHECK_EQ(resident(p, FILE_PAGES), 0);
	CHECK_EQ(p[5 * PAGE], 'f');
	CHECK(resident(p, FILE_PAGES) > 0);
}

TEST(fadvise_dontneed_keeps_parts_of_pages)
{
	char *p;
	int fd = cold_file(&p);
	char page[PAGE];

	CHECK_SYS(munmap(p, FILE_PAGES * PAGE));
	for (int i = 0; i < FILE_PAGES; i++)
		CHECK_EQ(pread(fd, page, PAGE, i * PAGE), PAGE);
	p = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_EQ(resident(p, FILE_PAGES), FILE_PAGES);
	CHECK_EQ(posix_fadvise(fd, PAGE + 1, 3 * PAGE, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(resident(p, FILE_PAGES), FILE_PAGES - 2);	// 2 and 3
	CHECK_EQ(resident(p + 2 * PAGE, 2), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 100, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(resident(p, 1), 1);
}

TEST(fadvise_dontneed_keeps_mapped_and_loses_nothing)
{
	char *p;
	int fd = cold_file(&p);

	CHECK_EQ(p[0], 'a');
	CHECK_EQ(pwrite(fd, "new", 3, 3 * PAGE), 3);	// dirty
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(resident(p, 1), 1);
	CHECK_EQ(p[3 * PAGE], 'n');
	CHECK_EQ(p[4 * PAGE], 'e');
}

TEST(fadvise_willneed_reads)
{
	char *p;
	int fd = cold_file(&p);

	CHECK_EQ(posix_fadvise(fd, 2 * PAGE, 4 * PAGE, POSIX_FADV_WILLNEED), 0);
	until_resident(p + 2 * PAGE, 4, 4);
	CHECK_EQ(resident(p, 2), 0);
	CHECK_EQ(resident(p + 6 * PAGE, FILE_PAGES - 6), 0);
	CHECK_EQ(posix_fadvise(fd, 8 * PAGE, 0, POSIX_FADV_WILLNEED), 0);
	until_resident(p + 8 * PAGE, 8, 8);
	CHECK_EQ(resident(p + 6 * PAGE, 2), 0);
}

TEST(fadvise_random_reads_what_is_asked)
{
	char *p, byte;
	int fd = cold_file(&p);

	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
	CHECK_EQ(pread(fd, &byte, 1, 3 * PAGE), 1);
	CHECK_EQ(resident(p, FILE_PAGES), 1);
	CHECK_EQ(pread(fd, &byte, 1, 0), 1);
	CHECK_EQ(resident(p, FILE_PAGES), 2);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_NOREUSE), 0);
}

TEST(fadvise_errors)
{
	int fd[2], file = make_pages("f", 1);

	CHECK_EQ(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL), EBADF);
	CHECK_EQ(posix_fadvise(file, 0, 0, 6), EINVAL);
	CHECK_EQ(posix_fadvise(file, 0, 0, -1), EINVAL);
	CHECK_EQ(posix_fadvise(file, 0, -1, POSIX_FADV_NORMAL), EINVAL);
	CHECK_EQ(posix_fadvise(-1, 0, -1, 6), EBADF);
	CHECK_SYS(pipe(fd));
	CHECK_EQ(posix_fadvise(fd[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE);
	CHECK_EQ(posix_fadvise(fd[0], 0, -1, 6), ESPIPE);
	CHECK_SYS(close(fd[0]));
	fd[0] = CHECK_SYS(open("f", O_RDONLY | O_PATH));
	CHECK_EQ(posix_fadvise(fd[0], 0, 0, POSIX_FADV_NORMAL), EBADF);
}

TEST(fadvise_without_a_disk)
{
	int fd = CHECK_SYS(open("/proc/self/stat", O_RDONLY));

	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, 17), EINVAL);
	fd = CHECK_SYS(open("/dev/null", O_RDONLY));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
	fd = CHECK_SYS(open(".", O_RDONLY));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
}

TEST(fadvise_overflow)
{
	int fd = make_pages("f", 2);

	// offset + length past the last offset means: to the end.
	CHECK_EQ(posix_fadvise(fd, 1, LONG_MAX, POSIX_FADV_DONTNEED), 0);
	CHECK_EQ(posix_fadvise(fd, LONG_MAX, LONG_MAX, POSIX_FADV_WILLNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 1UL << 40, PAGE, POSIX_FADV_WILLNEED), 0);
	CHECK_EQ(posix_fadvise(fd, 1UL << 40, PAGE, POSIX_FADV_DONTNEED), 0);
}

TEST(readahead_reads)
{
	char *p;
	int fd = cold_file(&p);

	CHECK_SYS(readahead(fd, PAGE, 3 * PAGE));
	until_resident(p + PAGE, 3, 3);
	CHECK_EQ(resident(p, 1), 0);
	CHECK_EQ(resident(p + 4 * PAGE, FILE_PAGES - 4), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
}

TEST(readahead_errors)
{
	int fd[2];

	put_file("f", "x");
	CHECK_ERRNO(readahead(-1, 0, 1), EBADF);
	fd[0] = CHECK_SYS(open("f", O_WRONLY));
	CHECK_ERRNO(readahead(fd[0], 0, 1), EBADF);
	CHECK_SYS(pipe(fd));
	CHECK_ERRNO(readahead(fd[0], 0, 1), EINVAL);
	CHECK_ERRNO(readahead(fd[1], 0, 1), EBADF);
	fd[0] = CHECK_SYS(open(".", O_RDONLY));
	CHECK_ERRNO(readahead(fd[0], 0, 1), EINVAL);
	fd[0] = CHECK_SYS(open("/dev/null", O_RDONLY));
	CHECK_ERRNO(readahead(fd[0], 0, 1), EINVAL);
}
