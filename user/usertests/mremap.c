// SPDX-License-Identifier: MIT
// mremap.c - mremap(2)
#include "user/usertests/mapping.h"
#include <sys/resource.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define MOVE	MREMAP_MAYMOVE
#define FIXED	(MREMAP_MAYMOVE | MREMAP_FIXED)
#define LEAVE	(MREMAP_MAYMOVE | MREMAP_DONTUNMAP)

// Anonymous memory at a place with room around it, page n beginning with '0' + n.
static char *numbered(size_t pages, size_t room)
{
	char *p = find_room(room);

	CHECK(mmap(p, pages * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = '0' + i;
	return p;
}

static void check_numbers(const char *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		CHECK_EQ(p[i * PAGE], '0' + i);
}

TEST(mremap_shrinks)
{
	char *p = numbered(5, 5);

	CHECK(mremap(p, 5 * PAGE, 2 * PAGE, 0) == p);
	check_numbers(p, 0, 2);
	CHECK(!is_mapped(p + 2 * PAGE));
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, 0) == p);
	CHECK(mremap(p, PAGE + 1, 1, MOVE) == p);
	CHECK(!is_mapped(p + PAGE));
}

TEST(mremap_shrinks_over_several)
{
	char *p = numbered(6, 6);

	CHECK_SYS(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	CHECK(mremap(p, 6 * PAGE, 2 * PAGE, 0) == p);
	check_numbers(p, 0, 2);
	for (int i = 2; i < 6; i++)
		CHECK(!is_mapped(p + i * PAGE));
}

TEST(mremap_grows_in_place)
{
	char *p = numbered(2, 8);

	CHECK(mremap(p, 2 * PAGE, 4 * PAGE, 0) == p);
	check_numbers(p, 0, 2);
	CHECK_EQ(p[3 * PAGE], 0);
	CHECK(mapping_at(p).end == p + 4 * PAGE);
	// From the middle of the mapping to its end, and beyond.
	CHECK(mremap(p + 2 * PAGE, 2 * PAGE, 5 * PAGE, 0) == p + 2 * PAGE);
	CHECK(mapping_at(p).start == p && mapping_at(p).end == p + 7 * PAGE);
}

TEST(mremap_cannot_grow)
{
	char *p = numbered(4, 8);

	CHECK(mmap(p + 5 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == p + 5 * PAGE);
	CHECK_EQ(mremap_errno(p, 4 * PAGE, 6 * PAGE, 0, NULL), ENOMEM);
	CHECK_EQ(mremap_errno(p, 2 * PAGE, 3 * PAGE, 0, NULL), ENOMEM);	// not at its end
	CHECK(mremap(p, 4 * PAGE, 5 * PAGE, 0) == p);
	check_numbers(p, 0, 4);
}

TEST(mremap_moves_to_grow)
{
	char *p = numbered(3, 4), *q;

	CHECK(mmap(p + 3 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == p + 3 * PAGE);
	q = mremap(p, 3 * PAGE, 9 * PAGE, MOVE);
	CHECK(q != MAP_FAILED && q != p);
	check_numbers(q, 0, 3);
	CHECK_EQ(q[8 * PAGE], 0);
	CHECK(!is_mapped(p) && !is_mapped(p + 2 * PAGE) && is_mapped(p + 3 * PAGE));
	CHECK_EQ(READ_SIGNAL(p), SIGSEGV);
}

TEST(mremap_moves_the_middle)
{
	char *p = numbered(6, 6), *q = find_room(2);

	CHECK(mremap(p + 2 * PAGE, 2 * PAGE, 2 * PAGE, FIXED, q) == q);
	CHECK_EQ(q[0], '2');
	CHECK_EQ(q[PAGE], '3');
	check_numbers(p, 0, 2);
	check_numbers(p, 4, 6);
	CHECK(!is_mapped(p + 2 * PAGE) && !is_mapped(p + 3 * PAGE));
}

TEST(mremap_fixed_replaces)
{
	char *p = numbered(2, 2), *q = map_anon(4, RW);

	memset(q, 'q', 4 * PAGE);
	CHECK(mremap(p, 2 * PAGE, 2 * PAGE, FIXED, q + PAGE) == q + PAGE);
	CHECK_EQ(q[0], 'q');
	check_numbers(q + PAGE, 0, 2);
	CHECK_EQ(q[3 * PAGE], 'q');
	CHECK(!is_mapped(p));
}

TEST(mremap_fixed_shrinks_and_grows)
{
	char *p = numbered(4, 4), *q = find_room(8);

	CHECK(mremap(p, 4 * PAGE, 2 * PAGE, FIXED, q) == q);
	check_numbers(q, 0, 2);
	CHECK(!is_mapped(p) && !is_mapped(p + 3 * PAGE) && !is_mapped(q + 2 * PAGE));
	p = find_room(8);
	CHECK(mremap(q, 2 * PAGE, 5 * PAGE, FIXED, p) == p);
	check_numbers(p, 0, 2);
	CHECK_EQ(p[4 * PAGE], 0);
}

TEST(mremap_far_and_back)
{
	// By other offsets within their page tables.
	char *p = numbered(10, 600), *q = find_room(2000);

	for (int i = 0; i < 20; i++) {
		char *to = i % 2 ? p + i * 13 * PAGE : q + (i * 37 + 505) * PAGE;
		char *from = i == 0 ? p : i % 2 ? q + ((i - 1) * 37 + 505) * PAGE :
			p + (i - 1) * 13 * PAGE;

		CHECK(mremap(from, 10 * PAGE, 10 * PAGE, FIXED, to) == to);
		check_numbers(to, 0, 10);
		CHECK(!is_mapped(from));
	}
}

TEST(mremap_errors)
{
	char *p = map_anon(4, RW), *q = find_room(4);

	CHECK_EQ(mremap_errno(p + 1, PAGE, PAGE, MOVE, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, 0, MOVE, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, -1, MOVE, NULL), EINVAL);	// rounds up to 0
	CHECK_EQ(mremap_errno(p, PAGE, PAGE, 8, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, PAGE, MREMAP_FIXED, q), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, PAGE, FIXED, q + 1), EINVAL);
	CHECK_EQ(mremap_errno(p, 2 * PAGE, 2 * PAGE, FIXED, p + PAGE), EINVAL);	// overlap
	CHECK_EQ(mremap_errno(p + PAGE, 2 * PAGE, 2 * PAGE, FIXED, p), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, PAGE, FIXED, (void *)TASK_END), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, PAGE, FIXED, (void *)-PAGE), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, 1UL << 40, FIXED, q), EINVAL);
	CHECK_EQ(mremap_errno(q, PAGE, PAGE, MOVE, NULL), EFAULT);
	CHECK_EQ(mremap_errno(q, PAGE, PAGE, FIXED, p), EFAULT);
	CHECK_EQ(mremap_errno(p, 0, PAGE, MOVE, NULL), EINVAL);		// private
	CHECK_EQ(mremap_errno(p, 0, PAGE, 0, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, 1UL << 40, MOVE, NULL), ENOMEM);
	CHECK_EQ(mremap_errno(p, PAGE, 1UL << 63, MOVE, NULL), ENOMEM);
	CHECK_EQ(mremap_errno((void *)TASK_END, PAGE, PAGE, MOVE, NULL), EFAULT);
	CHECK_EQ(mremap_errno((void *)-PAGE, PAGE, PAGE, MOVE, NULL), EFAULT);
}

