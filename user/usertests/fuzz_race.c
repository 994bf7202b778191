// SPDX-License-Identifier: MIT
/*
 * fuzz_race.c - what both hands of a worker do at the same time
 *
 * Only what has one outcome however the two meet can be told by the model: stores to different
 * words, loads, additions of nothing to memory whose content does not depend on when it was copied.
 */
#include "user/usertests/fuzz.h"

// What the idle hand is to do. Of one process at a time only by chance, so each worker has its own.
struct plan {
	struct range range;
	bool page[ARENA_PAGES];	// which of them
	int word[2];		// of the one and of the other hand
	uint64_t token;		// of the first page
	bool backwards;
	bool stored[ARENA_PAGES];
	atomic_bool stop;
};

static struct plan *plan_of(struct worker *w)
{
	static struct plan plans[8];

	return &plans[w->number];
}

static void *address(struct worker *w, int page, int word)
{
	return page_at(&w->arena, page) + word_offset[word];
}

/* --- two stores to one page ----------------------------------------------------------------- */

static void store_row(struct worker *w, int hand)
{
	struct plan *plan = plan_of(w);

	for (int i = 0; i < plan->range.count; i++) {
		int last = plan->range.count - 1, step = hand && plan->backwards ? last - i : i;
		int page = plan->range.first + step;

		if (plan->page[page])
			plan->stored[page] = poke(address(w, page, plan->word[hand]),
						  plan->token + page * 2 + hand);
	}
}

static void other_row(struct worker *w)
{
	store_row(w, 1);
}

// Does a page before this one, to be stored to, show the same page of an object?
static bool shown_before(struct worker *w, int number)
{
	const struct page *pages = w->arena.page;

	for (int i = 0; i < number; i++)
		if (plan_of(w)->page[i] && pages[i].object &&
		    pages[i].object == pages[number].object &&
		    pages[i].index == pages[number].index)
			return true;
	return false;
}

// Pages that can be stored to, and of which the model will know the content afterwards.
static bool plan_stores(struct worker *w)
{
	struct plan *plan = plan_of(w);
	bool any = false;

	*plan = (struct plan){ .range = random_range(w), .backwards = below(w, 2) };
	plan->word[0] = below(w, WORDS);
	plan->word[1] = (plan->word[0] + 1 + below(w, WORDS - 1)) % WORDS;
	for (int i = plan->range.first; i < plan->range.first + plan->range.count; i++) {
		struct spot spots[] = { spot_of(&w->arena, i, plan->word[0]),
					spot_of(&w->arena, i, plan->word[1]) };

		plan->page[i] = model_access(spots->page, true) == FINE && !spots->page->freed &&
				may_store(w, &spots[0]) && may_store(w, &spots[1]) &&
				!shown_before(w, i);
		any |= plan->page[i];
	}
	plan->token = new_token(w);
	w->token += 2 * ARENA_PAGES;
	return any;
}

static void store_together(struct worker *w)
{
	struct plan *plan = plan_of(w);

	if (w->alone || !plan_stores(w))
		return;
	note(w, "both store", plan->range.first, plan->range.count, plan->word[0], plan->word[1]);
	begin_job(w, other_row);
	store_row(w, 0);
	end_job(w);
	note_result(w, 0);
	for (int i = 0; i < ARENA_PAGES; i++)
		for (int hand = 0; plan->page[i] && hand < 2; hand++)
			model_write(&w->arena.page[i], plan->word[hand],
				    plan->token + i * 2 + hand);
}

/* --- stores to a file that is truncated ----------------------------------------------------- */

// Each page once, and on until the file is truncated.
static void store_on(struct worker *w)
{
	do
		store_row(w, 1);
	while (!atomic_load(&plan_of(w)->stop));
}

