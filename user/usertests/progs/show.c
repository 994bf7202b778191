// SPDX-License-Identifier: MIT
/*
 * show.c - tells in "key=value" lines in what state a program starts
 *
 *	show [ARGUMENT...]	argv, environment, auxiliary vector, ids, signals, open files
 *	show --chain N		executes itself N times more, then shows
 *	show --exit N		ends with status N
 *	show --pause		says it is there and sleeps for ever
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;

static void show_vectors(int argc, char **argv)
{
	printf("argc=%d\n", argc);
	for (int i = 0; i < argc; i++)
		printf("argv%d=%s\n", i, argv[i]);
	for (int i = 0; environ[i]; i++)
		printf("env%d=%s\n", i, environ[i]);
	printf("argv_end=%s\n", argv[argc] ? "not NULL" : "NULL");
	printf("stack_misaligned=%d\n", (int)((uintptr_t)(argv - 1) % 16));
}

static void show_auxv(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);

	printf("random=");
	for (int i = 0; random && i < 16; i++)
		printf("%02x", random[i]);
	printf("\nexecfn=%s\n", (char *)getauxval(AT_EXECFN));
	printf("secure=%lu\n", getauxval(AT_SECURE));
	printf("at_ids=%lu %lu %lu %lu\n", getauxval(AT_UID), getauxval(AT_EUID),
	       getauxval(AT_GID), getauxval(AT_EGID));
}

static void show_process(void)
{
	char text[4096];
	mode_t mask = umask(0);

	umask(mask);
	printf("ids=%d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
	printf("pid=%d\nppid=%d\npgid=%d\numask=%03o\n", getpid(), getppid(), getpgrp(), mask);
	if (getcwd(text, sizeof(text)))
		printf("cwd=%s\n", text);
	if (prctl(PR_GET_NAME, text) == 0)
		printf("comm=%s\n", text);
}

static void show_signals(void)
{
	const int signals[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGRTMIN };
	struct sigaction action;
	sigset_t mask, pending;
	struct itimerval timer, off = {};
	stack_t stack;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigpending(&pending);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &action);
		printf("sig%d=%s%s%s\n", signals[i],
		       action.sa_handler == SIG_DFL ? "default" :
		       action.sa_handler == SIG_IGN ? "ignored" : "handler",
		       sigismember(&mask, signals[i]) ? " blocked" : "",
		       sigismember(&pending, signals[i]) ? " pending" : "");
	}
	sigaltstack(NULL, &stack);
	printf("altstack=%s\n", stack.ss_flags & SS_DISABLE ? "none" : "set");
	setitimer(ITIMER_REAL, &off, &timer);
	printf("itimer=%s\n", timer.it_value.tv_sec || timer.it_value.tv_usec ? "armed" : "off");
}

static void show_files(void)
{
	printf("fds=");
	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	printf("\n");
}

static int chain(char **argv)
{
	char count[16];
	int left = atoi(argv[2]);

	if (left == 0)
		return 42;
	snprintf(count, sizeof(count), "%d", left - 1);
	execv(argv[0], (char *[]){ argv[0], "--chain", count, NULL });
	return errno;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--chain") == 0)
		return chain(argv);
	if (argc == 3 && strcmp(argv[1], "--exit") == 0)
		return atoi(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--pause") == 0) {
		if (write(1, "ready\n", 6) == 6)
			pause();
		return 1;
	}
	show_vectors(argc, argv);
	show_auxv();
	show_process();
	show_signals();
	show_files();
	return 0;
}
