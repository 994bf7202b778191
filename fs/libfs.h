// SPDX-License-Identifier: MIT
/*
 * Parts for file systems that live in memory, whose directories are the dentry tree itself: every
 * dentry is pinned, and d_fsdata belongs to simple_dir_operations.
 */
#ifndef FS_LIBFS_H
#define FS_LIBFS_H

#include "fs/dcache.h"
#include "fs/file.h"
#include "fs/super.h"

extern const struct file_operations simple_dir_operations;
extern const struct inode_operations simple_dir_inode_operations;	/* lookup alone */
extern const struct dentry_operations simple_dentry_operations;		/* keep no unused dentry */
extern const struct inode_operations simple_symlink_inode_operations;	/* target in i_link */

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int simple_unlink(struct inode *dir, struct dentry *dentry);
int simple_rmdir(struct inode *dir, struct dentry *dentry);
int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags);
bool simple_empty(struct dentry *dentry);
int generic_delete_inode(struct inode *inode);		/* drop_inode: always free */
/* Copies from a kernel buffer of @available bytes at *@pos to the user. */
ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos, const void *from,
				size_t available);

#endif
