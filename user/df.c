// SPDX-License-Identifier: MIT
// df [-i] [file...]: space (-i: inodes) of the file systems that hold the files, or of all.
#include <err.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int inodes;

static void print(const char *device, const char *dir, const struct statvfs *s)
{
	unsigned long long unit = s->f_frsize, total = s->f_blocks, left = s->f_bfree;
	unsigned long long usable = s->f_bavail;

	if (inodes) {
		unit = 1024;
		total = s->f_files;
		left = usable = s->f_ffree;
	}
	unsigned long long used = total - left;
	unsigned long long all = used + usable ? used + usable : 1;
	printf("%-20s %11llu %11llu %11llu %4llu%% %s\n", device, total * unit / 1024,
	       used * unit / 1024, usable * unit / 1024, (used * 100 + all - 1) / all, dir);
}

static int show(const char *device, const char *dir, int even_if_empty)
{
	struct statvfs s;

	if (statvfs(dir, &s)) {
		warn("%s", dir);
		return 1;
	}
	if (s.f_blocks || even_if_empty)
		print(device, dir, &s);
	return 0;
}

static int show_all(void)
{
	char device[256], dir[256];
	FILE *f = fopen("/proc/mounts", "r");
	int failed = 0;

	if (!f)
		err(1, "/proc/mounts");
	while (fscanf(f, "%255s %255s %*[^\n]", device, dir) == 2)
		failed |= show(device, dir, 0);
	fclose(f);
	return failed;
}

int main(int argc, char **argv)
{
	int opt, failed = 0;

	while ((opt = getopt(argc, argv, "ik")) != -1) {
		if (opt == '?')
			return 2;
		inodes |= opt == 'i';
	}
	printf("%-20s %11s %11s %11s  use%% mounted on\n", "Filesystem",
	       inodes ? "inodes" : "1K-blocks", "used", "available");
	if (optind == argc)
		return show_all();
	for (int i = optind; i < argc; i++)
		failed |= show("-", argv[i], 1);
	return failed;
}
