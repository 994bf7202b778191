// SPDX-License-Identifier: MIT
/*
 * Who keeps an invariant registers the check of it; the page cache's and the allocators' are called
 * from here, since they are below.
 *
 * The leak snapshot first brings the system to the state that depends on nothing but what is in
 * use: written back, caches dropped, harts' lists drained.  What is left in the page cache (mapped,
 * or of who reads this) counts as free, and so do slab frames, whose number depends on how the
 * objects lie.  Pages of shmem do not: they are the content of a file that somebody left behind.
 */
#include "mm/check.h"

#include "fs/file.h"
#include "kernel/mutex.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/spinlock.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/swapfile.h"
#include "mm/vmalloc.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/workingset.h"

/* Both only ever grow, at boot. */
static LIST_HEAD(checkers);
static LIST_HEAD(leak_counters);
static DEFINE_SPINLOCK(check_lock, RANK_RECLAIM);
static atomic_long_t device_frames;

static DEFINE_MUTEX(check_mutex, RANK_CHECK);	/* one mm_check() at a time */
/* The last one: a checker that was disturbed looks again, and finds better.  check_mutex. */
static struct {
	const char *invariant;
	char what[128];
} finding;

void register_mm_checker(struct mm_checker *checker)
{
	spin_lock(&check_lock);
	list_add_tail(&checker->list, &checkers);
	spin_unlock(&check_lock);
}

void register_leak_counter(struct leak_counter *counter)
{
	spin_lock(&check_lock);
	list_add_tail(&counter->list, &leak_counters);
	spin_unlock(&check_lock);
}

void leak_except_frame(void)
{
	atomic_long_add(1, &device_frames);
}

int mm_check_failed(const char *invariant, const char *fmt, ...)
{
	va_list args;

	finding.invariant = invariant;
	va_start(args, fmt);
	vscnprintf(finding.what, sizeof(finding.what), fmt, args);
	va_end(args);
	return -EIO;
}

static int run_checks(void)
{
	struct mm_checker *checker;
	int error = check_page_alloc();

	if (!error)
		error = check_slab();
	list_for_each_entry(checker, &checkers, list) {
		if (error)
			break;
		error = checker->check();
	}
	return error;
}

int mm_check(void)
{
	int error;

	mutex_lock(&check_mutex);
	error = run_checks();
	if (error)
		pr_err("mm_check: %s broken: %s", finding.invariant, finding.what);
	mutex_unlock(&check_mutex);
	return error;
}

static void settle(void)
{
	wait_for_dying_tasks();
	ksys_sync();
	drop_pagecache();
	drop_shadows();
	drop_slab();
	drop_swapcache();
	/* Folios that a freed inode or buffer held on to. */
	drop_pagecache();
	slab_shrink();
	drain_all_pages();
}

/*
 * Objects in use, less the page cache's own bookkeeping, which depends on which pages happen to be
 * there.
 */
static unsigned long leakable_slab_objects(void)
{
	unsigned long objects = 0;
	struct slabinfo info;

	for (int pos = 0; slabinfo_next(&pos, &info);)
		if (strcmp(info.name, "xa_node") && strcmp(info.name, "buffer_head"))
			objects += info.active_objs;
	return objects;
}

size_t leak_snapshot(char *buf, size_t size)
{
	struct leak_counter *counter;
	unsigned long free, lazy;
	size_t n;

	settle();
	lazy = nr_lazy_mms();
	free = nr_free_pages() + vm_state(NR_FILE_PAGES) - vm_state(NR_SHMEM) +
	       vm_state(NR_SLAB_UNRECLAIMABLE) + vmalloc_retained() + lazy +
	       atomic_long_read(&device_frames);
	/* What is out is in use, and what the swap cache has is no file's. */
	free -= total_swap_pages() - get_nr_swap_pages();
	n = scnprintf(buf, size, "free_folios %lu\nslab_objects %lu\n", free,
		      leakable_slab_objects() - lazy);
	list_for_each_entry(counter, &leak_counters, list)
		n += scnprintf(buf + n, size - n, "%s %lu\n", counter->name, counter->count());
	return n;
}
