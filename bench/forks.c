// SPDX-License-Identifier: MIT
// fork, exec, copy-on-write and pipes.
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

#define WARM_UPS 2
#define ROUND_TRIPS 2000

int fork_and_wait(uint64_t *fork_ns)
{
	uint64_t t = now();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -1;
	if (fork_ns)
		*fork_ns = now() - t;
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int samples(void)
{
	return opt.reps * 3 > 60 ? 60 : opt.reps * 3;
}

// Before each fork all of `pages` are private and writable again.
static void fork_exit_wait(const char *name, const char *call_name, size_t pages)
{
	struct row whole = { .n = 0 }, call = { .n = 0 };
	unsigned char *p = pages ? map_anon(pages * PAGE) : NULL;

	for (int n = -WARM_UPS; n < samples(); n++) {
		uint64_t fork_ns = 0;
		if (p)
			write_pages(p, pages);
		uint64_t t = now();
		if ((pages && !p) || fork_and_wait(&fork_ns)) {
			skip(name, "fork");
			return;
		}
		t = now() - t;
		if (n >= 0) {
			add(&whole, t / 1000.);
			add(&call, fork_ns / 1000.);
		}
	}
	if (p)
		munmap(p, pages * PAGE);
	report(name, &whole, "us");
	report(call_name, &call, "us");
}

static int exec_and_wait(const char *path)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execve(path, argv, envp);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -1 : 0;
}

static void fork_exec_wait(const char *name, const char *program)
{
	struct row row = { .n = 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", opt.bin, program);
	for (int n = -WARM_UPS; n < samples(); n++) {
		uint64_t t = now();
		if (exec_and_wait(path)) {
			skip(name, path);
			return;
		}
		t = now() - t;
		if (n >= 0)
			add(&row, t / 1000.);
	}
	report(name, &row, "us");
}

// A child that writes all pages of p and tells how long that took; 0 if it could not.
static uint64_t child_writes(unsigned char *p)
{
	uint64_t t = 0;
	int fd[2];

	if (pipe(fd))
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		t = now();
		write_pages(p, opt.cow);
		t = now() - t;
		_exit(write(fd[1], &t, sizeof(t)) != sizeof(t));
	}
	close(fd[1]);
	if (read(fd[0], &t, sizeof(t)) != sizeof(t))
		t = 0;
	close(fd[0]);
	waitpid(pid, NULL, 0);
	return t;
}

static void copy_on_write(void)
{
	struct row copy = { .n = 0 }, reuse = { .n = 0 }, idle = { .n = 0 };
	unsigned char *p = map_anon(opt.cow * PAGE);

	for (int n = 0; n < opt.reps; n++) {
		if (p)
			write_pages(p, opt.cow);
		uint64_t t = p ? child_writes(p) : 0;
		if (!t) {
			skip("cow_fault", "child");
			return;
		}
		add(&copy, (double)t / opt.cow);
		t = now();
		write_pages(p, opt.cow); // the copies are gone: the parent is alone with its own
		add(&reuse, (double)(now() - t) / opt.cow);
		fork_and_wait(NULL);
		t = now();
		write_pages(p, opt.cow);
		add(&idle, (double)(now() - t) / opt.cow);
	}
	munmap(p, opt.cow * PAGE);
	report("cow_fault_child_copy", &copy, "ns/page");
	report("wp_reuse_after_child_cow", &reuse, "ns/page");
	report("wp_reuse_after_idle_child", &idle, "ns/page");
}

static void echo_bytes(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		if (write(to, &c, 1) != 1)
			break;
	_exit(0);
}

static int ping_pong(int to, int from)
{
	char c = 0;

	for (int i = 0; i < ROUND_TRIPS; i++)
		if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
			return -1;
	return 0;
}

static void pipe_ping_pong(void)
{
	struct row row = { .n = 0 };
	int ping[2], pong[2];

	if (pipe(ping) || pipe(pong)) {
		skip("pipe_pingpong_roundtrip", "pipe");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(ping[1]);
		close(pong[0]);
		echo_bytes(ping[0], pong[1]);
	}
	close(ping[0]);
	close(pong[1]);
	for (int n = -1; n < opt.reps; n++) {
		uint64_t t = now();
		if (ping_pong(ping[1], pong[0])) {
			skip("pipe_pingpong_roundtrip", "io");
			break;
		}
		t = now() - t;
		if (n >= 0)
			add(&row, (double)t / ROUND_TRIPS);
	}
	close(ping[1]);
	close(pong[0]);
	waitpid(pid, NULL, 0);
	report("pipe_pingpong_roundtrip", &row, "ns");
}

void bench_fork(void)
{
	fork_exit_wait("fork_exit_wait_0", "fork_call_0", 0);
	fork_exit_wait("fork_exit_wait_2048", "fork_call_2048", opt.cow);
	fork_exec_wait("fork_exec_wait_tiny", "true.tiny");
	fork_exec_wait("fork_exec_wait_glibc", "true.glibc");
	copy_on_write();
	pipe_ping_pong();
}
