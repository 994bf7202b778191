// SPDX-License-Identifier: MIT
/*
 * Mounting ext2, and what concerns a whole file system.
 *
 * The super block's VALID flag says whether the disk may be believed without a check. Mounting for
 * writing takes it away, unmounting or remounting read-only puts back what was there. It reaches
 * the disk before anything else that is written, and after everything else when it is put back.
 *
 * The free counts of the super block are those of s_free_*, written at each sync; the group
 * descriptors' are kept exact.
 */
#include "drivers/block.h"
#include "fs/bdev.h"
#include "fs/ext2/ext2.h"
#include "kernel/init.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/slab.h"
#include "mm/writeback.h"

static struct kmem_cache *ext2_inode_cache;

static u32 now_seconds(void)
{
	return ktime_get_real_ns() / NSEC_PER_SEC;
}

void ext2_mark_error(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	sbi->s_mount_state |= EXT2_ERROR_FS;
	sbi->s_es->s_state |= EXT2_ERROR_FS;
	if (!sb_rdonly(sb))
		mark_buffer_dirty(sbi->s_sbh);
}

struct ext2_group_desc *ext2_get_group_desc(struct super_block *sb, u32 group,
					    struct buffer_head **bh)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct buffer_head *block;

	if (group >= sbi->s_groups_count) {
		ext2_error(sb, "%s): group %u of %u was asked for\n", sb->s_id, group,
			   sbi->s_groups_count);
		return NULL;
	}
	block = sbi->s_group_desc[group / sbi->s_desc_per_block];
	if (bh)
		*bh = block;
	return (struct ext2_group_desc *)block->b_data + group % sbi->s_desc_per_block;
}

/* --- inodes' memory --- */

static struct inode *ext2_alloc_inode(struct super_block *sb)
{
	struct ext2_inode_info *ei = kmem_cache_zalloc(ext2_inode_cache, GFP_KERNEL);

	if (!ei)
		return NULL;
	mutex_init(&ei->truncate_mutex, RANK_FS);
	INIT_LIST_HEAD(&ei->i_orphan);
	return &ei->vfs_inode;
}

static void ext2_free_inode_memory(struct inode *inode)
{
	kmem_cache_free(ext2_inode_cache, EXT2_I(inode));
}

/* --- bringing the super block to the disk --- */

/* => s_alloc_mutex held or nobody else at work */
static void update_super(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	sbi->s_es->s_free_blocks_count = sbi->s_free_blocks;
	sbi->s_es->s_free_inodes_count = sbi->s_free_inodes;
	sbi->s_es->s_wtime = now_seconds();
	mark_buffer_dirty(sbi->s_sbh);
}

static int ext2_sync_fs(struct super_block *sb, int wait)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	mutex_lock(&sbi->s_alloc_mutex);
	update_super(sb);
	mutex_unlock(&sbi->s_alloc_mutex);
	return wait ? sync_blockdev(sb->s_bdev) : 0;
}

/* From now on the disk may not be believed. */
static int begin_writing(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct ext2_super_block *es = sbi->s_es;

	if (!(es->s_state & EXT2_VALID_FS))
		pr_warn("ext2 (%s): was not unmounted properly, should be checked\n", sb->s_id);
	else if (es->s_state & EXT2_ERROR_FS)
		pr_warn("ext2 (%s): has errors, should be checked\n", sb->s_id);
	sbi->s_mount_state = es->s_state;
	es->s_state &= ~EXT2_VALID_FS;
	es->s_mnt_count++;
	es->s_mtime = now_seconds();
	update_super(sb);
	return sync_dirty_buffer(sbi->s_sbh);
}

/* Everything is on the disk: it may be believed again as far as it could be before. */
static int end_writing(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	int error;

	ext2_discard_orphans(sb);
	error = ext2_sync_fs(sb, 1);
	if (error)
		return error;
	sbi->s_es->s_state = sbi->s_mount_state;
	update_super(sb);
	return sync_blockdev(sb->s_bdev);
}

void ext2_set_large_file(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (sbi->s_es->s_feature_ro_compat & EXT2_FEATURE_RO_COMPAT_LARGE_FILE)
		return;
	sbi->s_es->s_feature_ro_compat |= EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
	mark_buffer_dirty(sbi->s_sbh);
}

