// SPDX-License-Identifier: MIT
// delays.c - /proc/PID/delays: how often and how long a process waited for its pages from swap
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include "user/usertests/threads.h"

#define PAGES	64

struct delays {
	long count, ns;
};

static struct delays delays(const char *path)
{
	struct delays d;
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	CHECK_EQ(fscanf(f, "swapin %ld %ld\n", &d.count, &d.ns), 2);
	CHECK_EQ(fgetc(f), EOF);
	fclose(f);
	return d;
}

// Pages of private or shared memory that are on the disk alone.
static char *on_disk(int flags)
{
	char *p = mmap(NULL, PAGES * PAGE, RW, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	need_swap(8 * PAGES * PAGE / 1024);
	fill(p, PAGES, 5);
	page_out(p, PAGES);
	push_out(p, PAGES);
	return p;
}

// One wait at least for each window of readahead; none for what is there.
static void check_delays(char *p)
{
	struct delays before = delays("/proc/self/delays"), after;

	check_filled(p, PAGES, 5);
	after = delays("/proc/self/delays");
	CHECK(after.count > before.count && after.count <= before.count + PAGES);
	// Nobody reads a page in less than a microsecond.
	CHECK(after.ns - before.ns >= (after.count - before.count) * 1000);
	check_filled(p, PAGES, 5);
	CHECK_EQ(delays("/proc/self/delays").count, after.count);
}

TEST(delays_of_private_memory)
{
	check_delays(on_disk(MAP_PRIVATE));
}

TEST(delays_of_shared_memory)
{
	check_delays(on_disk(MAP_SHARED));
}

static struct delays mine;

static void *touch_all(void *p)
{
	check_filled(p, PAGES, 5);
	mine = delays("/proc/thread-self/delays");
	return NULL;
}

// A thread's count for it, and stay with the process when it is gone.
TEST(delays_of_a_thread)
{
	char *p = on_disk(MAP_PRIVATE);
	struct delays before = delays("/proc/self/delays"), after;

	join_thread(start_thread(touch_all, p));
	after = delays("/proc/self/delays");
	CHECK(mine.count > 0);
	CHECK(after.count >= before.count + mine.count && after.ns >= before.ns + mine.ns);
}

TEST(delays_of_a_child_begin_at_zero)
{
	char *p = on_disk(MAP_PRIVATE);
	long count;

	check_filled(p, PAGES, 5);
	count = delays("/proc/self/delays").count;
	CHECK(count > 0);
	IN_CHILD
		CHECK(delays("/proc/self/delays").count < count);
}
