// SPDX-License-Identifier: MIT
// dropcaches.c - /proc/sys/vm/drop_caches: what is clean and not in use goes, and nothing else
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define PAGES	64UL
#define DROP	"/proc/sys/vm/drop_caches"

static char block[PAGES * PAGE];

static size_t cached(int fd)
{
	unsigned char there[PAGES];
	size_t count = 0;
	void *p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_SYS(mincore(p, PAGES * PAGE, there));
	CHECK_SYS(munmap(p, PAGES * PAGE));
	for (size_t i = 0; i < PAGES; i++)
		count += there[i] & 1;
	return count;
}

static int make(void)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	keep_to_one_hart();
	memset(block, 'c', sizeof(block));
	CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	return fd;
}

TEST(dropcaches_clean_pages)
{
	int fd = make();

	CHECK_SYS(fsync(fd));
	CHECK_EQ(cached(fd), PAGES);
	put_file(DROP, "1");
	CHECK_EQ(cached(fd), 0);
	CHECK_EQ(pread(fd, block, PAGE, 5 * PAGE), PAGE);
	CHECK_EQ(block[0], 'c');
	put_file(DROP, "3\n");
	CHECK_EQ(cached(fd), 0);
}

TEST(dropcaches_keeps_what_is_dirty)
{
	int fd = make();

	put_file(DROP, "3");
	CHECK_EQ(pread(fd, block, sizeof(block), 0), sizeof(block));
	for (size_t i = 0; i < sizeof(block); i++)
		CHECK_EQ(block[i], 'c');
}

TEST(dropcaches_keeps_what_is_mapped)
{
	int fd = make();
	volatile char *p;

	CHECK_SYS(fsync(fd));
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(madvise((char *)p, PAGES * PAGE, MADV_RANDOM));
	put_file(DROP, "1");
	CHECK_EQ(p[3 * PAGE], 'c');
	CHECK_EQ(p[7 * PAGE], 'c');
	put_file(DROP, "1");
	CHECK_EQ(cached(fd), 2);
	CHECK_EQ(p[3 * PAGE], 'c');
}

TEST(dropcaches_names_and_inodes)
{
	struct stat st;

	for (int i = 0; i < 200; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		put_file(name, name);
	}
	sync();
	put_file(DROP, "2");
	CHECK_SYS(stat("n77", &st));
	CHECK_EQ(st.st_size, 3);
	CHECK_CONTENT("n199", "n199");
	CHECK_ERRNO(stat("n200", &st), ENOENT);
	put_file(DROP, "3");
	CHECK_CONTENT("n0", "n0");
}

TEST(dropcaches_memory_files_stay)
{
	int fd = CHECK_SYS(open("/dev/shm/drop", O_RDWR | O_CREAT | O_TRUNC, 0600));

	memset(block, 't', sizeof(block));
	CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	put_file(DROP, "3");
	CHECK_EQ(cached(fd), PAGES);
	CHECK_EQ(pread(fd, block, PAGE, 9 * PAGE), PAGE);
	CHECK_EQ(block[100], 't');
	CHECK_SYS(unlink("/dev/shm/drop"));
}

TEST(dropcaches_bad_values)
{
	static const char *const bad[] = { "0", "5", "-1", "x", "" };
	int fd = CHECK_SYS(open(DROP, O_WRONLY));

	for (size_t i = 0; i < 4; i++)
		CHECK_ERRNO(write(fd, bad[i], strlen(bad[i])), EINVAL);
	CHECK_EQ(write(fd, "", 0), 0);
	CHECK_ERRNO(open(DROP, O_RDONLY), EACCES);
	AS_NOBODY
		CHECK_ERRNO(open(DROP, O_WRONLY), EACCES);
}

// While others read, write, map and sync.
TEST(dropcaches_at_any_time)
{
	pid_t pid[3];

	for (int i = 0; i < 3; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			char name[8], got[PAGE];
			int fd;

			snprintf(name, sizeof(name), "d%d", i);
			fd = CHECK_SYS(open(name, O_RDWR | O_CREAT, 0644));
			for (int n = 0; n < 60; n++) {
				memset(block, 'a' + n % 26, sizeof(block));
				CHECK_EQ(pwrite(fd, block, sizeof(block), 0), sizeof(block));
				if (n % 4 == i)
					CHECK_SYS(fsync(fd));
				for (size_t k = 0; k < PAGES; k += 7) {
					CHECK_EQ(pread(fd, got, PAGE, k * PAGE), PAGE);
					CHECK(memcmp(got, block, PAGE) == 0);
				}
			}
			finish();
		}
	}
	for (int n = 0; n < 60; n++)
		put_file(DROP, n % 2 ? "1" : "3");
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(pid[i], 0);
}
