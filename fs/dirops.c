// SPDX-License-Identifier: MIT
/*
 * The calls that change directories: mkdir, mknod, symlink, link, unlink, rmdir, rename; and
 * readlink.
 *
 * Each is two steps: find the parent and look the last component up under its i_rwsem; check
 * permissions and call the file system (vfs_*). Locks: directories ancestor first (rename:
 * rename_mutex before, so that no ancestor changes), then what is removed or replaced.
 */
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fs_struct.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/mutex.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

#include <linux/fs.h>

/* --- may it be done --- */

static int may_create(struct inode *dir, const struct dentry *dentry)
{
	if (d_is_positive(dentry))
		return -EEXIST;
	if (dir->i_flags & S_DEAD)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory only the owners of file and directory may remove a name. */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
	return dir->i_mode & S_ISVTX && current_fsuid() != inode->i_uid &&
	       current_fsuid() != dir->i_uid && !capable(CAP_FOWNER);
}

static int may_delete(struct inode *dir, const struct dentry *victim, bool directory)
{
	const struct inode *inode = victim->d_inode;
	int error;

	if (!inode)
		return -ENOENT;
	error = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (error)
		return error;
	if (dir->i_flags & S_APPEND || sticky_forbids(dir, inode) ||
	    inode->i_flags & (S_APPEND | S_IMMUTABLE))
		return -EPERM;
	if (directory && !S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	if (directory && IS_ROOT(victim))
		return -EBUSY;
	if (!directory && S_ISDIR(inode->i_mode))
		return -EISDIR;
	return dir->i_flags & S_DEAD ? -ENOENT : 0;
}

/* --- one name --- */

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->create)
		return -EACCES;
	return dir->i_op->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG, excl);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (!dir->i_op->mkdir)
		return -EPERM;
	return dir->i_op->mkdir(dir, dentry, mode & (S_IRWXUGO | S_ISVTX));
}

int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->i_op->mknod)
		return -EPERM;
	return dir->i_op->mknod(dir, dentry, mode, dev);
}

int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int error = may_create(dir, dentry);

	if (error)
		return error;
	return dir->i_op->symlink ? dir->i_op->symlink(dir, dentry, target) : -EPERM;
}

/* It has had a name now; once that is gone there will be no other. */
static void forget_linkable(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	inode->i_state &= ~I_LINKABLE;
	spin_unlock(&inode->i_lock);
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	int error = may_create(dir, dentry);

	if (error)
		return error;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (inode->i_flags & (S_APPEND | S_IMMUTABLE) || !dir->i_op->link || S_ISDIR(inode->i_mode))
		return -EPERM;
	inode_lock_nested(inode);
	if (inode->i_nlink || inode->i_state & I_LINKABLE)
		error = dir->i_op->link(old, dir, dentry);
	else
		error = -ENOENT;
	if (!error && inode->i_state & I_LINKABLE)
		forget_linkable(inode);
	inode_unlock(inode);
	return error;
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int error = may_delete(dir, dentry, false);

	if (error)
		return error;
	if (!dir->i_op->unlink)
		return -EPERM;
	inode_lock_nested(inode);
	error = d_mountpoint(dentry) ? -EBUSY : dir->i_op->unlink(dir, dentry);
	inode_unlock(inode);
	if (!error)
		d_delete(dentry);
	return error;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	int error = may_delete(dir, dentry, true);

	if (error)
		return error;
	if (!dir->i_op->rmdir)
		return -EPERM;
	inode_lock_nested(inode);
	error = d_mountpoint(dentry) ? -EBUSY : dir->i_op->rmdir(dir, dentry);
	if (!error) {
		shrink_dcache_parent(dentry);
		inode->i_flags |= S_DEAD;
	}
	inode_unlock(inode);
	if (!error)
		d_delete(dentry);
	return error;
}

/* --- creating, by path --- */

/* => the parent is nd->path; on success its i_rwsem is held */
static struct dentry *lookup_create(struct nameidata *nd, bool directory)
{
	struct inode *dir = nd->path.dentry->d_inode;
	struct dentry *dentry;
	int error = 0;

