// SPDX-License-Identifier: MIT
/*
 * fuzz.c - the fuzzer: several processes of several threads, each with its arena and its model
 *
 *	usertests fuzz					a few thousand calls, seed 1
 *	SEED=7 SECONDS=600 usertests -t 700 fuzz	for ten minutes
 *
 * What a worker does is decided by the seed alone, not by what others do or how fast: its calls
 * are the same in each run, only their order among those of the others is not.
 */
#include "user/usertests/fuzz.h"
#include <pthread.h>

#define PROCESSES	3
#define THREADS		2
#define SHORT_RUN	800	// operations of a worker
#define ROUND		100	// operations between two looks at the clock
#define MOST_DEPTH	2	// of forks
#define GIB		(1UL << 30)

static struct worker workers[THREADS];	// of this process
static pthread_barrier_t all_ready;
static long long end;			// by CLOCK_MONOTONIC; 0: SHORT_RUN operations

/* --- numbers -------------------------------------------------------------------------------- */

uint64_t random_number(struct worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1dULL;
}

int below(struct worker *w, int limit)
{
	return (random_number(w) >> 33) % limit;
}

// Short ones mostly.
struct range random_range(struct worker *w)
{
	int first = below(w, ARENA_PAGES), count = 1 + below(w, below(w, 4) ? 6 : 24);

	return (struct range){ first, first + count > ARENA_PAGES ? ARENA_PAGES - first : count };
}

uint64_t new_token(struct worker *w)
{
	return (uint64_t)(w->process * 16 + w->number * 4 + w->depth + 1) << 48 | ++w->token;
}

char *page_at(const struct arena *arena, int page)
{
	return arena->base + page * PAGE;
}

/* --- the log -------------------------------------------------------------------------------- */

void note(struct worker *w, const char *name, long a, long b, long c, long d)
{
	w->tail[w->calls++ % TAIL] = (struct call){ name, a, b, c, d, LONG_MIN };
}

void note_result(struct worker *w, long result)
{
	w->tail[(w->calls - 1) % TAIL].result = result;
}

static size_t print_call(char *text, size_t size, const struct call *call)
{
	size_t used = snprintf(text, size, "%s %ld %ld %ld %#lx", call->name, call->a, call->b,
			       call->c, call->d);

	if (call->result == LONG_MIN)
		return used + snprintf(text + used, size - used, "\n");
	return used + snprintf(text + used, size - used, " = %ld\n", call->result);
}

void differs(struct worker *w, const char *what, long long got, long long want)
{
	char text[TAIL * 100 + 200];
	size_t used = snprintf(text, sizeof(text),
			       "seed %lu, process %d, thread %d, fork %d, call %lu: %s: "
			       "got %#llx, want %#llx; the calls before (names and pages):\n",
			       w->seed, w->process, w->number, w->depth, w->calls, what, got, want);

	for (unsigned long i = w->calls < TAIL ? 0 : w->calls - TAIL; i < w->calls; i++)
		used += print_call(text + used, sizeof(text) - used, &w->tail[i % TAIL]);
	if (write(1, text, used) < 0)
		_exit(2);
	_exit(1);
}

void expect(struct worker *w, long result, int want)
{
	int got = result == -1 ? errno : 0;

	note_result(w, result == -1 ? -got : result);
	if (got != want)
		differs(w, errno_name(got), got, want);
	if (!want && result != 0)
		differs(w, "result", result, 0);
}

/* --- choosing ------------------------------------------------------------------------------- */

static void fork_worker(struct worker *w);

static const struct operation fork_operations[] = {
	{ fork_worker, 3, false },
	{},
};

static const struct operation *const operations[] = {
	call_operations, touch_operations, copy_operations,
	file_operations, look_operations, fork_operations,
};

static int total_weight(void)
{
	int sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		for (const struct operation *o = operations[i]; o->run; o++)
			sum += o->weight;
	return sum;
}

static const struct operation *choose(struct worker *w)
{
	int left = below(w, total_weight());

	for (size_t i = 0;; i++)
		for (const struct operation *o = operations[i]; o->run; o++) {
			left -= o->weight;
			if (left < 0)
				return o;
		}
}

static void run_operations(struct worker *w, int count)
{
	while (count-- > 0) {
		const struct operation *operation = choose(w);

		if (!operation->changes_objects || !w->sharing)
			operation->run(w);
	}
}

/* --- forks ---------------------------------------------------------------------------------- */

