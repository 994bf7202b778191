// SPDX-License-Identifier: MIT
/*
 * The way of a dirty inode, by the list of its super block (sb->s_wb):
 *
 *   clean ── __mark_inode_dirty ──> b_dirty ── written out, I_SYNC set ──┬──> off the list
 *                                     ^                                  │
 *                                     └───────── dirtied meanwhile ──────┘
 *
 * One flusher thread serves all.  It wakes when the oldest may be old enough (a timer that runs
 * only while something is dirty), when a writer or reclaim finds too much dirty, and writes by
 * age.  An inode that is still dirty afterwards gets a new time, so that a pass has an end.
 *
 * A sync starts the write-out of the list, and then goes through all inodes of the super block,
 * once: those whose folios are still on their way are on no list, and one that the flusher is at
 * may be younger afterwards without being clean.
 *
 * I_SYNC makes one writer at a time own an inode and keeps it alive: eviction takes it off the
 * list and then waits for the bit.  So the flusher holds no references, which could make it the one
 * to free a file.
 *
 * I1  An inode with I_DIRTY bits that is not being freed is on b_dirty, or I_SYNC is set and it
 *     will be.
 * I2  The list is ordered by dirtied_when, when the inode was put there, youngest first.
 * I3  The timer is pending or the flusher runs while any b_dirty is not empty, unless age does not
 *     count (dirty_writeback_interval is 0).
 *
 * Locks: wb_lock over the lists and dirtied_when; i_lock, outside it, over i_state.  From a list to
 * an i_lock one can only try.
 */
#include "mm/writeback.h"

#include "fs/inode.h"
#include "fs/super.h"
#include "kernel/init.h"
#include "kernel/kthread.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include "mm/balance_dirty.h"
#include "mm/filemap.h"
#include "mm/page_writeback.h"

#define CENTISECOND	(NSEC_PER_SEC / 100)

int dirty_writeback_interval = 500, dirty_expire_interval = 3000;

static DEFINE_SPINLOCK(wb_lock, RANK_WRITEBACK);
static LIST_HEAD(all_wbs);
static DEFINE_WAIT_QUEUE_HEAD(inode_sync_wait);	/* for I_SYNC, and wb->users */
static DEFINE_WAIT_QUEUE_HEAD(flusher_wait);
static struct timer flusher_timer;
static bool flusher_wanted;		/* wb_lock not needed: a hint that is looked at again */
static int flush_now;			/* do not wait for age */

/* --- a super block --- */

void wb_init(struct bdi_writeback *wb, struct super_block *sb)
{
	INIT_LIST_HEAD(&wb->b_dirty);
	wb->sb = sb;
	wb->users = 0;
	spin_lock(&wb_lock);
	list_add_tail(&wb->wb_list, &all_wbs);
	spin_unlock(&wb_lock);
}

/* The flusher holds on to a super block by its place in the list. */
static bool wb_remove(struct bdi_writeback *wb)
{
	bool unused;

	spin_lock(&wb_lock);
	unused = !wb->users;
	if (unused)
		list_del(&wb->wb_list);
	spin_unlock(&wb_lock);
	return unused;
}

void wb_exit(struct bdi_writeback *wb)
{
	wait_event(&inode_sync_wait, wb_remove(wb));
	BUG_ON(!list_empty(&wb->b_dirty));
}

/* --- an inode's state --- */

static void wake_flusher(void)
{
	smp_store_mb(flusher_wanted, true);
	if (waitqueue_active(&flusher_wait))
		wake_up(&flusher_wait);
}

static void flusher_timeout(struct timer *timer)
{
	wake_flusher();
}

/* => wb_lock held */
static void arm_flusher_timer(void)
{
	if (!flusher_timer.pending && dirty_writeback_interval > 0)
		timer_add(&flusher_timer, ktime_get_ns() + dirty_writeback_interval * CENTISECOND);
}

