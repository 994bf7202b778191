// SPDX-License-Identifier: MIT
// mixed_jobs.c - what runs at the same time: memory, forks, threads, files, areas, settings
#include "user/usertests/fuzz.h"
#include "user/usertests/mixed.h"
#include "user/usertests/threads.h"
#include <sys/swap.h>

/* --- private memory ------------------------------------------------------------------------- */

static void fork_and_look(struct job *job, struct pages *pages)
{
	pid_t pid = GRANTED(fork());

	if (pid) {
		store_some(job, pages, 0, 1);
		wait_and_judge(pid);
		return;
	}
	job->random ^= 0x9e3779b97f4a7c15;
	for (int i = 0; i < 20; i++) {
		check_some(job, pages, 0, 1);
		store_some(job, pages, 0, 1);
	}
	advise_some(job, pages, MADV_PAGEOUT);
	check_all(pages, 0, 1);
	_exit(0);
}

static void memory(struct job *job)
{
	struct pages pages = new_pages(job->pages, ANON | MAP_NORESERVE, -1);

	while (job_goes_on(job)) {
		size_t what = job_below(job, 100);

		if (what < 60)
			store_some(job, &pages, 0, 1);
		else if (what < 90)
			check_some(job, &pages, 0, 1);
		else if (what < 95)
			advise_some(job, &pages, MADV_PAGEOUT);
		else if (what < 97)
			advise_some(job, &pages, MADV_COLD);
		else if (what < 99)
			advise_some(job, &pages, MADV_DONTNEED);
		else
			fork_and_look(job, &pages);
	}
	check_all(&pages, 0, 1);
}

/* --- a tree of forks ------------------------------------------------------------------------ */

static void branch(struct job *job, struct pages *pages, int depth)
{
	pid_t pid[2];

	for (int i = 0; depth && i < 2; i++) {
		pid[i] = GRANTED(fork());
		if (!pid[i]) {
			job->random += i + 1;
			branch(job, pages, depth - 1);
			_exit(0);
		}
	}
	for (int i = 0; i < 10; i++) {
		store_some(job, pages, 0, 1);
		check_some(job, pages, 0, 1);
	}
	advise_some(job, pages, MADV_PAGEOUT);
	for (int i = 0; depth && i < 2; i++)
		wait_and_judge(pid[i]);
	check_all(pages, 0, 1);
}

static void tree(struct job *job)
{
	while (job_goes_on(job)) {
		struct pages pages = new_pages(job->pages / 4, ANON, -1);

		for (int i = 0; i < 20; i++)
			store_some(job, &pages, 0, 1);
		branch(job, &pages, 3);
		free_pages(&pages);
	}
}

/* --- shared memory -------------------------------------------------------------------------- */

// Every other page is mine.
static void use_shared(struct job *job, struct pages *pages, size_t mine)
{
	for (int i = 0; i < 100; i++) {
		store_some(job, pages, mine, 2);
		check_some(job, pages, mine, 2);
		if (job_below(job, 10) == 0)
			advise_some(job, pages, MADV_PAGEOUT);
	}
	check_all(pages, mine, 2);
}

static void shared(struct job *job)
{
	while (job_goes_on(job)) {
		int fd = GRANTED(memfd_create("mixed", 0));
		struct pages pages;
		pid_t pid;

		GRANTED(ftruncate(fd, job->pages * PAGE));
		pages = new_pages(job->pages, MAP_SHARED, fd);
		close(fd);
		pid = GRANTED(fork());
		job->random += pid == 0;
		use_shared(job, &pages, pid == 0);
		if (!pid)
			_exit(0);
		wait_and_judge(pid);
		check_all(&pages, 0, 2);
		free_pages(&pages);
	}
}

/* --- threads on the same pages -------------------------------------------------------------- */

#define THREADS	4

struct adder {
	struct job job;
	struct pages *pages;
	uint64_t *sum;		// of what this thread has added, by page
	size_t number;
};

static void *add(void *arg)
{
	struct adder *adder = arg;

	for (int i = 0; i < 4000; i++) {
		size_t page = job_below(&adder->job, adder->pages->count);
		uint64_t *word = (uint64_t *)(adder->pages->p + page * PAGE) + adder->number;
		uint64_t what = job_below(&adder->job, 1000), before;

		if (!add_word(word, what, &before))
			continue;
		if (before != adder->sum[page])
			fail(HERE("sum"), "page %zu, thread %zu: want %lu, got %lu", page,
			     adder->number, adder->sum[page], before);
		adder->sum[page] += what;
		if (i % 500 == 0)
			advise_some(&adder->job, adder->pages, MADV_PAGEOUT);
	}
	return NULL;
}

