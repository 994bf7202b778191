// SPDX-License-Identifier: MIT
/*
 * The inode cache.  An inode's life:
 *
 *   iget_locked ─ I_NEW ─ unlock_new_inode ─> in use <───────────── iget, igrab ──────────┐
 *                                               │ last iput                               │
 *                                               ├─> unused, hashed, on the LRU ───────────┘
 *                                               │       │ shrinker, unmount
 *                                               └───────┴─> I_FREEING ─ evict ─> I_CLEAR, freed
 *
 * I1  i_count goes up from 0 only under i_lock, for an inode without I_FREEING.
 * I2  An inode stays in the hash until its eviction has written what it has to write, so whoever
 *     looks for the same number meanwhile waits and then reads the file's new state.
 * I3  Only an inode that is unused, clean and without cached folios is freed by the shrinker, since
 *     that may run with any file system's locks held by its caller.  Nor one whose pages reclaim
 *     remembers: these go first (mm/workingset.h).
 *
 * Locks, outer to inner, all of one rank: inode_hash_lock, s_inode_list_lock, i_lock,
 * inode_lru_lock.
 */
#include "fs/inode.h"
#include "fs/file.h"
#include "fs/locks.h"
#include "fs/super.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/wait.h"
#include "lib/hash.h"
#include "mm/filemap.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define INODE_HASH_BITS	9

static DEFINE_SPINLOCK(inode_hash_lock, RANK_ICACHE);
static struct hlist_head inode_hashtable[1 << INODE_HASH_BITS];
static DEFINE_SPINLOCK(inode_lru_lock, RANK_ICACHE);
static LIST_HEAD(inode_lru);			/* longest unused first */
static unsigned long nr_unused;			/* inode_lru_lock */
static atomic_long_t nr_inode;
static DEFINE_WAIT_QUEUE_HEAD(inode_wq);	/* the end of I_NEW, or of an eviction */
static struct kmem_cache *inode_cache;

unsigned long nr_inodes(void)
{
	return atomic_long_read(&nr_inode);
}

unsigned long nr_unused_inodes(void)
{
	return READ_ONCE(nr_unused);
}

ino_t get_next_ino(void)
{
	static atomic_long_t last;

	return atomic_long_inc_return(&last);
}

static struct hlist_head *inode_hash(const struct super_block *sb, ino_t ino)
{
	return &inode_hashtable[hash_64((unsigned long)sb ^ ino * HASH_GOLDEN_RATIO,
					INODE_HASH_BITS)];
}

static void set_state(struct inode *inode, unsigned long set, unsigned long clear)
{
	spin_lock(&inode->i_lock);
	inode->i_state = (inode->i_state | set) & ~clear;
	spin_unlock(&inode->i_lock);
}

/* --- allocation --- */

/*
 * Until the file system gives an inode operations of its own, so that nobody has to ask whether
 * there are any.
 */
static const struct inode_operations empty_iops;
static const struct file_operations empty_fops;

static struct inode *alloc_inode(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode->i_sb = sb;
	inode->i_op = &empty_iops;
	inode->i_fop = &empty_fops;
	inode->i_blkbits = sb->s_blocksize_bits;
	inode->i_nlink = 1;
	inode->i_mapping = &inode->i_data;
	atomic_set(&inode->i_count, 1);
	spin_lock_init(&inode->i_lock, RANK_ICACHE);
	init_rwsem(&inode->i_rwsem, RANK_INODE);
	INIT_LIST_HEAD(&inode->i_io_list);
	INIT_LIST_HEAD(&inode->i_lru);
	INIT_LIST_HEAD(&inode->i_sb_list);
	address_space_init(&inode->i_data, inode, NULL);
	atomic_long_inc(&nr_inode);
	return inode;
}

void free_inode_nonrcu(struct inode *inode)
{
	kmem_cache_free(inode_cache, inode);
}

