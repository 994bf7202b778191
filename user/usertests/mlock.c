// SPDX-License-Identifier: MIT
// mlock.c - memory that stays in RAM: mlock, mlock2, munlock, mlockall and RLIMIT_MEMLOCK
#include "user/usertests/mapping.h"
#include <sys/resource.h>

static long long locked_kb(void)
{
	return proc_field("/proc/self/status", "VmLck");
}

TEST(mlock_faults_in)
{
	char *p = map_anon(8, RW);

	CHECK_EQ(resident(p, 8), 0);
	CHECK_SYS(mlock(p + PAGE, 4 * PAGE));
	CHECK_EQ(resident(p, 8), 4);
	CHECK_EQ(locked_kb(), 16);
	CHECK_SYS(munlock(p, 8 * PAGE));
	CHECK_EQ(locked_kb(), 0);
	CHECK_EQ(resident(p, 8), 4);
}

TEST(mlock_rounds_to_pages)
{
	char *p = map_anon(4, RW);

	CHECK_SYS(mlock(p + 100, 1));
	CHECK_EQ(locked_kb(), 4);
	CHECK_SYS(mlock(p + PAGE - 1, 2));
	CHECK_EQ(locked_kb(), 8);
	CHECK_SYS(munlock(p + PAGE + 7, 1));
	CHECK_EQ(locked_kb(), 4);
	CHECK_SYS(munlock(p + 1, 4 * PAGE - 1));
	CHECK_EQ(locked_kb(), 0);
}

TEST(mlock_length_0)
{
	char *p = map_anon(1, RW);

	CHECK_SYS(mlock(p, 0));
	CHECK_SYS(munlock(p, 0));
	CHECK_EQ(locked_kb(), 0);
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(mlock(p, 0));
	// Rounding up wraps to 0 as well.
	CHECK_SYS(mlock(p, ~0UL));
	CHECK_SYS(munlock(p, ~0UL));
}

TEST(mlock_twice_is_once)
{
	char *p = map_anon(4, RW);

	CHECK_SYS(mlock(p, 4 * PAGE));
	CHECK_SYS(mlock(p, 2 * PAGE));
	CHECK_EQ(locked_kb(), 16);
	CHECK_SYS(munlock(p, 4 * PAGE));
	CHECK_EQ(locked_kb(), 0);
	CHECK_SYS(munlock(p, 4 * PAGE));
	CHECK_EQ(locked_kb(), 0);
}

TEST(mlock_is_counted)
{
	char *p = map_anon(256, RW);
	long long mlocked = proc_field("/proc/meminfo", "Mlocked");
	long long unevictable = proc_field("/proc/meminfo", "Unevictable");

	CHECK_SYS(mlock(p, 256 * PAGE));
	CHECK(proc_field("/proc/meminfo", "Mlocked") >= mlocked + 1024 - 128);
	CHECK(proc_field("/proc/meminfo", "Unevictable") >= unevictable + 1024 - 128);
	CHECK_SYS(munlock(p, 256 * PAGE));
	CHECK(proc_field("/proc/meminfo", "Mlocked") <= mlocked + 128);
	CHECK(proc_field("/proc/meminfo", "Unevictable") <= unevictable + 128);
	CHECK_SYS(mlock(p, 256 * PAGE));
	CHECK_SYS(munmap(p, 256 * PAGE));
	CHECK(proc_field("/proc/meminfo", "Mlocked") <= mlocked + 128);
}

TEST(mlock_of_pages_that_are_there)
{
	char *p = map_new_file("f", 64, PROT_READ, MAP_SHARED);
	long long mlocked = proc_field("/proc/meminfo", "Mlocked");

	for (int i = 0; i < 64; i++)
		CHECK_EQ(p[i * PAGE], 'a' + i % 26);
	CHECK_SYS(mlock(p, 64 * PAGE));
	CHECK(proc_field("/proc/meminfo", "Mlocked") >= mlocked + 256 - 128);
	CHECK_EQ(locked_kb(), 256);
	CHECK_SYS(truncate("f", 0));		// the pages go, the mapping stays locked
	CHECK_EQ(locked_kb(), 256);
	CHECK(proc_field("/proc/meminfo", "Mlocked") <= mlocked + 128);
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
}

