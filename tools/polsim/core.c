// SPDX-License-Identifier: MIT
/*
 * One reference after another:
 *
 *   resident        a hit: the page's A bit is set, or it counts as touched by a call
 *   not resident    a miss: a frame, if need be by reclaim; then add(ADD_NEW or ADD_REFAULT)
 *
 * Reclaim takes one folio at a time, where the kernel takes up to 32: next(), the facts, judge().
 * KEEP: back with ADD_KEPT, and the next one.  EVICT of a dirty one: it is written out, which takes
 * no time here, and comes back with ADD_CLEANED.  Else it is gone, and its shadow is left.  The
 * priority begins at 12 and falls by one with each round over all that is held; at 0 KEEP does not
 * count any more, so reclaim ends whatever the policy says.
 *
 * A reference is one tick; AGE_TICKS of them are a millisecond to age().
 *
 * How a broken promise is found.  A folio that the policy does not hold has poison in its lru, put
 * there by list_del() or else by us, and policy[] as we remember it: both must still be there when
 * it is handed over next, or its frame is used anew (P1).  After add() its neighbours must point to
 * it, after next() and del() it must be off its list (P6).  A policy that gives NULL while it holds
 * a folio has lost one; at the end some are taken away, and it must give all others (P2).  Behind
 * the lruvec are words that must stay 0 (P6).  A walk along poison is a memory fault, which guard.c
 * reports as P1, and a call that does not end as P4.
 */
#include "tools/polsim/core.h"

#include <stdio.h>

#include "tools/polsim/alloc.h"
#include "tools/polsim/guard.h"

#define AGE_TICKS	100
#define CALM		12		/* the priority that reclaim begins with */
#define TAKEN_AT_END	4		/* one folio in so many */

struct frame {
	struct folio folio;
	u32 page;
	u8 kind;
	bool held, referenced, mapped, dirty;
	u8 touched;
	u8 policy[3];			/* as they were when the policy gave it */
};

struct page {
	unsigned long shadow;
	u32 frame;			/* 1 + its number; 0: not resident */
	bool evicted;			/* since its owner had it last */
};

struct sim {
	const struct sim_config *config;
	const struct reclaim_policy *policy;
	const struct trace *trace;
	struct sim_counts *counts;
	struct lruvec vec;
	unsigned long behind_vec[8];	/* not the policy's: zeros */
	struct frame *frames;
	u32 nr_frames;			/* no more than there are pages */
	struct page *pages;
	u32 *free;			/* numbers of free frames: a stack */
	u32 nr_free;
	u32 held[NR_KINDS];
	long credit;			/* above 0: it is the anonymous ones' turn */
	size_t now;
	unsigned long ticks_to_age;
	struct guard_report report;	/* the promise that was broken */
};

/* --- promises --- */

static u32 frame_number(const struct sim *sim, const struct frame *frame)
{
	return frame - sim->frames;
}

static bool is_linked(const struct list_head *entry)
{
	return entry->next != LIST_POISON_NEXT && entry->next != entry;
}

/* Nobody's links: a policy that follows them faults. */
static void poison(struct frame *frame)
{
	frame->folio.lru = (struct list_head){ LIST_POISON_NEXT, LIST_POISON_PREV };
	__builtin_memcpy(frame->policy, frame->folio.policy, sizeof(frame->policy));
}

static void check_untouched(struct sim *sim, const struct frame *frame)
{
	if (frame->folio.lru.next != LIST_POISON_NEXT || frame->folio.lru.prev != LIST_POISON_PREV)
		guard_stop(1, "it wrote folio->lru of page %#llx, which it did not hold",
			   sim->trace->pages[frame->page]);
	if (__builtin_memcmp(frame->policy, frame->folio.policy, sizeof(frame->policy)))
		guard_stop(1, "it wrote folio->policy of page %#llx, which it did not hold",
			   sim->trace->pages[frame->page]);
}

static void check_linked(struct sim *sim, const struct frame *frame)
{
	const struct list_head *lru = &frame->folio.lru;

	if (!is_linked(lru) || lru->next->prev != lru || lru->prev->next != lru)
		guard_stop(6, "add() did not put page %#llx on a list",
			   sim->trace->pages[frame->page]);
}