static void threads(struct job *job)
{
	struct pages pages = new_pages(job->pages, ANON, -1);
	struct adder adders[THREADS];
	pthread_t thread[THREADS];

	for (size_t i = 0; i < THREADS; i++) {
		uint64_t *sum = new_pages(pages.count, ANON, -1).holds;

		adders[i] = (struct adder){ *job, &pages, sum, i };
	}
	while (job_goes_on(job)) {
		for (int i = 0; i < THREADS; i++) {
			adders[i].job.random = job_random(job);
			if (pthread_create(&thread[i], NULL, add, &adders[i]))
				_exit(REFUSED);
		}
		for (int i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
	}
}

/* --- files ---------------------------------------------------------------------------------- */

// What is stored through the mapping is on the disk after fsync, and what read() finds.
static void check_file(const struct pages *pages, int fd)
{
	uint64_t word;

	GRANTED(fsync(fd));
	for (size_t i = 0; i < pages->count; i++) {
		if (GRANTED(pread(fd, &word, 8, i * PAGE)) != 8)
			fail(HERE("pread"), "page %zu of %zu: it is short", i, pages->count);
		if (pages->holds[i] != UNKNOWN && word != pages->holds[i])
			fail(HERE("file"), "page %zu: want %#lx, got %#lx", i, pages->holds[i],
			     word);
	}
}

#define ON_TMPFS	"/tmp/mixed-"	// the rest of the name is who made it

static void use_file(struct job *job, const char *path)
{
	int fd = GRANTED(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
	struct pages pages;

	GRANTED(ftruncate(fd, job->pages * PAGE));
	pages = new_pages(job->pages, MAP_SHARED, fd);
	for (int i = 0; i < 100; i++) {
		store_some(job, &pages, 0, 1);
		check_some(job, &pages, 0, 1);
		if (job_below(job, 20) == 0)
			advise_some(job, &pages, MADV_PAGEOUT);
	}
	check_file(&pages, fd);
	free_pages(&pages);
	close(fd);
	GRANTED(unlink(path));
}

static void file_name(char name[64], const char *begin, pid_t pid)
{
	snprintf(name, 64, "%s%d", begin, pid);
}

static void files(struct job *job)
{
	char name[64];

	while (job_goes_on(job)) {
		file_name(name, job_below(job, 2) ? ON_TMPFS : "file-", getpid());
		use_file(job, name);
	}
}

void remove_file_of(pid_t pid)
{
	char name[64];

	file_name(name, ON_TMPFS, pid);
	unlink(name);
}

/* --- programs ------------------------------------------------------------------------------- */

const char *show_program;

static void programs(struct job *job)
{
	while (job_goes_on(job)) {
		pid_t pid = GRANTED(fork());

		if (!pid) {
			execl(show_program, "show", "--exit", "0", NULL);
			_exit(errno == ENOMEM || failing ? REFUSED : 1);
		}
		wait_and_judge(pid);
	}
}

// The fuzzer, on memory that is short: it knows nothing of failures.
static void fuzzer(struct job *job)
{
	if (!failing)
		run_workers(job_below(job, 3), job->random, job->end, 0);
}

/* --- the system's settings ------------------------------------------------------------------ */

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	close(fd);
	return done;
}

static void settings(struct job *job)
{
	static const char *const policies[] = { "fifo", "clock", "lru2", "random", "mine" };
	char number[24];

	while (job_goes_on(job)) {
		snprintf(number, sizeof(number), "%zu", job_below(job, 201));
		put("/proc/sys/vm/swappiness", number);
		if (job_below(job, 4) == 0)
			put("/proc/sys/vm/reclaim_policy",
			    policies[job_below(job, ARRAY_SIZE(policies))]);
		if (job_below(job, 8) == 0)
			put("/proc/sys/vm/drop_caches", "3");
		nap(job_below(job, 50) * MS);
	}
}

// Off it goes if what is on it finds room in memory, and comes on again at another priority.
static void areas(struct job *job)
{
	const char *device = swap_device();
	int priority;

	while (job_goes_on(job)) {
		if (swapoff(device) < 0) {
			if (errno != ENOMEM && errno != EINTR && errno != EINVAL)
				fail(HERE("swapoff"), "want success or ENOMEM, got %s",
				     errno_name(errno));
		}
		nap(job_below(job, 20) * MS);
		priority = SWAP_FLAG_PREFER | job_below(job, 10);
		if (swapon(device, priority) < 0 && errno != EBUSY && !failing)
			fail(HERE("swapon"), "want success or EBUSY, got %s", errno_name(errno));
		nap(job_below(job, 2000) * MS);	// it fills up meanwhile
	}
}

// Pages are parts of all memory, in hundredths, until mixed.c has made numbers of them.
const struct job all_jobs[] = {
	{ .name = "memory", .run = memory, .pages = 40 },
	{ .name = "memory", .run = memory, .pages = 25 },
	{ .name = "tree", .run = tree, .pages = 20 },
	{ .name = "shared", .run = shared, .pages = 20 },
	{ .name = "threads", .run = threads, .pages = 20 },
	{ .name = "files", .run = files, .pages = 15 },
	{ .name = "programs", .run = programs },
	{ .name = "fuzzer", .run = fuzzer },
	{ .name = "settings", .run = settings },
	{ .name = "areas", .run = areas },
	{},
};
