// SPDX-License-Identifier: MIT
// seq [FIRST [STEP]] LAST: prints whole numbers.
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static long number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*end || end == s)
		errx(1, "%s: bad number", s);
	return n;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 4)
		errx(1, "usage: seq [first [step]] last");
	long first = argc > 2 ? number(argv[1]) : 1;
	long step = argc > 3 ? number(argv[2]) : 1;
	long last = number(argv[argc - 1]);
	if (step == 0)
		errx(1, "step is 0");
	for (long i = first; step > 0 ? i <= last : i >= last; i += step)
		printf("%ld\n", i);
	if (fflush(stdout))
		err(1, "standard output");
	return 0;
}