	if (nd->last_type != LAST_NORM)
		return ERR_PTR(-EEXIST);
	if (!S_ISDIR(dir->i_mode))
		return ERR_PTR(-ENOTDIR);
	error = inode_permission(dir, MAY_EXEC);
	if (error)
		return ERR_PTR(error);
	inode_lock(dir);
	dentry = lookup_last(nd, LOOKUP_CREATE | LOOKUP_EXCL);
	if (IS_ERR(dentry))
		error = PTR_ERR(dentry);
	else if (d_is_positive(dentry))
		error = -EEXIST;
	else if (trailing_slash(nd) && !directory)
		error = -ENOENT;
	else
		error = mnt_want_write(nd->path.mnt);
	if (!error)
		return dentry;
	inode_unlock(dir);
	if (!IS_ERR(dentry))
		dput(dentry);
	return ERR_PTR(error);
}

struct dentry *filename_create(int dfd, struct filename *name, struct path *path, bool directory)
{
	struct nameidata nd;
	struct dentry *dentry;
	int error;

	nd_init(&nd, dfd, LOOKUP_PARENT);
	error = filename_parentat(&nd, name);
	if (error)
		return ERR_PTR(error);
	dentry = lookup_create(&nd, directory);
	if (IS_ERR(dentry))
		terminate_walk(&nd);
	else
		*path = finish_walk(&nd);
	return dentry;
}

struct dentry *kern_path_create(int dfd, const char *text, struct path *path, unsigned int flags)
{
	struct filename *name = getname_kernel(text);
	struct dentry *dentry = filename_create(dfd, name, path, flags & LOOKUP_DIRECTORY);

	putname(name);
	return dentry;
}

void done_path_create(struct path *path, struct dentry *dentry)
{
	inode_unlock(path->dentry->d_inode);
	dput(dentry);
	path_put(path);
}

static struct dentry *user_path_create(int dfd, const char __user *user, struct path *path,
				       bool directory)
{
	struct filename *name = getname(user);
	struct dentry *dentry = filename_create(dfd, name, path, directory);

	putname(name);
	return dentry;
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, name, umode_t, mode)
{
	struct path path;
	struct dentry *dentry = user_path_create(dfd, name, &path, true);
	int error;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = vfs_mkdir(path.dentry->d_inode, dentry, mode & ~current->fs->umask);
	done_path_create(&path, dentry);
	return error;
}

static int do_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
		return vfs_create(dir, dentry, mode, true);
	case S_IFIFO:
	case S_IFSOCK:
		return vfs_mknod(dir, dentry, mode, 0);
	case S_IFCHR:
	case S_IFBLK:
		return vfs_mknod(dir, dentry, mode, dev);
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, name, umode_t, mode, unsigned int, dev)
{
	struct path path;
	struct dentry *dentry = user_path_create(dfd, name, &path, false);
	int error;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	error = do_mknod(path.dentry->d_inode, dentry, mode & ~current->fs->umask,
			 new_decode_dev(dev));
	done_path_create(&path, dentry);
	return error;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dfd, const char __user *, name)
{
	struct filename *text = getname(target);
	struct dentry *dentry;
	struct path path;
	int error;

	if (IS_ERR(text))
		return PTR_ERR(text);
	dentry = user_path_create(dfd, name, &path, false);
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error) {
		error = vfs_symlink(path.dentry->d_inode, dentry, text->name);
		done_path_create(&path, dentry);
	}
	putname(text);
	return error;
}

SYSCALL_DEFINE5(linkat, int, old_dfd, const char __user *, old_name, int, new_dfd,
		const char __user *, new_name, int, flags)
{
	unsigned int lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct path old, path;
	struct dentry *dentry;
	int error;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	error = user_path_at(old_dfd, old_name, lookup, &old);
	if (error)
		return error;
	dentry = user_path_create(new_dfd, new_name, &path, false);
	error = PTR_ERR_OR_ZERO(dentry);
	if (!error) {
		error = old.mnt == path.mnt ? vfs_link(old.dentry, path.dentry->d_inode, dentry)
					    : -EXDEV;
		done_path_create(&path, dentry);
	}
	path_put(&old);
	return error;
}

