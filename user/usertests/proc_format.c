// SPDX-License-Identifier: MIT
// proc_format.c - the lines of /proc's tables, and their order, as programs expect them
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <dirent.h>
#include <sched.h>
#include <sys/mman.h>

static char text[262144];

// Each name begins a line, and the lines are in this order; others may be between them.
static void check_order(const char *path, const char *const *names, size_t nr, char end)
{
	char *at = text;

	slurp(path, text + 1, sizeof(text) - 1);
	text[0] = '\n';
	for (size_t i = 0; i < nr; i++) {
		char line[80];

		snprintf(line, sizeof(line), "\n%s%c", names[i], end);
		at = strstr(at, line);
		if (!at)
			fail(HERE(path), "want a line \"%s\" behind \"%s\"", line + 1,
			     i ? names[i - 1] : "");
		at++;
	}
}

TEST(proc_status_lines_in_order)
{
	static const char *const names[] = {
		"Name", "Umask", "State", "Tgid", "Ngid", "Pid", "PPid", "TracerPid", "Uid", "Gid",
		"FDSize", "Groups", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS",
		"RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE",
		"VmSwap", "CoreDumping", "THP_enabled", "Threads", "SigQ", "SigPnd", "ShdPnd",
		"SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
		"NoNewPrivs", "Speculation_Store_Bypass", "SpeculationIndirectBranch",
		"Cpus_allowed", "Cpus_allowed_list", "voluntary_ctxt_switches",
		"nonvoluntary_ctxt_switches",
	};

	check_order("/proc/self/status", names, ARRAY_SIZE(names), ':');
	CHECK(strstr(text, "\nUmask:\t0022\n"));
}

TEST(proc_status_of_memory)
{
	const long page_kb = sysconf(_SC_PAGESIZE) / 1024;
	long size = proc_field("/proc/self/status", "VmSize"), locked;
	long data = proc_field("/proc/self/status", "VmData");
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(proc_field("/proc/self/status", "VmSize"), size + 1024);
	CHECK_EQ(proc_field("/proc/self/status", "VmData"), data + 1024);
	CHECK(proc_field("/proc/self/status", "VmPeak") >= size + 1024);
	CHECK_SYS(mlock(p, 64 << 10));
	locked = proc_field("/proc/self/status", "VmLck");
	CHECK_EQ(locked, 64);
	memset(p, 1, 1 << 20);
	CHECK(proc_field("/proc/self/status", "VmHWM") >= 1024);
	CHECK(proc_field("/proc/self/status", "VmPTE") >= page_kb);
	CHECK_SYS(munmap(p, 1 << 20));
	CHECK_EQ(proc_field("/proc/self/status", "VmSize"), size);
	CHECK_EQ(proc_field("/proc/self/status", "VmLck"), 0);
	CHECK(proc_field("/proc/self/status", "VmPeak") >= size + 1024);
}

TEST(proc_status_of_harts)
{
	char want[64];

	CHECK(pin_to_hart(harts_allowed() - 1));
	slurp("/proc/self/status", text, sizeof(text));
	snprintf(want, sizeof(want), "\nCpus_allowed_list:\t%d\n", sched_getcpu());
	CHECK(strstr(text, want));
}

TEST(proc_status_name_is_escaped)
{
	put_file("/proc/self/comm", "a\nb\\c");
	slurp("/proc/self/status", text, sizeof(text));
	CHECK(strncmp(text, "Name:\ta\\nb\\\\c\nUmask:", 20) == 0);
	CHECK_CONTENT("/proc/self/comm", "a\nb\\c\n");
}

