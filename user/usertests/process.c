// SPDX-License-Identifier: MIT
// process.c - fork, vfork, clone and the end of a process
#include "user/usertests/usertests.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

TEST(process_fork_two_memories)
{
	static volatile int value = 1;
	pid_t parent = getpid(), pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_EQ(getppid(), parent);
		CHECK(getpid() != parent);
		CHECK_EQ(value, 1);
		value = 2;
		finish();
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(value, 1);
}

TEST(process_exit_status)
{
	static const int statuses[] = { 0, 1, 42, 127, 128, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0)
			_exit(statuses[i]);
		CHECK_EXIT(pid, statuses[i]);
	}
}

TEST(process_exit_status_is_eight_bits)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		syscall(SYS_exit, 0x1234);
	CHECK_EXIT(pid, 0x34);
}

TEST(process_killed_status)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGPIPE };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0)
			kill(getpid(), signals[i]);
		CHECK_KILLED(pid, signals[i]);
	}
}

TEST(process_vfork_shares_memory)
{
	static volatile int value = 1;
	pid_t pid = vfork();

	if (pid == 0) {
		value = 2;
		_exit(3);
	}
	CHECK_EQ(value, 2);
	CHECK_EXIT(pid, 3);
}

TEST(process_vfork_parent_waits)
{
	struct gate gate;
	char byte;
	pid_t pid;

	gate_make(&gate);
	CHECK_SYS(fcntl(gate.fd[0], F_SETFL, O_NONBLOCK));
	pid = vfork();
	if (pid == 0) {
		usleep(50000);
		_exit(write(gate.fd[1], "x", 1) != 1);
	}
	CHECK_EQ(read(gate.fd[0], &byte, 1), 1);
	CHECK_EXIT(pid, 0);
}

// The C library's order of the last two arguments differs by machine: give the word twice.
static long clone_raw(unsigned long flags, pid_t *parent_tid, pid_t *child_tid)
{
	return syscall(SYS_clone, flags, NULL, parent_tid, child_tid, child_tid);
}

TEST(process_clone_stores_tids)
{
	static volatile pid_t parent_tid, child_tid;
	pid_t pid = CHECK_SYS(clone_raw(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD,
					(pid_t *)&parent_tid, (pid_t *)&child_tid));

	if (pid == 0)
		_exit(child_tid == syscall(SYS_gettid) ? 0 : 9);
	CHECK_EQ(parent_tid, pid);
	CHECK_EQ(child_tid, 0);
	CHECK_EXIT(pid, 0);
}

TEST(process_clone_bad_flags)
{
	CHECK_ERRNO(clone_raw(CLONE_SIGHAND | SIGCHLD, NULL, NULL), EINVAL);
	CHECK_ERRNO(clone_raw(CLONE_THREAD | SIGCHLD, NULL, NULL), EINVAL);
}

TEST(process_clone_exit_signal)
{
	pid_t pid;

	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR1);
	pid = CHECK_SYS(clone_raw(SIGUSR1, NULL, NULL));
	if (pid == 0)
		_exit(0);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(pid, NULL, __WALL), pid);
	unblock_signal(SIGUSR1);
	CHECK_EQ(signals_seen, 1);
}

TEST(process_own_ids)
{
	CHECK_EQ(syscall(SYS_gettid), getpid());
	CHECK_EQ(getpgid(0), getpgrp());
	CHECK_EQ(getpgid(getpid()), getpgrp());
	CHECK_EQ(getsid(0), getsid(getpid()));
	CHECK_ERRNO(getpgid(-1), ESRCH);
	CHECK_ERRNO(getsid(-1), ESRCH);
	CHECK_EQ(syscall(SYS_set_tid_address, NULL), getpid());
}

TEST(process_robust_list)
{
	long head[3] = { (long)head, 0, 0 };

	CHECK_ERRNO(syscall(SYS_set_robust_list, head, 7), EINVAL);
	CHECK_SYS(syscall(SYS_set_robust_list, head, sizeof(head)));
}

TEST(process_setpgid)
{
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		CHECK_EQ(getpgrp(), getpid());
		finish();
	}
	CHECK_EQ(getpgid(pid), getpgrp());
	CHECK_SYS(setpgid(pid, 0));
	CHECK_EQ(getpgid(pid), pid);
	CHECK_SYS(setpgid(pid, getpgrp()));
	CHECK_EQ(getpgid(pid), getpgrp());
	CHECK_SYS(setpgid(pid, pid));
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(process_setpgid_errors)
{
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(setsid());
		gate_open(&gate);
		pause();
	}
	gate_wait(&gate);
	CHECK_ERRNO(setpgid(pid, pid), EPERM);		// another session, and its leader
	CHECK_ERRNO(setpgid(0, pid), EPERM);		// a group of another session
	CHECK_ERRNO(setpgid(0, -1), EINVAL);
	CHECK_ERRNO(setpgid(getppid(), 0), ESRCH);	// neither we nor a child of ours
	CHECK_ERRNO(setpgid(0, INT_MAX), EPERM);	// no such group
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(process_setsid)
{
	CHECK_ERRNO(setsid(), EPERM);	// the test leads its group
	IN_CHILD {
		pid_t self = getpid();

		CHECK_EQ(setsid(), self);
		CHECK_EQ(getsid(0), self);
		CHECK_EQ(getpgrp(), self);
		CHECK_ERRNO(setsid(), EPERM);
		CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	}
}

TEST(process_orphan_is_adopted)
{
	struct gate died, adopted;
	pid_t pid;

	gate_make(&died);
	gate_make(&adopted);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		pid_t parent = getpid();

		if (CHECK_SYS(fork()) > 0)
			_exit(0);
		gate_wait(&died);
		CHECK(getppid() != parent);
		CHECK(getppid() >= 1);
		gate_open(&adopted);
		finish();
	}
	CHECK_EXIT(pid, 0);
	gate_open(&died);
	CHECK_SYS(close(adopted.fd[1]));
	gate_wait(&adopted);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

