// SPDX-License-Identifier: MIT
// mkdir [-p] DIR...: makes directories; -p: their parents too, and none of them is an error.
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_one(const char *dir, int may_exist)
{
	struct stat st;

	if (mkdir(dir, 0777) == 0)
		return 0;
	if (may_exist && errno == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	warn("%s", dir);
	return 1;
}

static int make_all(const char *dir)
{
	char *path = strdup(dir);

	if (!path)
		err(1, NULL);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_one(path, 1)) {
			free(path);
			return 1;
		}
		*slash = '/';
	}
	free(path);
	return make_one(dir, 1);
}

int main(int argc, char **argv)
{
	int opt, parents = 0, failed = 0;

	while ((opt = getopt(argc, argv, "p")) != -1) {
		if (opt == '?')
			return 2;
		parents = 1;
	}
	if (optind == argc)
		errx(2, "usage: mkdir [-p] dir...");
	for (int i = optind; i < argc; i++)
		failed |= parents ? make_all(argv[i]) : make_one(argv[i], 0);
	return failed;
}
