// SPDX-License-Identifier: MIT
/* A hart counts in lines of its own, so that counting makes nobody wait. */
#include "kernel/lock_stat.h"

#include "kernel/sched.h"
#include "kernel/smp.h"

#ifdef CONFIG_DEBUG

static struct lock_counts {
	unsigned long of[RANK_COUNT][NR_LOCK_COUNTS];
} __aligned(64) lock_counts[NR_CPUS];

static const char *const names[RANK_COUNT] = {
#define X(rank) [rank] = #rank,
	LOCK_RANKS(X)
#undef X
};

void lock_stat_add(enum lock_rank rank, enum lock_count count, bool waited)
{
	unsigned long *counts = lock_counts[smp_processor_id()].of[rank];

	/* Atomic against this hart's interrupts. */
	__atomic_fetch_add(&counts[count], 1, __ATOMIC_RELAXED);
	if (waited)
		__atomic_fetch_add(&counts[count + 1], 1, __ATOMIC_RELAXED);
}

unsigned long lock_stat_sum(enum lock_rank rank, enum lock_count count)
{
	unsigned long sum = 0;

	for (int hart = 0; hart < NR_CPUS; hart++)
		sum += READ_ONCE(lock_counts[hart].of[rank][count]);
	return sum;
}

void lock_stat_reset(void)
{
	for (int hart = 0; hart < NR_CPUS; hart++)
		for (int rank = 0; rank < RANK_COUNT; rank++)
			for (int count = 0; count < NR_LOCK_COUNTS; count++)
				WRITE_ONCE(lock_counts[hart].of[rank][count], 0);
}

const char *lock_rank_name(enum lock_rank rank)
{
	return names[rank] + sizeof("RANK_") - 1;
}

#endif
