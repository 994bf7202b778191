// SPDX-License-Identifier: MIT
// ls [-a1ldi] [file...]: lists directories. -l: mode, links, owner, group, size, date and name.
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

struct entry {
	char *path; // for the calls
	const char *name; // for the eye
	struct stat st;
};

struct list {
	struct entry *e;
	size_t n;
};

static int all, lines, details, plain_dirs, inodes;
static int failed;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void add(struct list *list, char *path, const char *name)
{
	struct entry *e = realloc(list->e, (list->n + 1) * sizeof(*e));

	if (!path || !e)
		err(2, NULL);
	list->e = e;
	e[list->n] = (struct entry){ .path = path, .name = name };
	if (lstat(path, &e[list->n].st)) {
		warn("%s", path);
		failed = 1;
	} else {
		list->n++;
	}
}

static void mode_string(mode_t m, char *s)
{
	static const char types[] = "?pc?d?b?-?l?s???";

	*s++ = types[m >> 12 & 15];
	for (int shift = 6; shift >= 0; shift -= 3) {
		int special = m >> (9 + shift / 3) & 1; // set-uid, set-gid, sticky
		const char *x = !special ? "-x" : shift ? "Ss" : "Tt";
		*s++ = m >> shift & 4 ? 'r' : '-';
		*s++ = m >> shift & 2 ? 'w' : '-';
		*s++ = x[m >> shift & 1];
	}
	*s = '\0';
}

static void print_size(const struct stat *st)
{
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("%4u, %4u ", major(st->st_rdev), minor(st->st_rdev));
	else
		printf("%10llu ", (unsigned long long)st->st_size);
}

static void print_date(time_t t)
{
	const char *format = llabs(time(NULL) - t) < 180 * 86400 ? "%b %e %H:%M" : "%b %e  %Y";
	char date[32];

	strftime(date, sizeof(date), format, localtime(&t));
	printf("%s ", date);
}

static void print_long(const struct entry *e)
{
	char mode[11], target[4096];

	mode_string(e->st.st_mode, mode);
	printf("%s %3u %4u %4u ", mode, (unsigned)e->st.st_nlink, e->st.st_uid, e->st.st_gid);
	print_size(&e->st);
	print_date(e->st.st_mtime);
	printf("%s", e->name);
	ssize_t n = S_ISLNK(e->st.st_mode) ? readlink(e->path, target, sizeof(target)) : -1;
	if (n >= 0)
		printf(" -> %.*s", (int)n, target);
	putchar('\n');
}

// Columns are read downwards.
static void print_columns(const struct list *list, size_t width)
{
	size_t widest = 1;

	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->e[i].name) > widest)
			widest = strlen(list->e[i].name);
	size_t columns = width / (widest + 2) ? width / (widest + 2) : 1;
	size_t rows = (list->n + columns - 1) / columns;
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = row; i < list->n; i += rows)
			printf("%-*s", i + rows < list->n ? (int)widest + 2 : 0, list->e[i].name);
		putchar('\n');
	}
}

static void print_entries(struct list *list)
{
	struct winsize w = { 0 };

	if (list->n)
		qsort(list->e, list->n, sizeof(*list->e), by_name);
	if (!lines && !details && !inodes && isatty(1)) {
		ioctl(1, TIOCGWINSZ, &w);
		print_columns(list, w.ws_col ? w.ws_col : 80);
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (inodes)
			printf("%7llu ", (unsigned long long)list->e[i].st.st_ino);
		if (details)
			print_long(&list->e[i]);
		else
			puts(list->e[i].name);
	}
}

static void free_list(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->e[i].path);
	free(list->e);
}

static void read_entries(const char *dir, DIR *d, struct list *list)
{
	struct dirent *entry;

	while ((entry = readdir(d))) {
		size_t length = strlen(dir);
		char *path = malloc(length + strlen(entry->d_name) + 2);
		if (entry->d_name[0] == '.' && !all) {
			free(path);
			continue;
		}
		if (!path)
			err(2, NULL);
		sprintf(path, "%s/%s", dir, entry->d_name);
		add(list, path, path + length + 1);
	}
}

static void print_total(const struct list *list)
{
	unsigned long long blocks = 0;

	for (size_t i = 0; i < list->n; i++)
		blocks += list->e[i].st.st_blocks;
	printf("total %llu\n", blocks / 2);
}

static void list_dir(const char *dir, int title)
{
	struct list list = { 0 };
	DIR *d = opendir(dir);

	if (!d) {
		warn("%s", dir);
		failed = 1;
		return;
	}
	read_entries(dir, d, &list);
	closedir(d);
	if (title)
		printf("%s:\n", dir);
	if (details)
		print_total(&list);
	print_entries(&list);
	free_list(&list);
}

// A symbolic link to a directory counts as one, unless its own details are wanted.
static int is_dir(const char *name)
{
	struct stat st;

	return !plain_dirs && (details ? lstat : stat)(name, &st) == 0 && S_ISDIR(st.st_mode);
}

static void set_option(int opt)
{
	switch (opt) {
	case 'a': all = 1; break;
	case '1': lines = 1; break;
	case 'l': details = 1; break;
	case 'd': plain_dirs = 1; break;
	case 'i': inodes = 1; break;
	default: exit(2);
	}
}

int main(int argc, char **argv)
{
	struct list files = { 0 };
	int opt, printed = 0;

	while ((opt = getopt(argc, argv, "a1ldi")) != -1)
		set_option(opt);
	if (optind == argc)
		argv[--optind] = ".";
	for (int i = optind; i < argc; i++)
		if (!is_dir(argv[i]))
			add(&files, strdup(argv[i]), argv[i]);
	if (files.n) {
		print_entries(&files);
		printed = 1;
	}
	for (int i = optind; i < argc; i++) {
		if (!is_dir(argv[i]))
			continue;
		if (printed++)
			putchar('\n');
		list_dir(argv[i], argc - optind > 1);
	}
	free_list(&files);
	if (fflush(stdout))
		err(2, "standard output");
	return failed ? 2 : 0;
}
