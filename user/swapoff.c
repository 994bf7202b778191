// SPDX-License-Identifier: MIT
// swapoff FILE...: brings all that is swapped to a device or file back and turns swap on it off.
#include <err.h>
#include <sys/swap.h>

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		errx(2, "usage: swapoff file...");
	for (int i = 1; i < argc; i++) {
		if (swapoff(argv[i])) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
