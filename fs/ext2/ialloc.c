// SPDX-License-Identifier: MIT
/*
 * Inodes: one bitmap block a group. A file's inode is taken from its directory's group or the next
 * one with room, so that what is used together lies together; a directory's from the group with the
 * most free blocks among those that have at least an average number of free inodes, so that
 * directories spread.
 */
#include "fs/ext2/ext2.h"
#include "kernel/cred.h"
#include "lib/bitmap.h"
#include "lib/err.h"
#include "mm/filemap.h"

static u32 find_group_dir(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 average = sbi->s_free_inodes / sbi->s_groups_count, best = 0, best_blocks = 0;

	for (u32 group = 0; group < sbi->s_groups_count; group++) {
		const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, NULL);

		if (gd->bg_free_inodes_count && gd->bg_free_inodes_count >= average &&
		    gd->bg_free_blocks_count > best_blocks) {
			best = group;
			best_blocks = gd->bg_free_blocks_count;
		}
	}
	return best;
}

static u32 find_group_file(struct super_block *sb, u32 parent)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	for (u32 i = 0; i < sbi->s_groups_count; i++) {
		u32 group = (parent + i) % sbi->s_groups_count;
		const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, NULL);

		if (gd->bg_free_inodes_count && gd->bg_free_blocks_count)
			return group;
	}
	return parent;
}

/*
 * A free inode number of @group, marked as used; 0 and *error (left alone if the group is merely
 * full).
 */
static ino_t alloc_in_group(struct super_block *sb, u32 group, bool directory, int *error)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 per_group = sbi->s_inodes_per_group, start = group ? 0 : sbi->s_first_ino - 1,
	    bit;
	struct buffer_head *gd_bh, *bh;
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, &gd_bh);

	if (!gd->bg_free_inodes_count)
		return 0;
	bh = sb_bread(sb, gd->bg_inode_bitmap);
	if (!bh) {
		*error = -EIO;
		return 0;
	}
	bit = find_next_zero_bit((unsigned long *)bh->b_data, per_group, start);
	if (bit >= per_group) {
		brelse(bh);
		ext2_error(sb, "%s): group %u has fewer free inodes than it says\n", sb->s_id,
			   group);
		return 0;
	}
	__set_bit(bit, (unsigned long *)bh->b_data);
	mark_buffer_dirty(bh);
	brelse(bh);
	gd->bg_free_inodes_count--;
	if (directory)
		gd->bg_used_dirs_count++;
	mark_buffer_dirty(gd_bh);
	sbi->s_free_inodes--;
	return (ino_t)group * per_group + bit + 1;
}

static ino_t alloc_ino(struct inode *dir, umode_t mode, int *error)
{
	struct super_block *sb = dir->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 parent = (dir->i_ino - 1) / sbi->s_inodes_per_group, group;
	ino_t ino = 0;

	*error = 0;
	mutex_lock(&sbi->s_alloc_mutex);
	group = S_ISDIR(mode) ? find_group_dir(sb) : find_group_file(sb, parent);
	for (u32 i = 0; i < sbi->s_groups_count && !ino; i++) {
		ino = alloc_in_group(sb, group, S_ISDIR(mode), error);
		group = (group + 1) % sbi->s_groups_count;
	}
	mutex_unlock(&sbi->s_alloc_mutex);
	if (ino)
		*error = 0;
	else if (!*error)
		*error = -ENOSPC;
	return ino;
}

static void init_new_inode(struct inode *inode, struct inode *dir, umode_t mode)
{
	struct ext2_inode_info *ei = EXT2_I(inode);

	inode_init_owner(inode, dir, mode);
	inode->i_mtime = inode->i_atime = inode->i_ctime = current_time(inode);
	ei->i_crtime = inode->i_mtime;
	ei->i_flags = EXT2_I(dir)->i_flags & EXT2_INHERITED_FL;
	inode->i_generation = EXT2_SB(inode->i_sb)->s_next_generation++;
	ext2_set_inode_flags(inode);
}

struct inode *ext2_new_inode(struct inode *dir, umode_t mode)
{
	struct inode *inode = new_inode(dir->i_sb);
	int error;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = alloc_ino(dir, mode, &error);
	if (!error && insert_inode_locked(inode)) {
		ext2_error(dir->i_sb, "%s): inode %lu, in use, was marked as free\n",
			   dir->i_sb->s_id, inode->i_ino);
		error = -EIO;
	}
	if (error) {
		/* Nothing of it is on the disk, so nothing of it may be freed there. */
		EXT2_I(inode)->i_discarded = true;
		iput(inode);
		return ERR_PTR(error);
	}
	init_new_inode(inode, dir, mode);
	mark_inode_dirty(inode);
	return inode;
}

void ext2_free_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 per_group = sbi->s_inodes_per_group;
	u32 group = (inode->i_ino - 1) / per_group, bit = (inode->i_ino - 1) % per_group;
	struct buffer_head *gd_bh, *bh;
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, &gd_bh);

	bh = gd ? sb_bread(sb, gd->bg_inode_bitmap) : NULL;
	if (!bh) {
		ext2_error(sb, "%s): inode bitmap of group %u cannot be read\n", sb->s_id, group);
		return;
	}
	mutex_lock(&sbi->s_alloc_mutex);
	if (__test_and_clear_bit(bit, (unsigned long *)bh->b_data)) {
		gd->bg_free_inodes_count++;
		if (S_ISDIR(inode->i_mode))
			gd->bg_used_dirs_count--;
		sbi->s_free_inodes++;
	} else {
		ext2_error(sb, "%s): inode %lu was freed twice\n", sb->s_id, inode->i_ino);
	}
	mutex_unlock(&sbi->s_alloc_mutex);
	mark_buffer_dirty(bh);
	mark_buffer_dirty(gd_bh);
	brelse(bh);
}
