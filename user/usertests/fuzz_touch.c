// SPDX-License-Identifier: MIT
/*
 * fuzz_touch.c - loads, stores and exchanges at random addresses, mapped or not
 *
 * A store never goes to what a relative by fork shares, nor behind the end of a file in its last
 * page: what is found there later is nobody's promise.
 */
#include "user/usertests/fuzz.h"
#include <setjmp.h>

/* --- faults --------------------------------------------------------------------------------- */

static __thread struct {
	sigjmp_buf back;
	volatile sig_atomic_t armed;
	volatile int sig, code;
	void *volatile address;
} probe;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!probe.armed) {
		signal(sig, SIG_DFL);	// not ours: let it kill
		return;
	}
	probe.armed = false;
	probe.sig = sig;
	probe.code = info->si_code;
	probe.address = info->si_addr;
	siglongjmp(probe.back, 1);
}

void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	CHECK_SYS(sigaction(SIGSEGV, &action, NULL));
	CHECK_SYS(sigaction(SIGBUS, &action, NULL));
}

enum how { LOAD, STORE, EXCHANGE, ADD };

// True if nothing came between; *value is what was loaded or is to be stored.
static bool access_word(volatile uint64_t *at, enum how how, uint64_t *value)
{
	if (sigsetjmp(probe.back, 0))
		return false;
	probe.armed = true;
	if (how == LOAD)
		*value = *at;
	else if (how == STORE)
		*at = *value;
	else if (how == EXCHANGE)
		*value = __atomic_exchange_n(at, *value, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(at, *value, __ATOMIC_RELAXED);
	probe.armed = false;
	return true;
}

bool peek(const void *at)
{
	uint64_t value;

	return access_word((volatile uint64_t *)at, LOAD, &value);
}

bool poke(void *at, uint64_t value)
{
	return access_word(at, STORE, &value);
}

bool add_nothing(void *at)
{
	return access_word(at, ADD, &(uint64_t){ 0 });
}

static void check_fault(struct worker *w, enum access want, const void *at)
{
	static const struct { int sig, code; } faults[] = {
		[NOT_MAPPED] = { SIGSEGV, SEGV_MAPERR }, [NOT_ALLOWED] = { SIGSEGV, SEGV_ACCERR },
		[BEYOND_END] = { SIGBUS, BUS_ADRERR },
	};

	if (want == FINE)
		differs(w, "fault, si_code", probe.sig << 8 | probe.code, 0);
	if (probe.sig != faults[want].sig)
		differs(w, "signal", probe.sig, faults[want].sig);
	if (probe.code != faults[want].code)
		differs(w, "si_code", probe.code, faults[want].code);
	if (probe.address != at)
		differs(w, "si_addr", (long)probe.address, (long)at);
}

/* --- one word ------------------------------------------------------------------------------- */

struct spot spot_of(struct arena *arena, int number, int word)
{
	return (struct spot){
		arena, number, word, &arena->page[number],
		(uint64_t *)(page_at(arena, number) + word_offset[word]),
	};
}

struct spot random_spot(struct worker *w)
{
	struct arena *arena = w->heap.base && !below(w, 5) ? &w->heap : &w->arena;

	return spot_of(arena, below(w, ARENA_PAGES), below(w, WORDS));
}

bool may_store(const struct worker *w, const struct spot *spot)
{
	const struct page *page = spot->page;

	if (!page->mapped || !page->shared)
		return true;
	return !w->sharing &&
	       (model_access(page, true) != FINE ||
		page->index * PAGE + word_offset[spot->word] < page->object->size);
}

void check_value(struct worker *w, const struct spot *spot, uint64_t got)
{
	uint64_t want;
	bool or_zero = model_read(spot->page, spot->word, &want);

	if (got != want && !(or_zero && got == 0)) {
		note(w, "  content of page, word", spot->number, spot->word, 0, 0);
		differs(w, "content", got, want);
	}
}

// After a store the page will not be freed any more: now it is known whether it was.
static void settle(struct page *page, char *at, int stored)
{
	bool gone = true;

	if (!page->freed)
		return;
	page->freed = false;
	for (int word = 0; word < WORDS; word++)
		if (word != stored)
			gone &= *(uint64_t *)(at + word_offset[word]) == 0;
	for (int word = 0; word < WORDS && gone; word++)
		if (word != stored)
			page->words[word] = 0;
}

void stored(const struct spot *spot, uint64_t value)
{
	model_write(spot->page, spot->word, value);
	settle(spot->page, page_at(spot->arena, spot->number), spot->word);
}

// => an exchange of what can be neither loaded nor stored, for different reasons, may fault for
// either: the store of it has to do
static void touch_at(struct worker *w, struct spot spot, enum how how)
{
	if (how == EXCHANGE && model_access(spot.page, false) == BEYOND_END)
		how = STORE;

	enum access want = model_access(spot.page, how != LOAD);
	uint64_t token = new_token(w), value = token;
	bool done;

	note(w, how == LOAD ? "load" : how == STORE ? "store" : "exchange", spot.number,
	     spot.word, spot.arena == &w->heap, 0);
	done = access_word(spot.at, how, &value);
	note_result(w, done);
	if (!done) {
		check_fault(w, want, (void *)spot.at);
		return;
	}
	if (want != FINE)
		differs(w, "no fault", 0, want);
	if (how != STORE)
		check_value(w, &spot, value);
	if (how != LOAD)
		stored(&spot, token);
}

static void touch(struct worker *w)
{
	struct spot spot = random_spot(w);
	enum how how = below(w, 3);

	touch_at(w, spot, may_store(w, &spot) ? how : LOAD);
}

void store_at(struct worker *w, struct spot spot)
{
	if (may_store(w, &spot))
		touch_at(w, spot, STORE);
}

// Neighbours, as a program goes through its memory.
static void touch_row(struct worker *w)
{
	struct range range = random_range(w);
	enum how how = below(w, 3);
	int word = below(w, WORDS);

	for (int i = range.first; i < range.first + range.count; i++) {
		struct spot spot = spot_of(&w->arena, i, word);

		touch_at(w, spot, may_store(w, &spot) ? how : LOAD);
	}
}

/* --- whole pages ---------------------------------------------------------------------------- */

static bool is_word(size_t offset)
{
	for (int word = 0; word < WORDS; word++)
		if (word_offset[word] == offset)
			return true;
	return false;
}

// A copy or a zeroing that forgets a part shows between the words.
static void scan_page(struct worker *w)
{
	struct spot spot = random_spot(w);
	char *start = page_at(spot.arena, spot.number);

	if (model_access(spot.page, false) != FINE)
		return;
	note(w, "scan", spot.number, 0, spot.arena == &w->heap, 0);
	for (size_t offset = 0; offset < PAGE; offset += 8) {
		uint64_t got = *(volatile uint64_t *)(start + offset);

		if (got && !is_word(offset))
			differs(w, "between the words", got, offset);
	}
	note_result(w, 0);
}

// Once is enough for a page that gives a signal, which takes long.
static void sweep_arena(struct worker *w, struct arena *arena)
{
	for (int i = 0; i < ARENA_PAGES; i++) {
		int words = model_access(&arena->page[i], false) == FINE ? WORDS : 1;

		for (int word = 0; word < words; word++)
			touch_at(w, spot_of(arena, i, word), LOAD);
	}
}

void sweep(struct worker *w)
{
	sweep_arena(w, &w->arena);
	if (w->heap.base)
		sweep_arena(w, &w->heap);
}

const struct operation touch_operations[] = {
	{ touch, 400, false },
	{ touch_row, 80, false },
	{ scan_page, 30, false },
	{},
};
