// SPDX-License-Identifier: MIT
// pipe.c - pipes and named pipes
#include "user/usertests/usertests.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static int in, out;	// read end, write end
static char block[65536 * 2];

static void make_pipe(int flags)
{
	int fd[2];

	CHECK_SYS(pipe2(fd, flags));
	in = fd[0];
	out = fd[1];
}

TEST(pipe_bytes_in_order)
{
	char got[8] = "";

	make_pipe(0);
	CHECK_EQ(write(out, "abc", 3), 3);
	CHECK_EQ(write(out, "def", 3), 3);
	CHECK_EQ(read(in, got, 2), 2);
	CHECK_STR(got, "ab");
	CHECK_EQ(read(in, got, sizeof(got)), 4);	// what is there, not what was asked for
	CHECK(memcmp(got, "cdef", 4) == 0);
	CHECK_EQ(read(in, got, 0), 0);
}

TEST(pipe_end_of_file)
{
	char byte;

	make_pipe(0);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_SYS(close(out));
	CHECK_EQ(read(in, &byte, 1), 1);
	CHECK_EQ(read(in, &byte, 1), 0);
	CHECK_EQ(read(in, &byte, 1), 0);
}

TEST(pipe_without_reader)
{
	make_pipe(0);
	CHECK_SYS(close(in));
	on_signal(SIGPIPE, count_signal, 0);
	CHECK_ERRNO(write(out, "x", 1), EPIPE);
	CHECK_EQ(signals_seen, 1);
	on_signal(SIGPIPE, SIG_IGN, 0);
	CHECK_ERRNO(write(out, "x", 1), EPIPE);
	DIES_BY(SIGPIPE) {
		on_signal(SIGPIPE, SIG_DFL, 0);
		if (write(out, "x", 1) < 0)
			_exit(0);
	}
}

