// SPDX-License-Identifier: MIT
/*
 * Trees of generated files, for /proc and /sys: an entry is made once at boot and stays; its
 * content is printed when somebody reads it.
 */
#ifndef FS_PROC_PSEUDO_H
#define FS_PROC_PSEUDO_H

#include "fs/dcache.h"
#include "fs/readdir.h"
#include "fs/seq_file.h"
#include "fs/super.h"
#include "lib/list.h"
#include "lib/types.h"

struct pseudo_entry {
	const char *name;
	umode_t mode;
	ino_t ino;
	struct pseudo_entry *parent;
	struct list_head children, sibling;
	/* A file prints itself, 0 or -errno; NULL: it is only written. */
	int (*show)(struct seq_file *m, void *data);
	/*
	 * Takes what was written in one piece (at most a page, NUL-ended); 0 or -errno. NULL:
	 * read-only.
	 */
	int (*store)(const char *text, size_t len, void *data);
	/* instead of show and store; entry in inode->i_private */
	const struct file_operations *fops;
	const char *link;
	/* of a link that is made up when it is followed, or of a file with its own permissions */
	const struct inode_operations *iops;
	void *data;
};

extern struct pseudo_entry proc_root, sys_root;

/*
 * @parent NULL: of /proc. They may sleep; boot time, or when a device appears. Names are not
 * copied.
 */
struct pseudo_entry *pseudo_mkdir(struct pseudo_entry *parent, const char *name);
void pseudo_file(struct pseudo_entry *parent, const char *name, umode_t mode,
		 int (*show)(struct seq_file *m, void *data),
		 int (*store)(const char *text, size_t len, void *data), void *data);
struct pseudo_entry *pseudo_file_ops(struct pseudo_entry *parent, const char *name, umode_t mode,
				     const struct file_operations *fops, void *data);
void pseudo_symlink(struct pseudo_entry *parent, const char *name, const char *target);
void pseudo_dynamic_link(struct pseudo_entry *parent, const char *name,
			 const struct inode_operations *iops);

/*
 * For the file systems on top: the inode of an entry (ERR_PTR); looking a name up; listing from
 * position 2 on.
 */
struct inode *pseudo_inode(struct super_block *sb, struct pseudo_entry *entry);
struct pseudo_entry *pseudo_find(struct pseudo_entry *dir, const struct qstr *name);
bool pseudo_emit(struct pseudo_entry *dir, struct dir_context *ctx);
extern const struct inode_operations pseudo_dir_iops;
extern const struct file_operations pseudo_dir_fops;

/* Dentries of generated trees are not kept: what is looked up anew is never stale. */
extern const struct dentry_operations pseudo_dentry_ops;

#endif
