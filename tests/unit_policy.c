// SPDX-License-Identifier: MIT
/*
 * unit_policy.c - each policy of mm/policy/, as the simulator runs it, against a slow model of it
 * on 10,000 random short strings: the same pages are evicted, in the same order, at the same
 * references, and the counts agree.
 *
 * A model is an array or two, the oldest first, and does by moving elements what the policy does
 * with lists.  All pages of a string are of one kind; files are used by calls, too.
 */
#include "tests/unit.h"

#include "tools/polsim/core.h"
#include "tools/polsim/opt.h"
#include "tools/polsim/stack.h"

#define STRINGS		10000
#define MAX_LENGTH	80
#define PAGES		12
#define NONE		0xff

/* --- arrays of pages --- */

struct row {
	u8 page[PAGES];
	int n;
};

static void put_last(struct row *row, u8 page)
{
	row->page[row->n++] = page;
}

static void remove_page(struct row *row, u8 page)
{
	int to = 0;

	for (int i = 0; i < row->n; i++)
		if (row->page[i] != page)
			row->page[to++] = row->page[i];
	row->n = to;
}

/* --- a memory --- */

struct model_page {
	bool resident, referenced, dirty, evicted;
	int touched;
	/* lru2 */
	bool active, used_once;
	unsigned long shadow;
};

struct model {
	struct row row, active;		/* lru2: row is the inactive list */
	struct model_page page[PAGES];
	unsigned long age, random;
	struct sim_counts counts;
	const struct trace *trace;
	size_t now;
};

/* What the models differ in. */
struct rules {
	const char *name;
	/* Brings @page in; @refault: it was evicted before. */
	void (*add)(struct model *m, u8 page, bool refault);
	/* The page that goes now; written out if it must be, and out of the rows. */
	u8 (*victim)(struct model *m);
};

static void remove_everywhere(struct model *m, u8 page)
{
	remove_page(&m->row, page);
	remove_page(&m->active, page);
}

static bool was_used(struct model *m, u8 page)
{
	bool used = m->page[page].referenced || m->page[page].touched;

	m->page[page].referenced = false;
	m->page[page].touched = 0;
	return used;
}

static void write_out(struct model *m, u8 page)
{
	m->counts.writeouts++;
	m->page[page].dirty = false;
}

/* --- fifo, clock, random --- */

static void add_last(struct model *m, u8 page, bool refault)
{
	put_last(&m->row, page);
}

static u8 fifo_victim(struct model *m)
{
	u8 page = m->row.page[0];

	if (m->page[page].dirty)
		write_out(m, page);
	return page;
}

static u8 clock_victim(struct model *m)
{
	while (was_used(m, m->row.page[0])) {
		u8 page = m->row.page[0];

		remove_page(&m->row, page);
		put_last(&m->row, page);
	}
	return fifo_victim(m);
}

static unsigned int draw(struct model *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * 0x2545f4914f6cdd1d >> 60;
}

static u8 random_victim(struct model *m)
{
	for (unsigned int step = draw(m); step; step--) {
		u8 page = m->row.page[0];

		remove_page(&m->row, page);
		put_last(&m->row, page);
	}
	/* Offered again when it is clean, which draws once more to no effect. */
	if (m->page[m->row.page[0]].dirty)
		draw(m);
	return fifo_victim(m);
}

/* --- lru2 --- */

static void activate(struct model *m, u8 page)
{
	m->page[page].active = true;
	m->page[page].used_once = false;
	m->age++;
	put_last(&m->active, page);
}

/* Near: no more than the active list's length went by since it was evicted. */
static void lru2_add(struct model *m, u8 page, bool refault)
{
	m->page[page].active = m->page[page].used_once = false;
	if (refault && m->age - m->page[page].shadow <= (unsigned long)m->active.n)
		activate(m, page);
	else
		put_last(&m->row, page);
}

static void deactivate_oldest(struct model *m)
{
	u8 page = m->active.page[0];

	was_used(m, page);
	remove_page(&m->active, page);
	m->page[page].active = false;
	put_last(&m->row, page);
}

/* The oldest inactive page is looked at; NONE: it stays. */
static u8 look_at_oldest(struct model *m)
{
	u8 page = m->row.page[0];
	struct model_page *p = &m->page[page];
	int touched = p->touched;
	bool referenced = p->referenced;

	was_used(m, page);
	if (!referenced && touched < 2)
		return page;
	remove_page(&m->row, page);
	if (p->used_once || touched) {
		activate(m, page);
	} else {
		p->used_once = true;
		put_last(&m->row, page);
	}
	return NONE;
}

