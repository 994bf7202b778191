// SPDX-License-Identifier: MIT
// mmap.c - mmap(2): flags, addresses, what is checked and in which order
#include "user/usertests/mapping.h"
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 0x03
#endif
#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

TEST(mmap_types)
{
	int fd = make_pages("f", 1);

	CHECK_EQ(mmap_errno(NULL, PAGE, RW, 0, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, 4, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, 0xf, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE, fd, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED, fd, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE, fd, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED, -1, 0), 0);
}

TEST(mmap_shared_validate_knows_its_flags)
{
	static const int known[] = {
		MAP_POPULATE, MAP_NONBLOCK, MAP_NORESERVE, MAP_STACK, MAP_DENYWRITE, MAP_EXECUTABLE,
	}, unknown[] = { MAP_SYNC, MAP_FIXED_NOREPLACE, 0x200000, 0x400000, 0x800000 };
	int fd = make_pages("f", 1);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | known[i], fd, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		int flags = unknown[i];

		CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | flags, fd, 0),
			 EOPNOTSUPP);
		// The others ignore what they do not know.
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED | flags, fd, 0), 0);
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE | flags, fd, 0), 0);
	}
}

TEST(mmap_fixed_noreplace)
{
	char *p = find_room(4), *q;

	q = mmap(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == p + PAGE);
	q[0] = 'k';
	CHECK_EQ(mmap_errno(p, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(mmap_errno(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(mmap_errno(p, 4 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE | MAP_FIXED, -1, 0),
		 EEXIST);
	CHECK_EQ(q[0], 'k');
	CHECK_EQ(mmap_errno(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), 0);
	CHECK_EQ(mmap_errno(p + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), 0);
	CHECK_EQ(mmap_errno(p + 1, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EINVAL);
}

TEST(mmap_fixed_replaces_across_mappings)
{
	char *p = map_anon(6, RW);

	memset(p, 'o', 6 * PAGE);
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK_SYS(munmap(p + 3 * PAGE, PAGE));
	CHECK(mmap(p + PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK_EQ(p[0], 'o');
	for (int i = 1; i < 5; i++)
		CHECK_EQ(p[i * PAGE], 0);
	CHECK_EQ(p[5 * PAGE], 'o');
}

TEST(mmap_fixed_that_fails_changes_nothing)
{
	char *p = map_anon(3, RW);
	int fd;

	memset(p, 'o', 3 * PAGE);
	put_file("f", "x");
	fd = CHECK_SYS(open("f", O_WRONLY));
	CHECK_EQ(mmap_errno(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0), EACCES);
	CHECK_EQ(mmap_errno(p, PAGE, RW, MAP_FIXED | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_EQ(mmap_errno(p, ~0UL, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	fd = CHECK_SYS(open(".", O_RDONLY));
	CHECK_EQ(mmap_errno(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0), ENODEV);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(p[i * PAGE], 'o');
}

TEST(mmap_populate)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	int fd = make_pages("f", 4);

	CHECK_EQ(resident(p, 8), 8);
	CHECK_EQ(p[0] + p[7 * PAGE], 0);
	p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	CHECK_EQ(resident(p, 4), 4);
	CHECK_EQ(p[3 * PAGE], 'd');
	CHECK_EQ(pwrite(fd, "X", 1, 0), 1);
	CHECK_EQ(p[0], 'a');		// the private page was made when it was populated
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	CHECK_EQ(pwrite(fd, "Y", 1, 0), 1);
	CHECK_EQ(p[0], 'Y');		// a read-only one is the file's
	p = mmap(NULL, 8 * PAGE, RW, ANON | MAP_POPULATE | MAP_NONBLOCK, -1, 0);
	CHECK_EQ(resident(p, 8), 0);
	p = mmap(NULL, 8 * PAGE, PROT_NONE, ANON | MAP_POPULATE, -1, 0);
	CHECK_EQ(resident(p, 8), 0);
}

TEST(mmap_populate_behind_the_end_of_a_file)
{
	int fd = make_pages("f", 2);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_POPULATE, fd, 0);

	CHECK(p != MAP_FAILED);		// what cannot be populated is no error
	CHECK_EQ(resident(p, 2), 2);
	CHECK_EQ(READ_SIGNAL(p + 2 * PAGE), SIGBUS);
}

TEST(mmap_hint)
{
	char *p = find_room(8), *q;

	CHECK(mmap(p, PAGE, RW, ANON, -1, 0) == p);
	CHECK(mmap(p + 2 * PAGE + 5, PAGE, RW, ANON, -1, 0) == p + 2 * PAGE);	// cut to a page
	q = mmap(p, PAGE, RW, ANON, -1, 0);
	CHECK(q != p && q != MAP_FAILED);			// taken: anywhere
	q = mmap((void *)TASK_END, PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED);
	q = mmap((void *)-PAGE, PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED);
}

// vm.mmap_min_addr: 4,096 or 65,536 by configuration.
static unsigned long min_address(void)
{
	char text[32] = "65536";
	int fd = open("/proc/sys/vm/mmap_min_addr", O_RDONLY);

	if (fd >= 0)
		CHECK(read(fd, text, sizeof(text) - 1) > 0);
	return strtoul(text, NULL, 10) ?: PAGE;
}

TEST(mmap_hint_that_is_too_low)
{
	unsigned long low = min_address();
	unsigned long p = (unsigned long)mmap((void *)1, PAGE, RW, ANON, -1, 0);

	CHECK_EQ(p == low || p > 1UL << 30, true);
	p = (unsigned long)mmap((void *)(low - 1), PAGE, RW, ANON, -1, 0);
	CHECK_EQ(p == low || p > 1UL << 30, true);
	// No hint is not a low one.
	CHECK((unsigned long)mmap(NULL, PAGE, RW, ANON, -1, 0) > 1UL << 30);
}

TEST(mmap_lowest_address)
{
	AS_NOBODY {
		char *low = (char *)min_address();

		CHECK_EQ(mmap_errno(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0), EPERM);
		CHECK_EQ(mmap_errno(low - PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), EPERM);
		// Address, then type; but alignment before permission.
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_ANONYMOUS | MAP_FIXED, -1, 0), EPERM);
		CHECK_EQ(mmap_errno((void *)1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
		CHECK(mmap(low, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED ||
		      errno == EEXIST);
	}
}

TEST(mmap_root_may_map_page_0)
{
	volatile char *volatile p = NULL;
	int fd = CHECK_SYS(open("/dev/zero", O_RDONLY));

	CHECK(mmap(NULL, PAGE, RW, ANON | MAP_FIXED, -1, 0) == NULL);
	CHECK_EQ(p[100], 0);
	p[100] = 5;
	CHECK_EQ(p[100], 5);
	CHECK_EQ(read(fd, (char *)p + 100, 1), 1);
	CHECK_EQ(p[100], 0);
	CHECK_SYS(munmap(NULL, PAGE));
	CHECK_EQ(READ_SIGNAL(p + 100), SIGSEGV);
}

// The first address that cannot be mapped, found by trying.
static unsigned long task_size(void)
{
	unsigned long end = TASK_END;

	while (mmap_errno((void *)(end - PAGE), PAGE, PROT_NONE,
			  ANON | MAP_FIXED_NOREPLACE, -1, 0) == ENOMEM)
		end -= PAGE;
	CHECK(TASK_END - end <= 0x10000);
	return end;
}

TEST(mmap_end_of_the_address_space)
{
	char *end = (char *)task_size(), *low;

	CHECK_EQ(mmap_errno(end, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(end - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(end + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno((void *)-PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, (size_t)end + PAGE, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, (size_t)end - 0xf000, PROT_NONE, ANON, -1, 0), ENOMEM);
	// The stack lies there; below it a large room is free.
	low = mmap(NULL, 1UL << 37, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	CHECK(low != MAP_FAILED);
	CHECK_SYS(munmap(low, 1UL << 37));
}

TEST(mmap_last_page_of_the_address_space)
{
	// In a program whose stack is elsewhere the last page can be mapped like any other.
	char *last = (char *)task_size() - PAGE;

	if (is_mapped(last))
		return;
	CHECK(mmap(last, PAGE, RW, ANON | MAP_FIXED, -1, 0) == last);
	last[PAGE - 1] = 'z';
	CHECK_EQ(last[PAGE - 1], 'z');
	CHECK_ERRNO(write(1, last, 2 * PAGE), EFAULT);
	CHECK_SYS(munmap(last, PAGE));
}

TEST(mmap_length_overflow)
{
	int fd = make_pages("f", 1);

	CHECK_EQ(mmap_errno(NULL, -1, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, -PAGE, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, 1UL << 63, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(NULL, -1, RW, MAP_PRIVATE, fd, PAGE), ENOMEM);
	// Offset and length together beyond what a file offset can say.
	CHECK_EQ(mmap_errno(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, -PAGE), EOVERFLOW);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE, fd, -PAGE), EOVERFLOW);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE, fd, LONG_MIN), EOVERFLOW);
	CHECK_EQ(mmap_errno(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, LONG_MAX & -PAGE),
		 EOVERFLOW);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1L << 40), 0);
}

TEST(mmap_order_of_checks)
{
	int fd;

	put_file("f", "x");
	fd = CHECK_SYS(open("f", O_WRONLY));
	// offset, descriptor, length, overflow, address, type, permission
	CHECK_EQ(mmap_errno((void *)1, 0, RW, MAP_FIXED, -1, 1), EINVAL);
	CHECK_EQ(mmap_errno((void *)1, 0, RW, MAP_FIXED, -1, 0), EBADF);
	CHECK_EQ(mmap_errno((void *)1, 0, RW, MAP_FIXED, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno((void *)1, -1, RW, MAP_FIXED, fd, -PAGE), ENOMEM);
	CHECK_EQ(mmap_errno((void *)1, 2 * PAGE, RW, MAP_FIXED, fd, -PAGE), EOVERFLOW);
	CHECK_EQ(mmap_errno((void *)1, 1UL << 40, RW, MAP_FIXED, fd, 0), ENOMEM);
	CHECK_EQ(mmap_errno((void *)1, PAGE, RW, MAP_FIXED, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, 0, fd, -PAGE), EOVERFLOW);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, 0, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0), EOPNOTSUPP);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE, fd, 0), EACCES);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED | MAP_HUGETLB, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED | MAP_HUGETLB, -1, 0), EBADF);
}

TEST(mmap_permissions_of_the_file)
{
	int ro, rw, append, path;

	put_file("f", "x");
	ro = CHECK_SYS(open("f", O_RDONLY));
	rw = CHECK_SYS(open("f", O_RDWR));
	append = CHECK_SYS(open("f", O_RDWR | O_APPEND));
	path = CHECK_SYS(open("f", O_PATH));
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED, rw, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED, append, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED, ro, 0), EACCES);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_WRITE, MAP_SHARED, ro, 0), EACCES);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_EXEC, MAP_SHARED, ro, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW | PROT_EXEC, MAP_PRIVATE, ro, 0), 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, path, 0), EBADF);
}

