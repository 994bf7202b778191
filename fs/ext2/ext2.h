// SPDX-License-Identifier: MIT
/*
 * ext2 in memory, and what its files offer each other.
 *
 * Locks: the directory's or file's i_rwsem; then truncate_mutex, over an inode's tree of blocks
 * while blocks are added or freed (readers of the tree take nothing, see block_map.c); then
 * s_alloc_mutex, over the bitmaps, the group descriptors, the counters and the orphan list. Both
 * mutexes come before every folio lock, so blocks are allocated before the folio that is to hold
 * their data is locked.
 */
#ifndef FS_EXT2_EXT2_H
#define FS_EXT2_EXT2_H

#include "fs/buffer.h"
#include "fs/dcache.h"
#include "fs/ext2/ext2_fs.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/mpage.h"
#include "fs/super.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"

struct vm_fault;

struct ext2_sb_info {
	struct super_block *s_sb;
	struct buffer_head *s_sbh;
	struct ext2_super_block *s_es;		/* in s_sbh */
	struct buffer_head **s_group_desc;	/* blocks of group descriptors */
	u32 s_groups_count;
	u32 s_gdb_count;
	u32 s_desc_per_block;
	u32 s_inodes_per_block;
	/* as the mount found them: who writes to the device may change the super block's */
	u32 s_blocks_per_group, s_inodes_per_group;
	u32 s_itb_per_group;			/* blocks of an inode table */
	u32 s_addr_per_block;			/* pointers in a block */
	u16 s_inode_size;
	u32 s_first_ino;
	bool s_mounted;				/* the mount has succeeded */
	bool s_in_orphan_cleanup;
	u16 s_mount_state;			/* s_state to be restored when it rests */

	struct mutex s_alloc_mutex;
	u32 s_free_blocks, s_free_inodes;
	struct list_head s_orphan;		/* inodes without a name, last added first */
	u32 s_next_generation;
};

struct ext2_inode_info {
	u32 i_data[EXT2_N_BLOCKS];
	u32 i_flags;
	u32 i_file_acl;
	u32 i_dtime;
	u32 i_dir_start_lookup;			/* block where the last name was found */
	/* file's block for which i_next_alloc_goal is a good place */
	u32 i_next_alloc_block;
	u32 i_next_alloc_goal;
	/* freed on disk, though somebody still has it open */
	bool i_discarded;
	struct __kernel_timespec i_crtime;
	struct mutex truncate_mutex;
	struct list_head i_orphan;
	struct inode vfs_inode;
};

static inline struct ext2_sb_info *EXT2_SB(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct ext2_inode_info *EXT2_I(const struct inode *inode)
{
	return container_of((struct inode *)(uintptr_t)inode, struct ext2_inode_info, vfs_inode);
}

/* The disk says what cannot be: one line, and the file system is marked for a check. */
#define ext2_error(sb, ...) do {							\
	printk_ratelimited(KERN_ERR, "ext2 (" __VA_ARGS__);				\
	ext2_mark_error(sb);								\
} while (0)

/* --- super.c --- */
void ext2_mark_error(struct super_block *sb);
/* The descriptor of @group and, if asked for, its buffer; NULL (after a line): no such group. */
struct ext2_group_desc *ext2_get_group_desc(struct super_block *sb, u32 group,
					    struct buffer_head **bh);
/* Number of the first block of @group. */
static inline u32 ext2_group_first_block(struct super_block *sb, u32 group)
{
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	return sbi->s_es->s_first_data_block + group * sbi->s_blocks_per_group;
}
void ext2_set_large_file(struct super_block *sb);

static inline bool ext2_block_valid(const struct super_block *sb, u32 block)
{
	const struct ext2_super_block *es = EXT2_SB(sb)->s_es;

	return block > es->s_first_data_block && block < es->s_blocks_count;
}

/* --- balloc.c --- */
/* A block near @goal, marked as used; 0 and *error -ENOSPC, -EIO. */
u32 ext2_new_block(struct inode *inode, u32 goal, int *error);
void ext2_free_blocks(struct inode *inode, u32 block, u32 count);

