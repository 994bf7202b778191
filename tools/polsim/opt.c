// SPDX-License-Identifier: MIT
/*
 * The moments at which the resident pages will be used next are a set; the largest of them names
 * the victim, since the reference at that moment is to its page.  Pages that are not used again, or
 * not before their owner gives them up, have no moment: they are in a pile of their own and go
 * first.
 *
 * O1 A resident page's next use is in `moments`, or it is NEVER and the page is on the pile.  The
 *    pile may have more than these: an entry counts if its page is resident and its next use NEVER.
 */
#include "tools/polsim/opt.h"

#include "tools/polsim/alloc.h"
#include "tools/polsim/moments.h"

#define NEVER	(~0u)

struct opt {
	const struct trace *trace;
	u32 *next_use;			/* by reference: when its page is used next */
};

struct page {
	u32 next_use;
	bool resident, dirty, evicted;
};

struct run {
	const struct opt *opt;
	struct sim_counts *counts;
	struct moments moments;
	struct page *pages;
	u32 *pile;
	size_t nr_pile, pile_room;
	u32 nr_free;
};

struct opt *opt_new(const struct trace *trace)
{
	struct opt *opt = sim_calloc(1, sizeof(*opt));
	u32 *seen = sim_calloc(trace->nr_pages, sizeof(*seen));

	opt->trace = trace;
	opt->next_use = sim_calloc(trace->nr_refs, sizeof(*opt->next_use));
	for (u32 id = 0; id < trace->nr_pages; id++)
		seen[id] = NEVER;
	for (size_t i = trace->nr_refs; i-- > 0;) {
		u32 *later = &seen[ref_page(trace->refs[i])];

		opt->next_use[i] = *later;
		*later = trace->refs[i] & REF_GONE ? NEVER : i;
	}
	free(seen);
	return opt;
}

void opt_free(struct opt *opt)
{
	free(opt->next_use);
	free(opt);
}

/* O1 for a page whose next use has become known. */
static void remember(struct run *run, u32 id, u32 next_use)
{
	run->pages[id].next_use = next_use;
	if (next_use != NEVER) {
		moments_add(&run->moments, next_use);
		return;
	}
	if (run->nr_pile == run->pile_room) {
		run->pile_room = run->pile_room ? 2 * run->pile_room : 1024;
		run->pile = sim_realloc(run->pile, run->pile_room, sizeof(u32));
	}
	run->pile[run->nr_pile++] = id;
}

static u32 victim(struct run *run)
{
	size_t last;

	while (run->nr_pile) {
		u32 id = run->pile[--run->nr_pile];

		if (run->pages[id].resident && run->pages[id].next_use == NEVER)
			return id;
	}
	last = moments_last(&run->moments);
	moments_remove(&run->moments, last);
	return ref_page(run->opt->trace->refs[last]);
}

static void evict(struct run *run)
{
	struct page *page = &run->pages[victim(run)];

	run->counts->writeouts += page->dirty;
	*page = (struct page){ .evicted = true };
	run->nr_free++;
}

static void reference(struct run *run, size_t now, u32 ref)
{
	u32 id = ref_page(ref);
	struct page *page = &run->pages[id];

	run->counts->references++;
	if (page->resident) {
		run->counts->hits++;
		moments_remove(&run->moments, now);
	} else {
		run->counts->misses++;
		run->counts->refaults += page->evicted;
		if (!run->nr_free)
			evict(run);
		run->nr_free--;
		page->resident = true;
	}
	if (ref & REF_STORE)
		page->dirty = true;
	remember(run, id, run->opt->next_use[now]);
}

/* Its next use was NEVER, so that it is in no set. */
static void gone(struct run *run, u32 id)
{
	run->nr_free += run->pages[id].resident;
	run->pages[id] = (struct page){ 0 };
}

void opt_run(const struct opt *opt, u32 frames, struct sim_counts *counts)
{
	const struct trace *trace = opt->trace;
	struct run run = { .opt = opt, .counts = counts, .nr_free = frames };

	*counts = (struct sim_counts){ 0 };
	moments_init(&run.moments, trace->nr_refs);
	run.pages = sim_calloc(trace->nr_pages, sizeof(*run.pages));
	for (size_t now = 0; now < trace->nr_refs; now++) {
		u32 ref = trace->refs[now];

		if (ref & REF_GONE)
			gone(&run, ref_page(ref));
		else
			reference(&run, now, ref);
	}
	moments_free(&run.moments);
	free(run.pages);
	free(run.pile);
}
