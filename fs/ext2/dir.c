// SPDX-License-Identifier: MIT
/*
 * Directories: files of entries, read and changed in the device's page cache. Names are looked for
 * one block after the other; the index of an indexed directory (INDEX_FL) is not used, and taken to
 * be gone when the directory changes: to who does not know it its blocks look like free entries, by
 * design.
 *
 * V1  A block's entries are checked when the block is first used (BH_Verified): then every entry
 *     fits, names an inode that may be, and the last one ends where the block ends.  Who goes over
 *     them looks again that each fits.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"

static const u8 type_of_ft[] = { DT_UNKNOWN, DT_REG, DT_DIR, 2, 6, 1, 12, DT_LNK };

/* EXT2_FT_* from a mode. */
static u8 file_type(const struct inode *inode)
{
	static const u8 ft[16] = {
		[DT_REG] = 1, [DT_DIR] = 2, [2] = 3, [6] = 4, [1] = 5, [12] = 6, [DT_LNK] = 7};

	if (!(EXT2_SB(inode->i_sb)->s_es->s_feature_incompat & EXT2_FEATURE_INCOMPAT_FILETYPE))
		return 0;
	return ft[mode_to_dtype(inode->i_mode)];
}

static struct ext2_dir_entry *entry_at(const struct buffer_head *bh, unsigned int offset)
{
	return (struct ext2_dir_entry *)(bh->b_data + offset);
}

static struct ext2_dir_entry *next_entry(struct ext2_dir_entry *de)
{
	return (struct ext2_dir_entry *)((char *)de + de->rec_len);
}

/* Is the entry, which begins in the block, aligned, in the block as a whole, and long enough? */
static bool fits(const struct buffer_head *bh, const struct ext2_dir_entry *de)
{
	unsigned int room = bh->b_data + bh->b_size - (char *)de;

	return room >= EXT2_DIR_REC_LEN(1) && de->rec_len >= EXT2_DIR_REC_LEN(1) &&
	       de->rec_len % 4 == 0 && de->rec_len >= EXT2_DIR_REC_LEN(de->name_len) &&
	       de->rec_len <= room;
}

/*
 * Behind the last entry nothing fits, nor where something else has written to the block since it
 * was looked at: the device itself, or, on a damaged disk, somebody who has the block, too.
 */
static bool is_end(const struct buffer_head *bh, const struct ext2_dir_entry *de)
{
	return !fits(bh, de);
}

/* NULL or what is wrong with the entry at @offset. */
static const char *check_entry(const struct inode *dir, const struct buffer_head *bh,
			       unsigned int offset)
{
	const struct ext2_dir_entry *de = entry_at(bh, offset);

	if (!fits(bh, de))
		return "a length that cannot be";
	if (de->inode > EXT2_SB(dir->i_sb)->s_es->s_inodes_count)
		return "an inode number out of range";
	return NULL;
}

static bool verify_block(struct inode *dir, struct buffer_head *bh)
{
	const char *wrong;

	for (unsigned int offset = 0; offset < bh->b_size;
	     offset += entry_at(bh, offset)->rec_len) {
		wrong = check_entry(dir, bh, offset);
		if (wrong) {
			ext2_error(dir->i_sb,
				   "%s): directory %lu, entry at %u of block %llu has %s\n",
				   dir->i_sb->s_id, dir->i_ino, offset, bh->b_blocknr, wrong);
			return false;
		}
	}
	set_buffer_verified(bh);
	return true;
}

/* Block @n of a directory; ERR_PTR(-EIO). */
static struct buffer_head *read_dir_block(struct inode *dir, u64 n)
{
	struct buffer_head *bh;
	struct extent extent;
	int error = ext2_get_extent(dir, n, 1, &extent);

	cond_resched();
	if (!error && !extent.mapped) {
		ext2_error(dir->i_sb, "%s): directory %lu has a hole at block %llu\n",
			   dir->i_sb->s_id, dir->i_ino, n);
		error = -EIO;
	}
	if (error)
		return ERR_PTR(error);
	bh = sb_bread(dir->i_sb, extent.phys);
	if (!bh || (!buffer_verified(bh) && !verify_block(dir, bh))) {
		brelse(bh);
		return ERR_PTR(-EIO);
	}
	return bh;
}

static u64 dir_blocks(const struct inode *dir)
{
	return dir->i_size >> dir->i_blkbits;
}

