// SPDX-License-Identifier: MIT
// timers.c - sleeping, and the three interval timers
#include "user/usertests/usertests.h"
#include <sys/time.h>

static const struct timespec bad_times[] = { { -1, 0 }, { 0, -1 }, { 0, SEC } };

TEST(sleep_takes_its_time)
{
	static const long long times[] = { 0, 1, 1000, MS, 30 * MS };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		long long before = now(CLOCK_MONOTONIC);
		struct timespec ts = { 0, times[i] };

		CHECK_SYS(nanosleep(&ts, NULL));
		CHECK(now(CLOCK_MONOTONIC) - before >= times[i]);
	}
}

TEST(sleep_bad_times)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_times); i++) {
		CHECK_ERRNO(nanosleep(&bad_times[i], NULL), EINVAL);
		CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad_times[i], NULL), EINVAL);
	}
}

TEST(sleep_interrupted_tells_the_rest)
{
	struct timespec time = { 1000, 0 }, left = {};

	on_signal(SIGALRM, count_signal, SA_RESTART);	// no flag restarts a sleep
	alarm_every(30);
	CHECK_ERRNO(nanosleep(&time, &left), EINTR);
	CHECK(signals_seen >= 1);
	CHECK(left.tv_sec >= 900 && left.tv_sec < 1000);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &left), EINTR);
	CHECK(left.tv_sec >= 900 && left.tv_sec < 1000);
}

TEST(sleep_absolute)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		long long end = now(clocks[i]) + 20 * MS;
		struct timespec ts = { end / SEC, end % SEC };

		CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &ts, NULL), 0);
		CHECK(now(clocks[i]) >= end);
		CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &ts, NULL), 0);	// past
	}
}

TEST(sleep_absolute_interrupted_tells_nothing)
{
	struct timespec end = { now(CLOCK_MONOTONIC) / SEC + 1000, 0 }, left = { 7, 7 };

	on_signal(SIGALRM, count_signal, 0);
	alarm_every(10);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, &left), EINTR);
	CHECK(left.tv_sec == 7 && left.tv_nsec == 7);
}

TEST(sleep_unknown_clock)
{
	struct timespec ts = { 0, 1 };

	CHECK_EQ(clock_nanosleep(55, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EINVAL);
}

TEST(sleep_goes_on_after_stop)
{
	int status;
	pid_t pid;

	do {
		long long start = now(CLOCK_MONOTONIC);

		pid = CHECK_SYS(fork());
		if (pid == 0) {
			struct timespec ts = { 0, 200 * MS };

			CHECK_SYS(nanosleep(&ts, NULL));	// not EINTR: no handler ran
			CHECK(now(CLOCK_MONOTONIC) - start >= 200 * MS);
			finish();
		}
		CHECK_SYS(kill(pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	} while (WIFEXITED(status) && WEXITSTATUS(status) == 0);	// we came too late
	CHECK(WIFSTOPPED(status));
	CHECK_SYS(kill(pid, SIGCONT));
	CHECK_EXIT(pid, 0);
}

TEST(sleepers_wake_in_order)
{
	enum { SLEEPERS = 8 };
	int fd[2];
	char order[SLEEPERS];
	long long end = now(CLOCK_MONOTONIC) + 300 * MS;

	CHECK_SYS(pipe(fd));
	for (int i = 0; i < SLEEPERS; i++) {
		if (CHECK_SYS(fork()) > 0)
			continue;
		for (int k = 0; k <= i; k++) {
			long long at = end + k * 100 * MS;
			struct timespec ts = { at / SEC, at % SEC };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		}
		_exit(write(fd[1], &(char){ i }, 1) != 1);
	}
	for (int i = 0; i < SLEEPERS; i++)
		CHECK_EQ(read(fd[0], &order[i], 1), 1);
	for (int i = 0; i < SLEEPERS; i++)
		CHECK(now(CLOCK_MONOTONIC) >= end + order[i] * 100 * MS);
	while (wait(NULL) > 0)
		;
}

static void spin_for_signals(int count)
{
	while (signals_seen < count)
		;
}

static void arm(int which, long start_ms, long step_ms)
{
	struct itimerval value = {
		.it_value = { start_ms / 1000, start_ms % 1000 * 1000 },
		.it_interval = { step_ms / 1000, step_ms % 1000 * 1000 },
	};

	CHECK_SYS(setitimer(which, &value, NULL));
}

TEST(itimer_real)
{
	long long start = now(CLOCK_MONOTONIC);
	sigset_t none;

	sigemptyset(&none);
	on_signal(SIGALRM, count_signal, 0);
	block_signal(SIGALRM);		// it is not to come before we wait for it
	arm(ITIMER_REAL, 30, 0);
	sigsuspend(&none);
	CHECK(now(CLOCK_MONOTONIC) - start >= 30 * MS);
	unblock_signal(SIGALRM);
	nap(60 * MS);
	CHECK_EQ(signals_seen, 1);	// no interval: once
}

TEST(itimer_real_repeats)
{
	long long start = now(CLOCK_MONOTONIC);

	on_signal(SIGALRM, count_signal, 0);
	block_signal(SIGALRM);
	arm(ITIMER_REAL, 10, 10);
	for (int i = 0; i < 4; i++) {
		sigset_t none;

		sigemptyset(&none);
		sigsuspend(&none);
	}
	CHECK_EQ(signals_seen, 4);
	CHECK(now(CLOCK_MONOTONIC) - start >= 40 * MS);
}

TEST(itimer_virtual)
{
	long long start = now(CLOCK_PROCESS_CPUTIME_ID);

	on_signal(SIGVTALRM, count_signal, 0);
	arm(ITIMER_VIRTUAL, 100, 50);
	nap(200 * MS);
	// Sleeping does not count; what a busy host takes from a hart does.
	CHECK(!signals_seen || now(CLOCK_PROCESS_CPUTIME_ID) - start >= 75 * MS);
	spin_for_signals(2);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) >= 75 * MS);	// counted in whole ticks
}

TEST(itimer_prof)
{
	on_signal(SIGPROF, count_signal, 0);
	arm(ITIMER_PROF, 100, 50);
	spin_for_signals(2);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) >= 75 * MS);	// counted in whole ticks
}

TEST(itimer_old_value)
{
	struct itimerval off = {}, old, on = { { 50, 0 }, { 100, 0 } };

	CHECK_SYS(setitimer(ITIMER_REAL, &on, NULL));
	CHECK_SYS(setitimer(ITIMER_REAL, &off, &old));
	CHECK_EQ(old.it_interval.tv_sec, 50);
	CHECK(old.it_value.tv_sec >= 90 && old.it_value.tv_sec <= 100);
	CHECK_SYS(setitimer(ITIMER_REAL, &off, &old));
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
	alarm(60);
	CHECK(alarm(0) >= 50);
	CHECK_EQ(alarm(0), 0);
}

TEST(itimer_errors)
{
	struct itimerval value = { .it_value.tv_usec = 1000000 };

	CHECK_ERRNO(setitimer(ITIMER_REAL, &value, NULL), EINVAL);
	value.it_value.tv_usec = -1;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &value, NULL), EINVAL);
	value.it_value.tv_usec = 1;
	CHECK_ERRNO(setitimer(5, &value, NULL), EINVAL);
}

TEST(itimer_kills_by_default)
{
	DIES_BY(SIGALRM) {
		arm(ITIMER_REAL, 10, 0);
		for (;;)
			pause();
	}
}
