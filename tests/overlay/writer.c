// SPDX-License-Identifier: MIT
// writer FILE: stores to its first page by write(2) and by a mapping, and says what fsync and msync
// answer, to which of several open files; for a disk that cannot write that page.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void say(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

int main(int argc, char **argv)
{
	int a = open(argv[argc - 1], O_RDWR), b = open(argv[argc - 1], O_RDWR), c;
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0), byte = 0;

	if (a < 0 || b < 0 || p == MAP_FAILED || pwrite(a, "w", 1, 0) != 1)
		return 2;
	say("fsync a", fsync(a));
	say("fsync a again", fsync(a));
	say("fsync b", fsync(b));
	c = open(argv[argc - 1], O_RDWR);
	say("fsync of a new open", fsync(c));
	p[1] = 'm';
	say("msync", msync(p, 4096, MS_SYNC));
	say("msync again", msync(p, 4096, MS_SYNC));
	printf("mapped: %c%c, ", p[0], p[1]);
	printf("read: %s\n", pread(c, &byte, 1, 1) == 1 && byte == 'm' ? "the same" : "another");
	return 0;
}
