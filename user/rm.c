// SPDX-License-Identifier: MIT
// rm [-rf] FILE...: removes files; -r: directories and all that is in them; -f: no complaint about
// what is missing.
#define _XOPEN_SOURCE 700 // nftw
#define _DEFAULT_SOURCE // err.h
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int force, failed;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if ((type == FTW_DP || type == FTW_DNR ? rmdir : unlink)(path)) {
		warn("%s", path);
		failed = 1;
	}
	return 0;
}

static void remove_file(const char *name, int recursive)
{
	struct stat st;

	if (lstat(name, &st)) {
		if (force && (errno == ENOENT || errno == ENOTDIR))
			return;
		warn("%s", name);
		failed = 1;
	} else if (!S_ISDIR(st.st_mode)) {
		remove_entry(name, &st, FTW_F, NULL);
	} else if (!recursive) {
		warnx("%s: is a directory", name);
		failed = 1;
	} else if (nftw(name, remove_entry, 16, FTW_DEPTH | FTW_PHYS)) {
		warn("%s", name);
		failed = 1;
	}
}

int main(int argc, char **argv)
{
	int opt, recursive = 0;

	while ((opt = getopt(argc, argv, "rRf")) != -1) {
		if (opt == '?')
			return 2;
		*(opt == 'f' ? &force : &recursive) = 1;
	}
	if (optind == argc && !force)
		errx(2, "usage: rm [-rf] file...");
	for (int i = optind; i < argc; i++) {
		const char *base = strrchr(argv[i], '/');
		base = base ? base + 1 : argv[i];
		if (!strcmp(base, ".") || !strcmp(base, "..")) {
			warnx("%s: refused", argv[i]);
			failed = 1;
		} else {
			remove_file(argv[i], recursive);
		}
	}
	return failed;
}
