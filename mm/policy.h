// SPDX-License-Identifier: MIT
/*
 * The contract between reclaim's mechanism and its policy.
 *
 * mm/vmscan.c is the mechanism: it knows *when* memory is short and *how* a folio is taken away
 * (rmap, swap slot, write-out, freeing). A policy, one file in mm/policy/, knows only *which* folio
 * is tried next. To write one you need this header and nothing else of mm/.
 *
 * Who holds a folio.  One that can be reclaimed is at every moment in one hand:
 *
 *              add()                        next() or del()
 *    core ──────────────────> policy ──────────────────────────> core
 *
 * P1 While the policy holds a folio, folio->lru and folio->policy[] are the policy's; nobody else
 *    looks at them.  When it does not hold it, it does not touch them.  policy[] survives a
 *    hand-over to the core and back; a folio that is new has zeros there.
 * P2 The policy can produce every folio it holds: next() for one kind, until it returns NULL, gives
 *    each folio of that kind exactly once, and none of the other kind.
 * P3 The core calls del() only for a folio that the policy holds.
 * P4 next() takes few steps, however much memory there is: it does not search.
 * P5 judge() answers about a folio that next() gave, which the core still has.  After KEEP comes
 *    add(ADD_KEPT); after EVICT either evicted() or add(ADD_FAILED) or, when it had to be written
 *    out first, add(ADD_CLEANED) later.  A folio whose owner frees it meanwhile is not heard of
 *    again.
 * P6 A folio that is held is on one of the lruvec's lists, by folio->lru; one that is not, on none.
 *    All that the policy remembers beside that is in the lruvec's words and folio->policy[].
 *
 * Context.  The core holds a spinlock around every call.  So a policy takes no lock, never sleeps
 * or allocates, does no I/O and reads no page table: what it may know about a folio is told to it.
 * That is why the same file also links into a simulator on the host (tools/polsim), where struct
 * folio has these two members only.  No call comes from an interrupt.
 *
 * The simulator and debug builds check at every call what can be checked of P1, P2, P4, P5 and P6,
 * and name the promise that was broken.
 */
#ifndef MM_POLICY_H
#define MM_POLICY_H

#include "lib/list.h"
#include "lib/types.h"
#include "mm/folio.h"

/*
 * Folios whose store is a file, and those whose store is swap: reclaim asks for one or the other.
 */
enum folio_kind { KIND_FILE, KIND_ANON, NR_KINDS };

/* Why the core hands a folio over. */
enum add_why {
	ADD_NEW,	/* first time in memory: fault, readahead, write */
	ADD_REFAULT,	/* it was evicted before; shadow is what evicted() said then */
	ADD_KEPT,	/* judge() said KEEP */
	ADD_FAILED,	/* EVICT, but it was busy */
	/* EVICT, it was dirty, and has been written: it can go at once, offer it soon */
	ADD_CLEANED,
	ADD_COLD,	/* its user said that it will not be needed soon (MADV_COLD) */
	ADD_MOVED,	/* another policy held it, or it was locked in memory */
};

/* What the core found out about a candidate while nobody held a lock. */
struct folio_facts {
	enum folio_kind kind;
	unsigned int referenced;	/* entries that were used since the last look */
	bool mapped;			/* some page table maps it */
	bool executable;		/* one with PROT_EXEC */
	bool dirty;
	/*
	 * Uses by read(), write() and the swap cache, which show in no page table, since the last
	 * look: 0, 1, or 2 for more.
	 */
	unsigned int touched;
};

enum fate { EVICT, KEEP };

/* One pass: what the core wants. */
struct policy_scan {
	enum folio_kind kind;
	int priority;			/* 12 calm … 0 before somebody is killed */
};

/*
 * What a policy may count, for /proc/vmstat, if it tells folios that are in use from others. Those
 * of a kind come in the order of enum folio_kind.
 */