TEST(mremap_beyond_the_end_of_the_mapping)
{
	char *p = numbered(3, 3), *q = find_room(8);

	CHECK_EQ(mremap_errno(p, 4 * PAGE, 5 * PAGE, MOVE, NULL), EFAULT);
	CHECK_EQ(mremap_errno(p, 4 * PAGE, 4 * PAGE, FIXED, q), EFAULT);
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_READ));
	CHECK_EQ(mremap_errno(p, 3 * PAGE, 4 * PAGE, MOVE, NULL), EFAULT);	// two mappings
	CHECK_EQ(mremap_errno(p, 3 * PAGE, 3 * PAGE, FIXED, q), EFAULT);
	check_numbers(p, 0, 3);
	CHECK(mremap(p, 4 * PAGE, 4 * PAGE, 0) == p);	// nothing to do, nothing looked at
	CHECK(mremap(p, 4 * PAGE, 4 * PAGE, MOVE) == p);
}

TEST(mremap_to_a_low_address)
{
	AS_NOBODY {
		char *p = map_anon(1, RW);

		CHECK_EQ(mremap_errno(p, PAGE, PAGE, FIXED, NULL), EPERM);
	}
}

TEST(mremap_shared_duplicates)
{
	char *p = map_new_file("f", 3, RW, MAP_SHARED), *q;

	q = mremap(p + PAGE, 0, 2 * PAGE, MOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 'b');
	q[PAGE] = 'D';
	CHECK_EQ(p[2 * PAGE], 'D');
	CHECK_EQ(mapping_at(q).offset, PAGE);
	CHECK_EQ(mremap_errno(p, 0, PAGE, 0, NULL), ENOMEM);	// it must move
	q = find_room(1);
	CHECK(mremap(p, 0, PAGE, FIXED, q) == q);
	CHECK_EQ(q[0], 'a');
}

