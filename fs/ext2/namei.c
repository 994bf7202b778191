// SPDX-License-Identifier: MIT
/*
 * Names of ext2's files: the operations on directories. The VFS has checked permissions and holds
 * the i_rwsems.
 */
#include "fs/ext2/ext2.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

#include <linux/fs.h>

static struct dentry *ext2_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct ext2_entry entry;
	struct inode *inode = NULL;
	ino_t ino;
	int error;

	error = ext2_find_entry(dir, &dentry->d_name, &entry);
	if (error && error != -ENOENT)
		return ERR_PTR(error);
	if (!error) {
		ino = entry.de->inode;
		brelse(entry.bh);
		inode = ext2_iget(dir->i_sb, ino);
		if (IS_ERR(inode) && PTR_ERR(inode) == -ESTALE) {
			ext2_error(dir->i_sb, "%s): directory %lu names the free inode %lu\n",
				   dir->i_sb->s_id, dir->i_ino, ino);
			return ERR_PTR(-EIO);
		}
	}
	return d_splice_alias(inode, dentry);
}

/* A new inode that shall not be: it has no name, so its last iput() frees it. */
static int discard_new_inode(struct inode *inode, int error)
{
	clear_nlink(inode);
	unlock_new_inode(inode);
	iput(inode);
	return error;
}

/* The last step of each creation: the name. */
static int add_nondir(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	int error = ext2_add_entry(dir, &dentry->d_name, inode);

	if (error)
		return discard_new_inode(inode, error);
	d_instantiate_new(dentry, inode);
	return 0;
}

static int ext2_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t rdev)
{
	struct inode *inode = ext2_new_inode(dir, mode);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	ext2_set_operations(inode, rdev);
	mark_inode_dirty(inode);
	return add_nondir(dir, dentry, inode);
}

static int ext2_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return ext2_mknod(dir, dentry, mode, 0);
}

static int ext2_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int error;

	if (inode->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	error = ext2_add_entry(dir, &dentry->d_name, inode);
	if (error)
		return error;
	inode->i_ctime = current_time(inode);
	if (!inode->i_nlink) {
		ext2_orphan_del(inode);
		EXT2_I(inode)->i_dtime = 0;	/* was the link of that list */
	}
	inc_nlink(inode);
	mark_inode_dirty(inode);
	ihold(inode);
	d_instantiate(dentry, inode);
	return 0;
}

/* Made as if its last name had been removed already. */
static struct inode *ext2_tmpfile(struct inode *dir, umode_t mode)
{
	struct inode *inode = ext2_new_inode(dir, mode);

	if (IS_ERR(inode))
		return inode;
	ext2_set_operations(inode, 0);
	clear_nlink(inode);
	ext2_orphan_add(inode);
	mark_inode_dirty(inode);
	unlock_new_inode(inode);
	return inode;
}

/* One link less of an inode that must have more than @least, if the disk is sound. */
static void drop_link(struct inode *inode, unsigned int least)
{
	if (inode->i_nlink > least)
		drop_nlink(inode);
	else
		ext2_error(inode->i_sb, "%s): inode %lu has more names than links\n",
			   inode->i_sb->s_id, inode->i_ino);
}

/* One name less; the last one makes it an orphan until nobody uses it. */
static void drop_name(struct inode *inode, const struct inode *dir)
{
	inode->i_ctime = dir->i_ctime;
	drop_link(inode, 0);
	if (!inode->i_nlink)
		ext2_orphan_add(inode);
	mark_inode_dirty(inode);
}

/*
 * The entry for a name that the VFS has found before: its absence is a broken disk, not an answer.
 */
static int find_known_entry(struct inode *dir, const struct qstr *name, struct ext2_entry *entry)
{
	int error = ext2_find_entry(dir, name, entry);

	return error == -ENOENT ? -EIO : error;
}

static int ext2_unlink(struct inode *dir, struct dentry *dentry)
{
	struct ext2_entry entry;
	int error = find_known_entry(dir, &dentry->d_name, &entry);

	if (error)
		return error;
	ext2_delete_entry(dir, &entry);
	drop_name(dentry->d_inode, dir);
	return 0;
}

