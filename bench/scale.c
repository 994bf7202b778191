// SPDX-License-Identifier: MIT
// What must not grow: faults with the number of mappings and of threads, fork with memory that
// nobody touched, munmap with the size of a hole.  Each row is to be held against another one,
// named with it in limits.txt.
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include "bench/bench.h"

#define VMAS 60000
#define THREADS 4
#define ROUNDS 500
#define REGION (1UL << 30)
#define SMALL_HOLE (4UL << 20)
#define LARGE_HOLE (1000UL << 20)

// Memory that is only addresses; no promise of frames is asked for it.
static unsigned char *reserve(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

// Every other page gets another protection, so that no two neighbours are one mapping.
// => the two areas lie at the ends, so that the mapping of one fault is never that of the next
static unsigned char *map_many(size_t area)
{
	unsigned char *p = reserve(2 * area + VMAS * PAGE, PROT_READ);

	for (size_t i = 0; p && i < VMAS; i += 2)
		if (mprotect(p + area + i * PAGE, PAGE, PROT_NONE))
			return NULL;
	if (!p || mprotect(p, area, PROT_READ | PROT_WRITE) ||
	    mprotect(p + area + VMAS * PAGE, area, PROT_READ | PROT_WRITE))
		return NULL;
	return p;
}

static void write_among_many(size_t pages)
{
	size_t area = pages / 2 * PAGE;
	struct row row = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_many(area), *q = p + area + VMAS * PAGE;
		if (!p) {
			skip("anon_write_fault_60000_vmas", "mprotect");
			return;
		}
		uint64_t t = now();
		for (size_t i = 0; i < pages / 2; i++) {
			write_pages(p + i * PAGE, 1);
			write_pages(q + i * PAGE, 1);
		}
		add(&row, (double)(now() - t) / pages);
		munmap(p, 2 * area + VMAS * PAGE);
	}
	report("anon_write_fault_60000_vmas", &row, "ns/page");
}

static pthread_barrier_t ready, start;

struct share {
	unsigned char *p;
	size_t pages;
};

static void *write_share(void *arg)
{
	struct share *share = arg;

	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&start);
	write_pages(share->p, share->pages);
	return NULL;
}

// Returns what all threads together needed from when each was ready; 0 on failure.  Nobody passes
// `start` before we do, so the clock is read before the first write.
static uint64_t write_shares(unsigned char *p, size_t pages, int threads)
{
	pthread_t thread[THREADS];
	struct share share[THREADS];
	int made = 0;

	pthread_barrier_init(&ready, NULL, threads + 1);
	pthread_barrier_init(&start, NULL, threads + 1);
	for (; made < threads; made++) {
		share[made].p = p + made * (pages / threads) * PAGE;
		share[made].pages = pages / threads;
		if (pthread_create(&thread[made], NULL, write_share, &share[made]))
			return 0;
	}
	pthread_barrier_wait(&ready);
	uint64_t t = now();
	pthread_barrier_wait(&start);
	while (made-- > 0)
		pthread_join(thread[made], NULL);
	t = now() - t;
	pthread_barrier_destroy(&ready);
	pthread_barrier_destroy(&start);
	return t;
}

static void write_by_threads(const char *name, int threads, size_t pages)
{
	struct row row = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_anon(pages * PAGE);
		uint64_t t = p ? write_shares(p, pages, threads) : 0;
		if (!t) {
			skip(name, "pthread_create");
			return;
		}
		add(&row, (double)t / pages);
		munmap(p, pages * PAGE);
	}
	report(name, &row, "ns/page");
}

// A mapping of which only the two ends were touched, when the process forks.
static void fork_beside(const char *name, size_t untouched)
{
	struct row row = { .n = 0 };
	unsigned char *p = reserve(untouched + 2 * PAGE, PROT_READ | PROT_WRITE);

	for (int n = 0; p && n < opt.reps * 3; n++) {
		write_pages(p, 1);
		write_pages(p + untouched + PAGE, 1);
		uint64_t t = now();
		if (fork_and_wait(NULL))
			break;
		add(&row, (now() - t) / 1000.);
	}
	munmap(p, untouched + 2 * PAGE);
	report(name, &row, "us");
}

// One mapping that is touched at both ends, or, with `gap`, two of a page each.
static int map_two_ends(unsigned char *p, size_t size, int gap)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

	if (mmap(p, gap ? PAGE : size, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
		return -1;
	if (gap && mmap(p + size - PAGE, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
		return -1;
	write_pages(p, 1);
	write_pages(p + size - PAGE, 1);
	return 0;
}

static void unmap_around(const char *name, unsigned char *p, size_t size, int gap)
{
	struct row row = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		uint64_t sum = 0;
		for (int i = 0; i < ROUNDS; i++) {
			if (map_two_ends(p, size, gap)) {
				skip(name, "mmap");
				return;
			}
			uint64_t t = now();
			munmap(p, size);
			sum += now() - t;
		}
		add(&row, (double)sum / ROUNDS);
	}
	report(name, &row, "ns/call");
}

// All within one naturally aligned GiB: the tables that are needed are always as many.
static void unmap_holes(void)
{
	unsigned char *p = reserve(2 * REGION, PROT_NONE);

	if (!p) {
		skip("munmap_gap", "mmap");
		return;
	}
	munmap(p, 2 * REGION);
	p = (unsigned char *)(((uintptr_t)p + REGION - 1) & ~(REGION - 1));
	unmap_around("munmap_gap_4M", p, SMALL_HOLE, 1);
	unmap_around("munmap_gap_1000M", p, LARGE_HOLE, 1);
	unmap_around("munmap_untouched_4M", p, SMALL_HOLE, 0);
	unmap_around("munmap_untouched_1000M", p, LARGE_HOLE, 0);
}

void bench_scale(void)
{
	size_t pages = (opt.mb << 20) / PAGE;

	fork_beside("fork_exit_wait_sparse_4M", SMALL_HOLE);
	fork_beside("fork_exit_wait_sparse_1000M", LARGE_HOLE);
	unmap_holes();
	write_among_many(pages);
	write_by_threads("anon_write_fault_1_thread", 1, pages);
	write_by_threads("anon_write_fault_4_threads", THREADS, pages);
}
