// SPDX-License-Identifier: MIT
/*
 * How much memory may be dirty or under writeback, and who waits until it is less.
 *
 * Two thresholds, in pages: above the background one the flusher writes, above the limit whoever
 * dirties more sleeps until the devices have brought it down again.
 */
#ifndef MM_BALANCE_DIRTY_H
#define MM_BALANCE_DIRTY_H

#include "lib/types.h"

struct address_space;

/* /proc/sys/vm: in percent of what could be dirty, or in bytes; the one of the two that is not 0 */
extern int vm_dirty_ratio, dirty_background_ratio;
extern unsigned long vm_dirty_bytes, dirty_background_bytes;
/* Each after its variable was written: 0, or -ERANGE and it has its old value. */
int dirty_ratio_changed(void);
int dirty_background_ratio_changed(void);
int dirty_bytes_changed(void);
int dirty_background_bytes_changed(void);

void global_dirty_limits(unsigned long *background, unsigned long *limit);
bool over_background_limit(void);

/* A page of @mapping became dirty by the caller: true once in a while, then the next is due. */
bool balance_dirty_pages_due(struct address_space *mapping);
/* Wakes the flusher, or sleeps, if there is too much that is dirty.  No spinlock is held. */
void balance_dirty_pages(void);

/* The two together, for who may sleep where he is. */
static inline void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	if (balance_dirty_pages_due(mapping))
		balance_dirty_pages();
}

/* Reclaim has met dirty folios only: sleeps until some writeback ends, 100 ms at most. */
void writeback_throttle_reclaim(void);
/* There is less that is dirty or under writeback.  Any context. */
void wake_throttled_writers(void);

#endif