/* --- symbolic links --- */

static int write_target(struct inode *inode, const char *target, size_t len)
{
	struct buffer_head *bh;
	struct extent extent;
	unsigned int fresh;
	int error = ext2_alloc_blocks(inode, 0, 1, &fresh);

	if (!error)
		error = ext2_get_extent(inode, 0, 1, &extent);
	if (error)
		return error;
	bh = sb_getblk(inode->i_sb, extent.phys);
	if (!bh)
		return -ENOMEM;
	lock_buffer(bh);
	memset(bh->b_data, 0, bh->b_size);
	memcpy(bh->b_data, target, len);
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	brelse(bh);
	return 0;
}

static int ext2_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	size_t len = strlen(target);
	struct inode *inode;
	int error = 0;

	if (len >= dir->i_sb->s_blocksize)
		return -ENAMETOOLONG;
	inode = ext2_new_inode(dir, S_IFLNK | S_IRWXUGO);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	ext2_set_operations(inode, 0);
	if (len < sizeof(EXT2_I(inode)->i_data))
		memcpy(EXT2_I(inode)->i_data, target, len);
	else
		error = write_target(inode, target, len);
	inode->i_size = len;
	if (error)
		return discard_new_inode(inode, error);
	mark_inode_dirty(inode);
	return add_nondir(dir, dentry, inode);
}

/* A long target: a copy of its block. */
static const char *read_target(struct inode *inode, const char **done)
{
	struct extent extent;
	struct buffer_head *bh;
	char *text;
	int error = ext2_get_extent(inode, 0, 1, &extent);

	if (error || !extent.mapped)
		return ERR_PTR(-EIO);
	bh = sb_bread(inode->i_sb, extent.phys);
	if (!bh)
		return ERR_PTR(-EIO);
	text = kmalloc(inode->i_size + 1, GFP_KERNEL);
	if (text) {
		memcpy(text, bh->b_data, inode->i_size);
		text[inode->i_size] = '\0';
	}
	brelse(bh);
	*done = text;
	return text ?: ERR_PTR(-ENOMEM);
}

static const char *ext2_get_link(struct dentry *dentry, struct inode *inode, const char **done)
{
	if (!ext2_is_fast_symlink(inode))
		return read_target(inode, done);
	/* i_size is smaller than i_data, and what follows the text is zero or is made so here. */
	((char *)EXT2_I(inode)->i_data)[inode->i_size] = '\0';
	return (char *)EXT2_I(inode)->i_data;
}

/* --- directories --- */

static int ext2_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode;
	int error;

	if (dir->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	inode = ext2_new_inode(dir, S_IFDIR | mode);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	ext2_set_operations(inode, 0);
	set_nlink(inode, 2);
	error = ext2_make_empty(inode, dir);
	if (!error)
		error = ext2_add_entry(dir, &dentry->d_name, inode);
	if (error)
		return discard_new_inode(inode, error);
	inc_nlink(dir);
	mark_inode_dirty(dir);
	mark_inode_dirty(inode);
	d_instantiate_new(dentry, inode);
	return 0;
}

/* A directory that lost its name has no "." and ".." that count. */
static void drop_dir_name(struct inode *inode, struct inode *dir)
{
	inode->i_ctime = dir->i_ctime;
	clear_nlink(inode);
	ext2_orphan_add(inode);
	drop_link(dir, 2);	/* its name and its "." stay */
	mark_inode_dirty(dir);
}

static int ext2_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct ext2_entry entry;
	int error = ext2_empty_dir(inode);

	if (error <= 0)
		return error ?: -ENOTEMPTY;
	error = find_known_entry(dir, &dentry->d_name, &entry);
	if (error)
		return error;
	ext2_delete_entry(dir, &entry);
	drop_dir_name(inode, dir);
	return 0;
}

/* --- rename --- */

/*
 * A directory that moves to another parent: its ".." follows, and so do the parents' link counts.
 */
