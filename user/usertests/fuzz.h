// SPDX-License-Identifier: MIT
/*
 * fuzz.h - random mapping calls against a model of what they promise
 *
 *	fuzz.c		choosing, forking; the log, and how a difference is told
 *	fuzz_workers.c	a process, its workers and their hands
 *	fuzz_calls.c	the calls: mmap, munmap, brk, mprotect, mremap, madvise, mlock, msync
 *	fuzz_touch.c	loads and stores
 *	fuzz_copy.c	the kernel's copies to and from the same pages, direct I/O
 *	fuzz_files.c	truncation, holes and write-back of the mapped files
 *	fuzz_look.c	/proc, and neighbours that look in
 *	fuzz_race.c	what both hands of a worker do at the same time
 *	fuzz_model.c	what Linux promises of all these
 *
 * Each worker has an arena of its own, a stretch of addresses in which it alone maps, and files of
 * its own, so that its model knows all that can happen to them; only locks, page tables and
 * mappings at the arena's ends are shared with its neighbours. It has two hands, threads that take
 * turns, so that what one harts knows of a page is put to the test after another has changed it.
 * A forked worker has the model in its memory like everything else: parent and child go on with a
 * copy each, and until the child has ended neither changes what they share (worker.sharing).
 *
 * A page's content is known by WORDS words of eight bytes; the rest of every page is zero.
 */
#pragma once
#include "user/usertests/usertests.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define PAGE		4096UL
#define ARENA_PAGES	48
#define FILE_PAGES	16
#define WORDS		4

extern const size_t word_offset[WORDS];	// within a page

enum object_type { DISK_FILE, MEMORY_FILE, SHARED_MEMORY, OBJECT_TYPES };

// What several mappings can show: a file, or the memory behind one MAP_SHARED|MAP_ANONYMOUS.
struct object {
	enum object_type type;
	int fd, read_fd, direct_fd;	// -1 where there is none
	size_t size;			// bytes, a multiple of 8
	uint64_t words[FILE_PAGES][WORDS];
};

struct page {
	bool mapped;
	bool shared;
	bool own;		// a private page has its own content, in words
	bool freed;		// MADV_FREE: its content may turn into zeroes
	bool locked, lock_on_fault;
	bool not_for_children;	// MADV_DONTFORK
	bool may_write;		// mprotect may make it writable
	bool cut;		// its mapping may have been split around here
	int prot;
	unsigned mapping;	// the number of the call that made it
	struct object *object;	// NULL for private anonymous memory
	unsigned index;		// page of the object
	uint64_t words[WORDS];
};

struct arena {
	char *base;
	unsigned mappings;
	struct page page[ARENA_PAGES];
};

struct range {
	int first, count;	// pages
};

struct worker;
struct operation;

enum access { FINE, NOT_MAPPED, NOT_ALLOWED, BEYOND_END };

/* --- fuzz_model.c: each changes the model as Linux changes the memory ----------------------- */

// They return the errno, 0 for success.
int model_protect(struct arena *arena, struct range range, int prot);
int model_lock(struct arena *arena, struct range range, bool on_fault);
int model_unlock(struct arena *arena, struct range range);
int model_advise(struct arena *arena, struct range range, int advice);
int model_sync(const struct arena *arena, struct range range, int flags);
int model_all_mapped(const struct arena *arena, struct range range);

struct map_request {
	struct range range;
	int prot;
	bool shared, may_write, locked, populate;
	struct object *object;
	unsigned index;		// page of the object that comes first
};
void model_map(struct arena *arena, const struct map_request *request);
void model_unmap(struct arena *arena, struct range range);
bool model_any_mapped(const struct arena *arena, struct range range);

// Is the range surely, or surely not, within one mapping?
enum certainty { NO, PERHAPS, YES };
enum certainty model_one_mapping(const struct arena *arena, struct range range);
// With `stays` the old pages are still mapped afterwards, but empty.
void model_move(struct arena *arena, struct range from, struct range to, bool stays);
void model_grow(struct arena *arena, struct range old, int pages);
void model_forked(struct arena *arena);

enum access model_access(const struct page *page, bool write);
// What a load finds; true if zero is as right, after MADV_FREE.
bool model_read(const struct page *page, int word, uint64_t *value);
void model_write(struct page *page, int word, uint64_t value);
// A private page gets its own copy of what it shows.
void model_make_own(struct page *page);

void model_resize(struct arena *arena, struct object *object, size_t size);
void model_punch(struct object *object, size_t first, size_t pages);

