// SPDX-License-Identifier: MIT
// madvise.c - madvise(2): advice that is remembered, advice that is followed at once
#include "user/usertests/mapping.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define MADV_DONTNEED_LOCKED_ 24

TEST(madvise_dontneed_of_a_file)
{
	char *p = map_new_file("f", 2, RW, MAP_PRIVATE), *q = map_new_file("g", 2, RW, MAP_SHARED);

	p[0] = 'P';
	q[0] = 'Q';
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_SYS(madvise(q, 2 * PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 'a');		// the private copy is gone
	CHECK_EQ(q[0], 'Q');		// the file's page is not
}

TEST(madvise_dontneed_in_a_child)
{
	char *p = map_anon(2, RW);

	memset(p, 'k', 2 * PAGE);
	IN_CHILD {
		CHECK_SYS(madvise(p, PAGE, MADV_DONTNEED));
		CHECK_EQ(p[0], 0);
		CHECK_EQ(p[PAGE], 'k');
	}
	CHECK_EQ(p[0], 'k');
}

TEST(madvise_ranges)
{
	static const int all[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
		MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_DONTDUMP,
		MADV_DODUMP, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_DONTNEED_LOCKED_,
	};
	char *p = find_room(4);

	CHECK(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		CHECK_SYS(madvise(p, 4 * PAGE, all[i]));
		CHECK_SYS(madvise(p + PAGE, 1, all[i]));
		CHECK_SYS(madvise(p, 0, all[i]));
		CHECK_SYS(madvise(p - PAGE, 0, all[i]));
		CHECK_ERRNO(madvise(p + 1, PAGE, all[i]), EINVAL);
		CHECK_ERRNO(madvise(p + 1, 0, all[i]), EINVAL);
		CHECK_ERRNO(madvise(p, -1, all[i]), EINVAL);		// rounds up to 0
		CHECK_ERRNO(madvise(p, -PAGE, all[i]), EINVAL);		// wraps
		CHECK_ERRNO(madvise(p - PAGE, PAGE, all[i]), ENOMEM);
		CHECK_ERRNO(madvise((void *)TASK_END, PAGE, all[i]), ENOMEM);
		CHECK_ERRNO(madvise((void *)(-2 * PAGE), PAGE, all[i]), ENOMEM);
		CHECK_ERRNO(madvise((void *)-PAGE, PAGE, all[i]), EINVAL);	// so does this
	}
}

TEST(madvise_hole)
{
	// The advice is followed behind the hole too; only population stops there.
	char *p = find_room(5);

	CHECK(mmap(p, 5 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	memset(p, 'h', 5 * PAGE);
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	CHECK_ERRNO(madvise(p, 5 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[PAGE] + p[3 * PAGE] + p[4 * PAGE], 0);
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_SYS(madvise(p + 3 * PAGE, 2 * PAGE, MADV_DONTNEED));
	CHECK_ERRNO(madvise(p, 5 * PAGE, MADV_POPULATE_WRITE), ENOMEM);
	CHECK_EQ(resident(p, 2), 2);
	CHECK_ERRNO(madvise(p, 5 * PAGE, MADV_DONTFORK), ENOMEM);
	IN_CHILD {
		CHECK(!is_mapped(p) && !is_mapped(p + 4 * PAGE));
	}
}

TEST(madvise_unknown)
{
	static const int unknown[] = { 5, 6, 7, 12, 13, 14, 15, 25, 26, 99, 102, -1 };
	char *p = map_anon(1, RW);

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		CHECK_ERRNO(madvise(p, PAGE, unknown[i]), EINVAL);
		CHECK_ERRNO(madvise(p, 0, unknown[i]), EINVAL);
	}
}

TEST(madvise_dontfork)
{
	char *p = map_anon(3, RW);

	memset(p, 'd', 3 * PAGE);
	CHECK_SYS(madvise(p + PAGE, PAGE, MADV_DONTFORK));
	IN_CHILD {
		CHECK_EQ(p[0], 'd');
		CHECK(!is_mapped(p + PAGE));
		CHECK_EQ(READ_SIGNAL(p + PAGE), SIGSEGV);
		CHECK_EQ(p[2 * PAGE], 'd');
	}
	CHECK_SYS(madvise(p, 3 * PAGE, MADV_DOFORK));
	IN_CHILD {
		CHECK_EQ(p[PAGE], 'd');
	}
}

TEST(madvise_wipeonfork)
{
	char *p = map_anon(3, RW), *file = map_new_file("f", 1, RW, MAP_PRIVATE);
	char *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(p, 'w', 3 * PAGE);
	CHECK_SYS(madvise(p + PAGE, PAGE, MADV_WIPEONFORK));
	IN_CHILD {
		CHECK_EQ(p[0], 'w');
		CHECK_EQ(p[PAGE], 0);
		p[PAGE] = 'x';
		IN_CHILD {
			CHECK_EQ(p[PAGE], 0);	// and so on for the next generation
		}
		CHECK_EQ(p[PAGE], 'x');
	}
	CHECK_EQ(p[PAGE], 'w');
	CHECK_SYS(madvise(p, 3 * PAGE, MADV_KEEPONFORK));
	IN_CHILD {
		CHECK_EQ(p[PAGE], 'w');
	}
	CHECK_ERRNO(madvise(file, PAGE, MADV_WIPEONFORK), EINVAL);
	CHECK_ERRNO(madvise(shared, PAGE, MADV_WIPEONFORK), EINVAL);
}

TEST(madvise_splits_and_joins)
{
	char *p = find_room(4);
	int before;

	CHECK(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	before = count_mappings();
	CHECK_SYS(madvise(p + PAGE, PAGE, MADV_SEQUENTIAL));
	CHECK_EQ(count_mappings(), before + 2);
	CHECK_SYS(madvise(p + 2 * PAGE, PAGE, MADV_SEQUENTIAL));
	CHECK_EQ(count_mappings(), before + 2);
	CHECK_SYS(madvise(p + PAGE, PAGE, MADV_RANDOM));
	CHECK_EQ(count_mappings(), before + 3);
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_NORMAL));
	CHECK_EQ(count_mappings(), before);
}

TEST(madvise_populate_read)
{
	char *p = map_anon(4, RW), *file = map_new_file("f", 4, RW, MAP_PRIVATE);

	CHECK_SYS(madvise(p, 4 * PAGE, MADV_POPULATE_READ));
	CHECK_EQ(resident(p, 4), 4);
	CHECK_EQ(p[3 * PAGE], 0);
	CHECK_SYS(madvise(file, 4 * PAGE, MADV_POPULATE_READ));
	CHECK_EQ(file[3 * PAGE], 'd');
	p = map_anon(1, PROT_NONE);
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	CHECK_SYS(mprotect(p, PAGE, PROT_WRITE));
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	CHECK_SYS(madvise(p, PAGE, MADV_POPULATE_WRITE));
	CHECK_SYS(truncate("f", 2 * PAGE));
	CHECK_ERRNO(madvise(file, 4 * PAGE, MADV_POPULATE_READ), EFAULT);
}

TEST(madvise_populate_write)
{
	int fd = make_pages("f", 2);
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK_SYS(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE));
	CHECK_EQ(pwrite(fd, "X", 1, 0), 1);
	CHECK_EQ(p[0], 'a');			// copied before
	CHECK_SYS(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_POPULATE_WRITE));
	CHECK_EQ(p[1], 'a');
	CHECK_SYS(ftruncate(fd, 0));
	CHECK_ERRNO(madvise(p, PAGE, MADV_POPULATE_WRITE), EFAULT);
}

