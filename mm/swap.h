// SPDX-License-Identifier: MIT
/*
 * Folios and the reclaim policy: handing them over and back (the contract is mm/policy.h).
 *
 * PG_lru is set exactly while reclaim knows a folio: the policy holds it, or it is new and waits in
 * the nursery of the hart that made it, until reclaim wants candidates.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include "mm/folio.h"
#include "mm/policy.h"

struct seq_file;

static inline enum folio_kind folio_kind(const struct folio *folio)
{
	return folio_test_swapbacked(folio) ? KIND_ANON : KIND_FILE;
}

/* --- in and out --- */

/* A new folio, uptodate or about to be read, becomes known to reclaim. */
void folio_add_lru(struct folio *folio);
/* The same for one of a private mapping that nobody else knows yet. */
void folio_add_lru_anon(struct folio *folio);
/* The same for one that was evicted before; @shadow is what stood in its place. */
void folio_add_lru_refault(struct folio *folio, void *shadow);

/* Either of the two: @shadow is NULL if none stood in its place. */
static inline void folio_add_lru_shadow(struct folio *folio, void *shadow)
{
	if (unlikely(shadow))
		folio_add_lru_refault(folio, shadow);
	else
		folio_add_lru(folio);
}

/* The last reference is gone: takes it back. */
void folio_del_lru(struct folio *folio);
void folios_del_lru(struct folio **folios, unsigned int nr);
/* A read or write of the page cache, or a hit in the swap cache, used it.  No lock. */
void folio_mark_accessed(struct folio *folio);

/* What was written out meanwhile becomes the policy's again. */
void lru_add_drain(void);
void __folio_lru_drain(struct folio *folio);
/*
 * The same for @folio alone, which the caller has a reference to: what it had as one that was
 * written out is dropped.  So who counts references is not told that it is somebody else's, and who
 * frees it frees it now.
 */
static inline void folio_lru_drain(struct folio *folio)
{
	if (unlikely(folio_test_reclaim(folio)))
		__folio_lru_drain(folio);
}

/* An entry of a VMA with VM_LOCKED maps it now; not any more.  Page-table lock held. */
void mlock_folio(struct folio *folio);
void munlock_folio(struct folio *folio);

/*
 * An anonymous folio whose content may be lost: until somebody stores to it
 * (folio_test_swapbacked() again) it is as good as a clean one of a file. Page-table lock held.
 */
void folio_mark_lazyfree(struct folio *folio);
/* Somebody has stored to it, or is about to. */
void folio_mark_swapbacked(struct folio *folio);
/* Its user does not need it now: among the next that reclaim looks at. */
void folio_deactivate(struct folio *folio);
/*
 * Takes it back from the policy, with a reference, for reclaim_pages(); false: it does not hold it.
 */
bool folio_isolate_lru(struct folio *folio);

/* --- for vmscan.c --- */

/*
 * Takes up to @nr candidates from the policy, with a reference each; fewer than asked: it has no
 * more.  *@scanned counts what it gave.
 */
unsigned int isolate_lru_folios(const struct policy_scan *scan, struct folio **batch,
				unsigned int nr, unsigned long *scanned);
/* Asks the policy about each: fate[i] for batch[i] with its facts. */
void judge_folios(const struct policy_scan *scan, struct folio **batch,
		  const struct folio_facts *facts, enum fate *fate, unsigned int nr);
/* Gives them back and drops the references. */
void putback_lru_folios(struct folio **batch, unsigned int nr, enum add_why why);
/* @folio is gone: what is to be left in its place; NULL: nothing. */
void *policy_evicted(enum folio_kind kind, struct folio *folio);
/* Any context: @folio was written out for reclaim, whose reference it has. */
void folio_rotate_reclaimable(struct folio *folio);
/* Takes it and the reference back; false: it is not, or no longer, among those. */
bool folio_take_cleaned(struct folio *folio);

/* Folios that reclaim knows. */
unsigned long lru_size(enum folio_kind kind);
/* Of these, the ones that it thinks in use. */
unsigned long lru_active(enum folio_kind kind);
unsigned long lru_inactive(enum folio_kind kind);

/* --- which policy --- */

/* By name; moves all folios over at once, under lru_lock.  0 or -EINVAL. */
int set_reclaim_policy(const char *name);
/* "fifo clock [lru2]" */
void reclaim_policies_show(struct seq_file *m);
/* What the one in use has to show. */
void reclaim_policy_show(struct seq_file *m);
/* The one in use grows older (policy_age_ms()). */
void lru_age(void);

#endif
