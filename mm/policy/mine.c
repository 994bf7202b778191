// SPDX-License-Identifier: MIT
/*
 * Yours: it starts as first in, first out.
 *
 *   add ──> [ newest … oldest ] ──> next, EVICT
 *
 * mm/policy.h says what each function is told and what it must promise; the files beside this one
 * show what can be done with it.  Try it on a trace,
 *
 *   make sim P=mine,fifo,opt FRAMES=64 TRACE=gen:scan
 *
 * and then in the kernel:  echo mine > /proc/sys/vm/reclaim_policy
 */
#include "mm/policy.h"

static void mine_add(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		     enum add_why why, unsigned long shadow)
{
	/* What was written out only to be evicted goes first. */
	if (why == ADD_CLEANED || why == ADD_COLD)
		policy_push_first_out(vec, kind, folio);
	else
		policy_push(vec, kind, folio);
}

static void mine_del(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	policy_remove(vec, kind, folio);
}

static struct folio *mine_next(struct lruvec *vec, const struct policy_scan *scan)
{
	return policy_pop(vec, scan->kind);
}

static enum fate mine_judge(struct lruvec *vec, struct folio *folio,
			    const struct folio_facts *facts, const struct policy_scan *scan)
{
	return EVICT;
}

static void mine_show(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	print("file", vec->size[KIND_FILE]);
	print("anon", vec->size[KIND_ANON]);
}

const struct reclaim_policy policy_mine = {
	.name = "mine",
	.add = mine_add,
	.del = mine_del,
	.next = mine_next,
	.judge = mine_judge,
	.show = mine_show,
};
RECLAIM_POLICY(policy_mine);
