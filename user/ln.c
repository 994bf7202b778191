// SPDX-License-Identifier: MIT
// ln [-sf] TARGET... NAME: makes links; -s: symbolic ones, -f: in place of what has the name.
// If NAME is a directory, the links are made in it.
#define _GNU_SOURCE // asprintf
#include <err.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int symbolic, force;

static int make_link(const char *target, const char *name)
{
	if (force)
		unlink(name);
	if ((symbolic ? symlink : link)(target, name)) {
		warn("%s", name);
		return 1;
	}
	return 0;
}

static int link_in(const char *target, const char *dir)
{
	char *copy = strdup(target), *name;

	if (!copy || asprintf(&name, "%s/%s", dir, basename(copy)) < 0)
		err(1, NULL);
	int failed = make_link(target, name);
	free(name);
	free(copy);
	return failed;
}

int main(int argc, char **argv)
{
	struct stat st;
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "sf")) != -1) {
		if (opt == '?')
			return 2;
		*(opt == 's' ? &symbolic : &force) = 1;
	}
	if (argc - optind < 2)
		errx(2, "usage: ln [-sf] target... name");
	const char *last = argv[argc - 1];
	if (stat(last, &st) || !S_ISDIR(st.st_mode)) {
		if (argc - optind > 2)
			errx(1, "%s: not a directory", last);
		return make_link(argv[optind], last);
	}
	for (int i = optind; i < argc - 1; i++)
		failed |= link_in(argv[i], last);
	return failed;
}
