// SPDX-License-Identifier: MIT
/*
 * Super blocks and file system types.
 *
 * Mounting, unmounting and remounting are serialised by mount_mutex (fs/namespace.c); s_umount
 * keeps a super block in its state for those who come from elsewhere (sync, statfs by device).
 * sb_lock covers the list and s_count.
 */
#include "fs/super.h"
#include "drivers/block.h"
#include "fs/bdev.h"
#include "fs/dcache.h"
#include "fs/inode.h"
#include "fs/libfs.h"
#include "fs/stat.h"
#include "kernel/mutex.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "lib/err.h"
#include "lib/ida.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/filemap.h"
#include "mm/slab.h"
#include "mm/writeback.h"

static DEFINE_SPINLOCK(sb_lock, RANK_ICACHE);
static LIST_HEAD(super_blocks);
static LIST_HEAD(file_systems);		/* sb_lock; types are never taken off */

#define MAX_ANON_DEVS	256
static DECLARE_BITMAP(anon_map, MAX_ANON_DEVS);
static struct ida anon_ida = IDA_INIT(anon_map, MAX_ANON_DEVS);

/* --- types --- */

struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *type;

	for (type = next_filesystem(NULL); type; type = next_filesystem(type)) {
		if (!strcmp(type->name, name))
			return type;
	}
	return NULL;
}

int register_filesystem(struct file_system_type *type)
{
	if (get_fs_type(type->name))
		return -EBUSY;
	spin_lock(&sb_lock);
	list_add_tail(&type->list, &file_systems);
	spin_unlock(&sb_lock);
	return 0;
}

struct file_system_type *next_filesystem(struct file_system_type *pos)
{
	struct list_head *next;

	spin_lock(&sb_lock);
	next = pos ? pos->list.next : file_systems.next;
	spin_unlock(&sb_lock);
	return next == &file_systems ? NULL : list_entry(next, struct file_system_type, list);
}

/* --- the life of a super block --- */

static struct super_block *alloc_super(struct file_system_type *type, int flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->s_type = type;
	sb->s_flags = flags;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_min = S64_MIN;
	sb->s_time_max = S64_MAX;
	sb->s_count = 1;
	atomic_set(&sb->s_active, 1);
	init_rwsem(&sb->s_umount, RANK_MOUNT);
	spin_lock_init(&sb->s_inode_list_lock, RANK_ICACHE);
	INIT_LIST_HEAD(&sb->s_inodes);
	wb_init(&sb->s_wb, sb);
	spin_lock(&sb_lock);
	list_add_tail(&sb->s_list, &super_blocks);
	spin_unlock(&sb_lock);
	return sb;
}

static void put_super(struct super_block *sb)
{
	bool last;

	spin_lock(&sb_lock);
	last = !--sb->s_count;
	if (last)
		list_del(&sb->s_list);
	spin_unlock(&sb_lock);
	if (last)
		kfree(sb);
}

/* Everything but the device: dentries, dirty data, inodes, the file system's own. */
static void generic_shutdown_super(struct super_block *sb)
{
	if (sb->s_root) {
		shrink_dcache_for_umount(sb);
		sync_filesystem(sb);
		sb->s_flags &= ~SB_ACTIVE;
		if (evict_inodes(sb))
			pr_err("%s: busy inodes after unmount\n", sb->s_id);
		if (sb->s_op->put_super)
			sb->s_op->put_super(sb);
	}
	wb_exit(&sb->s_wb);
}

void kill_block_super(struct super_block *sb)
{
	struct block_device *bdev = sb->s_bdev;

	generic_shutdown_super(sb);
	if (!bdev)
		return;
	sync_blockdev(bdev);
	blkdev_put(bdev, sb->s_type);
	sb->s_bdev = NULL;
}

void kill_anon_super(struct super_block *sb)
{
	generic_shutdown_super(sb);
	spin_lock(&sb_lock);
	ida_free(&anon_ida, MINOR(sb->s_dev));
	spin_unlock(&sb_lock);
}

void kill_litter_super(struct super_block *sb)
{
	if (sb->s_root)
		d_genocide(sb->s_root);
	kill_anon_super(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->s_active))
		return;
	down_write_nested(&sb->s_umount);
	sb->s_type->kill_sb(sb);
	up_write(&sb->s_umount);
	put_super(sb);
}

/* --- `mount` operations --- */

static int set_anon_dev(struct super_block *sb)
{
	int minor;

	spin_lock(&sb_lock);
	minor = ida_alloc(&anon_ida, 1);
	spin_unlock(&sb_lock);
	if (minor < 0)
		return -EMFILE;
	sb->s_dev = MKDEV(0, minor);
	strscpy(sb->s_id, sb->s_type->name, sizeof(sb->s_id));
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	return 0;
}

