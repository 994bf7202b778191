// SPDX-License-Identifier: MIT
/* struct super_block: a mounted file system; struct file_system_type: a kind of them. */
#ifndef FS_SUPER_H
#define FS_SUPER_H

#include <linux/magic.h>
#include "kernel/rwsem.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/errseq.h"
#include "mm/writeback.h"

struct block_device;
struct dentry;
struct dentry_operations;
struct inode;
struct super_block;
struct writeback_control;

struct kstatfs {
	long f_type, f_bsize;
	u64 f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	u64 f_fsid;
	long f_namelen, f_frsize, f_flags;
};

/* s_flags: those of <linux/mount.h>. */
#define SB_RDONLY	1
#define SB_NOSUID	2
#define SB_NODEV	4
#define SB_NOEXEC	8
#define SB_SYNCHRONOUS	16
#define SB_NOATIME	1024
#define SB_SILENT	32768		/* no complaint when it is not this kind of file system */
#define SB_REMOUNT_MASK	(SB_RDONLY | SB_SYNCHRONOUS)
#define SB_KERNMOUNT	(1 << 22)
#define SB_ACTIVE	(1 << 30)	/* inodes without users may stay cached */

struct super_operations {
	/* Zeroed memory that contains a struct inode; NULL (the pointer): a plain one. */
	struct inode *(*alloc_inode)(struct super_block *sb);
	void (*free_inode)(struct inode *inode);
	int (*write_inode)(struct inode *inode, struct writeback_control *wbc);
	/* The last reference went: 1 to free the inode now; NULL: if it has no links. */
	int (*drop_inode)(struct inode *inode);
	/* Must call truncate_inode_pages_final() and clear_inode(). */
	void (*evict_inode)(struct inode *inode);
	void (*put_super)(struct super_block *sb);
	/* Writes metadata; @wait: until it is on the device. */
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*statfs)(struct dentry *dentry, struct kstatfs *buf);
	int (*remount_fs)(struct super_block *sb, int *flags, char *data);
	/* ",name=value"; bytes */
	int (*show_options)(struct super_block *sb, char *buf, int size);
};

struct super_block {
	struct list_head s_list;		/* of all; sb_lock */
	dev_t s_dev;
	unsigned char s_blocksize_bits;
	unsigned long s_blocksize;
	loff_t s_maxbytes;
	s64 s_time_min, s_time_max;		/* seconds that an inode's times may be */
	struct file_system_type *s_type;
	const struct super_operations *s_op;
	const struct dentry_operations *s_d_op;	/* of every dentry */
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
	struct rw_semaphore s_umount;		/* writing: mount, remount, unmount */
	int s_count;				/* of those who look at it; sb_lock */
	atomic_t s_active;			/* mounts */
	struct block_device *s_bdev;
	char s_id[32];				/* "vda" */
	void *s_fs_info;
	struct spinlock s_inode_list_lock;
	struct list_head s_inodes;
	struct bdi_writeback s_wb;		/* dirty inodes */
	errseq_t s_wb_err;			/* failed writes of any of its files */
};

static inline bool sb_rdonly(const struct super_block *sb)
{
	return sb->s_flags & SB_RDONLY;
}

struct file_system_type {
	const char *name;
	int fs_flags;
	/* The root dentry with a reference, and sb->s_active raised; or ERR_PTR. */
	struct dentry *(*mount)(struct file_system_type *type, int flags, const char *dev_name,
				void *data);
	void (*kill_sb)(struct super_block *sb);
	struct list_head list;
};

#define FS_REQUIRES_DEV	1

int register_filesystem(struct file_system_type *type);		/* 0 or -EBUSY */
struct file_system_type *get_fs_type(const char *name);		/* NULL: unknown */
/* /proc/filesystems: the next after @pos, NULL to begin. */
struct file_system_type *next_filesystem(struct file_system_type *pos);

typedef int fill_super_t(struct super_block *sb, void *data, int silent);

/*
 * Ready-made `mount` operations: on a block device; each mount anew; one super block for all
 * mounts.
 */
struct dentry *mount_bdev(struct file_system_type *type, int flags, const char *dev_name,
			  void *data, fill_super_t *fill);
struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data,
			   fill_super_t *fill);
struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    fill_super_t *fill);
/* … and `kill_sb` ones. */
void kill_block_super(struct super_block *sb);
void kill_anon_super(struct super_block *sb);
void kill_litter_super(struct super_block *sb);		/* in-memory trees: every dentry pinned */

void deactivate_super(struct super_block *sb);
/* Calls @fn for each super block with s_umount held shared. */
void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg);
int sync_filesystem(struct super_block *sb);			/* s_umount held */
/* s_umount held for writing */
int do_remount_sb(struct super_block *sb, int flags, void *data);
int vfs_statfs(struct dentry *dentry, struct kstatfs *buf);

#endif
