// SPDX-License-Identifier: MIT
/*
 * In such a file system a file exists as long as its dentry is pinned by one reference more than
 * its users have; unlinking drops that one.
 *
 * Reading a directory: the dentry cache keeps a directory's children newest first (a renamed one
 * counts as new), so the walk goes from the end.  A child gets a number when the walk first
 * passes it, and a reader's position is a number too.  So a position stays good whatever is
 * created or removed meanwhile.
 */
#include "fs/libfs.h"
#include "arch/riscv/page.h"
#include "fs/fdtable.h"
#include "fs/namei.h"
#include "kernel/errno.h"
#include "lib/err.h"

#include <linux/fs.h>

#define FIRST_CHILD_POS	2	/* behind "." and ".." */

static int always_delete(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations simple_dentry_operations = { .d_delete = always_delete };
const struct inode_operations simple_dir_inode_operations = { .lookup = simple_lookup };
const struct inode_operations simple_symlink_inode_operations = { .get_link = simple_get_link };

/* What is not in the dentry cache does not exist. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (dentry->d_name.len > NAME_MAX_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	if (!dentry->d_op)
		dentry->d_op = &simple_dentry_operations;
	d_add(dentry, NULL);
	return NULL;
}

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX_LEN;
	return 0;
}

/* --- names --- */

static void touch(struct inode *dir, struct inode *inode)
{
	dir->i_mtime = dir->i_ctime = inode->i_ctime = current_time(inode);
}

int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);

	touch(dir, inode);
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	d_instantiate(dentry, inode);
	return 0;
}

int simple_unlink(struct inode *dir, struct dentry *dentry)
{
	touch(dir, d_inode(dentry));
	drop_nlink(d_inode(dentry));
	dput(dentry);		/* the pin; the caller has a reference of his own */
	return 0;
}

int simple_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!simple_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));
	simple_unlink(dir, dentry);
	drop_nlink(dir);
	return 0;
}

static bool is_dir(struct dentry *dentry)
{
	return S_ISDIR(d_inode(dentry)->i_mode);
}

/* A directory that moves takes the ".." link with it. */
static void move_parent_link(struct inode *from, struct inode *to)
{
	if (from != to) {
		drop_nlink(from);
		inc_nlink(to);
	}
}

int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags)
{
	bool exchange = flags & RENAME_EXCHANGE;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (!exchange && d_is_positive(new)) {
		int err = is_dir(new) ? simple_rmdir(new_dir, new) : simple_unlink(new_dir, new);

		if (err)
			return err;
	}
	if (is_dir(old))
		move_parent_link(old_dir, new_dir);
	if (exchange && is_dir(new))
		move_parent_link(new_dir, old_dir);
	touch(old_dir, d_inode(old));
	touch(new_dir, exchange ? d_inode(new) : d_inode(old));
	/* New numbers: they move to the front of their lists. */
	old->d_fsdata = new->d_fsdata = NULL;
	return 0;
}

/* --- reading directories --- */

static unsigned long last_number;		/* given to a child; dcache_lock */

/* => dcache_lock held */
static loff_t child_pos(struct dentry *child)
{
	if (!child->d_fsdata)
		child->d_fsdata = (void *)++last_number;
	return FIRST_CHILD_POS + (loff_t)child->d_fsdata;
}

static bool is_listed(const struct dentry *child)
{
	return child->d_inode && !d_unhashed(child);
}

/*
 * The first child at position @pos or behind, with a reference; NULL at the end.  @prev, whose
 * reference is dropped, is where the last call ended (NULL: at the start): the directory's
 * i_rwsem keeps it there.
 */
static struct dentry *next_child(struct dentry *dir, struct dentry *prev, loff_t pos)
{
	struct dentry *child, *found = NULL;

	spin_lock(&dcache_lock);
	child = prev ?: list_entry(&dir->d_subdirs, struct dentry, d_child);
	list_for_each_entry_continue_reverse(child, &dir->d_subdirs, d_child) {
		if (is_listed(child) && child_pos(child) >= pos) {
			dget_locked(child);
			found = child;
			break;
		}
	}
	spin_unlock(&dcache_lock);
	dput(prev);
	return found;
}

static int simple_readdir(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file_dentry(file), *child = NULL;

	if (!dir_emit_dots(file, ctx))
		return 0;
	while ((child = next_child(dir, child, ctx->pos))) {
		struct inode *inode = d_inode(child);

		/* If there is no room for it, this is where the next call goes on. */
		ctx->pos = FIRST_CHILD_POS + (loff_t)child->d_fsdata;
		if (!dir_emit(ctx, child->d_name.name, child->d_name.len, inode->i_ino,
			      mode_to_dtype(inode->i_mode)))
			break;
		ctx->pos++;
	}
	dput(child);
	return 0;
}

bool simple_empty(struct dentry *dentry)
{
	struct dentry *child;
	bool empty = true;

	spin_lock(&dcache_lock);
	list_for_each_entry(child, &dentry->d_subdirs, d_child) {
		if (is_listed(child)) {
			empty = false;
			break;
		}
	}
	spin_unlock(&dcache_lock);
	return empty;
}

static int simple_dir_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

const struct file_operations simple_dir_operations = {
	.llseek = no_seek_end_llseek,	/* to no one's cookie: to the next that exists */
	.iterate_shared = simple_readdir,
	.fsync = simple_dir_fsync,
};

/* --- reading from memory --- */

ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos, const void *from,
				size_t available)
{
	size_t n;

	if (*pos < 0)
		return -EINVAL;
	if ((u64)*pos >= available || !iov_iter_count(to))
		return 0;
	n = copy_to_iter((const char *)from + *pos, available - *pos, to);
	*pos += n;
	return n ? (ssize_t)n : -EFAULT;
}
