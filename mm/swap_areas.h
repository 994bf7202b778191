// SPDX-License-Identifier: MIT
/*
 * What the three files about swap areas share: slots (mm/swapfile.c), turning an area on
 * (mm/swapon.c), turning it off (mm/swapoff.c).
 */
#ifndef MM_SWAP_AREAS_H
#define MM_SWAP_AREAS_H

#include "kernel/mutex.h"
#include "kernel/wait.h"
#include "mm/swapfile.h"

/* swapoff waits here for the last put_swap_device(). */
extern struct wait_queue_head swap_users_wait;
/* One swapon or swapoff at a time. */
extern struct mutex swapon_mutex;

/* From now on slots are handed out; no longer.  Free slots are counted accordingly. */
void swap_area_enable(struct swap_info_struct *si);
void swap_area_disable(struct swap_info_struct *si);
/* Bad slots are marked in swap_map: sorts the clusters.  Nobody else has @si yet. */
void swap_area_init_clusters(struct swap_info_struct *si);
/* Nobody has @si any more. */
void swap_area_free_maps(struct swap_info_struct *si);

/* What swapon and swapoff answer where blkdev_get_by_path() gave @error for @name. */
int swap_path_error(const char *name, int error);

/*
 * Brings everything back that is on @si, which is disabled: entries of page tables, shared memory,
 * then what only the swap cache has.  0; -ENOMEM, -EINTR: some of it is still there.
 */
int try_to_unuse(struct swap_info_struct *si);

#endif
