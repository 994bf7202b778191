// SPDX-License-Identifier: MIT
// stat [-L] FILE...: all that the file system knows about a file; -L: about a link's target.
#include <err.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char *type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "regular file";
	case S_IFDIR: return "directory";
	case S_IFLNK: return "symbolic link";
	case S_IFCHR: return "character device";
	case S_IFBLK: return "block device";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	default: return "unknown";
	}
}

static void print_time(const char *label, struct timespec t)
{
	char date[32];

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", gmtime(&t.tv_sec));
	printf("%s: %s.%09ld\n", label, date, t.tv_nsec);
}

static int show(const char *name, int follow)
{
	struct stat s;

	if ((follow ? stat : lstat)(name, &s)) {
		warn("%s", name);
		return 1;
	}
	printf("  File: %s\n", name);
	printf("  Size: %-12lld Blocks: %-10lld IO block: %-6ld %s\n", (long long)s.st_size,
	       (long long)s.st_blocks, (long)s.st_blksize, type(s.st_mode));
	printf("Device: %u,%-9u Inode: %-11llu Links: %u", major(s.st_dev), minor(s.st_dev),
	       (unsigned long long)s.st_ino, (unsigned)s.st_nlink);
	if (S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode))
		printf("  Device type: %u,%u", major(s.st_rdev), minor(s.st_rdev));
	printf("\nAccess: %04o  Uid: %u  Gid: %u\n", s.st_mode & 07777, s.st_uid, s.st_gid);
	print_time("Access", s.st_atim);
	print_time("Modify", s.st_mtim);
	print_time("Change", s.st_ctim);
	return 0;
}

int main(int argc, char **argv)
{
	int opt, follow = 0, failed = 0;

	while ((opt = getopt(argc, argv, "L")) != -1) {
		if (opt == '?')
			return 2;
		follow = 1;
	}
	if (optind == argc)
		errx(2, "usage: stat [-L] file...");
	for (int i = optind; i < argc; i++)
		failed |= show(argv[i], follow);
	return failed;
}
