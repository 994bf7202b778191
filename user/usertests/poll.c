// SPDX-License-Identifier: MIT
// poll.c - ppoll and pselect6
#include "user/usertests/usertests.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>

static int in, out;

static void make_pipe(void)
{
	int fd[2];

	CHECK_SYS(pipe(fd));
	in = fd[0];
	out = fd[1];
}

static int poll_one(int fd, short events, int timeout)
{
	struct pollfd entry = { .fd = fd, .events = events, .revents = 0x7777 };
	int n = CHECK_SYS(poll(&entry, 1, timeout));

	CHECK_EQ(n, entry.revents != 0);
	return entry.revents;
}

TEST(poll_pipe_states)
{
	make_pipe();
	CHECK_EQ(poll_one(in, POLLIN, 0), 0);
	CHECK_EQ(poll_one(out, POLLOUT, 0), POLLOUT);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EQ(poll_one(in, POLLIN, 0), POLLIN);
	CHECK_EQ(poll_one(in, 0, 0), 0);
	CHECK_SYS(close(out));
	CHECK_EQ(poll_one(in, POLLIN, 0), POLLIN | POLLHUP);
	CHECK_EQ(read(in, (char[1]){}, 1), 1);
	CHECK_EQ(poll_one(in, POLLIN, 0), POLLHUP);
	CHECK_EQ(poll_one(in, 0, 0), POLLHUP);		// told unasked
}

TEST(poll_pipe_full_and_broken)
{
	static char block[65536];

	make_pipe();
	CHECK_EQ(write(out, block, sizeof(block)), sizeof(block));
	CHECK_EQ(poll_one(out, POLLOUT, 0), 0);
	CHECK_EQ(read(in, block, 4096), 4096);
	CHECK_EQ(poll_one(out, POLLOUT, 0), POLLOUT);
	CHECK_SYS(close(in));
	CHECK(poll_one(out, POLLOUT, 0) & POLLERR);
}

TEST(poll_descriptors)
{
	struct pollfd entries[3];
	int file;

	put_file("f", "");
	file = CHECK_SYS(open("f", O_RDWR));
	CHECK_EQ(poll_one(file, POLLIN | POLLOUT, 0), POLLIN | POLLOUT);	// always ready
	CHECK_EQ(poll_one(99, POLLIN, -1), POLLNVAL);
	CHECK_EQ(poll_one(-1, POLLIN, 0), 0);		// negative: left out
	CHECK_EQ(poll(NULL, 0, 0), 0);
	make_pipe();
	entries[0] = (struct pollfd){ .fd = in, .events = POLLIN };
	entries[1] = (struct pollfd){ .fd = -5, .events = POLLIN, .revents = 1 };
	entries[2] = (struct pollfd){ .fd = out, .events = POLLOUT };
	CHECK_EQ(poll(entries, 3, -1), 1);
	CHECK_EQ(entries[0].revents, 0);
	CHECK_EQ(entries[1].revents, 0);
	CHECK_EQ(entries[2].revents, POLLOUT);
}

TEST(poll_too_many)
{
	static struct pollfd entries[100];

	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 50, 50 }));
	CHECK_ERRNO(poll(entries, 100, 0), EINVAL);
}

TEST(poll_timeout)
{
	long long start = now(CLOCK_MONOTONIC);
	struct timespec time = { 0, 30 * MS }, bad = { 0, SEC };
	struct pollfd entry;

	make_pipe();
	entry = (struct pollfd){ .fd = in, .events = POLLIN };
	CHECK_EQ(poll(&entry, 1, 30), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30 * MS);
	start = now(CLOCK_MONOTONIC);
	CHECK_EQ(ppoll(&entry, 1, &time, NULL), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30 * MS);
	CHECK_ERRNO(ppoll(&entry, 1, &bad, NULL), EINVAL);
	CHECK_EQ(time.tv_nsec, 30 * MS);
}

TEST(poll_is_woken)
{
	pid_t parent = getpid(), pid;

	make_pipe();
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		until_asleep(parent);
		CHECK_EQ(write(out, "x", 1), 1);
		finish();
	}
	CHECK_EQ(poll_one(in, POLLIN, -1), POLLIN);
	CHECK_EXIT(pid, 0);
}