/* => i_lock held */
static void queue_dirty(struct inode *inode)
{
	struct bdi_writeback *wb = &inode->i_sb->s_wb;

	spin_lock(&wb_lock);
	inode->dirtied_when = ktime_get_ns();
	list_move(&inode->i_io_list, &wb->b_dirty);
	arm_flusher_timer();
	spin_unlock(&wb_lock);
}

void __mark_inode_dirty(struct inode *inode, int flags)
{
	bool was_dirty;

	if (!(flags & I_DIRTY_PAGES) && !inode->i_sb->s_op->write_inode)
		return;			/* in memory only: nothing will ever be written */
	/*
	 * The folios' or the inode's change is visible before the bits are found set; pairs with
	 * take_dirty_bits().
	 */
	smp_mb();
	if ((READ_ONCE(inode->i_state) & flags) == (unsigned long)flags)
		return;
	spin_lock(&inode->i_lock);
	was_dirty = inode->i_state & I_DIRTY;
	inode->i_state |= flags;
	/* Who writes it out now will queue it again. */
	if (!was_dirty && !(inode->i_state & (I_SYNC | I_FREEING | I_WILL_FREE)))
		queue_dirty(inode);
	spin_unlock(&inode->i_lock);
}

void inode_io_list_del(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	spin_lock(&wb_lock);
	list_del_init(&inode->i_io_list);
	spin_unlock(&wb_lock);
	spin_unlock(&inode->i_lock);
}

static bool inode_not_sync(struct inode *inode)
{
	return !(READ_ONCE(inode->i_state) & I_SYNC);
}

void inode_wait_for_writeback(struct inode *inode)
{
	wait_event(&inode_sync_wait, inode_not_sync(inode));
	/* Who cleared the bit is still in i_lock: the inode must not go before he is out. */
	spin_lock(&inode->i_lock);
	spin_unlock(&inode->i_lock);
}

/* --- writing one inode --- */

/* => i_lock held.  From here on the inode is ours, until release_inode(). */
static void claim_inode(struct inode *inode)
{
	inode->i_state |= I_SYNC;
}

/* Onto the list or off it, and to whoever waits for it. */
static void release_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	inode->i_state &= ~I_SYNC;
	if (inode->i_state & (I_FREEING | I_WILL_FREE)) {
		/* Eviction has taken it off already. */
	} else if (inode->i_state & I_DIRTY) {
		queue_dirty(inode);
	} else {
		spin_lock(&wb_lock);
		list_del_init(&inode->i_io_list);
		spin_unlock(&wb_lock);
	}
	spin_unlock(&inode->i_lock);
	smp_mb();
	if (waitqueue_active(&inode_sync_wait))
		wake_up_all(&inode_sync_wait);
}

/*
 * The bits go before the inode is looked at, so that a change during its write-out sets them again.
 */
static unsigned long take_dirty_bits(struct inode *inode)
{
	unsigned long dirty;

	spin_lock(&inode->i_lock);
	dirty = inode->i_state & I_DIRTY;
	inode->i_state &= ~I_DIRTY;
	smp_mb();
	if (xa_marked(&inode->i_mapping->i_pages, PAGECACHE_TAG_DIRTY))
		inode->i_state |= I_DIRTY_PAGES;
	spin_unlock(&inode->i_lock);
	return dirty;
}

/* => claimed.  0 or -errno */
static int write_claimed_inode(struct inode *inode, struct writeback_control *wbc)
{
	struct address_space *mapping = inode->i_mapping;
	int error = do_writepages(mapping, wbc), wait_error;

	if (wbc->sync_mode == WB_SYNC_ALL && !wbc->for_sync) {
		wait_error = filemap_fdatawait_range(mapping, wbc->range_start, wbc->range_end);
		error = error ? error : wait_error;
	}
	if ((take_dirty_bits(inode) & I_DIRTY_INODE) && inode->i_sb->s_op->write_inode) {
		int inode_error = inode->i_sb->s_op->write_inode(inode, wbc);

		error = error ? error : inode_error;
	}
	return error;
}

