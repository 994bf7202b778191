// SPDX-License-Identifier: MIT
/*
 * Reclaim, the mechanism: when memory is short, and how a folio is taken away.  Which one, says the
 * policy (mm/policy.h); who holds which, mm/swap.h.
 */
#ifndef MM_VMSCAN_H
#define MM_VMSCAN_H

#include "mm/folio.h"
#include "mm/gfp.h"
#include "mm/swap.h"

/* 1/2^12 of the folios is looked at first, all in the end */
#define DEF_PRIORITY		12
#define SWAP_CLUSTER_MAX	32UL	/* isolated at a time; what one reclaim is content with */

/* vm.swappiness: how readily anonymous folios go instead of files, 0 to 200; 100: alike. */
extern int vm_swappiness;

/*
 * Tries to free @nr_pages for an allocation of @gfp and @order; returns frames freed.  May sleep.
 */
unsigned long try_to_free_pages(unsigned int order, gfp_t gfp);
/* Memory is below `low`: asks for reclaim in the background.  Any context but interrupts. */
void wake_kswapd(void);
/* Another policy may want to age. */
void kswapd_policy_changed(void);
/* Frees those of the isolated folios that can be had at once; the others go back.  May sleep. */
void reclaim_pages(struct folio **folios, unsigned int nr);
/* The folio of @kind that the policy says goes; false: none could.  May sleep. */
bool reclaim_one(enum folio_kind kind);
/*
 * @nr_pages of @kind had to be read back or written out: the other kind is spared less from now on.
 */
void lru_note_cost(enum folio_kind kind, unsigned long nr_pages);
/*
 * Drop all that can be dropped: clean folios; objects of shrinkers (/proc/sys/vm/drop_caches 1, 2).
 */
void drop_pagecache(void);
void drop_slab(void);

#endif
