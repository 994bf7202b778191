// SPDX-License-Identifier: MIT
/*
 * The reclaim policy in use: each call to it, and changing it.  The contract is mm/policy.h; who
 * holds which folio, and the lock that is held around all of this, lru_lock, are mm/swap.c's.
 */
#ifndef MM_RECLAIM_POLICY_H
#define MM_RECLAIM_POLICY_H

#include "mm/policy.h"

struct seq_file;

/* --- lru_lock is held --- */

/* @folio is the policy's from now on. */
void policy_add(struct folio *folio, enum folio_kind kind, enum add_why why, unsigned long shadow);
/* It is ours again; the policy had it. */
void policy_del(struct folio *folio, enum folio_kind kind);
/* The candidate that the policy gives; it is ours.  NULL: the policy has none of that kind. */
struct folio *policy_next(const struct policy_scan *scan);
enum fate policy_judge(struct folio *folio, const struct folio_facts *facts,
		       const struct policy_scan *scan);
/* The word to be left in the place of @folio, which is gone; 0: none. */
unsigned long policy_shadow(struct folio *folio, enum folio_kind kind);
void policy_age(void);
/* What it has counted goes to /proc/vmstat; true: a folio came back that was in use once. */
bool policy_flush_counts(void);

/* Folios that it holds, and those of them that it thinks in use. */
unsigned long policy_held(enum folio_kind kind);
unsigned long policy_active(enum folio_kind kind);

/* @to takes all folios over. */
void policy_switch(const struct reclaim_policy *to);
/* Those that there are, "fifo clock [lru2]", and what the one in use has to show. */
void policy_names_show(struct seq_file *m);
void policy_show(struct seq_file *m);

/* --- no lock --- */

/* NULL: no policy has this name; the console shows those that there are. */
const struct reclaim_policy *policy_find(const char *name);
/* The one of the command line, reclaim=. */
void policy_init(void);
/* Milliseconds between two calls to policy_age(); 0: it does not age. */
unsigned int policy_age_ms(void);

#endif
