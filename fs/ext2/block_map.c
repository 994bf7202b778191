// SPDX-License-Identifier: MIT
/*
 * Where the blocks of a file are: twelve pointers in the inode, then trees of one, two and three
 * levels of blocks of pointers. A pointer of 0 is a hole.
 *
 *   i_data[0..11]  ─────────────────────────────> data
 *   i_data[12]     ─> pointers ─────────────────> data
 *   i_data[13]     ─> pointers ─> pointers ─────> data
 *   i_data[14]     ─> pointers ─> pointers ─> pointers ─> data
 *
 * T1  Whoever adds or frees blocks holds truncate_mutex.
 * T2  Readers hold nothing.  They never meet a half-made branch, because a branch is linked in by
 * one store after all of it is there; and never a freed one, because blocks are freed only behind
 * the end of the file, after its folios there are gone and with invalidate_lock keeping new ones
 * out. T3  A branch is first allocated as a whole and then linked in, so running out of space
 * changes nothing.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"

#define MAX_DEPTH	4

/* The way to a block: an index into i_data, then one into each block of pointers. */
struct block_path {
	unsigned int depth;
	unsigned int offset[MAX_DEPTH];
};

loff_t ext2_max_size(unsigned int block_bits)
{
	u64 ptrs = 1UL << (block_bits - 2);
	u64 blocks = EXT2_NDIR_BLOCKS + ptrs + ptrs * ptrs + ptrs * ptrs * ptrs;
	u64 limit = (1ULL << 32) - 1;		/* i_blocks counts 512 bytes in 32 bits */
	u64 pointers = blocks / ptrs + blocks / ptrs / ptrs + 3;

	limit = (limit >> (block_bits - 9)) - pointers;
	return min(blocks, limit) << block_bits;
}

/* False: no file can have such a block. */
static bool block_to_path(const struct inode *inode, u64 block, struct block_path *path)
{
	unsigned int bits = inode->i_blkbits - 2;
	u64 first = EXT2_NDIR_BLOCKS, span = 1UL << bits;

	if (block < first) {
		*path = (struct block_path){ 1, { block } };
		return true;
	}
	for (unsigned int depth = 2; depth <= MAX_DEPTH; depth++) {
		if (block - first < span) {
			path->depth = depth;
			path->offset[0] = EXT2_IND_BLOCK + depth - 2;
			for (unsigned int i = 1; i < depth; i++)
				path->offset[i] = (block - first) >> bits * (depth - 1 - i) &
						  ((1u << bits) - 1);
			return true;
		}
		first += span;
		span <<= bits;
	}
	return false;
}

/* Reads a block of pointers; ERR_PTR(-EIO) after a line where the number itself is wrong. */
static struct buffer_head *read_pointers(struct inode *inode, u32 block)
{
	struct super_block *sb = inode->i_sb;
	struct buffer_head *bh;

	if (!ext2_block_valid(sb, block)) {
		ext2_error(sb, "%s): inode %lu points to block %u, outside the file system\n",
			   sb->s_id, inode->i_ino, block);
		return ERR_PTR(-EIO);
	}
	bh = sb_bread(sb, block);
	return bh ?: ERR_PTR(-EIO);
}

/* A position in the tree: the pointer, and the buffer that it is in (NULL: i_data). */
struct slot {
	u32 *p;
	struct buffer_head *bh;
};

/*
 * Descends as far as there are pointers.  *level: of the slot reached; it holds 0 if *level < depth
 * - 1.  The slot's buffer is the caller's.
 */
static int descend(struct inode *inode, const struct block_path *path, struct slot *slot,
		   unsigned int *level)
{
	struct buffer_head *bh;

	*slot = (struct slot){ &EXT2_I(inode)->i_data[path->offset[0]], NULL };
	for (*level = 0; *level + 1 < path->depth; ++*level) {
		u32 block = READ_ONCE(*slot->p);

		if (!block)
			return 0;
		bh = read_pointers(inode, block);
		brelse(slot->bh);
		slot->bh = NULL;
		if (IS_ERR(bh))
			return PTR_ERR(bh);
		*slot = (struct slot){ (u32 *)bh->b_data + path->offset[*level + 1], bh };
	}
	return 0;
}

/* Blocks from the one that @path leads to up to the end of the empty subtree at @level. */
static u64 hole_length(const struct inode *inode, const struct block_path *path, unsigned int level)
{
	unsigned int bits = inode->i_blkbits - 2;
	u64 span = 1, inside = 0;

	for (unsigned int i = path->depth - 1; i > level; i--) {
		inside += path->offset[i] * span;
		span <<= bits;
	}
	return span - inside;
}

