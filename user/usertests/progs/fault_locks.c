// SPDX-License-Identifier: MIT
/*
 * fault_locks - which locks the first stores of four threads take, by /proc/lock_stat
 *
 * For the debug kernel on four harts; `make test` runs it in its job "boot".  Four threads of one
 * process, each on a hart of its own, store into areas of their own.  What they may not do:
 *   - wait for page-table locks, the buddy allocator's, or those of a hart's own things, more often
 *     than one time in twenty
 *   - take mmap_lock for writing
 *   - take any other lock that all share, but once a batch of pages
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096UL

enum { THREADS = 4, PAGES = 8192, FAULTS = THREADS * PAGES, BATCH = 15 };

struct counts {
	char class[32];
	unsigned long shared, shared_waited, exclusive, exclusive_waited;
};

static char *area;
static pthread_barrier_t begin, end;
static int failures;

// Not of a fault, but of the clock that ticks meanwhile, and of this program's own waiting.
static const char *const others[] = { "TIMER", "RUNQUEUE", "WAIT", "FUTEX", "SIGHAND", NULL };
// One for each table, and one for each hart.
static const char *const not_of_all[] = { "PTE", "NURSERY", NULL };

static void *store_into_own_area(void *number)
{
	long me = (long)number;
	cpu_set_t hart;

	CPU_ZERO(&hart);
	CPU_SET(me, &hart);
	if (sched_setaffinity(0, sizeof(hart), &hart) < 0)
		err(2, "hart %ld", me);
	pthread_barrier_wait(&begin);
	for (long i = 0; i < PAGES; i++)
		((volatile char *)area)[(me * PAGES + i) * PAGE] = 1;
	pthread_barrier_wait(&end);
	return NULL;
}

static void reset_counts(int fd)
{
	if (write(fd, "0", 1) != 1)
		err(2, "/proc/lock_stat");
}

static void expect(int holds, const struct counts *c, const char *what)
{
	if (holds)
		return;
	printf("FAILED: %s: %s\n", c->class, what);
	failures++;
}

static int is_one_of(const char *const *list, const char *class)
{
	for (; *list; list++)
		if (strcmp(class, *list) == 0)
			return 1;
	return 0;
}

static void judge(const struct counts *c)
{
	unsigned long waited = c->shared_waited + c->exclusive_waited;
	unsigned long all = c->shared + c->exclusive;

	if (strcmp(c->class, "MMAP") == 0) {
		expect(c->shared >= FAULTS, c, "not counted");
		expect(c->exclusive == 0, c, "taken for writing");
		return;
	}
	if (is_one_of(others, c->class))
		return;
	if (strcmp(c->class, "PTE") == 0)
		expect(all >= FAULTS, c, "not counted");
	if (!is_one_of(not_of_all, c->class))
		expect(all <= FAULTS / BATCH, c, "taken more often than once a batch");
	if (is_one_of(not_of_all, c->class))
		expect(waited * 20 < all, c, "waited for in 5 % or more");
	// All wait for a hart whose emulator lies still while it has this one.
	if (strcmp(c->class, "BUDDY") == 0)
		expect(waited * 4 < all, c, "waited for in 25 % or more");
}

// Starts the threads, lets them store at once, and gives what /proc/lock_stat says then.
static void run(int fd, char *text, size_t size)
{
	pthread_t threads[THREADS];
	ssize_t length;

	pthread_barrier_init(&begin, NULL, THREADS + 1);
	pthread_barrier_init(&end, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, store_into_own_area, (void *)i))
			errx(2, "pthread_create");
	reset_counts(fd);
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
	length = pread(fd, text, size - 1, 0);
	if (length <= 0)
		err(2, "/proc/lock_stat");
	text[length] = 0;
}

int main(void)
{
	int fd = open("/proc/lock_stat", O_RDWR);
	static char text[8192];

	if (fd < 0)
		err(2, "/proc/lock_stat (it takes the debug kernel)");
	area = mmap(NULL, FAULTS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (area == MAP_FAILED)
		err(2, "MMAP");
	memset(text, 0, sizeof(text));	// here, not while it counts
	run(fd, text, sizeof(text));
	fputs(text, stdout);
	for (char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n')) {
		struct counts c;

		if (sscanf(line, " %31s %lu %lu %lu %lu", c.class, &c.shared, &c.shared_waited,
			   &c.exclusive, &c.exclusive_waited) == 5)
			judge(&c);
	}
	printf("fault_locks: %s\n", failures ? "failed" : "ok");
	return failures != 0;
}
