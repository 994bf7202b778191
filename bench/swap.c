// SPDX-License-Identifier: MIT
// A buffer larger than memory: filled, read in order, read in random order, changed in random
// order; every page's content is its own and is checked.  The modes are
//   a  as the kernel comes, page-cluster 3
//   b  page-cluster 0
//   c  the swap disk marked as not rotational (readahead by VMA instead of by slot)
//   d  the same, page-cluster 0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

#define WORDS (PAGE / sizeof(uint64_t))
#define PROBES 8 // words checked in a page
#define COUNTERS 8

static const char *const counters[COUNTERS] = {
	"pswpin", "pswpout", "pgmajfault", "pgfault",
	"pgsteal_kswapd", "pgsteal_direct", "pgscan_kswapd", "pgscan_direct",
};

struct snapshot {
	uint64_t wall, self, kswapd;
	long count[COUNTERS];
};

static pid_t kswapd = -1;

static pid_t find_kswapd(void)
{
	char name[64], comm[64];

	for (pid_t pid = 2; pid < 300; pid++) {
		snprintf(name, sizeof(name), "/proc/%d/comm", pid);
		if (read_file(name, comm, sizeof(comm)) > 0 && !strncmp(comm, "kswapd", 6))
			return pid;
	}
	return -1;
}

// The clocks are read last, so that reading /proc is not counted into the phase that begins.
static void take(struct snapshot *s)
{
	static char buf[16384];
	int len = read_file("/proc/vmstat", buf, sizeof(buf));

	for (int i = 0; i < COUNTERS; i++) {
		char key[40];
		snprintf(key, sizeof(key), "\n%s ", counters[i]);
		char *at = len < 0 ? NULL : strstr(buf, key);
		s->count[i] = at ? strtol(at + strlen(key), NULL, 10) : -1;
	}
	s->kswapd = cpu_of(kswapd);
	s->self = cpu_self();
	s->wall = now();
}

static void print_counters(const struct snapshot *a, const struct snapshot *b, uint64_t cpu)
{
	long d[COUNTERS];

	for (int i = 0; i < COUNTERS; i++) {
		d[i] = b->count[i] - a->count[i];
		out("  %s %ld", counters[i], d[i]);
	}
	out("  readahead %.2f", d[2] ? (double)d[0] / d[2] : 0.);
	if (d[0] + d[1])
		out("  cpu/swapio %.0f ns", (double)cpu / (d[0] + d[1]));
}

static void end_phase(const char *tag, const char *name, size_t pages, const struct snapshot *a,
		      size_t bad)
{
	struct snapshot b;
	uint64_t end = now();

	take(&b);
	double seconds = (end - a->wall) / 1e9;
	uint64_t self = b.self - a->self, kernel = b.kswapd - a->kswapd;
	out("swap_%s_%-5s %8.3f s  %9.0f pages/s  cpu/page self %.0f kswapd %.0f ns", tag, name,
	    seconds, pages / (seconds > 0 ? seconds : 1e-9), (double)self / pages,
	    (double)kernel / pages);
	if (a->count[0] >= 0)
		print_counters(a, &b, self + kernel);
	out("  bad %zu\n", bad);
	flush_output();
}

static uint64_t word(uint64_t page, int probe)
{
	return (page * 0x9e3779b97f4a7c15ULL) ^ (uint64_t)probe;
}

static void fill_page(uint64_t *p, uint64_t page)
{
	for (int k = 0; k < PROBES; k++)
		p[k * (WORDS / PROBES)] = word(page, k);
}

static int page_is_bad(const uint64_t *p, uint64_t page)
{
	uint64_t wrong = 0;

	for (int k = 0; k < PROBES; k++)
		wrong |= p[k * (WORDS / PROBES)] ^ word(page, k);
	return wrong != 0;
}

// Each page once in random order: a generator whose period is the next power of two; what lies
// above is skipped.
struct order {
	size_t pages, period, at, left;
};

static struct order random_order(size_t pages)
{
	struct order o = { .pages = pages, .period = 1 };

	while (o.period < pages)
		o.period <<= 1;
	o.at = 0xb456bcfc34c2cb2cULL & (o.period - 1); // any will do; Linux's figures had this one
	o.left = o.period;
	return o;
}

static int next_page(struct order *o, size_t *page)
{
	while (o->left) {
		o->left--;
		o->at = (o->at * 1664525 + 1013904223) & (o->period - 1);
		*page = o->at ^ (o->at >> 7 & 0x3f);
		if (*page < o->pages)
			return 1;
	}
	return 0;
}

