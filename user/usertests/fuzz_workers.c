// SPDX-License-Identifier: MIT
// fuzz_workers.c - a process of the fuzzer: its arenas, its workers, and how their hands take turns
#include "user/usertests/fuzz.h"
#include <sched.h>

#define WORKERS		2
#define HANDS		2
#define THREADS		(WORKERS * HANDS)
#define SHORT_RUN	250	// operations of a worker
#define LONGEST_TURN	30	// operations
#define GIB		(1UL << 30)

enum job_state { NO_JOB, READY, BEGUN, DONE };

static struct worker workers[WORKERS];	// of this process
static pthread_barrier_t all_ready;
static long long end;			// by CLOCK_MONOTONIC; 0: SHORT_RUN operations

/* --- hands ---------------------------------------------------------------------------------- */

void begin_job(struct worker *w, void (*job)(struct worker *worker))
{
	struct hands *hands = &w->hands;

	atomic_store(&hands->state, NO_JOB);
	pthread_mutex_lock(&hands->lock);
	hands->job = job;
	pthread_cond_broadcast(&hands->changed);
	pthread_mutex_unlock(&hands->lock);
	while (atomic_load(&hands->state) != READY)
		sched_yield();
	atomic_store(&hands->state, BEGUN);
}

void end_job(struct worker *w)
{
	while (atomic_load(&w->hands.state) != DONE)
		sched_yield();
}

// => both are awake when the job begins, so that they do meet
static void do_job(struct worker *w)
{
	struct hands *hands = &w->hands;
	void (*job)(struct worker *worker) = hands->job;

	hands->job = NULL;
	pthread_mutex_unlock(&hands->lock);
	atomic_store(&hands->state, READY);
	while (atomic_load(&hands->state) != BEGUN)
		sched_yield();
	job(w);
	atomic_store(&hands->state, DONE);
	pthread_mutex_lock(&hands->lock);
}

// False when there are no turns any more.
static bool take_turn(struct worker *w, int hand)
{
	struct hands *hands = &w->hands;
	bool over;

	pthread_mutex_lock(&hands->lock);
	while (hands->turn != hand && !hands->over) {
		if (hands->job)
			do_job(w);
		else
			pthread_cond_wait(&hands->changed, &hands->lock);
	}
	over = hands->over;
	pthread_mutex_unlock(&hands->lock);
	return !over;
}

static void pass_turn(struct worker *w, int hand, bool over)
{
	pthread_mutex_lock(&w->hands.lock);
	w->hands.turn = 1 - hand;
	w->hands.over = over;
	pthread_cond_broadcast(&w->hands.changed);
	pthread_mutex_unlock(&w->hands.lock);
}

static void *run_hand(void *arg)
{
	long number = (long)arg, hand = number % HANDS;
	struct worker *w = &workers[number / HANDS];
	bool over = false;

	pthread_barrier_wait(&all_ready);
	while (!over && take_turn(w, hand)) {
		int count = 1 + below(w, LONGEST_TURN);

		run_operations(w, count);
		w->hands.left -= count;
		over = end ? now(CLOCK_MONOTONIC) >= end : w->hands.left <= 0;
		if (over)
			sweep(w);
		pass_turn(w, hand, over);
	}
	return NULL;
}

/* --- setting up ----------------------------------------------------------------------------- */

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
	w->random = (seed * 1000003 + process) * 1000003 + number + 1;
	for (size_t i = 0; i < ARRAY_SIZE(w->object); i++)
		w->object[i].type = i < SHARED_MEMORY ? i : SHARED_MEMORY;
	open_file(w, DISK_FILE, ".");
	open_file(w, MEMORY_FILE, "/dev/shm");
	w->area = area;
	w->area_pages = WORKERS * ARENA_PAGES;
	w->arena.base = area + number * ARENA_PAGES * PAGE;
	model_map(&w->arena, &whole_arena);
	w->hands.left = SHORT_RUN;
	pthread_mutex_init(&w->hands.lock, NULL);
	pthread_cond_init(&w->hands.changed, NULL);
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

// The first worker has the process's heap as a second arena.
static void set_up_heap(struct worker *w)
{
	w->heap.base = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1));
	CHECK_EQ(syscall(SYS_brk, w->heap.base), w->heap.base);
}

// No memory is allocated after the barrier: it would come to lie in a hole of an arena.
void run_workers(int process, uint64_t seed, long long until, pid_t neighbour)
{
	char *area = map_area(WORKERS * ARENA_PAGES * PAGE);
	pthread_t thread[THREADS];

	end = until;
	catch_faults();
	pthread_barrier_init(&all_ready, NULL, THREADS);
	for (int i = 0; i < WORKERS; i++) {
		set_up(&workers[i], process, i, seed, area);
		workers[i].neighbour = neighbour;
	}
	for (long i = 1; i < THREADS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, run_hand, (void *)i), 0);
	set_up_heap(&workers[0]);
	run_hand(0);
	for (int i = 1; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}