/* --- mount --- */

/* What a super block must satisfy before its numbers are used; NULL or what is wrong. */
static const char *check_super(const struct super_block *sb, const struct ext2_super_block *es)
{
	u32 bits = 8u * 1024 << es->s_log_block_size;
	u64 inodes = (u64)es->s_inodes_per_group * EXT2_SB(sb)->s_groups_count;

	if (!es->s_blocks_per_group || es->s_blocks_per_group > bits)
		return "blocks per group out of range";
	if (!es->s_inodes_per_group || es->s_inodes_per_group > bits)
		return "inodes per group out of range";
	if (es->s_first_data_block != (es->s_log_block_size ? 0 : 1))
		return "first data block out of range";
	if (es->s_blocks_count <= es->s_first_data_block)
		return "no blocks";
	if ((u64)es->s_blocks_count << (10 + es->s_log_block_size) > bdev_nr_bytes(sb->s_bdev))
		return "larger than its device";
	if (es->s_free_blocks_count > es->s_blocks_count ||
	    es->s_r_blocks_count > es->s_blocks_count)
		return "block counts out of range";
	if (inodes && inodes != es->s_inodes_count)
		return "inode count out of range";
	return NULL;
}

static const char *check_inode_size(const struct super_block *sb, const struct ext2_sb_info *sbi)
{
	if (sbi->s_inode_size < EXT2_GOOD_OLD_INODE_SIZE || sbi->s_inode_size > sb->s_blocksize ||
	    !is_power_of_2(sbi->s_inode_size))
		return "inode size out of range";
	if (sbi->s_first_ino < EXT2_GOOD_OLD_FIRST_INO ||
	    sbi->s_first_ino > sbi->s_inodes_per_group)
		return "first inode out of range";
	return NULL;
}

/* 0, or -EINVAL after one line. */
static int check_features(struct super_block *sb, const struct ext2_super_block *es)
{
	u32 incompat = es->s_feature_incompat & ~EXT2_INCOMPAT_KNOWN;
	u32 ro_compat = es->s_feature_ro_compat & ~EXT2_RO_COMPAT_KNOWN;

	if (!es->s_rev_level)
		return 0;
	if (incompat) {
		pr_err("ext2 (%s): not mounted, unknown incompatible features %#x\n", sb->s_id,
		       incompat);
		return -EINVAL;
	}
	if (ro_compat && !sb_rdonly(sb)) {
		pr_warn("ext2 (%s): mounted read-only, unknown features %#x\n", sb->s_id,
			ro_compat);
		sb->s_flags |= SB_RDONLY;
	}
	return 0;
}

static void derive_numbers(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_super_block *es = sbi->s_es;

	sbi->s_inode_size = es->s_rev_level ? es->s_inode_size : EXT2_GOOD_OLD_INODE_SIZE;
	sbi->s_first_ino = es->s_rev_level ? es->s_first_ino : EXT2_GOOD_OLD_FIRST_INO;
	sbi->s_desc_per_block = sb->s_blocksize / sizeof(struct ext2_group_desc);
	sbi->s_addr_per_block = sb->s_blocksize / sizeof(u32);
	sbi->s_blocks_per_group = es->s_blocks_per_group;
	sbi->s_inodes_per_group = es->s_inodes_per_group;
	if (es->s_blocks_per_group)
		sbi->s_groups_count = DIV_ROUND_UP(es->s_blocks_count - es->s_first_data_block,
						   es->s_blocks_per_group);
}

/* The super block's buffer, with the block size that it names.  0 or -errno. */
static int read_super(struct super_block *sb, int silent)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	struct buffer_head *bh = __bread(sb->s_bdev, 1, EXT2_SUPER_OFFSET);
	const struct ext2_super_block *es;
	unsigned int log;

	if (!bh) {
		pr_err("ext2 (%s): the super block cannot be read\n", sb->s_id);
		return -EIO;
	}
	es = (struct ext2_super_block *)bh->b_data;
	log = es->s_log_block_size;
	if (es->s_magic != EXT2_SUPER_MAGIC_NR || log > EXT2_MAX_BLOCK_LOG) {
		if (!silent)
			pr_err("ext2 (%s): %s\n", sb->s_id, es->s_magic == EXT2_SUPER_MAGIC_NR ?
			       "block size out of range" : "no ext2 file system here");
		brelse(bh);
		return -EINVAL;
	}
	brelse(bh);
	sb->s_blocksize_bits = 10 + log;
	sb->s_blocksize = 1024UL << log;
	bh = sb_bread(sb, EXT2_SUPER_OFFSET >> sb->s_blocksize_bits);
	if (!bh)
		return -EIO;
	sbi->s_sbh = bh;
	sbi->s_es = (struct ext2_super_block *)(bh->b_data + EXT2_SUPER_OFFSET % sb->s_blocksize);
	return 0;
}

