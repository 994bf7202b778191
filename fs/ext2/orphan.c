// SPDX-License-Identifier: MIT
/*
 * Files without a name that are still open. If the machine stops before they are closed, their
 * blocks would be lost; so the disk has a list of them, from s_last_orphan through each inode's
 * i_dtime, which e2fsck or the next mount works off.
 *
 * O1  The list in memory (s_orphan) and the one on the disk have the same inodes in the same order.
 * s_alloc_mutex.
 */
#include "fs/ext2/ext2.h"
#include "kernel/panic.h"
#include "lib/err.h"

static u32 first_ino(const struct ext2_sb_info *sbi)
{
	if (list_empty(&sbi->s_orphan))
		return 0;
	return list_first_entry(&sbi->s_orphan, struct ext2_inode_info, i_orphan)->vfs_inode.i_ino;
}

static void set_head(struct ext2_sb_info *sbi)
{
	sbi->s_es->s_last_orphan = first_ino(sbi);
	mark_buffer_dirty(sbi->s_sbh);
}

void ext2_orphan_add(struct inode *inode)
{
	struct ext2_sb_info *sbi = EXT2_SB(inode->i_sb);
	struct ext2_inode_info *ei = EXT2_I(inode);

	mutex_lock(&sbi->s_alloc_mutex);
	if (list_empty(&ei->i_orphan)) {
		ei->i_dtime = first_ino(sbi);
		list_add(&ei->i_orphan, &sbi->s_orphan);
		set_head(sbi);
	}
	mutex_unlock(&sbi->s_alloc_mutex);
	mark_inode_dirty(inode);
}

void ext2_orphan_del(struct inode *inode)
{
	struct ext2_sb_info *sbi = EXT2_SB(inode->i_sb);
	struct ext2_inode_info *ei = EXT2_I(inode), *before;

	mutex_lock(&sbi->s_alloc_mutex);
	if (list_empty(&ei->i_orphan)) {
		mutex_unlock(&sbi->s_alloc_mutex);
		return;
	}
	if (list_is_first(&ei->i_orphan, &sbi->s_orphan)) {
		list_del_init(&ei->i_orphan);
		set_head(sbi);
	} else {
		before = list_prev_entry(ei, i_orphan);
		before->i_dtime = ei->i_dtime;
		list_del_init(&ei->i_orphan);
		mark_inode_dirty(&before->vfs_inode);
	}
	mutex_unlock(&sbi->s_alloc_mutex);
}

/* An inode of the list that the disk has; NULL after a line if it cannot be one. */
static struct inode *get_orphan(struct super_block *sb, u32 ino)
{
	struct inode *inode = ext2_iget(sb, ino);

	if (IS_ERR(inode)) {
		pr_warn("ext2 (%s): the list of files to be freed is broken at inode %u\n",
			sb->s_id, ino);
		return NULL;
	}
	if (!inode->i_nlink)
		return inode;
	pr_warn("ext2 (%s): inode %u has a name, but is on the list of files to be freed\n",
		sb->s_id, ino);
	iput(inode);
	return NULL;
}

void ext2_orphan_cleanup(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 ino = sbi->s_es->s_last_orphan, left = sbi->s_es->s_inodes_count;
	struct inode *inode;

	if (!ino)
		return;
	sbi->s_es->s_last_orphan = 0;
	mark_buffer_dirty(sbi->s_sbh);
	sbi->s_in_orphan_cleanup = true;
	while (ino && left-- && (inode = get_orphan(sb, ino))) {
		ino = EXT2_I(inode)->i_dtime;
		iput(inode);		/* frees it, having no name */
	}
	sbi->s_in_orphan_cleanup = false;
}

/* The first inode on the list, with a reference; NULL: none. */
static struct inode *grab_first(struct ext2_sb_info *sbi)
{
	struct inode *inode = NULL;

	mutex_lock(&sbi->s_alloc_mutex);
	if (!list_empty(&sbi->s_orphan))
		inode = igrab(&list_first_entry(&sbi->s_orphan, struct ext2_inode_info, i_orphan)
				       ->vfs_inode);
	mutex_unlock(&sbi->s_alloc_mutex);
	return inode;
}

void ext2_discard_orphans(struct super_block *sb)
{
	struct inode *inode;

	while ((inode = grab_first(EXT2_SB(sb)))) {
		ext2_delete_inode(inode);
		iput(inode);
	}
}