TEST(mmap_devices)
{
	int null = CHECK_SYS(open("/dev/null", O_RDWR)), fd[2];
	int zero = CHECK_SYS(open("/dev/zero", O_RDWR));
	char *p;

	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, null, 0), ENODEV);
	CHECK_SYS(pipe(fd));
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd[0], 0), ENODEV);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd[1], 0), EACCES);
	p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, zero, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[PAGE], 0);
	p[PAGE] = 1;
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE,
			    CHECK_SYS(open("/proc/self/maps", O_RDONLY)), 0), ENODEV);
}

TEST(mmap_growsdown)
{
	char *room = find_room(64);
	char *p = mmap(room + 40 * PAGE, 2 * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	int fd = make_pages("f", 1);

	CHECK(p == room + 40 * PAGE);
	p[-1] = 'g';				// grows by a page
	CHECK(mapping_at(p).start == p - PAGE);
	p[-5 * (long)PAGE] = 'G';		// by four at once
	CHECK(mapping_at(p).start == p - 5 * PAGE);
	CHECK_EQ(p[-1], 'g');
	CHECK_EQ(p[-3 * (long)PAGE], 0);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED | MAP_GROWSDOWN, fd, 0), EINVAL);
	CHECK_EQ(mmap_errno(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0),
		 EINVAL);
}

