// SPDX-License-Identifier: MIT
/*
 * Inodes between disk and memory, and their end.
 *
 * E1  An inode without a name is deleted on the disk when its last user goes (evict), or at
 *     power-off if there still is one (i_discarded then keeps it from being deleted twice).
 */
#include "fs/ext2/ext2.h"
#include "kernel/cred.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/writeback.h"

#include <linux/stat.h>

/* --- the place of an inode on the disk --- */

/* Its buffer and, in *raw, its place there.  ERR_PTR(-EIO, -ESTALE). */
static struct buffer_head *get_raw_inode(struct super_block *sb, ino_t ino, struct ext2_inode **raw)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_group_desc *gd;
	struct buffer_head *bh;
	u32 index;

	if ((ino != EXT2_ROOT_INO && ino < sbi->s_first_ino) || ino > sbi->s_es->s_inodes_count) {
		ext2_error(sb, "%s): inode number %lu is out of range\n", sb->s_id, ino);
		return ERR_PTR(-EIO);
	}
	gd = ext2_get_group_desc(sb, (ino - 1) / sbi->s_inodes_per_group, NULL);
	if (!gd)
		return ERR_PTR(-EIO);
	index = (ino - 1) % sbi->s_inodes_per_group;
	bh = sb_bread(sb, gd->bg_inode_table + index / sbi->s_inodes_per_block);
	if (!bh)
		return ERR_PTR(-EIO);
	*raw = (struct ext2_inode *)(bh->b_data +
				     index % sbi->s_inodes_per_block * sbi->s_inode_size);
	return bh;
}

/* Does an inode have the part behind 128 bytes that holds nanoseconds? */
static bool has_extra(const struct super_block *sb, const struct ext2_inode *raw)
{
	u16 inode_size = EXT2_SB(sb)->s_inode_size;

	return inode_size > EXT2_GOOD_OLD_INODE_SIZE && raw->i_extra_isize >= EXT2_EXTRA_ISIZE &&
	       EXT2_GOOD_OLD_INODE_SIZE + raw->i_extra_isize <= inode_size;
}

/*
 * Seconds have 34 bits, of which the upper two are in the extra word's lower two, and count from
 * 1901 on.
 */
static struct __kernel_timespec decode_time(u32 seconds, u32 extra)
{
	return (struct __kernel_timespec){ (s32)seconds + ((s64)(extra & 3) << 32), extra >> 2 };
}

static u32 encode_extra(const struct __kernel_timespec *t)
{
	/* notify_change() has seen to it that it fits (s_time_max). */
	return ((t->tv_sec - (s32)t->tv_sec) >> 32 & 3) | (u32)t->tv_nsec << 2;
}

/* --- from the disk --- */

void ext2_set_inode_flags(struct inode *inode)
{
	u32 flags = EXT2_I(inode)->i_flags;

	inode->i_flags &= ~(S_APPEND | S_IMMUTABLE | S_NOATIME);
	if (flags & EXT2_APPEND_FL)
		inode->i_flags |= S_APPEND;
	if (flags & EXT2_IMMUTABLE_FL)
		inode->i_flags |= S_IMMUTABLE;
	if (flags & EXT2_NOATIME_FL)
		inode->i_flags |= S_NOATIME;
}

void ext2_set_operations(struct inode *inode, dev_t rdev)
{
	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ext2_file_inode_operations;
		inode->i_fop = &ext2_file_operations;
		inode->i_data.a_ops = &ext2_aops;
		break;
	case S_IFDIR:
		inode->i_op = &ext2_dir_inode_operations;
		inode->i_fop = &ext2_dir_operations;
		break;
	case S_IFLNK:
		inode->i_op = &ext2_symlink_inode_operations;
		break;
	default:
		inode->i_op = &ext2_special_inode_operations;
		init_special_inode(inode, inode->i_mode, rdev);
	}
}

static void read_times(struct inode *inode, const struct ext2_inode *raw)
{
	bool extra = has_extra(inode->i_sb, raw);

	inode->i_atime = decode_time(raw->i_atime, extra ? raw->i_atime_extra : 0);
	inode->i_mtime = decode_time(raw->i_mtime, extra ? raw->i_mtime_extra : 0);
	inode->i_ctime = decode_time(raw->i_ctime, extra ? raw->i_ctime_extra : 0);
	if (extra)
		EXT2_I(inode)->i_crtime = decode_time(raw->i_crtime, raw->i_crtime_extra);
}