/*
 * How many pointers from @p on, at most @max, go on where the one before ends (or are holes, too).
 */
static u64 run_length(const u32 *p, u64 max)
{
	u32 first = READ_ONCE(p[0]);
	u64 n = 1;

	while (n < max && READ_ONCE(p[n]) == (first ? first + n : 0))
		n++;
	return n;
}

int ext2_get_extent(struct inode *inode, u64 block, u64 max, struct extent *extent)
{
	struct super_block *sb = inode->i_sb;
	struct block_path path;
	struct slot slot;
	unsigned int level, room;
	int error;

	*extent = (struct extent){ .block = block, .count = 1 };
	if (!block_to_path(inode, block, &path))
		return 0;
	error = descend(inode, &path, &slot, &level);
	if (error)
		return error;
	if (level + 1 < path.depth) {
		extent->count = min(max, hole_length(inode, &path, level));
	} else {
		room = (level ? EXT2_SB(sb)->s_addr_per_block : EXT2_NDIR_BLOCKS) -
		       path.offset[level];
		extent->phys = READ_ONCE(*slot.p);
		extent->mapped = extent->phys;
		extent->count = run_length(slot.p, min_t(u64, max, room));
	}
	brelse(slot.bh);
	if (extent->mapped && (!ext2_block_valid(sb, extent->phys) ||
			       !ext2_block_valid(sb, extent->phys + extent->count - 1))) {
		ext2_error(sb, "%s): inode %lu has block %llu at %llu, outside the file system\n",
			   sb->s_id, inode->i_ino, block, extent->phys);
		return -EIO;
	}
	return 0;
}

/* --- adding blocks --- */

/*
 * A good place for @block: behind the one before it; else near what is mapped; else where its group
 * begins, spread.
 */
static u32 find_goal(struct inode *inode, u64 block, const struct slot *slot)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct super_block *sb = inode->i_sb;
	u32 *begin = slot->bh ? (u32 *)slot->bh->b_data : ei->i_data;
	u32 group = (inode->i_ino - 1) / EXT2_SB(sb)->s_inodes_per_group;
	u32 per_group = EXT2_SB(sb)->s_blocks_per_group;

	if (block == ei->i_next_alloc_block && ei->i_next_alloc_goal)
		return ei->i_next_alloc_goal;
	for (u32 *p = slot->p; p-- > begin;) {
		if (*p)
			return *p + 1;
	}
	if (slot->bh)
		return slot->bh->b_blocknr + 1;
	/*
	 * Files of one directory share a group: those made by different processes begin in
	 * different parts of it.
	 */
	return ext2_group_first_block(sb, group) + current->pid % 16 * (per_group / 16);
}

/* Writes one new block of pointers that leads on to @next. */
static int write_pointer_block(struct inode *inode, u32 block, unsigned int offset, u32 next)
{
	struct buffer_head *bh = sb_getblk(inode->i_sb, block);

	if (!bh)
		return -ENOMEM;
	lock_buffer(bh);
	memset(bh->b_data, 0, bh->b_size);
	((u32 *)bh->b_data)[offset] = next;
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	brelse(bh);
	return 0;
}

/*
 * A branch of @n blocks, the last one for data, not yet linked in. @block[0] is the one to link. 0
 * or -errno.
 */
static int alloc_branch(struct inode *inode, u32 goal, const unsigned int *offset, unsigned int n,
			u32 *block)
{
	unsigned int got;
	int error = 0;

	for (got = 0; got < n; got++) {
		block[got] = ext2_new_block(inode, goal, &error);
		if (!block[got])
			break;
		goal = block[got] + 1;
	}
	for (unsigned int i = 0; !error && i + 1 < n; i++)
		error = write_pointer_block(inode, block[i], offset[i + 1], block[i + 1]);
	if (!error)
		return 0;
	while (got--) {		/* T3 */
		bforget(__find_get_block(inode->i_sb->s_bdev, block[got],
					 inode->i_sb->s_blocksize));
		ext2_free_blocks(inode, block[got], 1);
	}
	return error;
}