/* Fills a fresh super block; what is left of it after a failure is taken down by kill_sb. */
static struct dentry *fill_super(struct super_block *sb, void *data, fill_super_t *fill)
{
	int error = fill(sb, data, sb->s_flags & SB_SILENT);

	if (error) {
		deactivate_super(sb);
		return ERR_PTR(error);
	}
	sb->s_flags |= SB_ACTIVE;
	return dget(sb->s_root);
}

struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data, fill_super_t *fill)
{
	struct super_block *sb = alloc_super(type, flags);
	int error;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	error = set_anon_dev(sb);
	if (error) {
		wb_exit(&sb->s_wb);
		put_super(sb);
		return ERR_PTR(error);
	}
	return fill_super(sb, data, fill);
}

/* An existing super block of this type (and device), with a new active reference. */
static struct super_block *find_super(struct file_system_type *type, struct block_device *bdev)
{
	struct super_block *sb, *found = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (sb->s_type == type && sb->s_bdev == bdev &&
		    atomic_inc_not_zero(&sb->s_active)) {
			found = sb;
			break;
		}
	}
	spin_unlock(&sb_lock);
	return found;
}

struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    fill_super_t *fill)
{
	struct super_block *sb = find_super(type, NULL);

	return sb ? dget(sb->s_root) : mount_nodev(type, flags, data, fill);
}

/* The device is mounted already: the same super block once more, if reading and writing agree. */
static struct dentry *mount_again(struct super_block *sb, int flags)
{
	if ((flags ^ sb->s_flags) & SB_RDONLY) {
		deactivate_super(sb);
		return ERR_PTR(-EBUSY);
	}
	return dget(sb->s_root);
}

static void set_bdev_super(struct super_block *sb, struct block_device *bdev)
{
	sb->s_bdev = bdev;
	sb->s_dev = bdev->bd_dev;
	strscpy(sb->s_id, bdev->bd_name, sizeof(sb->s_id));
}

struct dentry *mount_bdev(struct file_system_type *type, int flags, const char *dev_name,
			  void *data, fill_super_t *fill)
{
	struct block_device *bdev = blkdev_get_by_path(dev_name, !(flags & SB_RDONLY), type);
	struct super_block *sb;

	if (IS_ERR(bdev))
		return ERR_CAST(bdev);
	sb = find_super(type, bdev);
	if (sb) {
		blkdev_put(bdev, type);
		return mount_again(sb, flags);
	}
	sb = alloc_super(type, flags);
	if (!sb) {
		blkdev_put(bdev, type);
		return ERR_PTR(-ENOMEM);
	}
	set_bdev_super(sb, bdev);
	return fill_super(sb, data, fill);
}

/* --- walking over all of them --- */

void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *sb, *last = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		sb->s_count++;
		spin_unlock(&sb_lock);
		down_read(&sb->s_umount);
		if (sb->s_root)
			fn(sb, arg);
		up_read(&sb->s_umount);
		if (last)
			put_super(last);
		last = sb;		/* our count keeps it on the list */
		spin_lock(&sb_lock);
	}
	spin_unlock(&sb_lock);
	if (last)
		put_super(last);
}

/* --- sync and remount --- */

int sync_filesystem(struct super_block *sb)
{
	int error = 0;

	if (sb_rdonly(sb))
		return 0;
	sync_inodes_sb(sb);
	if (sb->s_op->sync_fs)
		error = sb->s_op->sync_fs(sb, 1);
	return error ?: sb->s_bdev ? sync_blockdev(sb->s_bdev) : 0;
}

int do_remount_sb(struct super_block *sb, int flags, void *data)
{
	int error = 0;

	if (!(flags & SB_RDONLY) && sb->s_bdev && bdev_read_only(sb->s_bdev))
		return -EACCES;
	if (flags & SB_RDONLY && !sb_rdonly(sb)) {
		shrink_dcache_parent(sb->s_root);
		error = sync_filesystem(sb);
	}
	if (!error && sb->s_op->remount_fs)
		error = sb->s_op->remount_fs(sb, &flags, data);
	if (error)
		return error;
	sb->s_flags = (sb->s_flags & ~(unsigned long)SB_REMOUNT_MASK) | (flags & SB_REMOUNT_MASK);
	return sb_rdonly(sb) && sb->s_bdev ? sync_blockdev(sb->s_bdev) : 0;
}

int vfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	int error;

	memset(buf, 0, sizeof(*buf));
	if (!sb->s_op->statfs)
		return -ENOSYS;
	buf->f_fsid = sb->s_dev;
	error = sb->s_op->statfs(dentry, buf);
	if (!buf->f_frsize)
		buf->f_frsize = buf->f_bsize;
	return error;
}
