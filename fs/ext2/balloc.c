// SPDX-License-Identifier: MIT
/*
 * Blocks: one bitmap block a group, a set bit is a used block.
 *
 * A new block is looked for, in this order: the goal itself; the rest of the goal's word of the
 * bitmap; the begin of the next byte that is all free, so that a file can go on there for a while;
 * any free bit of the group; the other groups.
 */
#include "fs/ext2/ext2.h"
#include "kernel/cred.h"
#include "kernel/panic.h"
#include "lib/bitmap.h"
#include "lib/string.h"

/* The bits of @group that stand for blocks: the last group may be short. */
static u32 blocks_in_group(struct super_block *sb, u32 group)
{
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	return min(sbi->s_blocks_per_group,
		   sbi->s_es->s_blocks_count - ext2_group_first_block(sb, group));
}

static struct buffer_head *read_block_bitmap(struct super_block *sb, u32 group)
{
	const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, NULL);

	return gd ? sb_bread(sb, gd->bg_block_bitmap) : NULL;
}

/* May this task use what is reserved? */
static bool may_use_reserved(const struct ext2_super_block *es)
{
	return capable(CAP_SYS_RESOURCE) || current_fsuid() == es->s_def_resuid ||
	       (es->s_def_resgid && in_group_p(es->s_def_resgid));
}

/* => s_alloc_mutex held */
static bool has_free_blocks(struct super_block *sb)
{
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (sbi->s_free_blocks > sbi->s_es->s_r_blocks_count)
		return true;
	return sbi->s_free_blocks && may_use_reserved(sbi->s_es);
}

/* A block of the file system's own, which the bitmap may not offer. */
static bool is_metadata(struct super_block *sb, const struct ext2_group_desc *gd, u32 block)
{
	return block == gd->bg_block_bitmap || block == gd->bg_inode_bitmap ||
	       (block >= gd->bg_inode_table &&
		block - gd->bg_inode_table < EXT2_SB(sb)->s_itb_per_group);
}

static u32 find_free_byte(const u8 *map, u32 nbits, u32 from)
{
	const u8 *begin = map + from / 8 + 1, *end = map + nbits / 8;
	const u8 *hit = begin < end ? memchr(begin, 0, end - begin) : NULL;

	return hit ? (hit - map) * 8 : nbits;
}

/* The best free bit of the bitmap for the goal @from; nbits: none. */
static u32 find_bit(const void *bitmap, u32 nbits, u32 from)
{
	const unsigned long *map = bitmap;
	u32 word_end = min((from | (BITS_PER_LONG - 1)) + 1, nbits);
	u32 bit = find_next_zero_bit(map, word_end, from);

	if (bit < word_end)
		return bit;
	bit = find_free_byte(bitmap, nbits, from);
	if (bit < nbits) {
		/* Not to leave a gap: the free bits right before the byte belong to it. */
		while (bit > from + 1 && !test_bit(bit - 1, map))
			bit--;
		return bit;
	}
	bit = find_next_zero_bit(map, nbits, from);
	return bit < nbits ? bit : (u32)find_next_zero_bit(map, nbits, 0);
}

/* A block of @group, or 0 and *error.  => s_alloc_mutex held */
static u32 alloc_in_group(struct super_block *sb, u32 group, u32 from, int *error)
{
	struct buffer_head *gd_bh, *bh;
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, &gd_bh);
	u32 nbits = blocks_in_group(sb, group), bit, block;

	if (!gd || !gd->bg_free_blocks_count)
		return 0;
	bh = read_block_bitmap(sb, group);
	if (!bh) {
		*error = -EIO;
		return 0;
	}
	do {
		bit = find_bit(bh->b_data, nbits, from);
		if (bit >= nbits) {
			brelse(bh);
			ext2_error(sb, "%s): group %u has fewer free blocks than it says\n",
				   sb->s_id, group);
			return 0;
		}
		block = ext2_group_first_block(sb, group) + bit;
		__set_bit(bit, (unsigned long *)bh->b_data);
		if (is_metadata(sb, gd, block))
			ext2_error(sb,
				   "%s): block %u, in use by the file system, was marked as free\n",
				   sb->s_id, block);
	} while (is_metadata(sb, gd, block));
	mark_buffer_dirty(bh);
	brelse(bh);
	gd->bg_free_blocks_count--;
	mark_buffer_dirty(gd_bh);
	EXT2_SB(sb)->s_free_blocks--;
	return block;
}

u32 ext2_new_block(struct inode *inode, u32 goal, int *error)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_super_block *es = sbi->s_es;
	u32 group, from, block = 0;

	if (!ext2_block_valid(sb, goal))
		goal = es->s_first_data_block;
	group = (goal - es->s_first_data_block) / sbi->s_blocks_per_group;
	from = (goal - es->s_first_data_block) % sbi->s_blocks_per_group;
	*error = 0;
	mutex_lock_nested(&sbi->s_alloc_mutex);
	if (has_free_blocks(sb)) {
		for (u32 i = 0; i < sbi->s_groups_count && !block; i++) {
			block = alloc_in_group(sb, group, from, error);
			group = (group + 1) % sbi->s_groups_count;
			from = 0;
		}
	}
	mutex_unlock(&sbi->s_alloc_mutex);
	if (block)
		*error = 0;
	else if (!*error)
		*error = -ENOSPC;
	return block;
}

/* Clears @count bits from @bit on; how many were set.  => s_alloc_mutex held */
static u32 clear_bits(struct super_block *sb, struct buffer_head *bh, u32 first_block, u32 bit,
		      u32 count)
{
	u32 freed = 0;

	for (; count--; bit++) {
		if (__test_and_clear_bit(bit, (unsigned long *)bh->b_data))
			freed++;
		else
			ext2_error(sb, "%s): block %u was freed twice\n", sb->s_id,
				   first_block + bit);
	}
	return freed;
}

/* A run that lies in one group. */
static void free_in_group(struct super_block *sb, u32 group, u32 bit, u32 count)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct buffer_head *gd_bh, *bh;
	struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, &gd_bh);
	u32 freed;

	bh = read_block_bitmap(sb, group);
	if (!bh) {
		ext2_error(sb, "%s): block bitmap of group %u cannot be read\n", sb->s_id, group);
		return;
	}
	mutex_lock_nested(&sbi->s_alloc_mutex);
	freed = clear_bits(sb, bh, ext2_group_first_block(sb, group), bit, count);
	gd->bg_free_blocks_count += freed;
	sbi->s_free_blocks += freed;
	mutex_unlock(&sbi->s_alloc_mutex);
	mark_buffer_dirty(bh);
	mark_buffer_dirty(gd_bh);
	brelse(bh);
}

void ext2_free_blocks(struct inode *inode, u32 block, u32 count)
{
	struct super_block *sb = inode->i_sb;
	const struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (!ext2_block_valid(sb, block) || !ext2_block_valid(sb, block + count - 1) ||
	    block + count < block) {
		ext2_error(sb, "%s): inode %lu has blocks %u + %u, outside the file system\n",
			   sb->s_id, inode->i_ino, block, count);
		return;
	}
	while (count) {
		u32 nth = block - sbi->s_es->s_first_data_block;
		u32 group = nth / sbi->s_blocks_per_group, bit = nth % sbi->s_blocks_per_group;
		u32 n = min(count, sbi->s_blocks_per_group - bit);

		free_in_group(sb, group, bit, n);
		block += n;
		count -= n;
	}
}
