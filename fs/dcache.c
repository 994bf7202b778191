// SPDX-License-Identifier: MIT
/*
 * The life of a dentry:
 *
 *   d_alloc ─ unhashed, 1 reference ─ d_add ─> hashed, in use <──── d_lookup, path walk ────┐
 *                                                │ last dput                                │
 *                                                ├─> hashed, unused, on the LRU ────────────┘
 *                                                │        │ shrinker
 *                                                └─> DCACHE_DYING ─> freed (then the parent's
 * reference goes)
 *
 * D1  A dentry in the hash has a hash value computed from its parent and name.
 * D2  A dentry with children has d_count > 0: each child counts.
 * D3  d_inode, d_alias: a positive dentry is on its inode's i_dentry and owns one of its
 *     references.
 * D4  d_count goes from and to 0 only with dcache_lock held; a DYING dentry never gets another
 *     reference.
 * D5  nr_unused counts what is on the LRU.  A dentry that is used again stays there until the
 * shrinker meets it.
 */
#include "fs/dcache.h"
#include "fs/fs_struct.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/super.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/shrinker.h"
#include "mm/slab.h"

#define DCACHE_HASH_BITS	10

DEFINE_SPINLOCK(dcache_lock, RANK_DCACHE);
static struct hlist_head dentry_hashtable[1 << DCACHE_HASH_BITS];
static LIST_HEAD(dentry_lru);			/* longest unused first */
static unsigned long nr_dentry, nr_unused;
static struct kmem_cache *dentry_cache;

u32 full_name_hash(const struct dentry *parent, const char *name, unsigned int len)
{
	u64 hash = (unsigned long)parent >> 4;

	while (len--)
		hash = (hash ^ (u8)*name++) * HASH_GOLDEN_RATIO;
	return hash >> 32;
}

static struct hlist_head *d_hash(u32 hash)
{
	return &dentry_hashtable[hash >> (32 - DCACHE_HASH_BITS)];
}

unsigned long nr_dentries(void)
{
	return READ_ONCE(nr_dentry);
}

unsigned long nr_unused_dentries(void)
{
	return READ_ONCE(nr_unused);
}

/* --- references --- */

static void lru_add(struct dentry *dentry)
{
	if (dentry->d_flags & DCACHE_ON_LRU)
		return;
	dentry->d_flags |= DCACHE_ON_LRU;
	list_add_tail(&dentry->d_lru, &dentry_lru);
	nr_unused++;
}

static void lru_del(struct dentry *dentry)
{
	if (!(dentry->d_flags & DCACHE_ON_LRU))
		return;
	dentry->d_flags &= ~DCACHE_ON_LRU;
	list_del(&dentry->d_lru);
	nr_unused--;
}

void dget_locked(struct dentry *dentry)
{
	DEBUG_BUG_ON(dentry->d_flags & DCACHE_DYING);		/* D4 */
	atomic_inc(&dentry->d_count);
	dentry->d_flags |= DCACHE_REFERENCED;
}

static void dentry_free(struct dentry *dentry)
{
	if (dentry->d_name.name != dentry->d_iname)
		kfree(dentry->d_name.name);
	kmem_cache_free(dentry_cache, dentry);
}

/* Takes the inode off a dentry and returns it, with the reference that the dentry had. */
static struct inode *detach_inode(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	if (inode) {
		hlist_del_init(&dentry->d_alias);
		WRITE_ONCE(dentry->d_inode, NULL);
	}
	return inode;
}

/*
 * => dcache_lock held, d_count 0; released on return
 * => returns the parent, one of whose references is now the caller's to drop; NULL for a root
 */
static struct dentry *dentry_kill(struct dentry *dentry)
{
	struct dentry *parent = IS_ROOT(dentry) ? NULL : dentry->d_parent;
	struct inode *inode;

	dentry->d_flags |= DCACHE_DYING;
	lru_del(dentry);
	hlist_del_init(&dentry->d_hash);
	if (parent)
		list_del(&dentry->d_child);
	inode = detach_inode(dentry);
	nr_dentry--;
	spin_unlock(&dcache_lock);
	if (inode)
		iput(inode);
	dentry_free(dentry);
	return parent;
}

static bool retain_dentry(const struct dentry *dentry)
{
	if (d_unhashed(dentry))
		return false;
	return !(dentry->d_op && dentry->d_op->d_delete && dentry->d_op->d_delete(dentry));
}