/* --- removing, by path --- */

/* What unlink and rmdir say of names that are not a name. */
static int check_last(const struct nameidata *nd, bool directory)
{
	switch (nd->last_type) {
	case LAST_NORM:
		return 0;
	case LAST_DOTDOT:
		return directory ? -ENOTEMPTY : -EISDIR;
	case LAST_DOT:
		return directory ? -EINVAL : -EISDIR;
	default:
		return directory ? -EBUSY : -EISDIR;
	}
}

static int unlink_error_with_slash(const struct dentry *dentry)
{
	if (d_is_negative(dentry))
		return -ENOENT;
	return S_ISDIR(dentry->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
}

/*
 * => nd->path is the parent; *inode gets a reference that is dropped only after the parent is
 * unlocked
 */
static int remove_last(struct nameidata *nd, bool directory, struct inode **inode)
{
	struct inode *dir = nd->path.dentry->d_inode;
	struct dentry *dentry;
	int error = check_last(nd, directory);

	if (error)
		return error;
	if (!S_ISDIR(dir->i_mode))
		return -ENOTDIR;
	error = mnt_want_write(nd->path.mnt) ?: inode_permission(dir, MAY_EXEC);
	if (error)
		return error;
	inode_lock(dir);
	dentry = lookup_last(nd, 0);
	if (IS_ERR(dentry)) {
		inode_unlock(dir);
		return PTR_ERR(dentry);
	}
	*inode = dentry->d_inode;
	if (*inode)
		/* the file's end may take long, and needs no lock on the directory */
		ihold(*inode);
	if (!*inode)
		error = -ENOENT;
	else if (directory)
		error = vfs_rmdir(dir, dentry);
	else
		error = trailing_slash(nd) ? unlink_error_with_slash(dentry)
					   : vfs_unlink(dir, dentry);
	dput(dentry);
	inode_unlock(dir);
	return error;
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, user, int, flags)
{
	struct inode *inode = NULL;
	struct filename *name;
	struct nameidata nd;
	int error;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	name = getname(user);
	nd_init(&nd, dfd, LOOKUP_PARENT);
	error = filename_parentat(&nd, name);
	if (!error) {
		error = remove_last(&nd, flags & AT_REMOVEDIR, &inode);
		terminate_walk(&nd);
	}
	iput(inode);
	putname(name);
	return error;
}

/* --- rename --- */

static DEFINE_MUTEX(rename_mutex, RANK_RENAME);

/*
 * Locks both parents, an ancestor of the other first.  Who locks two directories of which neither
 * is in the other has rename_mutex, all others lock a directory and then one in it: so only one
 * task at a time waits for anything but what is below.  An order by address would not do: together
 * with that from above to below it has cycles.
 */
static void lock_rename(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		inode_lock(a->d_inode);
		return;
	}
	mutex_lock(&rename_mutex);
	if (is_subdir(a, b))
		swap(a, b);
	inode_lock(a->d_inode);
	inode_lock_nested(b->d_inode);
}

static void unlock_rename(struct dentry *a, struct dentry *b)
{
	inode_unlock(a->d_inode);
	if (a == b)
		return;
	inode_unlock(b->d_inode);
	mutex_unlock(&rename_mutex);
}

/*
 * What rename changes beside the parents: what is replaced; both, if they are files; a directory
 * that gets another "..".  Of one in the same parent this is never two directories.
 */
static void rename_subjects(struct inode *source, struct inode *target, bool new_parent,
			    bool exchange, struct inode *subject[2])
{
	subject[0] = new_parent || !S_ISDIR(source->i_mode) ? source : NULL;
	subject[1] = NULL;
	if (target && (new_parent || !exchange || !S_ISDIR(target->i_mode)))
		subject[1] = target;
}

