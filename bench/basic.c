// SPDX-License-Identifier: MIT
// System calls and private anonymous memory, by one process alone.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

#define CALLS 20000
#define TRIPS 2000

static void null_syscall(void)
{
	struct row row = { .n = 0 };

	syscall(SYS_getppid);
	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = now();
		for (int i = 0; i < CALLS; i++)
			syscall(SYS_getppid);
		add(&row, (double)(now() - t) / CALLS);
	}
	report("null_syscall", &row, "ns");
}

static void read_clock(void)
{
	struct row row = { .n = 0 };
	struct timespec ts;

	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = now();
		for (int i = 0; i < CALLS; i++)
			clock_gettime(CLOCK_MONOTONIC, &ts);
		add(&row, (double)(now() - t) / CALLS);
	}
	report("clock_gettime", &row, "ns");
}

static void anon_write(size_t size, size_t pages)
{
	struct row fault = { .n = 0 }, unmap = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_anon(size);
		if (!p) {
			skip("anon_write_fault", "mmap");
			return;
		}
		uint64_t t = now();
		write_pages(p, pages);
		uint64_t touched = now();
		munmap(p, size);
		uint64_t gone = now();
		add(&fault, (double)(touched - t) / pages);
		add(&unmap, (double)(gone - touched) / pages);
	}
	report("anon_write_fault", &fault, "ns/page");
	report("anon_munmap_touched", &unmap, "ns/page");
}

// What the loop itself costs, to be taken off the rows above and below.
static void touch_again(size_t size, size_t pages)
{
	struct row row = { .n = 0 };
	unsigned char *p = map_anon(size);

	if (!p)
		return;
	write_pages(p, pages);
	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = now();
		write_pages(p, pages);
		add(&row, (double)(now() - t) / pages);
	}
	munmap(p, size);
	report("touch_loop_no_fault", &row, "ns/page");
}

static void read_then_write(unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		volatile unsigned char *q = p + i * PAGE;
		unsigned char s = *q;
		*q = s + 1;
	}
}

static void anon_read(size_t size, size_t pages)
{
	struct row reads = { .n = 0 }, writes = { .n = 0 }, both = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_anon(size);
		if (!p)
			break;
		uint64_t t = now();
		read_pages(p, pages);
		uint64_t t1 = now();
		write_pages(p, pages);
		uint64_t t2 = now();
		munmap(p, size);
		add(&reads, (double)(t1 - t) / pages);
		add(&writes, (double)(t2 - t1) / pages);
		p = map_anon(size);
		if (!p)
			break;
		t = now();
		read_then_write(p, pages);
		add(&both, (double)(now() - t) / pages);
		munmap(p, size);
	}
	report("anon_read_fault_zeropage", &reads, "ns/page");
	report("anon_write_after_read", &writes, "ns/page");
	report("anon_read_then_write", &both, "ns/page");
}

static void map_one_page(void)
{
	struct row pair = { .n = 0 }, trip = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = now();
		for (int i = 0; i < TRIPS; i++)
			munmap(map_anon(PAGE), PAGE);
		uint64_t t1 = now();
		for (int i = 0; i < TRIPS; i++) {
			unsigned char *p = map_anon(PAGE);
			*(volatile unsigned char *)p = 1;
			munmap(p, PAGE);
		}
		uint64_t t2 = now();
		add(&pair, (double)(t1 - t) / TRIPS);
		add(&trip, (double)(t2 - t1) / TRIPS);
	}
	report("mmap_munmap_1page", &pair, "ns/pair");
	report("mmap_touch_munmap_1page", &trip, "ns/trip");
}

static void protect_one_page(void)
{
	struct row call = { .n = 0 }, trip = { .n = 0 };
	unsigned char *p = map_anon(PAGE);

	*p = 1;
	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = now();
		for (int i = 0; i < TRIPS; i++) {
			mprotect(p, PAGE, PROT_READ);
			mprotect(p, PAGE, PROT_READ | PROT_WRITE);
		}
		uint64_t t1 = now();
		for (int i = 0; i < TRIPS; i++) {
			mprotect(p, PAGE, PROT_READ);
			mprotect(p, PAGE, PROT_READ | PROT_WRITE);
			*(volatile unsigned char *)p = 2;
		}
		uint64_t t2 = now();
		add(&call, (double)(t1 - t) / (2 * TRIPS));
		add(&trip, (double)(t2 - t1) / TRIPS);
	}
	munmap(p, PAGE);
	report("mprotect_flip_1page", &call, "ns/call");
	report("mprotect_R_RW_write", &trip, "ns/trip");
}

void bench_basic(void)
{
	size_t size = opt.mb << 20, pages = size / PAGE;

	null_syscall();
	read_clock();
	anon_write(size, pages);
	touch_again(size, pages);
	anon_read(size, pages);
	map_one_page();
	protect_one_page();
}
