// SPDX-License-Identifier: MIT
/*
 * Caches outside mm/ that can be made smaller (inodes, dentries, buffers) say so here; reclaim
 * calls them.
 *
 * count_objects() says quickly how many objects could go; scan_objects() looks at nr_to_scan of
 * them and returns how many it freed, or SHRINK_STOP if it cannot work in this context.  Both run
 * in any task that allocates memory: what gfp_mask forbids (__GFP_FS, __GFP_IO) they must not do,
 * and locks that allocations are made under, only try.
 */
#ifndef MM_SHRINKER_H
#define MM_SHRINKER_H

#include "lib/list.h"
#include "mm/gfp.h"

#define SHRINK_STOP	(~0UL)
#define DEFAULT_SEEKS	2

struct shrink_control {
	gfp_t gfp_mask;
	unsigned long nr_to_scan;
};

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	/* What an object costs to make again, in disk seeks; 0: half of them go each time. */
	int seeks;
	struct list_head list;
};

void register_shrinker(struct shrinker *shrinker);
/*
 * Asks each one for the share of its objects that 1/2^@priority is; returns objects freed.  May
 * sleep.
 */
unsigned long shrink_slab(gfp_t gfp, int priority);

#endif
