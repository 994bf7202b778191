// SPDX-License-Identifier: MIT
// rlimit.c - limits of an address space: RLIMIT_AS, RLIMIT_DATA, vm.max_map_count
#include "user/usertests/mapping.h"
#include <sys/resource.h>

#define MAX_MAPS	65530

static unsigned long size_now(void)
{
	return proc_field("/proc/self/status", "VmSize") * 1024;
}

TEST(rlimit_as)
{
	AS_NOBODY {
		char *p = map_anon(4, RW);

		set_soft_limit(RLIMIT_AS, size_now() + 16 * PAGE);
		CHECK_EQ(mmap_errno(NULL, 17 * PAGE, RW, ANON, -1, 0), ENOMEM);
		CHECK_EQ(mmap_errno(NULL, 17 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0),
			 ENOMEM);
		CHECK_EQ(mmap_errno(NULL, 16 * PAGE, PROT_READ, ANON, -1, 0), 0);
		// What is replaced does not count twice.
		CHECK(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
		CHECK(map_anon(16, RW));
		CHECK(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, ANON, -1, 0), ENOMEM);
	}
}

TEST(rlimit_as_binds_root_too)
{
	IN_CHILD {
		set_soft_limit(RLIMIT_AS, size_now() + 16 * PAGE);
		CHECK_EQ(mmap_errno(NULL, 17 * PAGE, RW, ANON, -1, 0), ENOMEM);
	}
}

TEST(rlimit_as_not_whole_pages)
{
	IN_CHILD {
		set_soft_limit(RLIMIT_AS, size_now() + 2 * PAGE - 1);
		CHECK_EQ(mmap_errno(NULL, 2 * PAGE, RW, ANON, -1, 0), ENOMEM);
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, ANON, -1, 0), 0);
	}
}

TEST(rlimit_as_below_what_is_there)
{
	IN_CHILD {
		char *p = map_anon(4, RW);

		set_soft_limit(RLIMIT_AS, 1);
		p[PAGE] = 'f';			// what is mapped can be used
		CHECK_EQ(mmap_errno(NULL, PAGE, RW, ANON, -1, 0), ENOMEM);
		CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
		CHECK(mremap(p, 2 * PAGE, PAGE, 0) == p);
		set_soft_limit(RLIMIT_AS, RLIM_INFINITY);
	}
}

TEST(rlimit_as_stops_the_stack)
{
	IN_CHILD {
		char *room = find_room(600);
		char *p = mmap(room + 500 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1,
			       0);

		CHECK(p == room + 500 * PAGE);
		set_soft_limit(RLIMIT_AS, size_now() + 4 * PAGE);
		CHECK_EQ(WRITE_SIGNAL(p - 4 * PAGE), 0);
		CHECK_EQ(WRITE_SIGNAL(p - 5 * PAGE), SIGSEGV);
		CHECK_EQ(touch_info.si_code, SEGV_MAPERR);
		set_soft_limit(RLIMIT_AS, RLIM_INFINITY);
	}
}

TEST(rlimit_data)
{
	AS_NOBODY {
		unsigned long data = proc_field("/proc/self/status", "VmData") * 1024;
		int fd = CHECK_SYS(open("/proc/self/exe", O_RDONLY));

		set_soft_limit(RLIMIT_DATA, data + 8 * PAGE);
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, RW, ANON, -1, 0), ENOMEM);
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, RW, MAP_PRIVATE, fd, 0), ENOMEM);
		// Only what is private and can be written is data; a stack is none.
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0), 0);
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, PROT_NONE, ANON, -1, 0), 0);
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, RW, ANON | MAP_GROWSDOWN, -1, 0), 0);
		CHECK_EQ(mmap_errno(NULL, 9 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 0);
		CHECK_EQ(mmap_errno(NULL, 8 * PAGE, RW, ANON, -1, 0), 0);
	}
}

TEST(rlimit_data_0_means_the_heap_only)
{
	AS_NOBODY {
		set_soft_limit(RLIMIT_DATA, 0);
		CHECK_EQ(mmap_errno(NULL, 100 * PAGE, RW, ANON, -1, 0), 0);
		CHECK(sbrk(PAGE) == (void *)-1);
	}
}

// Makes mappings of single pages, by twos, until there are so many; the first are p, p + PAGE, …
static char *fill(int maps)
{
	int missing = maps - count_mappings() - 1;
	size_t pages = missing + 4;
	char *p = mmap(NULL, pages * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < missing / 2; i++)
		CHECK_SYS(mprotect(p + (2 * i + 1) * PAGE, PAGE, PROT_READ));
	if (missing % 2)
		CHECK_SYS(mprotect(p + (missing + 3) * PAGE, PAGE, PROT_READ));
	CHECK_EQ(count_mappings(), maps);
	return p;
}

TEST(rlimit_mappings)
{
	char *three = map_anon(3, RW), *p = fill(MAX_MAPS - 1), *room = find_room(8);

	// One more than the limit can be had, by mmap() alone.
	CHECK(mmap(room, PAGE, RW, ANON | MAP_FIXED, -1, 0) == room);
	CHECK_ERRNO(mprotect(three + PAGE, PAGE, PROT_READ), ENOMEM);
	CHECK(mmap(room + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == room + 2 * PAGE);
	CHECK_EQ(count_mappings(), MAX_MAPS + 1);
	CHECK_EQ(mmap_errno(room + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mmap_errno(room + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(mremap_errno(room, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 4 * PAGE),
		 ENOMEM);
	CHECK_EQ(mremap_errno(room, PAGE, 3 * PAGE, MREMAP_MAYMOVE, NULL), ENOMEM);
	// What needs no further one is possible: growing, shrinking, joining.
	CHECK(mremap(room, PAGE, 2 * PAGE, 0) == room);
	CHECK(count_mappings() <= MAX_MAPS + 1);
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_SYS(munmap(p + 5 * PAGE, PAGE));
}

TEST(rlimit_mappings_and_holes)
{
	char *three = map_anon(3, RW), *p = fill(MAX_MAPS);

	// A hole in the middle would make one more.
	CHECK_ERRNO(munmap(three + PAGE, PAGE), ENOMEM);
	CHECK(is_mapped(three + PAGE));
	CHECK_ERRNO(madvise(three + PAGE, PAGE, MADV_DONTFORK), EAGAIN);
	CHECK_ERRNO(mlock(three + PAGE, PAGE), ENOMEM);
	CHECK_ERRNO(mprotect(three + PAGE, PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(count_mappings(), MAX_MAPS);
	CHECK_SYS(munmap(three, PAGE));
	CHECK_SYS(munmap(three + 2 * PAGE, PAGE));
	// The border between two that are there may move, and whole ones may change.
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE));
	CHECK_EQ(count_mappings(), MAX_MAPS);
}

TEST(rlimit_mappings_are_inherited)
{
	fill(20000);
	IN_CHILD {
		CHECK_EQ(count_mappings(), 20000);
	}
}
