// SPDX-License-Identifier: MIT
/*
 * open(2): the last component of the path with its flags, and the file that results.
 *
 * O_CREAT looks for the last component under its directory's i_rwsem, so that finding it absent and
 * creating it are one step; a name that is there already takes the same way as an open without
 * O_CREAT.
 */
#include "arch/riscv/uaccess.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "fs/mount.h"
#include "fs/namei_internal.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/vsnprintf.h"

/* What an open wants, from its flags. */
struct open_how_kernel {
	int flags;		/* O_* */
	umode_t mode;		/* of a new file, umask applied */
	int acc_mode;		/* MAY_* */
	bool created;
};

static int acc_mode_of(int flags)
{
	static const u8 modes[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
	int mode = modes[flags & O_ACCMODE];

	if (flags & O_TRUNC)
		mode |= MAY_WRITE;
	if (flags & O_APPEND)
		mode |= MAY_APPEND;
	return mode;
}

static int build_open_flags(struct open_how_kernel *how, int flags, umode_t mode)
{
	if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT) && !(flags & O_PATH))
		return -EINVAL;
	flags &= VALID_OPEN_FLAGS;
	if (flags & O_PATH)
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	*how = (struct open_how_kernel){
		.flags = flags,
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode & S_IALLUGO : 0,
		.acc_mode = flags & O_PATH ? 0 : acc_mode_of(flags),
	};
	if (flags & __O_TMPFILE &&
	    ((flags & (O_TMPFILE | O_CREAT)) != O_TMPFILE || !(how->acc_mode & MAY_WRITE)))
		return -EINVAL;
	return 0;
}

/* --- opening what was found --- */

/* For a path's inode: may it be opened so?  0 or -errno. */
static int may_open(const struct path *path, int acc_mode, int flags)
{
	struct inode *inode = path->dentry->d_inode;
	int error;

	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc_mode & MAY_WRITE)
			return -EISDIR;
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (path->mnt->mnt_flags & MNT_NODEV)
			return -EACCES;
		fallthrough;
	case S_IFIFO:
	case S_IFSOCK:
		/* Before it is opened: a FIFO would wait for who writes. */
		if (acc_mode & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if (acc_mode & MAY_EXEC && path->mnt->mnt_flags & MNT_NOEXEC)
			return -EACCES;
		break;
	}
	error = inode_permission(inode, acc_mode);
	if (error)
		return error;
	if (inode->i_flags & S_APPEND && (flags & O_ACCMODE) != O_RDONLY &&
	    (!(flags & O_APPEND) || flags & O_TRUNC))
		return -EPERM;
	if (flags & O_NOATIME && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

/* Write access is counted, so that a program that is being executed cannot be written. */
static int take_write_access(struct file *file)
{
	int error;

	if (!(file->f_mode & FMODE_WRITE) ||
	    (!S_ISREG(file->f_inode->i_mode) && !S_ISDIR(file->f_inode->i_mode)))
		return 0;
	error = mnt_want_write(file->f_path.mnt);
	if (!error)
		error = get_write_access(file->f_inode);
	if (!error)
		file->f_mode |= FMODE_WRITER;
	return error;
}

/* An O_PATH file stands for a place; nothing can be done with it but what paths are for. */
static const struct file_operations path_fops;

static int do_dentry_open(struct file *file)
{
	struct inode *inode = file->f_inode;
	int error;

	if (file->f_flags & O_PATH) {
		file->f_mode = FMODE_PATH;
		file->f_op = &path_fops;
		return 0;
	}
	file->f_op = inode->i_fop;
	if (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))
		file->f_mode |= FMODE_ATOMIC_POS;
	error = take_write_access(file);
	if (!error && file->f_op->open)
		error = file->f_op->open(inode, file);
	if (error) {
		if (file->f_mode & FMODE_WRITER)
			put_write_access(inode);
		return error;
	}
	file->f_mode |= FMODE_OPENED;
	file->f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	if (file->f_flags & O_DIRECT &&
	    !(file->f_mapping->a_ops && file->f_mapping->a_ops->direct_IO))
		return -EINVAL;
	return 0;
}

/* Opens @path, whose references it takes over.  ERR_PTR. */
static struct file *vfs_open(const struct path *path, int flags)
{
	struct file *file = alloc_empty_file(flags);
	int error;

	if (IS_ERR(file)) {
		path_put(path);
		return file;
	}
	file_set_path(file, path);
	error = do_dentry_open(file);
	if (!error)
		return file;
	if (file->f_mode & FMODE_OPENED) {
		fput(file);
	} else {
		path_put(path);
		discard_file(file);
	}
	return ERR_PTR(error);
}

