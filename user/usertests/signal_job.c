// SPDX-License-Identifier: MIT
// signal_job.c - signals between processes: permission, groups, stop and continue
#include "user/usertests/usertests.h"

static pid_t sleeper(void (*prepare)(void))
{
	struct gate ready;
	pid_t pid;

	gate_make(&ready);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		if (prepare)
			prepare();
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	CHECK_SYS(close(ready.fd[0]));
	CHECK_SYS(close(ready.fd[1]));
	return pid;
}

static void end(pid_t pid)
{
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(kill_errors)
{
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(INT_MAX, 0), ESRCH);
	CHECK_ERRNO(kill(-INT_MAX, SIGTERM), ESRCH);
	CHECK_ERRNO(kill(INT_MIN, SIGTERM), ESRCH);
	CHECK_SYS(kill(getpid(), 0));
}

TEST(kill_permission)
{
	pid_t root = sleeper(NULL), nobody = sleeper(become_nobody);

	AS_NOBODY {
		CHECK_ERRNO(kill(root, 0), EPERM);
		CHECK_ERRNO(kill(root, SIGTERM), EPERM);
		CHECK_ERRNO(kill(1, SIGTERM), EPERM);
		CHECK_SYS(kill(nobody, 0));
		CHECK_SYS(kill(nobody, SIGTERM));
	}
	CHECK_KILLED(nobody, SIGTERM);
	end(root);
}

static void own_session(void)
{
	CHECK_SYS(setsid());
	become_nobody();
}

TEST(kill_continue_within_session)
{
	pid_t same = sleeper(NULL), other = sleeper(own_session);

	AS_NOBODY {
		CHECK_SYS(kill(same, SIGCONT));		// allowed to any member of the session
		CHECK_ERRNO(kill(same, SIGTERM), EPERM);
		CHECK_SYS(kill(other, SIGCONT));	// for the uid is the same
	}
	end(same);
	end(other);
}

TEST(kill_group)
{
	pid_t first = sleeper(NULL), second = sleeper(NULL), third = sleeper(NULL);

	CHECK_SYS(setpgid(first, first));
	CHECK_SYS(setpgid(second, first));
	CHECK_SYS(kill(-first, SIGUSR1));
	CHECK_KILLED(first, SIGUSR1);
	CHECK_KILLED(second, SIGUSR1);
	CHECK_ERRNO(kill(-first, 0), ESRCH);
	until_asleep(third);		// alive, and not in the group
	end(third);
}

TEST(kill_own_group)
{
	pid_t members[3];

	IN_CHILD {
		CHECK_SYS(setpgid(0, 0));
		on_signal(SIGUSR1, SIG_IGN, 0);
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			members[i] = CHECK_SYS(fork());
			if (members[i] == 0) {
				block_signal(SIGUSR1);
				on_signal(SIGUSR1, SIG_DFL, 0);
				sigset_t none;
				sigemptyset(&none);
				sigsuspend(&none);
			}
			until_asleep(members[i]);
		}
		CHECK_SYS(kill(0, SIGUSR1));
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			CHECK_KILLED(members[i], SIGUSR1);
	}
}

static void wait_stopped(pid_t pid, int sig)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(WSTOPSIG(status), sig);
}

static void wait_continued(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
}

TEST(stop_by_each_stop_signal)
{
	static const int signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	pid_t pid = sleeper(NULL);

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		CHECK_SYS(kill(pid, signals[i]));
		wait_stopped(pid, signals[i]);
		CHECK_EQ(process_state(pid), 'T');
		CHECK_SYS(kill(pid, SIGCONT));
		wait_continued(pid);
	}
	end(pid);
}

TEST(stop_orphaned_group_only_by_sigstop)
{
	pid_t pid = sleeper(own_session);
	int status;

	CHECK_SYS(kill(pid, SIGTSTP));	// nobody could continue it: ignored
	CHECK_SYS(kill(pid, SIGSTOP));
	wait_stopped(pid, SIGSTOP);
	CHECK_SYS(kill(pid, SIGCONT));
	wait_continued(pid);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	end(pid);
}

static void count_continue(void)
{
	on_signal(SIGCONT, count_signal, 0);
	on_signal(SIGTSTP, SIG_IGN, 0);
}

TEST(stop_ignored_tstp_does_not_stop)
{
	pid_t pid = sleeper(count_continue);
	int status;

	CHECK_SYS(kill(pid, SIGTSTP));
	CHECK_SYS(kill(pid, SIGCONT));
	until_asleep(pid);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	end(pid);
}

TEST(stop_discards_pending_continue_and_back)
{
	sigset_t pending;

	block_signal(SIGCONT);
	block_signal(SIGTSTP);
	CHECK_SYS(raise(SIGTSTP));
	CHECK_SYS(raise(SIGCONT));
	CHECK_SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGTSTP) && sigismember(&pending, SIGCONT));
	CHECK_SYS(raise(SIGTSTP));
	CHECK_SYS(sigpending(&pending));
	CHECK(sigismember(&pending, SIGTSTP) && !sigismember(&pending, SIGCONT));
}

TEST(stop_signals_wait_for_continue)
{
	pid_t pid = sleeper(NULL);
	int status;

	CHECK_SYS(kill(pid, SIGSTOP));
	wait_stopped(pid, SIGSTOP);
	CHECK_SYS(kill(pid, SIGUSR1));
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(process_state(pid), 'T');
	CHECK_SYS(kill(pid, SIGCONT));
	CHECK_KILLED(pid, SIGUSR1);
}

TEST(stop_of_a_spinner)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		for (;;)
			;
	for (int i = 0; i < 20; i++) {
		CHECK_SYS(kill(pid, SIGSTOP));
		wait_stopped(pid, SIGSTOP);
		CHECK_SYS(kill(pid, SIGCONT));
	}
	end(pid);
}

// The status may be there for wait() a moment before the signal is.
static void await_signals(int count)
{
	sigset_t none;

	sigemptyset(&none);
	while (signals_seen < count)
		sigsuspend(&none);
	CHECK_EQ(signals_seen, count);
}

TEST(stop_sends_sigchld)
{
	pid_t pid;

	on_signal(SIGCHLD, count_signal, 0);
	block_signal(SIGCHLD);
	pid = sleeper(NULL);
	CHECK_SYS(kill(pid, SIGSTOP));
	wait_stopped(pid, SIGSTOP);
	await_signals(1);
	CHECK_SYS(kill(pid, SIGCONT));
	wait_continued(pid);
	await_signals(2);
	end(pid);
}

// A group that loses its last member with a parent outside it, and has a stopped member.
TEST(stop_orphaned_stopped_group_gets_hup)
{
	struct gate ready, hup;
	pid_t pid;

	gate_make(&ready);
	gate_make(&hup);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		pid_t child = CHECK_SYS(fork());

		if (child == 0) {
			sigset_t want;

			CHECK_SYS(setpgid(0, 0));
			sigemptyset(&want);
			sigaddset(&want, SIGHUP);
			block_signal(SIGHUP);
			gate_open(&ready);
			raise(SIGSTOP);
			CHECK_EQ(sigwaitinfo(&want, NULL), SIGHUP);	// and SIGCONT woke us
			gate_open(&hup);
			_exit(0);
		}
		gate_wait(&ready);
		wait_stopped(child, SIGSTOP);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_SYS(close(hup.fd[1]));
	gate_wait(&hup);
}