TEST(mremap_shared_anonymous_duplicates)
{
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	p[PAGE] = 's';
	q = mremap(p, 0, 2 * PAGE, MOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[PAGE], 's');
	q[0] = 't';
	CHECK_EQ(p[0], 't');
}

TEST(mremap_file_grows)
{
	int fd = make_pages("f", 4);
	char *p = find_room(6);

	CHECK(mmap(p, 2 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == p);
	CHECK(mremap(p, 2 * PAGE, 5 * PAGE, 0) == p);
	CHECK_EQ(p[3 * PAGE], 'd');
	CHECK_EQ(READ_SIGNAL(p + 4 * PAGE), SIGBUS);
	p[3 * PAGE] = 'N';
	CHECK_EQ(pread(fd, p, 1, 3 * PAGE), 1);
	CHECK_EQ(p[0], 'N');
}

TEST(mremap_offset_overflow)
{
	int fd = make_pages("f", 1);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0x7ffffffff0000000L);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mremap_errno(p, PAGE, 1UL << 37, MOVE, NULL), 0);
}

TEST(mremap_private_file_pages_move)
{
	char *p = map_new_file("f", 3, RW, MAP_PRIVATE), *q = find_room(3);

	p[PAGE] = 'P';
	CHECK(mremap(p, 3 * PAGE, 3 * PAGE, FIXED, q) == q);
	CHECK_EQ(q[0], 'a');
	CHECK_EQ(q[PAGE], 'P');
	CHECK_EQ(q[2 * PAGE], 'c');
}

TEST(mremap_after_fork)
{
	char *p = numbered(3, 3), *q = find_room(3);

	IN_CHILD {
		CHECK(mremap(p, 3 * PAGE, 3 * PAGE, FIXED, q) == q);
		q[0] = 'c';
		check_numbers(q, 1, 3);
		CHECK_EQ(q[0], 'c');
	}
	check_numbers(p, 0, 3);
	CHECK(!is_mapped(q));
}

TEST(mremap_keeps_its_protection)
{
	char *p = numbered(2, 2), *q = find_room(4);

	CHECK_SYS(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK(mremap(p, 2 * PAGE, 4 * PAGE, FIXED, q) == q);
	CHECK_EQ(WRITE_SIGNAL(q), SIGSEGV);
	CHECK_EQ(WRITE_SIGNAL(q + 3 * PAGE), SIGSEGV);
	check_numbers(q, 0, 2);
	CHECK_SYS(mprotect(q, 4 * PAGE, PROT_NONE));
	p = find_room(4);
	CHECK(mremap(q, 4 * PAGE, 4 * PAGE, FIXED, p) == p);
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_READ));
	check_numbers(p, 0, 2);
}