// PR_SET_CHILD_SUBREAPER: orphans below are the caller's, those that are there already, too.
TEST(process_orphan_of_a_subreaper)
{
	struct gate forked, die, go;
	pid_t pid, orphan;
	int on = 0;

	gate_make(&forked);
	gate_make(&die);
	gate_make(&go);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		if (CHECK_SYS(fork()) > 0) {
			gate_open(&forked);
			gate_wait(&die);
			_exit(0);
		}
		gate_wait(&go);
		CHECK_EQ(getppid(), getpgrp());		// the test's
		_exit(7);
	}
	gate_wait(&forked);
	CHECK_SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	gate_open(&die);
	CHECK_SYS(prctl(PR_GET_CHILD_SUBREAPER, &on));
	CHECK_EQ(on, 1);
	CHECK_EXIT(pid, 0);
	gate_open(&go);
	orphan = CHECK_SYS(waitpid(-1, &on, 0));
	CHECK(orphan != pid);
	CHECK_EQ(WEXITSTATUS(on), 7);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
}

// Who signals a group, again and again, holds up nobody else's fork.
TEST(process_forks_while_others_signal)
{
	static char memory[4 << 20];		// so that a fork takes a while
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		CHECK_SYS(setpgid(0, 0));
		on_signal(SIGUSR1, SIG_IGN, 0);
		for (;;)
			kill(0, SIGUSR1);
	}
	memset(memory, 1, sizeof(memory));
	for (int i = 0; i < 200; i++)
		IN_CHILD
			CHECK(getppid() > 1);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// kthreadd, where it can be seen, is nobody's child.
TEST(process_kthreadd_has_no_parent)
{
	char text[512] = "";
	int fd = open("/proc/2/stat", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || strncmp(text, "2 (kthreadd)", 12))
		return;
	CHECK_EQ(strtol(text + 15, NULL, 10), 0);
}

TEST(process_zombie_until_waited_for)
{
	char path[64], text[64];
	siginfo_t info;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(5);
	CHECK_SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK_EQ(process_state(pid), 'Z');
	CHECK_SYS(kill(pid, 0));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CHECK_EQ(slurp(path, text, sizeof(text)), 0);
	CHECK_EXIT(pid, 5);
	CHECK_ERRNO(kill(pid, 0), ESRCH);
	CHECK_EQ(process_state(pid), 0);
}

TEST(process_many_children_each_once)
{
	enum { CHILDREN = 40 };
	bool seen[CHILDREN] = {};
	int status;

	for (int i = 0; i < CHILDREN; i++) {
		if (CHECK_SYS(fork()) == 0) {
			nap((i * 7 % 10) * MS);
			_exit(i);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		CHECK_SYS(wait(&status));
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) < CHILDREN);
		CHECK(!seen[WEXITSTATUS(status)]);
		seen[WEXITSTATUS(status)] = true;
	}
	CHECK_ERRNO(wait(&status), ECHILD);
}

TEST(process_fork_inherits)
{
	struct rlimit limit = { 100, 200 };
	sigset_t mask;
	char cwd[200], child_cwd[200];

	CHECK(getcwd(cwd, sizeof(cwd)));
	umask(071);
	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR2);
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 3));
	IN_CHILD {
		CHECK(getcwd(child_cwd, sizeof(child_cwd)));
		CHECK_STR(child_cwd, cwd);
		CHECK_EQ(umask(0), 071);
		CHECK_SYS(raise(SIGUSR1));
		CHECK_EQ(signals_seen, 1);
		CHECK_SYS(sigprocmask(SIG_BLOCK, NULL, &mask));
		CHECK(sigismember(&mask, SIGUSR2));
		CHECK_SYS(getrlimit(RLIMIT_NOFILE, &limit));
		CHECK_EQ(limit.rlim_cur, 100);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 3);
	}
}

TEST(process_fork_does_not_inherit)
{
	struct itimerval timer = { .it_value.tv_sec = 1000 }, off = {};
	sigset_t pending;

	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
	burn_cpu(20 * MS);
	IN_CHILD {
		CHECK_SYS(sigpending(&pending));
		CHECK(!sigismember(&pending, SIGUSR1));
		CHECK_SYS(setitimer(ITIMER_REAL, &off, &timer));
		CHECK_EQ(timer.it_value.tv_sec, 0);
		CHECK(now(CLOCK_PROCESS_CPUTIME_ID) < now(CLOCK_MONOTONIC));
	}
}

TEST(process_exit_closes_files)
{
	int fd[2];
	char byte;
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		nap(10 * MS);
		_exit(0);
	}
	CHECK_SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], &byte, 1), 0);
	CHECK_EXIT(pid, 0);
}

static siginfo_t child_info;

static void note_child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	child_info = *info;
}

TEST(process_sigchld_tells_who_and_how)
{
	struct sigaction action = { .sa_sigaction = note_child, .sa_flags = SA_SIGINFO };
	pid_t pid;

	CHECK_SYS(sigaction(SIGCHLD, &action, NULL));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(setresuid(NOBODY, NOBODY, NOBODY));
		_exit(17);
	}
	CHECK_EXIT(pid, 17);
	CHECK_EQ(child_info.si_signo, SIGCHLD);
	CHECK_EQ(child_info.si_code, CLD_EXITED);
	CHECK_EQ(child_info.si_pid, pid);
	CHECK_EQ(child_info.si_uid, NOBODY);
	CHECK_EQ(child_info.si_status, 17);
}