static void read_fields(struct inode *inode, const struct ext2_inode *raw)
{
	struct ext2_inode_info *ei = EXT2_I(inode);

	inode->i_mode = raw->i_mode;
	inode->i_uid = raw->i_uid | (u32)raw->i_uid_high << 16;
	inode->i_gid = raw->i_gid | (u32)raw->i_gid_high << 16;
	inode->i_nlink = raw->i_links_count;
	inode->i_size = raw->i_size;
	if (S_ISREG(raw->i_mode))
		inode->i_size |= (u64)raw->i_size_high << 32;
	inode->i_blocks = raw->i_blocks;
	inode->i_generation = raw->i_generation;
	read_times(inode, raw);
	ei->i_flags = raw->i_flags;
	ei->i_file_acl = raw->i_file_acl;
	ei->i_dtime = raw->i_dtime;
	memcpy(ei->i_data, raw->i_block, sizeof(ei->i_data));
}

/* NULL, or what is wrong with it. */
static const char *check_inode(const struct inode *inode)
{
	const struct ext2_super_block *es = EXT2_SB(inode->i_sb)->s_es;
	umode_t type = inode->i_mode & S_IFMT;

	if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK && type != S_IFCHR &&
	    type != S_IFBLK && type != S_IFIFO && type != S_IFSOCK)
		return "an unknown type";
	if (inode->i_size < 0 || inode->i_size > inode->i_sb->s_maxbytes)
		return "a size out of range";
	if (type == S_IFDIR && inode->i_size % inode->i_sb->s_blocksize)
		return "a size that is no whole number of blocks";
	/* All of them may be the same one, and who looks for a name would look for it for hours. */
	if (type == S_IFDIR && inode->i_size >> inode->i_blkbits > es->s_blocks_count)
		return "more blocks than the file system";
	if (ext2_is_fast_symlink(inode) && (size_t)inode->i_size >= sizeof(EXT2_I(inode)->i_data))
		return "a target longer than its room";
	if (type == S_IFLNK && (unsigned long)inode->i_size >= inode->i_sb->s_blocksize)
		return "a target longer than a block";
	return NULL;
}

static int read_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_inode *raw;
	struct buffer_head *bh = get_raw_inode(sb, inode->i_ino, &raw);
	u32 *data = EXT2_I(inode)->i_data;
	const char *wrong;

	if (IS_ERR(bh))
		return PTR_ERR(bh);
	read_fields(inode, raw);
	brelse(bh);
	/* It is free, or to be freed, though a directory names it; orphan.c alone may do that. */
	if (!inode->i_nlink && (!inode->i_mode || !EXT2_SB(sb)->s_in_orphan_cleanup))
		return -ESTALE;
	wrong = check_inode(inode);
	if (wrong) {
		ext2_error(sb, "%s): inode %lu has %s\n", sb->s_id, inode->i_ino, wrong);
		return -EIO;
	}
	ext2_set_inode_flags(inode);
	/* The old form of a device number has 8 bits for each half. */
	ext2_set_operations(inode, data[0] ? MKDEV(data[0] >> 8 & 0xff, data[0] & 0xff)
					   : new_decode_dev(data[1]));
	return 0;
}

struct inode *ext2_iget(struct super_block *sb, ino_t ino)
{
	struct inode *inode = iget_locked(sb, ino);
	int error;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;
	error = read_inode(inode);
	if (!error) {
		unlock_new_inode(inode);
		return inode;
	}
	EXT2_I(inode)->i_discarded = true;
	iget_failed(inode);
	return ERR_PTR(error);
}

/* --- to the disk --- */

static void write_times(const struct inode *inode, struct ext2_inode *raw)
{
	const struct ext2_inode_info *ei = EXT2_I(inode);

	raw->i_atime = inode->i_atime.tv_sec;
	raw->i_mtime = inode->i_mtime.tv_sec;
	raw->i_ctime = inode->i_ctime.tv_sec;
	if (!has_extra(inode->i_sb, raw))
		return;
	raw->i_atime_extra = encode_extra(&inode->i_atime);
	raw->i_mtime_extra = encode_extra(&inode->i_mtime);
	raw->i_ctime_extra = encode_extra(&inode->i_ctime);
	raw->i_crtime = ei->i_crtime.tv_sec;
	raw->i_crtime_extra = encode_extra(&ei->i_crtime);
}

