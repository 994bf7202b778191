// SPDX-License-Identifier: MIT
/*
 * unit_promises.c - policies that break a promise of mm/policy.h are caught by the simulator's
 * core, which names the promise.  Each is fifo but for one function.
 */
#include "tests/unit.h"

#include "tools/polsim/core.h"
#include "tools/polsim/generate.h"

static struct folio *remembered;
static int calls;

static struct reclaim_policy fifo_but(void)
{
	remembered = NULL;
	calls = 0;
	return *sim_find_policy("fifo");
}

/* Runs @policy over a string that needs all its functions; what must be said. */
static void expect_caught(const struct reclaim_policy *policy, const char *promise,
			  const char *wanted)
{
	struct sim_config config = { .policy = policy, .frames = 8 };
	char message[SIM_MESSAGE];
	struct sim_counts counts;
	struct trace trace;
	bool ok;

	trace_init(&trace);
	for (int i = 0; i < 4000; i++)
		trace_add(&trace, unit_random_below(20),
			  unit_random_below(8) ? REF_STORE * (i % 2) : REF_GONE);
	ok = sim_run(&config, &trace, &counts, message);
	trace_free(&trace);
	EXPECT(!ok, "nothing was said");
	EXPECT(__builtin_strstr(message, promise) && __builtin_strstr(message, wanted),
	       "said: %s; wanted: %s: %s", message, promise, wanted);
}

static void add_nothing(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
			enum add_why why, unsigned long shadow)
{
	if (++calls != 7)
		policy_push(vec, kind, folio);
}

UNIT_TEST(a_folio_that_is_put_on_no_list_is_missed)
{
	struct reclaim_policy policy = fifo_but();

	policy.add = add_nothing;
	expect_caught(&policy, "breaks P6", "add() did not put page");
}

static struct folio *next_leaves(struct lruvec *vec, const struct policy_scan *scan)
{
	if (list_empty(&vec->list[scan->kind]))
		return NULL;
	return list_last_entry(&vec->list[scan->kind], struct folio, lru);
}

UNIT_TEST(a_folio_that_next_leaves_on_its_list_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_leaves;
	expect_caught(&policy, "breaks P6", "next() left page");
}

static void del_nothing(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
}

UNIT_TEST(a_folio_that_del_leaves_on_its_list_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.del = del_nothing;
	expect_caught(&policy, "breaks P6", "del() left page");
}

/* The last one once more, when there is none. */
static struct folio *next_twice(struct lruvec *vec, const struct policy_scan *scan)
{
	struct folio *folio = policy_pop(vec, scan->kind);

	if (folio)
		remembered = folio;
	return folio || scan->kind == KIND_FILE ? folio : remembered;
}

UNIT_TEST(a_folio_that_is_given_twice_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_twice;
	expect_caught(&policy, "breaks P2", "next() gave page");
}

static struct folio *next_gives_up(struct lruvec *vec, const struct policy_scan *scan)
{
	return ++calls == 9 ? NULL : policy_pop(vec, scan->kind);
}

UNIT_TEST(folios_that_are_not_given_are_missed)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_gives_up;
	expect_caught(&policy, "breaks P2", "next() gave none, but it holds");
}

static struct folio *next_nonsense(struct lruvec *vec, const struct policy_scan *scan)
{
	return (struct folio *)&vec->list[0];
}

UNIT_TEST(a_pointer_to_no_folio_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_nonsense;
	expect_caught(&policy, "breaks P2", "next() gave a pointer to no folio");
}

/* The one before the last, whose frame is used again after the last one's. */
static void del_and_remember(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	static struct folio *last;

	policy_remove(vec, kind, folio);
	remembered = last;
	last = folio;
}

static void add_marks_gone(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
			   enum add_why why, unsigned long shadow)
{
	policy_push(vec, kind, folio);
	if (remembered)
		remembered->policy[1]++;
}

UNIT_TEST(policy_words_of_a_folio_that_is_gone_are_watched)
{
	struct reclaim_policy policy = fifo_but();

	policy.del = del_and_remember;
	policy.add = add_marks_gone;
	expect_caught(&policy, "breaks P1", "it wrote folio->policy of page");
}

