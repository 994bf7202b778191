// SPDX-License-Identifier: MIT
// sleep SECONDS...: waits; fractions are allowed, several arguments add up.
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	double seconds = 0;
	char *end;

	if (argc < 2)
		errx(1, "usage: sleep seconds...");
	for (int i = 1; i < argc; i++) {
		double n = strtod(argv[i], &end);
		if (*end || end == argv[i] || !(n >= 0))
			errx(1, "%s: bad time", argv[i]);
		seconds += n;
	}
	if (seconds > 1e9)
		seconds = 1e9;
	struct timespec left = { .tv_sec = seconds };
	left.tv_nsec = (seconds - left.tv_sec) * 1e9;
	while (nanosleep(&left, &left))
		if (errno != EINTR)
			err(1, "nanosleep");
	return 0;
}
