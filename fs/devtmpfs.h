// SPDX-License-Identifier: MIT
/*
 * devtmpfs: a tree in memory that holds a node for each device that the kernel knows. One tree for
 * all mounts; users may add directories, nodes and links.
 */
#ifndef FS_DEVTMPFS_H
#define FS_DEVTMPFS_H

#include "lib/types.h"

/*
 * A node `/dev/@name` of @mode (S_IFCHR or S_IFBLK with permissions), now or when the tree is made.
 * May sleep.
 */
void devtmpfs_create_node(const char *name, umode_t mode, dev_t dev);
/* Boot: mounts it on /dev of the root file system, if there is such a directory. */
void devtmpfs_mount(void);

#endif
