// SPDX-License-Identifier: MIT
/*
 * The path walk.
 *
 * As long as every component is in the dentry cache the walk goes on under dcache_lock and takes no
 * reference: it holds the lock, so nothing it looks at can go. When it has to sleep (a name that is
 * not cached, a symbolic link, a permission that the file system must be asked for) it first takes
 * references to where it is (leave_cache), and returns under the lock afterwards (enter_cache).
 *
 *   nd->path   where we are
 *   nd->base   what we have references to; the same as nd->path whenever the lock is not held
 *
 * N1  With the lock held nothing sleeps.  Without it nd->path is referenced.
 * N2  Each symbolic link that was followed is kept referenced until the whole walk ends, since its
 *     text is being read.
 *
 * The start (root or working directory) needs no reference under the lock either if nobody shares
 * our fs_struct.
 */
#include "fs/namei.h"
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "mm/slab.h"

/* --- names from the user --- */

static struct kmem_cache *names_cache;

/* with the NUL: nearly all of them */
#define SHORT_NAME	(256 - sizeof(struct filename))

/* Room for @size bytes of text. */
static struct filename *alloc_name(size_t size)
{
	struct filename *name;

	if (size <= SHORT_NAME)
		name = kmem_cache_alloc(names_cache, GFP_KERNEL);
	else
		name = kmalloc(sizeof(*name) + size, GFP_KERNEL);
	if (!name)
		return ERR_PTR(-ENOMEM);
	name->name = name->iname;
	name->is_short = size <= SHORT_NAME;
	return name;
}

void putname(struct filename *name)
{
	if (IS_ERR_OR_NULL(name))
		return;
	if (likely(name->is_short))
		kmem_cache_free(names_cache, name);
	else
		kfree(name);
}

/* ERR_PTR(-ENAMETOOLONG) if it does not fit in @size bytes. */
static struct filename *copy_name(const char __user *user, size_t size, int flags)
{
	struct filename *name = alloc_name(size);
	long len;

	if (IS_ERR(name))
		return name;
	len = strncpy_from_user(name->iname, user, size);
	if (likely(len > 0 && (size_t)len < size))
		return name;
	if (!len && flags & LOOKUP_EMPTY)
		return name;
	putname(name);
	return ERR_PTR(len < 0 ? len : len ? -ENAMETOOLONG : -ENOENT);
}

struct filename *getname_flags(const char __user *user, int flags)
{
	struct filename *name = copy_name(user, SHORT_NAME, flags);

	if (unlikely(IS_ERR(name) && PTR_ERR(name) == -ENAMETOOLONG))
		name = copy_name(user, PATH_MAX, flags);
	return name;
}

struct filename *getname(const char __user *user)
{
	return getname_flags(user, 0);
}

struct filename *getname_kernel(const char *text)
{
	size_t size = strlen(text) + 1;
	struct filename *name;

	if (size > PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	name = alloc_name(size);
	if (!IS_ERR(name))
		memcpy(name->iname, text, size);
	return name;
}

/* --- permissions --- */

int generic_permission(struct inode *inode, int mask)
{
	umode_t mode = inode->i_mode;

	if (inode->i_uid == current_fsuid())
		mode >>= 6;
	else if ((mode >> 3 ^ mode) & mask & S_IRWXO && in_group_p(inode->i_gid))
		mode >>= 3;
	if (!(mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC)))
		return 0;
	if (!capable(CAP_DAC_OVERRIDE))
		return -EACCES;
	/* Who has the capability may do anything but execute a file that nobody may execute. */
	if (S_ISDIR(inode->i_mode) || !(mask & MAY_EXEC) || inode->i_mode & S_IXUGO)
		return 0;
	return -EACCES;
}

static int do_inode_permission(struct inode *inode, int mask)
{
	return inode->i_op->permission ? inode->i_op->permission(inode, mask)
				       : generic_permission(inode, mask);
}

