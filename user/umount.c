// SPDX-License-Identifier: MIT
// umount DIR...: takes file systems out of the tree.
#include <err.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		errx(2, "usage: umount dir...");
	for (int i = 1; i < argc; i++) {
		if (umount(argv[i])) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