// A private copy of a page that goes must go as well, also if it is made this very moment.
static void truncate_meanwhile(struct worker *w)
{
	struct object *object = random_file(w);
	struct plan *plan = plan_of(w);
	size_t size = below(w, FILE_PAGES) * PAGE;

	if (w->alone || size >= object->size)
		return;
	*plan = (struct plan){ .range = { 0, ARENA_PAGES }, .token = new_token(w) };
	w->token += 2 * ARENA_PAGES;
	for (int i = 0; i < ARENA_PAGES; i++) {
		const struct page *page = &w->arena.page[i];

		plan->page[i] = page->object == object && !page->shared &&
				model_access(page, true) == FINE;
	}
	note(w, "stores and ftruncate", object - w->object, size, 0, 0);
	begin_job(w, store_on);
	expect(w, ftruncate(object->fd, size), 0);
	atomic_store(&plan->stop, true);
	end_job(w);
	model_resize(&w->arena, object, size);
	for (int i = 0; i < ARENA_PAGES; i++) {
		struct page *page = &w->arena.page[i];

		if (!plan->page[i] || page->index * PAGE >= size)
			continue;
		if (!plan->stored[i])
			differs(w, "store to a page that stays", 0, i);
		model_write(page, 0, plan->token + i * 2 + 1);
	}
}

/* --- calls under observation ---------------------------------------------------------------- */

// The other hand waits for the end of the job, so the model is known. This hart has had
// translations of the pages until just now: is one left that the calls should have taken?
static void try_everything(struct worker *w)
{
	sweep(w);
	for (int i = 0; i < ARENA_PAGES; i++)
		store_at(w, spot_of(&w->arena, i, below(w, WORDS)));
}

static void load_on(struct worker *w)
{
	struct plan *plan = plan_of(w);

	for (int i = 0; !atomic_load(&plan->stop); i = (i + 7) % ARENA_PAGES)
		peek(address(w, i, i % WORDS));
	try_everything(w);
}

static void calls_under_loads(struct worker *w)
{
	struct plan *plan = plan_of(w);

	if (w->alone)
		return;
	*plan = (struct plan){};
	begin_job(w, load_on);
	for (int calls = 1 + below(w, 4); calls > 0; calls--)
		run_one_of(w, below(w, 4) ? call_operations : file_operations);
	atomic_store(&plan->stop, true);
	end_job(w);
}

static void add_on(struct worker *w)
{
	struct plan *plan = plan_of(w);

	for (int i = 0; !atomic_load(&plan->stop); i = (i + 7) % ARENA_PAGES)
		if (plan->page[i])
			add_nothing(address(w, i, i % WORDS));
	try_everything(w);
}

// The child must see its pages as they were, while the parent's other hand writes.
static void fork_once(struct worker *w)
{
	bool sharing = w->sharing;

	w->sharing = true;
	wait_for_child(w, fork_child(w, 0));
	w->sharing = sharing;
}

static const struct operation harmless_operations[] = {
	{ fuzz_protect, 4, false },
	{ fuzz_advise, 6, false },
	{ fuzz_lock, 1, false },
	{ fuzz_unlock, 1, false },
	{ fuzz_sync_range, 1, false },
	{ fuzz_clear_refs, 2, false },
	{ fork_once, 1, false },
	{},
};

// Private pages of files are left out: to write them fixes what they show.
static void calls_under_stores(struct worker *w)
{
	struct plan *plan = plan_of(w);

	if (w->alone)
		return;
	*plan = (struct plan){};
	for (int i = 0; i < ARENA_PAGES; i++) {
		struct spot spot = spot_of(&w->arena, i, i % WORDS);

		plan->page[i] = spot.page->mapped && may_store(w, &spot) &&
				(spot.page->shared || !spot.page->object);
	}
	begin_job(w, add_on);
	for (int calls = 1 + below(w, 6); calls > 0; calls--)
		run_one_of(w, harmless_operations);
	atomic_store(&plan->stop, true);
	end_job(w);
}

const struct operation race_operations[] = {
	{ store_together, 30, false },
	{ truncate_meanwhile, 6, true },
	{ calls_under_loads, 20, false },
	{ calls_under_stores, 30, false },
	{},
};
