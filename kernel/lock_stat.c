// SPDX-License-Identifier: MIT
/* A hart counts in lines of its own, so that counting makes nobody wait. */
#include "kernel/lock_stat.h"

#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"

#ifdef CONFIG_DEBUG

static struct lock_counts {
	unsigned long of[RANK_COUNT][NR_LOCK_COUNTS];
} __aligned(64) lock_counts[NR_CPUS];

static const char *const names[RANK_COUNT] = {
	[RANK_FILE_POS] = "file_pos",
	[RANK_SEQ_FILE] = "seq_file",
	[RANK_CHECK] = "check",
	[RANK_MOUNT] = "mount",
	[RANK_RENAME] = "rename",
	[RANK_SWAPON] = "swapon",
	[RANK_INODE] = "inode",
	[RANK_TTY] = "tty",
	[RANK_MM_GATE] = "mm_gate",
	[RANK_MMAP] = "mmap",
	[RANK_INVALIDATE] = "invalidate",
	[RANK_BDEV] = "bdev",
	[RANK_FS] = "fs",
	[RANK_FOLIO] = "folio",
	[RANK_I_MMAP] = "i_mmap",
	[RANK_ANON_VMA] = "anon_vma",
	[RANK_CALL] = "call",
	[RANK_PTE] = "pte",
	[RANK_SWAP] = "swap",
	[RANK_I_PAGES] = "i_pages",
	[RANK_RECLAIM] = "reclaim",
	[RANK_MAPLE] = "maple",
	[RANK_DCACHE] = "dcache",
	[RANK_ICACHE] = "icache",
	[RANK_WRITEBACK] = "writeback",
	[RANK_FILES] = "files",
	[RANK_TASKLIST] = "tasklist",
	[RANK_SIGHAND] = "sighand",
	[RANK_TASK_MM] = "task_mm",
	[RANK_FUTEX] = "futex",
	[RANK_UIDHASH] = "uidhash",
	[RANK_BUDDY] = "buddy",
	[RANK_SLAB] = "slab",
	[RANK_VMALLOC] = "vmalloc",
	[RANK_KERNEL_PGTABLE] = "kernel_pgtable",
	[RANK_BLOCK] = "block",
	[RANK_TTY_BUFFER] = "tty_buffer",
	[RANK_IRQ] = "irq",
	[RANK_WAIT] = "wait",
	[RANK_RUNQUEUE] = "runqueue",
	[RANK_TIMER] = "timer",
	[RANK_TRACE] = "trace",
	[RANK_CONSOLE] = "console",
};

static void lock_stat_init(void)
{
	for (int rank = 0; rank < RANK_COUNT; rank++)
		BUG_ON(!names[rank]);
}
core_initcall(lock_stat_init);

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
	return names[rank];
}

#endif
