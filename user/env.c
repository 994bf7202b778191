// SPDX-License-Identifier: MIT
// env [-i] [NAME=VALUE...] [COMMAND [ARG...]]: runs a command in a changed environment, or prints
// that.
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+i")) != -1) {
		if (opt == '?')
			return 125;
		clearenv();
	}
	for (; optind < argc && strchr(argv[optind], '='); optind++)
		if (putenv(argv[optind]))
			err(125, NULL);
	if (optind < argc) {
		execvp(argv[optind], argv + optind);
		int status = errno == ENOENT ? 127 : 126;
		err(status, "%s", argv[optind]);
	}
	for (char **e = environ; e && *e; e++)
		puts(*e);
	return 0;
}
