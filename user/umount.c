// SPDX-License-Identifier: MIT
// umount [-l] DIR...: takes file systems out of the tree; -l: at once, even if they are in use.
#include <err.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int opt, flags = 0, failed = 0;

	while ((opt = getopt(argc, argv, "l")) != -1) {
		if (opt == '?')
			return 2;
		flags = MNT_DETACH;
	}
	if (optind == argc)
		errx(2, "usage: umount [-l] dir...");
	for (int i = optind; i < argc; i++) {
		if (umount2(argv[i], flags)) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