void dput(struct dentry *dentry)
{
	while (dentry) {
		if (likely(atomic_add_unless(&dentry->d_count, -1, 1)))
			return;
		spin_lock(&dcache_lock);
		if (!atomic_dec_and_test(&dentry->d_count)) {
			spin_unlock(&dcache_lock);
			return;
		}
		if (retain_dentry(dentry)) {
			lru_add(dentry);
			spin_unlock(&dcache_lock);
			return;
		}
		dentry = dentry_kill(dentry);
	}
}

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&dcache_lock);
	parent = dentry->d_parent;
	dget_locked(parent);
	spin_unlock(&dcache_lock);
	return parent;
}

/* --- making --- */

static bool copy_name(struct dentry *dentry, const struct qstr *name)
{
	char *text = dentry->d_iname;

	if (name->len >= DNAME_INLINE_LEN)
		text = kmalloc(name->len + 1, GFP_KERNEL);
	if (!text)
		return false;
	memcpy(text, name->name, name->len);
	text[name->len] = '\0';
	dentry->d_name = (struct qstr){ .name = text, .len = name->len, .hash = name->hash };
	return true;
}

static struct dentry *alloc_dentry(struct super_block *sb, const struct qstr *name)
{
	struct dentry *dentry = kmem_cache_zalloc(dentry_cache, GFP_KERNEL);

	if (!dentry)
		return NULL;
	if (!copy_name(dentry, name)) {
		kmem_cache_free(dentry_cache, dentry);
		return NULL;
	}
	atomic_set(&dentry->d_count, 1);
	dentry->d_sb = sb;
	dentry->d_op = sb->s_d_op;
	dentry->d_parent = dentry;
	INIT_LIST_HEAD(&dentry->d_subdirs);
	INIT_LIST_HEAD(&dentry->d_child);
	return dentry;
}

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = alloc_dentry(parent->d_sb, name);

	if (!dentry)
		return NULL;
	dentry->d_name.hash = full_name_hash(parent, name->name, name->len);
	spin_lock(&dcache_lock);
	dget_locked(parent);
	dentry->d_parent = parent;
	list_add(&dentry->d_child, &parent->d_subdirs);
	nr_dentry++;
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	struct qstr q = QSTR_INIT(name, strlen(name));

	return d_alloc(parent, &q);
}

/* A dentry without a parent, for a root or a file without a name. */
static struct dentry *alloc_root(struct super_block *sb, const char *name)
{
	struct qstr q = QSTR_INIT(name, strlen(name));
	struct dentry *dentry = alloc_dentry(sb, &q);

	if (!dentry)
		return NULL;
	spin_lock(&dcache_lock);
	nr_dentry++;
	spin_unlock(&dcache_lock);
	return dentry;
}

struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name)
{
	return alloc_root(sb, name);
}

struct dentry *d_make_root(struct inode *root_inode)
{
	struct dentry *root;

	if (!root_inode)
		return NULL;
	root = alloc_root(root_inode->i_sb, "/");
	if (root)
		d_instantiate(root, root_inode);
	else
		iput(root_inode);
	return root;
}

/* --- hash --- */

struct dentry *__d_lookup_locked(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry;

	hlist_for_each_entry(dentry, d_hash(name->hash), d_hash) {
		if (dentry->d_name.hash == name->hash && dentry->d_parent == parent &&
		    dentry->d_name.len == name->len &&
		    !memcmp(dentry->d_name.name, name->name, name->len))
			return dentry;
	}
	return NULL;
}

struct dentry *d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry;

	spin_lock(&dcache_lock);
	dentry = __d_lookup_locked(parent, name);
	if (dentry)
		dget_locked(dentry);
	spin_unlock(&dcache_lock);
	return dentry;
}

static void attach_inode(struct dentry *dentry, struct inode *inode)
{
	DEBUG_BUG_ON(dentry->d_inode);
	hlist_add_head(&dentry->d_alias, &inode->i_dentry);
	WRITE_ONCE(dentry->d_inode, inode);
}

static void rehash(struct dentry *dentry)
{
	hlist_add_head(&dentry->d_hash, d_hash(dentry->d_name.hash));
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dcache_lock);
	if (inode)
		attach_inode(dentry, inode);
	spin_unlock(&dcache_lock);
}

void d_instantiate_new(struct dentry *dentry, struct inode *inode)
{
	d_instantiate(dentry, inode);
	unlock_new_inode(inode);
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dcache_lock);
	if (inode)
		attach_inode(dentry, inode);
	if (d_unhashed(dentry))
		rehash(dentry);
	spin_unlock(&dcache_lock);
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dcache_lock);
	hlist_del_init(&dentry->d_hash);
	spin_unlock(&dcache_lock);
}

