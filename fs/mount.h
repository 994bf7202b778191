// SPDX-License-Identifier: MIT
/*
 * Mounts: a file system's root laid over a directory of another one.  There is one namespace.
 *
 * The table changes under namespace_sem; a path walk reads it under dcache_lock, which every change
 * takes too.
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "fs/path.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/types.h"

struct super_block;

#define MNT_NOSUID	0x01
#define MNT_NODEV	0x02
#define MNT_NOEXEC	0x04
#define MNT_NOATIME	0x08
#define MNT_READONLY	0x40

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
	atomic_t mnt_count;
	struct vfsmount *mnt_parent;		/* itself: the root, or a kernel-internal one */
	struct dentry *mnt_mountpoint;		/* in mnt_parent */
	struct hlist_node mnt_hash;
	struct list_head mnt_list;		/* all that are mounted, in order */
	int mnt_nr_children;			/* mounted upon this one */
	char *mnt_devname;
};

/* Nothing below it may be executed, nor mapped to be. */
static inline bool path_noexec(const struct path *path)
{
	return path->mnt->mnt_flags & MNT_NOEXEC;
}

static inline struct vfsmount *mntget(struct vfsmount *mnt)
{
	if (mnt)
		atomic_inc(&mnt->mnt_count);
	return mnt;
}

void mntput(struct vfsmount *mnt);		/* may sleep: the last one unmounts */

/* What is mounted on @path, or NULL; dcache_lock held, no reference. */
struct vfsmount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry);
/* A mount that is in no place of the tree (pipes, devices).  ERR_PTR. */
struct file_system_type;
struct vfsmount *kern_mount(struct file_system_type *type);

/* Is writing allowed here: 0 or -EROFS. */
int mnt_want_write(struct vfsmount *mnt);

static inline void mnt_drop_write(struct vfsmount *mnt)
{
}

/* mount(2) and umount2(2) for the kernel itself. */
int do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	     void *data);
/*
 * Calls @fn for each mount, in order, with namespace_sem held shared, until it returns non-zero
 * (which is returned).
 */
int for_each_mount(int (*fn)(struct vfsmount *mnt, void *arg), void *arg);
/* The rest of a line of /proc/mounts after the type: "rw,nosuid". */
int mnt_show_options(struct vfsmount *mnt, char *buf, int size);

/*
 * Mounts the file system of `root=` (default /dev/vda) and makes it the root and working directory
 * of all tasks. Prints one line and returns -errno if there is none.
 */
int mount_root(void);
/* Before power-off: everything written, every file system marked clean and read-only. */
void shutdown_filesystems(void);

#endif