static u8 lru2_victim(struct model *m)
{
	for (;;) {
		u8 page;

		if (m->row.n < m->active.n) {
			deactivate_oldest(m);
			continue;
		}
		page = look_at_oldest(m);
		if (page == NONE)
			continue;
		if (!m->page[page].dirty) {
			m->page[page].shadow = ++m->age;
			return page;
		}
		write_out(m, page);
	}
}

/* --- opt and least recently used, by looking --- */

static size_t next_use(const struct model *m, u8 page)
{
	for (size_t i = m->now + 1; i < m->trace->nr_refs; i++)
		if (ref_page(m->trace->refs[i]) == page)
			return m->trace->refs[i] & REF_GONE ? m->trace->nr_refs : i;
	return m->trace->nr_refs;
}

static u8 opt_victim(struct model *m)
{
	u8 best = m->row.page[0];

	for (int i = 1; i < m->row.n; i++)
		if (next_use(m, m->row.page[i]) > next_use(m, best))
			best = m->row.page[i];
	return best;
}

static u8 lru_victim(struct model *m)
{
	u8 oldest = NONE;
	size_t oldest_use = 0;

	for (int i = 0; i < m->row.n; i++) {
		size_t use = m->now;

		do
			use--;
		while (ref_page(m->trace->refs[use]) != m->row.page[i]);
		if (oldest == NONE || use < oldest_use) {
			oldest = m->row.page[i];
			oldest_use = use;
		}
	}
	return oldest;
}

/* --- a string --- */

/* Who was evicted when, one behind the other. */
struct evictions {
	u8 page[MAX_LENGTH];
	u8 when[MAX_LENGTH];
	int n;
};

static void note_eviction(void *arg, u32 id, size_t when)
{
	struct evictions *e = arg;

	e->page[e->n] = id;
	e->when[e->n++] = when;
}

static void bring_in(struct model *m, const struct rules *rules, u8 page, int frames,
		     struct evictions *e)
{
	struct model_page *p = &m->page[page];

	m->counts.misses++;
	m->counts.refaults += p->evicted;
	if (m->row.n + m->active.n == frames) {
		u8 victim = rules->victim(m);

		remove_everywhere(m, victim);
		m->page[victim] = (struct model_page){ .evicted = true,
						       .shadow = m->page[victim].shadow };
		note_eviction(e, victim, m->now);
	}
	p->resident = true;
	rules->add(m, page, p->evicted);
}

static void use(struct model *m, const struct rules *rules, u32 ref, int frames,
		struct evictions *e)
{
	struct model_page *p = &m->page[ref_page(ref)];

	m->counts.references++;
	if (p->resident)
		m->counts.hits++;
	else
		bring_in(m, rules, ref_page(ref), frames, e);
	if (!(ref & REF_CALL))
		p->referenced = true;
	else if (p->touched < 2)
		p->touched++;
	p->dirty |= !!(ref & REF_STORE);
}

static void run_model(struct model *m, const struct rules *rules, const struct trace *trace,
		      int frames, u64 seed, struct evictions *e)
{
	*m = (struct model){ .trace = trace, .random = seed * 0x9e3779b97f4a7c15 | 1 };
	for (m->now = 0; m->now < trace->nr_refs; m->now++) {
		u32 ref = trace->refs[m->now];

		if (ref & REF_GONE) {
			remove_everywhere(m, ref_page(ref));
			m->page[ref_page(ref)] = (struct model_page){ 0 };
			continue;
		}
		use(m, rules, ref, frames, e);
	}
}

/* Few pages, some much used; a third of the strings with stores, a third with pages given up. */
static void random_string(struct trace *trace)
{
	unsigned long length = 1 + unit_random_below(MAX_LENGTH);
	unsigned long pages = 1 + unit_random_below(PAGES);
	bool stores = !unit_random_below(3), gone = !unit_random_below(3);
	u32 file = unit_random_below(2) ? REF_FILE : 0;

	trace_init(trace);
	while (length--) {
		u64 page = unit_random_below(1 + unit_random_below(pages));
		u32 flags = file;

		if (stores && unit_random_below(2))
			flags |= REF_STORE;
		if (file && unit_random_below(2))
			flags |= REF_CALL;
		trace_add(trace, page, gone && !unit_random_below(8) ? REF_GONE : flags);
	}
}

static void expect_equal_counts(const char *name, int string, const struct sim_counts *got,
				const struct sim_counts *wanted)
{
	EXPECT(got->references == wanted->references && got->hits == wanted->hits &&
	       got->misses == wanted->misses && got->refaults == wanted->refaults,
	       "%s, string %d: %llu hits, %llu misses, %llu refaults; the model's %llu, %llu, "
	       "%llu", name, string, got->hits, got->misses, got->refaults, wanted->hits,
	       wanted->misses, wanted->refaults);
}

