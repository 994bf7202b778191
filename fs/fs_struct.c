// SPDX-License-Identifier: MIT
/* Root, working directory and umask of a process, and the calls that change them. */
#include "fs/fs_struct.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

struct fs_struct init_fs = {
	.users = ATOMIC_INIT(1),
	.lock = SPINLOCK_INIT(RANK_FILES),
	.umask = 0022,
};

struct fs_struct *copy_fs_struct(struct fs_struct *fs)
{
	struct fs_struct *copy = kmalloc(sizeof(*copy), GFP_KERNEL);

	if (!copy)
		return NULL;
	atomic_set(&copy->users, 1);
	spin_lock_init(&copy->lock, RANK_FILES);
	spin_lock(&fs->lock);
	copy->umask = fs->umask;
	copy->root = fs->root;
	path_get(&copy->root);
	copy->pwd = fs->pwd;
	path_get(&copy->pwd);
	spin_unlock(&fs->lock);
	return copy;
}

void put_fs_struct(struct fs_struct *fs)
{
	if (!atomic_dec_and_test(&fs->users))
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}

void exit_fs(struct task_struct *task)
{
	struct fs_struct *fs = task->fs;

	spin_lock(&task_files_lock);
	task->fs = NULL;
	spin_unlock(&task_files_lock);
	if (fs)
		put_fs_struct(fs);
}

struct fs_struct *get_task_fs(struct task_struct *task)
{
	struct fs_struct *fs;

	spin_lock(&task_files_lock);
	fs = task->fs;
	if (fs)
		atomic_inc(&fs->users);
	spin_unlock(&task_files_lock);
	return fs;
}

static void get_path_locked(struct fs_struct *fs, const struct path *from, struct path *to)
{
	spin_lock(&fs->lock);
	*to = *from;
	path_get(to);
	spin_unlock(&fs->lock);
}

void get_fs_root(struct fs_struct *fs, struct path *root)
{
	get_path_locked(fs, &fs->root, root);
}

void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	get_path_locked(fs, &fs->pwd, pwd);
}

static void set_path(struct fs_struct *fs, struct path *place, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	old = *place;
	*place = *path;
	spin_unlock(&fs->lock);
	path_put(&old);
}

void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	set_path(fs, &fs->root, path);
}

void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	set_path(fs, &fs->pwd, path);
}

SYSCALL_DEFINE1(umask, int, mask)
{
	return xchg(&current->fs->umask, mask & S_IRWXUGO);
}

/* A directory that the task may search. */
static int user_directory(const char __user *name, struct path *path)
{
	int error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, path);

	if (error)
		return error;
	error = inode_permission(path->dentry->d_inode, MAY_EXEC);
	if (error)
		path_put(path);
	return error;
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	struct path path;
	int error = user_directory(name, &path);

	if (error)
		return error;
	set_fs_pwd(current->fs, &path);
	path_put(&path);
	return 0;
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f = fdget_raw(fd);
	int error = -ENOTDIR;

	if (!f.file)
		return -EBADF;
	if (S_ISDIR(f.file->f_inode->i_mode))
		error = inode_permission(f.file->f_inode, MAY_EXEC);
	if (!error)
		set_fs_pwd(current->fs, &f.file->f_path);
	fdput(f);
	return error;
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	struct path path;
	int error = user_directory(name, &path);

	if (error)
		return error;
	if (capable(CAP_SYS_CHROOT))
		set_fs_root(current->fs, &path);
	else
		error = -EPERM;
	path_put(&path);
	return error;
}