/* --- finding --- */

static struct ext2_dir_entry *find_in_block(struct buffer_head *bh, const struct qstr *name)
{
	for (struct ext2_dir_entry *de = entry_at(bh, 0); !is_end(bh, de); de = next_entry(de)) {
		if (de->inode && de->name_len == name->len &&
		    !memcmp(de->name, name->name, name->len))
			return de;
	}
	return NULL;
}

int ext2_find_entry(struct inode *dir, const struct qstr *name, struct ext2_entry *entry)
{
	struct ext2_inode_info *ei = EXT2_I(dir);
	u64 blocks = dir_blocks(dir),
	    n = ei->i_dir_start_lookup < blocks ? ei->i_dir_start_lookup : 0;

	for (u64 i = 0; i < blocks; i++) {
		entry->bh = read_dir_block(dir, n);
		if (IS_ERR(entry->bh))
			return PTR_ERR(entry->bh);
		entry->de = find_in_block(entry->bh, name);
		if (entry->de) {
			ei->i_dir_start_lookup = n;
			return 0;
		}
		brelse(entry->bh);
		n = n + 1 == blocks ? 0 : n + 1;
	}
	return -ENOENT;
}

int ext2_find_dotdot(struct inode *dir, struct ext2_entry *entry)
{
	const struct qstr dotdot = QSTR_INIT("..", 2);

	entry->bh = dir_blocks(dir) ? read_dir_block(dir, 0) : ERR_PTR(-EIO);
	if (IS_ERR(entry->bh))
		return PTR_ERR(entry->bh);
	entry->de = find_in_block(entry->bh, &dotdot);
	if (entry->de)
		return 0;
	brelse(entry->bh);
	return -EIO;
}

/* --- changing --- */

/* Every change of a directory ends here. */
static void dir_changed(struct inode *dir, struct buffer_head *bh)
{
	mark_buffer_dirty(bh);
	dir->i_mtime = dir->i_ctime = current_time(dir);
	dir->i_version++;
	EXT2_I(dir)->i_flags &= ~EXT2_INDEX_FL;
	mark_inode_dirty(dir);
}

static void fill_entry(struct ext2_dir_entry *de, const struct qstr *name,
		       const struct inode *inode)
{
	de->name_len = name->len;
	memcpy(de->name, name->name, name->len);
	de->inode = inode->i_ino;
	de->file_type = file_type(inode);
}

/* An entry with room for a name of @len behind its own, or unused and large enough; NULL. */
static struct ext2_dir_entry *find_room(struct buffer_head *bh, unsigned int len)
{
	for (struct ext2_dir_entry *de = entry_at(bh, 0); !is_end(bh, de); de = next_entry(de)) {
		unsigned int used = de->inode ? EXT2_DIR_REC_LEN(de->name_len) : 0;

		if (de->rec_len >= used + EXT2_DIR_REC_LEN(len))
			return de;
	}
	return NULL;
}

/* The new entry's place: an unused entry as it is, or the tail cut off a used one. */
static struct ext2_dir_entry *split_entry(struct ext2_dir_entry *de)
{
	unsigned int used = EXT2_DIR_REC_LEN(de->name_len), rest = de->rec_len - used;

	if (!de->inode)
		return de;
	de->rec_len = used;
	de = next_entry(de);
	de->rec_len = rest;
	return de;
}

/* A new block at the end of a directory: one unused entry.  ERR_PTR. */
static struct buffer_head *append_block(struct inode *dir)
{
	u64 n = dir_blocks(dir);
	struct extent extent;
	struct buffer_head *bh;
	unsigned int fresh;
	int error = ext2_alloc_blocks(dir, n, 1, &fresh);

	if (!error)
		error = ext2_get_extent(dir, n, 1, &extent);
	if (error)
		return ERR_PTR(error);
	bh = sb_getblk(dir->i_sb, extent.phys);
	if (!bh) {
		ext2_truncate_blocks(dir, dir->i_size);
		return ERR_PTR(-ENOMEM);
	}
	lock_buffer(bh);
	memset(bh->b_data, 0, bh->b_size);
	entry_at(bh, 0)->rec_len = bh->b_size;
	set_buffer_uptodate(bh);
	set_buffer_verified(bh);
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	i_size_write(dir, dir->i_size + bh->b_size);
	return bh;
}

