// SPDX-License-Identifier: MIT
/*
 * tmpfs: a file system in memory, gone with its last mount.
 *
 *   super.c   mount options, limits, statfs; the life of an inode
 *   namei.c   directories: the dentry tree itself, as in devtmpfs
 *   file.c    read, write, lseek, fallocate, mmap of regular files
 *   check.c   what mm_check() looks at
 *
 * The pages are mm/shmem.h's.  A mount that is in no place of the tree, shm_mnt, holds the files
 * that have no name.
 */
#ifndef FS_TMPFS_TMPFS_H
#define FS_TMPFS_TMPFS_H

#include "fs/file.h"
#include "fs/libfs.h"
#include "fs/mount.h"
#include "mm/shmem.h"

extern struct vfsmount *shm_mnt;

/*
 * A new inode of @mode below @dir (NULL: a root, or no directory), of its mount's promise
 * (VM_NORESERVE).  NULL: no memory, or no inode left of the mount's.
 */
struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev);
/* One of the mount's inodes for a further link: 0 or -ENOSPC; shmem_free_inode() gives it back. */
int shmem_reserve_inode(struct super_block *sb);
void shmem_free_inode(struct super_block *sb);

int tmpfs_getattr(const struct path *path, struct kstat *stat);

extern const struct file_operations tmpfs_file_operations;
extern const struct inode_operations tmpfs_file_inode_operations;
extern const struct inode_operations tmpfs_dir_inode_operations;
extern const struct inode_operations tmpfs_symlink_inode_operations;
extern const struct inode_operations tmpfs_special_inode_operations;

/* What a directory's size counts for each name in it, "." and ".." included. */
#define BOGO_DIRENT_SIZE	20

#endif