TEST(mlock_by_two_processes)
{
	char *p = map_new_file("f", 4, PROT_READ, MAP_SHARED);

	CHECK_SYS(mlock(p, 4 * PAGE));
	IN_CHILD {
		CHECK_EQ(locked_kb(), 0);	// locks are not inherited
		CHECK_SYS(mlock(p, 4 * PAGE));
		CHECK_EQ(locked_kb(), 16);
	}
	CHECK_EQ(locked_kb(), 16);
	CHECK_SYS(munlock(p, 4 * PAGE));
	CHECK_EQ(p[PAGE], 'b');
}

TEST(mlock_private_memory_is_written)
{
	// Locking writable private memory breaks copy-on-write: the zero page would not do.
	char *p = map_anon(2, RW), *ro = map_anon(2, PROT_READ);

	CHECK_EQ(p[0] + ro[0], 0);
	CHECK_SYS(mlock(p, 2 * PAGE));
	CHECK_SYS(mlock(ro, 2 * PAGE));
	CHECK_EQ(locked_kb(), 16);
	p[0] = ro[0] + 1;
	CHECK_EQ(p[0], 1);
	CHECK_SYS(mprotect(ro, 2 * PAGE, RW));
	ro[PAGE] = 3;
	CHECK_EQ(locked_kb(), 16);
}

TEST(mlock_splits_and_merges)
{
	char *p = map_anon(6, RW);
	struct mapping m;

	CHECK_SYS(mlock(p + 2 * PAGE, 2 * PAGE));
	CHECK(find_mapping(p + 2 * PAGE, &m));
	CHECK_EQ(m.start - p, 2 * PAGE);
	CHECK_EQ(m.end - p, 4 * PAGE);
	CHECK_SYS(mlock(p, 6 * PAGE));
	CHECK(find_mapping(p + 2 * PAGE, &m));
	CHECK(m.start <= p && m.end >= p + 6 * PAGE);
	CHECK_SYS(munmap(p + PAGE, PAGE));
	CHECK_EQ(locked_kb(), 20);
}

TEST(mlock_hole)
{
	char *p = map_anon(5, RW);

	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(mlock(p, 5 * PAGE), ENOMEM);
	CHECK_EQ(locked_kb(), 8);		// what lies before the hole is done
	CHECK_ERRNO(munlock(p, 5 * PAGE), ENOMEM);
	CHECK_EQ(locked_kb(), 0);
	CHECK_ERRNO(mlock(p + 2 * PAGE, PAGE), ENOMEM);
	CHECK_ERRNO(munlock(p + 2 * PAGE, 2 * PAGE), ENOMEM);
	CHECK_EQ(locked_kb(), 0);
}

TEST(mlock_errors)
{
	char *p = map_anon(1, RW);

	CHECK_ERRNO(mlock(p, -2 * PAGE), EINVAL);		// start + length wraps
	CHECK_ERRNO(munlock(p, -2 * PAGE), EINVAL);
	CHECK_ERRNO(mlock((void *)TASK_END, PAGE), ENOMEM);
	CHECK_ERRNO(mlock((void *)-PAGE, PAGE - 1), EINVAL);
	CHECK_ERRNO(mlock2(p, PAGE, 2), EINVAL);
	CHECK_ERRNO(mlock2(p, PAGE, -1), EINVAL);
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERRNO(mlockall(8), EINVAL);
	CHECK_ERRNO(mlockall(MCL_CURRENT | 0x100), EINVAL);
	CHECK_EQ(locked_kb(), 0);
}

TEST(mlock_inaccessible_memory)
{
	// It cannot be faulted in, but it is locked all the same.
	char *p = map_anon(2, PROT_NONE);

	CHECK_ERRNO(mlock(p, 2 * PAGE), ENOMEM);
	CHECK_EQ(locked_kb(), 8);
	CHECK_EQ(resident(p, 2), 0);
	CHECK_SYS(munlock(p, 2 * PAGE));
	CHECK_SYS(mlock2(p, 2 * PAGE, MLOCK_ONFAULT));
	CHECK_EQ(locked_kb(), 8);
}

TEST(mlock_behind_the_end_of_a_file)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);

	CHECK_SYS(truncate("f", PAGE));
	CHECK_ERRNO(mlock(p, 2 * PAGE), ENOMEM);
	CHECK_EQ(locked_kb(), 8);
}

TEST(mlock2_onfault)
{
	char *p = map_anon(8, RW);

	CHECK_SYS(mlock2(p, 8 * PAGE, MLOCK_ONFAULT));
	CHECK_EQ(locked_kb(), 32);
	CHECK_EQ(resident(p, 8), 0);
	p[3 * PAGE] = 1;
	CHECK_EQ(resident(p, 8), 1);
	CHECK_SYS(mlock2(p, 8 * PAGE, 0));
	CHECK_EQ(resident(p, 8), 8);
	CHECK_EQ(locked_kb(), 32);
}