static void destroy_inode(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	DEBUG_BUG_ON(!mapping_empty(&inode->i_data) || !hlist_empty(&inode->i_dentry));
	atomic_long_dec(&nr_inode);
	if (op->free_inode)
		op->free_inode(inode);
	else
		free_inode_nonrcu(inode);
}

static void sb_list_add(struct inode *inode)
{
	spin_lock(&inode->i_sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &inode->i_sb->s_inodes);
	spin_unlock(&inode->i_sb->s_inode_list_lock);
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = alloc_inode(sb);

	if (inode)
		sb_list_add(inode);
	return inode;
}

/* --- finding --- */

static struct inode *find_inode_locked(struct super_block *sb, ino_t ino)
{
	struct inode *inode;

	hlist_for_each_entry(inode, inode_hash(sb, ino), i_hash) {
		if (inode->i_ino == ino && inode->i_sb == sb)
			return inode;
	}
	return NULL;
}

static bool inode_is_hashed(struct super_block *sb, ino_t ino, const struct inode *inode)
{
	bool result;

	spin_lock(&inode_hash_lock);
	result = find_inode_locked(sb, ino) == inode;
	spin_unlock(&inode_hash_lock);
	return result;
}

/*
 * The cached inode with a reference, ready for use, or NULL.
 * => inode_hash_lock held, and held on return if NULL; dropped if an inode is returned
 */
static struct inode *find_get_inode(struct super_block *sb, ino_t ino)
{
	struct inode *inode;

	while ((inode = find_inode_locked(sb, ino))) {
		bool freeing;

		spin_lock_nested(&inode->i_lock);
		freeing = inode->i_state & (I_FREEING | I_WILL_FREE);
		if (!freeing)
			atomic_inc(&inode->i_count);
		spin_unlock(&inode->i_lock);
		spin_unlock(&inode_hash_lock);
		if (freeing) {
			/* I2 */
			wait_event(&inode_wq, !inode_is_hashed(sb, ino, inode));
		} else {
			if (READ_ONCE(inode->i_state) & I_NEW)
				wait_event(&inode_wq, !(READ_ONCE(inode->i_state) & I_NEW));
			if (!hlist_unhashed(&inode->i_hash))
				return inode;
			iput(inode);	/* reading it in failed for whoever came first */
		}
		spin_lock(&inode_hash_lock);
	}
	return NULL;
}

struct inode *ilookup(struct super_block *sb, ino_t ino)
{
	struct inode *inode;

	spin_lock(&inode_hash_lock);
	inode = find_get_inode(sb, ino);
	if (!inode)
		spin_unlock(&inode_hash_lock);
	return inode;
}

static void hash_new_inode(struct inode *inode)
{
	inode->i_state = I_NEW;
	hlist_add_head(&inode->i_hash, inode_hash(inode->i_sb, inode->i_ino));
}

struct inode *iget_locked(struct super_block *sb, ino_t ino)
{
	struct inode *inode = ilookup(sb, ino), *fresh;

	if (inode)
		return inode;
	fresh = alloc_inode(sb);
	if (!fresh)
		return NULL;
	fresh->i_ino = ino;
	spin_lock(&inode_hash_lock);
	inode = find_get_inode(sb, ino);
	if (inode) {
		destroy_inode(fresh);
		return inode;
	}
	hash_new_inode(fresh);
	spin_unlock(&inode_hash_lock);
	sb_list_add(fresh);
	return fresh;
}

int insert_inode_locked(struct inode *inode)
{
	struct inode *old;

	spin_lock(&inode_hash_lock);
	old = find_get_inode(inode->i_sb, inode->i_ino);
	if (old) {
		iput(old);
		return -EBUSY;
	}
	hash_new_inode(inode);
	spin_unlock(&inode_hash_lock);
	return 0;
}

void unlock_new_inode(struct inode *inode)
{
	set_state(inode, 0, I_NEW);
	smp_mb();
	wake_up_all(&inode_wq);
}

static void remove_inode_hash(struct inode *inode)
{
	spin_lock(&inode_hash_lock);
	hlist_del_init(&inode->i_hash);
	spin_unlock(&inode_hash_lock);
}

