// SPDX-License-Identifier: MIT
// mv FILE... TARGET: renames files. If TARGET is a directory, they go into it. From one file system
// to another `cp -a` and `rm -r` do the work.
#define _GNU_SOURCE // asprintf
#include <err.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *program, const char *options, const char *a, const char *b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp(program, program, options, "--", a, b, NULL);
		err(127, "%s", program);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(1, "%s", program);
	return status != 0;
}

static int move(const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return 0;
	if (errno == EXDEV)
		return run("cp", "-a", from, to) || run("rm", "-r", from, NULL);
	warn("%s to %s", from, to);
	return 1;
}

static int move_into(const char *from, const char *dir)
{
	char *copy = strdup(from), *to;

	if (!copy || asprintf(&to, "%s/%s", dir, basename(copy)) < 0)
		err(1, NULL);
	int failed = move(from, to);
	free(to);
	free(copy);
	return failed;
}

int main(int argc, char **argv)
{
	struct stat st;
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "f")) != -1)
		if (opt == '?')
			return 2;
	if (argc - optind < 2)
		errx(2, "usage: mv file... target");
	const char *last = argv[argc - 1];
	if (stat(last, &st) || !S_ISDIR(st.st_mode)) {
		if (argc - optind > 2)
			errx(1, "%s: not a directory", last);
		return move(argv[optind], last);
	}
	for (int i = optind; i < argc - 1; i++)
		failed |= move_into(argv[i], last);
	return failed;
}