TEST(madvise_willneed)
{
	int fd = make_pages("f", 8);
	char *p;

	CHECK_SYS(fsync(fd));
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	p = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_EQ(resident(p, 8), 0);
	CHECK_SYS(madvise(p + 2 * PAGE, 3 * PAGE, MADV_WILLNEED));
	while (resident(p + 2 * PAGE, 3) < 3)
		nap(MS);
	CHECK_EQ(resident(p, 2), 0);
	CHECK_EQ(resident(p + 5 * PAGE, 3), 0);
}

TEST(madvise_free_keeps_what_is_stored_later)
{
	char *p = map_anon(64, RW);

	memset(p, 'f', 64 * PAGE);
	CHECK_SYS(madvise(p, 64 * PAGE, MADV_FREE));
	for (int i = 0; i < 64; i++)
		CHECK(p[i * PAGE] == 'f' || p[i * PAGE] == 0);
	for (int i = 0; i < 64; i += 2)
		p[i * PAGE] = 's';
	for (int i = 0; i < 64; i += 2)
		CHECK_EQ(p[i * PAGE], 's');
	// A page is dropped as a whole or not at all.
	for (int i = 0; i < 64; i++)
		CHECK(p[i * PAGE + 1] == p[i * PAGE + PAGE - 1]);
}