void iget_failed(struct inode *inode)
{
	clear_nlink(inode);
	inode->i_mode = 0;
	remove_inode_hash(inode);
	unlock_new_inode(inode);
	iput(inode);
}

struct inode *igrab(struct inode *inode)
{
	struct inode *result = inode;

	spin_lock(&inode->i_lock);
	if (inode->i_state & (I_FREEING | I_WILL_FREE))
		result = NULL;
	else
		atomic_inc(&inode->i_count);
	spin_unlock(&inode->i_lock);
	return result;
}

/* --- the end --- */

/* => i_lock held */
static void lru_add(struct inode *inode)
{
	spin_lock_nested(&inode_lru_lock);
	if (list_empty(&inode->i_lru)) {
		list_add_tail(&inode->i_lru, &inode_lru);
		nr_unused++;
	}
	spin_unlock(&inode_lru_lock);
}

/* => inode_lru_lock held */
static void lru_del_locked(struct inode *inode)
{
	if (list_empty(&inode->i_lru))
		return;
	list_del_init(&inode->i_lru);
	nr_unused--;
}

void clear_inode(struct inode *inode)
{
	set_state(inode, I_CLEAR, 0);
}

/* => I_FREEING is set, nobody has a reference */
static void evict(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	inode_io_list_del(inode);
	spin_lock(&sb->s_inode_list_lock);
	list_del_init(&inode->i_sb_list);
	spin_unlock(&sb->s_inode_list_lock);
	inode_wait_for_writeback(inode);
	if (sb->s_op->evict_inode) {
		sb->s_op->evict_inode(inode);
	} else {
		truncate_inode_pages_final(&inode->i_data);
		clear_inode(inode);
	}
	locks_free_lock_context(inode);
	remove_inode_hash(inode);
	smp_mb();
	if (waitqueue_active(&inode_wq))
		wake_up_all(&inode_wq);
	DEBUG_BUG_ON(!(inode->i_state & I_CLEAR));
	destroy_inode(inode);
}

/*
 * The last reference went.  => i_lock held; dropped on return
 */
static void iput_final(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	bool drop;

	drop = sb->s_op->drop_inode ? sb->s_op->drop_inode(inode)
				    : !inode->i_nlink || hlist_unhashed(&inode->i_hash);
	if (!drop && sb->s_flags & SB_ACTIVE) {
		inode->i_state |= I_REFERENCED;
		lru_add(inode);
		spin_unlock(&inode->i_lock);
		return;
	}
	if (!drop && inode->i_state & I_DIRTY) {
		inode->i_state |= I_WILL_FREE;
		spin_unlock(&inode->i_lock);
		write_inode_now(inode, 1);
		spin_lock(&inode->i_lock);
		inode->i_state &= ~I_WILL_FREE;
	}
	inode->i_state |= I_FREEING;
	spin_lock_nested(&inode_lru_lock);
	lru_del_locked(inode);
	spin_unlock(&inode_lru_lock);
	spin_unlock(&inode->i_lock);
	evict(inode);
}

void iput(struct inode *inode)
{
	if (!inode || atomic_add_unless(&inode->i_count, -1, 1))
		return;
	spin_lock(&inode->i_lock);
	if (atomic_dec_and_test(&inode->i_count))
		iput_final(inode);
	else
		spin_unlock(&inode->i_lock);
}

int generic_delete_inode(struct inode *inode)
{
	return 1;
}

static void dispose_list(struct list_head *head)
{
	while (!list_empty(head)) {
		struct inode *inode = list_first_entry(head, struct inode, i_lru);

		list_del_init(&inode->i_lru);
		evict(inode);
		cond_resched();
	}
}

/*
 * Marks an unused inode as going and puts it onto @dispose; false: it is in use. =>
 * s_inode_list_lock held
 */
