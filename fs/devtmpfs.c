// SPDX-License-Identifier: MIT
/*
 * Inodes live as long as their dentries, which are pinned: nothing is ever written out or read in.
 */
#include "fs/devtmpfs.h"

#include <linux/stat.h>
#include "drivers/block.h"
#include "fs/libfs.h"
#include "fs/mount.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/printk.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

#define TMPFS_MAGIC_NR	0x01021994	/* what statfs(2) says of a devtmpfs */

struct dev_node {
	const char *name;
	umode_t mode;
	dev_t dev;
};

#define MAX_NODES	64
static struct dev_node nodes[MAX_NODES];	/* what drivers have named before the first mount */
static int nr_nodes;
static struct super_block *dev_sb;

static const struct inode_operations devtmpfs_dir_iops, devtmpfs_node_iops;

static struct inode *devtmpfs_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
				    dev_t dev)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	if (S_ISDIR(mode)) {
		inode->i_op = &devtmpfs_dir_iops;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
	} else {
		inode->i_op = &devtmpfs_node_iops;
		init_special_inode(inode, mode, dev);
	}
	return inode;
}

/* Gives @dentry a new inode and keeps it for good; the directory's i_rwsem is held. */
static int add_entry(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return -ENOSPC;
	dir->i_mtime = dir->i_ctime = current_time(dir);
	d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

static int devtmpfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	/* Files with content belong on a file system that has room for it. */
	if (S_ISREG(mode))
		return -EPERM;
	return add_entry(dir, dentry, devtmpfs_inode(dir->i_sb, dir, mode, dev));
}

static int devtmpfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = add_entry(dir, dentry, devtmpfs_inode(dir->i_sb, dir, mode | S_IFDIR, 0));

	if (!err)
		inc_nlink(dir);
	return err;
}

static int devtmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode = devtmpfs_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (!inode)
		return -ENOSPC;
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_op = &simple_symlink_inode_operations;
	inode->i_size = strlen(target);
	return add_entry(dir, dentry, inode);
}

static void devtmpfs_evict_inode(struct inode *inode)
{
	clear_inode(inode);
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
}

static const struct inode_operations devtmpfs_dir_iops = {
	.lookup = simple_lookup,
	.link = simple_link,
	.unlink = simple_unlink,
	.symlink = devtmpfs_symlink,
	.mkdir = devtmpfs_mkdir,
	.rmdir = simple_rmdir,
	.mknod = devtmpfs_mknod,
	.rename = simple_rename,
	.setattr = simple_setattr,
};

static const struct inode_operations devtmpfs_node_iops = { .setattr = simple_setattr };

static const struct super_operations devtmpfs_sops = {
	.evict_inode = devtmpfs_evict_inode,
	.drop_inode = generic_delete_inode,
	.statfs = simple_statfs,
};

static int make_node(struct super_block *sb, const struct dev_node *node)
{
	struct inode *dir = d_inode(sb->s_root);
	struct dentry *dentry = d_alloc_name(sb->s_root, node->name);
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = devtmpfs_inode(sb, NULL, node->mode, node->dev);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode_lock(dir);
	d_add(dentry, inode);
	inode_unlock(dir);
	return 0;
}

static int devtmpfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_op = &devtmpfs_sops;
	sb->s_magic = TMPFS_MAGIC_NR;
	root = devtmpfs_inode(sb, NULL, S_IFDIR | 0755, 0);
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	for (int i = 0; i < nr_nodes; i++)
		if (make_node(sb, &nodes[i]))
			return -ENOMEM;
	dev_sb = sb;
	return 0;
}

void devtmpfs_create_node(const char *name, umode_t mode, dev_t dev)
{
	struct dev_node node = { name, mode, dev };

	if (nr_nodes < MAX_NODES)
		nodes[nr_nodes++] = node;
	else
		pr_err("devtmpfs: more than %d devices, %s has no node\n", MAX_NODES, name);
	if (dev_sb)
		make_node(dev_sb, &node);
}

static struct dentry *devtmpfs_mount_fs(struct file_system_type *type, int flags,
					const char *dev_name, void *data)
{
	return mount_single(type, flags, data, devtmpfs_fill_super);
}

static void devtmpfs_kill_sb(struct super_block *sb)
{
	dev_sb = NULL;
	kill_litter_super(sb);
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.mount = devtmpfs_mount_fs,
	.kill_sb = devtmpfs_kill_sb,
};

static void devtmpfs_init(void)
{
	register_filesystem(&devtmpfs_type);
}
fs_initcall(devtmpfs_init);

void devtmpfs_mount(void)
{
	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		devtmpfs_create_node(bdev->bd_name, S_IFBLK | 0660, bdev->bd_dev);
	if (do_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		pr_err("The root file system has no /dev: there will be no devices\n");
}
