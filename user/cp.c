// SPDX-License-Identifier: MIT
// cp [-rp] FILE... TARGET: copies files; -r: directories with all that is in them, links as links;
// -p: keeps owner, mode and times. If TARGET is a directory, the copies are made in it.
#define _GNU_SOURCE // asprintf
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int recursive, preserve;

static int copy(const char *from, const char *to);

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		err(1, NULL);
	return path;
}

static int complain(const char *name)
{
	warn("%s", name);
	return 1;
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int copy_data(int in, int out, const char *from, const char *to)
{
	char buf[65536];
	ssize_t n, w;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0; done < n; done += w)
			if ((w = write(out, buf + done, n - done)) < 0)
				return complain(to);
	return n < 0 ? complain(from) : 0;
}

static int copy_file(const char *from, const char *to, const struct stat *st)
{
	struct stat target;

	if (stat(to, &target) == 0 && same_file(&target, st)) {
		warnx("%s and %s are the same file", from, to);
		return 1;
	}
	int in = open(from, O_RDONLY);
	if (in < 0)
		return complain(from);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 0777);
	int failed = out < 0 ? complain(to) : copy_data(in, out, from, to);
	close(in);
	if (out >= 0 && close(out) && !failed)
		failed = complain(to);
	return failed;
}

static int copy_link(const char *from, const char *to)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return complain(from);
	target[n] = '\0';
	return symlink(target, to) ? complain(to) : 0;
}

static int copy_entries(DIR *d, const char *from, const char *to)
{
	struct dirent *e;
	int failed = 0;

	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		char *source = join(from, e->d_name), *target = join(to, e->d_name);
		failed |= copy(source, target);
		free(source);
		free(target);
	}
	return failed;
}

// A copy into its own source would never end: `to` must not lie in `from`.
static int lies_in(const char *to, const struct stat *from)
{
	char *path = strdup(to);
	struct stat st;
	int inside = 0;

	if (!path)
		err(1, NULL);
	for (char *slash = path; slash && !inside;) {
		inside = stat(path, &st) == 0 && same_file(&st, from);
		if ((slash = strrchr(path, '/')))
			*slash = '\0';
	}
	free(path);
	return inside;
}

static int copy_dir(const char *from, const char *to, const struct stat *st)
{
	if (!recursive) {
		warnx("%s: is a directory", from);
		return 1;
	}
	if (mkdir(to, (st->st_mode & 0777) | 0700) && errno != EEXIST)
		return complain(to);
	DIR *d = opendir(from);
	if (!d)
		return complain(from);
	int failed = copy_entries(d, from, to);
	closedir(d);
	return failed;
}

static int keep_attributes(const char *to, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	int failed = 0;

	if (lchown(to, st->st_uid, st->st_gid) && errno != EPERM)
		failed = complain(to);
	if (!S_ISLNK(st->st_mode) && chmod(to, st->st_mode & 07777))
		failed = complain(to);
	if (utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW))
		failed = complain(to);
	return failed;
}

static int copy(const char *from, const char *to)
{
	struct stat st;
	int failed;

	if ((recursive ? lstat : stat)(from, &st))
		return complain(from);
	if (S_ISDIR(st.st_mode))
		failed = copy_dir(from, to, &st);
	else if (S_ISLNK(st.st_mode))
		failed = copy_link(from, to);
	else if (S_ISREG(st.st_mode) || !recursive)
		failed = copy_file(from, to, &st);
	else
		failed = mknod(to, st.st_mode, st.st_rdev) ? complain(to) : 0;
	if (preserve && !failed)
		failed = keep_attributes(to, &st);
	return failed;
}

static int copy_argument(const char *from, const char *to)
{
	struct stat st;

	if (recursive && stat(from, &st) == 0 && S_ISDIR(st.st_mode) && lies_in(to, &st)) {
		warnx("%s: cannot be copied into itself", from);
		return 1;
	}
	return copy(from, to);
}

int main(int argc, char **argv)
{
	struct stat st;
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "rRpa")) != -1) {
		if (opt == '?')
			return 2;
		recursive |= opt != 'p';
		preserve |= opt == 'p' || opt == 'a';
	}
	if (argc - optind < 2)
		errx(2, "usage: cp [-rp] file... target");
	const char *last = argv[argc - 1];
	if (stat(last, &st) || !S_ISDIR(st.st_mode)) {
		if (argc - optind > 2)
			errx(1, "%s: not a directory", last);
		return copy_argument(argv[optind], last);
	}
	for (int i = optind; i < argc - 1; i++) {
		char *source = strdup(argv[i]);
		char *target = join(last, basename(source));
		failed |= copy_argument(argv[i], target);
		free(target);
		free(source);
	}
	return failed;
}
