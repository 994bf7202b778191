// SPDX-License-Identifier: MIT
// dev.c - /dev, and the terminal
#include "user/usertests/usertests.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>

TEST(dev_null)
{
	int fd = CHECK_SYS(open("/dev/null", O_RDWR));

	CHECK_EQ(write(fd, "anything", 8), 8);
	CHECK_EQ(read(fd, (char[4]){}, 4), 0);
	CHECK_ERRNO(ioctl(fd, TCGETS, (char[64]){}), ENOTTY);
	CHECK_EQ(lseek(fd, 10, SEEK_SET), 0);
	CHECK_SYS(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0644));
}

TEST(dev_zero)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDWR));
	static char got[10000];
	char *p;

	memset(got, 'x', sizeof(got));
	CHECK_EQ(read(fd, got, sizeof(got)), sizeof(got));
	for (size_t i = 0; i < sizeof(got); i++)
		CHECK_EQ(got[i], 0);
	CHECK_EQ(write(fd, got, 100), 100);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[5000], 0);
	p[5000] = 1;
}

TEST(dev_full)
{
	int fd = CHECK_SYS(open("/dev/full", O_RDWR));
	char got[4] = "xxx";

	CHECK_ERRNO(write(fd, "x", 1), ENOSPC);
	CHECK_EQ(read(fd, got, 4), 4);
	CHECK_EQ(got[0] | got[1] | got[2] | got[3], 0);
}

TEST(dev_descriptors_have_names)
{
	char got[100] = "";

	put_file("f", "text");
	CHECK_EQ(dup2(CHECK_SYS(open("f", O_RDONLY)), 7), 7);
	CHECK_CONTENT("/dev/fd/7", "text");
	CHECK_ERRNO(open("/dev/fd/8", O_RDONLY), ENOENT);
	CHECK_SYS(readlink("/dev/stdin", got, sizeof(got)));
	CHECK_STR(got, "/proc/self/fd/0");
}

TEST(dev_random)
{
	static const char *const names[] = { "/dev/random", "/dev/urandom" };
	unsigned char a[256], b[256];
	int bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = CHECK_SYS(open(names[i], O_RDWR));

		CHECK_EQ(read(fd, a, sizeof(a)), sizeof(a));
		CHECK_EQ(read(fd, b, sizeof(b)), sizeof(b));
		CHECK(memcmp(a, b, sizeof(a)) != 0);
		CHECK_EQ(write(fd, a, 4), 4);
	}
	for (size_t i = 0; i < sizeof(a); i++)
		bits += __builtin_popcount(a[i]);
	CHECK(bits > 800 && bits < 1250);	// of 2048: half of them, or it is no noise
}

/* --- the terminal -------------------------------------------------------------------------- */

// The harness's terminal: a test is a background group of its session.
static int terminal(void)
{
	int fd = open("/dev/tty", O_RDWR);

	if (fd < 0)
		skip("no controlling terminal");
	return fd;
}

TEST(tty_settings)
{
	struct termios old, changed, got;
	int fd = terminal();

	CHECK(isatty(fd));
	CHECK_SYS(tcgetattr(fd, &old));
	CHECK(old.c_cc[VEOF] == 4 && old.c_cc[VINTR] == 3);
	on_signal(SIGTTOU, SIG_IGN, 0);
	changed = old;
	changed.c_lflag &= ~(ICANON | ECHO);
	changed.c_cc[VMIN] = 3;
	CHECK_SYS(tcsetattr(fd, TCSANOW, &changed));
	CHECK_SYS(tcgetattr(fd, &got));
	CHECK_SYS(tcsetattr(fd, TCSADRAIN, &old));
	CHECK_EQ(got.c_lflag, changed.c_lflag);
	CHECK_EQ(got.c_cc[VMIN], 3);
	CHECK_SYS(tcgetattr(fd, &got));
	CHECK_EQ(got.c_lflag, old.c_lflag);
}

TEST(tty_window_size)
{
	struct winsize old, got, size = { .ws_row = 33, .ws_col = 99 };
	int fd = terminal();

	CHECK_SYS(ioctl(fd, TIOCGWINSZ, &old));
	CHECK_SYS(ioctl(fd, TIOCSWINSZ, &size));
	CHECK_SYS(ioctl(fd, TIOCGWINSZ, &got));
	CHECK_SYS(ioctl(fd, TIOCSWINSZ, &old));
	CHECK_EQ(got.ws_row, 33);
	CHECK_EQ(got.ws_col, 99);
}

