// SPDX-License-Identifier: MIT
// init: process 1. It mounts what programs expect and turns on swap; then it either serves an
// interactive shell, or runs one command and leaves the machine with the command's status.
//
// I1  Every child is reaped, adopted orphans included.
// I2  The line "[exit status N]" comes after the last byte of any other process: all of them
//     are dead and reaped by then.
// I3  The signals below stay blocked in init and are taken by sigwaitinfo alone, so no request
//     to power off can fall between a check and a sleep.
//
// Requests arrive as signals, numbered as busybox's init has them: SIGUSR1 halts, SIGUSR2
// powers off, SIGTERM reboots.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CHOSEN "/sys/firmware/devicetree/base/chosen/"
#define CMD_FILE CHOSEN "faultline,cmd"
#define MAKE_SWAP_FILE CHOSEN "faultline,make-swap"
#define CMD_MAX 4000
#define SWAP_DISK "/dev/vdb"
#define SWAP_MAGIC_AT 4086 // last ten bytes of the first 4 KiB page, see mkswap(8)
#define GRACE_SECONDS 2    // what SIGTERM gives a process before SIGKILL

static sigset_t handled;
static struct termios console_mode;
static int console_mode_known;

static void block_signals(void)
{
	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGUSR1);
	sigaddset(&handled, SIGUSR2);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	sigprocmask(SIG_BLOCK, &handled, NULL);
}

// A failure is silent: the kernel may have mounted it already, or may not have that kind.
static void mount_at(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	mount(type, dir, type, 0, NULL);
}

static void mount_all(void)
{
	if (access("/proc/self/stat", F_OK))
		mount_at("proc", "/proc");
	if (access("/sys/devices", F_OK))
		mount_at("sysfs", "/sys");
	if (access("/dev/console", F_OK))
		mount_at("devtmpfs", "/dev");
	if (access("/sys/kernel/debug/fail_make_request", F_OK))
		mount_at("debugfs", "/sys/kernel/debug");
	mount_at("tmpfs", "/tmp");
	chmod("/tmp", 01777);
	mount_at("tmpfs", "/dev/shm");
	chmod("/dev/shm", 01777);
}

// Names that the kernel leaves to user space; bash's <(command) is a /dev/fd/N.
static void link_descriptors(void)
{
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return; // the kernel's own 0, 1 and 2, if any, are all there is
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	console_mode_known = tcgetattr(0, &console_mode) == 0;
}

static void set_environment(void)
{
	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/", 1);
	setenv("PWD", "/", 1);
	setenv("TERM", "vt100", 0);
	setenv("PS1", "$PWD # ", 1);
}

// A disk without the signature is somebody's data and is left alone.
static void turn_swap_on(const char *disk)
{
	char magic[10];
	int fd = open(disk, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = pread(fd, magic, sizeof(magic), SWAP_MAGIC_AT);
	close(fd);
	if (n != sizeof(magic) || memcmp(magic, "SWAPSPACE2", sizeof(magic)))
		return;
	if (swapon(disk, 0) && errno != ENOSYS && errno != EOPNOTSUPP && errno != EBUSY)
		dprintf(2, "init: swapon %s: %s\n", disk, strerror(errno));
}

// Whoever started the machine may name a disk that is to be made a swap area: one in memory.
static void make_swap(void)
{
	char disk[64] = "";
	int fd = open(MAKE_SWAP_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, disk, sizeof(disk) - 1) > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			execl("/bin/mkswap", "mkswap", disk, NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
		turn_swap_on(disk);
	}
	close(fd);
}

// => in the child; reports over `failed` (which exec closes) why there is no shell
static void exec_shell(char *const argv[], int failed)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	ioctl(0, TIOCSCTTY, 1);
	execv("/bin/sh", argv);
	if (write(failed, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

// Starts /bin/sh in a session of its own with the console as its terminal.
// Returns its pid, or -1 with errno set, the reason of a failed exec included.
static pid_t start_shell(char *const argv[])
{
	int fds[2], error = 0;

	if (pipe(fds))
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		exec_shell(argv, fds[1]);
	if (pid < 0)
		error = errno;
	close(fds[1]);
	if (pid > 0 && read(fds[0], &error, sizeof(error)) > 0)
		waitpid(pid, NULL, 0);
	close(fds[0]);
	errno = error;
	return error ? -1 : pid;
}

// Returns when no child is left, or after GRACE_SECONDS.
static void reap_for_a_while(void)
{
	struct timespec now, left;
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &now);
	time_t end = now.tv_sec + GRACE_SECONDS;
	for (;;) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (pid < 0 || now.tv_sec >= end)
			return;
		left = (struct timespec){ .tv_sec = end - now.tv_sec };
		sigtimedwait(&child, NULL, &left);
	}
}

// SIGHUP is for interactive shells, which ignore SIGTERM.
static void end_all_processes(void)
{
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	kill(-1, SIGCONT);
	reap_for_a_while();
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (console_mode_known)
		tcsetattr(0, TCSANOW, &console_mode); // a dead program may have left it raw
}

static void leave(int how)
{
	sync();
	umount("/dev/shm");
	umount("/tmp");
	mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	tcdrain(1);
	reboot(how);
	_exit(1);
}

// Where the kernel has no such file (real Linux), the printed line is all there is.
static void set_poweroff_status(int status)
{
	int fd = open("/proc/sys/kernel/poweroff_status", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%d\n", status);
	close(fd);
}

static void no_shell(void)
{
	dprintf(2, "init: cannot start /bin/sh: %s\n", strerror(errno));
	set_poweroff_status(126);
	leave(RB_POWER_OFF);
}

// Serves a signal that init waited for; a request to leave does not return.
static void serve_signal(int sig)
{
	int how = sig == SIGUSR1 ? RB_HALT_SYSTEM : sig == SIGUSR2 ? RB_POWER_OFF : RB_AUTOBOOT;

	if (sig == SIGCHLD)
		return;
	end_all_processes();
	leave(how);
}

// Reaps until `shell` has ended. Returns its wait status.
static int wait_for(pid_t shell)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == shell)
			return status;
		if (pid <= 0)
			serve_signal(sigwaitinfo(&handled, NULL));
	}
}

