// SPDX-License-Identifier: MIT
// grep [-Eivcnq] [-e] PATTERN [file...]: prints lines that match. Exit 0 found, 1 not, 2 trouble.
#include <err.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int invert, count_only, numbers, quiet, titles;
static regex_t pattern;

// Returns how many lines matched.
static long grep(FILE *f, const char *name)
{
	long found = 0, number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		number++;
		if ((regexec(&pattern, line, 0, NULL, 0) == 0) == invert)
			continue;
		found++;
		if (quiet || count_only)
			continue;
		if (titles)
			printf("%s:", name);
		if (numbers)
			printf("%ld:", number);
		puts(line);
	}
	free(line);
	if (count_only)
		printf(titles ? "%2$s:%1$ld\n" : "%ld\n", found, name);
	return found;
}

// Returns how many lines matched, -1 after a message.
static long grep_file(const char *name)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;

	if (!f) {
		warn("%s", name);
		return -1;
	}
	long found = grep(f, f == stdin ? "(standard input)" : name);
	if (ferror(f)) {
		warn("%s", name);
		found = -1;
	}
	if (f != stdin)
		fclose(f);
	return found;
}

static void compile(const char *text, int flags)
{
	char message[128];
	int error = regcomp(&pattern, text, flags | REG_NOSUB);

	if (error) {
		regerror(error, &pattern, message, sizeof(message));
		errx(2, "%s: %s", text, message);
	}
}

int main(int argc, char **argv)
{
	const char *text = NULL;
	int opt, flags = 0, found = 0, trouble = 0;

	while ((opt = getopt(argc, argv, "Eivcnqe:")) != -1) {
		switch (opt) {
		case 'E': flags |= REG_EXTENDED; break;
		case 'i': flags |= REG_ICASE; break;
		case 'v': invert = 1; break;
		case 'c': count_only = 1; break;
		case 'n': numbers = 1; break;
		case 'q': quiet = 1; break;
		case 'e': text = optarg; break;
		default: return 2;
		}
	}
	if (!text && optind == argc)
		errx(2, "usage: grep [-Eivcnq] [-e] pattern [file...]");
	compile(text ? text : argv[optind++], flags);
	titles = argc - optind > 1;
	if (optind == argc)
		argv[--optind] = "-";
	for (int i = optind; i < argc; i++) {
		long n = grep_file(argv[i]);
		found |= n > 0;
		trouble |= n < 0;
	}
	if (fflush(stdout))
		err(2, "standard output");
	return found && (quiet || !trouble) ? 0 : trouble ? 2 : 1;
}