/* Do bitmaps and tables of each group lie inside the file system? */
static const char *check_descriptors(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	for (u32 group = 0; group < sbi->s_groups_count; group++) {
		const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, NULL);
		u32 last = gd->bg_inode_table + sbi->s_itb_per_group - 1;

		if (!ext2_block_valid(sb, gd->bg_block_bitmap) ||
		    !ext2_block_valid(sb, gd->bg_inode_bitmap) ||
		    !ext2_block_valid(sb, gd->bg_inode_table) || !ext2_block_valid(sb, last) ||
		    last < gd->bg_inode_table)
			return "group descriptors out of range";
	}
	return NULL;
}

static int read_descriptors(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	u32 first = sbi->s_es->s_first_data_block + 1;

	sbi->s_gdb_count = DIV_ROUND_UP(sbi->s_groups_count, sbi->s_desc_per_block);
	sbi->s_group_desc = kcalloc(sbi->s_gdb_count, sizeof(*sbi->s_group_desc), GFP_KERNEL);
	if (!sbi->s_group_desc)
		return -ENOMEM;
	for (u32 i = 0; i < sbi->s_gdb_count; i++) {
		sbi->s_group_desc[i] = sb_bread(sb, first + i);
		if (!sbi->s_group_desc[i])
			return -EIO;
	}
	return 0;
}

static void count_free(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	for (u32 group = 0; group < sbi->s_groups_count; group++) {
		const struct ext2_group_desc *gd = ext2_get_group_desc(sb, group, NULL);

		sbi->s_free_blocks += gd->bg_free_blocks_count;
		sbi->s_free_inodes += gd->bg_free_inodes_count;
	}
}

static void ext2_put_super(struct super_block *sb)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);

	if (sbi->s_mounted && !sb_rdonly(sb))
		end_writing(sb);
	for (u32 i = 0; sbi->s_group_desc && i < sbi->s_gdb_count; i++)
		brelse(sbi->s_group_desc[i]);
	kfree(sbi->s_group_desc);
	brelse(sbi->s_sbh);
	kfree(sbi);
	sb->s_fs_info = NULL;
}

static int ext2_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const struct ext2_super_block *es = sbi->s_es;
	u32 overhead = es->s_first_data_block + sbi->s_groups_count * (2 + sbi->s_itb_per_group) +
		       1 + sbi->s_gdb_count;

	buf->f_type = EXT2_SUPER_MAGIC_NR;
	buf->f_bsize = sb->s_blocksize;
	buf->f_blocks = es->s_blocks_count - min(overhead, es->s_blocks_count);
	buf->f_bfree = READ_ONCE(sbi->s_free_blocks);
	buf->f_bavail =
		buf->f_bfree > es->s_r_blocks_count ? buf->f_bfree - es->s_r_blocks_count : 0;
	buf->f_files = es->s_inodes_count;
	buf->f_ffree = READ_ONCE(sbi->s_free_inodes);
	buf->f_namelen = NAME_MAX_LEN;
	return 0;
}

static int ext2_remount(struct super_block *sb, int *flags, char *data)
{
	u32 unknown = EXT2_SB(sb)->s_es->s_feature_ro_compat & ~EXT2_RO_COMPAT_KNOWN;

	if (!((*flags ^ sb->s_flags) & SB_RDONLY))
		return 0;
	if (*flags & SB_RDONLY)
		return end_writing(sb);
	if (unknown && EXT2_SB(sb)->s_es->s_rev_level) {
		pr_warn("ext2 (%s): stays read-only, unknown features %#x\n", sb->s_id, unknown);
		return -EROFS;
	}
	return begin_writing(sb);
}

