// SPDX-License-Identifier: MIT
// cat [file...]: copies files ("-": standard input) to standard output.
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int copy(int fd, const char *name)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(1, buf + done, n - done)) < 0)
				err(1, "standard output");
	if (n < 0)
		warn("%s", name);
	return n < 0;
}

static int cat(const char *name)
{
	if (!strcmp(name, "-"))
		return copy(0, "standard input");
	int fd = open(name, O_RDONLY);
	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	int failed = copy(fd, name);
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = argc < 2 ? cat("-") : 0;

	for (int i = 1; i < argc; i++)
		failed |= cat(argv[i]);
	return failed;
}