static bool take_unused(struct inode *inode, struct list_head *dispose)
{
	bool taken = false;

	spin_lock_nested(&inode->i_lock);
	if (inode->i_state & (I_FREEING | I_WILL_FREE)) {
		taken = true;
	} else if (!atomic_read(&inode->i_count)) {
		inode->i_state |= I_FREEING;
		spin_lock_nested(&inode_lru_lock);
		lru_del_locked(inode);
		spin_unlock(&inode_lru_lock);
		list_add(&inode->i_lru, dispose);
		taken = true;
	}
	spin_unlock(&inode->i_lock);
	return taken;
}

bool evict_inodes(struct super_block *sb)
{
	LIST_HEAD(dispose);
	struct inode *inode;
	bool busy = false;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!take_unused(inode, &dispose))
			busy = true;
	}
	spin_unlock(&sb->s_inode_list_lock);
	dispose_list(&dispose);
	return busy;
}

bool sb_has_writers(struct super_block *sb)
{
	struct inode *inode;
	bool found = false;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		bool nameless = !inode->i_nlink && atomic_read(&inode->i_count);

		if (nameless || atomic_read(&inode->i_writecount) > 0)
			found = true;
	}
	spin_unlock(&sb->s_inode_list_lock);
	return found;
}

/* --- shrinking --- */

static unsigned long count_inodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	return sc->gfp_mask & __GFP_FS ? nr_unused_inodes() : 0;
}

enum lru_verdict { LRU_REMOVED, LRU_ROTATE, LRU_TAKE };

/* What is to become of an inode at the head of the LRU.  => i_lock and inode_lru_lock held */
static enum lru_verdict judge(struct inode *inode)
{
	if (atomic_read(&inode->i_count)) {
		lru_del_locked(inode);
		return LRU_REMOVED;
	}
	if (inode->i_state & I_REFERENCED) {
		inode->i_state &= ~I_REFERENCED;
		return LRU_ROTATE;
	}
	/* I3 */
	if (inode->i_state || !mapping_shrinkable(&inode->i_data) || inode->i_data.nrpages ||
	    inode->i_data.nr_writeback.counter)
		return LRU_ROTATE;
	inode->i_state |= I_FREEING;
	return LRU_TAKE;
}

/* Looks at one inode of the LRU; true if it went to @dispose.  => inode_lru_lock held */
static bool scan_one(struct list_head *dispose)
{
	struct inode *inode = list_first_entry(&inode_lru, struct inode, i_lru);
	enum lru_verdict verdict = LRU_ROTATE;

	/* i_lock comes before the LRU's lock: here only trying is allowed. */
	if (spin_trylock(&inode->i_lock)) {
		verdict = judge(inode);
		if (verdict == LRU_TAKE) {
			lru_del_locked(inode);
			list_add(&inode->i_lru, dispose);
		}
		spin_unlock(&inode->i_lock);
	}
	if (verdict == LRU_ROTATE)
		list_move_tail(&inode->i_lru, &inode_lru);
	return verdict == LRU_TAKE;
}

static unsigned long scan_inodes(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long freed = 0;
	LIST_HEAD(dispose);

	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	spin_lock(&inode_lru_lock);
	for (unsigned long i = 0; i < sc->nr_to_scan && !list_empty(&inode_lru); i++)
		freed += scan_one(&dispose);
	spin_unlock(&inode_lru_lock);
	dispose_list(&dispose);
	count_vm_events(PGINODESTEAL, freed);
	return freed;
}

static struct shrinker inode_shrinker = {
	.count_objects = count_inodes,
	.scan_objects = scan_inodes,
	.seeks = DEFAULT_SEEKS,
};

/* --- links --- */

void set_nlink(struct inode *inode, unsigned int nlink)
{
	inode->i_nlink = nlink;
}

void inc_nlink(struct inode *inode)
{
	inode->i_nlink++;
}

void drop_nlink(struct inode *inode)
{
	if (!WARN_ON_ONCE(!inode->i_nlink))
		inode->i_nlink--;
}

void clear_nlink(struct inode *inode)
{
	inode->i_nlink = 0;
}

static void inode_init(void)
{
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 0, NULL);
	register_shrinker(&inode_shrinker);
}
core_initcall(inode_init);
