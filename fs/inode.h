// SPDX-License-Identifier: MIT
/*
 * struct inode: a file as such, whatever its names. The inode cache keeps one for each file in use,
 * found by (super block, number), and some more that nobody uses, which a shrinker frees
 * (fs/inode.c).
 *
 * A file system gets one by iget_locked(): if it is new (I_NEW) it fills the fields in and calls
 * unlock_new_inode(), or iget_failed(). Others wait meanwhile.
 *
 * Locks: i_rwsem for the content of a directory, for writes, i_size changes and attributes; i_lock
 * for i_state and where noted; inode_hash_lock for i_hash; sb->s_inode_list_lock for i_sb_list.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include "fs/address_space.h"
#include "fs/stat.h"
#include "kernel/rwsem.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

struct block_device;
struct dentry;
struct file;
struct file_lock_context;
struct file_operations;
struct inode_operations;
struct path;
struct pipe_inode_info;
struct super_block;

struct inode {
	umode_t i_mode;
	u8 i_blkbits;
	unsigned int i_flags;			/* S_* below */
	uid_t i_uid;
	gid_t i_gid;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	struct super_block *i_sb;
	struct address_space *i_mapping;	/* &i_data, or the device's */
	ino_t i_ino;
	unsigned int i_nlink;
	dev_t i_rdev;
	loff_t i_size;
	struct __kernel_timespec i_atime, i_mtime, i_ctime;
	u64 i_blocks;				/* of 512 bytes; i_lock */
	u32 i_generation;
	u64 i_version;				/* moves when a directory changes */
	u64 i_sequence;				/* its own for ever; 0: none yet (futex) */

	struct spinlock i_lock;
	unsigned long i_state;			/* I_* below; i_lock */
	u64 dirtied_when;			/* ns: when it went onto the dirty list */
	struct list_head i_io_list;		/* dirty inodes (mm/writeback.c) */
	struct rw_semaphore i_rwsem;

	struct hlist_node i_hash;
	struct list_head i_lru;			/* unused inodes; inode_lru_lock */
	struct list_head i_sb_list;
	struct hlist_head i_dentry;		/* its names; dcache_lock */
	atomic_t i_count;
	atomic_t i_writecount;			/* > 0: open for writing; < 0: being executed */
	struct file_lock_context *i_flctx;

	union {
		struct pipe_inode_info *i_pipe;
		struct block_device *i_bdev;
		char *i_link;			/* a symlink's target, if it is kept in memory */
	};
	void *i_private;			/* the file system's own */
	struct address_space i_data;
};

/* inode->i_flags */
#define S_NOATIME	2
#define S_APPEND	4
#define S_IMMUTABLE	8
#define S_DEAD		16		/* a removed directory, still open */
#define S_PRIVATE	512		/* of the kernel itself */

/* inode->i_state */
#define I_DIRTY_SYNC		BIT(0)	/* attributes that fdatasync need not write */
#define I_DIRTY_DATASYNC	BIT(1)	/* attributes that are needed to find the data */
#define I_DIRTY_PAGES		BIT(2)	/* folios of its page cache */
#define I_NEW			BIT(3)	/* being read in; bit 3 is waited for */
#define I_WILL_FREE		BIT(4)
#define I_FREEING		BIT(5)
#define I_CLEAR			BIT(6)
#define I_SYNC			BIT(7)	/* being written back; waited for */
#define I_REFERENCED		BIT(8)
#define I_LINKABLE		BIT(9)	/* made by O_TMPFILE: may get its first name by link(2) */
#define I_DIRTY_INODE	(I_DIRTY_SYNC | I_DIRTY_DATASYNC)
#define I_DIRTY		(I_DIRTY_INODE | I_DIRTY_PAGES)

/* What notify_change() is to change. */
struct iattr {
	unsigned int ia_valid;		/* ATTR_* */
	umode_t ia_mode;
	uid_t ia_uid;
	gid_t ia_gid;
	loff_t ia_size;
	struct __kernel_timespec ia_atime, ia_mtime, ia_ctime;
	struct file *ia_file;
};

#define ATTR_MODE	BIT(0)
#define ATTR_UID	BIT(1)
#define ATTR_GID	BIT(2)
#define ATTR_SIZE	BIT(3)
#define ATTR_ATIME	BIT(4)
#define ATTR_MTIME	BIT(5)
#define ATTR_CTIME	BIT(6)
#define ATTR_ATIME_SET	BIT(7)
#define ATTR_MTIME_SET	BIT(8)
#define ATTR_FORCE	BIT(9)		/* who may change the content makes set-uid go, too */
#define ATTR_KILL_SUID	BIT(11)
#define ATTR_KILL_SGID	BIT(12)
#define ATTR_FILE	BIT(13)
#define ATTR_OPEN	BIT(15)		/* truncation by O_TRUNC */
#define ATTR_TOUCH	BIT(17)		/* both times to now: write permission is enough */