static void expect_equal_evictions(const char *name, int string, const struct evictions *got,
				   const struct evictions *wanted)
{
	for (int i = 0; i < got->n || i < wanted->n; i++)
		EXPECT(i < got->n && i < wanted->n && got->page[i] == wanted->page[i] &&
		       got->when[i] == wanted->when[i],
		       "%s, string %d, eviction %d of %d: page %d at %d; the model's %d: %d at %d",
		       name, string, i, got->n, got->page[i], got->when[i], wanted->n,
		       wanted->page[i], wanted->when[i]);
}

static void compare(const struct rules *rules)
{
	static struct model model;

	if (!sim_find_policy(rules->name))
		unit_skip("this tree has no policy of that name");
	for (int string = 0; string < STRINGS; string++) {
		struct evictions got = { .n = 0 }, wanted = { .n = 0 };
		struct sim_config config = { .policy = sim_find_policy(rules->name),
					     .frames = 1 + unit_random_below(8), .seed = string,
					     .evicted = note_eviction, .arg = &got };
		struct sim_counts counts;
		char message[SIM_MESSAGE];
		struct trace trace;

		random_string(&trace);
		EXPECT(sim_run(&config, &trace, &counts, message), "string %d: %s", string,
		       message);
		run_model(&model, rules, &trace, config.frames, string, &wanted);
		expect_equal_counts(rules->name, string, &counts, &model.counts);
		EXPECT(counts.writeouts == model.counts.writeouts,
		       "%s, string %d: %llu writeouts, the model has %llu", rules->name, string,
		       counts.writeouts, model.counts.writeouts);
		expect_equal_evictions(rules->name, string, &got, &wanted);
		trace_free(&trace);
	}
}

UNIT_TEST(policy_fifo_is_its_model)
{
	compare(&(struct rules){ "fifo", add_last, fifo_victim });
}

UNIT_TEST(policy_clock_is_its_model)
{
	compare(&(struct rules){ "clock", add_last, clock_victim });
}

UNIT_TEST(policy_random_is_its_model)
{
	compare(&(struct rules){ "random", add_last, random_victim });
}

UNIT_TEST(policy_lru2_is_its_model)
{
	compare(&(struct rules){ "lru2", lru2_add, lru2_victim });
}

UNIT_TEST(opt_is_what_looking_ahead_finds)
{
	static const struct rules rules = { "opt", add_last, opt_victim };
	static struct model model;

	for (int string = 0; string < STRINGS; string++) {
		struct evictions wanted = { .n = 0 };
		struct sim_counts counts;
		struct trace trace;
		struct opt *opt;
		int frames = 1 + unit_random_below(8);

		random_string(&trace);
		opt = opt_new(&trace);
		opt_run(opt, frames, &counts);
		run_model(&model, &rules, &trace, frames, 1, &wanted);
		expect_equal_counts("opt", string, &counts, &model.counts);
		opt_free(opt);
		trace_free(&trace);
	}
}

UNIT_TEST(stack_curve_is_lru_at_every_size)
{
	static const struct rules rules = { "lru", add_last, lru_victim };
	static struct model model;

	for (int string = 0; string < STRINGS / 4; string++) {
		struct stack_curve *curve;
		struct trace trace;

		random_string(&trace);
		curve = stack_curve(&trace);
		for (int frames = 1; frames <= PAGES; frames++) {
			struct evictions unused = { .n = 0 };

			run_model(&model, &rules, &trace, frames, 1, &unused);
			EXPECT(stack_misses(curve, frames) == model.counts.misses,
			       "string %d, %d frames: %llu misses, the model has %llu", string,
			       frames, stack_misses(curve, frames), model.counts.misses);
		}
		stack_curve_free(curve);
		trace_free(&trace);
	}
}

/* No policy does better than opt, and fifo's model shows the anomaly. */
UNIT_TEST(no_policy_beats_opt)
{
	for (int string = 0; string < STRINGS / 10; string++) {
		struct sim_counts best, counts;
		char message[SIM_MESSAGE];
		struct trace trace;
		struct opt *opt;
		int frames = 1 + unit_random_below(8);

		random_string(&trace);
		opt = opt_new(&trace);
		opt_run(opt, frames, &best);
		for (unsigned int n = 0; sim_policy(n); n++) {
			struct sim_config config = { .policy = sim_policy(n), .frames = frames };

			EXPECT(sim_run(&config, &trace, &counts, message), "%s", message);
			EXPECT(counts.misses >= best.misses, "%s, string %d: %llu misses, opt %llu",
			       config.policy->name, string, counts.misses, best.misses);
		}
		opt_free(opt);
		trace_free(&trace);
	}
}