TEST(pipe_wrong_end)
{
	char byte;

	make_pipe(0);
	CHECK_ERRNO(write(in, "x", 1), EBADF);
	CHECK_ERRNO(read(out, &byte, 1), EBADF);
	CHECK_ERRNO(lseek(in, 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(in, &byte, 1, 0), ESPIPE);
	CHECK_ERRNO(pwrite(out, "x", 1, 0), ESPIPE);
	CHECK_ERRNO(ftruncate(out, 0), EINVAL);
	CHECK_ERRNO(pipe2((int[2]){}, 0x1), EINVAL);
}

TEST(pipe_flags)
{
	make_pipe(O_CLOEXEC | O_NONBLOCK);
	CHECK_EQ(fcntl(in, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(in, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
	CHECK_EQ(fcntl(out, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
}

TEST(pipe_stat)
{
	struct stat st;

	make_pipe(0);
	CHECK_SYS(fstat(in, &st));
	CHECK(S_ISFIFO(st.st_mode));
}

static size_t fill(void)
{
	size_t total = 0;
	ssize_t n;

	while ((n = write(out, block, 4096)) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	return total;
}

TEST(pipe_capacity)
{
	int available = 0;
	size_t total;

	make_pipe(O_NONBLOCK);
	CHECK_ERRNO(read(in, block, 1), EAGAIN);
	total = fill();
	CHECK_EQ(total, 65536);			// pipe(7)
	CHECK_SYS(ioctl(in, FIONREAD, &available));
	CHECK_EQ(available, total);
	CHECK_EQ(read(in, block, sizeof(block)), total);
	CHECK_ERRNO(read(in, block, 1), EAGAIN);
	CHECK_EQ(fill(), total);
}

TEST(pipe_set_size)
{
	make_pipe(O_NONBLOCK);
	CHECK_EQ(fcntl(in, F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(in, F_SETPIPE_SZ, 5000), 8192);	// whole pages, a power of two
	CHECK_EQ(fill(), 8192);
	CHECK_EQ(fcntl(out, F_SETPIPE_SZ, 131072), 131072);
	CHECK_EQ(fill(), 131072 - 8192);
	CHECK_ERRNO(fcntl(out, F_SETPIPE_SZ, 4096), EBUSY);
}

TEST(pipe_small_writes_are_whole)
{
	make_pipe(O_NONBLOCK);
	fill();
	CHECK_EQ(read(in, block, 4096 - 1), 4096 - 1);
	CHECK_ERRNO(write(out, block, PIPE_BUF), EAGAIN);	// no room for all: none of it
}

TEST(pipe_large_write_is_partial)
{
	make_pipe(O_NONBLOCK);
	CHECK_EQ(write(out, block, sizeof(block)), 65536);
	CHECK_EQ(read(in, block, 8192), 8192);
	CHECK_EQ(write(out, block, sizeof(block)), 8192);
}

TEST(pipe_blocking_write_gets_all_through)
{
	size_t total = 0;
	ssize_t n;
	pid_t pid;

	make_pipe(0);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = i * 7;
		CHECK_EQ(write(out, block, sizeof(block)), sizeof(block));
		finish();
	}
	CHECK_SYS(close(out));
	while ((n = read(in, block, 1000)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(block[i], (char)((total + i) * 7));
		total += n;
	}
	CHECK_EQ(total, sizeof(block));
	CHECK_EXIT(pid, 0);
}

TEST(pipe_writers_do_not_mix)
{
	enum { WRITERS = 3, RECORDS = 40, SIZE = 1000 };
	char record[SIZE];
	size_t have;

	make_pipe(0);
	for (int w = 0; w < WRITERS; w++) {
		if (CHECK_SYS(fork()) > 0)
			continue;
		memset(record, 'a' + w, SIZE);
		for (int i = 0; i < RECORDS; i++)
			CHECK_EQ(write(out, record, SIZE), SIZE);
		finish();
	}
	CHECK_SYS(close(out));
	for (int i = 0; i < WRITERS * RECORDS; i++) {
		for (have = 0; have < SIZE;)
			have += CHECK_SYS(read(in, record + have, SIZE - have));
		for (int k = 1; k < SIZE; k++)
			CHECK_EQ(record[k], record[0]);
	}
	CHECK_EQ(read(in, record, 1), 0);
	while (wait(NULL) > 0)
		;
}

TEST(pipe_interrupted_write_tells_what_went)
{
	make_pipe(0);
	on_signal(SIGALRM, count_signal, 0);
	alarm_every(20);
	CHECK_EQ(write(out, block, sizeof(block)), 65536);	// then full, then the signal
	CHECK_ERRNO(write(out, block, 1), EINTR);
}

TEST(pipe_reader_goes_while_writer_waits)
{
	pid_t pid;

	make_pipe(0);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(close(in));
		on_signal(SIGPIPE, SIG_IGN, 0);
		CHECK_EQ(write(out, block, 65536), 65536);
		CHECK_ERRNO(write(out, block, 1), EPIPE);
		finish();
	}
	until_asleep(pid);
	CHECK_SYS(close(in));
	CHECK_EXIT(pid, 0);
}

TEST(pipe_vectors)
{
	char a[3] = "", b[4] = "";

	make_pipe(0);
	CHECK_EQ(writev(out, (struct iovec[]){ { "12", 2 }, { "345", 3 } }, 2), 5);
	CHECK_EQ(readv(in, (struct iovec[]){ { a, 2 }, { b, 3 } }, 2), 5);
	CHECK_STR(a, "12");
	CHECK_STR(b, "345");
}

/* --- named pipes --------------------------------------------------------------------------- */

TEST(fifo_opens_meet)
{
	char got[6] = "";
	pid_t pid;
	int fd;

	CHECK_SYS(mkfifo("p", 0644));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		fd = CHECK_SYS(open("p", O_WRONLY));	// waits for a reader
		CHECK_EQ(write(fd, "hello", 5), 5);
		finish();
	}
	until_asleep(pid);
	fd = CHECK_SYS(open("p", O_RDONLY));
	CHECK_EQ(read(fd, got, 5), 5);
	CHECK_STR(got, "hello");
	CHECK_EQ(read(fd, got, 5), 0);
	CHECK_EXIT(pid, 0);
}

TEST(fifo_nonblocking_open)
{
	int fd;

	CHECK_SYS(mkfifo("p", 0644));
	CHECK_ERRNO(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	fd = CHECK_SYS(open("p", O_RDONLY | O_NONBLOCK));
	CHECK_EQ(read(fd, block, 1), 0);		// no writer: the end, not EAGAIN
	out = CHECK_SYS(open("p", O_WRONLY | O_NONBLOCK));
	CHECK_ERRNO(read(fd, block, 1), EAGAIN);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EQ(read(fd, block, 1), 1);
	CHECK_SYS(open("p", O_RDWR));			// Linux: never waits, fifo(7)
}

TEST(fifo_open_is_interrupted)
{
	CHECK_SYS(mkfifo("p", 0644));
	on_signal(SIGALRM, count_signal, 0);
	alarm_every(10);
	CHECK_ERRNO(open("p", O_RDONLY), EINTR);
}