/* --- O_TMPFILE: a file in a directory, but without a name there --- */

/* A dentry for a nameless @inode below @dir, shown as "#number (deleted)"; eats the inode. */
static struct dentry *nameless_dentry(struct dentry *dir, struct inode *inode)
{
	char name[24];
	struct dentry *dentry;

	snprintf(name, sizeof(name), "#%lu", inode->i_ino);
	dentry = d_alloc_name(dir, name);
	if (dentry)
		d_instantiate(dentry, inode);
	else
		iput(inode);
	return dentry;
}

/* The walk has ended at the directory @path. */
static struct file *do_tmpfile(const struct path *path, const struct open_how_kernel *how)
{
	struct inode *dir = path->dentry->d_inode, *inode;
	struct path place = { path->mnt, NULL };
	int error;

	if (!S_ISDIR(dir->i_mode))
		return ERR_PTR(-ENOTDIR);
	error = mnt_want_write(path->mnt) ?: inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!error && !dir->i_op->tmpfile)
		error = -EOPNOTSUPP;
	if (error)
		return ERR_PTR(error);
	inode = dir->i_op->tmpfile(dir, (how->mode & ~current->fs->umask) | S_IFREG);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	if (!(how->flags & O_EXCL)) {
		spin_lock(&inode->i_lock);
		inode->i_state |= I_LINKABLE;
		spin_unlock(&inode->i_lock);
	}
	place.dentry = nameless_dentry(path->dentry, inode);
	if (!place.dentry)
		return ERR_PTR(-ENOMEM);
	mntget(place.mnt);
	return vfs_open(&place, how->flags);
}

/* --- at the end of a walk --- */

static int handle_truncate(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct iattr attr = {.ia_valid =
				     ATTR_SIZE | ATTR_OPEN | ATTR_MTIME | ATTR_CTIME | ATTR_FILE,
			     .ia_file = file};
	/* A program that runs must not be cut, even by who opens it only for reading. */
	int error = get_write_access(inode);

	if (error)
		return error;
	inode_lock(inode);
	error = notify_change(file->f_path.dentry, &attr);
	inode_unlock(inode);
	put_write_access(inode);
	return error;
}

/* The walk has ended at nd->path.  ERR_PTR on failure; the walk is over either way. */
static struct file *do_open(struct nameidata *nd, struct open_how_kernel *how)
{
	struct path path = finish_walk(nd);
	struct inode *inode = path.dentry->d_inode;
	struct file *file;
	bool truncate = how->flags & O_TRUNC && S_ISREG(inode->i_mode) && !how->created;
	int error = 0;

	if (how->flags & __O_TMPFILE) {
		file = do_tmpfile(&path, how);
		path_put(&path);
		return file;
	}
	if (nd->flags & LOOKUP_DIRECTORY && !S_ISDIR(inode->i_mode))
		error = -ENOTDIR;
	else if (how->flags & O_CREAT && S_ISDIR(inode->i_mode))
		error = -EISDIR;
	else if (!(how->flags & O_PATH) && !how->created)
		error = may_open(&path, how->acc_mode, how->flags);
	if (!error && truncate)
		error = mnt_want_write(path.mnt);
	if (error) {
		path_put(&path);
		return ERR_PTR(error);
	}
	file = vfs_open(&path, how->flags);
	if (!IS_ERR(file) && truncate) {
		error = handle_truncate(file);
		if (error) {
			fput(file);
			return ERR_PTR(error);
		}
	}
	return file;
}

/* --- the last component --- */

/*
 * A name that O_CREAT found: 0, 1 for a link to be followed (nd->link set), or -errno. Eats
 * @dentry.
 */
static int found_existing(struct nameidata *nd, struct dentry *dentry,
			  const struct open_how_kernel *how)
{
	struct path next = { mntget(nd->path.mnt), dentry };

	if (how->flags & O_EXCL) {
		path_put(&next);
		return -EEXIST;
	}
	if (S_ISLNK(dentry->d_inode->i_mode) && nd->flags & LOOKUP_FOLLOW) {
		nd->link = next;
		return 1;
	}
	path_put(&nd->base);
	nd->base = nd->path = next;
	return 0;
}

