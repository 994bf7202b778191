// SPDX-License-Identifier: MIT
// dmesg: prints the kernel's messages.
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>

enum { READ_ALL = 3, SIZE_BUFFER = 10 }; // syslog(2)

// A record begins with its level in angle brackets, which is not for the eye.
static void print_lines(const char *text, int n)
{
	int start = 1, level = 0;

	for (int i = 0; i < n; i++) {
		if (start && text[i] == '<')
			level = 1;
		if (!level)
			putchar(text[i]);
		if (text[i] == '>')
			level = 0;
		start = text[i] == '\n';
	}
}

int main(void)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0);

	if (size < 0)
		err(1, "syslog");
	char *text = malloc(size);
	if (!text)
		err(1, NULL);
	int n = klogctl(READ_ALL, text, size);
	if (n < 0)
		err(1, "syslog");
	print_lines(text, n);
	return 0;
}
