// SPDX-License-Identifier: MIT
// tail [-n LINES | -c BYTES | -LINES] [file...]: prints the end of files; +N counts from the start.
//
// All of the input is kept: an input may be a pipe, which cannot be read backwards.
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *count = "10";
static int bytes;

// Returns the input's length, or -1.
static ssize_t read_all(int fd, char **text)
{
	size_t length = 0, size = 0;
	ssize_t n;

	*text = NULL;
	do {
		if (size - length < 65536) {
			size = size ? 2 * size : 65536;
			*text = realloc(*text, size);
			if (!*text)
				err(1, NULL);
		}
		n = read(fd, *text + length, size - length);
		length += n > 0 ? n : 0;
	} while (n > 0);
	return n < 0 ? -1 : (ssize_t)length;
}

static size_t start_from_beginning(const char *text, size_t length, long n)
{
	size_t at = 0;

	for (long left = n - 1; left > 0 && at < length; at++)
		left -= bytes || text[at] == '\n';
	return at;
}

static size_t start_from_end(const char *text, size_t length, long n)
{
	size_t at = length;

	if (bytes)
		return (size_t)n < length ? length - n : 0;
	if (n <= 0)
		return length;
	if (at && text[at - 1] == '\n')
		at--; // it ends the last line and begins none
	while (at && !(text[at - 1] == '\n' && --n == 0))
		at--;
	return at;
}

static int tail(int fd, const char *name)
{
	char *text;
	ssize_t length = read_all(fd, &text);
	long n = labs(atol(count));

	if (length < 0) {
		warn("%s", name);
		return 1;
	}
	size_t at = *count == '+' ? start_from_beginning(text, length, n)
				  : start_from_end(text, length, n);
	fwrite(text + at, 1, length - at, stdout);
	free(text);
	return 0;
}

// title: which file it is, from 1; 0 if it is the only one.
static int tail_file(const char *name, int title)
{
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	if (title)
		printf("%s==> %s <==\n", title > 1 ? "\n" : "", name);
	int failed = tail(fd, name);
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	int opt, failed = 0;

	if (argc > 1 && strchr("-+", argv[1][0]) && isdigit((unsigned char)argv[1][1])) {
		count = argv[1];
		optind = 2;
	}
	while ((opt = getopt(argc, argv, "n:c:")) != -1) {
		if (opt == '?')
			return 2;
		bytes = opt == 'c';
		count = optarg;
	}
	if (optind == argc)
		failed = tail(0, "standard input");
	for (int i = optind; i < argc; i++)
		failed |= tail_file(argv[i], argc - optind > 1 ? i - optind + 1 : 0);
	if (fflush(stdout))
		err(1, "standard output");
	return failed;
}