TEST(mlock_makes_dontneed_fail)
{
	char *p = map_anon(3, RW);

	memset(p, 'l', 3 * PAGE);
	CHECK_SYS(mlock(p + PAGE, PAGE));
	CHECK_ERRNO(madvise(p, 3 * PAGE, MADV_DONTNEED), EINVAL);
	CHECK_EQ(p[0], 0);			// what lies before it was done
	CHECK_EQ(p[PAGE], 'l');
	CHECK_EQ(p[2 * PAGE], 'l');
	CHECK_SYS(madvise(p, 3 * PAGE, 24));	// MADV_DONTNEED_LOCKED
	CHECK_EQ(p[PAGE] + p[2 * PAGE], 0);
	CHECK_EQ(locked_kb(), 4);
}

TEST(mlock_makes_invalidate_fail)
{
	char *p = map_new_file("f", 3, RW, MAP_SHARED);

	CHECK_SYS(mlock(p + PAGE, PAGE));
	CHECK_ERRNO(msync(p, 3 * PAGE, MS_SYNC | MS_INVALIDATE), EBUSY);
	CHECK_ERRNO(msync(p + PAGE, PAGE, MS_INVALIDATE), EBUSY);
	CHECK_SYS(msync(p, PAGE, MS_INVALIDATE));
	CHECK_SYS(msync(p, 3 * PAGE, MS_SYNC));
}

TEST(mlock_mmap_locked)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON | MAP_LOCKED, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(locked_kb(), 16);
	CHECK_EQ(resident(p, 4), 4);
	CHECK_SYS(munmap(p + PAGE, PAGE));
	CHECK_EQ(locked_kb(), 12);
}

