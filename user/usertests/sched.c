// SPDX-License-Identifier: MIT
// sched.c - yielding, harts, priorities, and fairness as far as it is promised
#include "user/usertests/usertests.h"
#include <sched.h>
#include <sys/resource.h>

TEST(sched_yield)
{
	for (int i = 0; i < 100; i++)
		CHECK_EQ(sched_yield(), 0);
}

TEST(sched_affinity)
{
	unsigned long all[16] = {}, mask[16] = {};
	long size = CHECK_SYS(syscall(SYS_sched_getaffinity, 0, sizeof(all), all));

	CHECK(size > 0 && size % sizeof(long) == 0);	// bytes that the kernel wrote
	CHECK(harts_allowed() >= 1);
	CHECK_ERRNO(sched_setaffinity(0, sizeof(mask), (cpu_set_t *)mask), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 3, mask), EINVAL);
	CHECK_ERRNO(syscall(SYS_sched_getaffinity, INT_MAX, sizeof(mask), mask), ESRCH);
	CHECK_ERRNO(syscall(SYS_sched_setaffinity, INT_MAX, sizeof(all), all), ESRCH);
}

TEST(sched_pinned_to_each_hart)
{
	int harts = harts_allowed();

	for (int i = 0; i < harts; i++) {
		IN_CHILD {
			int hart;

			CHECK(pin_to_hart(i));
			CHECK_EQ(harts_allowed(), 1);
			hart = CHECK_SYS(sched_getcpu());
			for (int round = 0; round < 200; round++) {
				CHECK_SYS(sched_yield());
				CHECK_EQ(sched_getcpu(), hart);
			}
			IN_CHILD
				CHECK_EQ(harts_allowed(), 1);	// inherited
		}
	}
}

TEST(sched_affinity_permission)
{
	AS_NOBODY {
		cpu_set_t set;

		CHECK_SYS(sched_getaffinity(getppid(), sizeof(set), &set));
		CHECK_ERRNO(sched_setaffinity(getppid(), sizeof(set), &set), EPERM);
	}
}

TEST(sched_priority)
{
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 5));
	CHECK_EQ(getpriority(PRIO_PROCESS, getpid()), 5);
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 100));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, -100));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), -20);
	// The system call itself returns 20 - nice, so that no value looks like an error.
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 40);
}

TEST(sched_priority_of_group)
{
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		CHECK_EQ(getpriority(PRIO_PROCESS, 0), 9);
		finish();
	}
	CHECK_SYS(setpriority(PRIO_PROCESS, pid, 3));
	CHECK_EQ(getpriority(PRIO_PGRP, 0), 0);		// the best of all members
	CHECK_SYS(setpriority(PRIO_PGRP, getpgrp(), 9));
	CHECK_EQ(getpriority(PRIO_PGRP, 0), 9);
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(sched_priority_errors)
{
	CHECK_ERRNO(getpriority(9, 0), EINVAL);
	CHECK_ERRNO(setpriority(9, 0, 0), EINVAL);
	CHECK_ERRNO(getpriority(PRIO_PROCESS, INT_MAX), ESRCH);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, INT_MAX, 0), ESRCH);
	AS_NOBODY {
		CHECK_SYS(setpriority(PRIO_PROCESS, 0, 7));
		CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, 6), EACCES);
		CHECK_ERRNO(setpriority(PRIO_PROCESS, getppid(), 9), EPERM);
	}
}

// A process that never enters the kernel by itself must not keep the hart for ever.
TEST(sched_spinner_is_preempted)
{
	pid_t spinner;

	CHECK(pin_to_hart(0));
	spinner = CHECK_SYS(fork());
	if (spinner == 0)
		for (volatile int i = 0;; i++)
			;
	for (int i = 0; i < 5; i++) {
		nap(5 * MS);
		CHECK_SYS(sched_yield());
	}
	CHECK_SYS(kill(spinner, SIGKILL));
	CHECK_KILLED(spinner, SIGKILL);
}

TEST(sched_spinners_share)
{
	enum { SPINNERS = 3 };
	pid_t pids[SPINNERS];

	CHECK(pin_to_hart(0));
	for (int i = 0; i < SPINNERS; i++) {
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0) {
			burn_cpu(60 * MS);
			_exit(0);
		}
	}
	for (int i = SPINNERS - 1; i >= 0; i--)
		CHECK_EXIT(pids[i], 0);
}

// Two processes hand a byte to and fro, each on a hart of its own: no wake-up may be lost.
TEST(sched_wakeups_across_harts)
{
	enum { ROUNDS = 2000 };
	struct gate ping, pong;
	pid_t pid;

	gate_make(&ping);
	gate_make(&pong);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		pin_to_hart(1);
		for (int i = 0; i < ROUNDS; i++) {
			gate_wait(&ping);
			gate_open(&pong);
		}
		finish();
	}
	CHECK(pin_to_hart(0));
	for (int i = 0; i < ROUNDS; i++) {
		gate_open(&ping);
		gate_wait(&pong);
	}
	CHECK_EXIT(pid, 0);
}