/* --- the policy's functions --- */

static void hand_over(struct sim *sim, struct frame *frame, enum add_why why, unsigned long shadow)
{
	check_untouched(sim, frame);
	frame->held = true;
	sim->held[frame->kind]++;
	guard_enter("add");
	sim->policy->add(&sim->vec, &frame->folio, frame->kind, why, shadow);
	guard_leave();
	check_linked(sim, frame);
	if (sim->behind_vec[0])
		guard_stop(6, "it wrote behind the end of struct lruvec");
}

static void took_back(struct sim *sim, struct frame *frame, const char *function)
{
	if (is_linked(&frame->folio.lru))
		guard_stop(6, "%s() left page %#llx on its list", function,
			   sim->trace->pages[frame->page]);
	frame->held = false;
	sim->held[frame->kind]--;
	poison(frame);
}

/* The folio that next() gives, if it is one: inside our array, at the beginning of a frame. */
static struct frame *frame_of(struct sim *sim, struct folio *folio)
{
	size_t offset = (char *)folio - (char *)sim->frames;

	if (offset >= sim->nr_frames * sizeof(struct frame) || offset % sizeof(struct frame))
		guard_stop(2, "next() gave a pointer to no folio");
	return container_of(folio, struct frame, folio);
}

/* NULL: it holds none of that kind. */
static struct frame *take_next(struct sim *sim, const struct policy_scan *scan)
{
	struct folio *folio;
	struct frame *frame;

	guard_enter("next");
	folio = sim->policy->next(&sim->vec, scan);
	guard_leave();
	if (!folio && sim->held[scan->kind])
		guard_stop(2, "next() gave none, but it holds %u", sim->held[scan->kind]);
	if (!folio)
		return NULL;
	frame = frame_of(sim, folio);
	if (!frame->held)
		guard_stop(2, "next() gave page %#llx, which it does not hold",
			   sim->trace->pages[frame->page]);
	if (frame->kind != scan->kind)
		guard_stop(2, "next() gave page %#llx of the other kind",
			   sim->trace->pages[frame->page]);
	took_back(sim, frame, "next");
	sim->counts->scanned++;
	return frame;
}

static enum fate ask(struct sim *sim, struct frame *frame, const struct policy_scan *scan)
{
	struct folio_facts facts = {
		.kind = frame->kind,
		.referenced = frame->referenced,
		.mapped = frame->mapped,
		.dirty = frame->dirty,
		.touched = frame->touched,
	};
	enum fate fate;

	frame->referenced = false;
	frame->touched = 0;
	guard_enter("judge");
	fate = sim->policy->judge(&sim->vec, &frame->folio, &facts, scan);
	guard_leave();
	if (fate != KEEP && fate != EVICT)
		guard_stop(5, "judge() said %d", fate);
	/* It may write policy[] while it judges. */
	__builtin_memcpy(frame->policy, frame->folio.policy, sizeof(frame->policy));
	return fate;
}

static void put_age(struct sim *sim)
{
	if (!sim->policy->age || --sim->ticks_to_age)
		return;
	sim->ticks_to_age = AGE_TICKS * (unsigned long)max(sim->policy->age_ms, 1U);
	guard_enter("age");
	sim->policy->age(&sim->vec);
	guard_leave();
}

/* --- reclaim --- */

/* Whose turn it is, in proportion to what is held, swappiness 60. */
static enum folio_kind choose_kind(struct sim *sim)
{
	long anon = 60L * sim->held[KIND_ANON], file = 140L * sim->held[KIND_FILE];

	if (!anon || !file)
		return anon ? KIND_ANON : KIND_FILE;
	if (sim->credit > 0) {
		sim->credit -= file;
		return KIND_ANON;
	}
	sim->credit += anon;
	return KIND_FILE;
}

static void free_frame(struct sim *sim, struct frame *frame)
{
	sim->pages[frame->page].frame = 0;
	sim->free[sim->nr_free++] = frame_number(sim, frame);
}

