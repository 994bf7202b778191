// SPDX-License-Identifier: MIT
// thread_exit.c - how threads end, and how the process does
#include "user/usertests/threads.h"
#include <sys/prctl.h>
#include <sys/resource.h>

static volatile int tid_of[4], go;

static void *sleep_for_ever(void *arg)
{
	set_word(&tid_of[(long)arg], own_tid());
	for (;;)
		pause();
	return NULL;
}

static void *spin_for_ever(void *arg)
{
	set_word(&tid_of[(long)arg], own_tid());
	for (;;)
		;
	return NULL;
}

// Two that sleep and one that runs, so that the end meets both.
static void start_others(void)
{
	start_thread(sleep_for_ever, (void *)1);
	start_thread(sleep_for_ever, (void *)2);
	start_thread(spin_for_ever, (void *)3);
	for (int i = 1; i < 4; i++)
		until_set(&tid_of[i]);
}

TEST(thread_exit_group_ends_all)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_others();
		_exit(7);
	}
	CHECK_EXIT(pid, 7);
}

static void *exit_group_with_9(void *arg)
{
	(void)arg;
	_exit(9);
}

TEST(thread_exit_group_from_another_thread)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_others();
		start_thread(exit_group_with_9, NULL);
		sleep_for_ever(0);
	}
	CHECK_EXIT(pid, 9);
}

TEST(thread_return_from_main_ends_all)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_others();
		exit(4);
	}
	CHECK_EXIT(pid, 4);
}

TEST(thread_kill_ends_all)
{
	struct gate ready;
	pid_t pid;

	gate_make(&ready);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_others();
		gate_open(&ready);
		sleep_for_ever(0);
	}
	gate_wait(&ready);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static void *die_by_fault(void *arg)
{
	*(volatile int *)8 = 1;
	return arg;
}

// A fault in one thread is the end of all.
TEST(thread_fault_ends_all)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_others();
		start_thread(die_by_fault, NULL);
		sleep_for_ever(0);
	}
	CHECK_KILLED(pid, SIGSEGV);
}

/* --- the first thread ends before the others --- */

static void *exit_later(void *arg)
{
	until_thread_is(getpid(), 'Z');
	_exit((long)arg);
}

static void leave_first(void)
{
	syscall(SYS_exit, 3);
}

TEST(thread_leader_leaves_first)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_thread(exit_later, (void *)6);
		leave_first();
	}
	CHECK_EXIT(pid, 6);
}

static void *wait_for_go(void *arg)
{
	char byte;

	CHECK_EQ(read((long)arg, &byte, 1), 1);
	syscall(SYS_exit, 11);
	return NULL;
}

// The process is there, and not to be waited for, until its last thread has ended; its status is
// then that thread's.
TEST(thread_leader_is_a_zombie_until_the_last)
{
	char path[80], text[4096];
	int fd[2];
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_thread(wait_for_go, (void *)(long)fd[0]);
		leave_first();
	}
	while (process_state(pid) != 'Z')
		nap(MS);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	CHECK_SYS(kill(pid, 0));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	CHECK_EQ(proc_field(path, "Threads"), 2);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	slurp(path, text, sizeof(text));
	CHECK_EQ(text[0], 0);			// the zombie's own memory is gone
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EXIT(pid, 11);
}

TEST(thread_kill_reaches_who_is_left)
{
	int fd[2];
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_thread(wait_for_go, (void *)(long)fd[0]);
		leave_first();
	}
	while (process_state(pid) != 'Z')
		nap(MS);
	CHECK_SYS(kill(pid, SIGTERM));
	CHECK_KILLED(pid, SIGTERM);
}

// SIGCHLD comes once, when all are gone.
TEST(thread_parent_is_told_once)
{
	int fd[2];
	pid_t pid;

	on_signal(SIGCHLD, count_signal, 0);
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_thread(wait_for_go, (void *)(long)fd[0]);
		leave_first();
	}
	while (process_state(pid) != 'Z')
		nap(MS);
	CHECK_EQ(signals_seen, 0);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EXIT(pid, 11);
	CHECK_EQ(signals_seen, 1);
}

/* --- children --- */

