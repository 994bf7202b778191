// SPDX-License-Identifier: MIT
// swapping.c - pages that are sent to the swap area, and told from one another when they are back
#include "user/usertests/swapping.h"
#include "user/usertests/mapping.h"
#include <sys/resource.h>
#include <sys/swap.h>

#define MIB		(1UL << 20)
#define PAGE_CLUSTER	"/proc/sys/vm/page-cluster"

// The number behind a name in /proc/meminfo, /proc/vmstat or /proc/self/status.
long number(const char *path, const char *name)
{
	char line[256];
	long value = -1;
	size_t length = strlen(name);
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length) && strchr(": \t", line[length]))
			sscanf(line + length + 1, "%ld", &value);
	fclose(f);
	CHECK(value >= 0);
	return value;
}

long free_swap_kb(void)
{
	return number("/proc/meminfo", "SwapFree");
}

long swapped_kb(void)
{
	return number("/proc/self/status", "VmSwap");
}

// How many of these pages /proc/self/pagemap says are out (bit 62).
size_t pages_out(const char *p, size_t pages)
{
	int fd = CHECK_SYS(open("/proc/self/pagemap", O_RDONLY));
	uint64_t entry;
	size_t out = 0;

	for (size_t i = 0; i < pages; i++) {
		CHECK_EQ(pread(fd, &entry, 8, ((uintptr_t)p / PAGE + i) * 8), 8);
		out += entry >> 62 & 1;
	}
	close(fd);
	return out;
}

void need_swap(long kb)
{
	// A slot that only the cache has, of who is gone, is used again.
	if (free_swap_kb() + number("/proc/meminfo", "SwapCached") < kb)
		skip("needs %ld kB of free swap", kb);
}

void make_swap_area(const char *disk, unsigned int first, unsigned int last)
{
	static uint32_t header[PAGE / 4];
	int fd = CHECK_SYS(open(disk, O_RDWR));

	CHECK_EQ(pread(fd, header, 1024, 0), 1024);
	header[256] = 1;		// version
	header[257] = last;
	header[258] = first - 1;	// so many bad slots
	for (unsigned int i = 1; i < first; i++)
		header[384 + i - 1] = i;
	memcpy((char *)header + PAGE - 10, "SWAPSPACE2", 10);
	CHECK_EQ(pwrite(fd, header, PAGE, 0), PAGE);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
}

void swap_on_anew(const char *device, const char *file, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/queue/%s", strrchr(device, '/') + 1, file);
	CHECK_SYS(swapoff(device));
	put_file(path, value);
	CHECK_SYS(swapon(device, 0));
}

uint64_t token(size_t page, uint64_t salt)
{
	return (page + 1) * 0x9e3779b97f4a7c15 ^ salt;
}

// The first and the last word of each page tell which it is.
void fill(char *p, size_t pages, uint64_t salt)
{
	for (size_t i = 0; i < pages; i++) {
		*(uint64_t *)(p + i * PAGE) = token(i, salt);
		*(uint64_t *)(p + (i + 1) * PAGE - 8) = ~token(i, salt);
	}
}

bool page_is(const char *p, size_t page, uint64_t salt)
{
	return *(uint64_t *)(p + page * PAGE) == token(page, salt) &&
	       *(uint64_t *)(p + (page + 1) * PAGE - 8) == ~token(page, salt);
}

void check_filled(const char *p, size_t pages, uint64_t salt)
{
	for (size_t i = 0; i < pages; i++)
		if (!page_is(p, i, salt))
			fail(HERE("content"), "page %zu of %zu is not what was written", i, pages);
}

// Out they go: what was written to them is on the disk, or on its way.
void page_out(char *p, size_t pages)
{
	CHECK_SYS(madvise(p, pages * PAGE, MADV_PAGEOUT));
}

char *swapped_out(size_t pages, uint64_t salt)
{
	char *p = map_anon(pages, RW);

	need_swap(2 * pages * PAGE / 1024);
	fill(p, pages, salt);
	page_out(p, pages);
	return p;
}

// The first area in /proc/swaps; skips where there is none.
const char *swap_device(void)
{
	static char name[64];
	char line[256];
	FILE *f = fopen("/proc/swaps", "r");

	if (!f || !fgets(line, sizeof(line), f) || fscanf(f, "%63s", name) != 1)
		skip("no swap area is on");
	fclose(f);
	return name;
}

// Writes to more memory than there is, or less if that was enough for the pages to go.
static void use_memory(char *p, size_t pages)
{
	size_t bytes = number("/proc/meminfo", "MemAvailable") * 1024 + 8 * MIB;
	char *more = mmap(NULL, bytes, RW, ANON | MAP_NORESERVE, -1, 0);

	CHECK(more != MAP_FAILED);
	for (size_t i = 0; i < bytes && (i % MIB || resident(p, pages)); i += PAGE)
		more[i] = 1;
}

void forget_swapped(char *p, size_t pages)
{
	// What is under writeback when it is stored to stays for another time.
	while (pages_out(p, pages) < pages) {
		page_out(p, pages);
		nap(2 * MS);
	}
	push_out(p, pages);
}

void push_out(char *p, size_t pages)
{
	char before[16];

	// Who reads a page of his own back must not bring those beside it, too.
	slurp(PAGE_CLUSTER, before, sizeof(before));
	set_page_cluster(0);
	while (resident(p, pages)) {
		page_out(p, pages);
		IN_CHILD
			use_memory(p, pages);
	}
	put_file(PAGE_CLUSTER, before);
}

void set_page_cluster(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	put_file(PAGE_CLUSTER, text);
}

long major_faults(void)
{
	struct rusage usage;

	CHECK_SYS(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_majflt;
}

/* --- less memory than there is --- */

#define LITTLE	(16 * MIB / PAGE)

size_t in_pages(const char *name)
{
	return number("/proc/meminfo", name) / (PAGE / 1024);
}

// Locks what is more than a little; returns what is left.
size_t little_memory(void)
{
	size_t left = in_pages("MemAvailable"), rest;
	char *p;

	if (in_pages("MemTotal") > 256 * MIB / PAGE)
		skip("%zu MiB would have to be filled", in_pages("MemTotal") * PAGE / MIB);
	if (left <= LITTLE)
		return left;
	rest = (left - LITTLE) * PAGE;
	p = mmap(NULL, rest, RW, ANON | MAP_LOCKED | MAP_POPULATE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(madvise(p, rest, MADV_DONTFORK));
	return LITTLE;
}

// A file of holes: no disk is needed to read it.
int sparse_file(off_t size)
{
	int fd = CHECK_SYS(open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600));

	CHECK_SYS(ftruncate(fd, size));
	return fd;
}

void read_range(int fd, off_t from, off_t to)
{
	static char buffer[256 * 1024];

	for (; from < to; from += sizeof(buffer))
		CHECK(pread(fd, buffer, sizeof(buffer), from) > 0);
}

// The policy that leaves shadows as Linux does; elsewhere there is but one.
void use_lru2(void)
{
	int fd = open("/proc/sys/vm/reclaim_policy", O_WRONLY);

	if (fd < 0)
		return;
	CHECK_EQ(write(fd, "lru2", 4), 4);
	close(fd);
}