// Returns the length of the command, or -1 if none was given.
static ssize_t read_command(char *cmd)
{
	ssize_t n, length = 0;
	int fd = open(CMD_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while ((n = read(fd, cmd + length, CMD_MAX + 1 - length)) > 0)
		length += n;
	close(fd);
	cmd[length] = '\0';
	return strlen(cmd); // the property of the device tree ends in a NUL of its own
}

static void run_command(char *cmd, ssize_t length)
{
	char *argv[] = { "sh", "-c", cmd, NULL };
	int status;

	if (length > CMD_MAX) {
		dprintf(2, "init: the command is longer than %d bytes\n", CMD_MAX);
		set_poweroff_status(126);
		leave(RB_POWER_OFF);
	}
	pid_t pid = start_shell(argv);
	if (pid < 0)
		no_shell();
	status = wait_for(pid);
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	end_all_processes();
	// The leading newline keeps the line whole when the output did not end in one.
	dprintf(1, "\n[exit status %d]\n", status);
	set_poweroff_status(status);
	leave(RB_POWER_OFF);
}

static void read_policy(char *policy, size_t size)
{
	int fd = open("/proc/sys/vm/reclaim_policy", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, policy, size - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		n = snprintf(policy, size, "none");
	policy[n] = '\0';
	policy[strcspn(policy, "\n")] = '\0';
}

static void print_banner(void)
{
	struct utsname u;
	struct sysinfo s;
	char policy[64];

	uname(&u);
	sysinfo(&s);
	read_policy(policy, sizeof(policy));
	dprintf(1, "%s %s %s\n", u.sysname, u.release, u.version);
	dprintf(1, "RAM %lu MiB, %ld harts, swap %lu MiB, reclaim policy %s\n",
		s.totalram * s.mem_unit >> 20, sysconf(_SC_NPROCESSORS_ONLN),
		s.totalswap * s.mem_unit >> 20, policy);
	dprintf(1, "Leave: poweroff, or Ctrl-A x. Help: help\n");
}

static void serve_shells(void)
{
	char *argv[] = { "-sh", NULL };

	print_banner();
	for (;;) {
		pid_t pid = start_shell(argv);
		if (pid < 0)
			no_shell();
		wait_for(pid);
		if (console_mode_known)
			tcsetattr(0, TCSANOW, &console_mode);
	}
}

int main(void)
{
	char cmd[CMD_MAX + 2];

	if (getpid() != 1) {
		dprintf(2, "init: must be process 1\n");
		return 1;
	}
	block_signals();
	mount_all();
	link_descriptors();
	open_console();
	if (chdir("/"))
		dprintf(2, "init: /: %s\n", strerror(errno));
	set_environment();
	turn_swap_on(SWAP_DISK);
	make_swap();
	ssize_t length = read_command(cmd);
	if (length >= 0)
		run_command(cmd, length);
	serve_shells();
}
