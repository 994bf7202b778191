// SPDX-License-Identifier: MIT
/*
 * The lock order, in the one place where it is written down: outer before inner. A lock may be
 * acquired only if its rank is above every rank that the task holds; the debug build asserts it
 * (kernel/lockdep.c).  The same rank twice only by a _nested acquire, with the order stated beside
 * it:
 *   MMAP      parent mm before child; all of them by address (mm/check_mm.c)
 *   PTE       source table before destination
 *   FOLIO     by index in a file; a file's before those of its disk (metadata is looked up and
 *             buffers are read in with the file's folio locked)
 *   INODE     a directory before what is in it (fs/dirops.c, lock_rename()); files by address
 *   FILES     task_files_lock before the lock of an fs_struct
 *   FUTEX     by address
 *   NURSERY   by hart
 *   RUNQUEUE  by hart
 */
#ifndef KERNEL_LOCKRANK_H
#define KERNEL_LOCKRANK_H

#define LOCK_RANKS(X)										\
	X(RANK_FILE_POS)	/* f_pos of a file that is shared */				\
	X(RANK_SEQ_FILE)	/* a file of /proc while its text is made */			\
	X(RANK_CHECK)		/* one mm_check() at a time */					\
	X(RANK_MOUNT)		/* the mount table; super block list, s_umount */		\
	X(RANK_RENAME)		/* one cross-directory rename at a time */			\
	X(RANK_SWAPON)		/* one swapon or swapoff at a time */				\
	X(RANK_INODE)		/* i_rwsem */							\
	X(RANK_TTY)		/* tty and pipe mutexes */					\
	X(RANK_MM_GATE)		/* held by mm_check() to keep mms from coming to be */		\
	X(RANK_MMAP)		/* mmap_lock */							\
	X(RANK_INVALIDATE)	/* a file's invalidate_lock */					\
	X(RANK_BDEV)		/* opening and closing of block devices */			\
	X(RANK_FS)		/* an on-disk file system's allocation and orphan mutexes */	\
	X(RANK_FOLIO)		/* folio lock: a bit, checked as a sleeping lock without owner */\
	X(RANK_I_MMAP)		/* i_mmap of a file */						\
	X(RANK_ANON_VMA)									\
	X(RANK_OOM)		/* a victim is looked for; only ever tried */			\
	X(RANK_CALL)		/* one call to other harts at a time; the last that sleeps */	\
	X(RANK_PTE)		/* page-table locks */						\
	X(RANK_SWAP)		/* a swap area */						\
	X(RANK_I_PAGES)		/* a file's xarray; buffers of a folio */			\
	X(RANK_RECLAIM)		/* what the reclaim policy holds */				\
	X(RANK_NURSERY)		/* a hart's new folios */					\
	X(RANK_MAPLE)		/* vma statistics and small mm state (mm->page_table_lock) */	\
	X(RANK_DCACHE)		/* dentries: hash, parents, lists */				\
	X(RANK_ICACHE)		/* inode hash and lists, super block lists */			\
	X(RANK_WRITEBACK)	/* dirty inode lists */						\
	X(RANK_FILES)		/* a task's file table, fs_struct, file locks (POSIX, flock) */	\
	X(RANK_TASKLIST)	/* pid hash, parents and children, process groups */		\
	X(RANK_SIGHAND)		/* pending signals and handlers */				\
	X(RANK_TASK_MM)		/* task->mm, for those who look at another task's */		\
	X(RANK_FUTEX)										\
	X(RANK_OOM_REAPER)	/* the reaper's list */						\
	X(RANK_UIDHASH)		/* users by uid */						\
	X(RANK_BUDDY)		/* page allocator, zone */					\
	X(RANK_SLAB)										\
	X(RANK_VMALLOC)										\
	X(RANK_KERNEL_PGTABLE)	/* second and third level of the kernel's own table */		\
	X(RANK_BLOCK)		/* a disk's request queue and its driver's ring */		\
	X(RANK_TTY_BUFFER)	/* a tty's rings, shared with the interrupt */			\
	X(RANK_IRQ)		/* interrupt controller and handler table */			\
	X(RANK_WAIT)		/* wait queue heads */						\
	X(RANK_RUNQUEUE)									\
	X(RANK_TIMER)		/* a hart's timers: the tick begins and ends inside a switch */	\
	X(RANK_TRACE)										\
	X(RANK_CONSOLE)		/* printk's ring and the console's registers */

enum lock_rank {
#define X(rank) rank,
	LOCK_RANKS(X)
#undef X
	RANK_COUNT,
};

#endif