static void write_blocks(const struct inode *inode, struct ext2_inode *raw)
{
	memcpy(raw->i_block, EXT2_I(inode)->i_data, sizeof(raw->i_block));
	if (!S_ISCHR(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return;
	if (MAJOR(inode->i_rdev) < 256 && MINOR(inode->i_rdev) < 256) {
		raw->i_block[0] = MAJOR(inode->i_rdev) << 8 | MINOR(inode->i_rdev);
		raw->i_block[1] = 0;
	} else {
		raw->i_block[0] = 0;
		raw->i_block[1] = new_encode_dev(inode->i_rdev);
	}
}

static void write_fields(const struct inode *inode, struct ext2_inode *raw)
{
	const struct ext2_inode_info *ei = EXT2_I(inode);

	raw->i_mode = inode->i_mode;
	raw->i_uid = inode->i_uid;
	raw->i_uid_high = inode->i_uid >> 16;
	raw->i_gid = inode->i_gid;
	raw->i_gid_high = inode->i_gid >> 16;
	raw->i_links_count = inode->i_nlink;
	raw->i_size = inode->i_size;
	raw->i_size_high = S_ISREG(inode->i_mode) ? inode->i_size >> 32 : 0;
	raw->i_blocks = inode->i_blocks;
	raw->i_flags = ei->i_flags;
	raw->i_generation = inode->i_generation;
	raw->i_file_acl = ei->i_file_acl;
	raw->i_dtime = ei->i_dtime;
	write_times(inode, raw);
	write_blocks(inode, raw);
}

int ext2_write_inode(struct inode *inode, struct writeback_control *wbc)
{
	struct super_block *sb = inode->i_sb;
	struct ext2_inode *raw;
	struct buffer_head *bh;

	if (EXT2_I(inode)->i_discarded)
		return 0;
	bh = get_raw_inode(sb, inode->i_ino, &raw);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	/*
	 * An inode of a number that was never used, or was used without the extra part, has none
	 * yet.
	 */
	if (EXT2_SB(sb)->s_inode_size >= EXT2_GOOD_OLD_INODE_SIZE + EXT2_EXTRA_ISIZE &&
	    !raw->i_extra_isize)
		raw->i_extra_isize = EXT2_EXTRA_ISIZE;
	write_fields(inode, raw);
	if (S_ISREG(inode->i_mode) && inode->i_size > (loff_t)S32_MAX)
		ext2_set_large_file(sb);
	/* Who needs it on the disk syncs the device next (ext2_fsync, sync_filesystem). */
	mark_buffer_dirty(bh);
	brelse(bh);
	return 0;
}

/* --- the end --- */

/*
 * Extended attributes are not supported, but a block of them that mke2fs made must go with its last
 * file.
 */
static void release_xattr_block(struct inode *inode)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct super_block *sb = inode->i_sb;
	struct ext2_xattr_header *header;
	struct buffer_head *bh;

	if (!ei->i_file_acl || !ext2_block_valid(sb, ei->i_file_acl))
		return;
	bh = sb_bread(sb, ei->i_file_acl);
	if (!bh)
		return;
	header = (struct ext2_xattr_header *)bh->b_data;
	if (header->h_magic != EXT2_XATTR_MAGIC) {
		ext2_error(sb, "%s): inode %lu has a broken attribute block %u\n", sb->s_id,
			   inode->i_ino, ei->i_file_acl);
		brelse(bh);
		return;
	}
	if (header->h_refcount > 1) {
		header->h_refcount--;
		mark_buffer_dirty(bh);
		brelse(bh);
	} else {
		bforget(bh);
		ext2_free_blocks(inode, ei->i_file_acl, 1);
	}
	ei->i_file_acl = 0;
	inode->i_blocks -= i_blocksize(inode) >> 9;
}

void ext2_delete_inode(struct inode *inode)
{
	struct ext2_inode_info *ei = EXT2_I(inode);
	struct writeback_control wbc = { .sync_mode = WB_SYNC_NONE };

	i_size_write(inode, 0);
	ext2_truncate_blocks(inode, 0);
	release_xattr_block(inode);
	ext2_orphan_del(inode);
	ei->i_dtime = ktime_get_real_ns() / NSEC_PER_SEC;
	ext2_write_inode(inode, &wbc);
	ei->i_discarded = true;
	ext2_free_inode(inode);
}

void ext2_evict_inode(struct inode *inode)
{
	bool delete = !inode->i_nlink && !EXT2_I(inode)->i_discarded && !sb_rdonly(inode->i_sb);

	truncate_inode_pages_final(&inode->i_data);
	if (delete)
		ext2_delete_inode(inode);
	ext2_orphan_del(inode);
	inode_io_list_del(inode);
	clear_inode(inode);
}

/* --- attributes --- */

int ext2_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	int error = setattr_prepare(dentry, attr);

	if (!error && attr->ia_valid & ATTR_SIZE && attr->ia_size != inode->i_size)
		error = ext2_setsize(inode, attr->ia_size);
	if (error)
		return error;
	setattr_copy(inode, attr);
	mark_inode_dirty(inode);
	return 0;
}

int ext2_getattr(const struct path *path, struct kstat *stat)
{
	struct inode *inode = path->dentry->d_inode;

	generic_fillattr(inode, stat);
	stat->btime = EXT2_I(inode)->i_crtime;
	if (stat->btime.tv_sec)
		stat->result_mask |= STATX_BTIME;
	return 0;
}
