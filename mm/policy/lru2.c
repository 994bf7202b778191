// SPDX-License-Identifier: MIT
/*
 * Linux's: two lists for each kind, and the distance of refaults.
 *
 *            ADD_NEW                                      next, not used
 *   ──────────────────────────> [ inactive ] ────────────────────────────> EVICT, shadow left
 *                                 ^      │ used again                         │
 *               active too long,  │      v                                    │ ADD_REFAULT, and it
 *               not used          └─ [ active ] <─────────────────────────────┘ was not long ago
 *
 * A folio must be used twice to become active, so that what is read once passes through the
 * inactive list and leaves the working set alone.  The inactive list is short, and a working set
 * that is a little larger than it would never be seen twice in it.  Hence the shadow: `age` counts
 * folios that left the inactive list, by eviction or activation; a folio's shadow is the age at
 * which it went.  When it comes back, the difference says how much longer the inactive list would
 * have had to be for it to stay. If the active list alone holds more than that, the folio could
 * have stayed in its place: it goes to the active list at once, to compete. (J. Weiner, "Thrash
 * detection-based file cache sizing", 2013.)
 *
 * A folio that was active once belongs to a working set, and its shadow says so: if it has to be
 * brought back that set does not fit.
 *
 * L1 folio->policy[ACTIVE] says which list of its kind a folio is on or came from last.
 */
#include "mm/policy.h"

/* folio->policy[] */
#define ACTIVE		0
#define USED		1		/* once, on the inactive list */
#define WORKINGSET	2		/* was active before */

/* vec->list[]: inactive of a kind, then active */
#define LIST(kind, active)	((kind) * 2 + (active))
/* vec->word[] */
#define AGE		0

/* add()'s reasons after which it is inactive and was not used. */
#define BEGINS_ANEW	(BIT(ADD_NEW) | BIT(ADD_REFAULT) | BIT(ADD_MOVED) | BIT(ADD_COLD))

#define PAGES_PER_GIB	(1UL << 18)

static int list_of(const struct folio *folio, enum folio_kind kind)
{
	return LIST(kind, folio->policy[ACTIVE]);
}

static void activate(struct lruvec *vec, struct folio *folio)
{
	folio->policy[ACTIVE] = 1;
	folio->policy[USED] = 0;
	vec->word[AGE]++;
}

/* A shadow: the age at eviction, and in bit 0 WORKINGSET. */
static unsigned long make_shadow(unsigned long age, const struct folio *folio)
{
	return (age << 1 | folio->policy[WORKINGSET]) & (~0UL >> 2);
}

/* Would it have stayed, had it the room of what is active? */
static bool refault_is_near(const struct lruvec *vec, enum folio_kind kind, unsigned long shadow)
{
	unsigned long distance = vec->word[AGE] - (shadow >> 1);
	enum folio_kind other = kind == KIND_FILE ? KIND_ANON : KIND_FILE;

	return distance <= vec->size[LIST(kind, 1)] + vec->size[LIST(other, 0)] +
				   vec->size[LIST(other, 1)];
}

static void refault(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		    unsigned long shadow)
{
	if (!refault_is_near(vec, kind, shadow))
		return;
	activate(vec, folio);
	vec->count[COUNT_REFAULT_ACTIVATE + kind]++;
	if (shadow & 1) {
		folio->policy[WORKINGSET] = 1;
		vec->count[COUNT_REFAULT_RESTORE + kind]++;
	}
}

static void lru2_add(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		     enum add_why why, unsigned long shadow)
{
	if (BIT(why) & BEGINS_ANEW) {
		vec->count[COUNT_DEACTIVATE] += folio->policy[ACTIVE];
		folio->policy[ACTIVE] = folio->policy[USED] = 0;
	}
	if (why == ADD_REFAULT)
		refault(vec, folio, kind, shadow);
	if (BIT(why) & (BIT(ADD_CLEANED) | BIT(ADD_COLD)))
		policy_push_first_out(vec, list_of(folio, kind), folio);
	else
		policy_push(vec, list_of(folio, kind), folio);
}