TEST(mremap_dontunmap)
{
	char *p = numbered(3, 3), *q;

	q = mremap(p, 3 * PAGE, 3 * PAGE, LEAVE, NULL);
	CHECK(q != MAP_FAILED && q != p);
	check_numbers(q, 0, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(p[i * PAGE], 0);	// still mapped, without its pages
	p[0] = 'n';
	CHECK_EQ(q[0], '0');
}

TEST(mremap_dontunmap_fixed_and_part)
{
	char *p = numbered(4, 4), *q = find_room(2);

	CHECK(mremap(p + PAGE, 2 * PAGE, 2 * PAGE, LEAVE | MREMAP_FIXED, q) == q);
	CHECK_EQ(q[0], '1');
	CHECK_EQ(q[PAGE], '2');
	CHECK_EQ(p[0], '0');
	CHECK_EQ(p[PAGE] + p[2 * PAGE], 0);
	CHECK_EQ(p[3 * PAGE], '3');
}

TEST(mremap_dontunmap_file)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);
	char *q = mremap(p, 2 * PAGE, 2 * PAGE, LEAVE, NULL);

	CHECK(q != MAP_FAILED);
	q[0] = 'Q';
	CHECK_EQ(p[0], 'Q');
	CHECK_EQ(p[PAGE], 'b');
}

TEST(mremap_dontunmap_errors)
{
	char *p = map_anon(2, RW);

	CHECK_EQ(mremap_errno(p, PAGE, PAGE, MREMAP_DONTUNMAP, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, PAGE, 2 * PAGE, LEAVE, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, 2 * PAGE, PAGE, LEAVE, NULL), EINVAL);
	CHECK_EQ(mremap_errno(p, 100, 101, LEAVE, NULL), EINVAL);	// before they are rounded
	CHECK_EQ(mremap_errno(p, 3 * PAGE, 3 * PAGE, LEAVE, NULL), EFAULT);
}

TEST(mremap_dontunmap_locked)
{
	char *p = numbered(4, 4), *q;

	CHECK_SYS(mlock(p, 4 * PAGE));
	q = mremap(p + PAGE, 2 * PAGE, 2 * PAGE, LEAVE, NULL);
	CHECK(q != MAP_FAILED);
	// What was left is not locked any more, what moved is.
	CHECK_EQ(proc_field("/proc/self/status", "VmLck"), 16);
	CHECK_EQ(resident(p + PAGE, 2), 0);
	CHECK_EQ(q[0], '1');
	CHECK_SYS(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	CHECK_ERRNO(madvise(q, PAGE, MADV_DONTNEED), EINVAL);
}

TEST(mremap_address_space_limit)
{
	AS_NOBODY {
		char *p = map_anon(16, RW), *room = find_room(4000);
		long long size = proc_field("/proc/self/status", "VmSize");

		set_soft_limit(RLIMIT_AS, size * 1024 + 8 * PAGE);
		CHECK_EQ(mremap_errno(p, 16 * PAGE, 32 * PAGE, MOVE, NULL), ENOMEM);
		p = mremap(p, 16 * PAGE, 20 * PAGE, MOVE);
		CHECK(p != MAP_FAILED && p != room);
		// Moving needs no more than what is there.
		CHECK(mremap(p, 20 * PAGE, 20 * PAGE, FIXED, room) == room);
	}
}

TEST(mremap_into_the_gap_below_a_stack)
{
	// Growing in place is stopped by a mapping, not by a stack's guard gap.
	char *room = find_room(400);
	char *stack = mmap(room + 300 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	char *p = mmap(room, PAGE, RW, ANON | MAP_FIXED, -1, 0);

	CHECK(stack == room + 300 * PAGE && p == room);
	CHECK(mremap(p, PAGE, 200 * PAGE, 0) == p);
	CHECK_EQ(WRITE_SIGNAL(stack - 1), SIGSEGV);
	CHECK_EQ(mremap_errno(p, 200 * PAGE, 301 * PAGE, 0, NULL), ENOMEM);
}