TEST(proc_status_of_capabilities)
{
	CHECK(strstr((slurp("/proc/self/status", text, sizeof(text)), text),
		     "\nCapInh:\t0000000000000000\n"));
	AS_NOBODY {
		slurp("/proc/self/status", text, sizeof(text));
		CHECK(strstr(text, "\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"));
		CHECK(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
		CHECK(strstr(text, "\nGroups:\t \n"));
	}
}

TEST(proc_statm)
{
	unsigned long size, resident, shared, code, lib, data, dirty;
	char end;

	slurp("/proc/self/statm", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%lu %lu %lu %lu %lu %lu %lu%c", &size, &resident, &shared, &code,
			&lib, &data, &dirty, &end), 8);
	CHECK_EQ(end, '\n');
	CHECK_EQ(size * 4, proc_field("/proc/self/status", "VmSize"));
	CHECK_EQ(code, (proc_field("/proc/self/status", "VmExe") + 3) / 4);
	CHECK_EQ(data * 4, proc_field("/proc/self/status", "VmData") +
			   proc_field("/proc/self/status", "VmStk"));
	CHECK(lib == 0 && dirty == 0 && resident <= size && shared <= resident);
}

TEST(proc_meminfo_lines_in_order)
{
	static const char *const names[] = {
		"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active",
		"Inactive", "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)",
		"Unevictable", "Mlocked", "SwapTotal", "SwapFree", "Dirty", "Writeback",
		"AnonPages", "Mapped", "Shmem", "KReclaimable", "Slab", "SReclaimable",
		"SUnreclaim", "KernelStack", "PageTables", "SecPageTables", "NFS_Unstable",
		"Bounce", "WritebackTmp", "CommitLimit", "Committed_AS", "VmallocTotal",
		"VmallocUsed", "VmallocChunk", "Percpu",
	};
	long total;

	check_order("/proc/meminfo", names, ARRAY_SIZE(names), ':');
	CHECK_EQ(sscanf(text, "\nMemTotal:       %8ld kB\n", &total), 1);
	CHECK_EQ(strchr(text + 1, '\n') - text, 28);
}

TEST(proc_meminfo_counts)
{
	const size_t size = 8 << 20;
	long anon = proc_field("/proc/meminfo", "AnonPages"), shmem, mlocked, tables;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	tables = proc_field("/proc/meminfo", "PageTables");
	memset(p, 1, size);
	// Others come and go, and each hart keeps part of a count to itself on Linux: within 2 MiB.
	CHECK(proc_field("/proc/meminfo", "AnonPages") >= anon + 6 * 1024);
	CHECK(proc_field("/proc/meminfo", "PageTables") >= tables);
	mlocked = proc_field("/proc/meminfo", "Mlocked");
	CHECK_SYS(mlock(p, size));
	CHECK(proc_field("/proc/meminfo", "Mlocked") >= mlocked + 6 * 1024);
	CHECK_SYS(munmap(p, size));
	shmem = proc_field("/proc/meminfo", "Shmem");
	memset(q, 1, size);
	CHECK(proc_field("/proc/meminfo", "Shmem") >= shmem + 6 * 1024);
	CHECK(proc_field("/proc/meminfo", "Cached") >= proc_field("/proc/meminfo", "Shmem"));
}

TEST(proc_vmstat_lines)
{
	static const char *const names[] = {
		"nr_free_pages", "nr_mlock", "nr_inactive_anon", "nr_active_anon",
		"nr_inactive_file", "nr_active_file", "nr_unevictable", "nr_slab_reclaimable",
		"nr_slab_unreclaimable", "nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty",
		"nr_writeback", "nr_shmem", "nr_dirtied", "nr_written", "nr_kernel_stack",
		"nr_page_table_pages", "nr_dirty_threshold", "nr_dirty_background_threshold",
		"pgpgin", "pgpgout", "pswpin", "pswpout", "pgfree",
		"pgactivate", "pgdeactivate", "pgfault", "pgmajfault", "pgreuse", "pgsteal_kswapd",
		"pgsteal_direct", "pgscan_kswapd", "pgscan_direct", "slabs_scanned",
		"drop_pagecache", "drop_slab",
	};
	char want[40];

	slurp("/proc/vmstat", text + 1, sizeof(text) - 1);
	text[0] = '\n';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(want, sizeof(want), "\n%s ", names[i]);
		if (!strstr(text, want))
			fail(HERE("/proc/vmstat"), "want a line of %s", names[i]);
	}
	for (char *line = text + 1; *line; line = strchr(line, '\n') + 1) {
		unsigned long value;
		char name[64], end;

		if (sscanf(line, "%63s %lu%c", name, &value, &end) != 3 || end != '\n')
			fail(HERE("/proc/vmstat"), "a line that is none: %.60s", line);
	}
}