static int change_parent(struct inode *inode, struct inode *from, struct inode *to)
{
	struct ext2_entry dotdot;
	int error;

	if (!S_ISDIR(inode->i_mode) || from == to)
		return 0;
	error = ext2_find_dotdot(inode, &dotdot);
	if (error)
		return error;
	ext2_set_entry(inode, &dotdot, to);
	drop_link(from, 2);
	inc_nlink(to);
	mark_inode_dirty(from);
	mark_inode_dirty(to);
	return 0;
}

/* The new name stands for something, which loses it.  Checks first. */
static int replace_target(struct inode *inode, struct inode *dir, struct dentry *dentry)
{
	struct inode *target = dentry->d_inode;
	struct ext2_entry entry;
	int error;

	if (S_ISDIR(target->i_mode)) {
		error = ext2_empty_dir(target);
		if (error <= 0)
			return error ?: -ENOTEMPTY;
	}
	error = find_known_entry(dir, &dentry->d_name, &entry);
	if (error)
		return error;
	ext2_set_entry(dir, &entry, inode);
	if (S_ISDIR(target->i_mode))
		drop_dir_name(target, dir);
	else
		drop_name(target, dir);
	return 0;
}

/* Would @to, which gets @in for @out, have more subdirectories than it can count? */
static bool is_over_link_max(const struct inode *to, const struct inode *in,
			     const struct inode *out)
{
	return S_ISDIR(in->i_mode) && !S_ISDIR(out->i_mode) && to->i_nlink >= EXT2_LINK_MAX;
}

static int ext2_exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			 struct dentry *new)
{
	struct ext2_entry a, b;
	int error;

	if (old_dir != new_dir && (is_over_link_max(old_dir, new->d_inode, old->d_inode) ||
				   is_over_link_max(new_dir, old->d_inode, new->d_inode)))
		return -EMLINK;
	error = find_known_entry(old_dir, &old->d_name, &a);
	if (error)
		return error;
	error = find_known_entry(new_dir, &new->d_name, &b);
	if (error) {
		brelse(a.bh);
		return error;
	}
	ext2_set_entry(old_dir, &a, new->d_inode);
	ext2_set_entry(new_dir, &b, old->d_inode);
	old->d_inode->i_ctime = new->d_inode->i_ctime = old_dir->i_ctime;
	mark_inode_dirty(old->d_inode);
	mark_inode_dirty(new->d_inode);
	return change_parent(old->d_inode, old_dir, new_dir)
		       ?: change_parent(new->d_inode, new_dir, old_dir);
}

static int ext2_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		       struct dentry *new, unsigned int flags)
{
	struct inode *inode = old->d_inode;
	struct ext2_entry entry;
	int error;

	if (flags & RENAME_EXCHANGE)
		return ext2_exchange(old_dir, old, new_dir, new);
	if (S_ISDIR(inode->i_mode) && old_dir != new_dir && !new->d_inode &&
	    new_dir->i_nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	if (new->d_inode)
		error = replace_target(inode, new_dir, new);
	else
		error = ext2_add_entry(new_dir, &new->d_name, inode);
	if (error)
		return error;
	/* Adding may have moved the old entry inside its block: it is looked for only now. */
	error = find_known_entry(old_dir, &old->d_name, &entry);
	if (error)
		return error;
	ext2_delete_entry(old_dir, &entry);
	inode->i_ctime = old_dir->i_ctime;
	mark_inode_dirty(inode);
	return change_parent(inode, old_dir, new_dir);
}

const struct inode_operations ext2_dir_inode_operations = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.symlink = ext2_symlink,
	.mkdir = ext2_mkdir,
	.rmdir = ext2_rmdir,
	.mknod = ext2_mknod,
	.rename = ext2_rename,
	.tmpfile = ext2_tmpfile,
	.setattr = ext2_setattr,
	.getattr = ext2_getattr,
};

const struct inode_operations ext2_symlink_inode_operations = {
	.get_link = ext2_get_link,
	.setattr = ext2_setattr,
	.getattr = ext2_getattr,
};

const struct inode_operations ext2_special_inode_operations = {
	.setattr = ext2_setattr,
	.getattr = ext2_getattr,
};
