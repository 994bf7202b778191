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
 *   RUNQUEUE  by hart
 */
#ifndef KERNEL_LOCKRANK_H
#define KERNEL_LOCKRANK_H

enum lock_rank {
	RANK_FILE_POS,		/* f_pos of a file that is shared */
	RANK_SEQ_FILE,		/* a file of /proc while its text is made */
	RANK_CHECK,		/* one mm_check() at a time */
	RANK_MOUNT,		/* the mount table; super block list, s_umount */
	RANK_RENAME,		/* one cross-directory rename at a time */
	RANK_SWAPON,		/* one swapon or swapoff at a time */
	RANK_INODE,		/* i_rwsem */
	RANK_TTY,		/* tty and pipe mutexes */
	RANK_MM_GATE,		/* held by mm_check() to keep mms from coming to be */
	RANK_MMAP,		/* mmap_lock */
	RANK_INVALIDATE,	/* a file's invalidate_lock */
	RANK_BDEV,		/* opening and closing of block devices */
	RANK_FS,		/* an on-disk file system's allocation and orphan mutexes */
	/* folio lock (a bit, so checked as a sleeping lock without an owner) */
	RANK_FOLIO,
	RANK_I_MMAP,		/* i_mmap of a file */
	RANK_ANON_VMA,
	RANK_CALL,		/* one call to other harts at a time; the last that sleeps */
	RANK_PTE,		/* page-table locks */
	RANK_SWAP,		/* a swap area */
	RANK_I_PAGES,		/* a file's xarray; buffers of a folio */
	RANK_RECLAIM,		/* the lists of folios */
	RANK_MAPLE,		/* vma statistics and small mm state (mm->page_table_lock) */
	RANK_DCACHE,		/* dentries: hash, parents, lists */
	RANK_ICACHE,		/* inode hash and lists, super block lists */
	RANK_WRITEBACK,		/* dirty inode lists */
	RANK_FILES,		/* a task's file table, fs_struct, file locks (POSIX, flock) */
	RANK_TASKLIST,		/* pid hash, parents and children, process groups */
	RANK_SIGHAND,		/* pending signals and handlers */
	RANK_TASK_MM,		/* task->mm, for those who look at another task's */
	RANK_FUTEX,
	RANK_UIDHASH,		/* users by uid */
	RANK_BUDDY,		/* page allocator, zone */
	RANK_SLAB,
	RANK_VMALLOC,
	RANK_KERNEL_PGTABLE,	/* second and third level of the kernel's own table */
	RANK_BLOCK,		/* a disk's request queue and its driver's ring */
	RANK_TTY_BUFFER,	/* a tty's rings, shared with the interrupt */
	RANK_IRQ,		/* interrupt controller and handler table */
	RANK_WAIT,		/* wait queue heads */
	RANK_RUNQUEUE,
	/* a hart's timer queue: the tick begins and ends inside a switch */
	RANK_TIMER,
	RANK_TRACE,
	RANK_CONSOLE,		/* printk's ring and the console's registers */
	RANK_COUNT,
};

#endif
