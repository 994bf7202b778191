// SPDX-License-Identifier: MIT
// truncate.c - mappings of a file that becomes shorter or longer
#include "user/usertests/mapping.h"

TEST(truncate_sigbus_behind_the_end)
{
	char *p = map_new_file("f", 4, RW, MAP_SHARED);

	p[3 * PAGE] = 'x';
	CHECK_SYS(truncate("f", 2 * PAGE));
	CHECK_EQ(p[PAGE], 'b');
	CHECK_EQ(READ_SIGNAL(p + 2 * PAGE + 5), SIGBUS);
	CHECK_EQ(touch_info.si_code, BUS_ADRERR);
	CHECK(touch_info.si_addr == p + 2 * PAGE + 5);
	CHECK_EQ(WRITE_SIGNAL(p + 3 * PAGE), SIGBUS);
	CHECK_EQ(touch_info.si_code, BUS_ADRERR);
	CHECK_EQ(is_mapped(p + 3 * PAGE), true);
}

TEST(truncate_tail_of_the_last_page_is_zero)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);

	CHECK_SYS(truncate("f", PAGE + 100));
	CHECK_EQ(p[PAGE + 99], 'b');
	for (size_t i = 100; i < PAGE; i++)
		CHECK_EQ(p[PAGE + i], 0);
	// What is stored there is the mapping's, but never the file's.
	p[PAGE + 200] = 'x';
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_SYS(truncate("f", 2 * PAGE));
	CHECK_EQ(p[PAGE + 99], 'b');
	CHECK_EQ(p[PAGE + 300], 0);
}

TEST(truncate_drops_private_copies_too)
{
	char *p = map_new_file("f", 3, RW, MAP_PRIVATE);

	memset(p, 'P', 3 * PAGE);
	CHECK_SYS(truncate("f", PAGE));
	CHECK_EQ(p[0], 'P');
	CHECK_EQ(READ_SIGNAL(p + PAGE), SIGBUS);
	CHECK_EQ(READ_SIGNAL(p + 2 * PAGE), SIGBUS);
	CHECK_SYS(truncate("f", 3 * PAGE));
	CHECK_EQ(p[0], 'P');
	CHECK_EQ(p[PAGE] + p[2 * PAGE], 0);
}

TEST(truncate_keeps_the_private_copy_of_a_part)
{
	// The page that the end falls into stays, with all that was stored in it.
	char *p = map_new_file("f", 2, RW, MAP_PRIVATE);

	memset(p, 'P', 2 * PAGE);
	CHECK_SYS(truncate("f", PAGE + 10));
	CHECK_EQ(p[PAGE + 9], 'P');
	CHECK_EQ(p[PAGE + 10], 'P');
}

TEST(truncate_to_nothing_and_back)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);

	CHECK_SYS(truncate("f", 0));
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
	CHECK_SYS(truncate("f", 2 * PAGE));
	CHECK_EQ(p[0] + p[PAGE], 0);
	p[PAGE] = 'n';
	CHECK_SYS(truncate("f", 3 * PAGE));
	CHECK_EQ(p[PAGE], 'n');
}

TEST(truncate_seen_by_all)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);
	struct gate cut, done;

	gate_make(&cut);
	gate_make(&done);
	CHECK_EQ(p[PAGE], 'b');
	IN_CHILD {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			CHECK_EQ(p[PAGE], 'b');
			gate_open(&done);
			gate_wait(&cut);
			CHECK_EQ(READ_SIGNAL(p + PAGE), SIGBUS);
			finish();
		}
		gate_wait(&done);
		CHECK_SYS(truncate("f", PAGE));
		gate_open(&cut);
		CHECK_EXIT(pid, 0);
	}
	CHECK_EQ(READ_SIGNAL(p + PAGE), SIGBUS);
}

TEST(truncate_under_a_system_call)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);
	int fd[2];

	CHECK_SYS(truncate("f", PAGE));
	CHECK_SYS(pipe(fd));
	CHECK_ERRNO(write(fd[1], p + PAGE, 1), EFAULT);
	CHECK_EQ(write(fd[1], p, 1), 1);
	CHECK_ERRNO(read(fd[0], p + PAGE, 1), EFAULT);
	CHECK_EQ(read(fd[0], p, 1), 1);
	CHECK_ERRNO(stat(p + PAGE, (struct stat *)p), EFAULT);
	CHECK_ERRNO(pipe((int *)(p + PAGE)), EFAULT);
}

TEST(truncate_behind_a_mapping_that_starts_later)
{
	int fd = make_pages("f", 8);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 4 * PAGE);

	CHECK_SYS(ftruncate(fd, 6 * PAGE));
	CHECK_EQ(p[PAGE], 'f');
	CHECK_EQ(READ_SIGNAL(p + 2 * PAGE), SIGBUS);
	CHECK_SYS(ftruncate(fd, PAGE));
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	CHECK_EQ(p[PAGE] + p[3 * PAGE], 0);
}

TEST(truncate_by_opening)
{
	char *p = map_new_file("f", 1, RW, MAP_SHARED);

	CHECK_EQ(p[0], 'a');
	CHECK_SYS(close(CHECK_SYS(open("f", O_WRONLY | O_TRUNC))));
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
}

TEST(truncate_a_file_that_grows_by_write)
{
	int fd = make_pages("f", 1);
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK_EQ(READ_SIGNAL(p + PAGE), SIGBUS);
	CHECK_EQ(pwrite(fd, "more", 4, 2 * PAGE), 4);
	CHECK(!memcmp(p + 2 * PAGE, "more", 5));
	CHECK_EQ(p[PAGE], 0);			// a hole
	p[PAGE] = 'h';
	CHECK_EQ(pread(fd, p, 1, PAGE), 1);
	CHECK_EQ(p[0], 'h');
}

TEST(truncate_a_mapping_beyond_the_file)
{
	// A mapping may reach behind the file's end from the beginning.
	int fd = make_pages("f", 1);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 8 * PAGE);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(READ_SIGNAL(p), SIGBUS);
	CHECK_EQ(WRITE_SIGNAL(p), SIGBUS);
	CHECK_SYS(ftruncate(fd, 9 * PAGE));
	CHECK_EQ(p[0], 0);
	CHECK_EQ(READ_SIGNAL(p + PAGE), SIGBUS);
}