static void lru2_del(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	policy_remove(vec, list_of(folio, kind), folio);
}

/*
 * How many active folios one inactive folio balances: 1 in a small machine, more in a large one
 * (the root of ten times the GiB), where a small share is time enough to be used twice.
 */
static unsigned long active_ratio(unsigned long pages)
{
	unsigned long gib = pages / PAGES_PER_GIB, ratio = 1;

	while ((ratio + 1) * (ratio + 1) <= 10 * gib)
		ratio++;
	return ratio;
}

static bool inactive_is_low(const struct lruvec *vec, enum folio_kind kind)
{
	unsigned long inactive = vec->size[LIST(kind, 0)], active = vec->size[LIST(kind, 1)];

	return inactive < active && inactive * active_ratio(inactive + active) < active;
}

static struct folio *lru2_next(struct lruvec *vec, const struct policy_scan *scan)
{
	int inactive = LIST(scan->kind, 0), active = LIST(scan->kind, 1);
	struct folio *folio = NULL;

	if (inactive_is_low(vec, scan->kind))
		folio = policy_pop(vec, active);
	if (!folio)
		folio = policy_pop(vec, inactive);
	return folio ? folio : policy_pop(vec, active);
}

/* From the active list: stays there only if it is a program's text in use. */
static enum fate judge_active(struct lruvec *vec, struct folio *folio,
			      const struct folio_facts *facts)
{
	vec->count[COUNT_REFILL]++;
	if (!facts->referenced || !facts->executable || facts->kind != KIND_FILE) {
		folio->policy[ACTIVE] = 0;
		folio->policy[WORKINGSET] = 1;
		vec->count[COUNT_DEACTIVATE]++;
	}
	return KEEP;
}

static enum fate judge_inactive(struct lruvec *vec, struct folio *folio,
				const struct folio_facts *facts)
{
	bool used_before = folio->policy[USED] || facts->touched;

	/* A file read once by read() is used up; twice, it is wanted. */
	if (!facts->referenced && facts->touched < 2)
		return EVICT;
	folio->policy[USED] = 1;
	if (used_before || facts->referenced > 1 || facts->touched > 1 ||
	    (facts->executable && facts->kind == KIND_FILE)) {
		activate(vec, folio);
		vec->count[COUNT_ACTIVATE]++;
	}
	return KEEP;
}

static enum fate lru2_judge(struct lruvec *vec, struct folio *folio,
			    const struct folio_facts *facts, const struct policy_scan *scan)
{
	return folio->policy[ACTIVE] ? judge_active(vec, folio, facts)
				     : judge_inactive(vec, folio, facts);
}

static unsigned long lru2_evicted(struct lruvec *vec, struct folio *folio, enum folio_kind kind)
{
	/* Never 0, which would mean that there is nothing to remember. */
	return make_shadow(++vec->word[AGE], folio);
}

static unsigned long lru2_active(const struct lruvec *vec, enum folio_kind kind)
{
	return vec->size[LIST(kind, 1)];
}

static void lru2_show(const struct lruvec *vec, void (*print)(const char *name, unsigned long n))
{
	print("inactive_file", vec->size[LIST(KIND_FILE, 0)]);
	print("active_file", vec->size[LIST(KIND_FILE, 1)]);
	print("inactive_anon", vec->size[LIST(KIND_ANON, 0)]);
	print("active_anon", vec->size[LIST(KIND_ANON, 1)]);
	print("age", vec->word[AGE]);
}

const struct reclaim_policy policy_lru2 = {
	.name = "lru2",
	.add = lru2_add,
	.del = lru2_del,
	.next = lru2_next,
	.judge = lru2_judge,
	.evicted = lru2_evicted,
	.active = lru2_active,
	.show = lru2_show,
};
RECLAIM_POLICY(policy_lru2);
