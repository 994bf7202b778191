// SPDX-License-Identifier: MIT
/*
 * The state of a path walk, for those who take part in it: fs/namei.c, fs/open.c and fs/dirops.c.
 */
#ifndef FS_NAMEI_INTERNAL_H
#define FS_NAMEI_INTERNAL_H

#include "fs/dcache.h"
#include "fs/inode.h"
#include "fs/namei.h"
#include "lib/string.h"

enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* A symbolic link whose text may still be in use. */
struct followed_link {
	struct path path;
	const char *done;		/* to be kfree()d, or NULL */
};

struct nameidata {
	struct path path;		/* where we are */
	struct path base;		/* what we hold references to */
	struct path root;		/* of the process; mnt NULL: not looked up yet */
	struct path link;		/* the link that walk_component() met; referenced */
	struct qstr last;		/* the component that was scanned last */
	enum last_type last_type;
	unsigned int flags;		/* LOOKUP_* */
	int dfd;
	bool cached;			/* dcache_lock is held */
	bool root_owned;
	int nr_links;
	struct followed_link links[MAXSYMLINKS];
	const char *rest[MAXSYMLINKS];	/* what follows each link in the middle of a name */
};

static inline void nd_init(struct nameidata *nd, int dfd, unsigned int flags)
{
	nd->base = nd->root = (struct path){ NULL, NULL };
	nd->flags = flags;
	nd->dfd = dfd;
	nd->cached = nd->root_owned = false;
	nd->nr_links = 0;
}

/* Did a slash follow the last component? */
static inline bool trailing_slash(const struct nameidata *nd)
{
	return nd->last_type == LAST_NORM && nd->last.name[nd->last.len] == '/';
}

/* Starts the walk at root, working directory or dfd.  0 with the cache entered, or -errno. */
int path_init(struct nameidata *nd, const char *name);
/*
 * Walks all but the last component, which is left in nd->last. 0 or -errno. Cache entered before
 * and after.
 */
int link_path_walk(const char *name, struct nameidata *nd);
/* Does the last component: NULL: done; a link's text to walk on with (cache entered); ERR_PTR. */
const char *walk_last(struct nameidata *nd);
/* The link nd->link, met by walk_last's kind of step; as above. */
const char *follow_link(struct nameidata *nd);
/* Ends the part under dcache_lock: nd->path is then referenced, as nd->base. */
void leave_cache(struct nameidata *nd);
void enter_cache(struct nameidata *nd);
/* Drops all that the walk holds. */
void terminate_walk(struct nameidata *nd);
/* The place reached, with references; the walk is over. */
struct path finish_walk(struct nameidata *nd);
/*
 * Walks to the parent of the last component: 0 with nd->path referenced (cache left) or -errno with
 * all undone.
 */
int filename_parentat(struct nameidata *nd, struct filename *name);
/*
 * The last component in the parent nd->path, whose i_rwsem is held for writing; referenced; maybe
 * negative.
 */
struct dentry *lookup_last(struct nameidata *nd, unsigned int flags);

/* @name in the directory @path for making it (dirops.c): parent locked on success. */
struct dentry *filename_create(int dfd, struct filename *name, struct path *path, bool directory);

#endif
