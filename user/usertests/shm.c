// SPDX-License-Identifier: MIT
// shm.c - POSIX shared memory: shm_open(3) and what lies behind it, /dev/shm
#include "user/usertests/usertests.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define TMPFS	0x01021994

// A name of this process's own.
static const char *name(void)
{
	static char text[40];

	snprintf(text, sizeof(text), "/usertest-shm-%d", getpid());
	return text;
}

// The object of that name, of so many pages, mapped; it is removed when the caller removes it.
static char *create(size_t pages, int *fdp)
{
	int fd = CHECK_SYS(shm_open(name(), O_RDWR | O_CREAT | O_EXCL, 0600));
	char *p;

	CHECK_SYS(ftruncate(fd, pages * PAGE));
	p = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	if (fdp)
		*fdp = fd;
	else
		close(fd);
	return p;
}

TEST(shm_is_a_memory_file_system)
{
	struct statfs s;

	CHECK_SYS(statfs("/dev/shm", &s));
	CHECK_EQ(s.f_type, TMPFS);
	CHECK_EQ(s.f_bsize, PAGE);
	CHECK(s.f_blocks > 0 && s.f_bfree <= s.f_blocks && s.f_ffree <= s.f_files);
}

TEST(shm_between_processes)
{
	char *p = create(4, NULL);
	const char *path = name();

	strcpy(p + PAGE, "from the parent");
	IN_CHILD {
		int fd = CHECK_SYS(shm_open(path, O_RDWR, 0));
		char *q = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

		CHECK(q != MAP_FAILED && q != p);
		CHECK_STR(q + PAGE, "from the parent");
		strcpy(q + 2 * PAGE, "from the child");
	}
	CHECK_STR(p + 2 * PAGE, "from the child");
	CHECK_SYS(shm_unlink(path));
}

// It stays until it is removed, and longer for those who have it.
TEST(shm_lives_without_users)
{
	char *p = create(1, NULL);
	int fd;

	strcpy(p, "kept");
	CHECK_SYS(munmap(p, PAGE));
	fd = CHECK_SYS(shm_open(name(), O_RDWR, 0));
	CHECK_SYS(shm_unlink(name()));
	CHECK_ERRNO(shm_open(name(), O_RDWR, 0), ENOENT);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_STR(p, "kept");
}

TEST(shm_errors)
{
	create(1, NULL);
	CHECK_ERRNO(shm_open(name(), O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	AS_NOBODY
		CHECK_ERRNO(shm_open("/usertest-shm-none", O_RDWR, 0), ENOENT);
	CHECK_SYS(shm_unlink(name()));
	CHECK_ERRNO(shm_unlink(name()), ENOENT);
	CHECK_ERRNO(shm_open("/a/b", O_RDWR | O_CREAT, 0600), EINVAL);
}

TEST(shm_permissions)
{
	const char *path = name();

	create(1, NULL);
	AS_NOBODY {
		CHECK_ERRNO(shm_open(path, O_RDONLY, 0), EACCES);
		CHECK_ERRNO(shm_unlink(path), EACCES);
	}
	CHECK_SYS(shm_unlink(path));
}

TEST(shm_read_only_descriptor)
{
	char *p = create(1, NULL);
	int fd = CHECK_SYS(shm_open(name(), O_RDONLY, 0));

	CHECK_SYS(shm_unlink(name()));
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK_ERRNO(ftruncate(fd, 0), EINVAL);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(mprotect(p, PAGE, RW), EACCES);
}

TEST(shm_behind_the_end)
{
	int fd;
	char *p = create(2, &fd);

	CHECK_SYS(shm_unlink(name()));
	p[PAGE] = 'x';
	CHECK_SYS(ftruncate(fd, PAGE));
	DIES_BY(SIGBUS)
		p[PAGE] = 'y';
	p[0] = 'z';
	CHECK_SYS(ftruncate(fd, 2 * PAGE));
	CHECK_EQ(p[PAGE], 0);		// what was cut off does not come back
	CHECK_EQ(p[0], 'z');
}

TEST(shm_madvise)
{
	char *p = create(4, NULL);

	CHECK_SYS(shm_unlink(name()));
	memset(p, 'k', 2 * PAGE);
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_WILLNEED));
	CHECK_SYS(madvise(p, 4 * PAGE, MADV_DONTNEED));
	CHECK_EQ(p[PAGE], 'k');
	CHECK_EQ(p[3 * PAGE], 0);
}

TEST(shm_private_copy)
{
	int fd;
	char *p = create(2, &fd), *q = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK_SYS(shm_unlink(name()));
	CHECK(q != MAP_FAILED);
	p[0] = 'a';
	CHECK_EQ(q[0], 'a');
	q[0] = 'b';
	q[PAGE] = 'c';
	CHECK_EQ(p[0], 'a');
	CHECK_EQ(p[PAGE], 0);
	p[0] = 'd';
	CHECK_EQ(q[0], 'b');
}

TEST(shm_shows_in_the_directory)
{
	DIR *dir = opendir("/dev/shm");
	struct dirent *entry;
	bool found = false;

	create(1, NULL);
	CHECK(dir);
	while ((entry = readdir(dir)))
		found |= !strcmp(entry->d_name, name() + 1);
	CHECK(found);
	CHECK_SYS(shm_unlink(name()));
}

// Read, write and both views of a page are the same bytes, whoever comes first.
TEST(shm_read_write_and_mapping_agree)
{
	int fd;
	char *p = create(3, &fd), got[8] = "";

	CHECK_SYS(shm_unlink(name()));
	CHECK_EQ(pwrite(fd, "written", 8, PAGE - 4), 8);
	CHECK_STR(p + PAGE - 4, "written");
	memcpy(p + 2 * PAGE - 4, "stored", 7);
	CHECK_EQ(pread(fd, got, 7, 2 * PAGE - 4), 7);
	CHECK_STR(got, "stored");
}
