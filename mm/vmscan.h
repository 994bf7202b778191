// SPDX-License-Identifier: MIT
/*
 * Reclaim: which folios can be had back, and getting them.
 *
 * One list in order of last use holds the page cache's folios, and anonymous ones after MADV_FREE;
 * folio_add_lru() puts one there, the last folio_put() or reclaim takes it off.  Only clean,
 * unlocked folios are dropped, mapped ones after a while without use; dirty ones are left to the
 * flusher, which is woken.
 */
#ifndef MM_VMSCAN_H
#define MM_VMSCAN_H

#include "mm/folio.h"
#include "mm/gfp.h"

#define DEF_PRIORITY		12	/* 1/2^12 of the list is looked at first, all in the end */
#define SWAP_CLUSTER_MAX	32UL	/* isolated at a time; what one reclaim is content with */

/* A new folio becomes known to reclaim.  Folios without a page cache are not listed. */
void folio_add_lru(struct folio *folio);
/* The same for @nr folios of the page cache. */
void folio_add_lru_batch(struct folio **folios, unsigned int nr);
/* Takes it off; for who frees it. */
void folio_del_lru(struct folio *folio);
/*
 * An entry of a VMA with VM_LOCKED maps it now; not any more.  Reclaim does not see it in between.
 * Page-table lock held.
 */
void mlock_folio(struct folio *folio);
void munlock_folio(struct folio *folio);
/*
 * An anonymous folio whose content may be lost: reclaim gets to see it.  Until somebody stores to
 * it (folio_test_swapbacked() again) it is as good as clean.  Page-table lock held.
 */
void folio_mark_lazyfree(struct folio *folio);
/* The next one that reclaim looks at. */
void folio_deactivate(struct folio *folio);
/* Takes it off the list, with a reference, for reclaim_pages(); false: it is on no list. */
bool folio_isolate_lru(struct folio *folio);
/* Frees those of the isolated folios that can be had at once; the others go back.  May sleep. */
void reclaim_pages(struct folio **folios, unsigned int nr);
/* It was used by a read or write: twice makes it young. */
void folio_mark_accessed(struct folio *folio);

/*
 * Tries to free @nr_pages for an allocation of @gfp and @order; returns frames freed.  May sleep.
 */
unsigned long try_to_free_pages(unsigned int order, gfp_t gfp);
/* Memory is below `low`: asks for reclaim in the background.  Any context but interrupts. */
void wake_kswapd(void);
/*
 * Drop all that can be dropped: clean folios; objects of shrinkers (/proc/sys/vm/drop_caches 1, 2).
 */
void drop_pagecache(void);
void drop_slab(void);
/* Frames on the list. */
unsigned long lru_size(void);

#endif
