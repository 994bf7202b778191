// SPDX-License-Identifier: MIT
// thread_exec.c - execve in a process with threads: the caller alone goes on, the id stays
#include "user/usertests/threads.h"

static char output[16384];
static volatile int started;

static void *sleep_for_ever(void *arg)
{
	(void)arg;
	__atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

static void *spin_for_ever(void *arg)
{
	(void)arg;
	__atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
	for (;;)
		;
	return NULL;
}

static void start_others(void)
{
	start_thread(sleep_for_ever, NULL);
	start_thread(spin_for_ever, NULL);
	start_thread(sleep_for_ever, NULL);
	while (started < 3)
		nap(MS);
}

// Looked up before there are threads: program() has one buffer for all.
static char show_path[256];

static void find_show(void)
{
	snprintf(show_path, sizeof(show_path), "%s", program("show"));
}

static void execute(char *const argv[])
{
	execve(show_path, argv, (char *[]){ NULL });
	_exit(99);
}

static void *execute_show(void *arg)
{
	execute((char *[]){ "show", arg, NULL });
	return NULL;
}

// Forks, runs the body in the child with its output to a pipe, and reads that.
static pid_t run_child(void (*body)(void))
{
	size_t used = 0;
	ssize_t n;
	int fd[2];
	pid_t pid;

	find_show();
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(fd[1], 1));
		CHECK_SYS(close(fd[0]));
		CHECK_SYS(close(fd[1]));
		body();
	}
	CHECK_SYS(close(fd[1]));
	while ((n = read(fd[0], output + used, sizeof(output) - 1 - used)) > 0)
		used += n;
	output[used] = 0;
	CHECK_SYS(close(fd[0]));
	return pid;
}

static void check_pid(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	CHECK_OUTPUT(output, "pid", text);
	CHECK_OUTPUT(output, "argv1", "hello");
}

static void exec_from_the_leader(void)
{
	start_others();
	execute((char *[]){ "show", "hello", NULL });
}

TEST(thread_exec_by_the_first)
{
	pid_t pid = run_child(exec_from_the_leader);

	CHECK_EXIT(pid, 0);
	check_pid(pid);
}

static void exec_from_another(void)
{
	start_others();
	start_thread(execute_show, "hello");
	for (;;)
		pause();
}

TEST(thread_exec_by_another)
{
	pid_t pid = run_child(exec_from_another);

	CHECK_EXIT(pid, 0);
	check_pid(pid);
}

static void *exec_when_alone(void *arg)
{
	until_thread_is(getpid(), 'Z');
	return execute_show(arg);
}

static void exec_after_the_leader_left(void)
{
	start_thread(exec_when_alone, "hello");
	syscall(SYS_exit, 0);
}

TEST(thread_exec_after_the_first_has_ended)
{
	pid_t pid = run_child(exec_after_the_leader_left);

	CHECK_EXIT(pid, 0);
	check_pid(pid);
}

static void *exec_missing(void *arg)
{
	errno = 0;
	execve("/nowhere/at/all", (char *[]){ "x", NULL }, (char *[]){ NULL });
	return (void *)((long)arg + errno);
}

// An execve that fails leaves everybody where he was.
TEST(thread_exec_that_fails)
{
	start_others();
	CHECK_EQ((long)join_thread(start_thread(exec_missing, NULL)), ENOENT);
	// Joined is who has left the memory; he may be counted for a moment more.
	while (proc_field("/proc/self/status", "Threads") > 4)
		nap(MS);
	CHECK_EQ(proc_field("/proc/self/status", "Threads"), 4);
}

static volatile int all_there;

static void *execute_with_all(void *arg)
{
	until_set(&all_there);
	return execute_show(arg);
}

// Nobody begins before all are there: who executes keeps others from making threads (EAGAIN).
static void exec_by_all(void)
{
	for (int i = 0; i < 6; i++)
		start_thread(execute_with_all, "hello");
	set_word(&all_there, 1);
	execute((char *[]){ "show", "hello", NULL });
}

// One of them wins, whoever it is, and the process goes on as one program.
TEST(thread_exec_by_all_at_once)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = run_child(exec_by_all);
		CHECK_EXIT(pid, 0);
		check_pid(pid);
	}
}

static void exec_with_mask(void)
{
	block_signal(SIGUSR1);
	CHECK_SYS(kill(getpid(), SIGUSR1));	// pending for the process
	start_others();
	start_thread(execute_show, "hello");
	for (;;)
		pause();
}

// The mask is the caller's, and what is pending for the process stays pending.
TEST(thread_exec_keeps_what_is_pending)
{
	pid_t pid = run_child(exec_with_mask);

	CHECK_EXIT(pid, 0);
	check_pid(pid);
	CHECK_OUTPUT(output, "sig10", "default blocked pending");
}

static void *exec_child(void *arg)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		execute((char *[]){ "show", "--exit", arg, NULL });
	return (void *)(long)pid;
}

TEST(thread_exec_in_a_child_of_a_thread)
{
	find_show();
	start_others();
	for (int i = 0; i < 5; i++)
		CHECK_EXIT((pid_t)(long)join_thread(start_thread(exec_child, "5")), 5);
}

static void exec_then_stop(void)
{
	start_others();
	start_thread(execute_show, "--pause");
	for (;;)
		pause();
}

static pid_t start_process_that_executes(void)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		int null = CHECK_SYS(open("/dev/null", O_WRONLY));

		CHECK_SYS(dup2(null, 1));
		exec_then_stop();
	}
	return pid;
}

static void wait_for_comm(pid_t pid, const char *comm, long pause_ns)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	for (;;) {
		slurp(path, text, sizeof(text));
		if (strcmp(text, comm) == 0)
			break;
		if (pause_ns)
			nap(pause_ns);
	}
}

static void end_process(pid_t pid)
{
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// The new program is one thread, and killed like any other.
TEST(thread_exec_leaves_one_thread)
{
	char path[64];
	pid_t pid;

	find_show();
	pid = start_process_that_executes();
	wait_for_comm(pid, "show\n", MS);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	CHECK_EQ(proc_field(path, "Threads"), 1);
	CHECK_EQ(proc_field(path, "Pid"), pid);
	end_process(pid);
}

// At no moment does its number belong to nobody.
TEST(thread_exec_is_always_in_proc)
{
	find_show();
	for (int i = 0; i < 20; i++) {
		pid_t pid = start_process_that_executes();

		wait_for_comm(pid, "show\n", 0);
		end_process(pid);
	}
}
