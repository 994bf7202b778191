// SPDX-License-Identifier: MIT
// rmap.c - the way from a page back to who maps it, after forks, splits, merges and moves
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

// Every page is written, with its own number.
static void fill(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = i + 1;
}

static void check_filled(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		CHECK_EQ(p[i * PAGE], (char)(i + 1));
}

/* A number behind its name in a list like /proc/vmstat; -1: it is not there. */
static long long counter(const char *path, const char *name)
{
	char line[256], key[64];
	long long value = -1, n;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lld", key, &n) == 2 && strcmp(key, name) == 0)
			value = n;
	fclose(f);
	return value;
}

// VMAs that walks have looked at since boot; 0 where the kernel does not count them.
static long long visits(void)
{
	long long n = counter("/proc/vmstat", "rmap_visit");

	return n < 0 ? 0 : n;
}

enum { GENERATIONS = 50 };

// Each generation has a page that it shares with those before it and one that it wrote itself.
static void generation(char *p, int depth)
{
	p[depth * PAGE] = depth;
	if (depth == GENERATIONS - 1)
		check_kernel();
	else
		IN_CHILD
			generation(p, depth + 1);
	for (int i = 0; i <= depth; i++)
		CHECK_EQ(p[i * PAGE], i);
	for (int i = depth + 1; i < GENERATIONS; i++)
		CHECK_EQ(p[i * PAGE], 0);
	if (depth % 10 == 0)
		check_kernel();
}

TEST(rmap_fork_chain_50_deep)
{
	generation(map(GENERATIONS), 0);
}

// The child goes on, the parent ends: the links of a process do not grow with its ancestry.
TEST(rmap_fork_chain_of_the_dead)
{
	enum { FORKS = 100, LINKS_FOR_ALL = 400 };
	long long before = counter("/proc/slabinfo", "anon_vma_chain"), after;
	struct gate gate;
	char *p = map(1);
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	for (int i = 0; i < FORKS && pid == 0; i++) {
		p[0] = i;
		pid = CHECK_SYS(fork());
		if (pid > 0)
			_exit(0);
	}
	if (pid == 0) {
		CHECK_EQ(p[0], FORKS - 1);
		check_kernel();
		// Others' come and go meanwhile, those of an ancestry would stay.
		for (int i = 0; i < 1000; i++, nap(10 * MS)) {
			after = counter("/proc/slabinfo", "anon_vma_chain");
			if (after - before <= LINKS_FOR_ALL)
				break;
		}
		if (after - before > LINKS_FOR_ALL)
			fail(HERE("links"), "%lld more after %d forks", after - before, FORKS);
		gate_open(&gate);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	gate_wait(&gate);
}

TEST(rmap_after_split_and_merge)
{
	enum { PAGES = 64 };
	char *p = map(PAGES);
	int mappings = count_mappings();
	struct mapping m;

	fill(p, PAGES);
	for (int i = 0; i < PAGES; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_READ));
	CHECK(count_mappings() >= mappings + PAGES - 1);
	check_kernel();
	IN_CHILD {
		check_filled(p, PAGES);
		p[PAGE] = 'x';
		check_kernel();
	}
	CHECK_SYS(mprotect(p, PAGES * PAGE, RW));
	CHECK(find_mapping(p, &m));
	CHECK(m.start <= p && m.end >= p + PAGES * PAGE);	// one again: they share an anon_vma
	check_filled(p, PAGES);
	fill(p, PAGES);
	check_kernel();
	CHECK_SYS(munmap(p + 8 * PAGE, 16 * PAGE));
	check_kernel();
}