int ext2_add_entry(struct inode *dir, const struct qstr *name, struct inode *inode)
{
	struct ext2_dir_entry *de = NULL;
	struct buffer_head *bh = NULL;

	for (u64 n = 0; n < dir_blocks(dir) && !de; n++) {
		brelse(bh);
		bh = read_dir_block(dir, n);
		if (IS_ERR(bh))
			return PTR_ERR(bh);
		de = find_room(bh, name->len);
	}
	if (!de) {
		brelse(bh);
		bh = append_block(dir);
		if (IS_ERR(bh))
			return PTR_ERR(bh);
		de = entry_at(bh, 0);
	}
	fill_entry(split_entry(de), name, inode);
	dir_changed(dir, bh);
	brelse(bh);
	return 0;
}

int ext2_delete_entry(struct inode *dir, struct ext2_entry *entry)
{
	struct ext2_dir_entry *before = NULL;

	for (struct ext2_dir_entry *de = entry_at(entry->bh, 0);
	     de != entry->de && !is_end(entry->bh, de); de = next_entry(de))
		before = de;
	if (before && next_entry(before) == entry->de)
		before->rec_len += entry->de->rec_len;
	entry->de->inode = 0;
	dir_changed(dir, entry->bh);
	brelse(entry->bh);
	return 0;
}

void ext2_set_entry(struct inode *dir, struct ext2_entry *entry, struct inode *inode)
{
	entry->de->inode = inode->i_ino;
	entry->de->file_type = file_type(inode);
	dir_changed(dir, entry->bh);
	brelse(entry->bh);
}

int ext2_make_empty(struct inode *inode, struct inode *parent)
{
	const struct qstr dot = QSTR_INIT(".", 1), dotdot = QSTR_INIT("..", 2);
	struct buffer_head *bh = append_block(inode);
	struct ext2_dir_entry *de;

	if (IS_ERR(bh))
		return PTR_ERR(bh);
	de = entry_at(bh, 0);
	fill_entry(de, &dot, inode);
	fill_entry(split_entry(de), &dotdot, parent);
	dir_changed(inode, bh);
	brelse(bh);
	return 0;
}

static bool is_dot_or_dotdot(const struct ext2_dir_entry *de)
{
	return de->name[0] == '.' &&
	       (de->name_len == 1 || (de->name_len == 2 && de->name[1] == '.'));
}

int ext2_empty_dir(struct inode *inode)
{
	for (u64 n = 0; n < dir_blocks(inode); n++) {
		struct buffer_head *bh = read_dir_block(inode, n);
		bool more = false;

		if (IS_ERR(bh))
			return PTR_ERR(bh);
		for (struct ext2_dir_entry *de = entry_at(bh, 0); !is_end(bh, de);
		     de = next_entry(de))
			more |= de->inode && !is_dot_or_dotdot(de);
		brelse(bh);
		if (more)
			return 0;
	}
	return 1;
}

/* --- reading --- */

/* Entries of one block from ctx->pos on; false: the caller's buffer is full. */
static bool emit_block(struct buffer_head *bh, struct dir_context *ctx)
{
	loff_t base = ctx->pos & ~((loff_t)bh->b_size - 1);

	for (struct ext2_dir_entry *de = entry_at(bh, 0); !is_end(bh, de); de = next_entry(de)) {
		loff_t pos = base + ((char *)de - bh->b_data);

		/* The position may be inside an entry by now, if entries were joined. */
		if (pos < ctx->pos)
			continue;
		ctx->pos = pos;
		if (de->inode &&
		    !dir_emit(ctx, de->name, de->name_len, de->inode,
			      de->file_type < ARRAY_SIZE(type_of_ft) ? type_of_ft[de->file_type]
								     : DT_UNKNOWN))
			return false;
		ctx->pos = pos + de->rec_len;
	}
	ctx->pos = base + bh->b_size;
	return true;
}

static int ext2_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);

	while (ctx->pos < dir->i_size) {
		struct buffer_head *bh = read_dir_block(dir, ctx->pos >> dir->i_blkbits);
		bool more;

		if (IS_ERR(bh))
			return PTR_ERR(bh);
		more = emit_block(bh, ctx);
		brelse(bh);
		if (!more)
			break;
	}
	return 0;
}

const struct file_operations ext2_dir_operations = {
	.llseek = generic_file_llseek,
	.iterate_shared = ext2_readdir,
	.fsync = ext2_fsync,
};
