// SPDX-License-Identifier: MIT
// stack.c - the stack that grows, many mappings, and advice about memory
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE	4096UL
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static __attribute__((noinline)) int use_stack(int pages)
{
	volatile char frame[PAGE];

	frame[0] = pages;
	frame[PAGE - 1] = 1;
	return pages > 1 ? use_stack(pages - 1) + frame[PAGE - 1] : 1;
}

TEST(stack_grows)
{
	struct mapping before, after;
	char here = 0;

	CHECK(find_mapping(&here, &before));
	CHECK_EQ(use_stack(500), 500);
	CHECK(find_mapping(&here, &after));
	CHECK_STR(after.name, "[stack]");
	CHECK(after.end == before.end);
	CHECK(after.end - after.start >= (long)(500 * PAGE));
}

TEST(stack_grows_by_a_far_access)
{
	// One frame far larger than a page, touched at its lower end first.
	volatile char *low = __builtin_alloca(200 * PAGE);

	low[0] = 1;
	CHECK_EQ(low[0] + low[100 * PAGE], 1);
}

TEST(stack_limit)
{
	DIES_BY(SIGSEGV) {
		CHECK_SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){ 100 * PAGE, 100 * PAGE }));
		use_stack(200);
	}
	IN_CHILD {
		CHECK_SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){ 500 * PAGE, 500 * PAGE }));
		CHECK_EQ(use_stack(300), 300);
	}
}

TEST(stack_stops_at_another_mapping)
{
	struct mapping stack;
	char here = 0, *below;

	CHECK(find_mapping(&here, &stack));
	below = mmap(stack.start - 300 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(below != MAP_FAILED);
	memset(below, 'b', PAGE);
	DIES_BY(SIGSEGV)
		use_stack(600);
	for (size_t i = 0; i < PAGE; i++)
		CHECK_EQ(below[i], 'b');
}

TEST(stack_grows_under_a_system_call)
{
	volatile char *low = __builtin_alloca(300 * PAGE);
	int fd[2];

	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "text", 4), 4);
	CHECK_EQ(read(fd[0], (char *)low, 4), 4);	// the kernel is the first to touch it
	CHECK(memcmp((char *)low, "text", 4) == 0);
}

TEST(mappings_twenty_thousand)
{
	enum { COUNT = 20000 };
	struct mapping m;
	char *p = mmap(NULL, COUNT * PAGE, PROT_READ, ANON | MAP_NORESERVE, -1, 0);
	int before;

	CHECK(p != MAP_FAILED);
	before = count_mappings();
	for (int i = 1; i < COUNT; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_NONE));
	CHECK(count_mappings() >= before + COUNT - 2);
	for (int i = 0; i < COUNT; i += 997) {
		CHECK(find_mapping(p + i * PAGE, &m));
		CHECK(m.start == p + i * PAGE && m.end == m.start + PAGE);
		CHECK_STR(m.flags, i % 2 ? "---p" : "r--p");
	}
	CHECK_EQ(p[(COUNT - 2) * PAGE], 0);
	CHECK_SYS(mprotect(p, COUNT * PAGE, PROT_READ));
	CHECK(count_mappings() <= before + 1);		// all one again
	CHECK_SYS(munmap(p, COUNT * PAGE));
}

TEST(mappings_have_a_limit)
{
	enum { COUNT = 70000 };
	char *p = mmap(NULL, COUNT * PAGE, PROT_READ, ANON | MAP_NORESERVE, -1, 0);
	int i;

	CHECK(p != MAP_FAILED);
	for (i = 1; i < COUNT; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_NONE) < 0)
			break;
	CHECK_EQ(errno, ENOMEM);
	CHECK(i > 65000 && i < 65540);		// vm.max_map_count is 65,530
	CHECK_ERRNO(munmap(p + (i + 2) * PAGE, PAGE), ENOMEM);	// would split one more
	CHECK_SYS(munmap(p, COUNT * PAGE));
}

static long resident(void)
{
	return proc_field("/proc/self/status", "VmRSS") / 4;
}

TEST(demand_zero_is_lazy)
{
	enum { PAGES = 1000 };
	char *p = mmap(NULL, PAGES * PAGE, RW, ANON, -1, 0);
	long before = resident(), after;

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 500; i++)
		p[i * PAGE] = 1;
	after = resident();
	CHECK(after >= before + 450 && after < before + 1000);
}

TEST(madvise_dontneed)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0), *q;
	int fd;

	memset(p, 'a', 8 * PAGE);
	CHECK_SYS(madvise(p + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	for (size_t i = 0; i < 8 * PAGE; i++)
		CHECK_EQ(p[i], i / PAGE >= 2 && i / PAGE < 5 ? 0 : 'a');
	p[2 * PAGE] = 'b';
	put_file("f", "file");
	fd = CHECK_SYS(open("f", O_RDONLY));
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	q[0] = 'F';
	CHECK_SYS(madvise(q, PAGE, MADV_DONTNEED));
	CHECK_STR(q, "file");		// the private copy is gone
}

TEST(madvise_dontneed_gives_memory_back)
{
	enum { PAGES = 500 };
	char *p = mmap(NULL, PAGES * PAGE, RW, ANON, -1, 0);
	long full;

	memset(p, 1, PAGES * PAGE);
	full = resident();
	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	CHECK(resident() <= full - 400);
}

TEST(madvise_errors)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);

	CHECK_SYS(madvise(p, 4 * PAGE, MADV_NORMAL));
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_WILLNEED));
	CHECK_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, 7777), EINVAL);
	CHECK_SYS(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(madvise(p, 4 * PAGE, MADV_DONTNEED), ENOMEM);
}
