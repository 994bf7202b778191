// SPDX-License-Identifier: MIT
// workingset.c - pages of files that reclaim took and that are wanted again
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES		64

static long vmstat(const char *name)
{
	return number("/proc/vmstat", name);
}

static void read_all(const volatile char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE];
}

// A file whose pages are on the disk and were in memory until reclaim took them.
static char *pushed_out(const char *path)
{
	char *p;
	int fd;

	use_lru2();
	keep_to_one_hart();
	fd = make_pages(path, PAGES);
	CHECK_SYS(fsync(fd));
	close(fd);
	fd = CHECK_SYS(open(path, O_RDWR));
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	read_all(p, PAGES);
	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_PAGEOUT));
	CHECK(resident(p, PAGES) < PAGES / 2);
	return p;
}

TEST(workingset_refault_is_counted)
{
	char *p = pushed_out("f");
	long before = vmstat("workingset_refault_file");

	read_all(p, PAGES);
	CHECK(vmstat("workingset_refault_file") >= before + PAGES / 2);
}

// It is back so soon that it would have stayed, had it been in the place of other memory.
TEST(workingset_refault_is_activated)
{
	char *other = map_anon(4 * PAGES, RW), *p;
	long before = vmstat("workingset_activate_file");

	memset(other, 1, 4 * PAGES * PAGE);
	CHECK_SYS(madvise(other, 4 * PAGES * PAGE, MADV_COLD));
	p = pushed_out("f");
	read_all(p, PAGES);
	CHECK(vmstat("workingset_activate_file") >= before + PAGES / 2);
}

TEST(workingset_closed_file_is_remembered)
{
	char *p = pushed_out("f"), buffer[PAGES * PAGE];
	long before = vmstat("workingset_refault_file");
	int fd;

	CHECK_SYS(munmap(p, PAGES * PAGE));
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), sizeof(buffer));
	CHECK(vmstat("workingset_refault_file") >= before + PAGES / 2);
}

// Who writes over a whole page does not want what was there.
TEST(workingset_written_over_is_no_refault)
{
	char *p = pushed_out("f"), buffer[PAGES * PAGE];
	long before = vmstat("workingset_refault_file");
	int fd = CHECK_SYS(open("f", O_WRONLY));

	memset(buffer, 'x', sizeof(buffer));
	CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	CHECK_EQ(*p, 'x');
	CHECK(vmstat("workingset_refault_file") < before + PAGES / 2);
}

TEST(workingset_truncated_is_forgotten)
{
	char *p = pushed_out("f");
	long before = vmstat("workingset_refault_file");

	CHECK_SYS(truncate("f", 0));
	CHECK_SYS(truncate("f", PAGES * PAGE));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(p[i * PAGE], 0);
	CHECK(vmstat("workingset_refault_file") < before + PAGES / 2);
}

static void wait_for_writes(void)
{
	while (vmstat("nr_writeback"))
		nap(MS);
}

/*
 * Pages that are back soon are active. Sent out, they are so no more: what has been written goes
 * first when memory is short.
 */
TEST(workingset_sent_out_is_not_active)
{
	const size_t pages = 4 * PAGES;
	long activated, active;
	char *p;

	use_lru2();
	keep_to_one_hart();
	// So much is in the place of other memory.
	read_range(sparse_file(16 * pages * PAGE), 0, 16 * pages * PAGE);
	p = swapped_out(pages, 1);
	wait_for_writes();
	// Clean and in the swap cache, they are gone at once.
	check_filled(p, pages, 1);
	page_out(p, pages);
	CHECK(resident(p, pages) < pages / 2);
	activated = vmstat("workingset_activate_anon");
	fill(p, pages, 2);
	CHECK(vmstat("workingset_activate_anon") >= activated + (long)pages / 2);
	active = vmstat("nr_active_anon");
	page_out(p, pages);
	wait_for_writes();
	// What has been written is handed back now.
	CHECK_SYS(madvise(p, PAGE, MADV_COLD));
	if (vmstat("nr_active_anon") > active - (long)pages / 2)
		fail(HERE("nr_active_anon"), "%ld, was %ld before %zu were sent out",
		     vmstat("nr_active_anon"), active, pages);
	check_filled(p, pages, 2);
}

/* --- in little memory --- */

/*
 * What is read twice becomes active. It is more than half of memory, and so its oldest pages are
 * pushed out by what is read after them; when they come back they are known.
 */
TEST(workingset_that_was_active_is_restored)
{
	off_t set = little_memory() * 6 / 10 * PAGE, all = 2 * set;
	long before = vmstat("workingset_restore_file");
	int fd = sparse_file(all);

	use_lru2();
	for (int round = 0; round < 4 && vmstat("workingset_restore_file") == before; round++) {
		read_range(fd, 0, set);
		read_range(fd, 0, set);
		read_range(fd, set, all);
	}
	CHECK(vmstat("workingset_restore_file") > before);
}

/*
 * Each page that is read needs a node of its own in the page cache; when it is gone the node has
 * only its shadow. One such node for eight pages of memory is the limit; there are more until they
 * are looked at.
 */
TEST(workingset_nodes_are_bounded)
{
	const off_t step = 64 * PAGE;
	size_t pages = in_pages("MemTotal"), reads = 0;
	long before = vmstat("workingset_nodereclaim");
	int fd = sparse_file(4 * pages * step);

	little_memory();
	use_lru2();
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
	while (reads < 4 * pages && vmstat("workingset_nodereclaim") < before + (long)pages / 2)
		for (int i = 0; i < 1000; i++)
			CHECK_EQ(pread(fd, (char[1]){}, 1, step * (reads++ % (4 * pages))), 1);
	CHECK(vmstat("workingset_nodereclaim") >= before + (long)pages / 2);
	CHECK(vmstat("workingset_nodes") <= (long)(pages * 3 / 4));
	CHECK_SYS(ftruncate(fd, 0));
	CHECK(vmstat("workingset_nodes") <= (long)(pages / 16));
}
