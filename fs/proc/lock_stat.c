// SPDX-License-Identifier: MIT
/* /proc/lock_stat of the debug build: acquisitions and waits by class of lock. */
#include "kernel/lock_stat.h"

#include "fs/proc/pseudo.h"
#include "kernel/init.h"

#ifdef CONFIG_DEBUG

static void show_class(struct seq_file *m, enum lock_rank rank)
{
	seq_printf(m, "%-16s", lock_rank_name(rank));
	for (int count = 0; count < NR_LOCK_COUNTS; count++)
		seq_printf(m, "%12lu", lock_stat_sum(rank, count));
	seq_puts(m, "\n");
}

static int show_lock_stat(struct seq_file *m, void *data)
{
	seq_puts(m, "class                 shared      waited   exclusive      waited\n");
	for (int rank = 0; rank < RANK_COUNT; rank++)
		if (lock_stat_sum(rank, LOCK_SHARED) || lock_stat_sum(rank, LOCK_EXCLUSIVE))
			show_class(m, rank);
	return 0;
}

static int store_lock_stat(const char *text, size_t len, void *data)
{
	lock_stat_reset();
	return 0;
}

static void proc_lock_stat_init(void)
{
	pseudo_file(NULL, "lock_stat", 0600, show_lock_stat, store_lock_stat, NULL);
}
fs_initcall(proc_lock_stat_init);

#endif