static struct gate father_is_gone;

static void *fork_and_end(void *arg)
{
	pid_t *pid = arg, parent = getpid();

	*pid = CHECK_SYS(fork());
	if (*pid == 0) {
		gate_wait(&father_is_gone);
		_exit(getppid() == parent ? 0 : 5);
	}
	return NULL;
}

// A child of a thread that has ended is still the process's.
TEST(thread_children_stay_with_the_process)
{
	pid_t pid;

	gate_make(&father_is_gone);
	join_thread(start_thread(fork_and_end, &pid));
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	gate_open(&father_is_gone);
	CHECK_EXIT(pid, 0);
}

static void *wait_for_child(void *arg)
{
	int status;

	CHECK_EQ(waitpid(*(pid_t *)arg, &status, 0), *(pid_t *)arg);
	return (void *)(long)WEXITSTATUS(status);
}

TEST(thread_waits_for_anothers_child)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(8);
	CHECK_EQ((long)join_thread(start_thread(wait_for_child, &pid)), 8);
}

static void *wait_only_for_own(void *arg)
{
	errno = 0;
	if (waitpid(*(pid_t *)arg, NULL, __WNOTHREAD) == -1)
		return (void *)(long)errno;
	return NULL;
}

TEST(thread_wnothread)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(8);
	CHECK_EQ((long)join_thread(start_thread(wait_only_for_own, &pid)), ECHILD);
	CHECK_EXIT(pid, 8);
}

// The death signal is for the end of the thread that forked, not of the process.
static void *fork_with_pdeathsig(void *arg)
{
	pid_t *pid = arg;
	struct gate set;

	gate_make(&set);
	*pid = CHECK_SYS(fork());
	if (*pid == 0) {
		CHECK_SYS(prctl(PR_SET_PDEATHSIG, SIGTERM));
		gate_open(&set);
		sleep_for_ever(0);
	}
	gate_wait(&set);
	return NULL;
}

TEST(thread_parent_death_signal)
{
	pid_t pid;

	join_thread(start_thread(fork_with_pdeathsig, &pid));
	CHECK_KILLED(pid, SIGTERM);
}

/* --- fork in a program with threads --- */

static void *spin_until_go(void *arg)
{
	set_word(&tid_of[0], own_tid());
	while (!go)
		;
	return arg;
}

TEST(thread_fork_copies_the_caller_alone)
{
	pthread_t thread = start_thread(spin_until_go, NULL);

	until_set(&tid_of[0]);
	IN_CHILD {
		CHECK_EQ(own_tid(), getpid());
		CHECK_EQ(proc_field("/proc/self/status", "Threads"), 1);
		// It may have threads of its own.
		go = 1;
		join_thread(start_thread(spin_until_go, NULL));
	}
	CHECK_EQ(proc_field("/proc/self/status", "Threads"), 2);
	set_word(&go, 1);
	join_thread(thread);
}

static volatile int vforked;
static volatile long counted;

static void *count_up(void *arg)
{
	set_word(&tid_of[0], 1);
	while (!vforked)
		counted = counted + 1;
	return arg;
}

// Only the caller waits for its vfork child; the others go on.
TEST(thread_vfork_stops_the_caller_alone)
{
	pthread_t thread = start_thread(count_up, NULL);
	pid_t pid;

	until_set(&tid_of[0]);
	pid = vfork();
	if (pid == 0) {
		for (long before = counted; counted == before; )
			nap(MS);
		vforked = 1;
		_exit(0);
	}
	CHECK_EQ(vforked, 1);
	join_thread(thread);
	CHECK_EXIT(pid, 0);
}

TEST(thread_usage_of_the_dead_counts)
{
	struct rusage children;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_thread(spin_for_ever, (void *)1);
		while (now(CLOCK_PROCESS_CPUTIME_ID) < 50 * MS)
			nap(MS);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_SYS(getrusage(RUSAGE_CHILDREN, &children));
	CHECK(children.ru_utime.tv_sec * SEC + children.ru_utime.tv_usec * 1000 +
	      children.ru_stime.tv_sec * SEC + children.ru_stime.tv_usec * 1000 >= 20 * MS);
}
