// SPDX-License-Identifier: MIT
// mprotect.c - mprotect(2): splitting, joining, and what each protection lets through
#include "user/usertests/mapping.h"
#include <sys/resource.h>

TEST(mprotect_each_protection)
{
	static const struct {
		int protection, read, write;
	} rows[] = {
		{ PROT_NONE, SIGSEGV, SIGSEGV },
		{ PROT_READ, 0, SIGSEGV },
		{ PROT_WRITE, 0, 0 },		// RISC-V: write implies read
		{ RW, 0, 0 },
		{ PROT_READ | PROT_EXEC, 0, SIGSEGV },
		{ RW | PROT_EXEC, 0, 0 },
	};
	char *p = map_anon(1, RW);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_SYS(mprotect(p, PAGE, rows[i].protection));
		CHECK_EQ(WRITE_SIGNAL(p + 10), rows[i].write);
		if (rows[i].write)
			CHECK_EQ(touch_info.si_code, SEGV_ACCERR);
		CHECK_EQ(READ_SIGNAL(p + 10), rows[i].read);
		if (rows[i].read)
			CHECK(touch_info.si_addr == p + 10);
	}
}

TEST(mprotect_none_keeps_the_content)
{
	char *p = map_anon(4, RW);

	memset(p, 'k', 4 * PAGE);
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_NONE));
	CHECK_EQ(READ_SIGNAL(p), SIGSEGV);
	CHECK_ERRNO(write(1, p, 1), EFAULT);
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_READ));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(p[i * PAGE], 'k');
}

TEST(mprotect_none_in_a_child)
{
	char *p = map_anon(2, RW);

	memset(p, 'c', 2 * PAGE);
	CHECK_SYS(mprotect(p, PAGE, PROT_NONE));
	IN_CHILD {
		CHECK_EQ(READ_SIGNAL(p), SIGSEGV);
		CHECK_SYS(mprotect(p, PAGE, RW));
		CHECK_EQ(p[0], 'c');
		p[0] = 'C';
		CHECK_EQ(p[0], 'C');
	}
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_EQ(p[0], 'c');
}

TEST(mprotect_splits_and_joins)
{
	char *p = find_room(6);
	int before;

	CHECK(mmap(p, 6 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	before = count_mappings();
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK_EQ(count_mappings(), before + 2);
	CHECK_SYS(mprotect(p + 3 * PAGE, PAGE, PROT_READ));	// joins the one before it
	CHECK_EQ(count_mappings(), before + 2);
	CHECK(mapping_at(p + 3 * PAGE).start == p + 2 * PAGE);
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, RW));		// joins, from the begin
	CHECK(mapping_at(p).end == p + 3 * PAGE);
	CHECK_SYS(mprotect(p + PAGE, 4 * PAGE, RW));
	CHECK_EQ(count_mappings(), before);
	CHECK(mapping_at(p).end == p + 6 * PAGE);
}

TEST(mprotect_joins_file_mappings_in_order_only)
{
	int fd = make_pages("f", 4);
	char *p = find_room(4);

	CHECK(mmap(p, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == p);
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE) == p + PAGE);
	CHECK(mmap(p + 2 * PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == p + 2 * PAGE);
	CHECK_SYS(mprotect(p + PAGE, PAGE, RW));
	CHECK(mapping_at(p).end == p + 2 * PAGE);	// pages 0 and 1, but not 0 again
	CHECK_EQ(p[2 * PAGE], 'a');
	p[PAGE] = 'P';
	CHECK_EQ(p[2 * PAGE], 'a');
}

TEST(mprotect_over_several)
{
	char *p = map_anon(5, RW);

	for (int i = 0; i < 5; i++)
		p[i * PAGE] = '0' + i;
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_SYS(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	CHECK_SYS(mprotect(p, 5 * PAGE, PROT_READ));
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(p[i * PAGE], '0' + i);
		CHECK_EQ(WRITE_SIGNAL(p + i * PAGE), SIGSEGV);
	}
}