/* => the directory's i_rwsem is held for writing; @dentry is negative */
static int create_file(struct nameidata *nd, struct dentry *dentry, struct open_how_kernel *how)
{
	int error = mnt_want_write(nd->path.mnt);

	if (error)
		return error;
	how->created = true;
	return vfs_create(nd->path.dentry->d_inode, dentry, how->mode & ~current->fs->umask,
			  how->flags & O_EXCL);
}

/*
 * The last component with O_CREAT: result as walk_last(). => out of the cache, nd->path is the
 * directory
 */
static const char *open_or_create(struct nameidata *nd, struct open_how_kernel *how)
{
	struct inode *dir = nd->path.dentry->d_inode;
	struct dentry *dentry;
	int result = 0;

	inode_lock(dir);
	dentry = S_ISDIR(dir->i_mode) ? lookup_last(nd, nd->flags) : ERR_PTR(-ENOTDIR);
	if (!IS_ERR(dentry) && d_is_negative(dentry))
		result = create_file(nd, dentry, how);
	inode_unlock(dir);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (result) {
		dput(dentry);
		return ERR_PTR(result);
	}
	if (how->created) {
		struct path next = { mntget(nd->path.mnt), dentry };

		path_put(&nd->base);
		nd->base = nd->path = next;
		return NULL;
	}
	result = found_existing(nd, dentry, how);
	if (result <= 0)
		return result ? ERR_PTR(result) : NULL;
	return follow_link(nd);
}

/* As walk_last(), with what the flags of open ask for. */
static const char *open_last(struct nameidata *nd, struct open_how_kernel *how)
{
	int error;

	if (!(how->flags & O_CREAT))
		return walk_last(nd);
	if (nd->last_type != LAST_NORM || trailing_slash(nd))
		return ERR_PTR(-EISDIR);
	leave_cache(nd);
	error = S_ISDIR(nd->path.dentry->d_inode->i_mode)
			? inode_permission(nd->path.dentry->d_inode, MAY_EXEC)
			: -ENOTDIR;
	return error ? ERR_PTR(error) : open_or_create(nd, how);
}

static struct file *path_openat(struct nameidata *nd, const char *name, struct open_how_kernel *how)
{
	int error = path_init(nd, name);

	while (!error) {
		error = link_path_walk(name, nd);
		if (error)
			break;
		name = open_last(nd, how);
		if (!name)
			return do_open(nd, how);
		error = PTR_ERR_OR_ZERO(name);
	}
	terminate_walk(nd);
	return ERR_PTR(error);
}

static struct file *do_filp_open(int dfd, struct filename *name, struct open_how_kernel *how)
{
	struct nameidata nd;
	unsigned int flags = LOOKUP_OPEN;

	if (IS_ERR(name))
		return ERR_CAST(name);
	if (how->flags & O_DIRECTORY)
		flags |= LOOKUP_DIRECTORY;
	if (!(how->flags & O_NOFOLLOW) && (how->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
		flags |= LOOKUP_FOLLOW;
	nd_init(&nd, dfd, flags);
	return path_openat(&nd, name->name, how);
}

struct file *file_open_name(int dfd, struct filename *name, int flags, umode_t mode)
{
	struct open_how_kernel how;
	int error = build_open_flags(&how, flags, mode);

	return error ? ERR_PTR(error) : do_filp_open(dfd, name, &how);
}

struct file *filp_open(const char *text, int flags, umode_t mode)
{
	struct filename *name = getname_kernel(text);
	struct file *file = file_open_name(AT_FDCWD, name, flags, mode);

	putname(name);
	return file;
}

/* --- exec --- */

struct file *do_open_execat(int dfd, struct filename *name, int flags)
{
	struct open_how_kernel how = { .flags = O_RDONLY, .acc_mode = MAY_EXEC };
	struct file *file;
	int error = 0;

	if (flags & AT_SYMLINK_NOFOLLOW)
		how.flags |= O_NOFOLLOW;
	file = do_filp_open(dfd, name, &how);
	if (IS_ERR(file))
		return file;
	if (!S_ISREG(file->f_inode->i_mode))
		error = -EACCES;
	else
		error = deny_write_access(file);
	if (!error)
		return file;
	fput(file);
	return ERR_PTR(error);
}

struct file *open_exec(const char *text)
{
	struct filename *name = getname_kernel(text);
	struct file *file = do_open_execat(AT_FDCWD, name, 0);

	putname(name);
	return file;
}

/* --- system calls --- */

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, user, int, flags, umode_t, mode)
{
	struct filename *name;
	struct file *file;
	int fd;

	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		return fd;
	name = getname(user);
	file = file_open_name(dfd, name, flags, mode);
	putname(name);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}
