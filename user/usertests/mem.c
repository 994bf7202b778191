// SPDX-License-Identifier: MIT
// mem.c - brk, mmap, munmap, mprotect as /proc/self/maps shows them
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGE	4096UL
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static char *map(size_t pages, int protection)
{
	char *p = mmap(NULL, pages * PAGE, protection, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void check_zero(const char *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (p[i])
			fail(HERE("zeroes"), "byte %zu is %d", i, p[i]);
}

TEST(mem_brk)
{
	char *start = sbrk(0);

	CHECK(sbrk(3 * PAGE + 100) == start);
	check_zero(start, 3 * PAGE + 100);
	memset(start, 'x', 3 * PAGE);
	CHECK_SYS(brk(start + PAGE));
	CHECK_SYS(brk(start + 3 * PAGE));
	// What is above the page that the lower break fell into was given back.
	check_zero(start + 2 * PAGE, PAGE);
	CHECK_SYS(brk(start));
	CHECK(sbrk(0) == start);
}

TEST(mem_brk_returns_the_break)
{
	// The system call itself gives the break that is in force, and never -1.
	unsigned long start = syscall(SYS_brk, 0);

	CHECK_EQ(start, (unsigned long)sbrk(0));
	CHECK_EQ(syscall(SYS_brk, 1), start);
	CHECK_EQ(syscall(SYS_brk, start + 100), start + 100);
	CHECK_EQ(syscall(SYS_brk, ~0UL), start + 100);
	CHECK_EQ(syscall(SYS_brk, start), start);
}

TEST(mem_heap_is_in_maps)
{
	struct mapping m;

	CHECK(sbrk(PAGE) != (void *)-1);
	CHECK(find_mapping((char *)sbrk(0) - 1, &m));
	CHECK_STR(m.name, "[heap]");
	CHECK_STR(m.flags, "rw-p");
	CHECK(find_mapping(&m, &m));
	CHECK_STR(m.name, "[stack]");
}

TEST(mem_anonymous)
{
	char *p = map(16, RW);

	CHECK_EQ((uintptr_t)p % PAGE, 0);
	check_zero(p, 16 * PAGE);
	for (int i = 0; i < 16; i++)
		p[i * PAGE + i] = i + 1;
	for (int i = 0; i < 16; i++)
		CHECK_EQ(p[i * PAGE + i], i + 1);
	CHECK_SYS(munmap(p, 16 * PAGE));
	CHECK_ERRNO(write(1, p, 1), EFAULT);
}

TEST(mem_freed_memory_comes_back_zeroed)
{
	for (int round = 0; round < 20; round++) {
		char *p = map(64, RW);

		check_zero(p, 64 * PAGE);
		memset(p, 'd', 64 * PAGE);
		CHECK_SYS(munmap(p, 64 * PAGE));
	}
}

TEST(mem_file_private)
{
	char *p, got[5] = "";
	int fd;

	put_file("f", "file content");
	fd = CHECK_SYS(open("f", O_RDONLY));
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(fd));		// the mapping holds the file
	CHECK_STR(p, "file content");
	check_zero(p + 12, PAGE - 12);
	memcpy(p, "FILE", 4);
	CHECK_STR(p, "FILE content");
	CHECK_CONTENT("f", "file content");
	fd = CHECK_SYS(open("f", O_RDWR));
	CHECK_EQ(pread(fd, got, 4, 0), 4);
	CHECK_STR(got, "file");
}

TEST(mem_file_private_sees_writes_until_touched)
{
	char *p;
	int fd;

	put_file("f", "old");
	fd = CHECK_SYS(open("f", O_RDWR));
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK_EQ(p[0], 'o');
	CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
	CHECK_STR(p, "new");		// unspecified by POSIX; Linux maps the cache's page
	p[0] = 'N';
	CHECK_EQ(pwrite(fd, "xyz", 3, 0), 3);
	CHECK_STR(p, "New");		// its own by now
}

TEST(mem_file_offset)
{
	char *p;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	for (int i = 0; i < 8; i++)
		CHECK_EQ(pwrite(fd, (char[]){ '0' + i }, 1, i * PAGE), 1);
	p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 3 * PAGE);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(p[i * PAGE], '3' + i);
}