int inode_permission(struct inode *inode, int mask)
{
	if (mask & MAY_WRITE) {
		umode_t mode = inode->i_mode;

		if (sb_rdonly(inode->i_sb) && (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
			return -EROFS;
		if (inode->i_flags & S_IMMUTABLE)
			return -EPERM;
	}
	return do_inode_permission(inode, mask);
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER);
}

/* --- between cache and sleeping --- */

/* Takes references to where we are, and drops the lock. */
void leave_cache(struct nameidata *nd)
{
	struct path old = nd->base;

	nd->cached = false;
	if (path_equal(&nd->path, &old)) {
		spin_unlock(&dcache_lock);
		return;
	}
	mntget(nd->path.mnt);
	dget_locked(nd->path.dentry);
	spin_unlock(&dcache_lock);
	nd->base = nd->path;
	path_put(&old);
}

void enter_cache(struct nameidata *nd)
{
	spin_lock(&dcache_lock);
	nd->cached = true;
}

/* Goes on from @path, whose references become ours. */
static void jump_to(struct nameidata *nd, const struct path *path)
{
	DEBUG_BUG_ON(nd->cached);
	path_put(&nd->base);
	nd->base = *path;
	nd->path = *path;
}

void terminate_walk(struct nameidata *nd)
{
	if (nd->cached)
		spin_unlock(&dcache_lock);
	nd->cached = false;
	path_put(&nd->base);
	nd->base = (struct path){ NULL, NULL };
	while (nd->nr_links) {
		struct followed_link *link = &nd->links[--nd->nr_links];

		kfree(link->done);
		path_put(&link->path);
	}
	if (nd->root_owned)
		path_put(&nd->root);
	nd->root_owned = false;
}

static void set_root(struct nameidata *nd)
{
	struct fs_struct *fs = current->fs;

	if (nd->root.mnt)
		return;
	if (fs_is_private(fs)) {
		nd->root = fs->root;
	} else {
		get_fs_root(fs, &nd->root);
		nd->root_owned = true;
	}
}

int path_init(struct nameidata *nd, const char *name)
{
	struct fs_struct *fs = current->fs;

	if (*name == '/') {
		set_root(nd);
		nd->path = nd->root;
	} else if (nd->dfd != AT_FDCWD) {
		struct fd f = fdget_raw(nd->dfd);

		if (!f.file)
			return -EBADF;
		nd->path = nd->base = f.file->f_path;
		path_get(&nd->base);
		fdput(f);
		if (*name && !S_ISDIR(nd->path.dentry->d_inode->i_mode))
			return -ENOTDIR;
	} else if (fs_is_private(fs)) {
		nd->path = fs->pwd;
	} else {
		get_fs_pwd(fs, &nd->base);
		nd->path = nd->base;
	}
	enter_cache(nd);
	return 0;
}

/* --- one step --- */

static void cross_mounts(struct path *path)
{
	while (d_mountpoint(path->dentry)) {
		struct vfsmount *mnt = __lookup_mnt(path->mnt, path->dentry);

		if (!mnt)
			break;
		*path = (struct path){ mnt, mnt->mnt_root };
	}
}

static void follow_dotdot(struct nameidata *nd)
{
	struct path *path = &nd->path;

	set_root(nd);
	while (!path_equal(path, &nd->root)) {
		if (path->dentry != path->mnt->mnt_root) {
			path->dentry = path->dentry->d_parent;
			break;
		}
		if (path->mnt->mnt_parent == path->mnt)
			break;
		*path = (struct path){ path->mnt->mnt_parent, path->mnt->mnt_mountpoint };
	}
	cross_mounts(path);
}

/*
 * @name in @parent, from the cache or the file system, with a reference; i_rwsem of the parent held
 * for writing.
 */
static struct dentry *lookup_locked(struct dentry *parent, const struct qstr *name,
				    unsigned int flags)
{
	struct inode *dir = parent->d_inode;
	struct dentry *dentry = d_lookup(parent, name), *other;

	if (dentry && dentry->d_op && dentry->d_op->d_revalidate &&
	    !dentry->d_op->d_revalidate(dentry, flags)) {
		d_drop(dentry);
		dput(dentry);
		dentry = NULL;
	}
	if (dentry)
		return dentry;
	if (dir->i_flags & S_DEAD)
		return ERR_PTR(-ENOENT);
	dentry = d_alloc(parent, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	other = dir->i_op->lookup(dir, dentry, flags);
	if (!other)
		return dentry;
	dput(dentry);
	return other;
}

struct dentry *lookup_last(struct nameidata *nd, unsigned int flags)
{
	return lookup_locked(nd->path.dentry, &nd->last, flags);
}

/* Can it be found without asking the file system?  => in the cache */
static struct dentry *lookup_fast(struct nameidata *nd)
{
	struct dentry *dentry = __d_lookup_locked(nd->path.dentry, &nd->last);

	return dentry && dentry->d_op && dentry->d_op->d_revalidate ? NULL : dentry;
}

static bool is_symlink(const struct dentry *dentry)
{
	return S_ISLNK(dentry->d_inode->i_mode);
}

/* The component is not in the cache, or must be asked for. */
static int step_slow(struct nameidata *nd, bool follow)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path next;

	leave_cache(nd);
	dir = nd->path.dentry->d_inode;
	inode_lock(dir);
	dentry = lookup_last(nd, nd->flags);
	inode_unlock(dir);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_is_negative(dentry)) {
		dput(dentry);
		return -ENOENT;
	}
	next = (struct path){ mntget(nd->path.mnt), dentry };
	if (follow && is_symlink(dentry)) {
		nd->link = next;
		return 1;
	}
	jump_to(nd, &next);
	enter_cache(nd);
	cross_mounts(&nd->path);
	return 0;
}

