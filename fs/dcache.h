// SPDX-License-Identifier: MIT
/*
 * The directory cache: names that were looked up, and what they stand for. A dentry without an
 * inode is *negative*: the name is known not to exist.
 *
 * A dentry with no references stays hashed, on an LRU list that a shrinker trims, unless it was
 * unhashed (unlinked) or belongs to a file system that asks for deletion (d_op->d_delete). Every
 * dentry holds a reference to its parent, and a positive one to its inode.
 *
 * dcache_lock covers the hash, the parent/child lists, names, d_inode, the LRU, the steps of a
 * count to and from 0, and the mount hash (fs/mount.h): one short spinlock, so that a path walk
 * over cached names takes it once.
 */
#ifndef FS_DCACHE_H
#define FS_DCACHE_H

#include "fs/path.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

struct dentry_operations;
struct inode;
struct super_block;

#define DNAME_INLINE_LEN	40
#define NAME_MAX_LEN		255

struct qstr {
	const char *name;		/* not ended by a NUL where it is part of a path */
	u32 len;
	u32 hash;
};

struct dentry {
	unsigned int d_flags;
	atomic_t d_count;
	struct hlist_node d_hash;
	struct dentry *d_parent;	/* itself for a root */
	struct inode *d_inode;		/* NULL: negative */
	struct qstr d_name;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
	void *d_fsdata;
	struct list_head d_lru;
	struct list_head d_child;	/* on the parent's d_subdirs */
	struct list_head d_subdirs;
	struct hlist_node d_alias;	/* on the inode's i_dentry */
	char d_iname[DNAME_INLINE_LEN];
};

#define DCACHE_MOUNTED		BIT(0)	/* something is mounted here */
#define DCACHE_ON_LRU		BIT(1)
#define DCACHE_REFERENCED	BIT(2)	/* used since the shrinker last came by */
#define DCACHE_DYING		BIT(3)	/* no more references can be had */

/* All may be NULL; d_revalidate and d_dname may sleep, d_delete may not. */
struct dentry_operations {
	/* 1: good, 0: look it up again */
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);
	/* 1: do not keep it without references */
	int (*d_delete)(const struct dentry *dentry);
	/* The text for d_path() of a file without a name ("pipe:[7]"). */
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);
};

extern struct spinlock dcache_lock;

static inline struct inode *d_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

static inline bool d_is_negative(const struct dentry *dentry)
{
	return !READ_ONCE(dentry->d_inode);
}

static inline bool d_is_positive(const struct dentry *dentry)
{
	return !d_is_negative(dentry);
}

static inline bool IS_ROOT(const struct dentry *dentry)
{
	return dentry == dentry->d_parent;
}

static inline bool d_unhashed(const struct dentry *dentry)
{
	return hlist_unhashed(&dentry->d_hash);
}

static inline bool d_mountpoint(const struct dentry *dentry)
{
	return dentry->d_flags & DCACHE_MOUNTED;
}

u32 full_name_hash(const struct dentry *parent, const char *name, unsigned int len);
#define QSTR_INIT(n, l) { .name = (n), .len = (l) }

/* A reference to one that we hold already. */
static inline struct dentry *dget(struct dentry *dentry)
{
	if (dentry)
		atomic_inc(&dentry->d_count);
	return dentry;
}

/* dcache_lock held: the count may be 0. */
void dget_locked(struct dentry *dentry);
void dput(struct dentry *dentry);		/* may sleep: the inode may go */
struct dentry *dget_parent(struct dentry *dentry);

/* A new dentry, not hashed, one reference.  NULL: no memory. */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_name(struct dentry *parent, const char *name);
/* One for a file that has no place in a tree (a pipe). */
struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name);
/* Takes over the reference of @root_inode, also on failure (NULL); NULL in gives NULL. */
struct dentry *d_make_root(struct inode *root_inode);
/* The cached child or NULL, with a reference.  @name->hash must be set (full_name_hash). */
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name);
/* dcache_lock held, no reference */
struct dentry *__d_lookup_locked(struct dentry *parent, const struct qstr *name);
/* Makes a negative dentry positive; takes over the inode's reference. */
void d_instantiate(struct dentry *dentry, struct inode *inode);
/* Also ends I_NEW of the inode. */
void d_instantiate_new(struct dentry *dentry, struct inode *inode);
/* Hashes it with @inode (NULL: negative). */
void d_add(struct dentry *dentry, struct inode *inode);
/*
 * As d_add for lookup(): a directory has one dentry only, an existing one is moved here and
 * returned. Passes ERR_PTR on.
 */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry);
/* The name was removed: the dentry becomes negative, or is unhashed if others use it. */
void d_delete(struct dentry *dentry);
void d_drop(struct dentry *dentry);		/* unhash: the next walk looks it up anew */
void d_move(struct dentry *dentry, struct dentry *target);	/* rename */
void d_exchange(struct dentry *a, struct dentry *b);
bool is_subdir(struct dentry *dentry, struct dentry *ancestor);	/* or the same */
/* Frees what nobody uses below @parent. */
void shrink_dcache_parent(struct dentry *parent);
/* The last act of a super block: all of its dentries. */
void shrink_dcache_for_umount(struct super_block *sb);
/* drops the pins of an in-memory tree (kill_litter_super) */
void d_genocide(struct dentry *root);

/*
 * The path's name as seen from the caller's root, written at the end of @buf: a pointer into it; "
 * (deleted)" is appended to an unlinked one. ERR_PTR(-ENAMETOOLONG).
 */
/* The last component alone, cut to @size bytes with its NUL.  Does not sleep. */
void dentry_short_name(const struct dentry *dentry, char *name, size_t size);
char *d_path(const struct path *path, char *buf, int len);
char *dentry_path(struct dentry *dentry, char *buf, int len);	/* from its file system's root */
unsigned long nr_dentries(void);
unsigned long nr_unused_dentries(void);

#endif
