// SPDX-License-Identifier: MIT
#include "mm/check_swap.h"

#include "kernel/init.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/folio.h"
#include "mm/swap_areas.h"
#include "mm/vmalloc.h"

/* --- books --- */

bool swap_seen_begin(struct swap_seen *seen)
{
	bool complete = true;

	mutex_lock(&swapon_mutex);
	*seen = (struct swap_seen){ };
	for (int type = 0; type < MAX_SWAPFILES; type++) {
		if (!swap_info[type] || !swap_info[type]->swap_map)
			continue;
		seen->nr[type] = vzalloc(swap_info[type]->max * sizeof(u16));
		complete &= !!seen->nr[type];
	}
	return complete;
}

void swap_seen_end(struct swap_seen *seen)
{
	for (int type = 0; type < MAX_SWAPFILES; type++)
		vfree(seen->nr[type]);
	mutex_unlock(&swapon_mutex);
}

void swap_seen_reset(struct swap_seen *seen)
{
	for (int type = 0; type < MAX_SWAPFILES; type++)
		if (seen->nr[type])
			memset(seen->nr[type], 0, swap_info[type]->max * sizeof(u16));
}

void swap_seen_add(struct swap_seen *seen, swp_entry_t entry)
{
	seen->nr[swp_type(entry)][swp_offset(entry)]++;
}

int check_swap_counts(const struct swap_seen *seen)
{
	for (int type = 0; type < MAX_SWAPFILES; type++) {
		struct swap_info_struct *si = swap_info[type];

		for (unsigned long i = 1; seen->nr[type] && i < si->max; i++) {
			u16 map = READ_ONCE(si->swap_map[i]) & ~SWAP_HAS_CACHE;

			if (map != SWAP_MAP_BAD && map != seen->nr[type][i])
				return mm_check_failed("swapfile.c S6",
						       "slot %lu of area %d: count %d, %d entries",
						       i, type, map, seen->nr[type][i]);
		}
	}
	return 0;
}

/* --- what can be seen at any time --- */

/* => si->lock held.  S1 and S2. */
static int check_clusters(struct swap_info_struct *si)
{
	unsigned long inuse = 0;

	for (unsigned long i = 0; i < DIV_ROUND_UP(si->max, SWAPFILE_CLUSTER); i++) {
		unsigned int used = 0;

		for (unsigned long k = 0; k < SWAPFILE_CLUSTER; k++) {
			u16 map = si->swap_map[i * SWAPFILE_CLUSTER + k];

			used += map != 0;
			inuse += map && map != SWAP_MAP_BAD;
		}
		if (used != si->clusters[i].used)
			return mm_check_failed("swapfile.c S2", "cluster %lu: %u used, counted %u",
					       i, used, si->clusters[i].used);
	}
	if (inuse != si->inuse_pages)
		return mm_check_failed("swapfile.c S1", "%lu slots in use, counted %lu", inuse,
				       si->inuse_pages);
	return 0;
}

/* => si->lock held.  C2 and S4: a folio has its slot's SWAP_HAS_CACHE, a free slot has nothing. */
static int check_cache(struct swap_info_struct *si)
{
	int error = 0;

	spin_lock(&si->space.i_pages_lock);
	for (unsigned long i = 1; i < si->max && !error; i++) {
		void *entry = xa_load(&si->space.i_pages, i);
		u16 map = si->swap_map[i];

		if (entry && !map)
			error = mm_check_failed("swapfile.c S4", "slot %lu is free, and cached",
						i);
		else if (entry && !xa_is_value(entry) && !(map & SWAP_HAS_CACHE))
			error = mm_check_failed("swap_state.c C2", "slot %lu: 0x%x, and cached", i,
						map);
	}
	spin_unlock(&si->space.i_pages_lock);
	return error;
}

static int check_areas(void)
{
	int error = 0;

	mutex_lock(&swapon_mutex);
	for (int type = 0; type < MAX_SWAPFILES && !error; type++) {
		struct swap_info_struct *si = swap_info[type];

		if (!si || !si->swap_map)
			continue;
		spin_lock(&si->lock);
		error = check_clusters(si);
		if (!error)
			error = check_cache(si);
		spin_unlock(&si->lock);
	}
	mutex_unlock(&swapon_mutex);
	return error;
}

static struct mm_checker swap_checker = { .name = "swap", .check = check_areas };

static void check_swap_init(void)
{
	register_mm_checker(&swap_checker);
}
core_initcall(check_swap_init);
