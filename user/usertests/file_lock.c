// SPDX-License-Identifier: MIT
// file_lock.c - POSIX record locks by fcntl, and flock
#include "user/usertests/usertests.h"
#include <sys/file.h>

static int lock(int fd, int command, int type, off_t start, off_t length)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length,
	};

	return fcntl(fd, command, &lock);
}

static int file(void)
{
	return CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
}

TEST(lock_excludes_other_process)
{
	int fd = file();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));		// one's own is no obstacle
	IN_CHILD {
		CHECK_ERRNO(lock(fd, F_SETLK, F_RDLCK, 15, 1), EAGAIN);
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN);
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 10));
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 20, 0));
	}
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 0, 0));
	IN_CHILD
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

TEST(lock_readers_share)
{
	int fd = file();

	CHECK_SYS(lock(fd, F_SETLK, F_RDLCK, 0, 100));
	IN_CHILD {
		CHECK_SYS(lock(fd, F_SETLK, F_RDLCK, 50, 100));
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 50, 100), EAGAIN);
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 100, 10));
	}
}

TEST(lock_getlk_tells_the_owner)
{
	int fd = file();
	pid_t owner = getpid();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	IN_CHILD {
		struct flock query = { .l_type = F_RDLCK, .l_start = 0, .l_len = 0 };

		CHECK_SYS(fcntl(fd, F_GETLK, &query));
		CHECK_EQ(query.l_type, F_WRLCK);
		CHECK_EQ(query.l_pid, owner);
		CHECK_EQ(query.l_start, 10);
		CHECK_EQ(query.l_len, 10);
		query = (struct flock){ .l_type = F_RDLCK, .l_start = 30, .l_len = 1 };
		CHECK_SYS(fcntl(fd, F_GETLK, &query));
		CHECK_EQ(query.l_type, F_UNLCK);
	}
}

TEST(lock_split_and_merge)
{
	int fd = file();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 30));
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 10, 10));
	IN_CHILD {
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 9, 1), EAGAIN);
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 20, 1), EAGAIN);
	}
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	CHECK_SYS(lock(fd, F_SETLK, F_RDLCK, 5, 20));
	IN_CHILD {
		struct flock query = { .l_type = F_WRLCK, .l_start = 5, .l_len = 1 };

		CHECK_SYS(fcntl(fd, F_GETLK, &query));
		CHECK_EQ(query.l_type, F_RDLCK);
		CHECK_EQ(query.l_start, 5);
		CHECK_EQ(query.l_len, 20);
	}
}

TEST(lock_neighbours_are_one)
{
	int fd = file();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 50, 10));
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 10));
	IN_CHILD {
		struct flock query = { .l_type = F_WRLCK };

		CHECK_SYS(fcntl(fd, F_GETLK, &query));	// tells of the first one
		CHECK_EQ(query.l_start, 0);
		CHECK_EQ(query.l_len, 20);
	}
}

TEST(lock_goes_with_any_close)
{
	int fd = file(), other = file();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 0));
	CHECK_SYS(close(other));	// any descriptor of the file drops all locks: fcntl(2)
	IN_CHILD
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

TEST(lock_goes_with_the_process)
{
	int fd = file();
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 0));
		finish();
	}
	CHECK_EXIT(pid, 0);
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

TEST(lock_waits)
{
	int fd = file();
	pid_t pid;

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 10));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(lock(fd, F_SETLKW, F_WRLCK, 5, 1));
		CHECK_EQ(write(fd, "b", 1), 1);
		finish();
	}
	until_asleep(pid);
	CHECK_EQ(write(fd, "a", 1), 1);
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_EXIT(pid, 0);
	CHECK_CONTENT("f", "ab");
}

TEST(lock_wait_is_interrupted)
{
	int fd = file();

	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 10));
	IN_CHILD {
		on_signal(SIGALRM, count_signal, 0);
		alarm_every(10);
		CHECK_ERRNO(lock(fd, F_SETLKW, F_WRLCK, 0, 10), EINTR);
	}
}

TEST(lock_deadlock)
{
	int fd = file();
	struct gate ready;
	pid_t pid;

	gate_make(&ready);
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 1, 1));
		gate_open(&ready);
		CHECK_SYS(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
		finish();
	}
	gate_wait(&ready);
	until_asleep(pid);
	CHECK_ERRNO(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK_SYS(lock(fd, F_SETLK, F_UNLCK, 0, 1));
	CHECK_EXIT(pid, 0);
}

TEST(lock_errors)
{
	int fd = file(), rd = CHECK_SYS(open("f", O_RDONLY));

	CHECK_ERRNO(lock(fd, F_SETLK, 17, 0, 0), EINVAL);
	CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, -1, 0), EINVAL);
	CHECK_ERRNO(lock(rd, F_SETLK, F_WRLCK, 0, 0), EBADF);
	CHECK_SYS(lock(rd, F_SETLK, F_RDLCK, 0, 0));
	CHECK_SYS(lock(rd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_ERRNO(lock(99, F_SETLK, F_WRLCK, 0, 0), EBADF);
	CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 100, -50));	// the 50 bytes before
	IN_CHILD {
		CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 50, 1), EAGAIN);
		CHECK_SYS(lock(fd, F_SETLK, F_WRLCK, 49, 1));
	}
}

TEST(flock_belongs_to_the_open_file)
{
	int fd = file(), other = file();

	CHECK_SYS(flock(fd, LOCK_EX));
	CHECK_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	IN_CHILD {
		CHECK_SYS(flock(fd, LOCK_EX | LOCK_NB));	// inherited: the same lock
		CHECK_SYS(close(fd));
	}
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_SYS(flock(fd, LOCK_SH));
	CHECK_SYS(flock(other, LOCK_SH | LOCK_NB));
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK_SYS(close(fd));
	CHECK_SYS(flock(other, LOCK_EX | LOCK_NB));
	CHECK_ERRNO(flock(other, 0), EINVAL);
	CHECK_ERRNO(flock(99, LOCK_EX), EBADF);
}

TEST(flock_waits)
{
	int fd = file();
	pid_t pid;

	CHECK_SYS(flock(fd, LOCK_EX));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(flock(file(), LOCK_EX));
		finish();
	}
	until_asleep(pid);
	CHECK_SYS(flock(fd, LOCK_UN));
	CHECK_EXIT(pid, 0);
}
