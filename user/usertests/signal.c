// SPDX-License-Identifier: MIT
// signal.c - handlers, masks and default actions
#include "user/usertests/usertests.h"

static void set(sigset_t *set, int sig)
{
	sigemptyset(set);
	if (sig)
		sigaddset(set, sig);
}

TEST(signal_handler_runs)
{
	on_signal(SIGUSR1, count_signal, 0);
	for (int i = 1; i <= 20; i++) {
		CHECK_SYS(kill(getpid(), SIGUSR1));	// to oneself: delivered before kill returns
		CHECK_EQ(signals_seen, i);
	}
}

TEST(signal_sigaction_tells_the_old_one)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_NODEFER }, old;

	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK_SYS(sigaction(SIGUSR1, &action, &old));
	CHECK(old.sa_handler == SIG_DFL);
	CHECK_SYS(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == count_signal);
	CHECK(old.sa_flags & SA_NODEFER);
	CHECK(sigismember(&old.sa_mask, SIGUSR2) && !sigismember(&old.sa_mask, SIGUSR1));
}

TEST(signal_sigaction_errors)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	long raw[4] = {};

	CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(SIGSTOP, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(0, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(65, &action, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, raw, NULL, 4), EINVAL);	// size of the set
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, raw, NULL, 4), EINVAL);
	CHECK_ERRNO(sigprocmask(77, (sigset_t *)raw, NULL), EINVAL);
}

TEST(signal_blocked_stays_pending)
{
	sigset_t pending;

	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR1);
	for (int i = 0; i < 3; i++)
		CHECK_SYS(kill(getpid(), SIGUSR1));
	CHECK_EQ(signals_seen, 0);
	CHECK_SYS(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	unblock_signal(SIGUSR1);
	CHECK_EQ(signals_seen, 1);	// a standard signal is pending once only
	CHECK_SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGUSR1));
}

TEST(signal_ignoring_discards_pending)
{
	sigset_t pending;

	block_signal(SIGUSR1);
	CHECK_SYS(kill(getpid(), SIGUSR1));
	on_signal(SIGUSR1, SIG_IGN, 0);
	CHECK_SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGUSR1));
}

TEST(signal_kill_cannot_be_blocked)
{
	sigset_t all;

	sigfillset(&all);
	CHECK_SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &all));
	CHECK(!sigismember(&all, SIGKILL) && !sigismember(&all, SIGSTOP));
	DIES_BY(SIGKILL)
		kill(getpid(), SIGKILL);
}

static volatile sig_atomic_t depth, deepest;

static void nest(int sig)
{
	if (++depth > deepest)
		deepest = depth;
	signals_seen = signals_seen + 1;
	if (signals_seen < 3)
		raise(sig);
	depth--;
}

TEST(signal_is_deferred_in_its_handler)
{
	on_signal(SIGUSR1, nest, 0);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(deepest, 1);
	CHECK_EQ(signals_seen, 3);	// each after the one before
}

TEST(signal_nodefer_nests)
{
	on_signal(SIGUSR1, nest, SA_NODEFER);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(deepest, 3);
	CHECK_EQ(signals_seen, 3);
}

TEST(signal_resethand)
{
	struct sigaction old;

	on_signal(SIGUSR1, count_signal, SA_RESETHAND);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(signals_seen, 1);
	CHECK_SYS(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
	DIES_BY(SIGUSR1)
		raise(SIGUSR1);
}

static sigset_t mask_in_handler;

static void note_mask(int sig)
{
	(void)sig;
	sigprocmask(SIG_SETMASK, NULL, &mask_in_handler);
}

TEST(signal_mask_in_handler)
{
	struct sigaction action = { .sa_handler = note_mask };
	sigset_t mask;

	block_signal(SIGHUP);
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
	CHECK_SYS(raise(SIGUSR1));
	CHECK(sigismember(&mask_in_handler, SIGUSR1));
	CHECK(sigismember(&mask_in_handler, SIGUSR2));
	CHECK(sigismember(&mask_in_handler, SIGHUP));
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
	CHECK(sigismember(&mask, SIGHUP));
}

static int order[8], orders;

static void note_order(int sig)
{
	order[orders++] = sig;
}

TEST(signal_several_at_once)
{
	static const int signals[] = { SIGUSR2, SIGHUP, SIGUSR1 };
	sigset_t all;

	sigfillset(&all);
	CHECK_SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		on_signal(signals[i], note_order, 0);
		CHECK_SYS(raise(signals[i]));
	}
	set(&all, 0);
	CHECK_SYS(sigprocmask(SIG_SETMASK, &all, NULL));
	CHECK_EQ(orders, 3);	// all handlers ran before the call returned
	CHECK_EQ(order[0] + order[1] + order[2], SIGUSR1 + SIGUSR2 + SIGHUP);
}

