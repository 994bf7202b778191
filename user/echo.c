// SPDX-License-Identifier: MIT
// echo [-n] [word...]: prints its arguments, and a newline unless -n.
#include <err.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	int first = argc > 1 && !strcmp(argv[1], "-n") ? 2 : 1;

	for (int i = first; i < argc; i++)
		printf("%s%s", i > first ? " " : "", argv[i]);
	if (first == 1)
		putchar('\n');
	if (fflush(stdout))
		err(1, "standard output");
	return 0;
}
