// SPDX-License-Identifier: MIT
// mincore.c - mincore(2)
#include "user/usertests/mapping.h"

TEST(mincore_of_anonymous_memory)
{
	char *p = map_anon(6, RW);
	unsigned char vec[6];

	p[PAGE] = 1;
	CHECK_EQ(p[3 * PAGE], 0);		// the zero page is a page
	CHECK_SYS(mincore(p, 6 * PAGE, vec));
	for (int i = 0; i < 6; i++)
		CHECK_EQ(vec[i], i == 1 || i == 3);
	CHECK_SYS(mprotect(p, 6 * PAGE, PROT_NONE));
	CHECK_EQ(resident(p, 6), 2);
}

TEST(mincore_of_a_file)
{
	int fd = make_pages("f", 4);
	char *p = mmap(NULL, 6 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	unsigned char vec[6];

	// What is in the cache is there, mapped or not; what the file does not have is not.
	CHECK_SYS(mincore(p, 6 * PAGE, vec));
	for (int i = 0; i < 6; i++)
		CHECK_EQ(vec[i], i < 4);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 3 * PAGE);
	CHECK_SYS(mincore(p, 2 * PAGE, vec));
	CHECK_EQ(vec[0], 1);
	CHECK_EQ(vec[1], 0);
}

TEST(mincore_length)
{
	char *p = map_anon(3, RW);
	unsigned char vec[4] = { 9, 9, 9, 9 };

	memset(p, 1, 3 * PAGE);
	CHECK_SYS(mincore(p, 0, vec));
	CHECK_EQ(vec[0], 9);
	CHECK_SYS(mincore(p, 1, vec));
	CHECK_EQ(vec[0], 1);
	CHECK_EQ(vec[1], 9);
	CHECK_SYS(mincore(p, PAGE + 1, vec));
	CHECK_EQ(vec[1], 1);
	CHECK_EQ(vec[2], 9);
}

TEST(mincore_hole)
{
	char *p = map_anon(4, RW);
	unsigned char vec[4] = { 9, 9, 9, 9 };

	memset(p, 1, 4 * PAGE);
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(mincore(p, 4 * PAGE, vec), ENOMEM);
	// What lies before the hole has been told.
	CHECK_EQ(vec[0], 1);
	CHECK_EQ(vec[1], 1);
	CHECK_EQ(vec[2], 9);
	CHECK_ERRNO(mincore(p + 2 * PAGE, PAGE, vec), ENOMEM);
}

TEST(mincore_errors)
{
	char *p = map_anon(2, RW);
	unsigned char vec[2];

	CHECK_ERRNO(mincore(p + 1, PAGE, vec), EINVAL);
	CHECK_ERRNO(mincore(p + 1, 0, vec), EINVAL);
	CHECK_ERRNO(mincore(p, -PAGE, vec), ENOMEM);
	CHECK_ERRNO(mincore((void *)-PAGE, PAGE, vec), ENOMEM);
	CHECK_ERRNO(mincore((void *)TASK_END, PAGE, NULL), ENOMEM);
	CHECK_ERRNO(mincore(p, PAGE, (void *)-PAGE), EFAULT);
	CHECK_ERRNO(mincore(p, PAGE, (void *)PAGE), EFAULT);
	CHECK_ERRNO(mincore(p, PAGE, (void *)mincore), EFAULT);
	CHECK_SYS(mincore(p, 0, NULL));
}

TEST(mincore_of_other_peoples_files)
{
	// Everything is said to be there: who has read a file is not everybody's business.
	int fd = make_pages("f", 4);
	char *p;

	CHECK_SYS(fsync(fd));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_EQ(resident(p, 4), 0);
	AS_NOBODY {
		CHECK_EQ(resident(p, 4), 4);
	}
}
