// SPDX-License-Identifier: MIT
// munmap.c - munmap(2)
#include "user/usertests/mapping.h"

TEST(munmap_each_part)
{
	char *p = map_anon(8, RW);

	memset(p, 'm', 8 * PAGE);
	CHECK_SYS(munmap(p, PAGE));			// begin
	CHECK_SYS(munmap(p + 7 * PAGE, PAGE));		// end
	CHECK_SYS(munmap(p + 3 * PAGE, 2 * PAGE));	// middle
	for (int i = 0; i < 8; i++)
		CHECK_EQ(is_mapped(p + i * PAGE), i != 0 && i != 7 && i != 3 && i != 4);
	CHECK_EQ(p[PAGE] + p[2 * PAGE] + p[5 * PAGE] + p[6 * PAGE], 4 * 'm');
	CHECK_EQ(READ_SIGNAL(p + 4 * PAGE), SIGSEGV);
	CHECK_EQ(touch_info.si_code, SEGV_MAPERR);
	CHECK(touch_info.si_addr == p + 4 * PAGE);
}

TEST(munmap_rounds_up)
{
	char *p = map_anon(3, RW);

	CHECK_SYS(munmap(p, 1));
	CHECK(!is_mapped(p) && is_mapped(p + PAGE));
	CHECK_SYS(munmap(p + PAGE, PAGE + 1));
	CHECK(!is_mapped(p + 2 * PAGE));
}

TEST(munmap_several_at_once)
{
	char *p = find_room(9);

	CHECK(mmap(p, 9 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	for (int i = 0; i < 9; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_READ));
	CHECK_SYS(munmap(p + 4 * PAGE, PAGE));
	CHECK_SYS(munmap(p + PAGE, 7 * PAGE));
	for (int i = 0; i < 9; i++)
		CHECK_EQ(is_mapped(p + i * PAGE), i == 0 || i == 8);
	CHECK_SYS(munmap(p - PAGE, 11 * PAGE));
}

TEST(munmap_errors)
{
	char *p = map_anon(1, RW);

	CHECK_ERRNO(munmap(p, 0), EINVAL);
	CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, -1), EINVAL);
	CHECK_ERRNO(munmap(p, -PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, TASK_END), EINVAL);
	CHECK_ERRNO(munmap((void *)TASK_END, PAGE), EINVAL);
	CHECK_ERRNO(munmap((void *)(TASK_END + PAGE), 0), EINVAL);
	CHECK_ERRNO(munmap((void *)-PAGE, PAGE), EINVAL);
	CHECK_ERRNO(munmap((void *)-PAGE, 2 * PAGE), EINVAL);
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(munmap(NULL, PAGE));
	CHECK_ERRNO(munmap(NULL, 0), EINVAL);
}

TEST(munmap_file_parts)
{
	char *p = map_new_file("f", 6, RW, MAP_SHARED);

	memset(p, 'M', 6 * PAGE);
	CHECK_SYS(munmap(p + 2 * PAGE, 2 * PAGE));
	CHECK_EQ(p[5 * PAGE], 'M');
	p[PAGE] = 'N';
	CHECK_EQ(mapping_at(p + 4 * PAGE).offset, 4 * PAGE);
	CHECK_SYS(munmap(p, 6 * PAGE));
	p = mmap(NULL, 6 * PAGE, PROT_READ, MAP_SHARED, CHECK_SYS(open("f", O_RDONLY)), 0);
	CHECK_EQ(p[3 * PAGE], 'M');		// unmapping loses nothing
	CHECK_EQ(p[PAGE], 'N');
}

TEST(munmap_huge_hole)
{
	// Almost everything at once, with little in it.
	char *p = mmap(NULL, 1UL << 36, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_SYS(mprotect(p + (1UL << 35), PAGE, RW));
	p[1UL << 35] = 'h';
	CHECK_SYS(munmap(p, 1UL << 36));
	CHECK(!is_mapped(p) && !is_mapped(p + (1UL << 35)));
}

TEST(munmap_under_a_system_call)
{
	char *p = map_anon(2, RW);
	int fd[2];

	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	CHECK_SYS(munmap(p, PAGE));
	CHECK_ERRNO(read(fd[0], p, 3), EFAULT);
	CHECK_EQ(read(fd[0], p + PAGE, 3), 3);	// and nothing was lost
	CHECK(!memcmp(p + PAGE, "abc", 3));
}

TEST(munmap_no_half_vdso)
{
	struct mapping m, vdso = {};
	char *p = map_anon(1, RW);

	// The kernel's own pages can go, but not in parts.
	for (; !vdso.start && find_mapping(p, &m); p = m.end)
		if (!strcmp(m.name, "[vdso]"))
			vdso = m;
	if (!vdso.start || vdso.end - vdso.start < 2 * (long)PAGE)
		return;
	CHECK_ERRNO(munmap(vdso.start, PAGE), EINVAL);
	CHECK_ERRNO(munmap(vdso.end - PAGE, PAGE), EINVAL);
	CHECK_ERRNO(mprotect(vdso.start, PAGE, PROT_READ), EINVAL);
	CHECK_SYS(mprotect(vdso.start, vdso.end - vdso.start, PROT_READ));
	CHECK_SYS(mprotect(vdso.start, vdso.end - vdso.start, PROT_READ | PROT_EXEC));
	CHECK_SYS(munmap(vdso.start, vdso.end - vdso.start));
}
