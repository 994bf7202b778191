// SPDX-License-Identifier: MIT
// kill [-s NAME | -NAME | -NUMBER] PID...: sends a signal. kill -l [NUMBER]: names of signals.
// A negative PID is a process group.
#define _GNU_SOURCE // sigabbrev_np
#include <ctype.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int signal_number(const char *name)
{
	if (isdigit((unsigned char)*name))
		return atoi(name);
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int sig = 1; sig < NSIG; sig++)
		if (sigabbrev_np(sig) && !strcasecmp(sigabbrev_np(sig), name))
			return sig;
	errx(1, "%s: no such signal", name);
}

static int list(const char *number)
{
	int only = number ? atoi(number) & 127 : 0; // a status of 128 + n will do as well

	for (int sig = 1; sig < NSIG; sig++)
		if (sigabbrev_np(sig) && (!only || sig == only))
			printf(only ? "%s\n" : "%-10s", sigabbrev_np(sig));
	return 0;
}

static int send(const char *target, int sig)
{
	char *end;
	long pid = strtol(target, &end, 10);

	if (*end || end == target)
		errx(1, "%s: bad process id", target);
	if (kill(pid, sig)) {
		warn("%s", target);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int first = 1, sig = SIGTERM, failed = 0;

	if (argc > 1 && !strcmp(argv[1], "-l"))
		return list(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "-s")) {
		sig = signal_number(argv[2]);
		first = 3;
	} else if (argc > 1 && argv[1][0] == '-' && strcmp(argv[1], "--")) {
		sig = signal_number(argv[1] + 1);
		first = 2;
	}
	if (first < argc && !strcmp(argv[first], "--"))
		first++;
	if (first == argc)
		errx(1, "usage: kill [-s signal | -signal] pid... | -l");
	for (int i = first; i < argc; i++)
		failed |= send(argv[i], sig);
	return failed;
}