static unsigned long vmstat(const char *name)
{
	char want[40], *at;

	slurp("/proc/vmstat", text + 1, sizeof(text) - 1);
	text[0] = '\n';
	snprintf(want, sizeof(want), "\n%s ", name);
	at = strstr(text, want);
	CHECK(at);
	return strtoul(at + strlen(want), NULL, 10);
}

TEST(proc_vmstat_counts_faults)
{
	unsigned long faults = vmstat("pgfault");
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 256; i++)
		p[i * 4096] = 1;
	CHECK(vmstat("pgfault") >= faults + 256);
}

TEST(proc_buddyinfo)
{
	unsigned long free = 0, most = proc_field("/proc/meminfo", "MemTotal") / 4;
	char *line = text;

	slurp("/proc/buddyinfo", text, sizeof(text));
	for (; *line; line = strchr(line, '\n') + 1) {
		unsigned long count[11];

		CHECK_EQ(sscanf(line, "Node %*d, zone %*s %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu "
				"%lu", count, count + 1, count + 2, count + 3, count + 4,
				count + 5, count + 6, count + 7, count + 8, count + 9,
				count + 10), 11);
		for (int i = 0; i < 11; i++)
			free += count[i] << i;
	}
	CHECK(free > 0 && free <= most);
}

TEST(proc_zoneinfo)
{
	static const char *const names[] = {
		"  per-node stats", "      nr_inactive_anon", "      nr_file_pages",
		"  pages free    ", "        boost   ", "        min     ", "        low     ",
		"        high    ", "        spanned ", "        present ", "        managed ",
		"        cma     ", "        protection:", "      nr_free_pages", "  pagesets",
		"    cpu: 0", "              count:", "              high: ",
		"              batch:", "  node_unreclaimable: ", "  start_pfn:          ",
	};
	char *at = text;

	slurp("/proc/zoneinfo", text, sizeof(text));
	CHECK(strncmp(text, "Node 0, zone ", 13) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		at = strstr(at, names[i]);
		if (!at || at[-1] != '\n')
			fail(HERE("/proc/zoneinfo"), "want a line \"%s\" there", names[i]);
	}
}

TEST(proc_slabinfo)
{
	static const char head[] =
		"slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
		"<objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
		"slabdata <active_slabs> <num_slabs> <sharedavail>\n";
	struct stat st;

	CHECK_SYS(stat("/proc/slabinfo", &st));
	CHECK_EQ(st.st_mode & 0777, 0400);
	slurp("/proc/slabinfo", text, sizeof(text));
	CHECK(strncmp(text, head, strlen(head)) == 0);
	for (char *line = text + strlen(head); *line; line = strchr(line, '\n') + 1) {
		unsigned long active, all;
		unsigned int size, per_slab, pages;

		CHECK_EQ(sscanf(line, "%*s %lu %lu %u %u %u : tunables %*u %*u %*u : slabdata "
				"%*u %*u %*u", &active, &all, &size, &per_slab, &pages), 5);
		CHECK(active <= all && size > 0 && per_slab > 0 && pages > 0);
	}
	AS_NOBODY
		CHECK_ERRNO(open("/proc/slabinfo", O_RDONLY), EACCES);
}

/* --- threads ------------------------------------------------------------------------------- */

static char stack[64 << 10] __attribute__((aligned(16)));

static int wait_for_ever(void *unused)
{
	(void)unused;
	syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	return 0;
}