TEST(mmap_growsdown_keeps_a_gap)
{
	// 256 pages stay free between a stack that grows and what lies below it.
	char *room = find_room(800);
	char *below = mmap(room, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	char *p = mmap(room + 300 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	CHECK(below == room && p == room + 300 * PAGE);
	CHECK_EQ(WRITE_SIGNAL(room + 258 * PAGE), 0);
	CHECK_EQ(WRITE_SIGNAL(room + 257 * PAGE), 0);
	CHECK_EQ(WRITE_SIGNAL(room + 256 * PAGE), SIGSEGV);
	CHECK_EQ(touch_info.si_code, SEGV_MAPERR);
	CHECK_EQ(READ_SIGNAL(room + PAGE), SIGSEGV);
	// An inaccessible neighbour is a guard of the program's own: no gap is kept.
	CHECK_SYS(mprotect(below, PAGE, PROT_NONE));
	CHECK_EQ(WRITE_SIGNAL(room + PAGE), 0);
	CHECK_EQ(WRITE_SIGNAL(room), SIGSEGV);
	CHECK_EQ(touch_info.si_code, SEGV_ACCERR);
}

TEST(mmap_keeps_away_from_a_stack)
{
	// The gap below a stack is not offered, but may be taken by force.
	char *room = find_room(400);
	char *p = mmap(room + 300 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	CHECK(p == room + 300 * PAGE);
	CHECK(mmap(p - 2 * PAGE, PAGE, RW, ANON, -1, 0) != p - 2 * PAGE);
	CHECK(mmap(p - 257 * PAGE, PAGE, RW, ANON, -1, 0) == p - 257 * PAGE);
	CHECK(mmap(p - 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p - 2 * PAGE);
	CHECK_EQ(WRITE_SIGNAL(p - PAGE), SIGSEGV);
}

TEST(mmap_growsdown_stack_limit)
{
	char *room = find_room(700);
	char *p = mmap(room + 600 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	CHECK(p == room + 600 * PAGE);
	set_soft_limit(RLIMIT_STACK, 128 * PAGE);
	CHECK_EQ(WRITE_SIGNAL(p - 127 * PAGE), 0);
	CHECK_EQ(WRITE_SIGNAL(p - 128 * PAGE), SIGSEGV);
	CHECK(mapping_at(p).start == p - 127 * PAGE);
	set_soft_limit(RLIMIT_STACK, 200 * PAGE);
	CHECK_EQ(WRITE_SIGNAL(p - 128 * PAGE), 0);
}

TEST(mmap_noreserve_and_stack_are_hints)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON | MAP_NORESERVE | MAP_STACK, -1, 0);

	CHECK(p != MAP_FAILED);
	p[3 * PAGE] = 1;
	CHECK_EQ(p[3 * PAGE] + p[0], 1);
	CHECK_EQ(WRITE_SIGNAL(p - 1), SIGSEGV);		// MAP_STACK does not grow
}

TEST(mmap_write_only_can_be_read)
{
	// RISC-V has no pages that can be written but not read.
	char *p = map_anon(1, PROT_WRITE);

	CHECK_EQ(WRITE_SIGNAL(p), 0);
	CHECK_EQ(READ_SIGNAL(p), 0);
	CHECK_EQ(*p, 'w');
}

TEST(mmap_private_pages_stay_when_the_descriptor_goes)
{
	int fd = make_pages("f", 2);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK_SYS(close(fd));
	CHECK_SYS(unlink("f"));
	CHECK_EQ(p[PAGE], 'b');
	p[PAGE] = 'c';
	CHECK_EQ(p[PAGE], 'c');
	CHECK(strstr(mapping_at(p).name, "(deleted)"));
}

TEST(mmap_on_a_noexec_mount)
{
	char *p;
	int fd;

	CHECK_SYS(mkdir("m", 0755));
	CHECK_SYS(mount("none", "m", "tmpfs", MS_NOEXEC, NULL));
	fd = CHECK_SYS(open("m/f", O_RDWR | O_CREAT, 0755));
	CHECK_SYS(ftruncate(fd, PAGE));
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0), EPERM);
	CHECK_EQ(mmap_errno(NULL, PAGE, PROT_EXEC, MAP_SHARED, fd, 0), EPERM);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(close(fd));
	CHECK_SYS(umount("m"));
}

TEST(mmap_read_implies_exec)
{
	IN_CHILD {
		char *p = map_anon(2, PROT_READ), *q;

		CHECK_SYS(personality(READ_IMPLIES_EXEC));
		CHECK_STR(mapping_at(p).flags, "r--p");		// what is there stays
		q = map_anon(2, PROT_READ);
		CHECK_STR(mapping_at(q).flags, "r-xp");
		CHECK_SYS(mprotect(q, PAGE, RW));
		CHECK_STR(mapping_at(q).flags, "rwxp");
		CHECK_SYS(mprotect(q, PAGE, PROT_WRITE));
		CHECK_STR(mapping_at(q).flags, "-w-p");
		CHECK_SYS(mprotect(p, PAGE, PROT_READ));
		CHECK_STR(mapping_at(p).flags, "r-xp");
		q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, make_pages("f", 1), 0);
		CHECK_STR(mapping_at(q).flags, "r-xp");
		CHECK_STR(mapping_at(map_anon(1, PROT_NONE)).flags, "---p");
	}
}