static enum fate judge_writes_others(struct lruvec *vec, struct folio *folio,
				     const struct folio_facts *facts,
				     const struct policy_scan *scan)
{
	INIT_LIST_HEAD(&folio->lru);
	return KEEP;
}

UNIT_TEST(links_written_while_the_core_has_the_folio_are_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.judge = judge_writes_others;
	expect_caught(&policy, "breaks P1", "it wrote folio->lru of page");
}

static unsigned long evicted_and_remember(struct lruvec *vec, struct folio *folio,
					  enum folio_kind kind)
{
	remembered = folio;
	return 0;
}

static struct folio *next_follows_gone(struct lruvec *vec, const struct policy_scan *scan)
{
	struct list_head *gone = remembered ? &remembered->lru : NULL;

	if (gone)
		gone->next->prev = gone;
	return policy_pop(vec, scan->kind);
}

UNIT_TEST(links_of_a_folio_that_is_gone_are_not_followed)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_follows_gone;
	policy.evicted = evicted_and_remember;
	expect_caught(&policy, "breaks P1", "next() followed the link");
}

static enum fate judge_nonsense(struct lruvec *vec, struct folio *folio,
				const struct folio_facts *facts, const struct policy_scan *scan)
{
	return 7;
}

UNIT_TEST(a_fate_that_is_none_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.judge = judge_nonsense;
	expect_caught(&policy, "breaks P5", "judge() said 7");
}

static unsigned long evicted_too_long(struct lruvec *vec, struct folio *folio,
				      enum folio_kind kind)
{
	return ~0UL;
}

UNIT_TEST(a_shadow_of_more_than_62_bits_is_seen)
{
	struct reclaim_policy policy = fifo_but();

	policy.evicted = evicted_too_long;
	expect_caught(&policy, "breaks P5", "evicted() gave a word");
}

static struct folio *next_of_other_kind(struct lruvec *vec, const struct policy_scan *scan)
{
	return policy_pop(vec, !scan->kind);
}

UNIT_TEST(a_folio_of_the_other_kind_is_seen)
{
	struct sim_config config = { .frames = 8 };
	struct reclaim_policy policy = fifo_but();
	char message[SIM_MESSAGE];
	struct sim_counts counts;
	struct trace trace;

	trace_init(&trace);
	for (int i = 0; i < 100; i++)
		trace_add(&trace, i, i % 2 ? REF_FILE : 0);
	policy.next = next_of_other_kind;
	config.policy = &policy;
	EXPECT(!sim_run(&config, &trace, &counts, message), "nothing was said");
	EXPECT(__builtin_strstr(message, "breaks P2") && __builtin_strstr(message, "other kind"),
	       "said: %s", message);
	trace_free(&trace);
}

static struct folio *next_loses(struct lruvec *vec, const struct policy_scan *scan)
{
	struct folio *folio = policy_pop(vec, scan->kind);

	/* One in five goes to a list that is never looked at. */
	if (folio && ++calls % 5 == 0) {
		policy_push(vec, POLICY_LISTS - 1, folio);
		folio = policy_pop(vec, scan->kind);
	}
	return folio;
}

UNIT_TEST(folios_on_a_list_that_is_never_looked_at_are_missed)
{
	struct reclaim_policy policy = fifo_but();

	policy.next = next_loses;
	expect_caught(&policy, "breaks P2", "next() gave none, but it holds");
}

/* What a sanitizer would find, had the student asked for one. */
#define UNSEEN	__attribute__((no_sanitize("undefined")))

static enum fate judge_for_ever(struct lruvec *vec, struct folio *folio,
				const struct folio_facts *facts, const struct policy_scan *scan)
{
	for (volatile bool more = true; more;)
		;
	return EVICT;
}

UNIT_TEST(a_call_that_does_not_end_is_ended)
{
	struct reclaim_policy policy = fifo_but();

	policy.judge = judge_for_ever;
	expect_caught(&policy, "breaks P4", "judge() does not end");
}

static volatile bool again = true;
static bool judge_nested(const struct lruvec *vec);
static bool (*volatile nested)(const struct lruvec *vec) = judge_nested;

static bool judge_nested(const struct lruvec *vec)
{
	return again && nested(vec) != again;
}

static enum fate judge_deeply(struct lruvec *vec, struct folio *folio,
			      const struct folio_facts *facts, const struct policy_scan *scan)
{
	return nested(vec) ? KEEP : EVICT;
}