/* --- ialloc.c --- */
/* A new inode near @dir, I_NEW, on disk as soon as it is written; ERR_PTR. */
struct inode *ext2_new_inode(struct inode *dir, umode_t mode);
void ext2_free_inode(struct inode *inode);

/* --- orphan.c --- */
/* The last name went: remembered on disk until the inode is freed. */
void ext2_orphan_add(struct inode *inode);
void ext2_orphan_del(struct inode *inode);
/* Mount: frees what the last user of the disk left on the list. */
void ext2_orphan_cleanup(struct super_block *sb);
/* Power-off: frees what is open without a name. */
void ext2_discard_orphans(struct super_block *sb);

/* --- block_map.c --- */
get_extent_t ext2_get_extent;
/*
 * Gives blocks [@block, @block + @count) a place; *@fresh counts those that had none. 0 or -errno.
 */
int ext2_alloc_blocks(struct inode *inode, u64 block, unsigned int count, unsigned int *fresh);
/* Frees everything from byte @size on. */
void ext2_truncate_blocks(struct inode *inode, loff_t size);
loff_t ext2_max_size(unsigned int block_bits);

/* --- inode.c --- */
struct inode *ext2_iget(struct super_block *sb, ino_t ino);
int ext2_write_inode(struct inode *inode, struct writeback_control *wbc);
void ext2_evict_inode(struct inode *inode);
int ext2_setattr(struct dentry *dentry, struct iattr *attr);
int ext2_getattr(const struct path *path, struct kstat *stat);
void ext2_set_inode_flags(struct inode *inode);
void ext2_set_operations(struct inode *inode, dev_t rdev);
/* Content and inode number gone from the disk, the inode still in memory. */
void ext2_delete_inode(struct inode *inode);

/* A short symbolic link's target is in i_data. */
static inline bool ext2_is_fast_symlink(const struct inode *inode)
{
	unsigned int acl = EXT2_I(inode)->i_file_acl ? i_blocksize(inode) >> 9 : 0;

	return S_ISLNK(inode->i_mode) && inode->i_blocks == acl;
}

static inline bool ext2_has_blocks(const struct inode *inode)
{
	umode_t mode = inode->i_mode;

	return S_ISREG(mode) || S_ISDIR(mode) || (S_ISLNK(mode) && !ext2_is_fast_symlink(inode));
}

/* --- aops.c, file.c --- */
extern const struct address_space_operations ext2_aops;
extern const struct file_operations ext2_file_operations;
extern const struct inode_operations ext2_file_inode_operations;
int ext2_setsize(struct inode *inode, loff_t size);
int ext2_fsync(struct file *file, loff_t start, loff_t end, int datasync);
unsigned int ext2_page_mkwrite(struct vm_fault *vmf);

/* --- dir.c: the directory's i_rwsem is held --- */
extern const struct file_operations ext2_dir_operations;
/* An entry and the buffer that it is in; bh NULL: none. */
struct ext2_entry {
	struct buffer_head *bh;
	struct ext2_dir_entry *de;
};
/* 0, -ENOENT, -EIO; brelse(entry->bh) on success. */
int ext2_find_entry(struct inode *dir, const struct qstr *name, struct ext2_entry *entry);
int ext2_find_dotdot(struct inode *dir, struct ext2_entry *entry);
int ext2_add_entry(struct inode *dir, const struct qstr *name, struct inode *inode);
/* Both eat the entry's buffer. */
int ext2_delete_entry(struct inode *dir, struct ext2_entry *entry);
void ext2_set_entry(struct inode *dir, struct ext2_entry *entry, struct inode *inode);
int ext2_make_empty(struct inode *inode, struct inode *parent);
/* 1: only "." and "..", 0: more, -EIO. */
int ext2_empty_dir(struct inode *inode);

/* --- namei.c --- */
extern const struct inode_operations ext2_dir_inode_operations, ext2_symlink_inode_operations;
extern const struct inode_operations ext2_special_inode_operations;

#endif
