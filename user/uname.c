// SPDX-License-Identifier: MIT
// uname [-asnrvm]: name, host, release, version and machine of the kernel.
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct utsname u;
	int opt, wanted = 0;

	if (uname(&u))
		err(1, "uname");
	const char *const values[] = { u.sysname, u.nodename, u.release, u.version, u.machine };
	while ((opt = getopt(argc, argv, "asnrvm")) != -1) {
		if (opt == '?')
			return 2;
		wanted |= opt == 'a' ? 31 : 1 << (strchr(letters, opt) - letters);
	}
	if (!wanted)
		wanted = 1;
	for (int i = 0; i < 5; i++)
		if (wanted & 1 << i)
			printf("%s%c", values[i], wanted >> (i + 1) ? ' ' : '\n');
	return 0;
}
