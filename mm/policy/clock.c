// SPDX-License-Identifier: MIT
/*
 * Second chance: fifo, but a folio that was used since the hand last came by goes round once more.
 *
 *   add ──> [ newest … oldest ] ──> next ── used? ── no ──> EVICT
 *               ^                             │
 *               └──────────── KEEP ───────────┘
 *
 * F. J. Corbató, "A paging experiment with the Multics system", MIT Project MAC, 1968.
 */
#include "mm/policy.h"

static void clock_add(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		      enum add_why why, unsigned long shadow)
{
	if (why == ADD_CLEANED || why == ADD_COLD)
		policy_push_first_out(vec, kind, folio);
	else
		policy_push(vec, kind, folio);
}

static void clock_del(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	policy_remove(vec, kind, folio);
}

static struct folio *clock_next(struct lruvec *vec, const struct policy_scan *scan)
{
	return policy_pop(vec, scan->kind);
}

static enum fate clock_judge(struct lruvec *vec, struct folio *folio,
			     const struct folio_facts *facts, const struct policy_scan *scan)
{
	return facts->referenced || facts->touched ? KEEP : EVICT;
}

static void clock_show(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	print("file", vec->size[KIND_FILE]);
	print("anon", vec->size[KIND_ANON]);
}

const struct reclaim_policy policy_clock = {
	.name = "clock",
	.add = clock_add,
	.del = clock_del,
	.next = clock_next,
	.judge = clock_judge,
	.show = clock_show,
};
RECLAIM_POLICY(policy_clock);