TEST(signal_default_actions)
{
	static const int deadly[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGUSR1,
		SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF,
		SIGIO, SIGSYS, 40,
	};
	static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };

	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++)
		DIES_BY(deadly[i])
			kill(getpid(), deadly[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		IN_CHILD
			CHECK_SYS(kill(getpid(), ignored[i]));
}

TEST(signal_sigsuspend)
{
	sigset_t none, mask;

	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	set(&none, 0);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	CHECK_EQ(signals_seen, 1);
	CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
	CHECK(sigismember(&mask, SIGUSR1));	// the old mask is back
}

TEST(signal_sigtimedwait)
{
	struct timespec zero = {}, some = { 0, 30 * MS }, bad = { 0, -1 };
	long long start = now(CLOCK_MONOTONIC);
	siginfo_t info;
	sigset_t want;

	set(&want, SIGUSR1);
	block_signal(SIGUSR1);
	CHECK_ERRNO(sigtimedwait(&want, &info, &zero), EAGAIN);
	CHECK_ERRNO(sigtimedwait(&want, &info, &some), EAGAIN);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30 * MS);
	CHECK_ERRNO(sigtimedwait(&want, &info, &bad), EINVAL);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(sigtimedwait(&want, &info, &zero), SIGUSR1);
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_ERRNO(sigtimedwait(&want, NULL, &zero), EAGAIN);	// it was taken
}

TEST(signal_sigwait_is_woken)
{
	pid_t parent = getpid(), pid;
	sigset_t want;
	siginfo_t info;

	set(&want, SIGUSR1);
	block_signal(SIGUSR1);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		until_asleep(parent);
		CHECK_SYS(kill(parent, SIGUSR1));
		finish();
	}
	CHECK_EQ(sigwaitinfo(&want, &info), SIGUSR1);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EXIT(pid, 0);
}

TEST(signal_sigtimedwait_interrupted)
{
	sigset_t want;

	set(&want, SIGUSR1);
	on_signal(SIGALRM, count_signal, SA_RESTART);
	alarm_every(10);
	CHECK_ERRNO(sigwaitinfo(&want, NULL), EINTR);	// by a signal not waited for
}

TEST(signal_read_restarts_or_not)
{
	pid_t pid;
	int fd[2];
	char byte;

	CHECK_SYS(pipe(fd));
	on_signal(SIGALRM, count_signal, 0);
	alarm_every(10);
	CHECK_ERRNO(read(fd[0], &byte, 1), EINTR);
	alarm_every(0);
	signals_seen = 0;
	gate_make(&handled_alarm);
	on_signal(SIGALRM, count_and_tell, SA_RESTART);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		interrupt_parent();
		CHECK_EQ(write(fd[1], "x", 1), 1);
		finish();
	}
	CHECK_EQ(read(fd[0], &byte, 1), 1);
	CHECK_EQ(signals_seen, 1);
	CHECK_EXIT(pid, 0);
}

TEST(signal_to_thread)
{
	on_signal(SIGUSR1, count_signal, 0);
	CHECK_SYS(syscall(SYS_tkill, getpid(), SIGUSR1));
	CHECK_SYS(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	CHECK_EQ(signals_seen, 2);
	CHECK_ERRNO(syscall(SYS_tkill, INT_MAX, SIGUSR1), ESRCH);
	CHECK_ERRNO(syscall(SYS_tkill, -1, SIGUSR1), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, getppid(), getpid(), SIGUSR1), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), getpid(), 65), EINVAL);
}

TEST(signal_fork_keeps_handlers_clears_pending)
{
	sigset_t pending;

	on_signal(SIGUSR1, count_signal, 0);
	block_signal(SIGUSR1);
	CHECK_SYS(raise(SIGUSR1));
	IN_CHILD {
		CHECK_SYS(sigpending(&pending));
		CHECK(!sigismember(&pending, SIGUSR1));
		unblock_signal(SIGUSR1);
		CHECK_EQ(signals_seen, 0);
		CHECK_SYS(raise(SIGUSR1));
		CHECK_EQ(signals_seen, 1);
	}
}