TEST(madvise_free_drops_what_is_clean)
{
	char *p = map_anon(32, RW);

	keep_to_one_hart();
	memset(p, 'f', 32 * PAGE);
	CHECK_SYS(madvise(p, 32 * PAGE, MADV_FREE));
	for (int i = 0; i < 32; i += 2)
		p[i * PAGE] = 's';
	CHECK_SYS(madvise(p, 32 * PAGE, MADV_PAGEOUT));
	for (int i = 0; i < 32; i++)
		CHECK_EQ(p[i * PAGE], i % 2 ? 0 : 's');
	for (int i = 0; i < 32; i += 2)
		CHECK_EQ(p[i * PAGE + 1], 'f');	// the rest of a page stays with it
}

TEST(madvise_free_and_stores_of_the_kernel)
{
	char *p = map_anon(3, RW);
	int fd[2];

	keep_to_one_hart();
	memset(p, 'f', 3 * PAGE);
	CHECK_SYS(madvise(p, 3 * PAGE, MADV_FREE));
	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "kernel", 6), 6);
	CHECK_EQ(read(fd[0], p + PAGE, 6), 6);
	CHECK_SYS(madvise(p, 3 * PAGE, MADV_PAGEOUT));
	CHECK(!memcmp(p + PAGE, "kernelf", 7));
	CHECK_EQ(p[0] + p[2 * PAGE], 0);
}

TEST(madvise_free_again)
{
	char *p = map_anon(1, RW);

	keep_to_one_hart();
	for (int i = 0; i < 5; i++) {
		p[0] = 'a' + i;
		CHECK_SYS(madvise(p, PAGE, MADV_FREE));
		p[0] = 'A' + i;
		CHECK_SYS(madvise(p, PAGE, MADV_PAGEOUT));
		CHECK_EQ(p[0], 'A' + i);
		CHECK_SYS(madvise(p, PAGE, MADV_FREE));
		CHECK_SYS(madvise(p, PAGE, MADV_PAGEOUT));
		CHECK_EQ(p[0], 0);
	}
}

TEST(madvise_free_gives_memory_back_in_need)
{
	// More than there is, if what was freed would not go.
	size_t pages = proc_field("/proc/meminfo", "MemAvailable") / 4 * 6 / 10;
	char *p = map_anon(pages, RW), *q;
	size_t lost = 0;

	memset(p, 'f', pages * PAGE);
	CHECK_SYS(madvise(p, pages * PAGE, MADV_FREE));
	for (size_t i = 0; i < pages; i += 16)
		p[i * PAGE] = 's';
	q = map_anon(pages, RW);
	for (size_t i = 0; i < pages; i++)
		q[i * PAGE] = 'q';
	for (size_t i = 0; i < pages; i++) {
		char *page = p + i * PAGE;

		if (i % 16 == 0)
			CHECK_EQ(page[0], 's');
		else
			CHECK(page[0] == 'f' || page[0] == 0);
		CHECK_EQ(page[1], page[PAGE - 1]);
		lost += page[1] == 0;
	}
	CHECK(lost > 0);
}

TEST(madvise_free_in_a_child)
{
	char *p = map_anon(8, RW);

	memset(p, 'f', 8 * PAGE);
	IN_CHILD {
		CHECK_SYS(madvise(p, 8 * PAGE, MADV_FREE));
		CHECK_SYS(madvise(p, 8 * PAGE, MADV_PAGEOUT));
	}
	for (int i = 0; i < 8; i++)
		CHECK_EQ(p[i * PAGE], 'f');	// the parent wants them still
	CHECK_SYS(madvise(p, 8 * PAGE, MADV_FREE));
	IN_CHILD {
		p[0] = 'c';
		CHECK_EQ(p[0], 'c');
	}
	CHECK(p[0] == 'f' || p[0] == 0);
}

