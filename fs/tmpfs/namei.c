// SPDX-License-Identifier: MIT
/*
 * Names: the dentry tree is the directory.  A dentry with an inode is pinned by one reference more
 * than its users have (fs/libfs.c); unlinking drops that one.
 */
#include "fs/tmpfs/tmpfs.h"

#include <linux/fs.h>
#include "fs/namei.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

/* A directory's size follows the number of its names. */
static void count_names(struct inode *dir, int names)
{
	i_size_write(dir, dir->i_size + names * BOGO_DIRENT_SIZE);
}

/* Gives @dentry a new inode and pins it. */
static int add_name(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return -ENOSPC;
	count_names(dir, 1);
	dir->i_mtime = dir->i_ctime = current_time(dir);
	d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	return add_name(dir, dentry, shmem_get_inode(dir->i_sb, dir, mode, dev));
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return tmpfs_mknod(dir, dentry, mode, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = tmpfs_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!error)
		inc_nlink(dir);
	return error;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, S_IFLNK | S_IRWXUGO, 0);

	if (!inode)
		return -ENOSPC;
	inode->i_size = strlen(target);
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	return add_name(dir, dentry, inode);
}

/* A further name takes memory that only unlinking gives back, so it counts as an inode. */
static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	/* The first name of an O_TMPFILE is counted since that was made. */
	int error = d_inode(old)->i_nlink ? shmem_reserve_inode(dir->i_sb) : 0;

	if (error)
		return error;
	count_names(dir, 1);
	return simple_link(old, dir, dentry);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	if (inode->i_nlink > 1 && !S_ISDIR(inode->i_mode))
		shmem_free_inode(inode->i_sb);
	count_names(dir, -1);
	return simple_unlink(dir, dentry);
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	int error = simple_rmdir(dir, dentry);

	if (!error)
		count_names(dir, -1);
	return error;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned int flags)
{
	struct inode *target = flags & RENAME_EXCHANGE ? NULL : d_inode(new);
	bool link = target && target->i_nlink > 1 && !S_ISDIR(target->i_mode);
	int error = simple_rename(old_dir, old, new_dir, new, flags);

	if (error || flags & RENAME_EXCHANGE)
		return error;
	if (link)
		shmem_free_inode(new_dir->i_sb);
	count_names(old_dir, -1);
	count_names(new_dir, target ? 0 : 1);
	return 0;
}

static struct inode *tmpfs_tmpfile(struct inode *dir, umode_t mode)
{
	struct inode *inode = shmem_get_inode(dir->i_sb, dir, mode, 0);

	if (!inode)
		return ERR_PTR(-ENOSPC);
	clear_nlink(inode);
	return inode;
}

const struct inode_operations tmpfs_dir_inode_operations = {
	.lookup = simple_lookup,
	.create = tmpfs_create,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.symlink = tmpfs_symlink,
	.mkdir = tmpfs_mkdir,
	.rmdir = tmpfs_rmdir,
	.mknod = tmpfs_mknod,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
	.setattr = simple_setattr,
	.getattr = tmpfs_getattr,
};

const struct inode_operations tmpfs_symlink_inode_operations = {
	.get_link = simple_get_link,
	.setattr = simple_setattr,
	.getattr = tmpfs_getattr,
};

const struct inode_operations tmpfs_special_inode_operations = {
	.setattr = simple_setattr,
	.getattr = tmpfs_getattr,
};