TEST(mprotect_hole)
{
	// What lies before the hole is changed, as on Linux.
	char *p = map_anon(5, RW);

	memset(p, 'h', 5 * PAGE);
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(mprotect(p, 5 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(WRITE_SIGNAL(p), SIGSEGV);
	CHECK_EQ(WRITE_SIGNAL(p + PAGE), SIGSEGV);
	CHECK_EQ(WRITE_SIGNAL(p + 3 * PAGE), 0);
	CHECK_ERRNO(mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(WRITE_SIGNAL(p + 3 * PAGE), 0);
}

TEST(mprotect_what_the_file_forbids)
{
	char *p, *q;
	int fd;

	CHECK_SYS(close(make_pages("f", 3)));
	fd = CHECK_SYS(open("f", O_RDONLY));
	p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	q = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK_ERRNO(mprotect(p, PAGE, RW), EACCES);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_WRITE), EACCES);
	CHECK_SYS(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK_SYS(mprotect(q, 3 * PAGE, RW));
	q[0] = 'w';
	CHECK_EQ(p[0], 'a');
}

TEST(mprotect_refused_in_the_middle)
{
	char *p = find_room(3);
	int fd;

	CHECK_SYS(close(make_pages("f", 1)));
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK(mmap(p, 3 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == p);
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == p + PAGE);
	CHECK_ERRNO(mprotect(p, 3 * PAGE, RW), EACCES);
	CHECK_EQ(WRITE_SIGNAL(p), 0);
	CHECK_EQ(WRITE_SIGNAL(p + PAGE), SIGSEGV);
	CHECK_EQ(WRITE_SIGNAL(p + 2 * PAGE), SIGSEGV);
}

TEST(mprotect_order_of_errors)
{
	char *p = map_anon(1, RW), *hole = find_room(2);
	const int both = PROT_GROWSDOWN | PROT_GROWSUP;

	CHECK_ERRNO(mprotect(p + 1, 0, RW | both), EINVAL);
	CHECK_ERRNO(mprotect(p + 1, 0, RW), EINVAL);
	CHECK_ERRNO(mprotect(p + 1, PAGE, RW), EINVAL);
	CHECK_SYS(mprotect(hole, 0, RW));
	CHECK_SYS(mprotect(hole, 0, 0x100));
	CHECK_ERRNO(mprotect(p, -PAGE, 0x100), ENOMEM);	// wraps, before bad bits
	CHECK_ERRNO(mprotect(p, -1, 0x100), ENOMEM);
	CHECK_ERRNO(mprotect(p, PAGE, 0x100), EINVAL);
	CHECK_ERRNO(mprotect(hole, PAGE, 0x100), EINVAL);	// bits, before a hole
	CHECK_ERRNO(mprotect(hole, PAGE, RW), ENOMEM);
	CHECK_ERRNO(mprotect((void *)TASK_END, PAGE, RW), ENOMEM);
	CHECK_ERRNO(mprotect((void *)-PAGE, PAGE, RW), ENOMEM);
	CHECK_SYS(mprotect(p, PAGE, RW | 8));			// PROT_SEM has no meaning
	CHECK_EQ(WRITE_SIGNAL(p), 0);
}

TEST(mprotect_growsdown)
{
	char *room = find_room(40), *plain = map_anon(2, RW);
	char *p = mmap(room + 30 * PAGE, 4 * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	CHECK(p == room + 30 * PAGE);
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
	CHECK_EQ(WRITE_SIGNAL(p), SIGSEGV);		// from its begin on
	CHECK_EQ(WRITE_SIGNAL(p + 2 * PAGE), SIGSEGV);
	CHECK_EQ(WRITE_SIGNAL(p + 3 * PAGE), 0);
	CHECK_ERRNO(mprotect(plain, PAGE, RW | PROT_GROWSDOWN), EINVAL);
	CHECK_ERRNO(mprotect(plain, PAGE, RW | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(room, PAGE, RW | PROT_GROWSDOWN), ENOMEM);
	CHECK_ERRNO(mprotect(room, PAGE, RW | PROT_GROWSUP), ENOMEM);
	CHECK_ERRNO(mprotect(p, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
	// A range that begins below the stack and reaches into it is the stack's.
	CHECK_SYS(mprotect(p - PAGE, 2 * PAGE, RW | PROT_GROWSDOWN));
	CHECK_EQ(WRITE_SIGNAL(p), 0);
	CHECK_EQ(WRITE_SIGNAL(p + 2 * PAGE), SIGSEGV);
}

TEST(mprotect_data_limit)
{
	AS_NOBODY {
		char *p = map_anon(1024, PROT_READ);
		long long data = proc_field("/proc/self/status", "VmData");

		set_soft_limit(RLIMIT_DATA, data * 1024 + 512 * PAGE);
		CHECK_ERRNO(mprotect(p, 1024 * PAGE, RW), ENOMEM);
		CHECK_SYS(mprotect(p, 256 * PAGE, RW));
		CHECK_SYS(mprotect(p, 1024 * PAGE, PROT_NONE));
		CHECK_SYS(mprotect(p + 512 * PAGE, 512 * PAGE, RW));
	}
}

TEST(mprotect_zero_page_becomes_writable)
{
	char *p = map_anon(2, PROT_READ), *q = map_anon(2, RW);

	CHECK_EQ(p[0] + p[PAGE] + q[0], 0);		// all show the zero page
	CHECK_SYS(mprotect(p, 2 * PAGE, RW));
	p[0] = 'z';
	CHECK_EQ(p[PAGE] + q[0], 0);
	CHECK_EQ(p[0], 'z');
}

TEST(mprotect_of_shared_file_pages)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);

	p[0] = '1';
	CHECK_SYS(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_EQ(WRITE_SIGNAL(p), SIGSEGV);
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_SYS(mprotect(p, 2 * PAGE, RW));
	p[0] = '2';
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_EQ(p[PAGE], 'b');
	CHECK_SYS(munmap(p, 2 * PAGE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, CHECK_SYS(open("f", O_RDONLY)), 0);
	CHECK_EQ(p[0], '2');
}
