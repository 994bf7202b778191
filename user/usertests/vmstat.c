// SPDX-License-Identifier: MIT
// vmstat.c - /proc/vmstat: its names in Linux's order, and each number moves with what it counts
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define PAGES	256

// "pgalloc_*" is the sum of what begins so: an allocation counts for the zone it would be from.
static long vmstat(const char *name)
{
	size_t length = strlen(name);
	char line[128];
	long value, sum = 0;
	FILE *f;

	if (name[length - 1] != '*')
		return number("/proc/vmstat", name);
	f = fopen("/proc/vmstat", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length - 1) && sscanf(line, "%*s %ld", &value) == 1)
			sum += value;
	fclose(f);
	return sum;
}

// "nr_dirty" is to grow, "-nr_dirty" to fall; NULL ends the list.
static long before[16];

static void look(const char *const *name)
{
	put_file("/proc/sys/vm/stat_refresh", "1");	// Linux: with what each hart has of it
	for (int i = 0; name[i]; i++)
		before[i] = vmstat(name[i] + (*name[i] == '-'));
}

// The first one that has not; NULL: all have.
static const char *still(const char *const *name)
{
	put_file("/proc/sys/vm/stat_refresh", "1");
	for (int i = 0; name[i]; i++) {
		bool falls = *name[i] == '-';
		long now = vmstat(name[i] + falls);

		if (falls ? now >= before[i] : now <= before[i])
			return name[i];
	}
	return NULL;
}

static void check_moved(const char *const *name)
{
	if (still(name))
		fail(HERE("/proc/vmstat"), "want %s to have moved, it has not", still(name));
}

TEST(vmstat_in_order)
{
	static const char *const names[] = {
		"nr_free_pages", "nr_zone_inactive_anon", "nr_zone_active_anon",
		"nr_zone_inactive_file", "nr_zone_active_file", "nr_zone_unevictable",
		"nr_zone_write_pending", "nr_mlock", "nr_inactive_anon", "nr_active_anon",
		"nr_inactive_file", "nr_active_file", "nr_unevictable", "nr_slab_reclaimable",
		"nr_slab_unreclaimable", "nr_isolated_anon", "nr_isolated_file",
		"workingset_nodes", "workingset_refault_anon", "workingset_refault_file",
		"workingset_activate_anon", "workingset_activate_file",
		"workingset_restore_anon", "workingset_restore_file", "workingset_nodereclaim",
		"nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty", "nr_writeback",
		"nr_shmem", "nr_vmscan_write", "nr_dirtied", "nr_written",
		"nr_foll_pin_acquired", "nr_foll_pin_released", "nr_kernel_stack",
		"nr_page_table_pages", "nr_swapcached", "nr_dirty_threshold",
		"nr_dirty_background_threshold", "pgpgin", "pgpgout", "pswpin", "pswpout",
		"pgalloc_normal", "allocstall_normal", "pgfree", "pgactivate", "pgdeactivate",
		"pglazyfree", "pgfault", "pgmajfault", "pglazyfreed", "pgrefill", "pgreuse",
		"pgsteal_kswapd", "pgsteal_direct", "pgscan_kswapd", "pgscan_direct",
		"pgscan_anon", "pgscan_file", "pgsteal_anon", "pgsteal_file", "pginodesteal",
		"slabs_scanned", "pageoutrun", "pgrotated", "drop_pagecache", "drop_slab",
		"oom_kill", "unevictable_pgs_culled", "unevictable_pgs_rescued",
		"unevictable_pgs_mlocked", "unevictable_pgs_munlocked", "swap_ra", "swap_ra_hit",
	};
	char line[128], name[64];
	size_t found = 0, lines = 0;
	FILE *f = fopen("/proc/vmstat", "r");

	CHECK(f != NULL);
	for (; fgets(line, sizeof(line), f); lines++) {
		CHECK_EQ(sscanf(line, "%63s %*u", name), 1);
		if (!lines)
			CHECK_STR(name, names[0]);
		if (found < ARRAY_SIZE(names) && !strcmp(name, names[found]))
			found++;
	}
	if (found < ARRAY_SIZE(names))
		fail(HERE("order"), "want %s behind %s, it is not there", names[found],
		     names[found - 1]);
	fclose(f);
}