/* Gives one block a place: 1, 0 if it had one, or -errno.  => truncate_mutex held */
static int alloc_one(struct inode *inode, u64 block)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct block_path path;
	u32 branch[MAX_DEPTH];
	unsigned int level, n;
	struct slot slot;
	int error;

	if (!block_to_path(inode, block, &path))
		return -EFBIG;
	error = descend(inode, &path, &slot, &level);
	if (error)
		return error;
	if (*slot.p) {
		brelse(slot.bh);
		return 0;
	}
	n = path.depth - level;
	error = alloc_branch(inode, find_goal(inode, block, &slot), &path.offset[level], n, branch);
	if (!error) {
		smp_store_release(slot.p, branch[0]);		/* T2 */
		if (slot.bh)
			mark_buffer_dirty(slot.bh);
		ei->i_next_alloc_block = block + 1;
		ei->i_next_alloc_goal = branch[n - 1] + 1;
		inode->i_blocks += (u64)n << (inode->i_blkbits - 9);
		__mark_inode_dirty(inode, I_DIRTY_SYNC | I_DIRTY_DATASYNC);
	}
	brelse(slot.bh);
	return error ?: 1;
}

int ext2_alloc_blocks(struct inode *inode, u64 block, unsigned int count, unsigned int *fresh)
{
	int result = 0;

	*fresh = 0;
	mutex_lock(&EXT2_I(inode)->truncate_mutex);
	while (count-- && result >= 0) {
		result = alloc_one(inode, block++);
		if (result > 0)
			++*fresh;
	}
	mutex_unlock(&EXT2_I(inode)->truncate_mutex);
	return min(result, 0);
}

/* --- freeing blocks --- */

/* Data blocks that are to be freed, gathered as long as they are neighbours. */
struct free_run {
	struct inode *inode;
	u32 block, count;
};

static void flush_run(struct free_run *run)
{
	if (run->count)
		ext2_free_blocks(run->inode, run->block, run->count);
	run->count = 0;
}

static void free_data_block(struct free_run *run, u32 block)
{
	struct inode *inode = run->inode;

	/*
	 * Directories and symbolic links are kept in buffers, which must not be written over the
	 * block's next content.
	 */
	if (!S_ISREG(inode->i_mode))
		bforget(__find_get_block(inode->i_sb->s_bdev, block, inode->i_sb->s_blocksize));
	if (run->count && block == run->block + run->count) {
		run->count++;
	} else {
		flush_run(run);
		run->block = block;
		run->count = 1;
	}
	inode->i_blocks -= i_blocksize(inode) >> 9;
}

/*
 * Frees the blocks of a subtree of @levels levels of pointers, from its block number @from on; all
 * of it if @from is 0.
 */
static void free_subtree(struct free_run *run, u32 *slot, unsigned int levels, u64 from)
{
	struct inode *inode = run->inode;
	unsigned int bits = inode->i_blkbits - 2, shift = bits * (levels - 1);
	bool whole = !from;
	struct buffer_head *bh;
	u32 block = *slot;

	if (!block)
		return;
	if (!levels) {
		*slot = 0;
		free_data_block(run, block);
		return;
	}
	bh = read_pointers(inode, block);
	if (IS_ERR(bh))
		return;
	for (u64 i = from >> shift; i < 1UL << bits; i++) {
		free_subtree(run, (u32 *)bh->b_data + i, levels - 1, from & ((1UL << shift) - 1));
		from = 0;
	}
	cond_resched();
	if (whole) {
		*slot = 0;
		flush_run(run);
		bforget(bh);
		ext2_free_blocks(inode, block, 1);
		inode->i_blocks -= i_blocksize(inode) >> 9;
	} else {
		mark_buffer_dirty(bh);
		brelse(bh);
	}
}

/* => truncate_mutex held */
static void free_from(struct inode *inode, u64 first)
{
	struct free_run run = { .inode = inode };
	unsigned int bits = inode->i_blkbits - 2;
	u64 base = EXT2_NDIR_BLOCKS, span = 1UL << bits;
	u32 *data = EXT2_I(inode)->i_data;

	for (u64 i = first; i < EXT2_NDIR_BLOCKS; i++)
		free_subtree(&run, &data[i], 0, 0);
	for (unsigned int levels = 1; levels < MAX_DEPTH; levels++) {
		if (first < base + span)
			free_subtree(&run, &data[EXT2_IND_BLOCK + levels - 1], levels,
				     first > base ? first - base : 0);
		base += span;
		span <<= bits;
	}
	flush_run(&run);
}

void ext2_truncate_blocks(struct inode *inode, loff_t size)
{
	struct ext2_inode_info *ei = EXT2_I(inode);

	if (!ext2_has_blocks(inode))
		return;
	mutex_lock(&ei->truncate_mutex);
	ei->i_next_alloc_goal = 0;
	free_from(inode, DIV_ROUND_UP((u64)size, i_blocksize(inode)));
	mutex_unlock(&ei->truncate_mutex);
	mark_inode_dirty(inode);
}
