// SPDX-License-Identifier: MIT
// head [-n LINES | -c BYTES | -LINES] [file...]: prints the beginning of files.
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long limit = 10;
static int bytes;

static void head(FILE *f)
{
	long left = limit;
	int c;

	while (left > 0 && (c = getc(f)) != EOF) {
		putchar(c);
		left -= bytes || c == '\n';
	}
}

// title: which file it is, from 1; 0 if it is the only one.
static int head_file(const char *name, int title)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;

	if (!f) {
		warn("%s", name);
		return 1;
	}
	if (title)
		printf("%s==> %s <==\n", title > 1 ? "\n" : "", name);
	head(f);
	int failed = ferror(f);
	if (failed)
		warn("%s", name);
	if (f != stdin)
		fclose(f);
	return failed;
}

int main(int argc, char **argv)
{
	int opt, failed = 0;

	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		limit = atol(argv[1] + 1);
		optind = 2;
	}
	while ((opt = getopt(argc, argv, "n:c:")) != -1) {
		if (opt == '?')
			return 2;
		bytes = opt == 'c';
		limit = atol(optarg);
	}
	if (optind == argc)
		failed = head_file("-", 0);
	for (int i = optind; i < argc; i++)
		failed |= head_file(argv[i], argc - optind > 1 ? i - optind + 1 : 0);
	if (fflush(stdout))
		err(1, "standard output");
	return failed;
}