// Neighbours with pages of their own: what was one mapping's is found in the joined one.
TEST(rmap_after_merge_of_two)
{
	char *p = map(8);

	CHECK_SYS(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	p[0] = 1;
	CHECK_SYS(mprotect(p + 4 * PAGE, 4 * PAGE, RW));
	p[4 * PAGE] = 2;
	check_kernel();
	CHECK_SYS(mprotect(p, 4 * PAGE, PROT_READ));
	CHECK_SYS(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	CHECK_EQ(p[0] + p[4 * PAGE], 3);
	check_kernel();
}

TEST(rmap_after_mremap)
{
	enum { PAGES = 16 };
	char *p = map(PAGES), *to = map(3 * PAGES), *q;

	fill(p, PAGES);
	IN_CHILD {
		q = mremap(p, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		CHECK(q == to);
		check_filled(q, PAGES);
		check_kernel();
		IN_CHILD {
			q[0] = 'y';
			check_kernel();
		}
	}
	// The middle alone moves, so three mappings have what one had.
	q = mremap(p + 4 * PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to + 20 * PAGE);
	CHECK(q == to + 20 * PAGE);
	check_kernel();
	CHECK_EQ(q[0], 5);
	check_filled(p, 4);
	// And back again.
	CHECK(mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 4 * PAGE) ==
	      p + 4 * PAGE);
	check_filled(p, PAGES);
	check_kernel();
}

TEST(rmap_private_file_and_its_copies)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	char *p;

	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	p = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(((volatile char *)p)[i * PAGE], 0);
	p[2 * PAGE] = 'c';
	IN_CHILD {
		p[3 * PAGE] = 'd';
		check_kernel();
		CHECK_SYS(ftruncate(fd, 0));	// the copies go too
		DIES_BY(SIGBUS)
			p[2 * PAGE] = 'e';
		check_kernel();
	}
	DIES_BY(SIGBUS)
		p[2 * PAGE] = 'e';
}

/* Every second page becomes read-only, so that there are `pages` mappings. */
static void split(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_READ));
}

enum { MANY = 10000, TOUCHED = 16 };

// The least of a few times: reclaim may make visits of its own meanwhile.
static long long visits_of(void (*walk)(char *p), char *p)
{
	long long least = LLONG_MAX;

	for (int i = 0; i < 5; i++) {
		long long count = visits();

		walk(p);
		count = visits() - count;
		least = count < least ? count : least;
	}
	return least;
}

static void walk_over_every_mapped_page(char *p)
{
	(void)p;
	check_kernel();
}

TEST(rmap_visits_of_an_anonymous_page)
{
	char *p = map(MANY);
	long long first, second;

	for (int i = 0; i < TOUCHED; i++)
		p[i * 600 * PAGE] = 1;
	first = visits_of(walk_over_every_mapped_page, p);
	split(p, MANY);
	second = visits_of(walk_over_every_mapped_page, p);
	// Nothing but the pages of a few more tables came to be since.
	if (second > first + 10 * TOUCHED)
		fail(HERE("visits"), "%lld in one mapping, %lld in %d", first, second, MANY);
}

static void write_back(char *p)
{
	for (int i = 0; i < TOUCHED; i++)
		p[(i * 600 + 1) * PAGE] = 1;
	CHECK_SYS(msync(p, MANY * PAGE, MS_SYNC));	// makes each page's entries clean
}

TEST(rmap_visits_of_a_file_page)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	long long least;
	char *p;

	CHECK_SYS(ftruncate(fd, MANY * PAGE));
	p = mmap(NULL, MANY * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	split(p, MANY);
	least = visits_of(write_back, p);
	if (least > 4 * TOUCHED)
		fail(HERE("visits"), "%lld for %d pages in %d mappings", least, TOUCHED, MANY);
}

// Truncation takes pages out of mappings without asking whose these are.
TEST(rmap_check_while_a_file_shrinks)
{
	enum { PAGES = 512, ROUNDS = 5 };
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644)), status;
	pid_t child = CHECK_SYS(fork());

	for (int i = 0; child == 0 && i < ROUNDS; i++) {
		CHECK_SYS(ftruncate(fd, PAGES * PAGE));
		CHECK(mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) !=
		      MAP_FAILED);
		for (int left = PAGES; left-- > 0;)
			CHECK_SYS(ftruncate(fd, left * PAGE));
	}
	if (child == 0)
		finish();
	while (CHECK_SYS(waitpid(child, &status, WNOHANG)) == 0)
		check_kernel();
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// More than there is memory, all of it mapped: what is not used at the moment has to give way.
TEST(rmap_mapped_files_are_reclaimed)
{
	long long total = proc_field("/proc/meminfo", "MemTotal") * 1024 / PAGE, pages;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	volatile char *p;
	long sum = 0;

	pages = total + total / 8;
	if (pages > 40000)
		pages = 40000;
	CHECK_SYS(ftruncate(fd, pages * PAGE));
	CHECK_EQ(pwrite(fd, "x", 1, (pages - 1) * PAGE), 1);
	p = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (long long i = 0; i < pages; i++)
		sum += p[i * PAGE];
	CHECK_EQ(sum, 'x');
	check_kernel();
}
