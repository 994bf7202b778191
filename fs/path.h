// SPDX-License-Identifier: MIT
/*
 * A place in the tree of mounted file systems: a directory entry and the mount through which it was
 * reached.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "lib/types.h"

struct dentry;
struct vfsmount;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

void path_get(const struct path *path);
void path_put(const struct path *path);		/* may sleep */

static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

#endif