UNIT_TEST(a_call_that_nests_without_end_is_ended)
{
	struct reclaim_policy policy = fifo_but();

	policy.judge = judge_deeply;
	expect_caught(&policy, "breaks P4", "judge() calls itself without end");
}

static UNSEEN enum fate judge_divides(struct lruvec *vec, struct folio *folio,
				      const struct folio_facts *facts,
				      const struct policy_scan *scan)
{
	volatile int zero = 0;

	zero = 5 / zero;
	return EVICT;
}

UNIT_TEST(a_division_by_zero_is_told)
{
	struct reclaim_policy policy = fifo_but();

#ifndef __x86_64__
	unit_skip("this processor's division by zero has a result");
#endif
	policy.judge = judge_divides;
	expect_caught(&policy, "fails at reference", "judge() divides by zero");
}

static UNSEEN unsigned long evicted_of_nobody(struct lruvec *vec, struct folio *folio,
					      enum folio_kind kind)
{
	struct folio *volatile nobody = NULL;

	return nobody->policy[0];
}

UNIT_TEST(a_null_pointer_is_told)
{
	struct reclaim_policy policy = fifo_but();

	policy.evicted = evicted_of_nobody;
	expect_caught(&policy, "fails at reference", "evicted() used address 0x10");
}

static UNSEEN void add_counts_too_far(struct lruvec *vec, struct folio *folio,
				      enum folio_kind kind, enum add_why why, unsigned long shadow)
{
	vec->word[calls++ % 16]++;
	policy_push(vec, kind, folio);
}

UNIT_TEST(what_is_behind_the_lruvec_is_watched)
{
	struct reclaim_policy policy = fifo_but();

	policy.add = add_counts_too_far;
	expect_caught(&policy, "breaks P6", "it wrote behind the end of struct lruvec");
}

UNIT_TEST(a_function_that_is_missing_is_named)
{
	struct reclaim_policy policy = fifo_but();

	policy.judge = NULL;
	expect_caught(&policy, "policy fifo", "has no function judge()");
}

static void show_nothing(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	list_del_init(&remembered->lru);
}

/* The newest of all, unless its owner gives it up. */
static void add_and_remember(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
			     enum add_why why, unsigned long shadow)
{
	policy_push(vec, kind, folio);
	remembered = folio;
}

/* No string of references needs show(); still it is seen that it changes nothing. */
UNIT_TEST(a_folio_that_show_loses_is_missed)
{
	struct reclaim_policy policy = fifo_but();

	policy.add = add_and_remember;
	policy.show = show_nothing;
	expect_caught(&policy, "breaks P2 after the last reference", "it holds");
}

/* sim_run() over a string in which no page is given up, so that nothing needs del(). */
static bool run_without_del(const struct reclaim_policy *policy, struct sim_counts *counts,
			    char message[SIM_MESSAGE])
{
	struct sim_config config = { .policy = policy, .frames = 8 };
	struct trace trace;
	bool ok;

	EXPECT(trace_generate(&trace, "uniform,refs=2000", message), "%s", message);
	ok = sim_run(&config, &trace, counts, message);
	trace_free(&trace);
	return ok;
}

UNIT_TEST(del_is_tried_at_the_end)
{
	struct reclaim_policy policy = fifo_but();
	char message[SIM_MESSAGE];
	struct sim_counts counts;

	policy.del = del_nothing;
	EXPECT(!run_without_del(&policy, &counts, message), "nothing was said");
	EXPECT(__builtin_strstr(message, "breaks P6 after the last reference: del() left page"),
	       "said: %s", message);
}

/* A policy that keeps everything is no broken promise: reclaim goes on without it. */
static enum fate judge_keeps(struct lruvec *vec, struct folio *folio,
			     const struct folio_facts *facts, const struct policy_scan *scan)
{
	return KEEP;
}

UNIT_TEST(a_policy_that_keeps_everything_is_overruled)
{
	struct reclaim_policy policy = fifo_but();
	char message[SIM_MESSAGE];
	struct sim_counts counts;

	policy.judge = judge_keeps;
	EXPECT(run_without_del(&policy, &counts, message), "%s", message);
	EXPECT_EQ(counts.references, 2000);
}
