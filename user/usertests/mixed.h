// SPDX-License-Identifier: MIT
/*
 * mixed.h - everything that swaps, at once, for a long time
 *
 *	mixed.c		who runs, what goes wrong on purpose meanwhile, and which ends are right
 *	mixed_pages.c	pages with a model of what they hold
 *	mixed_jobs.c	the jobs
 *
 * A job is a process that does one kind of thing again and again until the time is over, checks
 * what it finds against its own model, and ends with 0. While allocations and the swap disk fail on
 * purpose it may be refused memory (REFUSED), and be ended by SIGBUS, or SIGSEGV where it was its
 * stack that could not be read; the page that a failed read was about is lost, any other is not.
 */
#pragma once
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define REFUSED		77	// exit status: what was asked for was not to be had

struct job {
	const char *name;
	void (*run)(struct job *job);
	size_t pages;		// about; of memory
	uint64_t random;
	long long end;		// by CLOCK_MONOTONIC
};

extern const struct job all_jobs[];	// ends with a name of NULL
extern const char *show_program;	// found before anything fails
// Outside of the test's directory, where a job that is killed leaves it behind.
void remove_file_of(pid_t pid);
extern bool failing;		// failures on purpose are to be expected

uint64_t job_random(struct job *job);
size_t job_below(struct job *job, size_t limit);
bool job_goes_on(const struct job *job);
// The result of a call that may want memory: ends the job if it was refused, while that may be.
long granted(const struct place *at, long result);
#define GRANTED(call)	granted(HERE(#call), (long)(call))
// A child was refused, or ended by a failure, as it may be; anything but that and 0 fails.
void judge_end(const char *name, int status);
void wait_and_judge(pid_t pid);

/* --- mixed_pages.c -------------------------------------------------------------------------- */

// Pages with a number each, which is what they hold: in the first word, its complement in the last.
struct pages {
	char *p;
	size_t count;
	uint64_t *holds;	// 0: untouched; UNKNOWN: a store to it failed
};
#define UNKNOWN		UINT64_MAX

struct pages new_pages(size_t count, int flags, int fd);
void free_pages(struct pages *pages);
// One in a random range is stored to, or checked; `step` > 1 leaves the others out.
void store_some(struct job *job, struct pages *pages, size_t first, size_t step);
void check_some(struct job *job, const struct pages *pages, size_t first, size_t step);
void check_all(const struct pages *pages, size_t first, size_t step);
// A random range is advised.
void advise_some(struct job *job, struct pages *pages, int advice);
// SIGBUS at a load or a store: the page is passed over.
void catch_lost_pages(void);
// Adds to the word; false: SIGBUS.
bool add_word(uint64_t *word, uint64_t what, uint64_t *before);
