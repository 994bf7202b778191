// SPDX-License-Identifier: MIT
// swapon [-p PRIORITY] FILE...: turns swap on, on devices or files; without arguments lists it.
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/swap.h>
#include <unistd.h>

static int list(void)
{
	FILE *f = fopen("/proc/swaps", "r");
	int c;

	if (!f)
		err(1, "/proc/swaps");
	while ((c = getc(f)) != EOF)
		putchar(c);
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	int opt, flags = 0, failed = 0;

	while ((opt = getopt(argc, argv, "p:")) != -1) {
		if (opt == '?')
			return 2;
		flags = SWAP_FLAG_PREFER | (atoi(optarg) & SWAP_FLAG_PRIO_MASK);
	}
	if (optind == argc)
		return list();
	for (int i = optind; i < argc; i++) {
		if (swapon(argv[i], flags)) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