static void fill_and_read(const char *tag, uint64_t *p, size_t pages)
{
	struct snapshot start;
	size_t bad = 0;

	take(&start);
	for (size_t i = 0; i < pages; i++)
		fill_page(p + i * WORDS, i + 1);
	end_phase(tag, "fill", pages, &start, 0);
	take(&start);
	for (size_t i = 0; i < pages; i++)
		bad += page_is_bad(p + i * WORDS, i + 1);
	end_phase(tag, "seqrd", pages, &start, bad);
}

static void go_random(const char *tag, uint64_t *p, size_t pages)
{
	struct snapshot start;
	size_t bad = 0, i;

	take(&start);
	for (struct order o = random_order(pages); next_page(&o, &i);)
		bad += page_is_bad(p + i * WORDS, i + 1);
	end_phase(tag, "rndrd", pages, &start, bad);
	take(&start);
	for (struct order o = random_order(pages); next_page(&o, &i);)
		p[i * WORDS + 1] ^= i;
	end_phase(tag, "rndrw", pages, &start, bad);
}

// In a child, whose exit gives the memory back.
static void run_mode(const char *tag, size_t pages)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		uint64_t *p = (uint64_t *)map_anon(pages * PAGE);
		if (!p) {
			skip("swap", "mmap");
			flush_output();
			_exit(1);
		}
		fill_and_read(tag, p, pages);
		go_random(tag, p, pages);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		out("swap_%s child status %x\n", tag, status);
}

static const char *find_swap(void)
{
	static char name[32];
	char page[PAGE];

	for (char c = 'a'; c < 'i'; c++) {
		snprintf(name, sizeof(name), "/dev/vd%c", c);
		int fd = open(name, O_RDONLY);
		if (fd < 0)
			continue;
		ssize_t n = read(fd, page, PAGE);
		close(fd);
		if (n == PAGE && !memcmp(page + PAGE - 10, "SWAPSPACE2", 10))
			return name;
	}
	return NULL;
}

// Returns 0 if this kernel has no knob for the mode; mode a needs none.
static int set_knobs(char mode, const char *dev)
{
	int cluster0 = mode == 'b' || mode == 'd', flash = mode == 'c' || mode == 'd';
	char knob[64];

	snprintf(knob, sizeof(knob), "/sys/block/%s/queue/rotational", dev + strlen("/dev/"));
	int no_disk_knob = write_file(knob, flash ? "0" : "1");
	int no_cluster_knob = write_file("/proc/sys/vm/page-cluster", cluster0 ? "0" : "3");
	return mode == 'a' || !(no_cluster_knob || (flash && no_disk_knob));
}

static void swap_on_and_run(char mode, const char *dev, size_t pages)
{
	char tag[16];
	uint64_t t = now();

	if (dev && swapon(dev, 0))
		skip("swapon", dev);
	else if (dev)
		out("swap mode %c swapon %.1f us\n", mode, (now() - t) / 1e3);
	flush_output();
	snprintf(tag, sizeof(tag), "%s_pc%c", mode == 'c' || mode == 'd' ? "ssd" : "hdd",
		 mode == 'b' || mode == 'd' ? '0' : '3');
	run_mode(tag, pages);
	t = now();
	if (dev && swapoff(dev))
		skip("swapoff", dev);
	else if (dev)
		out("swapoff %.1f us\n", (now() - t) / 1e3);
	write_file("/proc/sys/vm/drop_caches", "3");
}

void bench_swap(void)
{
	const char *dev = opt.swapdev ? opt.swapdev : find_swap();
	long kb = free_kb();
	size_t mb = opt.swapmb ? opt.swapmb : kb > 0 ? (size_t)kb * 2 / 1024 : 128;

	if (!opt.swapmb && mb > 192)
		mb = 192;
	size_t pages = (mb << 20) / PAGE;
	kswapd = find_kswapd();
	out("swap dev %s MemFree %ld kB buffer %zu MiB = %zu pages kswapd pid %d\n",
	    dev ? dev : "-", kb, mb, pages, kswapd);
	if (dev)
		swapoff(dev); // init may have turned it on; each mode turns it on anew
	for (const char *m = opt.modes; *m; m++) {
		if (dev && !set_knobs(*m, dev))
			out("swap mode %c skipped (no knob)\n", *m);
		else
			swap_on_and_run(*m, dev, pages);
	}
}