void d_delete(struct dentry *dentry)
{
	struct inode *inode = NULL;

	spin_lock(&dcache_lock);
	if (atomic_read(&dentry->d_count) == 1)
		inode = detach_inode(dentry);
	else
		hlist_del_init(&dentry->d_hash);
	spin_unlock(&dcache_lock);
	if (inode)
		iput(inode);
}

/* --- moving --- */

static bool is_subdir_locked(struct dentry *dentry, struct dentry *ancestor)
{
	while (dentry != ancestor && !IS_ROOT(dentry))
		dentry = dentry->d_parent;
	return dentry == ancestor;
}

bool is_subdir(struct dentry *dentry, struct dentry *ancestor)
{
	bool result;

	spin_lock(&dcache_lock);
	result = is_subdir_locked(dentry, ancestor);
	spin_unlock(&dcache_lock);
	return result;
}

/*
 * A name is in the dentry itself or allocated; after the swap each pointer must point into its own
 * dentry again.
 */
static void swap_names(struct dentry *a, struct dentry *b)
{
	bool a_inline = a->d_name.name == a->d_iname, b_inline = b->d_name.name == b->d_iname;
	char text[DNAME_INLINE_LEN];

	memcpy(text, a->d_iname, sizeof(text));
	memcpy(a->d_iname, b->d_iname, sizeof(text));
	memcpy(b->d_iname, text, sizeof(text));
	swap(a->d_name, b->d_name);
	if (b_inline)
		a->d_name.name = a->d_iname;
	if (a_inline)
		b->d_name.name = b->d_iname;
}

/*
 * Swaps places in the tree; each takes over the other's reference to its parent. Both end unhashed.
 */
static void swap_places(struct dentry *a, struct dentry *b)
{
	hlist_del_init(&a->d_hash);
	hlist_del_init(&b->d_hash);
	swap_names(a, b);
	swap(a->d_parent, b->d_parent);
	list_move(&a->d_child, &a->d_parent->d_subdirs);
	list_move(&b->d_child, &b->d_parent->d_subdirs);
}

void d_move(struct dentry *dentry, struct dentry *target)
{
	spin_lock(&dcache_lock);
	swap_places(dentry, target);
	rehash(dentry);
	spin_unlock(&dcache_lock);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	spin_lock(&dcache_lock);
	swap_places(a, b);
	rehash(a);
	rehash(b);
	spin_unlock(&dcache_lock);
}

/* A directory that is known by another dentry already: that one moves here.  => dcache_lock held */
static struct dentry *splice_directory(struct dentry *alias, struct dentry *dentry)
{
	if (IS_ROOT(alias) || is_subdir_locked(dentry, alias))
		return ERR_PTR(-ELOOP);
	dget_locked(alias);
	swap_places(alias, dentry);
	rehash(alias);
	return alias;
}

struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	struct dentry *alias = NULL;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	spin_lock(&dcache_lock);
	if (inode && S_ISDIR(inode->i_mode) && !hlist_empty(&inode->i_dentry)) {
		alias = splice_directory(hlist_entry(inode->i_dentry.first, struct dentry, d_alias),
					 dentry);
	} else {
		if (inode)
			attach_inode(dentry, inode);
		rehash(dentry);
	}
	spin_unlock(&dcache_lock);
	if (alias)
		iput(inode);
	return alias;
}

/* --- shrinking --- */

/* Some descendant that nobody uses, or NULL.  => dcache_lock held */
static struct dentry *find_unused_below(struct dentry *parent)
{
	struct dentry *dir = parent, *child;

	child = list_first_entry(&dir->d_subdirs, struct dentry, d_child);
	for (;;) {
		if (list_entry_is_head(child, &dir->d_subdirs, d_child)) {
			if (dir == parent)
				return NULL;
			child = list_next_entry(dir, d_child);
			dir = dir->d_parent;
		} else if (!atomic_read(&child->d_count)) {
			return child;
		} else if (!list_empty(&child->d_subdirs)) {
			dir = child;
			child = list_first_entry(&dir->d_subdirs, struct dentry, d_child);
		} else {
			child = list_next_entry(child, d_child);
		}
	}
}

void shrink_dcache_parent(struct dentry *parent)
{
	struct dentry *victim;

	for (;;) {
		spin_lock(&dcache_lock);
		victim = find_unused_below(parent);
		if (!victim)
			break;
		dput(dentry_kill(victim));
		cond_resched();
	}
	spin_unlock(&dcache_lock);
}

void shrink_dcache_for_umount(struct super_block *sb)
{
	struct dentry *root = sb->s_root;

	if (!root)
		return;
	shrink_dcache_parent(root);
	WARN_ON_ONCE(atomic_read(&root->d_count) != 1);
	sb->s_root = NULL;
	d_drop(root);
	dput(root);
}