/* Claims an inode of which the caller has a reference, waiting if somebody else writes it. */
static void claim_inode_wait(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	while (inode->i_state & I_SYNC) {
		spin_unlock(&inode->i_lock);
		wait_event(&inode_sync_wait, inode_not_sync(inode));
		spin_lock(&inode->i_lock);
	}
	claim_inode(inode);
	spin_unlock(&inode->i_lock);
}

int write_inode_now(struct inode *inode, int sync)
{
	struct writeback_control wbc = {
		.nr_to_write = LONG_MAX,
		.range_end = LAST_BYTE,
		.sync_mode = sync ? WB_SYNC_ALL : WB_SYNC_NONE,
	};
	int error;

	claim_inode_wait(inode);
	error = write_claimed_inode(inode, &wbc);
	release_inode(inode);
	return error;
}

int sync_inode_metadata(struct inode *inode, int wait)
{
	struct writeback_control wbc = {
		.nr_to_write = 0,	/* no folios */
		.range_end = LAST_BYTE,
		.sync_mode = wait ? WB_SYNC_ALL : WB_SYNC_NONE,
	};
	int error;

	/* Who writes it out just now has taken its dirty bits, and may not be done. */
	if (!(READ_ONCE(inode->i_state) & (I_DIRTY | I_SYNC)))
		return 0;
	claim_inode_wait(inode);
	error = write_claimed_inode(inode, &wbc);
	release_inode(inode);
	return error;
}

/* --- writing many --- */

enum pick { PICKED, NONE_LEFT, CONTENDED };

/*
 * The oldest on the list that is not younger than @cutoff and that nobody is writing; claimed.
 * => wb_lock held
 */
static enum pick pick_inode(struct list_head *list, u64 cutoff, struct inode **picked)
{
	struct inode *inode;

	list_for_each_entry_reverse(inode, list, i_io_list) {
		if (inode->dirtied_when > cutoff)
			break;
		if (!spin_trylock(&inode->i_lock))
			return CONTENDED;
		if (!(inode->i_state & (I_SYNC | I_NEW | I_FREEING | I_WILL_FREE))) {
			claim_inode(inode);
			spin_unlock(&inode->i_lock);
			*picked = inode;
			return PICKED;
		}
		spin_unlock(&inode->i_lock);
	}
	return NONE_LEFT;
}

/* The same; NULL: none is left. */
static struct inode *next_inode(struct bdi_writeback *wb, u64 cutoff)
{
	struct inode *inode = NULL;
	enum pick pick;

	do {
		spin_lock(&wb_lock);
		pick = pick_inode(&wb->b_dirty, cutoff, &inode);
		spin_unlock(&wb_lock);
	} while (pick == CONTENDED);
	return inode;
}

/* Starts writing what became dirty until @cutoff, as long as @more() says so (NULL: all of it). */
static void writeback_until(struct bdi_writeback *wb, u64 cutoff, bool (*more)(void))
{
	struct inode *inode;

	while ((!more || more()) && (inode = next_inode(wb, cutoff))) {
		struct writeback_control wbc = {
			.nr_to_write = LONG_MAX,
			.range_end = LAST_BYTE,
			.sync_mode = WB_SYNC_NONE,
			.tagged_writepages = true,
		};

		write_claimed_inode(inode, &wbc);
		release_inode(inode);
		cond_resched();
	}
}

void writeback_inodes_sb(struct super_block *sb)
{
	writeback_until(&sb->s_wb, ktime_get_ns(), NULL);
}

/* --- sync --- */

/* Has it anything that is not on the disk?  Then with a reference.  => s_inode_list_lock held */
static bool get_unsynced(struct inode *inode)
{
	bool unsynced;

	spin_lock_nested(&inode->i_lock);
	unsynced = !(inode->i_state & (I_NEW | I_FREEING | I_WILL_FREE)) &&
		   (inode->i_state & (I_DIRTY | I_SYNC) ||
		    atomic_read(&inode->i_mapping->nr_writeback));
	if (unsynced)
		ihold(inode);
	spin_unlock(&inode->i_lock);
	return unsynced;
}

