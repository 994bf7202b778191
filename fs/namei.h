// SPDX-License-Identifier: MIT
/*
 * From a path name to a place.  Everything here may sleep.  At most 40 symbolic links are followed
 * (ELOOP); a name has at most 255 bytes, a path 4095 (ENAMETOOLONG).
 */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include <linux/fcntl.h>
#include "fs/dcache.h"
#include "fs/path.h"
#include "lib/types.h"

#define PATH_MAX	4096
#define MAXSYMLINKS	40

#define LOOKUP_FOLLOW		0x01	/* a symbolic link in the last place too */
#define LOOKUP_DIRECTORY	0x02	/* must be a directory */
#define LOOKUP_PARENT		0x10	/* stop before the last component */
#define LOOKUP_EMPTY		0x4000	/* AT_EMPTY_PATH: "" means the start itself */
#define LOOKUP_CREATE		0x0200
#define LOOKUP_OPEN		0x0100
#define LOOKUP_EXCL		0x0400

/* A path name copied from the user. */
struct filename {
	const char *name;
	bool is_short;			/* of the cache for short names */
	char iname[];
};

/* or ERR_PTR: -EFAULT, -ENAMETOOLONG, -ENOENT (empty) */
struct filename *getname(const char __user *name);
/* LOOKUP_EMPTY: may be empty */
struct filename *getname_flags(const char __user *name, int flags);
struct filename *getname_kernel(const char *name);
void putname(struct filename *name);

/* 0 with references in @path, or -errno.  @dfd: a descriptor or AT_FDCWD. */
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path);
int kern_path(const char *name, unsigned int flags, struct path *path);

/* Opens for the kernel: flags are O_*.  ERR_PTR. */
struct file *filp_open(const char *name, int flags, umode_t mode);
struct file *file_open_name(int dfd, struct filename *name, int flags, umode_t mode);
/*
 * For exec: a regular file with execute permission, writers denied until exec's caller allows them.
 * ERR_PTR.
 */
struct file *open_exec(const char *name);
struct file *do_open_execat(int dfd, struct filename *name, int flags);
int chdir_kernel(const char *name);

/* The one child @name of @parent (i_rwsem held for writing); ERR_PTR. */
struct dentry *lookup_one_len(const char *name, struct dentry *parent, int len);
/*
 * @name in the directory @path, for creating it: the dentry (maybe negative) with the parent
 * locked; or ERR_PTR.
 */
struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags);
void done_path_create(struct path *path, struct dentry *dentry);

/* i_rwsem of @dir held for writing. */
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);

/*
 * The text of a symbolic link into a user buffer: for readlinkat and for inodes whose get_link
 * gives text.
 */
int vfs_readlink(struct dentry *dentry, char __user *buf, int len);
/* get_link for inodes whose i_link holds the target. */
const char *simple_get_link(struct dentry *dentry, struct inode *inode, const char **done);

#endif
