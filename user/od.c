// SPDX-License-Identifier: MIT
// od [-b | -c | -x | -t x1|x2|x4|x8|o1|o2|u1|d1|c][z] [-A x|d|o|n] [-j SKIP] [-N COUNT] [file]:
// prints bytes as numbers, 16 a line. A `z` after the type adds the text. Lines that repeat are
// printed as one `*`; -v prints them.
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW 16

static char kind = 'o';
static size_t width = 2;
static int text, verbose;
static char address_base = 'o';

static void print_address(unsigned long long at)
{
	if (address_base == 'x')
		printf("%06llx", at);
	else if (address_base == 'd')
		printf("%07llu", at);
	else if (address_base == 'o')
		printf("%07llo", at);
}

static void print_char(unsigned char c)
{
	static const char names[] = "0abtnvfr", codes[] = "\0\a\b\t\n\v\f\r";
	const char *known = memchr(codes, c, sizeof(codes) - 1);

	if (known)
		printf("  \\%c", names[known - codes]);
	else if (isprint(c))
		printf("   %c", c);
	else
		printf(" %03o", c);
}

// Digits that the largest value of the width needs.
static int digits(void)
{
	static const int octal[] = { [1] = 3, [2] = 6, [4] = 11, [8] = 22 };
	static const int decimal[] = { [1] = 3, [2] = 5, [4] = 10, [8] = 20 };

	if (kind == 'x')
		return 2 * width;
	return kind == 'o' ? octal[width] : decimal[width] + (kind == 'd');
}

static void print_unit(const unsigned char *p)
{
	unsigned long long value = 0;

	if (kind == 'c') {
		print_char(*p);
		return;
	}
	for (size_t i = width; i-- > 0;)
		value = value << 8 | p[i];
	int unused = 64 - 8 * width; // bits, for the sign
	switch (kind) {
	case 'd': printf(" %*lld", digits(), (long long)(value << unused) >> unused); break;
	case 'x': printf(" %0*llx", digits(), value); break;
	case 'o': printf(" %0*llo", digits(), value); break;
	default: printf(" %*llu", digits(), value);
	}
}

static void print_text(const unsigned char *p, size_t n)
{
	size_t cell = kind == 'c' ? 4 : digits() + 1;
	size_t missing = ROW / width - (n + width - 1) / width;

	printf("%*s  >", (int)(missing * cell), "");
	for (size_t i = 0; i < n; i++)
		putchar(isprint(p[i]) ? p[i] : '.');
	putchar('<');
}

static void dump(FILE *f, unsigned long long at, unsigned long long left)
{
	unsigned char row[ROW], before[ROW];
	int repeated = 0, first = 1;
	size_t n;

	while ((n = fread(row, 1, left < ROW ? left : ROW, f)) > 0) {
		memset(row + n, 0, ROW - n);
		if (!first && !verbose && n == ROW && !memcmp(row, before, ROW)) {
			if (!repeated++)
				puts("*");
		} else {
			repeated = 0;
			print_address(at);
			for (size_t i = 0; i < n; i += width)
				print_unit(row + i);
			if (text)
				print_text(row, n);
			putchar('\n');
		}
		memcpy(before, row, ROW);
		first = 0;
		at += n;
		left -= n;
	}
	print_address(at);
	if (address_base != 'n')
		putchar('\n');
}

static void set_type(const char *s)
{
	static const char sizes[] = "CSIL"; // 1, 2, 4, 8

	kind = *s++;
	width = kind == 'c' || kind == 'a' ? 1 : 4;
	if (isdigit((unsigned char)*s))
		width = *s++ - '0';
	else if (*s && strchr(sizes, *s))
		width = 1u << (strchr(sizes, *s++) - sizes);
	text = *s == 'z';
	if (!kind || !strchr("xoudc", kind) || !strchr("\1\2\4\10", (int)width) || !width ||
	    (kind == 'c' && width > 1) || s[text])
		errx(2, "unknown type");
}

static unsigned long long number(const char *s)
{
	char *end;
	unsigned long long n = strtoull(s, &end, 0);

	if (*end || end == s)
		errx(2, "%s: bad number", s);
	return n;
}

static void skip_bytes(FILE *f, unsigned long long n)
{
	if (fseeko(f, n, SEEK_CUR) == 0)
		return;
	while (n-- && getc(f) != EOF)
		;
}

int main(int argc, char **argv)
{
	unsigned long long skip = 0, count = -1ULL;
	FILE *f = stdin;
	int opt;

	while ((opt = getopt(argc, argv, "bcxt:A:j:N:v")) != -1) {
		switch (opt) {
		case 'b': set_type("o1"); break;
		case 'c': set_type("c"); break;
		case 'x': set_type("x2"); break;
		case 't': set_type(optarg); break;
		case 'A': address_base = *optarg; break;
		case 'j': skip = number(optarg); break;
		case 'N': count = number(optarg); break;
		case 'v': verbose = 1; break;
		default: return 2;
		}
	}
	if (optind < argc && !(f = fopen(argv[optind], "r")))
		err(1, "%s", argv[optind]);
	skip_bytes(f, skip);
	dump(f, skip, count);
	if (ferror(f))
		err(1, "%s", optind < argc ? argv[optind] : "standard input");
	if (fflush(stdout))
		err(1, "standard output");
	return 0;
}
