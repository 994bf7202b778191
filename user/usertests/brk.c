// SPDX-License-Identifier: MIT
// brk.c - brk(2), by the system call itself: it gives the break that is in force
#include "user/usertests/mapping.h"
#include <sys/resource.h>

static unsigned long sys_brk(unsigned long to)
{
	return syscall(SYS_brk, to);
}

TEST(brk_by_pages_and_bytes)
{
	unsigned long start = sys_brk(0);
	unsigned long page = (start + PAGE - 1) & -PAGE;

	CHECK_EQ(sys_brk(page + 3 * PAGE), page + 3 * PAGE);
	CHECK_EQ(sys_brk(page + 2 * PAGE + 1), page + 2 * PAGE + 1);
	CHECK_EQ(READ_SIGNAL((char *)page + 3 * PAGE - 1), 0);
	CHECK_EQ(sys_brk(page + 2 * PAGE), page + 2 * PAGE);
	CHECK_EQ(READ_SIGNAL((char *)page + 2 * PAGE), SIGSEGV);
	CHECK_EQ(sys_brk(start), start);
}

TEST(brk_refuses)
{
	unsigned long start = sys_brk(0);

	CHECK_EQ(sys_brk(1), start);
	CHECK_EQ(sys_brk(~0UL), start);
	CHECK_EQ(sys_brk(TASK_END), start);
	CHECK_EQ(sys_brk(TASK_END + PAGE), start);
	CHECK_EQ(sys_brk(1UL << 63), start);
}

TEST(brk_stops_at_a_mapping)
{
	unsigned long start = sys_brk(0), page = (start + PAGE - 1) & -PAGE;
	void *wall = (void *)(page + 8 * PAGE);

	CHECK(mmap(wall, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == wall);
	CHECK_EQ(sys_brk(page + 9 * PAGE), start);
	CHECK_EQ(sys_brk(page + 8 * PAGE), start);	// a page stays free between them
	CHECK_EQ(sys_brk(page + 7 * PAGE + 1), start);
	CHECK_EQ(sys_brk(page + 7 * PAGE), page + 7 * PAGE);
	CHECK_SYS(munmap(wall, PAGE));
	CHECK_EQ(sys_brk(page + 20 * PAGE), page + 20 * PAGE);
}

TEST(brk_zeroes_what_comes_back)
{
	unsigned long start = sys_brk(0), page = (start + PAGE - 1) & -PAGE;
	char *p = (char *)page;

	CHECK_EQ(sys_brk(page + 2 * PAGE), page + 2 * PAGE);
	memset(p, 'b', 2 * PAGE);
	CHECK_EQ(sys_brk(page + PAGE), page + PAGE);
	CHECK_EQ(sys_brk(page + 2 * PAGE), page + 2 * PAGE);
	CHECK_EQ(p[0], 'b');
	CHECK_EQ(p[PAGE], 0);
}

TEST(brk_data_limit)
{
	AS_NOBODY {
		unsigned long start = sys_brk(0);
		unsigned long data = proc_field("/proc/self/status", "VmData") * 1024;

		set_soft_limit(RLIMIT_DATA, data + 64 * PAGE);
		CHECK_EQ(sys_brk(start + data + 66 * PAGE), start);
		CHECK_EQ(sys_brk(start + 16 * PAGE), start + 16 * PAGE);
		CHECK_EQ(mmap_errno(NULL, 65 * PAGE, RW, ANON, -1, 0), ENOMEM);
		CHECK_EQ(mmap_errno(NULL, 65 * PAGE, PROT_READ, ANON, -1, 0), 0);
		CHECK_EQ(mmap_errno(NULL, 65 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 0);
	}
}

TEST(brk_address_space_limit)
{
	AS_NOBODY {
		unsigned long start = sys_brk(0);
		unsigned long size = proc_field("/proc/self/status", "VmSize") * 1024;

		set_soft_limit(RLIMIT_AS, size + 8 * PAGE);
		CHECK_EQ(sys_brk(start + 10 * PAGE), start);
		CHECK_EQ(sys_brk(start + 4 * PAGE), start + 4 * PAGE);
	}
}

TEST(brk_in_a_child)
{
	unsigned long start = sys_brk(0);

	CHECK_EQ(sys_brk(start + 4 * PAGE), start + 4 * PAGE);
	*(char *)(start + 3 * PAGE) = 'p';
	IN_CHILD {
		CHECK_EQ(sys_brk(0), start + 4 * PAGE);
		CHECK_EQ(*(char *)(start + 3 * PAGE), 'p');
		CHECK_EQ(sys_brk(start), start);
	}
	CHECK_EQ(sys_brk(0), start + 4 * PAGE);
	CHECK_EQ(*(char *)(start + 3 * PAGE), 'p');
}

TEST(brk_after_the_heap_was_unmapped)
{
	unsigned long start = sys_brk(0), page = (start + PAGE - 1) & -PAGE;

	CHECK_EQ(sys_brk(page + 4 * PAGE), page + 4 * PAGE);
	CHECK_SYS(munmap((void *)page, 4 * PAGE));
	CHECK_EQ(sys_brk(page + PAGE), page + 4 * PAGE);	// there is nothing to give back
	CHECK_EQ(sys_brk(page + 5 * PAGE), page + 5 * PAGE);
	CHECK_EQ(READ_SIGNAL((char *)page), SIGSEGV);
	CHECK_EQ(READ_SIGNAL((char *)page + 4 * PAGE), 0);
}
