// SPDX-License-Identifier: MIT
// Rows, clocks and small files: what every group of measurements uses.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

static char output[65536];
static size_t output_len;
static volatile unsigned char sink;

void out(const char *format, ...)
{
	size_t room = sizeof(output) - output_len;
	va_list args;

	va_start(args, format);
	int n = vsnprintf(output + output_len, room, format, args);
	va_end(args);
	if (n > 0)
		output_len += (size_t)n < room ? (size_t)n : room - 1;
}

void flush_output(void)
{
	for (size_t done = 0; done < output_len;) {
		ssize_t n = write(1, output + done, output_len - done);
		if (n <= 0)
			break;
		done += n;
	}
	output_len = 0;
	tcdrain(1);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print_samples(const char *name, const struct row *row)
{
	out("#raw %s", name);
	for (int i = 0; i < row->n; i++)
		out(" %.2f", row->v[i]);
	out("\n");
}

void report(const char *name, struct row *row, const char *unit)
{
	int n = row->n;

	if (n == 0) {
		out("%s skipped -\n", name);
		return;
	}
	if (opt.raw)
		print_samples(name, row);
	qsort(row->v, n, sizeof(row->v[0]), compare);
	double median = n & 1 ? row->v[n / 2] : (row->v[n / 2 - 1] + row->v[n / 2]) / 2;
	out("%-30s %10.1f %-9s [%.1f .. %.1f n=%d]\n", name, median, unit, row->v[0],
	    row->v[n - 1], n);
}

void skip(const char *name, const char *why)
{
	out("%-30s skipped - (%s: %s)\n", name, why, strerror(errno));
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		return 0;
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t cpu_self(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

// A pid's CPU clock: its complement above three bits, which say "all threads, scheduler's clock".
uint64_t cpu_of(pid_t pid)
{
	return pid > 0 ? clock_ns((clockid_t)((~(unsigned int)pid << 3) | 2)) : 0;
}

unsigned char *map_anon(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void read_pages(unsigned char *p, size_t pages)
{
	unsigned char sum = 0;

	for (size_t i = 0; i < pages; i++)
		sum += ((volatile unsigned char *)p)[i * PAGE];
	sink = sum;
}

int read_file(const char *name, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd = open(name, O_RDONLY);

	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	buf[len] = '\0';
	close(fd);
	return (int)len;
}

int write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

long proc_field(const char *file, const char *key)
{
	static char buf[16384];
	size_t len = strlen(key);

	if (read_file(file, buf, sizeof(buf)) < 0)
		return -1;
	for (char *p = buf; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, key, len) && (p[len] == ' ' || p[len] == ':'))
			return strtol(p + len + 1, NULL, 10);
	return -1;
}

long free_kb(void)
{
	struct sysinfo info;
	long kb = proc_field("/proc/meminfo", "MemFree");

	if (kb >= 0)
		return kb;
	if (sysinfo(&info))
		return -1;
	return (long)(info.freeram * (info.mem_unit ? info.mem_unit : 1) / 1024);
}
