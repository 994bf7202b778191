// SPDX-License-Identifier: MIT
/*
 * ends.c - numbers and places where arithmetic ends: the most that a position, a time or a process
 * number can be, structures at odd addresses and around the ends of memory
 */
#include "user/usertests/mapping.h"
#include "user/usertests/arch.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>

/* --- structures of the caller's, anywhere --------------------------------------------------- */

TEST(ends_poll_at_an_odd_address)
{
	char raw[sizeof(struct pollfd) + 1] = {};
	struct pollfd entry = { .fd = open("/dev/null", O_RDWR), .events = POLLIN };

	memcpy(raw + 1, &entry, sizeof(entry));
	CHECK_EQ(syscall(SYS_ppoll, raw + 1, 1, NULL, NULL, 0), 1);
	memcpy(&entry, raw + 1, sizeof(entry));
	CHECK_EQ(entry.revents, POLLIN);
}

TEST(ends_getdents_at_an_odd_address)
{
	char raw[1024];
	int fd = CHECK_SYS(open(".", O_RDONLY | O_DIRECTORY));
	uint16_t length;

	CHECK(syscall(SYS_getdents64, fd, raw + 1, sizeof(raw) - 1) >= 2 * 24);
	memcpy(&length, raw + 1 + offsetof(struct dirent, d_reclen), sizeof(length));
	CHECK_EQ(length, 24);			// of "." and ".."
}

TEST(ends_clone3_around_the_end_of_memory)
{
	CHECK_ERRNO(syscall(SYS_clone3, -1L, 4096), EFAULT);
	CHECK_ERRNO(syscall(SYS_clone3, -96L, 104), EFAULT);
}

/* --- positions in files --------------------------------------------------------------------- */

TEST(ends_of_a_file_in_memory)
{
	int fd = CHECK_SYS(memfd_create("largest", 0));
	char *p;

	CHECK_SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, LONG_MAX - 1, 1));
	CHECK_SYS(ftruncate(fd, LONG_MAX));
	CHECK_SYS(ftruncate(fd, LONG_MAX - 1));
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[0], 0);
	p[1] = 'm';
	CHECK_EQ(pread(fd, p + 2, 1, 1), 1);
	CHECK_EQ(p[2], 'm');
	CHECK_EQ(pwrite(fd, "e", 1, LONG_MAX - 2), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), LONG_MAX - 1);
}

// The second of its pages has an index that is no position any more.
static char *map_last_position(int flags)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDWR));
	char *p = mmap(NULL, 2 * PAGE, RW, flags, fd, LONG_MAX - (PAGE - 1));

	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

TEST(ends_of_a_mapping_by_position)
{
	char *p = map_last_position(MAP_PRIVATE);

	p[PAGE] = 1;
	CHECK_ERRNO(madvise(p + PAGE, PAGE, MADV_REMOVE), EACCES);
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_WILLNEED));
	CHECK_SYS(madvise(p + PAGE, PAGE, MADV_WILLNEED));
	CHECK_SYS(munmap(p, PAGE));
	CHECK_EQ(syscall(SYS_futex, p + PAGE, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_EQ(p[PAGE], 1);
}

TEST(ends_of_a_shared_mapping_by_position)
{
	char *p = map_last_position(MAP_SHARED);

	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_SYS(munmap(p, PAGE));
	CHECK_SYS(msync(p + PAGE, PAGE, MS_SYNC));
}

TEST(ends_of_a_lock)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	struct flock lock = { .l_type = F_RDLCK, .l_start = LONG_MIN, .l_len = -1 };

	CHECK_ERRNO(fcntl(fd, F_GETLK, &lock), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	lock.l_start = -1;
	lock.l_len = LONG_MIN;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	lock.l_start = 0;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EINVAL);
	lock.l_start = 1;
	lock.l_len = LONG_MAX;
	CHECK_SYS(fcntl(fd, F_SETLK, &lock));
	lock.l_start = 2;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EOVERFLOW);
}

