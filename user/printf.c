// SPDX-License-Identifier: MIT
// printf FORMAT [ARG...]: prints by a format with %s %b %c %d %i %u %o %x %X %% and escapes; the
// format is used again while arguments are left.
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **args; // those that are left, up to a NULL
static int failed;

static int octal(const char **s, int most)
{
	int c = 0;

	for (; most-- && **s >= '0' && **s <= '7'; ++*s)
		c = c * 8 + **s - '0';
	return c;
}

// => after a backslash. Octal escapes are \ddd in a format and \0ddd in an argument of %b.
static void print_escape(const char **s, int in_argument)
{
	static const char names[] = "abfnrtv\\\"", codes[] = "\a\b\f\n\r\t\v\\\"";
	const char *known = **s ? strchr(names, **s) : NULL;

	if (known) {
		putchar(codes[known - names]);
		++*s;
	} else if (**s >= '0' && **s <= '7') {
		putchar(octal(s, in_argument && **s == '0' ? 4 : 3));
	} else if (**s == 'c' && in_argument) {
		exit(fflush(stdout) ? 1 : 0);
	} else {
		putchar('\\');
	}
}

static void print_escaped(const char *s)
{
	while (*s) {
		if (*s != '\\') {
			putchar(*s++);
			continue;
		}
		s++;
		print_escape(&s, 1);
	}
}

static const char *next_argument(void)
{
	return *args ? *args++ : "";
}

// 'c is the character's number, as POSIX has it.
static long long next_number(void)
{
	const char *s = next_argument();
	char *end;

	if (*s == '\'' || *s == '"')
		return (unsigned char)s[1];
	long long n = strtoll(s, &end, 0);
	if (*end) {
		warnx("%s: bad number", s);
		failed = 1;
	}
	return n;
}

// => after a `%`. Returns what follows the conversion.
static const char *convert(const char *s)
{
	char spec[32] = "%";
	size_t n = strspn(s, "-+ 0#123456789.");

	if (n > sizeof(spec) - 5)
		errx(1, "format is too long");
	memcpy(spec + 1, s, n);
	s += n;
	if (*s == '%') {
		putchar('%');
	} else if (*s == 's') {
		strcat(spec, "s");
		printf(spec, next_argument());
	} else if (*s == 'c') {
		const char *text = next_argument();
		if (*text)
			putchar(*text);
	} else if (*s == 'b') {
		print_escaped(next_argument());
	} else if (*s && strchr("diouxX", *s)) {
		strcat(spec, "ll");
		strncat(spec, s, 1);
		printf(spec, next_number());
	} else {
		errx(1, "%%%c: unknown conversion", *s);
	}
	return s + 1;
}

static void print_format(const char *s)
{
	while (*s) {
		char c = *s++;
		if (c == '\\')
			print_escape(&s, 0);
		else if (c == '%')
			s = convert(s);
		else
			putchar(c);
	}
}

int main(int argc, char **argv)
{
	char **before;

	if (argc < 2)
		errx(1, "usage: printf format [argument...]");
	args = argv + 2;
	do {
		before = args;
		print_format(argv[1]);
	} while (*args && args != before);
	if (fflush(stdout))
		err(1, "standard output");
	return failed;
}
