// SPDX-License-Identifier: MIT
#include "mm/shrinker.h"

#include "kernel/sched.h"
#include "mm/slab.h"
#include "mm/vmstat.h"

#define SHRINK_BATCH	128UL		/* objects between two looks at the scheduler */

static LIST_HEAD(shrinkers);			/* only ever grows, at boot */
static DEFINE_SPINLOCK(shrinkers_lock, RANK_RECLAIM);

void register_shrinker(struct shrinker *shrinker)
{
	spin_lock(&shrinkers_lock);
	list_add_tail(&shrinker->list, &shrinkers);
	spin_unlock(&shrinkers_lock);
}

/* Of @objects; what costs nothing to make again goes fast. */
static unsigned long share(const struct shrinker *shrinker, unsigned long objects, int priority)
{
	return shrinker->seeks ? objects >> priority : objects - objects / 2;
}

static unsigned long shrink_one(struct shrinker *shrinker, gfp_t gfp, int priority)
{
	struct shrink_control sc = { .gfp_mask = gfp };
	unsigned long left = share(shrinker, shrinker->count_objects(shrinker, &sc), priority);
	unsigned long freed = 0;

	while (left) {
		unsigned long ret;

		sc.nr_to_scan = min(left, SHRINK_BATCH);
		ret = shrinker->scan_objects(shrinker, &sc);
		if (ret == SHRINK_STOP)
			break;
		freed += ret;
		left -= min(left, SHRINK_BATCH);
		count_vm_events(SLABS_SCANNED, sc.nr_to_scan);
		cond_resched();
	}
	return freed;
}

unsigned long shrink_slab(gfp_t gfp, int priority)
{
	struct shrinker *shrinker;
	unsigned long freed = 0;

	list_for_each_entry(shrinker, &shrinkers, list)
		freed += shrink_one(shrinker, gfp, priority);
	return freed;
}

void drop_slab(void)
{
	count_vm_event(DROP_SLAB);
	/* A first look at what was used lately only makes it old. */
	for (int idle = 0; idle < 2;)
		idle = shrink_slab(GFP_KERNEL, 0) ? 0 : idle + 1;
	slab_shrink();
}