TEST(mem_map_fixed_replaces)
{
	char *p = map(5, RW);

	memset(p, 'a', 5 * PAGE);
	CHECK(mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 2 * PAGE);
	CHECK_EQ(p[2 * PAGE - 1], 'a');
	check_zero(p + 2 * PAGE, PAGE);
	CHECK_EQ(p[3 * PAGE], 'a');
}

TEST(mem_map_fixed_noreplace)
{
	char *p = map(5, RW);

	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK(mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EEXIST);
	CHECK(mmap(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EEXIST);
	CHECK(mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p + 2 * PAGE);
}

TEST(mem_hint)
{
	char *p = map(10, RW), *q;

	CHECK_SYS(munmap(p + 4 * PAGE, 2 * PAGE));
	q = mmap(p + 4 * PAGE, 2 * PAGE, RW, ANON, -1, 0);
	CHECK(q == p + 4 * PAGE);		// free: taken
	q = mmap(p + PAGE, PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED && (q < p || q >= p + 10 * PAGE));
	q = mmap((void *)(1UL << 62), PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED);			// impossible: somewhere else
}

static int map_errno(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	errno = 0;
	return mmap(at, length, protection, flags, fd, offset) == MAP_FAILED ? errno : 0;
}

TEST(mem_mmap_errors)
{
	int rd, wr;

	put_file("f", "x");
	rd = CHECK_SYS(open("f", O_RDONLY));
	wr = CHECK_SYS(open("f", O_WRONLY));
	CHECK_EQ(map_errno(NULL, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);	// neither type
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_PRIVATE, rd, 1), EINVAL);
	CHECK_EQ(map_errno((void *)1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_PRIVATE, 99, 0), EBADF);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE, wr, 0), EACCES);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_SHARED, rd, 0), EACCES);
	CHECK_EQ(map_errno(NULL, 1UL << 62, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(map_errno(NULL, ~0UL, RW, ANON, -1, 0), ENOMEM);
	CHECK_EQ(map_errno((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(map_errno(NULL, PAGE, PROT_READ, MAP_PRIVATE,
			   CHECK_SYS(open(".", O_RDONLY)), 0), ENODEV);
}

// When several things are wrong, the order of the checks shows.
TEST(mem_mmap_order_of_errors)
{
	CHECK_EQ(map_errno(NULL, 0, RW, MAP_PRIVATE, 99, 0), EBADF);
	CHECK_EQ(map_errno(NULL, 0, RW, ANON, 99, 0), EINVAL);
	CHECK_EQ(map_errno((void *)1, 1UL << 62, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_EQ(map_errno(NULL, PAGE, RW, MAP_PRIVATE, 99, 1), EINVAL);
}

TEST(mem_munmap_errors)
{
	char *p = map(1, RW);

	CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, 0), EINVAL);
	CHECK_ERRNO(munmap((void *)-PAGE, PAGE), EINVAL);
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(munmap(p, PAGE));		// nothing there: fine
}

TEST(mem_munmap_in_the_middle)
{
	struct mapping m;
	char *p = map(9, RW);

	memset(p, 'a', 9 * PAGE);
	CHECK_SYS(munmap(p + 3 * PAGE, 3 * PAGE));
	CHECK_EQ(p[3 * PAGE - 1] + p[6 * PAGE], 2 * 'a');
	CHECK(!find_mapping(p + 3 * PAGE, &m) && !find_mapping(p + 6 * PAGE - 1, &m));
	CHECK(find_mapping(p + 2 * PAGE, &m) && m.end == p + 3 * PAGE);
	CHECK(find_mapping(p + 6 * PAGE, &m) && m.start == p + 6 * PAGE);
	CHECK_SYS(munmap(p, 9 * PAGE));		// over the gap
}

TEST(mem_neighbours_merge)
{
	struct mapping m;
	char *p = map(6, PROT_READ);

	CHECK_SYS(munmap(p, 6 * PAGE));
	for (int i = 5; i >= 0; i--)
		CHECK(mmap(p + i * PAGE, PAGE, PROT_EXEC, ANON | MAP_FIXED, -1, 0) != MAP_FAILED);
	CHECK(find_mapping(p, &m));
	CHECK(m.start <= p && m.end >= p + 6 * PAGE);
}

TEST(mem_mprotect_splits_and_merges)
{
	struct mapping m;
	char *p = map(6, RW);

	CHECK_SYS(mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ));
	CHECK(find_mapping(p + 2 * PAGE, &m));
	CHECK(m.start == p + 2 * PAGE && m.end == p + 4 * PAGE);
	CHECK_STR(m.flags, "r--p");
	CHECK(find_mapping(p, &m) && m.end == p + 2 * PAGE);
	CHECK_STR(m.flags, "rw-p");
	CHECK_SYS(mprotect(p + 2 * PAGE, 2 * PAGE, RW));
	CHECK(find_mapping(p + 2 * PAGE, &m));
	CHECK(m.start <= p && m.end >= p + 6 * PAGE);
}

TEST(mem_mprotect_effect)
{
	char *p = map(2, RW);

	p[0] = 'a';
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_EQ(p[0], 'a');
	DIES_BY(SIGSEGV)
		*(volatile char *)p = 1;
	CHECK_SYS(mprotect(p, PAGE, PROT_NONE));
	DIES_BY(SIGSEGV)
		*(volatile char *)p;
	CHECK_ERRNO(write(1, p, 1), EFAULT);
	CHECK_SYS(mprotect(p, PAGE, RW));
	CHECK_EQ(p[0], 'a');
	p[0] = 'b';
	p[PAGE] = 'c';
}

static sigjmp_buf after_fault;

static void leave_fault(int sig)
{
	siglongjmp(after_fault, sig);
}

static bool store_faults(char *p)
{
	if (sigsetjmp(after_fault, 0))
		return true;
	*(volatile char *)p = 'x';
	return false;
}

static bool load_faults(const char *p)
{
	if (sigsetjmp(after_fault, 0))
		return true;
	(void)*(const volatile char *)p;
	return false;
}

// No other call between, not even sigsetjmp's for the mask: a fork fences, and QEMU forgets its
// translations when a copy to user memory changes SUM; either would do what mprotect or munmap did
// not.
TEST(mem_less_takes_effect_at_once)
{
	char *p = map(2, RW);

	on_signal(SIGSEGV, leave_fault, SA_NODEFER);
	p[0] = p[PAGE] = 'a';
	CHECK(!store_faults(p) && !load_faults(p + PAGE));
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK(store_faults(p));
	CHECK(!load_faults(p) && !load_faults(p + PAGE));
	CHECK_SYS(munmap(p + PAGE, PAGE));
	CHECK(load_faults(p + PAGE));
}

TEST(mem_mprotect_errors)
{
	char *p = map(4, RW);

	CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
	CHECK_ERRNO(mprotect(p, PAGE, 0x40), EINVAL);
	CHECK_SYS(mprotect(p, 0, PROT_READ));
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(mprotect(p + 2 * PAGE, PAGE, PROT_READ), ENOMEM);
	CHECK_ERRNO(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
}

TEST(mem_code_can_be_written_and_run)
{
#if defined(__riscv)
	static const uint32_t code[] = { 0x02a00513, 0x00008067 };	// li a0, 42; ret
#else
	static const uint8_t code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
#endif
	char *p = map(1, RW);

	memcpy(p, code, sizeof(code));
	CHECK_SYS(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(p, p + sizeof(code));
	CHECK_EQ(((int (*)(void))p)(), 42);
}
