// SPDX-License-Identifier: MIT
/*
 * First in, first out: the folio that came longest ago goes, used or not.
 *
 *   add ──> [ newest … oldest ] ──> next, EVICT
 *
 * The simplest policy there is, and the one with Belady's anomaly: more memory may mean more faults
 * (L. A. Belady, R. A. Nelson, G. S. Shedler, "An anomaly in space-time characteristics of certain
 * programs running in a paging machine", CACM 12(6), 1969).
 */
#include "mm/policy.h"

static void fifo_add(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		     enum add_why why, unsigned long shadow)
{
	/* One that can go at once, now that it is clean, has waited long enough. */
	if (why == ADD_CLEANED || why == ADD_COLD)
		policy_push_first_out(vec, kind, folio);
	else
		policy_push(vec, kind, folio);
}

static void fifo_del(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	policy_remove(vec, kind, folio);
}

static struct folio *fifo_next(struct lruvec *vec, const struct policy_scan *scan)
{
	return policy_pop(vec, scan->kind);
}

static enum fate fifo_judge(struct lruvec *vec, struct folio *folio,
			    const struct folio_facts *facts, const struct policy_scan *scan)
{
	return EVICT;
}

static void fifo_show(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	print("file", vec->size[KIND_FILE]);
	print("anon", vec->size[KIND_ANON]);
}

const struct reclaim_policy policy_fifo = {
	.name = "fifo",
	.add = fifo_add,
	.del = fifo_del,
	.next = fifo_next,
	.judge = fifo_judge,
	.show = fifo_show,
};
RECLAIM_POLICY(policy_fifo);