static void evict(struct sim *sim, struct frame *frame)
{
	struct page *page = &sim->pages[frame->page];

	page->evicted = true;
	page->shadow = 0;
	if (sim->policy->evicted && !sim->config->no_shadows) {
		guard_enter("evicted");
		page->shadow = sim->policy->evicted(&sim->vec, &frame->folio, frame->kind);
		guard_leave();
		if (page->shadow >> 62)
			guard_stop(5, "evicted() gave a word of more than 62 bits");
	}
	if (sim->config->evicted)
		sim->config->evicted(sim->config->arg, frame->page, sim->now);
	free_frame(sim, frame);
}

/* One folio of what next() gives; true: it is gone. */
static bool try_evict(struct sim *sim, const struct policy_scan *scan)
{
	struct frame *frame = take_next(sim, scan);
	enum fate fate = ask(sim, frame, scan);

	if (fate == KEEP && scan->priority) {
		hand_over(sim, frame, ADD_KEPT, 0);
		return false;
	}
	if (frame->dirty) {
		frame->dirty = false;
		sim->counts->writeouts++;
		hand_over(sim, frame, ADD_CLEANED, 0);
		return false;
	}
	evict(sim, frame);
	return true;
}

static void reclaim(struct sim *sim)
{
	struct policy_scan scan = { .kind = choose_kind(sim), .priority = CALM };
	u32 scanned = 0;

	while (!try_evict(sim, &scan)) {
		if (++scanned < sim->held[scan.kind] || !scan.priority)
			continue;
		scan.priority--;
		scanned = 0;
	}
}

/* --- references --- */

static void use(struct frame *frame, u32 ref)
{
	if (ref & REF_CALL)
		frame->touched += frame->touched < 2;
	else
		frame->referenced = frame->mapped = true;
	if (ref & REF_STORE)
		frame->dirty = true;
}

static struct frame *bring_in(struct sim *sim, u32 ref)
{
	struct page *page = &sim->pages[ref_page(ref)];
	struct frame *frame;

	sim->counts->misses++;
	sim->counts->refaults += page->evicted;
	if (!sim->nr_free)
		reclaim(sim);
	frame = &sim->frames[sim->free[--sim->nr_free]];
	check_untouched(sim, frame);
	*frame = (struct frame){
		.page = ref_page(ref),
		.kind = ref & REF_FILE ? KIND_FILE : KIND_ANON,
	};
	poison(frame);
	page->frame = 1 + frame_number(sim, frame);
	hand_over(sim, frame, page->shadow ? ADD_REFAULT : ADD_NEW, page->shadow);
	return frame;
}

static void reference(struct sim *sim, u32 ref)
{
	u32 number = sim->pages[ref_page(ref)].frame;
	struct frame *frame;

	sim->counts->references++;
	if (number) {
		sim->counts->hits++;
		frame = &sim->frames[number - 1];
	} else {
		frame = bring_in(sim, ref);
	}
	use(frame, ref);
	put_age(sim);
}

static void take_away(struct sim *sim, struct frame *frame)
{
	if (!is_linked(&frame->folio.lru))
		guard_stop(2, "it holds page %#llx, which is on no list",
			   sim->trace->pages[frame->page]);
	guard_enter("del");
	sim->policy->del(&sim->vec, &frame->folio, frame->kind);
	guard_leave();
	took_back(sim, frame, "del");
	free_frame(sim, frame);
}

/* Its owner gave it up: the frame is free, and the page begins anew. */
static void gone(struct sim *sim, u32 ref)
{
	struct page *page = &sim->pages[ref_page(ref)];

	if (page->frame)
		take_away(sim, &sim->frames[page->frame - 1]);
	*page = (struct page){ 0 };
}

static void run(struct sim *sim)
{
	size_t to_progress = sim->config->every;

	for (sim->now = 0; sim->now < sim->trace->nr_refs; sim->now++) {
		u32 ref = sim->trace->refs[sim->now];

		if (ref & REF_GONE) {
			gone(sim, ref);
			continue;
		}
		reference(sim, ref);
		if (sim->config->progress && !--to_progress) {
			sim->config->progress(sim->config->arg, sim->counts);
			to_progress = sim->config->every;
		}
	}
}

static void print_nowhere(const char *name, unsigned long n)
{
}

