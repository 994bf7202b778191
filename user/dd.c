// SPDX-License-Identifier: MIT
// dd [if=F] [of=F] [bs=N] [count=N] [skip=N] [seek=N] [iflag=direct,fullblock]
// [oflag=direct,append,sync] [conv=notrunc,fsync,sync] [status=none]: copies by blocks. Numbers
// take k, M and G.
#define _GNU_SOURCE // O_DIRECT
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ALIGNMENT 4096 // of the buffer, for O_DIRECT

enum { FULL_BLOCK = 1, NO_TRUNC = 2, FSYNC = 4, PAD = 8, QUIET = 16 };

static const char *in_name, *out_name;
static size_t block = 512;
static long count = -1, skip, seek;
static int in_flags, out_flags, options;

struct totals {
	unsigned long in_full, in_part, out_full, out_part;
	unsigned long long bytes;
};

static long number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*end == 'k' || *end == 'K')
		n <<= 10, end++;
	else if (*end == 'M')
		n <<= 20, end++;
	else if (*end == 'G')
		n <<= 30, end++;
	if (*end || end == s || n < 0)
		errx(1, "%s: bad number", s);
	return n;
}

static void set_flags(char *list, int *open_flags)
{
	static const struct {
		const char *name;
		int open_flag, option;
	} known[] = {
		{ "direct", O_DIRECT, 0 },    { "append", O_APPEND, 0 },   { "dsync", O_DSYNC, 0 },
		{ "sync", O_SYNC, PAD },      { "fullblock", 0, FULL_BLOCK },
		{ "notrunc", 0, NO_TRUNC },   { "fsync", 0, FSYNC },       { "none", 0, QUIET },
	};

	for (char *f = strtok(list, ","); f; f = strtok(NULL, ",")) {
		size_t i = 0, n = sizeof(known) / sizeof(*known);
		while (i < n && strcmp(known[i].name, f))
			i++;
		// The same word, sync, is a flag of open and a conversion.
		if (i == n || !(open_flags ? known[i].open_flag | (known[i].option & FULL_BLOCK)
					   : known[i].option))
			errx(1, "%s: unknown", f);
		if (open_flags)
			*open_flags |= known[i].open_flag;
		if (!open_flags || known[i].option == FULL_BLOCK)
			options |= known[i].option;
	}
}

static void parse(char *arg)
{
	char *value = strchr(arg, '=');

	if (!value)
		errx(1, "%s: unknown", arg);
	*value++ = '\0';
	if (!strcmp(arg, "if"))
		in_name = value;
	else if (!strcmp(arg, "of"))
		out_name = value;
	else if (!strcmp(arg, "bs"))
		block = number(value);
	else if (!strcmp(arg, "count"))
		count = number(value);
	else if (!strcmp(arg, "skip"))
		skip = number(value);
	else if (!strcmp(arg, "seek"))
		seek = number(value);
	else if (!strcmp(arg, "iflag"))
		set_flags(value, &in_flags);
	else if (!strcmp(arg, "oflag"))
		set_flags(value, &out_flags);
	else if (!strcmp(arg, "conv") || !strcmp(arg, "status"))
		set_flags(value, NULL);
	else
		errx(1, "%s: unknown", arg);
}

static ssize_t read_block(int fd, char *buf)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = read(fd, buf + done, block - done);
		if (n < 0)
			return -1;
		done += n;
	} while (n > 0 && done < block && options & FULL_BLOCK);
	return done;
}

// An input that cannot be positioned is read up to the place instead.
static void skip_input(int fd, char *buf)
{
	if (skip && lseek(fd, (off_t)skip * block, SEEK_CUR) < 0)
		while (skip-- && read_block(fd, buf) > 0)
			;
}

// What lies behind the last block that is written goes, unless conv=notrunc.
static void position_output(int fd)
{
	off_t at = (off_t)seek * block;
	struct stat st;

	if (out_name && !(options & NO_TRUNC) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    !(out_flags & O_APPEND) && ftruncate(fd, at))
		err(1, "%s", out_name);
	if (seek && lseek(fd, at, SEEK_CUR) < 0)
		err(1, "%s", out_name ? out_name : "standard output");
}

// O_DIRECT takes whole sectors only: the tail of a file is written without it.
static void write_block(int fd, const char *buf, size_t n, struct totals *t)
{
	if (out_flags & O_DIRECT && n % 512)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT);
	for (size_t done = 0; done < n;) {
		ssize_t w = write(fd, buf + done, n - done);
		if (w < 0)
			return warn("%s", out_name ? out_name : "standard output");
		done += w;
		t->bytes += w;
	}
	*(n == block ? &t->out_full : &t->out_part) += 1;
}

static int copy(int in, int out, char *buf, struct totals *t)
{
	while (count < 0 || count-- > 0) {
		unsigned long long before = t->bytes;
		ssize_t n = read_block(in, buf);
		if (n < 0)
			warn("%s", in_name ? in_name : "standard input");
		if (n <= 0)
			return n < 0;
		*((size_t)n == block ? &t->in_full : &t->in_part) += 1;
		if (options & PAD) {
			memset(buf + n, 0, block - n);
			n = block;
		}
		write_block(out, buf, n, t);
		if (t->bytes != before + n)
			return 1;
	}
	return 0;
}

static void report(const struct totals *t, struct timespec start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	double s = now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9;
	fprintf(stderr, "%lu+%lu records in\n%lu+%lu records out\n", t->in_full, t->in_part,
		t->out_full, t->out_part);
	fprintf(stderr, "%llu bytes copied, %.6f s, %.1f MB/s\n", t->bytes, s,
		s > 0 ? t->bytes / s / 1e6 : 0.0);
}

int main(int argc, char **argv)
{
	struct totals totals = { 0 };
	struct timespec start;
	int in = 0, out = 1;
	void *buf;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	if (block == 0 || posix_memalign(&buf, ALIGNMENT, block))
		errx(1, "bs=%zu: bad block size", block);
	if (in_name && (in = open(in_name, O_RDONLY | in_flags)) < 0)
		err(1, "%s", in_name);
	if (out_name && (out = open(out_name, O_WRONLY | O_CREAT | out_flags, 0666)) < 0)
		err(1, "%s", out_name);
	clock_gettime(CLOCK_MONOTONIC, &start);
	skip_input(in, buf);
	position_output(out);
	int failed = copy(in, out, buf, &totals);
	if (options & FSYNC && fsync(out)) {
		warn("%s", out_name ? out_name : "standard output");
		failed = 1;
	}
	if (!(options & QUIET))
		report(&totals, start);
	return failed;
}
