// SPDX-License-Identifier: MIT
// time COMMAND [ARG...]: runs a command; prints its elapsed, user and system time, faults, memory.
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

static void report(double elapsed)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	fprintf(stderr, "real %.3f  user %.3f  sys %.3f  minor %ld  major %ld  maxrss %ld kB\n",
		elapsed, seconds(u.ru_utime), seconds(u.ru_stime), u.ru_minflt, u.ru_majflt,
		u.ru_maxrss);
}

static void run(char **argv)
{
	execvp(argv[0], argv);
	int status = errno == ENOENT ? 127 : 126;
	warn("%s", argv[0]);
	_exit(status);
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	int status = 0;

	if (argc < 2)
		errx(125, "usage: time command [argument...]");
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid_t pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0)
		run(argv + 1);
	signal(SIGINT, SIG_IGN); // it is meant for the command; its times are still of interest
	signal(SIGQUIT, SIG_IGN);
	waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	report(end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