/* Directory operations are called with the directory's i_rwsem held for writing; lookup too. */
struct inode_operations {
	/*
	 * Fills @dentry in by d_add() or d_splice_alias(), NULL inode for "not there". NULL,
	 * another dentry, or ERR_PTR.
	 */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	/*
	 * The target: either lives as long as the inode, or, with *done set, is kfree()d by the
	 * caller.
	 */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode, const char **done);
	/* A link that no text describes (/proc/PID/fd/3): where it leads, with references taken. */
	int (*get_path)(struct dentry *dentry, struct path *path);
	int (*permission)(struct inode *inode, int mask);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	/* @flags: RENAME_NOREPLACE, RENAME_EXCHANGE. */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags);
	/* A file without a name, nlink 0, that its last user frees.  ERR_PTR. */
	struct inode *(*tmpfile)(struct inode *dir, umode_t mode);
	int (*setattr)(struct dentry *dentry, struct iattr *attr);
	int (*getattr)(const struct path *path, struct kstat *stat);
};

/* Permission masks */
#define MAY_EXEC	1
#define MAY_WRITE	2
#define MAY_READ	4
#define MAY_APPEND	8

/* --- the cache --- */
struct inode *iget_locked(struct super_block *sb, ino_t ino);
/* The cached inode or NULL; never reads one in. */
struct inode *ilookup(struct super_block *sb, ino_t ino);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);		/* reading it in failed: drops it */
/* Not in the hash (pipes, devices' own).  NULL: no memory. */
struct inode *new_inode(struct super_block *sb);
/* Puts a new inode into the hash under its number, I_NEW.  0, or -EBUSY when one is there. */
int insert_inode_locked(struct inode *inode);
/*
 * Drops a reference; the last one keeps it cached, or frees the file if it has no name left. May
 * sleep.
 */
void iput(struct inode *inode);
/* A reference to an inode that is not being freed, else NULL. */
struct inode *igrab(struct inode *inode);
void clear_inode(struct inode *inode);		/* last act of evict_inode */
/* the memory of a plain struct inode; what free_inode NULL does */
void free_inode_nonrcu(struct inode *inode);
ino_t get_next_ino(void);
unsigned long nr_inodes(void);			/* in memory, used or not */
unsigned long nr_unused_inodes(void);
/* Before a super block goes: frees every inode of it; true if some were busy. */
bool evict_inodes(struct super_block *sb);
/* Is a file of it open for writing, or open without a name?  Then it cannot become read-only. */
bool sb_has_writers(struct super_block *sb);

static inline void ihold(struct inode *inode)
{
	atomic_inc(&inode->i_count);
}

/* --- links --- */
void set_nlink(struct inode *inode, unsigned int nlink);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void clear_nlink(struct inode *inode);

/* --- dirty state (mm/writeback.c) --- */
void __mark_inode_dirty(struct inode *inode, int flags);

static inline void mark_inode_dirty(struct inode *inode)
{
	__mark_inode_dirty(inode, I_DIRTY);
}

static inline void mark_inode_dirty_sync(struct inode *inode)
{
	__mark_inode_dirty(inode, I_DIRTY_SYNC);
}

/* --- attributes (fs/attr.c) --- */
struct __kernel_timespec current_time(struct inode *inode);
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev);
/* May @attr be set by this task: 0 or -errno.  First act of a file system's setattr. */
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
/* Copies all but the size. */
void setattr_copy(struct inode *inode, const struct iattr *attr);
int simple_setattr(struct dentry *dentry, struct iattr *attr);
int inode_newsize_ok(const struct inode *inode, loff_t size);
/* i_rwsem held for writing. */
int notify_change(struct dentry *dentry, struct iattr *attr);
void generic_fillattr(struct inode *inode, struct kstat *stat);
void touch_atime(const struct path *path);	/* relatime */
int file_update_time(struct file *file);	/* before a write: mtime and ctime */
int file_remove_privs(struct file *file);	/* set-uid and set-gid go at a write */

/* --- permissions (fs/namei.c) --- */
int generic_permission(struct inode *inode, int mask);
int inode_permission(struct inode *inode, int mask);
bool inode_owner_or_capable(const struct inode *inode);

/* 0, or -ETXTBSY. */
int deny_write_access(struct file *file);
void allow_write_access(struct file *file);
int get_write_access(struct inode *inode);
void put_write_access(struct inode *inode);

/* --- i_rwsem --- */
static inline void inode_lock(struct inode *inode)
{
	down_write(&inode->i_rwsem);
}

static inline void inode_lock_nested(struct inode *inode)
{
	down_write_nested(&inode->i_rwsem);
}

static inline void inode_unlock(struct inode *inode)
{
	up_write(&inode->i_rwsem);
}

static inline void inode_lock_shared(struct inode *inode)
{
	down_read(&inode->i_rwsem);
}

static inline void inode_unlock_shared(struct inode *inode)
{
	up_read(&inode->i_rwsem);
}

/* Read without i_rwsem by those who only read the file. */
static inline loff_t i_size_read(const struct inode *inode)
{
	return READ_ONCE(inode->i_size);
}

static inline void i_size_write(struct inode *inode, loff_t size)
{
	WRITE_ONCE(inode->i_size, size);
}

static inline unsigned int i_blocksize(const struct inode *inode)
{
	return 1U << inode->i_blkbits;
}

#endif