static _Noreturn void run_child(struct worker *w)
{
	w->depth++;
	w->random ^= 0x9e3779b97f4a7c15ULL;
	model_forked(&w->arena);
	model_forked(&w->heap);
	sweep(w);
	run_operations(w, 10 + below(w, 40));
	sweep(w);
	_exit(0);
}

// Both go on with what was theirs; neither may see what the other writes.
static void fork_worker(struct worker *w)
{
	bool sharing = w->sharing;
	int status;
	pid_t pid;

	if (w->depth == MOST_DEPTH)
		return;
	note(w, "fork", 0, 0, 0, 0);
	w->sharing = true;
	pid = fork();
	if (pid == 0)
		run_child(w);
	expect(w, pid < 0 ? -1 : 0, 0);
	run_operations(w, 10 + below(w, 40));
	note(w, "wait", 0, 0, 0, 0);
	expect(w, waitpid(pid, &status, 0) == pid ? 0 : -1, 0);
	if (status)
		_exit(1);	// the child has told why, or was killed
	w->sharing = sharing;
	sweep(w);
}

/* --- workers -------------------------------------------------------------------------------- */

static void open_file(struct worker *w, enum object_type type, const char *directory)
{
	struct object *object = &w->object[type];
	char path[80];

	snprintf(path, sizeof(path), "%s/fuzz.%d.%d", directory, getpid(), w->number);
	object->fd = CHECK_SYS(open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
	object->read_fd = CHECK_SYS(open(path, O_RDONLY));
	object->direct_fd = type == DISK_FILE ? open(path, O_RDWR | O_DIRECT) : -1;
	CHECK_SYS(unlink(path));
}

static void set_up(struct worker *w, int process, int number, uint64_t seed, char *area)
{
	struct map_request whole_arena = { .range = { 0, ARENA_PAGES }, .may_write = true };

	w->process = process;
	w->number = number;
	w->seed = seed;
	w->random = (seed * PROCESSES + process + 1) * 1000003 + number;
	for (size_t i = 0; i < ARRAY_SIZE(w->object); i++)
		w->object[i].type = i < SHARED_MEMORY ? i : SHARED_MEMORY;
	open_file(w, DISK_FILE, ".");
	open_file(w, MEMORY_FILE, "/dev/shm");
	w->area = area;
	w->area_pages = THREADS * ARENA_PAGES;
	w->arena.base = area + number * ARENA_PAGES * PAGE;
	model_map(&w->arena, &whole_arena);
}

static void *run_worker(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(&all_ready);
	if (!end)
		run_operations(w, SHORT_RUN);
	while (now(CLOCK_MONOTONIC) < end)
		run_operations(w, ROUND);
	sweep(w);
	return NULL;
}

// Across an address at which a new page table of each level begins.
static char *map_area(size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *p = mmap(NULL, 3 * GIB, PROT_NONE, flags, -1, 0), *area;

	CHECK(p != MAP_FAILED);
	CHECK_SYS(munmap(p, 3 * GIB));
	area = (char *)(((uintptr_t)p + 2 * GIB - 1) & ~(GIB - 1)) - ARENA_PAGES / 2 * PAGE;
	CHECK_EQ(mmap(area, size, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0), area);
	return area;
}

// No memory is allocated after the barrier: it would come to lie in a hole of an arena.
static _Noreturn void run_process(int process, uint64_t seed, pid_t neighbour)
{
	pthread_t thread[THREADS];
	char *area = map_area(THREADS * ARENA_PAGES * PAGE);

	catch_faults();
	pthread_barrier_init(&all_ready, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		workers[i].neighbour = neighbour;
		set_up(&workers[i], process, i, seed, area);
	}
	for (int i = 1; i < THREADS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, run_worker, &workers[i]), 0);
	workers[0].heap.base = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1));
	CHECK_EQ(syscall(SYS_brk, workers[0].heap.base), workers[0].heap.base);
	run_worker(&workers[0]);
	for (int i = 1; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

static long long number_from(const char *name)
{
	const char *text = getenv(name);

	return text ? atoll(text) : 0;
}

TEST(fuzz)
{
	uint64_t seed = number_from("SEED") ? number_from("SEED") : 1;
	pid_t pid[PROCESSES];

	if (number_from("SECONDS"))
		end = now(CLOCK_MONOTONIC) + number_from("SECONDS") * SEC;
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0)
			run_process(i, seed, i ? pid[i - 1] : 0);
	}
	for (int i = 0; i < PROCESSES; i++)
		CHECK_EXIT(pid[i], 0);
}
