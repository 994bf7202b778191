// SPDX-License-Identifier: MIT
// bench: what page faults, fork, file mappings and swap cost, measured from user space with plain
// Linux calls. The same static binary runs here and on Linux, as init or as an ordinary program;
// what is missing (/proc, a knob, a device) makes single rows "skipped".  The rows' names are those
// of linux-6.1.txt.
//
// A row:  name value unit [min .. max n=samples]
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096UL
#define MAX_REPS 20
#define MAX_SAMPLES 64

struct options {
	size_t mb;         // size of the basic group's mappings, MiB
	size_t cow;        // pages that fork's rows touch
	int reps;          // samples a row
	int raw;           // print every sample too
	size_t swapmb;     // buffer of the swap group, MiB; 0: twice what is free
	const char *modes; // of the swap group, see swap.c
	const char *swapdev;
	const char *file;  // 16 MiB, read
	const char *wfile; // 16 MiB, written
	const char *bin;   // where true.tiny and true.glibc are
	char tmp[64];      // a file on tmpfs
};

extern struct options opt;

// The samples of one row.
struct row {
	double v[MAX_SAMPLES];
	int n;
};

static inline void add(struct row *r, double sample)
{
	if (r->n < MAX_SAMPLES)
		r->v[r->n++] = sample;
}

// Touches one byte in each of `pages` pages.
static inline void write_pages(unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile unsigned char *)p)[i * PAGE] = 1;
}

void read_pages(unsigned char *p, size_t pages);

// Output is kept back until flush_output(): a UART that drains would disturb the next row.
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));
void flush_output(void);
void report(const char *name, struct row *row, const char *unit); // the median; sorts the samples
void skip(const char *name, const char *why);                     // with errno

uint64_t now(void);           // CLOCK_MONOTONIC, ns
uint64_t cpu_self(void);      // CPU time of this process, ns
uint64_t cpu_of(pid_t pid);   // of another one; 0 if unknown
unsigned char *map_anon(size_t size); // NULL if there is no memory

// A small file as a string; -1 if it cannot be read.
int read_file(const char *name, char *buf, size_t size);
int write_file(const char *name, const char *text);
long proc_field(const char *file, const char *key); // the number behind `key`; -1 if there is none
long free_kb(void);

// Opens a file of at least `size` bytes, made now if need be; -1 on failure.
int open_filled(const char *name, size_t size);
int read_through(int fd, size_t size); // into the page cache; 0 on failure

int fork_and_wait(uint64_t *fork_ns); // a child that only exits

void bench_basic(void);
void bench_fork(void);
void bench_file(void);
void bench_scale(void);
void bench_swap(void);
void bench_loop(const char *what); // endless, for a profiler

#endif
