// SPDX-License-Identifier: MIT
// wait.c - wait4 and waitid: whom they wait for, and what they tell
#include "user/usertests/usertests.h"
#include <sys/resource.h>

static pid_t sleeping_child(void)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static pid_t ended_child(int status)
{
	siginfo_t info;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(status);
	CHECK_SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	return pid;
}

static void end_child(pid_t pid)
{
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(wait_nohang)
{
	pid_t pid = sleeping_child();
	int status;

	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	end_child(pid);
	CHECK_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
}

TEST(wait_echild)
{
	pid_t pid = sleeping_child();

	CHECK_ERRNO(waitpid(getppid(), NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(getpid(), NULL, 0), ECHILD);
	CHECK_ERRNO(waitpid(-pid, NULL, 0), ECHILD);	// no such group among the children
	IN_CHILD
		CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);	// a brother
	end_child(pid);
	CHECK_ERRNO(waitpid(pid, NULL, 0), ECHILD);
}

TEST(wait_bad_arguments)
{
	siginfo_t info;

	CHECK_ERRNO(wait4(-1, NULL, 0x8000, NULL), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WNOHANG), EINVAL);		// nothing to wait for
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED | 0x100), EINVAL);
	CHECK_ERRNO(waitid(17, 0, &info, WEXITED), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
}

TEST(wait_stop_and_continue)
{
	pid_t pid = sleeping_child();
	int status;

	CHECK_SYS(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), SIGSTOP);
	CHECK_EQ(process_state(pid), 'T');
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);	// told once
	CHECK_SYS(kill(pid, SIGCONT));
	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	end_child(pid);
}

TEST(wait_stop_is_not_an_exit)
{
	pid_t pid = sleeping_child();
	siginfo_t info;
	int status;

	CHECK_SYS(kill(pid, SIGSTOP));
	CHECK_SYS(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	end_child(pid);		// SIGKILL reaches a stopped process
}

TEST(waitid_exited)
{
	siginfo_t info = {};
	pid_t pid = ended_child(0x2a);

	CHECK_SYS(waitid(P_PID, pid, &info, WEXITED));
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_uid, getuid());
	CHECK_EQ(info.si_status, 0x2a);
}

TEST(waitid_killed)
{
	siginfo_t info = {};
	pid_t pid = sleeping_child();

	CHECK_SYS(kill(pid, SIGTERM));
	CHECK_SYS(waitid(P_ALL, 0, &info, WEXITED));
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_status, SIGTERM);
}

TEST(waitid_stopped_and_continued)
{
	siginfo_t info = {};
	pid_t pid = sleeping_child();

	CHECK_SYS(kill(pid, SIGSTOP));
	CHECK_SYS(waitid(P_PID, pid, &info, WSTOPPED));
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_status, SIGSTOP);
	CHECK_SYS(kill(pid, SIGCONT));
	CHECK_SYS(waitid(P_PID, pid, &info, WCONTINUED));
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	CHECK_EQ(info.si_status, SIGCONT);
	end_child(pid);
}

TEST(waitid_nowait_leaves_the_child)
{
	siginfo_t info = {};
	pid_t pid = ended_child(3);

	for (int i = 0; i < 3; i++) {
		CHECK_SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
		CHECK_EQ(info.si_pid, pid);
	}
	CHECK_EXIT(pid, 3);
}

TEST(waitid_nohang_nothing)
{
	siginfo_t info = { .si_pid = 77, .si_signo = 77 };
	pid_t pid = sleeping_child();

	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(info.si_signo, 0);
	end_child(pid);
}

TEST(wait_by_group)
{
	siginfo_t info;
	pid_t same = ended_child(1), other = sleeping_child();
	int status;

	CHECK_SYS(setpgid(other, other));
	CHECK_SYS(kill(other, SIGTERM));
	CHECK_SYS(waitid(P_PID, other, &info, WEXITED | WNOWAIT));
	CHECK_EQ(waitpid(0, &status, 0), same);		// 0: of the caller's group
	CHECK_ERRNO(waitpid(0, &status, 0), ECHILD);
	CHECK_SYS(waitid(P_PGID, other, &info, WEXITED | WNOWAIT));
	CHECK_EQ(info.si_pid, other);
	CHECK_EQ(waitpid(-other, &status, 0), other);
}

TEST(wait_reports_usage)
{
	struct rusage usage = {};
	long long used;
	int status;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		burn_cpu(50 * MS);
		_exit(0);
	}
	CHECK_EQ(wait4(pid, &status, 0, &usage), pid);
	used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	CHECK(used >= 40000);
	CHECK_SYS(getrusage(RUSAGE_CHILDREN, &usage));
	CHECK((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= used);
}

TEST(wait_is_interrupted)
{
	pid_t pid = sleeping_child();
	int status;

	on_signal(SIGALRM, count_signal, 0);
	alarm_every(10);
	CHECK_ERRNO(waitpid(pid, &status, 0), EINTR);
	alarm_every(0);
	end_child(pid);
}

TEST(wait_restarts)
{
	int status;
	pid_t pid;

	gate_make(&handled_alarm);
	on_signal(SIGALRM, count_and_tell, SA_RESTART);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		interrupt_parent();
		_exit(6);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 6);
	CHECK_EQ(signals_seen, 1);
}

static void no_zombies(void)
{
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		_exit(1);
	}
	gate_open(&gate);
	CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);	// waits, and then has nobody to tell of
	while (kill(pid, 0) == 0)	// the pid may be given back a moment later
		nap(MS);
	CHECK_ERRNO(kill(pid, 0), ESRCH);
}

TEST(wait_sigchld_ignored)
{
	on_signal(SIGCHLD, SIG_IGN, 0);
	no_zombies();
}

TEST(wait_nocldwait)
{
	on_signal(SIGCHLD, count_signal, SA_NOCLDWAIT | SA_RESTART);
	no_zombies();
	CHECK_EQ(signals_seen, 1);	// Linux sends the signal all the same
}

TEST(wait_nocldstop)
{
	pid_t pid;
	int status;

	on_signal(SIGCHLD, count_signal, SA_NOCLDSTOP);
	pid = sleeping_child();
	CHECK_SYS(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(signals_seen, 0);
	end_child(pid);
	CHECK_EQ(signals_seen, 1);
}