// Who looks only is told besides: the one wake-up for the one byte is the reader's.
TEST(poll_leaves_a_wake_up_to_the_reader)
{
	pid_t reader, looker;

	make_pipe();
	reader = CHECK_SYS(fork());
	if (reader == 0)
		_exit(read(in, (char[1]){}, 1) != 1);
	until_asleep(reader);
	looker = CHECK_SYS(fork());
	if (looker == 0) {
		poll_one(in, POLLIN, -1);
		for (;;)
			pause();
	}
	until_asleep(looker);
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_EXIT(reader, 0);
	CHECK_SYS(kill(looker, SIGKILL));
	CHECK_KILLED(looker, SIGKILL);
}

TEST(poll_is_woken_by_hangup)
{
	pid_t parent = getpid(), pid;

	make_pipe();
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		until_asleep(parent);
		finish();
	}
	CHECK_SYS(close(out));
	CHECK_EQ(poll_one(in, POLLIN, -1), POLLHUP);
	CHECK_EXIT(pid, 0);
}

TEST(poll_writer_is_woken)
{
	static char block[65536];
	pid_t parent = getpid(), pid;

	make_pipe();
	CHECK_EQ(write(out, block, sizeof(block)), sizeof(block));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		until_asleep(parent);
		CHECK_EQ(read(in, block, 8192), 8192);
		finish();
	}
	CHECK_EQ(poll_one(out, POLLOUT, -1), POLLOUT);
	CHECK_EXIT(pid, 0);
}

TEST(poll_signal_mask)
{
	struct timespec forever = { 1000, 0 };
	struct pollfd entry;
	sigset_t none, mask;

	make_pipe();
	entry = (struct pollfd){ .fd = in, .events = POLLIN };
	on_signal(SIGUSR1, count_signal, SA_RESTART);
	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(poll(&entry, 1, 20), 0);		// blocked: no hurry
	sigemptyset(&none);
	CHECK_ERRNO(ppoll(&entry, 1, &forever, &none), EINTR);	// never restarted
	CHECK_EQ(signals_seen, 1);
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(sigismember(&mask, SIGUSR1));
}

TEST(poll_ready_wins_over_signal)
{
	struct pollfd entry;
	sigset_t none;

	make_pipe();
	CHECK_EQ(write(out, "x", 1), 1);
	entry = (struct pollfd){ .fd = in, .events = POLLIN };
	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	sigemptyset(&none);
	CHECK_EQ(ppoll(&entry, 1, NULL, &none), 1);
	CHECK_EQ(signals_seen, 0);			// still pending, the old mask is back
}

TEST(select_sets)
{
	fd_set readable, writable, none;

	make_pipe();
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_ZERO(&none);
	FD_SET(in, &readable);
	FD_SET(out, &writable);
	CHECK_EQ(select(out + 1, &readable, &writable, &none, NULL), 1);
	CHECK(!FD_ISSET(in, &readable) && FD_ISSET(out, &writable));
	CHECK_EQ(write(out, "x", 1), 1);
	FD_SET(in, &readable);
	CHECK_EQ(select(out + 1, &readable, &writable, NULL, NULL), 2);
	CHECK(FD_ISSET(in, &readable) && FD_ISSET(out, &writable));
}

TEST(select_end_of_file_is_readable)
{
	fd_set readable;

	make_pipe();
	CHECK_SYS(close(out));
	FD_ZERO(&readable);
	FD_SET(in, &readable);
	CHECK_EQ(select(in + 1, &readable, NULL, NULL, NULL), 1);
}

TEST(select_errors_and_timeout)
{
	struct timeval time = { 0, 30000 };
	struct timespec bad = { -1, 0 };
	long long start = now(CLOCK_MONOTONIC);
	fd_set set;

	FD_ZERO(&set);
	FD_SET(60, &set);
	CHECK_ERRNO(select(61, &set, NULL, NULL, NULL), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, &bad, NULL), EINVAL);
	CHECK_EQ(select(0, NULL, NULL, NULL, &time), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30 * MS);
	CHECK(time.tv_sec == 0 && time.tv_usec == 0);	// Linux tells what is left
}

TEST(select_signal_mask)
{
	sigset_t none;

	on_signal(SIGUSR1, count_signal, SA_RESTART);
	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	sigemptyset(&none);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR);
	CHECK_EQ(signals_seen, 1);
}