TEST(tty_queues)
{
	int count = -1, fd = terminal();

	on_signal(SIGTTOU, SIG_IGN, 0);
	CHECK_SYS(ioctl(fd, FIONREAD, &count));
	CHECK(count >= 0);
	CHECK_SYS(tcdrain(fd));
	CHECK_SYS(tcflush(fd, TCIFLUSH));
	CHECK_ERRNO(tcflush(fd, 77), EINVAL);
}

TEST(tty_is_not_every_file)
{
	struct termios termios;
	int fd[2];

	put_file("f", "");
	CHECK_ERRNO(tcgetattr(CHECK_SYS(open("f", O_RDWR)), &termios), ENOTTY);
	CHECK_SYS(pipe(fd));
	CHECK_ERRNO(tcgetattr(fd[0], &termios), ENOTTY);
	CHECK_ERRNO(ioctl(fd[0], TIOCGWINSZ, &termios), ENOTTY);
	CHECK_ERRNO(tcgetpgrp(fd[0]), ENOTTY);
	CHECK_ERRNO(ioctl(99, TCGETS, &termios), EBADF);
}

TEST(tty_foreground_group)
{
	int fd = terminal();
	pid_t old = CHECK_SYS(tcgetpgrp(fd));

	CHECK(old > 0 && old != getpgrp());
	on_signal(SIGTTOU, SIG_IGN, 0);
	CHECK_SYS(tcsetpgrp(fd, getpgrp()));
	CHECK_EQ(tcgetpgrp(fd), getpgrp());
	CHECK_SYS(tcsetpgrp(fd, old));
	CHECK_ERRNO(tcsetpgrp(fd, -1), EINVAL);
	CHECK_ERRNO(tcsetpgrp(fd, INT_MAX), ESRCH);
}

static void check_stops(pid_t pid, int sig)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), sig);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(tty_background_read_stops)
{
	int fd = terminal();
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_SYS(setpgid(0, 0));	// a group whose parent is in the session: no orphan
		_exit(read(fd, (char[1]){}, 1));
	}
	check_stops(pid, SIGTTIN);
}

TEST(tty_background_change_stops)
{
	struct termios termios;
	int fd = terminal();
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_SYS(setpgid(0, 0));
		tcgetattr(fd, &termios);
		_exit(tcsetattr(fd, TCSANOW, &termios));
	}
	check_stops(pid, SIGTTOU);
}

TEST(tty_background_read_without_the_signal)
{
	int fd = terminal();

	on_signal(SIGTTIN, SIG_IGN, 0);
	CHECK_ERRNO(read(fd, (char[1]){}, 1), EIO);
}

TEST(tty_leaving_it)
{
	int fd = terminal();

	IN_CHILD {
		CHECK_SYS(setsid());
		CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_ERRNO(tcgetpgrp(fd), ENOTTY);		// not ours any more
		CHECK_ERRNO(ioctl(fd, TIOCSCTTY, 0), EPERM);	// it belongs to another session
	}
}

TEST(tty_raw_read_with_timeout)
{
	struct termios old, raw;
	pid_t front;
	char byte;
	int fd = terminal();

	on_signal(SIGTTOU, SIG_IGN, 0);
	front = tcgetpgrp(fd);
	CHECK_SYS(tcgetattr(fd, &old));
	raw = old;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 1;
	CHECK_SYS(tcsetpgrp(fd, getpgrp()));
	CHECK_SYS(tcsetattr(fd, TCSAFLUSH, &raw));
	long long start = now(CLOCK_MONOTONIC);
	int n = read(fd, &byte, 1), error = errno;
	CHECK_SYS(tcsetattr(fd, TCSANOW, &old));
	CHECK_SYS(tcsetpgrp(fd, front));
	if (n != 0)
		fail(HERE("read"), "want 0 after 100 ms, got %d, %s", n, errno_name(error));
	CHECK(now(CLOCK_MONOTONIC) - start >= 90 * MS);
}
