// SPDX-License-Identifier: MIT
/*
 * leak.c - what a test left behind in the kernel
 *
 * /proc/faultline/leak counts objects, one "name count" line each. A test whose processes are
 * gone must leave every count as it was. Some objects are freed after the last wait() returns
 * (an orphan by init, a stack by the scheduler), so the comparison settles for a bounded time.
 */
#include "user/usertests/harness.h"

#define LEAK_FILE	"/proc/faultline/leak"
#define TRACE_EVENTS_FILE "/proc/faultline/trace_events"
#define MM_CHECK_FILE	"/proc/sys/vm/mm_check"
#define SETTLE_ROUNDS	1000
#define SETTLE_STEP	(10 * MS)

// What the kernel keeps once it has it is not left behind by a test: the trace rings.
static void have_trace_rings(void)
{
	static bool done;
	char events[128];
	int fd;

	if (done)
		return;
	done = true;
	slurp(TRACE_EVENTS_FILE, events, sizeof(events));
	fd = open(TRACE_EVENTS_FILE, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "task", 4) < 0 || write(fd, "none", 4) < 0 ||
	    write(fd, events, strlen(events)) < 0)
		printf("# leak: %s cannot be written: %s\n", TRACE_EVENTS_FILE, errno_name(errno));
	close(fd);
}

// The harness's own private pages, in memory or out, and page tables: now and then it touches one
// more of its stack, or returns from its first signal by way of the vDSO.
static long own_pages(void)
{
	return (proc_field("/proc/self/status", "RssAnon") +
		proc_field("/proc/self/status", "VmSwap") +
		proc_field("/proc/self/status", "VmPTE")) / 4;
}

static void read_file(struct leak_count *counts)
{
	FILE *file = fopen(LEAK_FILE, "re");

	counts->rows = 0;
	if (!file)
		return;
	have_trace_rings();
	while (counts->rows < LEAK_ROWS && fscanf(file, "%31s %ld", counts->row[counts->rows].name,
						  &counts->row[counts->rows].value) == 2)
		counts->rows++;
	fclose(file);
}

static void read_counts(struct leak_count *counts)
{
	long own;

	do {		// until looking has not touched a page of the harness's that was not there
		own = own_pages();
		read_file(counts);
	} while (own_pages() != own);
	for (int i = 0; i < counts->rows; i++)
		if (!strcmp(counts->row[i].name, "free_folios"))
			counts->row[i].value += own;
}

// What is still on its way to or from a disk is nobody's after a test, and would count before it.
static bool disks_are_busy(const struct leak_count *counts)
{
	bool busy = false;

	for (int i = 0; i < counts->rows; i++)
		if (!strcmp(counts->row[i].name, "bios") ||
		    !strcmp(counts->row[i].name, "block_requests"))
			busy |= counts->row[i].value;
	return busy;
}

void leak_read(struct leak_count *counts)
{
	read_counts(counts);
	for (int i = 0; i < SETTLE_ROUNDS && disks_are_busy(counts); i++) {
		nap(SETTLE_STEP);
		read_counts(counts);
	}
}

static bool same(const struct leak_count *a, const struct leak_count *b)
{
	bool equal = a->rows == b->rows;

	for (int i = 0; equal && i < a->rows; i++)
		equal = a->row[i].value == b->row[i].value;
	return equal;
}

bool leak_check(const struct leak_count *before)
{
	struct leak_count after;

	read_counts(&after);
	for (int i = 0; i < SETTLE_ROUNDS && !same(before, &after); i++) {
		nap(SETTLE_STEP);
		read_counts(&after);
	}
	if (same(before, &after))
		return true;
	if (before->rows != after.rows)
		printf("# leak check: %d counters before, %d after\n", before->rows, after.rows);
	for (int i = 0; i < before->rows && i < after.rows; i++)
		if (before->row[i].value != after.row[i].value)
			printf("# leak: %s was %ld, is %ld\n", before->row[i].name,
			       before->row[i].value, after.row[i].value);
	return false;
}

bool mm_check(void)
{
	int fd = open(MM_CHECK_FILE, O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return true;
	good = write(fd, "1", 1) == 1;
	if (!good)
		printf("# mm_check: %s; the kernel's log names the invariant\n",
		       errno_name(errno));
	close(fd);
	return good;
}

void check_kernel(void)
{
	if (!mm_check())
		fail(HERE("mm_check"), "an invariant of the kernel is broken");
}