/* Drops the extra reference of every positive dentry below @dir.  => dcache_lock held */
static void unpin_below(struct dentry *root)
{
	struct dentry *dir = root, *child;

	child = list_first_entry(&dir->d_subdirs, struct dentry, d_child);
	for (;;) {
		if (list_entry_is_head(child, &dir->d_subdirs, d_child)) {
			if (dir == root)
				return;
			child = list_next_entry(dir, d_child);
			dir = dir->d_parent;
			continue;
		}
		if (child->d_inode && !d_unhashed(child) && atomic_read(&child->d_count))
			atomic_dec(&child->d_count);
		if (!list_empty(&child->d_subdirs)) {
			dir = child;
			child = list_first_entry(&dir->d_subdirs, struct dentry, d_child);
		} else {
			child = list_next_entry(child, d_child);
		}
	}
}

void d_genocide(struct dentry *root)
{
	spin_lock(&dcache_lock);
	unpin_below(root);
	spin_unlock(&dcache_lock);
	shrink_dcache_parent(root);
}

static unsigned long count_dentries(struct shrinker *shrinker, struct shrink_control *sc)
{
	return sc->gfp_mask & __GFP_FS ? nr_unused_dentries() : 0;
}

/*
 * The next one off the LRU whose time has come; one that was used since the last visit goes to the
 * end. Looks at no more than *@scan. => dcache_lock held
 */
static struct dentry *pick_victim(unsigned long *scan)
{
	while (*scan && !list_empty(&dentry_lru)) {
		struct dentry *dentry = list_first_entry(&dentry_lru, struct dentry, d_lru);

		--*scan;
		if (atomic_read(&dentry->d_count)) {
			lru_del(dentry);
		} else if (dentry->d_flags & DCACHE_REFERENCED) {
			dentry->d_flags &= ~DCACHE_REFERENCED;
			list_move_tail(&dentry->d_lru, &dentry_lru);
		} else {
			return dentry;
		}
	}
	return NULL;
}

static unsigned long scan_dentries(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long scan = sc->nr_to_scan, freed = 0;
	struct dentry *victim;

	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	for (;;) {
		spin_lock(&dcache_lock);
		victim = pick_victim(&scan);
		if (!victim)
			break;
		dput(dentry_kill(victim));
		freed++;
	}
	spin_unlock(&dcache_lock);
	return freed;
}

/* --- for mm_check() --- */

/* The invariant that a dentry in the hash breaks, or NULL.  => dcache_lock held */
static const char *check_dentry(const struct dentry *dentry, const struct hlist_head *bucket)
{
	const struct qstr *name = &dentry->d_name;
	const struct dentry *child;
	int children = 0;

	if (d_hash(name->hash) != bucket ||
	    name->hash != full_name_hash(dentry->d_parent, name->name, name->len))
		return "dcache D1";
	list_for_each_entry(child, &dentry->d_subdirs, d_child)
		children += child->d_parent == dentry;
	if (atomic_read(&dentry->d_count) < children)
		return "dcache D2";
	if (dentry->d_inode && (hlist_unhashed(&dentry->d_alias) ||
				!atomic_read(&dentry->d_inode->i_count)))
		return "dcache D3";
	return dentry->d_flags & DCACHE_DYING ? "dcache D4" : NULL;
}

static const char *check_lru(void)
{
	const struct dentry *dentry;
	unsigned long unused = 0;

	list_for_each_entry(dentry, &dentry_lru, d_lru)
		unused += !!(dentry->d_flags & DCACHE_ON_LRU);
	return unused == nr_unused ? NULL : "dcache D5";
}

static int check_dcache(void)
{
	const char *broken;

	spin_lock(&dcache_lock);
	broken = check_lru();
	for (size_t i = 0; i < ARRAY_SIZE(dentry_hashtable) && !broken; i++) {
		const struct dentry *dentry;

		hlist_for_each_entry(dentry, &dentry_hashtable[i], d_hash) {
			broken = check_dentry(dentry, &dentry_hashtable[i]);
			if (broken)
				break;
		}
	}
	spin_unlock(&dcache_lock);
	return broken ? mm_check_failed(broken, "of %lu dentries", nr_dentries()) : 0;
}

static struct mm_checker dcache_checker = { .name = "dcache", .check = check_dcache };

static struct shrinker dentry_shrinker = {
	.count_objects = count_dentries,
	.scan_objects = scan_dentries,
	.seeks = DEFAULT_SEEKS,
};

static void dcache_init(void)
{
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0, NULL);
	register_shrinker(&dentry_shrinker);
	register_mm_checker(&dcache_checker);
}
core_initcall(dcache_init);