TEST(vmstat_moves_with_memory)
{
	static const char *const w[] = {
		"-nr_free_pages", "nr_anon_pages", "nr_file_pages", "nr_mapped", "nr_shmem",
		"nr_page_table_pages", "pgalloc_*", "nr_zone_inactive_anon",
		"nr_inactive_anon", "pgfault", NULL,
	};
	char *p, *q;

	look(w);
	p = map_anon(8 * PAGES, RW);
	q = mmap(NULL, 4 * PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(q != MAP_FAILED);
	memset(p, 1, 8 * PAGES * PAGE);
	memset(q, 1, 4 * PAGES * PAGE);
	check_moved(w);
}

TEST(vmstat_moves_with_files)
{
	static const char *const dirty[] = {
		"nr_dirty", "nr_zone_write_pending", "nr_dirtied", NULL,
	};
	static const char *const clean[] = {
		"-nr_dirty", "nr_written", "pgpgout", NULL,
	};
	int fd;

	look(dirty);
	fd = make_pages("f", 4 * PAGES);
	check_moved(dirty);
	look(clean);
	CHECK_SYS(fsync(fd));
	check_moved(clean);
	close(fd);
}

TEST(vmstat_moves_with_mlock)
{
	static const char *const locked[] = {
		"nr_mlock", "nr_unevictable", "nr_zone_unevictable", "unevictable_pgs_mlocked",
		"unevictable_pgs_culled", NULL,
	};
	static const char *const unlocked[] = {
		"-nr_mlock", "unevictable_pgs_munlocked", "unevictable_pgs_rescued", NULL,
	};
	char *p = map_anon(PAGES, RW);

	memset(p, 1, PAGES * PAGE);
	look(locked);
	CHECK_SYS(mlock(p, PAGES * PAGE));
	check_moved(locked);
	look(unlocked);
	CHECK_SYS(munlock(p, PAGES * PAGE));
	check_moved(unlocked);
}

TEST(vmstat_moves_with_lazyfree)
{
	static const char *const w[] = {
		"pglazyfree", "pglazyfreed", "pgfree", NULL,
	};
	char *p = map_anon(PAGES, RW);

	look(w);
	memset(p, 1, PAGES * PAGE);
	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_FREE));
	CHECK_SYS(madvise(p, PAGES * PAGE, MADV_PAGEOUT));
	check_moved(w);
}

TEST(vmstat_moves_with_reuse)
{
	static const char *const w[] = {
		"pgreuse", NULL,
	};
	char *p = map_anon(PAGES, RW);

	memset(p, 1, PAGES * PAGE);
	IN_CHILD
		CHECK_EQ(*p, 1);
	look(w);
	memset(p, 2, PAGES * PAGE);
	check_moved(w);
}

TEST(vmstat_moves_with_swap)
{
	static const char *const w[] = {
		"pswpout", "pswpin", "pgmajfault", "nr_vmscan_write", "pgrotated", "swap_ra",
		"swap_ra_hit", "workingset_refault_anon", NULL,
	};
	char *p;

	use_lru2();
	look(w);
	p = swapped_out(PAGES, 1);
	forget_swapped(p, PAGES);
	check_filled(p, PAGES, 1);
	check_moved(w);
}

// What reclaim has taken off the lists is back there, or gone, when it has done.
TEST(vmstat_nothing_stays_isolated)
{
	char *p = swapped_out(PAGES, 1), *file;
	int fd = make_pages("f", PAGES);

	CHECK_SYS(fsync(fd));
	file = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	CHECK(file != MAP_FAILED);
	page_out(file, PAGES);
	while (vmstat("nr_isolated_anon") || vmstat("nr_isolated_file")) {
		put_file("/proc/sys/vm/stat_refresh", "1");
		nap(MS);
	}
	check_filled(p, PAGES, 1);
}

TEST(vmstat_pins_are_given_back)
{
	static const char *const w[] = {
		"nr_foll_pin_acquired", "nr_foll_pin_released", NULL,
	};
	int fd = make_pages("f", 16);
	char *p = map_anon(16, RW);

	CHECK_SYS(fsync(fd));
	close(fd);
	fd = CHECK_SYS(open("f", O_RDONLY | O_DIRECT));
	look(w);
	CHECK_EQ(read(fd, p, 16 * PAGE), 16 * PAGE);
	check_moved(w);
	CHECK_EQ(vmstat("nr_foll_pin_released"), vmstat("nr_foll_pin_acquired"));
}

// Memory and files that are used twice, more than there is room for.
static void press(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, ANON | MAP_NORESERVE, -1, 0);
	int fd = sparse_file(pages * PAGE);

	CHECK(p != MAP_FAILED);
	for (int twice = 0; twice < 2; twice++) {
		for (size_t i = 0; i < pages; i++)
			p[i * PAGE] = i;
		read_range(fd, 0, pages * PAGE);
	}
}

TEST(vmstat_moves_with_reclaim)
{
	static const char *const w[] = {
		"pgscan_kswapd", "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct",
		"pgscan_anon", "pgscan_file", "pgsteal_anon", "pgsteal_file", "pgactivate",
		"pgdeactivate", "pgrefill", "allocstall_*", "pageoutrun", "slabs_scanned",
		NULL,
	};
	size_t pages = little_memory();

	need_swap(2 * pages * PAGE / 1024);
	use_lru2();
	look(w);
	for (int i = 0; i < 4 && still(w); i++)
		IN_CHILD
			press(pages);
	check_moved(w);
}
