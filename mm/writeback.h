// SPDX-License-Identifier: MIT
/*
 * Delayed write-back: dirty inodes wait on a list of their super block until they are old, memory
 * is short of clean folios, or somebody syncs.
 *
 * An inode's i_state says what of it is dirty: I_DIRTY_SYNC and I_DIRTY_DATASYNC its metadata (the
 * latter what fdatasync needs), I_DIRTY_PAGES its folios.  While it is dirty it is on its super
 * block's list; I_SYNC is set while somebody writes it out.  Under inode->i_lock.
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include "lib/list.h"
#include "lib/types.h"

struct address_space;
struct inode;
struct super_block;

enum writeback_sync_modes {
	WB_SYNC_NONE,		/* skip what is busy, wait for nothing */
	WB_SYNC_ALL,		/* everything that was dirty at the call */
};

struct writeback_control {
	long nr_to_write;		/* folios; counts down */
	loff_t range_start, range_end;	/* bytes, end included */
	enum writeback_sync_modes sync_mode;
	bool tagged_writepages;		/* what was dirty at the begin, and no more */
	bool for_sync;			/* the caller waits for the folios, leaving errors alone */
};

/* A super block's dirty inodes (sb->s_wb).  Under the one lock of mm/writeback.c. */
struct bdi_writeback {
	struct list_head b_dirty;	/* inode->i_io_list, youngest first */
	struct list_head wb_list;	/* of all super blocks */
	struct super_block *sb;
	int users;			/* the flusher is at it */
};

void wb_init(struct bdi_writeback *wb, struct super_block *sb);
/* Before the super block goes: it has no dirty inode any more. */
void wb_exit(struct bdi_writeback *wb);

/* --- inodes --- */

/* Writes folios and metadata of one inode, and waits if @sync.  0 or -errno. */
int write_inode_now(struct inode *inode, int sync);
/* Its metadata alone: @wait for it.  fsync's second half. */
int sync_inode_metadata(struct inode *inode, int wait);
/* For eviction: off the lists, and no writer at it any more. */
void inode_io_list_del(struct inode *inode);
void inode_wait_for_writeback(struct inode *inode);

/* --- super blocks and all of them --- */

/* Starts the write-out of what is dirty now; sync_inodes_sb() also waits for it. */
void writeback_inodes_sb(struct super_block *sb);
void sync_inodes_sb(struct super_block *sb);
/* Asks the flusher to write back everything; returns at once. */
void wakeup_flusher_threads(void);
/* The same for what lies above the background limit (mm/balance_dirty.h). */
void wakeup_flusher_background(void);

/* /proc/sys/vm */
extern int dirty_writeback_interval, dirty_expire_interval;	/* 1/100 s */
int dirty_writeback_interval_changed(void);

#endif