/*
 * One step to nd->last: 0, in the cache; 1: it is a symbolic link to be followed, nd->link, and
 * nd->path is still its directory, out of the cache; -errno.
 */
static int walk_component(struct nameidata *nd, bool follow)
{
	struct dentry *dentry;
	struct path next;

	if (unlikely(nd->last_type != LAST_NORM)) {
		if (nd->last_type == LAST_DOTDOT)
			follow_dotdot(nd);
		return 0;
	}
	dentry = lookup_fast(nd);
	if (unlikely(!dentry))
		return step_slow(nd, follow);
	if (d_is_negative(dentry))
		return -ENOENT;
	next = (struct path){ nd->path.mnt, dentry };
	cross_mounts(&next);
	if (likely(!is_symlink(next.dentry) || !follow)) {
		nd->path = next;
		return 0;
	}
	mntget(next.mnt);
	dget_locked(next.dentry);
	nd->link = next;
	leave_cache(nd);
	return 1;
}

/* --- symbolic links --- */

/* A link that leads to a place and not to a name. */
static const char *follow_magic_link(struct nameidata *nd, struct dentry *dentry)
{
	struct path path;
	int error = dentry->d_inode->i_op->get_path(dentry, &path);

	if (error)
		return ERR_PTR(error);
	jump_to(nd, &path);
	enter_cache(nd);
	return NULL;
}

const char *follow_link(struct nameidata *nd)
{
	struct dentry *dentry = nd->link.dentry;
	struct inode *inode = dentry->d_inode;
	struct followed_link *link;
	const char *text;

	if (nd->nr_links == MAXSYMLINKS) {
		path_put(&nd->link);
		return ERR_PTR(-ELOOP);
	}
	link = &nd->links[nd->nr_links++];
	*link = (struct followed_link){ .path = nd->link };		/* N2 */
	touch_atime(&link->path);
	if (inode->i_op->get_path)
		return follow_magic_link(nd, dentry);
	text = inode->i_op->get_link(dentry, inode, &link->done);
	if (IS_ERR(text))
		return text;
	if (!*text)
		return ERR_PTR(-ENOENT);
	enter_cache(nd);
	if (*text == '/') {
		set_root(nd);
		nd->path = nd->root;
	}
	return text;
}

const char *simple_get_link(struct dentry *dentry, struct inode *inode, const char **done)
{
	return inode->i_link;
}

/* --- walks --- */