// Each thread is listed once, whichever way the directory is read, and those that are gone are not.
TEST(proc_lists_of_threads)
{
	enum { THREADS = 30 };
	static char stacks[THREADS][8192] __attribute__((aligned(16)));
	bool seen[THREADS] = {};
	int tids[THREADS], listed = 0;
	struct dirent *entry;
	DIR *dir;

	for (int i = 0; i < THREADS; i++)
		tids[i] = CHECK_SYS(clone(wait_for_ever, stacks[i] + sizeof(stacks[i]),
					  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
					  CLONE_THREAD | CLONE_SYSVSEM, NULL));
	dir = opendir("/proc/self/task");
	CHECK(dir);
	while ((entry = readdir(dir))) {
		int tid = atoi(entry->d_name);

		listed += tid > 0;
		for (int i = 0; i < THREADS; i++)
			if (tid == tids[i]) {
				CHECK(!seen[i]);
				seen[i] = true;
			}
		// A position goes on where it was, by way of the system call, too.
		seekdir(dir, telldir(dir));
	}
	closedir(dir);
	CHECK_EQ(listed, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		CHECK(seen[i]);
	CHECK_ERRNO(access("/proc/self/task/1", F_OK), ENOENT);
}

TEST(proc_ends_of_directories)
{
	static const char *const names[] = {
		"/proc", "/proc/self", "/proc/self/task", "/proc/self/fd",
	};
	char buffer[1024];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = CHECK_SYS(open(names[i], O_RDONLY | O_DIRECTORY));

		CHECK_EQ(lseek(fd, INT_MAX, SEEK_SET), INT_MAX);
		CHECK_EQ(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)), 0);
		CHECK_ERRNO(lseek(fd, INT_MAX + 1L, SEEK_SET), EINVAL);
		close(fd);
	}
}

// A thread's directory shows the same memory, under the thread's own number.
TEST(proc_files_of_a_thread)
{
	static const char *const same[] = { "maps", "statm", "cmdline", "environ", "auxv" };
	static const char *const others[] = { "smaps", "smaps_rollup", "status", "stat", "comm" };
	int tid = CHECK_SYS(clone(wait_for_ever, stack + sizeof(stack),
				  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				  CLONE_SYSVSEM, NULL));
	const size_t third = sizeof(text) / 3;
	char path[64], other[64];
	uint64_t words[2];

	until_asleep(tid);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		size_t n, of_thread;

		snprintf(path, sizeof(path), "/proc/self/%s", same[i]);
		snprintf(other, sizeof(other), "/proc/self/task/%d/%s", tid, same[i]);
		// Reclaim may take a page meanwhile: what counts is what stood still.
		do {
			n = slurp(path, text, third);
			of_thread = slurp(other, text + third, third);
		} while (slurp(path, text + 2 * third, third) != n ||
			 memcmp(text, text + 2 * third, n) != 0);
		CHECK_EQ(of_thread, n);
		if (memcmp(text, text + third, n) != 0)
			fail(HERE(other), "want what %s has", path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		snprintf(other, sizeof(other), "/proc/self/task/%d/%s", tid, others[i]);
		CHECK(slurp(other, text, sizeof(text)) > 0);
	}
	snprintf(other, sizeof(other), "/proc/self/task/%d/status", tid);
	CHECK_EQ(proc_field(other, "Pid"), tid);
	CHECK_EQ(proc_field(other, "Tgid"), getpid());
	CHECK_EQ(proc_field(other, "Threads"), 2);
	snprintf(other, sizeof(other), "/proc/self/task/%d/pagemap", tid);
	CHECK_EQ(pread(CHECK_SYS(open(other, O_RDONLY)), words, 8, (uintptr_t)stack / 4096 * 8), 8);
	words[1] = pagemap_word(0, stack);
	CHECK_EQ(words[0], words[1]);
	snprintf(other, sizeof(other), "/proc/self/task/%d/clear_refs", tid);
	put_file(other, "1");
	snprintf(other, sizeof(other), "/proc/self/task/%d/task", tid);
	CHECK_ERRNO(open(other, O_RDONLY), ENOENT);
}
