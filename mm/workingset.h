// SPDX-License-Identifier: MIT
/*
 * Shadows: where a page of a file or of a swap area was, reclaim leaves the policy's word about it
 * (evicted() in mm/policy.h) as a value in the cache's xarray.  When the page comes back, the word
 * goes to the policy again (folio_add_lru_refault() in mm/swap.h).
 *
 * A leaf of an xarray that has folios is worth its memory; one that has nothing but shadows is only
 * a memory of what was, and there may be as many as pages were ever read.  These are kept on a list
 * here, and a shrinker takes the oldest when there are too many.
 */
#ifndef MM_WORKINGSET_H
#define MM_WORKINGSET_H

struct xa_node;

/* xarray_ops->update of every cache whose values are shadows. */
void workingset_update_node(struct xa_node *node);
/* All of those that are alone in their leaf go, whatever the limit (leak check). */
void drop_shadows(void);

#endif
