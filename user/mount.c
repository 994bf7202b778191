// SPDX-License-Identifier: MIT
// mount [-t TYPE] [-o OPTION,...] DEVICE DIR: mounts a file system; without arguments lists them.
// mount -o remount,... DIR changes a mount's options.
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned long set, clear;
} options[] = {
	{ "ro", MS_RDONLY, 0 },      { "rw", 0, MS_RDONLY },      { "remount", MS_REMOUNT, 0 },
	{ "nosuid", MS_NOSUID, 0 },  { "nodev", MS_NODEV, 0 },    { "noexec", MS_NOEXEC, 0 },
	{ "noatime", MS_NOATIME, 0 }, { "sync", MS_SYNCHRONOUS, 0 }, { "bind", MS_BIND, 0 },
};

// Takes known options into *flags; what is left is for the file system.
static char *parse(char *text, unsigned long *flags)
{
	char *rest = calloc(1, strlen(text) + 1);

	if (!rest)
		err(1, NULL);
	for (char *o = strtok(text, ","); o; o = strtok(NULL, ",")) {
		size_t i = 0, count = sizeof(options) / sizeof(*options);
		while (i < count && strcmp(options[i].name, o))
			i++;
		if (i < count) {
			*flags = (*flags | options[i].set) & ~options[i].clear;
		} else {
			if (*rest)
				strcat(rest, ",");
			strcat(rest, o);
		}
	}
	return rest;
}

static int list(void)
{
	char device[256], dir[256], type[64], flags[256];
	FILE *f = fopen("/proc/mounts", "r");

	if (!f)
		err(1, "/proc/mounts");
	while (fscanf(f, "%255s %255s %63s %255s %*d %*d", device, dir, type, flags) == 4)
		printf("%s on %s type %s (%s)\n", device, dir, type, flags);
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	const char *type = NULL, *data = NULL;
	unsigned long flags = 0;
	int opt;

	while ((opt = getopt(argc, argv, "t:o:")) != -1) {
		if (opt == 't')
			type = optarg;
		else if (opt == 'o')
			data = parse(optarg, &flags);
		else
			return 2;
	}
	if (argc == 1)
		return list();
	if (argc - optind != 2 && !(argc - optind == 1 && flags & MS_REMOUNT))
		errx(2, "usage: mount [-t type] [-o options] device dir");
	const char *dir = argv[argc - 1];
	if (!type && !(flags & (MS_REMOUNT | MS_BIND)))
		type = "ext2";
	if (mount(argv[optind], dir, type, flags, data))
		err(1, "%s", dir);
	return 0;
}
