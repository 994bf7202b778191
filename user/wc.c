// SPDX-License-Identifier: MIT
// wc [-lwc] [file...]: counts lines, words and bytes.
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct counts {
	unsigned long lines, words, bytes;
};

static int show_lines, show_words, show_bytes;

static void print(const struct counts *c, const char *name)
{
	const char *gap = "";

	if (show_lines)
		gap = printf("%lu", c->lines) ? " " : gap;
	if (show_words)
		gap = printf("%s%lu", gap, c->words) ? " " : gap;
	if (show_bytes)
		printf("%s%lu", gap, c->bytes);
	printf(name ? " %s\n" : "\n", name);
}

static int count(int fd, const char *name, struct counts *total)
{
	struct counts c = { 0 };
	char buf[65536];
	int in_word = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		c.bytes += n;
		for (ssize_t i = 0; i < n; i++) {
			int space = isspace((unsigned char)buf[i]) != 0;
			c.lines += buf[i] == '\n';
			c.words += !space && !in_word;
			in_word = !space;
		}
	}
	if (n < 0)
		warn("%s", name ? name : "standard input");
	print(&c, name);
	total->lines += c.lines;
	total->words += c.words;
	total->bytes += c.bytes;
	return n < 0;
}

static int count_file(const char *name, struct counts *total)
{
	int fd = open(name, O_RDONLY);

	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	int failed = count(fd, name, total);
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	struct counts total = { 0 };
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "lwc")) != -1) {
		if (opt == '?')
			return 2;
		*(opt == 'l' ? &show_lines : opt == 'w' ? &show_words : &show_bytes) = 1;
	}
	if (!show_lines && !show_words && !show_bytes)
		show_lines = show_words = show_bytes = 1;
	if (optind == argc)
		failed = count(0, NULL, &total);
	for (int i = optind; i < argc; i++)
		failed |= count_file(argv[i], &total);
	if (argc - optind > 1)
		print(&total, "total");
	if (fflush(stdout))
		err(1, "standard output");
	return failed;
}