/* Directories first, files by address. */
static void lock_subjects(struct inode *subject[2])
{
	struct inode *a = subject[0], *b = subject[1];

	if (a && b && !S_ISDIR(a->i_mode) && (S_ISDIR(b->i_mode) || b < a))
		swap(a, b);
	if (a)
		inode_lock_nested(a);
	if (b)
		inode_lock_nested(b);
}

static void unlock_subjects(struct inode *subject[2])
{
	for (int i = 0; i < 2; i++)
		if (subject[i])
			inode_unlock(subject[i]);
}

static int may_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags)
{
	bool directory = S_ISDIR(old->d_inode->i_mode);
	int error = may_delete(old_dir, old, directory);

	if (error)
		return error;
	if (!new->d_inode)
		error = may_create(new_dir, new);
	else
		error = may_delete(new_dir, new,
				   flags & RENAME_EXCHANGE ? S_ISDIR(new->d_inode->i_mode)
							   : directory);
	if (error)
		return error;
	if (!old_dir->i_op->rename)
		return -EPERM;
	/* A directory's ".." is changed, so one must be allowed to write it. */
	if (directory && old_dir != new_dir)
		error = inode_permission(old->d_inode, MAY_WRITE);
	if (!error && flags & RENAME_EXCHANGE && S_ISDIR(new->d_inode->i_mode) &&
	    old_dir != new_dir)
		error = inode_permission(new->d_inode, MAY_WRITE);
	return error;
}

/* The names in the cache follow what the file system did. */
static void move_dentries(struct dentry *old, struct dentry *new, unsigned int flags)
{
	if (flags & RENAME_EXCHANGE) {
		d_exchange(old, new);
		return;
	}
	if (new->d_inode && S_ISDIR(new->d_inode->i_mode)) {
		shrink_dcache_parent(new);
		new->d_inode->i_flags |= S_DEAD;
	}
	d_move(old, new);
}

/* => both parents are locked; @old is positive */
static int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags)
{
	struct inode *source = old->d_inode, *target = new->d_inode, *subject[2];
	int error;

	if (source == target)
		return 0;
	error = may_rename(old_dir, old, new_dir, new, flags);
	if (error)
		return error;
	rename_subjects(source, target, old_dir != new_dir, flags & RENAME_EXCHANGE, subject);
	lock_subjects(subject);
	if (d_mountpoint(old) || d_mountpoint(new))
		error = -EBUSY;
	else
		error = old_dir->i_op->rename(old_dir, old, new_dir, new, flags);
	if (!error)
		move_dentries(old, new, flags);
	unlock_subjects(subject);
	return error;
}

/* Both names were looked up: what the names alone forbid. */
static int check_names(const struct nameidata *from, struct dentry *old, const struct nameidata *to,
		       struct dentry *new, unsigned int flags)
{
	if (d_is_negative(old))
		return -ENOENT;
	if (flags & RENAME_NOREPLACE && d_is_positive(new))
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (d_is_negative(new))
			return -ENOENT;
		if (!S_ISDIR(new->d_inode->i_mode) && trailing_slash(to))
			return -ENOTDIR;
	}
	if (!S_ISDIR(old->d_inode->i_mode)) {
		if (trailing_slash(from) || (!(flags & RENAME_EXCHANGE) && trailing_slash(to)))
			return -ENOTDIR;
	}
	/* Neither may contain the other. */
	if (is_subdir(to->path.dentry, old))
		return -EINVAL;
	if (is_subdir(from->path.dentry, new))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* => both parents are locked */
static int rename_locked(struct nameidata *from, struct nameidata *to, unsigned int flags,
			 struct inode **replaced)
{
	struct dentry *old = lookup_last(from, 0), *new;
	int error;

