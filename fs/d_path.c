// SPDX-License-Identifier: MIT
/*
 * From a place back to its name: the components are written from the end of the buffer towards its
 * begin, up to the caller's root, and across mount points on the way.
 */
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fs_struct.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

/* Text that grows downwards; left < 0 once it did not fit. */
struct name_buffer {
	char *begin;
	int left;
};

static void prepend(struct name_buffer *b, const char *text, int len)
{
	b->left -= len;
	if (b->left >= 0)
		memcpy(b->begin + b->left, text, len);
}

static char *finish(struct name_buffer *b)
{
	return b->left < 0 ? ERR_PTR(-ENAMETOOLONG) : b->begin + b->left;
}

void dentry_short_name(const struct dentry *dentry, char *name, size_t size)
{
	size_t len;

	spin_lock(&dcache_lock);
	len = min_t(size_t, dentry->d_name.len, size - 1);
	memcpy(name, dentry->d_name.name, len);
	spin_unlock(&dcache_lock);
	name[len] = '\0';
}

/*
 * Prepends the way from @root to @path; true if it leads there, else it ends at the top of some
 * other tree.
 * => dcache_lock held
 */
static bool prepend_path(struct name_buffer *b, const struct path *path, const struct path *root)
{
	const struct vfsmount *mnt = path->mnt;
	const struct dentry *dentry = path->dentry;
	bool any = false;

	while (dentry != root->dentry || mnt != root->mnt) {
		if (dentry == mnt->mnt_root || IS_ROOT(dentry)) {
			if (dentry != mnt->mnt_root || mnt->mnt_parent == mnt)
				break;
			dentry = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		prepend(b, dentry->d_name.name, dentry->d_name.len);
		prepend(b, "/", 1);
		any = true;
		dentry = dentry->d_parent;
	}
	if (!any)
		prepend(b, "/", 1);
	return dentry == root->dentry && mnt == root->mnt;
}

static bool is_deleted(const struct dentry *dentry)
{
	return d_unhashed(dentry) && !IS_ROOT(dentry);
}

char *d_path(const struct path *path, char *buf, int len)
{
	struct name_buffer b = { buf, len };
	struct path root;

	if (path->dentry->d_op && path->dentry->d_op->d_dname)
		return path->dentry->d_op->d_dname(path->dentry, buf, len);
	get_fs_root(current->fs ? current->fs : &init_fs, &root);
	prepend(&b, "", 1);
	spin_lock(&dcache_lock);
	if (is_deleted(path->dentry))
		prepend(&b, " (deleted)", 10);
	prepend_path(&b, path, &root);
	spin_unlock(&dcache_lock);
	path_put(&root);
	return finish(&b);
}

char *dentry_path(struct dentry *dentry, char *buf, int len)
{
	struct name_buffer b = { buf, len };

	prepend(&b, "", 1);
	spin_lock(&dcache_lock);
	if (IS_ROOT(dentry))
		prepend(&b, "/", 1);
	for (; !IS_ROOT(dentry); dentry = dentry->d_parent) {
		prepend(&b, dentry->d_name.name, dentry->d_name.len);
		prepend(&b, "/", 1);
	}
	spin_unlock(&dcache_lock);
	return finish(&b);
}

/* The working directory's name in @page: a pointer into it or ERR_PTR. */
static char *working_directory(char *page)
{
	struct name_buffer b = { page, PATH_MAX };
	struct path root, pwd;
	bool deleted;

	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	prepend(&b, "", 1);
	spin_lock(&dcache_lock);
	deleted = is_deleted(pwd.dentry);
	if (!deleted && !prepend_path(&b, &pwd, &root))
		prepend(&b, "(unreachable)", 13);
	spin_unlock(&dcache_lock);
	path_put(&pwd);
	path_put(&root);
	return deleted ? ERR_PTR(-ENOENT) : finish(&b);
}

SYSCALL_DEFINE2(getcwd, char __user *, buf, unsigned long, size)
{
	char *page = kmalloc(PATH_MAX, GFP_KERNEL);
	char *name;
	long len;

	if (!page)
		return -ENOMEM;
	name = working_directory(page);
	if (IS_ERR(name)) {
		len = PTR_ERR(name);
	} else {
		len = page + PATH_MAX - name;
		if ((unsigned long)len > size)
			len = -ERANGE;
		else if (copy_to_user(buf, name, len))
			len = -EFAULT;
	}
	kfree(page);
	return len;
}