static const struct super_operations ext2_sops = {
	.alloc_inode = ext2_alloc_inode,
	.free_inode = ext2_free_inode_memory,
	.write_inode = ext2_write_inode,
	.evict_inode = ext2_evict_inode,
	.put_super = ext2_put_super,
	.sync_fs = ext2_sync_fs,
	.statfs = ext2_statfs,
	.remount_fs = ext2_remount,
};

/* Reads and checks everything that is needed before the first inode. */
static int load_super(struct super_block *sb, int silent)
{
	struct ext2_sb_info *sbi = EXT2_SB(sb);
	const char *wrong;
	int error = read_super(sb, silent);

	if (!error)
		error = check_features(sb, sbi->s_es);
	if (error)
		return error;
	derive_numbers(sb);
	wrong = check_super(sb, sbi->s_es) ?: check_inode_size(sb, sbi);
	if (!wrong) {
		sbi->s_inodes_per_block = sb->s_blocksize / sbi->s_inode_size;
		sbi->s_itb_per_group =
			DIV_ROUND_UP(sbi->s_inodes_per_group, sbi->s_inodes_per_block);
		error = read_descriptors(sb);
		wrong = error ? "group descriptors cannot be read" : check_descriptors(sb);
	}
	if (wrong) {
		pr_err("ext2 (%s): not mounted, %s\n", sb->s_id, wrong);
		return error ?: -EINVAL;
	}
	count_free(sb);
	sbi->s_mount_state = sbi->s_es->s_state;
	return 0;
}

/* Of a time's seconds: see encode_extra() in inode.c. */
static unsigned int time_bits(const struct ext2_sb_info *sbi)
{
	return sbi->s_inode_size > EXT2_GOOD_OLD_INODE_SIZE ? 34 : 32;
}

static int make_root(struct super_block *sb)
{
	struct inode *root = ext2_iget(sb, EXT2_ROOT_INO);

	if (IS_ERR(root)) {
		pr_err("ext2 (%s): not mounted, the root cannot be read\n", sb->s_id);
		return PTR_ERR(root) == -ESTALE ? -EINVAL : PTR_ERR(root);
	}
	if (!S_ISDIR(root->i_mode)) {
		pr_err("ext2 (%s): not mounted, the root is not a directory\n", sb->s_id);
		iput(root);
		return -EINVAL;
	}
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int ext2_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ext2_sb_info *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	int error;

	if (!sbi)
		return -ENOMEM;
	sbi->s_sb = sb;
	sb->s_fs_info = sbi;
	sb->s_op = &ext2_sops;
	sb->s_magic = EXT2_SUPER_MAGIC_NR;
	mutex_init(&sbi->s_alloc_mutex, RANK_FS);
	INIT_LIST_HEAD(&sbi->s_orphan);
	sbi->s_next_generation = ktime_get_ns();
	error = load_super(sb, silent);
	if (!error) {
		sb->s_maxbytes = ext2_max_size(sb->s_blocksize_bits);
		sb->s_time_min = S32_MIN;
		sb->s_time_max = S32_MIN + (1L << time_bits(sbi)) - 1;
		error = make_root(sb);
	}
	if (!error && !sb_rdonly(sb))
		error = begin_writing(sb);
	if (error) {
		if (!sb->s_root)
			ext2_put_super(sb);	/* kill_sb calls it only for what has a root */
		return error;
	}
	sbi->s_mounted = true;
	if (!sb_rdonly(sb))
		ext2_orphan_cleanup(sb);
	return 0;
}

static struct dentry *ext2_mount(struct file_system_type *type, int flags, const char *dev_name,
				 void *data)
{
	return mount_bdev(type, flags, dev_name, data, ext2_fill_super);
}

static struct file_system_type ext2_type = {
	.name = "ext2",
	.fs_flags = FS_REQUIRES_DEV,
	.mount = ext2_mount,
	.kill_sb = kill_block_super,
};

static void ext2_init(void)
{
	ext2_inode_cache =
		kmem_cache_create("ext2_inode_cache", sizeof(struct ext2_inode_info), 0, NULL);
	register_filesystem(&ext2_type);
}
fs_initcall(ext2_init);