	if (IS_ERR(old))
		return PTR_ERR(old);
	new = lookup_last(to, 0);
	if (IS_ERR(new)) {
		dput(old);
		return PTR_ERR(new);
	}
	error = check_names(from, old, to, new, flags);
	if (!error) {
		*replaced = new->d_inode;
		if (*replaced)
			ihold(*replaced);
		error = vfs_rename(from->path.dentry->d_inode, old, to->path.dentry->d_inode, new,
				   flags);
	}
	dput(new);
	dput(old);
	return error;
}

/* Both walks have ended at the parents. */
static int rename_parents(struct nameidata *from, struct nameidata *to, unsigned int flags)
{
	struct inode *replaced = NULL;
	int error;

	if (from->path.mnt != to->path.mnt)
		return -EXDEV;
	if (from->last_type != LAST_NORM)
		return -EBUSY;
	if (to->last_type != LAST_NORM)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (!S_ISDIR(from->path.dentry->d_inode->i_mode) ||
	    !S_ISDIR(to->path.dentry->d_inode->i_mode))
		return -ENOTDIR;
	error = mnt_want_write(from->path.mnt)
			?: inode_permission(from->path.dentry->d_inode, MAY_EXEC)
		?: inode_permission(to->path.dentry->d_inode, MAY_EXEC);
	if (error)
		return error;
	lock_rename(from->path.dentry, to->path.dentry);
	error = rename_locked(from, to, flags, &replaced);
	unlock_rename(from->path.dentry, to->path.dentry);
	iput(replaced);
	return error;
}

SYSCALL_DEFINE5(renameat2, int, old_dfd, const char __user *, old_user, int, new_dfd,
		const char __user *, new_user, unsigned int, flags)
{
	struct filename *old_name, *new_name;
	struct nameidata from, to;
	int error;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
	    flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	old_name = getname(old_user);
	new_name = getname(new_user);
	nd_init(&from, old_dfd, LOOKUP_PARENT);
	nd_init(&to, new_dfd, LOOKUP_PARENT);
	error = filename_parentat(&from, old_name);
	if (!error) {
		error = filename_parentat(&to, new_name);
		if (!error) {
			error = rename_parents(&from, &to, flags);
			terminate_walk(&to);
		}
		terminate_walk(&from);
	}
	putname(new_name);
	putname(old_name);
	return error;
}

/* --- readlink --- */

int vfs_readlink(struct dentry *dentry, char __user *buf, int len)
{
	struct inode *inode = dentry->d_inode;
	const char *done = NULL, *text;
	int result;

	if (!inode->i_op->get_link)
		return -EINVAL;
	text = inode->i_op->get_link(dentry, inode, &done);
	if (IS_ERR(text))
		return PTR_ERR(text);
	result = min_t(size_t, len, strlen(text));
	if (copy_to_user(buf, text, result))
		result = -EFAULT;
	kfree(done);
	return result;
}

/* A link without a text: the name of the place it leads to. */
static int read_magic_link(struct dentry *dentry, char __user *buf, int len)
{
	struct path path;
	char *page, *text;
	int result = dentry->d_inode->i_op->get_path(dentry, &path);

	if (result)
		return result;
	page = kmalloc(PATH_MAX, GFP_KERNEL);
	text = page ? d_path(&path, page, PATH_MAX) : ERR_PTR(-ENOMEM);
	if (IS_ERR(text))
		result = PTR_ERR(text);
	else
		result = min_t(size_t, len, strlen(text));
	if (result > 0 && copy_to_user(buf, text, result))
		result = -EFAULT;
	kfree(page);
	path_put(&path);
	return result;
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, name, char __user *, buf, int, size)
{
	struct dentry *dentry;
	struct path path;
	int result;

	if (size <= 0)
		return -EINVAL;
	result = user_path_at(dfd, name, LOOKUP_EMPTY, &path);
	if (result)
		return result;
	dentry = path.dentry;
	if (!S_ISLNK(dentry->d_inode->i_mode)) {
		result = -EINVAL;
	} else {
		touch_atime(&path);
		result = dentry->d_inode->i_op->get_path ? read_magic_link(dentry, buf, size)
							 : vfs_readlink(dentry, buf, size);
	}
	path_put(&path);
	return result;
}