enum policy_count {
	COUNT_ACTIVATE,			/* judge(): from now on it is one in use */
	COUNT_DEACTIVATE,		/* judge(), or ADD_COLD: not any more */
	COUNT_REFILL,			/* judge() was asked about one in use */
	COUNT_REFAULT_ACTIVATE,		/* ADD_REFAULT: it should have stayed, by kind */
	COUNT_REFAULT_RESTORE = COUNT_REFAULT_ACTIVATE + NR_KINDS,	/* and once was in use */
	NR_POLICY_COUNTS = COUNT_REFAULT_RESTORE + NR_KINDS,
};

/*
 * What a policy knows, by memory that is reclaimed together. The core zeroes it and makes the lists
 * empty before init() and the first add(); it takes what is counted away from time to time. The
 * rest is the policy's.
 */
#define POLICY_LISTS	8
#define POLICY_WORDS	8
struct lruvec {
	struct list_head list[POLICY_LISTS];
	unsigned long size[POLICY_LISTS];
	unsigned long word[POLICY_WORDS];
	unsigned long count[NR_POLICY_COUNTS];
};

struct reclaim_policy {
	const char *name;
	/* The first call.  @seed is for random numbers, which are then the same each time. */
	void (*init)(struct lruvec *vec, unsigned long seed);		/* may be NULL */
	/* @shadow: 0, or for ADD_REFAULT evicted()'s word. */
	void (*add)(struct lruvec *vec, struct folio *folio, enum folio_kind kind,
		    enum add_why why, unsigned long shadow);
	/* It is being freed, or locked in memory. */
	void (*del)(struct lruvec *vec, struct folio *folio, enum folio_kind kind);
	/* The folio of scan->kind to try next; NULL: there is none. */
	struct folio *(*next)(struct lruvec *vec, const struct policy_scan *scan);
	/* At priority 0 the core may ignore KEEP. */
	enum fate (*judge)(struct lruvec *vec, struct folio *folio,
			   const struct folio_facts *facts, const struct policy_scan *scan);
	/* It is gone.  A word of 62 bits to be had back with ADD_REFAULT, or 0.  May be NULL. */
	unsigned long (*evicted)(struct lruvec *vec, struct folio *folio, enum folio_kind kind);
	/* From time to time: every age_ms while the policy is in use.  May be NULL. */
	void (*age)(struct lruvec *vec);
	unsigned int age_ms;
	/* Of the folios of @kind, how many it thinks in use, for /proc/meminfo.  May be NULL. */
	unsigned long (*active)(const struct lruvec *vec, enum folio_kind kind);
	/*
	 * For who reads /proc/faultline/reclaim: one line for each thing worth seeing, through
	 * print().  It changes nothing.  May be NULL.
	 */
	void (*show)(const struct lruvec *vec, void (*print)(const char *name, unsigned long n));
};

/*
 * The line that makes a policy known, to the kernel and to the simulator. The linker gathers the
 * pointers and bounds them by __start_policies and __stop_policies.
 */
#define RECLAIM_POLICY(policy)							\
	static const struct reclaim_policy *const __policy_##policy		\
	__attribute__((used, section("policies"))) = &(policy)

/* The function that @policy must have and has not; NULL: it has all of them. */
static inline const char *policy_lacks(const struct reclaim_policy *policy)
{
	return !policy->add ? "add" : !policy->del ? "del" : !policy->next ? "next" :
	       !policy->judge ? "judge" : NULL;
}

/* --- for policies: a list of a lruvec and its size --- */

static inline void policy_push(struct lruvec *vec, int list, struct folio *folio)
{
	list_add(&folio->lru, &vec->list[list]);
	vec->size[list]++;
}

/* At the end that policy_pop() takes from. */
static inline void policy_push_first_out(struct lruvec *vec, int list, struct folio *folio)
{
	list_add_tail(&folio->lru, &vec->list[list]);
	vec->size[list]++;
}

static inline void policy_remove(struct lruvec *vec, int list, struct folio *folio)
{
	list_del_init(&folio->lru);
	vec->size[list]--;
}

/* The one that was pushed longest ago; NULL: the list is empty. */
static inline struct folio *policy_pop(struct lruvec *vec, int list)
{
	struct folio *folio;

	if (list_empty(&vec->list[list]))
		return NULL;
	folio = list_last_entry(&vec->list[list], struct folio, lru);
	policy_remove(vec, list, folio);
	return folio;
}

#endif