TEST(madvise_free_errors)
{
	char *p = map_new_file("f", 2, RW, MAP_PRIVATE), *q = map_anon(1, RW);

	CHECK_ERRNO(madvise(p, PAGE, MADV_FREE), EINVAL);
	p = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(madvise(p, PAGE, MADV_FREE), EINVAL);
	CHECK_SYS(mlock(q, PAGE));
	CHECK_ERRNO(madvise(q, PAGE, MADV_FREE), EINVAL);
	CHECK_ERRNO(madvise(q, PAGE, MADV_COLD), EINVAL);
	CHECK_ERRNO(madvise(q, PAGE, MADV_PAGEOUT), EINVAL);
	CHECK_ERRNO(madvise(q, PAGE, MADV_REMOVE), EINVAL);
}

TEST(madvise_cold_and_pageout_lose_nothing)
{
	char *p = map_anon(8, RW), *file = map_new_file("f", 8, RW, MAP_SHARED);
	char *private = map_new_file("g", 8, RW, MAP_PRIVATE);

	memset(p, 'c', 8 * PAGE);
	file[0] = private[0] = 'C';
	for (int i = 0; i < 2; i++) {
		int advice = i ? MADV_PAGEOUT : MADV_COLD;

		CHECK_SYS(madvise(p, 8 * PAGE, advice));
		CHECK_SYS(madvise(file, 8 * PAGE, advice));
		CHECK_SYS(madvise(private, 8 * PAGE, advice));
		CHECK_EQ(file[0] + private[0], 2 * 'C');
		CHECK_EQ(file[7 * PAGE] + private[7 * PAGE], 2 * 'h');
		for (int n = 0; n < 8; n++)
			CHECK_EQ(p[n * PAGE], 'c');
	}
}

TEST(madvise_pageout_drops_clean_file_pages)
{
	char *p;

	keep_to_one_hart();
	p = map_new_file("f", 8, RW, MAP_SHARED);
	CHECK_SYS(msync(p, 8 * PAGE, MS_SYNC));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(p[i * PAGE], 'a' + i);
	CHECK_EQ(resident(p, 8), 8);
	CHECK_SYS(madvise(p, 8 * PAGE, MADV_PAGEOUT));
	CHECK_EQ(resident(p, 8), 0);
	CHECK_EQ(p[3 * PAGE], 'd');
}

TEST(madvise_pageout_of_other_peoples_files)
{
	// What one may only read is left alone: others could see by it who uses the page.
	char *p = map_new_file("f", 4, PROT_READ, MAP_SHARED);

	CHECK_SYS(msync(p, 4 * PAGE, MS_SYNC));
	CHECK_SYS(fsync(CHECK_SYS(open("f", O_RDWR))));
	CHECK_SYS(chmod(".", 0755));
	CHECK_EQ(p[0] + p[3 * PAGE], 'a' + 'd');
	AS_NOBODY {
		CHECK_SYS(madvise(p, 4 * PAGE, MADV_PAGEOUT));
	}
	CHECK_EQ(resident(p, 4), 4);
}

TEST(madvise_remove)
{
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	memset(p, 'r', 4 * PAGE);
	CHECK_SYS(madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
	CHECK_EQ(p[0] + p[3 * PAGE], 2 * 'r');
	CHECK_EQ(p[PAGE] + p[2 * PAGE], 0);
	q = map_anon(1, RW);
	CHECK_ERRNO(madvise(q, PAGE, MADV_REMOVE), EINVAL);
	q = map_new_file("f", 1, RW, MAP_PRIVATE);
	CHECK_ERRNO(madvise(q, PAGE, MADV_REMOVE), EACCES);
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_SYS(madvise(p, PAGE, MADV_REMOVE));	// what counts is that it could be written
	CHECK_EQ(p[0], 0);
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, CHECK_SYS(open("f", O_RDONLY)), 0);
	CHECK_ERRNO(madvise(q, PAGE, MADV_REMOVE), EACCES);
}

TEST(madvise_of_the_vdso)
{
	struct mapping m = {};
	char *p = map_anon(1, RW);
	bool found = false;

	for (; !found && find_mapping(p, &m); p = m.end)
		found = !strcmp(m.name, "[vdso]");
	if (!found)
		return;
	CHECK_ERRNO(madvise(m.start, PAGE, MADV_DODUMP), EINVAL);
	CHECK_SYS(madvise(m.start, m.end - m.start, MADV_NORMAL));
}