/* --- fuzz.c --------------------------------------------------------------------------------- */

struct call {
	const char *name;
	long a, b, c, d, result;
};

#define TAIL 32

// The threads of a worker. The one whose turn it is runs operations; the other sleeps, or runs the
// job that it is given.
struct hands {
	pthread_mutex_t lock;	// of turn, over and job
	pthread_cond_t changed;
	int turn;
	bool over;
	void (*job)(struct worker *worker);
	atomic_int state;	// of the job
	long left;		// operations, where no end is set
};

struct worker {
	struct arena arena, heap;	// heap.base is NULL where another worker has it
	struct object object[OBJECT_TYPES + 2];	// further ones are SHARED_MEMORY, too
	uint64_t random, seed, token;
	int process, number, depth;
	bool alone;		// the other hand is in the parent
	struct hands hands;
	char *area;		// the arenas of all workers of the process, one after the other
	int area_pages;
	pid_t neighbour;	// another process of workers; 0 if there is none
	bool sharing;			// a relative by fork has the same shared pages
	unsigned long calls;
	struct call tail[TAIL];	// the last ones; the next goes to [calls % TAIL]
	char text[1 << 16];	// what was read of a file in /proc: no stack grows for it
};

uint64_t random_number(struct worker *worker);
int below(struct worker *worker, int limit);
struct range random_range(struct worker *worker);
// A number that was in no page before.
uint64_t new_token(struct worker *worker);
// The address of a page.
char *page_at(const struct arena *arena, int page);

// Notes a call for the tail of the log; its result follows.
void note(struct worker *worker, const char *name, long a, long b, long c, long d);
void note_result(struct worker *worker, long result);
// Tells seed, worker, and the last calls, and ends the process.
_Noreturn void differs(struct worker *worker, const char *what, long long got, long long want);
// A call's result: 0 or -1 with errno, against the errno that the model wants.
void expect(struct worker *worker, long result, int want);
// The result of a transfer as one of those: 0 if it is complete.
static inline long whole(ssize_t n, size_t size)
{
	return n < 0 ? n : n - (ssize_t)size;
}

void run_operations(struct worker *worker, int count);
void run_one_of(struct worker *worker, const struct operation *table);
// A child that does so many operations; it looks at everything before and after.
pid_t fork_child(struct worker *worker, int operations);
void wait_for_child(struct worker *worker, pid_t pid);

/* --- fuzz_workers.c ------------------------------------------------------------------------- */

// Runs the workers of a process until `end`, by CLOCK_MONOTONIC, or for a while if that is 0.
_Noreturn void run_workers(int process, uint64_t seed, long long end, pid_t neighbour);
// The other hand begins with the job now; the second waits until it has done it.
void begin_job(struct worker *worker, void (*job)(struct worker *worker));
void end_job(struct worker *worker);

/* --- the operations ------------------------------------------------------------------------- */

struct operation {
	void (*run)(struct worker *worker);
	int weight;
	bool changes_objects;	// not while a relative shares them
};
extern const struct operation call_operations[], touch_operations[], copy_operations[],
	file_operations[], look_operations[], race_operations[];

// Operations that do nothing to anonymous and shared memory but to its attributes.
void fuzz_protect(struct worker *worker);
void fuzz_lock(struct worker *worker);
void fuzz_unlock(struct worker *worker);
void fuzz_advise(struct worker *worker);
void fuzz_sync_range(struct worker *worker);
void fuzz_clear_refs(struct worker *worker);

// A word of a page.
struct spot {
	struct arena *arena;
	int number, word;
	struct page *page;
	volatile uint64_t *at;
};
struct spot spot_of(struct arena *arena, int number, int word);
struct spot random_spot(struct worker *worker);
struct object *random_file(struct worker *worker);
// May what the page shows be changed at this word?
bool may_store(const struct worker *worker, const struct spot *spot);
// After a load, and after a store, at the spot.
void check_value(struct worker *worker, const struct spot *spot, uint64_t got);
void stored(const struct spot *spot, uint64_t value);

void catch_faults(void);
// Loads, stores, or adds zero to a word, wherever it is; false if it cannot be had.
bool peek(const void *at);
bool poke(void *at, uint64_t value);
bool add_nothing(void *at);
// A store of something new, where one is allowed; it may fault.
void store_at(struct worker *worker, struct spot spot);
// Every page of both arenas against the model.
void sweep(struct worker *worker);
