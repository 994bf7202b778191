// SPDX-License-Identifier: MIT
/*
 * arena_workload sort|kv MEGABYTES - two programs that need more memory than there is.
 *
 * sort  a file of random numbers is mapped, sorted where it stands, and found to be in order
 * kv    a table of records of 256 bytes is asked for keys, a few of them much and many little, and
 *       every fifth answer is written back
 *
 * Then what reclaim did meanwhile, from /proc/vmstat and /proc/faultline/reclaim:
 *   workload WHAT scanned N reclaimed N swapins N majfaults N policy_instructions N
 * What is drawn is the same each time.  Status 1: an answer was wrong.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_NAME	"/workload.data"
#define VMSTAT		"/proc/vmstat"
#define KV_OPERATIONS	60000
#define MAX_LINE	128

static uint64_t state = 88172645463325252;

static uint64_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static void *or_die(void *p, const char *what)
{
	if (p && p != MAP_FAILED)
		return p;
	perror(what);
	exit(1);
}

/* --- sort --- */

static void make_file(size_t count)
{
	FILE *out = or_die(fopen(FILE_NAME, "w"), FILE_NAME);

	while (count--) {
		uint64_t n = draw();

		fwrite(&n, sizeof(n), 1, out);
	}
	if (fclose(out))
		or_die(NULL, FILE_NAME);
}

static void swap_numbers(uint64_t *a, uint64_t *b)
{
	uint64_t n = *a;

	*a = *b;
	*b = n;
}

/* Quicksort with the middle as pivot: it goes over its part from both ends. */
static void sort(uint64_t *first, uint64_t *last)
{
	while (first < last) {
		uint64_t *low = first, *high = last, pivot = first[(last - first) / 2];

		while (low <= high) {
			while (*low < pivot)
				low++;
			while (*high > pivot)
				high--;
			if (low <= high)
				swap_numbers(low++, high--);
		}
		sort(first, high);
		first = low;
	}
}

static int run_sort(size_t megabytes)
{
	size_t size = megabytes << 20, count = size / sizeof(uint64_t);
	int fd, disorder = 0;
	uint64_t *numbers;

	make_file(count);
	fd = open(FILE_NAME, O_RDONLY);
	numbers = or_die(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), "mmap");
	sort(numbers, numbers + count - 1);
	for (size_t i = 1; i < count; i++)
		disorder += numbers[i - 1] > numbers[i];
	unlink(FILE_NAME);
	return disorder != 0;
}

/* --- kv --- */

struct record {
	uint64_t key, version;
	char value[240];
};

/* 0 … n-1: about one draw in two from the first 32nd, and so on within it. */
static size_t draw_key(size_t n)
{
	while (n > 32 && draw() & 1)
		n /= 32;
	return draw() % n;
}

static int run_kv(size_t megabytes)
{
	size_t count = (megabytes << 20) / sizeof(struct record), wrong = 0;
	struct record *table = or_die(malloc(count * sizeof(*table)), "malloc");

	for (size_t key = 0; key < count; key++)
		table[key] = (struct record){ .key = key };
	for (int i = 0; i < KV_OPERATIONS; i++) {
		/* Neighbours in use are no neighbours in memory. */
		size_t key = draw_key(count) * 2654435761 % count;

		wrong += table[key].key != key;
		if (i % 5 == 0)
			table[key].version++;
	}
	return wrong != 0;
}

/* --- what reclaim did --- */

/* The sum of the numbers behind the names that begin so. */
static long total(const char *path, const char *begin)
{
	FILE *in = or_die(fopen(path, "r"), path);
	char line[MAX_LINE];
	long sum = 0;

	while (fgets(line, sizeof(line), in))
		if (!strncmp(line, begin, strlen(begin)))
			sum += atol(strchr(line, ' '));
	fclose(in);
	return sum;
}

int main(int argc, char **argv)
{
	int is_sort = argc == 3 && !strcmp(argv[1], "sort"), wrong;

	if (!is_sort && (argc != 3 || strcmp(argv[1], "kv"))) {
		fputs("usage: arena_workload sort|kv MEGABYTES\n", stderr);
		return 2;
	}
	wrong = is_sort ? run_sort(atol(argv[2])) : run_kv(atol(argv[2]));
	printf("workload %s scanned %ld reclaimed %ld swapins %ld majfaults %ld "
	       "policy_instructions %ld\n", argv[1], total(VMSTAT, "pgscan_"),
	       total(VMSTAT, "pgsteal_"), total(VMSTAT, "pswpin"), total(VMSTAT, "pgmajfault"),
	       total("/proc/faultline/reclaim", "instructions"));
	return wrong;
}