TEST(ends_of_sendfile)
{
	int in = make_pages("f", 1), out = CHECK_SYS(open("g", O_RDWR | O_CREAT, 0644));
	off_t at = LONG_MAX;

	CHECK_ERRNO(sendfile(out, in, &at, PAGE), EINVAL);
	at = 0;
	CHECK_ERRNO(sendfile(out, in, &at, SIZE_MAX), EINVAL);
	CHECK_EQ(sendfile(out, in, &at, SSIZE_MAX), PAGE);
}

/* --- times ---------------------------------------------------------------------------------- */

TEST(ends_of_a_timer)
{
	static const long wrong[] = { LONG_MAX, LONG_MIN, 1000000 };

	for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
		for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
			struct itimerval first = { .it_value.tv_usec = wrong[i] };
			struct itimerval again = { .it_interval.tv_usec = wrong[i] };

			CHECK_ERRNO(setitimer(which, &first, NULL), EINVAL);
			CHECK_ERRNO(setitimer(which, &again, NULL), EINVAL);
		}
	}
}

// What the file system cannot keep becomes the nearest time that it can.
TEST(ends_of_a_files_time)
{
	struct timespec times[2] = { { LONG_MAX, 0 }, { LONG_MIN, 0 } };
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	struct stat st, again;

	CHECK_SYS(futimens(fd, times));
	CHECK_SYS(fsync(fd));
	CHECK_SYS(fstat(fd, &st));
	CHECK(st.st_atime >= INT_MAX);
	CHECK(st.st_mtime <= INT_MIN);
	CHECK_SYS(write(fd, "x", 1));
	times[1].tv_nsec = UTIME_OMIT;
	CHECK_SYS(futimens(fd, times));
	CHECK_SYS(fstat(fd, &again));
	CHECK_EQ(again.st_atime, st.st_atime);
}

/* --- processes ------------------------------------------------------------------------------ */

TEST(ends_of_an_owner)
{
	struct f_owner_ex owner = { F_OWNER_PGRP, INT_MIN };
	int fd[2];

	CHECK_SYS(pipe(fd));
	CHECK_ERRNO(fcntl(fd[0], F_SETOWN_EX, &owner), ESRCH);
	owner.pid = -getpid();
	CHECK_ERRNO(fcntl(fd[0], F_SETOWN_EX, &owner), ESRCH);
	owner.type = F_OWNER_PID;
	CHECK_ERRNO(fcntl(fd[0], F_SETOWN_EX, &owner), ESRCH);
	owner.type = 9;
	CHECK_ERRNO(fcntl(fd[0], F_SETOWN_EX, &owner), EINVAL);
}

static void return_without_a_frame(unsigned long sp)
{
	DIES_BY(SIGSEGV)
		arch_sigreturn(sp);
}

TEST(ends_of_a_signal_frame)
{
	static const unsigned long nowhere[] = { 0, 8, 1, -1UL, -16UL, -128UL, TASK_END - 8 };

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		return_without_a_frame(nowhere[i]);
}

/* --- 2 GiB at once -------------------------------------------------------------------------- */

// Nobody waits for the end of it: a signal ends it before.
static void check_interrupted(ssize_t (*move)(int fd, const struct iovec *part, int parts),
			      const char *device)
{
	struct iovec part[IOV_MAX];
	size_t size = 512 * PAGE;
	char *p = map_anon(512, RW);
	int fd = CHECK_SYS(open(device, O_RDWR));

	for (int i = 0; i < IOV_MAX; i++)
		part[i] = (struct iovec){ p, size };
	on_signal(SIGALRM, count_signal, 0);
	alarm_every(10);
	CHECK((size_t)CHECK_SYS(move(fd, part, IOV_MAX)) < IOV_MAX * size - PAGE);
	alarm_every(0);
	CHECK_SYS(munmap(p, size));
	CHECK_SYS(close(fd));
}

TEST(ends_of_long_transfers)
{
	check_interrupted(readv, "/dev/urandom");
	check_interrupted(writev, "/dev/urandom");
	check_interrupted(readv, "/dev/zero");
}