TEST(mlock_moves_along)
{
	char *p = map_anon(4, RW), *q = find_room(8);

	CHECK_SYS(mlock(p, 4 * PAGE));
	p[0] = 'm';
	CHECK(mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
	CHECK_EQ(locked_kb(), 32);
	CHECK_EQ(resident(q, 8), 8);		// the new part was faulted in
	CHECK_EQ(q[0], 'm');
	CHECK(mremap(q, 8 * PAGE, 2 * PAGE, 0) == q);
	CHECK_EQ(locked_kb(), 8);
}

TEST(mlockall_current)
{
	char *p = map_anon(4, RW);
	long long total;

	CHECK_SYS(mlockall(MCL_CURRENT));
	total = locked_kb();
	CHECK(total >= 16);
	CHECK_EQ(resident(p, 4), 4);
	p = map_anon(4, RW);
	CHECK_EQ(resident(p, 4), 0);
	CHECK_EQ(locked_kb(), total);
	CHECK_SYS(munlockall());
	CHECK_EQ(locked_kb(), 0);
}

TEST(mlockall_future)
{
	char *p = map_anon(4, RW);
	char *q;

	CHECK_SYS(mlockall(MCL_FUTURE));
	CHECK_EQ(locked_kb(), 0);
	CHECK_EQ(resident(p, 4), 0);
	q = map_anon(4, RW);
	CHECK_EQ(resident(q, 4), 4);
	CHECK_EQ(locked_kb(), 16);
	CHECK(sbrk(3 * PAGE) != (void *)-1);
	CHECK(locked_kb() >= 16 + 12);
	IN_CHILD {
		CHECK_EQ(locked_kb(), 0);
		CHECK_EQ(resident(map_anon(4, RW), 4), 0);	// not inherited
	}
	CHECK_SYS(munlockall());
	CHECK_EQ(locked_kb(), 0);
	CHECK_EQ(resident(map_anon(4, RW), 4), 0);
}

TEST(mlockall_onfault)
{
	char *p;

	CHECK_SYS(mlockall(MCL_FUTURE | MCL_ONFAULT));
	p = map_anon(4, RW);
	CHECK_EQ(resident(p, 4), 0);
	CHECK_EQ(locked_kb(), 16);
	CHECK_SYS(mlockall(MCL_CURRENT | MCL_ONFAULT));
	CHECK_EQ(resident(p, 4), 0);
	CHECK(locked_kb() > 16);
	p = map_anon(4, RW);			// MCL_FUTURE was not said again
	CHECK_SYS(mlockall(MCL_CURRENT | MCL_FUTURE));
	CHECK_EQ(resident(p, 4), 4);
}

TEST(mlock_limit_of_nobody)
{
	AS_NOBODY {
		char *p = map_anon(16, RW);

		set_soft_limit(RLIMIT_MEMLOCK, 4 * PAGE);
		CHECK_SYS(mlock(p, 3 * PAGE));
		CHECK_ERRNO(mlock(p + 3 * PAGE, 2 * PAGE), ENOMEM);
		CHECK_SYS(mlock(p, 4 * PAGE));		// three of them are locked already
		CHECK_ERRNO(mlock(p + 4 * PAGE, PAGE), ENOMEM);
		CHECK_EQ(locked_kb(), 16);
		CHECK(mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0) == MAP_FAILED);
		CHECK_EQ(errno, EAGAIN);
		CHECK(mremap(p, 4 * PAGE, 17 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
		CHECK_EQ(errno, EAGAIN);
		CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
		CHECK_ERRNO(mlock(p, -2 * PAGE), ENOMEM);
		CHECK_SYS(munlock(p, 16 * PAGE));
		CHECK_SYS(mlock(p + 8 * PAGE, 4 * PAGE));
	}
}

TEST(mlock_limit_0)
{
	AS_NOBODY {
		char *p = map_anon(1, RW);

		set_soft_limit(RLIMIT_MEMLOCK, 0);
		CHECK_ERRNO(mlock(p, PAGE), EPERM);
		CHECK_ERRNO(mlock(p, 0), EPERM);
		CHECK_ERRNO(mlock2(p, PAGE, 2), EINVAL);
		CHECK_ERRNO(mlock2(p, PAGE, MLOCK_ONFAULT), EPERM);
		CHECK_ERRNO(mlockall(MCL_FUTURE), EPERM);
		CHECK_ERRNO(mlockall(0), EINVAL);
		CHECK_SYS(munlock(p, PAGE));
		CHECK_SYS(munlockall());
		CHECK(mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0) == MAP_FAILED);
		CHECK_EQ(errno, EPERM);
	}
}

TEST(mlock_limit_of_the_future)
{
	AS_NOBODY {
		void *end = sbrk(0);

		set_soft_limit(RLIMIT_MEMLOCK, 4 * PAGE);
		CHECK_SYS(mlockall(MCL_FUTURE));
		CHECK(mmap(NULL, 5 * PAGE, RW, ANON, -1, 0) == MAP_FAILED);
		CHECK_EQ(errno, EAGAIN);
		CHECK(sbrk(5 * PAGE) == (void *)-1);
		CHECK(sbrk(0) == end);
		map_anon(4, RW);
		CHECK_EQ(locked_kb(), 16);
	}
}

TEST(mlock_root_has_no_limit)
{
	char *p = map_anon(8, RW);

	set_soft_limit(RLIMIT_MEMLOCK, 0);
	CHECK_SYS(mlock(p, 8 * PAGE));
	CHECK_SYS(mlockall(MCL_FUTURE));
	map_anon(4, RW);
	CHECK_EQ(locked_kb(), 48);
}

TEST(mlock_of_the_vdso)
{
	struct mapping m;

	// The kernel's own pages cannot be locked; mlockall passes them over.
	CHECK_SYS(mlockall(MCL_CURRENT | MCL_FUTURE));
	CHECK(find_mapping(&m, &m));
	CHECK_STR(m.name, "[stack]");
	CHECK(locked_kb() > 0);
	CHECK_SYS(munlockall());
}

TEST(mlock_a_stack_that_grows)
{
	char *room = find_room(100);
	char *p = mmap(room + 90 * PAGE, PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);

	CHECK(p == room + 90 * PAGE);
	CHECK_SYS(mlock(p, PAGE));
	p[-3 * (long)PAGE] = 's';
	CHECK_EQ(locked_kb(), 16);
	CHECK_SYS(munlock(p - 3 * PAGE, 4 * PAGE));
	CHECK_EQ(locked_kb(), 0);
	AS_NOBODY {
		set_soft_limit(RLIMIT_MEMLOCK, 2 * PAGE);
		CHECK_SYS(mlock(p, PAGE));
		CHECK_SYS(mlock(p - 3 * PAGE, PAGE));
		CHECK_EQ(WRITE_SIGNAL(p - 4 * PAGE), SIGSEGV);	// the limit binds growth, too
		CHECK_SYS(munlock(p, PAGE));
		CHECK_EQ(WRITE_SIGNAL(p - 4 * PAGE), 0);
	}
}
