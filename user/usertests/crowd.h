// SPDX-License-Identifier: MIT
/*
 * crowd.h - threads at the same few pages at the same time
 *
 * Each thread has a word of its own in every page, so that whatever the others do to the page, what
 * it wrote last must be there.  The tests hold in every schedule; under `make races` they meet the
 * schedules that matter.
 */
#pragma once
#include "user/usertests/mapping.h"
#include "user/usertests/threads.h"

#define CROWD		3
#define CROWD_PAGES	6

// Runs body(0) … body(CROWD - 1) at once, and returns when all have.
void crowd(void (*body)(int me));

// Thread @me's word of a page.
static inline volatile uint64_t *crowd_word(char *p, int page, int me)
{
	return (volatile uint64_t *)(p + page * PAGE) + me * 37;
}

// Writes @value, and the page's number, into thread @me's word of every page; checks them.
void crowd_write(char *p, int me, uint64_t value);
void crowd_check(char *p, int me, uint64_t value);

// As a debugger does: the kernel finds the page, and stores or loads from its own side. False, and
// errno: it could not store.
bool store_from_outside(volatile uint64_t *word, uint64_t value);
uint64_t load_from_outside(volatile uint64_t *word);
