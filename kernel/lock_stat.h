// SPDX-License-Identifier: MIT
/*
 * Debug build: how often the locks of each rank were acquired, and how often somebody had to wait
 * for one that another held: /proc/lock_stat.  In the release build all of this is empty.
 */
#ifndef KERNEL_LOCK_STAT_H
#define KERNEL_LOCK_STAT_H

#include "kernel/lockrank.h"
#include "lib/types.h"

enum lock_count {
	LOCK_SHARED,			/* acquired for reading */
	LOCK_SHARED_WAITED,		/* of those, after a wait */
	LOCK_EXCLUSIVE,			/* for writing, and every lock that knows no readers */
	LOCK_EXCLUSIVE_WAITED,
	NR_LOCK_COUNTS,
};

#ifdef CONFIG_DEBUG
/* One more; @waited: so, too, its second count.  Any context. */
void lock_stat_add(enum lock_rank rank, enum lock_count count, bool waited);
/* The sum over the harts. */
unsigned long lock_stat_sum(enum lock_rank rank, enum lock_count count);
/* All to 0; what others count meanwhile may be lost. */
void lock_stat_reset(void);
/* "MMAP" for RANK_MMAP. */
const char *lock_rank_name(enum lock_rank rank);
#else
static inline void lock_stat_add(enum lock_rank rank, enum lock_count count, bool waited)
{
}
#endif

#endif