/* Only the kernel shows what they say; whether they can say it is seen here. */
static void look(struct sim *sim)
{
	for (enum folio_kind kind = 0; sim->policy->active && kind < NR_KINDS; kind++) {
		guard_enter("active");
		sim->policy->active(&sim->vec, kind);
		guard_leave();
	}
	if (!sim->policy->show)
		return;
	guard_enter("show");
	sim->policy->show(&sim->vec, print_nowhere);
	guard_leave();
}

/* P2, at the end: it can produce all that it holds.  The string may not have needed del(). */
static void drain(struct sim *sim)
{
	u64 scanned = sim->counts->scanned;

	for (u32 i = 0; i < sim->nr_frames; i += TAKEN_AT_END)
		if (sim->frames[i].held)
			take_away(sim, &sim->frames[i]);
	for (enum folio_kind kind = 0; kind < NR_KINDS; kind++) {
		struct policy_scan scan = { .kind = kind, .priority = CALM };

		while (take_next(sim, &scan))
			;
	}
	sim->counts->scanned = scanned;
}

/* --- a run --- */

static void start(struct sim *sim)
{
	u32 frames = min(sim->config->frames, sim->trace->nr_pages);

	sim->nr_frames = frames;
	sim->frames = sim_calloc(frames, sizeof(*sim->frames));
	sim->pages = sim_calloc(sim->trace->nr_pages, sizeof(*sim->pages));
	sim->free = sim_calloc(frames, sizeof(*sim->free));
	while (sim->nr_free < frames) {
		sim->free[sim->nr_free] = frames - 1 - sim->nr_free;
		poison(&sim->frames[sim->nr_free++]);
	}
	for (int i = 0; i < POLICY_LISTS; i++)
		INIT_LIST_HEAD(&sim->vec.list[i]);
	sim->ticks_to_age = AGE_TICKS * (unsigned long)max(sim->policy->age_ms, 1U);
}

static void run_guarded(void *arg)
{
	struct sim *sim = arg;

	if (sim->policy->init) {
		guard_enter("init");
		sim->policy->init(&sim->vec, sim->config->seed);
		guard_leave();
	}
	run(sim);
	look(sim);
	drain(sim);
}

static void explain(const struct sim *sim, char message[SIM_MESSAGE])
{
	char promise[16] = "fails", when[40] = "after the last reference";

	if (sim->report.promise)
		snprintf(promise, sizeof(promise), "breaks P%d", sim->report.promise);
	if (sim->now < sim->trace->nr_refs)
		snprintf(when, sizeof(when), "at reference %zu", sim->now + 1);
	snprintf(message, SIM_MESSAGE, "policy %s %s %s: %s", sim->policy->name, promise, when,
		 sim->report.what);
}

static void stop(struct sim *sim)
{
	free(sim->frames);
	free(sim->pages);
	free(sim->free);
	free(sim);
}

bool sim_run(const struct sim_config *config, const struct trace *trace, struct sim_counts *counts,
	     char message[SIM_MESSAGE])
{
	const char *lacking = policy_lacks(config->policy);
	struct sim *sim = sim_calloc(1, sizeof(*sim));
	bool ok;

	*sim = (struct sim){ .config = config, .policy = config->policy, .trace = trace,
			     .counts = counts };
	*counts = (struct sim_counts){ 0 };
	message[0] = '\0';
	if (lacking) {
		snprintf(message, SIM_MESSAGE, "policy %s has no function %s()",
			 config->policy->name, lacking);
		free(sim);
		return false;
	}
	start(sim);
	ok = guard_run(run_guarded, sim, &sim->report);
	if (!ok)
		explain(sim, message);
	stop(sim);
	return ok;
}

/* --- which policies there are --- */

extern const struct reclaim_policy *const __start_policies[], *const __stop_policies[];

const struct reclaim_policy *sim_policy(unsigned int n)
{
	const struct reclaim_policy *const *first = __start_policies;

	return first + n < __stop_policies ? first[n] : NULL;
}

const struct reclaim_policy *sim_find_policy(const char *name)
{
	for (unsigned int n = 0; sim_policy(n); n++)
		if (!__builtin_strcmp(sim_policy(n)->name, name))
			return sim_policy(n);
	return NULL;
}