/* The next one behind @prev, whose reference keeps the place in the list; NULL begins, and ends. */
static struct inode *next_unsynced(struct super_block *sb, struct inode *prev)
{
	struct inode *inode, *found = NULL;

	spin_lock(&sb->s_inode_list_lock);
	inode = prev ? prev : list_entry(&sb->s_inodes, struct inode, i_sb_list);
	list_for_each_entry_continue(inode, &sb->s_inodes, i_sb_list) {
		if (get_unsynced(inode)) {
			found = inode;
			break;
		}
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(prev);
	return found;
}

/* An error stays for those who have the file open (errseq). */
static void sync_inode(struct inode *inode)
{
	struct writeback_control wbc = {
		.nr_to_write = LONG_MAX,
		.range_end = LAST_BYTE,
		.sync_mode = WB_SYNC_ALL,
		.for_sync = true,
	};

	claim_inode_wait(inode);
	write_claimed_inode(inode, &wbc);
	release_inode(inode);
	filemap_fdatawait_keep_errors(inode->i_mapping);
}

void sync_inodes_sb(struct super_block *sb)
{
	struct inode *inode = NULL;

	/* Everything is started before anything is waited for. */
	writeback_inodes_sb(sb);
	while ((inode = next_unsynced(sb, inode))) {
		sync_inode(inode);
		cond_resched();
	}
}

/* --- the flusher --- */

void wakeup_flusher_threads(void)
{
	WRITE_ONCE(flush_now, 1);
	wake_flusher();
}

void wakeup_flusher_background(void)
{
	wake_flusher();
}

int dirty_writeback_interval_changed(void)
{
	static int last;

	/* The timer may be set for an age by which no one goes any more. */
	if (dirty_writeback_interval && dirty_writeback_interval != last)
		wakeup_flusher_threads();
	last = dirty_writeback_interval;
	return 0;
}

/* The super block after @wb, which is let go; NULL begins, and ends. */
static struct bdi_writeback *next_wb(struct bdi_writeback *wb)
{
	struct list_head *next;

	spin_lock(&wb_lock);
	next = wb ? wb->wb_list.next : all_wbs.next;
	if (wb && !--wb->users)
		wake_up_all(&inode_sync_wait);
	wb = next == &all_wbs ? NULL : list_entry(next, struct bdi_writeback, wb_list);
	if (wb)
		wb->users++;
	spin_unlock(&wb_lock);
	return wb;
}

/* Writes back what is old, or all if too much is dirty or somebody asked. */
static void flush_all(bool everything)
{
	struct bdi_writeback *wb = NULL;

	while ((wb = next_wb(wb))) {
		u64 now = ktime_get_ns(), age = dirty_expire_interval * CENTISECOND;

		if (everything)
			writeback_until(wb, now, NULL);
		else if (dirty_writeback_interval && now > age)
			writeback_until(wb, now - age, NULL);
		writeback_until(wb, now, over_background_limit);
	}
}

/* I3 */
static void rearm_flusher_timer(void)
{
	struct bdi_writeback *wb;

	spin_lock(&wb_lock);
	list_for_each_entry(wb, &all_wbs, wb_list)
		if (!list_empty(&wb->b_dirty))
			arm_flusher_timer();
	spin_unlock(&wb_lock);
}

static void flusher(void *unused)
{
	/* It makes memory clean for others, so it does not wait for them to free some. */
	current->flags |= PF_MEMALLOC;
	for (;;) {
		wait_event_idle(&flusher_wait, READ_ONCE(flusher_wanted));
		WRITE_ONCE(flusher_wanted, false);
		flush_all(xchg(&flush_now, 0));
		rearm_flusher_timer();
	}
}

static void writeback_init(void)
{
	timer_init(&flusher_timer, flusher_timeout);
	kthread_run(flusher, NULL, "flusher");
}
late_initcall(writeback_init);
