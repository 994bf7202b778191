// SPDX-License-Identifier: MIT
/*
 * Random: the folio that goes has no merit and no fault.
 *
 *   add ──> [ newest … oldest ] ── 0 to 15 go round once more, then ──> next, EVICT
 *               ^                       │
 *               └───────────────────────┘
 *
 * To draw from all folios alike one would have to number them.  Instead the oldest end of the list
 * moves on by a random step of at most 15, so that next() stays short (P4).  Each time the end
 * comes by, a folio is taken with a chance of about one in eight, whatever its age: nearly what
 * drawing does, and no reference string defeats it for good.  It is the measure of the others: a
 * policy that is worse than this one is worse than knowing nothing. (L. A. Belady, "A study of
 * replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966.)
 */
#include "mm/policy.h"

/* vec->word[] */
#define STATE		0
/* folio->policy[]: next() takes it without drawing */
#define AT_ONCE		0

static void random_init(struct lruvec *vec, unsigned long seed)
{
	/* Odd, so never 0, where the generator would stay. */
	vec->word[STATE] = seed * 0x9e3779b97f4a7c15 | 1;
}

/* 0 to 15, by xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's generators"). */
static unsigned int random_step(struct lruvec *vec)
{
	unsigned long x = vec->word[STATE];

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	vec->word[STATE] = x;
	return (x * 0x2545f4914f6cdd1d) >> 60;
}

static void random_add(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		       enum add_why why, unsigned long shadow)
{
	bool at_once = why == ADD_CLEANED || why == ADD_COLD;

	folio->policy[AT_ONCE] = at_once;
	if (at_once)
		policy_push_first_out(vec, kind, folio);
	else
		policy_push(vec, kind, folio);
}

static void random_del(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	policy_remove(vec, kind, folio);
}

static struct folio *random_next(struct lruvec *vec, const struct policy_scan *scan)
{
	unsigned int step = random_step(vec);
	struct folio *folio;

	while ((folio = policy_pop(vec, scan->kind)) && step-- && !folio->policy[AT_ONCE])
		policy_push(vec, scan->kind, folio);
	return folio;
}

static enum fate random_judge(struct lruvec *vec, struct folio *folio,
			      const struct folio_facts *facts, const struct policy_scan *scan)
{
	return EVICT;
}

static void random_show(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	print("file", vec->size[KIND_FILE]);
	print("anon", vec->size[KIND_ANON]);
}

const struct reclaim_policy policy_random = {
	.name = "random",
	.init = random_init,
	.add = random_add,
	.del = random_del,
	.next = random_next,
	.judge = random_judge,
	.show = random_show,
};
RECLAIM_POLICY(policy_random);