/* Scans one component into nd->last; returns what follows it, slashes skipped; NULL: too long. */
static const char *scan_component(struct nameidata *nd, const char *name)
{
	const char *p = name;
	u64 hash = (unsigned long)nd->path.dentry >> 4;		/* as full_name_hash() */

	do {
		hash = (hash ^ (u8)*p++) * HASH_GOLDEN_RATIO;
	} while (*p && *p != '/');
	nd->last = (struct qstr){ .name = name, .len = p - name, .hash = hash >> 32 };
	nd->last_type = LAST_NORM;
	if (unlikely(name[0] == '.')) {
		if (nd->last.len == 1)
			nd->last_type = LAST_DOT;
		else if (nd->last.len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	if (unlikely(nd->last.len > NAME_MAX_LEN))
		return NULL;
	while (*p == '/')
		p++;
	return p;
}

/* May the directory where we are be searched?  0 or -errno.  => in the cache, before and after */
static int may_lookup(struct nameidata *nd)
{
	struct inode *inode = nd->path.dentry->d_inode;
	int error;

	if (unlikely(!S_ISDIR(inode->i_mode)))
		return -ENOTDIR;
	if (likely(!inode->i_op->permission))
		return generic_permission(inode, MAY_EXEC);
	leave_cache(nd);
	error = inode_permission(inode, MAY_EXEC);
	enter_cache(nd);
	return error;
}

int link_path_walk(const char *name, struct nameidata *nd)
{
	int depth = 0, result;

	nd->last_type = LAST_ROOT;
	while (*name == '/')
		name++;
	if (!*name)
		return 0;
	for (;;) {
		if (!*name)
			name = nd->rest[--depth];	/* a link to "/" alone */
		result = may_lookup(nd);
		if (unlikely(result))
			return result;
		name = scan_component(nd, name);
		if (unlikely(!name))
			return -ENAMETOOLONG;
		if (!*name) {
			if (!depth)
				return 0;
			name = nd->rest[--depth];
		}
		result = walk_component(nd, true);
		if (unlikely(result < 0))
			return result;
		if (unlikely(result)) {
			const char *text = follow_link(nd);

			if (IS_ERR(text))
				return PTR_ERR(text);
			if (!text)
				continue;
			nd->rest[depth++] = name;
			while (*text == '/')
				text++;
			name = text;
		}
	}
}

const char *walk_last(struct nameidata *nd)
{
	int result;

	if (trailing_slash(nd))
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	if (nd->last_type == LAST_ROOT)
		return NULL;
	result = walk_component(nd, nd->flags & LOOKUP_FOLLOW);
	if (likely(result <= 0))
		return result ? ERR_PTR(result) : NULL;
	return follow_link(nd);
}

struct path finish_walk(struct nameidata *nd)
{
	struct path path;

	if (nd->cached)
		leave_cache(nd);
	path = nd->base;
	nd->base = (struct path){ NULL, NULL };
	terminate_walk(nd);
	return path;
}

static int path_lookupat(struct nameidata *nd, const char *name)
{
	int error = path_init(nd, name);

	while (!error) {
		error = link_path_walk(name, nd);
		if (error)
			break;
		name = walk_last(nd);
		if (!name)
			break;
		error = PTR_ERR_OR_ZERO(name);
	}
	if (!error && nd->flags & LOOKUP_DIRECTORY && !S_ISDIR(nd->path.dentry->d_inode->i_mode))
		error = -ENOTDIR;
	return error;
}

int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path)
{
	struct nameidata nd;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	nd_init(&nd, dfd, flags);
	error = path_lookupat(&nd, name->name);
	if (error)
		terminate_walk(&nd);
	else
		*path = finish_walk(&nd);
	return error;
}

int filename_parentat(struct nameidata *nd, struct filename *name)
{
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	error = path_init(nd, name->name);
	if (!error)
		error = link_path_walk(name->name, nd);
	if (error)
		terminate_walk(nd);
	else
		leave_cache(nd);
	return error;
}

int user_path_at(int dfd, const char __user *user, unsigned int flags, struct path *path)
{
	struct filename *name = getname_flags(user, flags);
	int error = filename_lookup(dfd, name, flags, path);

	putname(name);
	return error;
}

int kern_path(const char *text, unsigned int flags, struct path *path)
{
	struct filename *name = getname_kernel(text);
	int error = filename_lookup(AT_FDCWD, name, flags, path);

	putname(name);
	return error;
}

struct dentry *lookup_one_len(const char *name, struct dentry *parent, int len)
{
	struct qstr q = { .name = name, .len = len, .hash = full_name_hash(parent, name, len) };

	if (!len || len > NAME_MAX_LEN || memchr(name, '/', len))
		return ERR_PTR(-EACCES);
	return lookup_locked(parent, &q, 0);
}

static void namei_init(void)
{
	names_cache =
		kmem_cache_create("names_cache", sizeof(struct filename) + SHORT_NAME, 0, NULL);
}
core_initcall(namei_init);
