// SPDX-License-Identifier: MIT
/* Root, working directory and umask of a process, and the calls that change them. */
#include "fs/fs_struct.h"
#include "fs/dcache.h"
#include "fs/fdtable.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/pid.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/list.h"
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
	copy->in_exec = false;
	spin_lock(&fs->lock);
	copy->umask = fs->umask;
	copy->root = fs->root;
	path_get(&copy->root);
	copy->pwd = fs->pwd;
	path_get(&copy->pwd);
	spin_unlock(&fs->lock);
	return copy;
}

int share_fs_struct(struct fs_struct *fs)
{
	int err = 0;

	spin_lock(&fs->lock);
	if (fs->in_exec)
		err = -EAGAIN;
	else
		atomic_inc(&fs->users);
	spin_unlock(&fs->lock);
	return err;
}

static void free_fs_struct(struct fs_struct *fs)
{
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}

void put_fs_struct(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = atomic_dec_and_test(&fs->users);
	spin_unlock(&fs->lock);
	if (last)
		free_fs_struct(fs);
}

void exit_fs(struct task_struct *task)
{
	struct fs_struct *fs = task->fs;
	bool last;

	if (!fs)
		return;
	/* In one step, so that fs_begin_exec() finds a task for each user that it counts. */
	spin_lock(&task_files_lock);
	spin_lock_nested(&fs->lock);
	task->fs = NULL;
	last = atomic_dec_and_test(&fs->users);
	spin_unlock(&fs->lock);
	spin_unlock(&task_files_lock);
	if (last)
		free_fs_struct(fs);
}

bool fs_begin_exec(void)
{
	struct fs_struct *fs = current->fs;
	struct task_struct *t;
	int own = 0;
	bool shared;

	spin_lock(&fs->lock);
	spin_lock_irq(&tasklist_lock);
	for_each_thread(current->signal, t)
		own += READ_ONCE(t->fs) == fs;
	spin_unlock_irq(&tasklist_lock);
	shared = atomic_read(&fs->users) > own;
	if (!shared)
		fs->in_exec = true;
	spin_unlock(&fs->lock);
	return shared;
}

void fs_end_exec(void)
{
	spin_lock(&current->fs->lock);
	current->fs->in_exec = false;
	spin_unlock(&current->fs->lock);
}

static int get_task_path(struct task_struct *task, struct path *path,
			 const struct path *(*which)(const struct fs_struct *fs))
{
	struct fs_struct *fs;

	/* Without a use of our own: it would look like one more task that shares it. */
	spin_lock(&task_files_lock);
	fs = task->fs;
	if (fs) {
		spin_lock_nested(&fs->lock);
		*path = *which(fs);
		path_get(path);
		spin_unlock(&fs->lock);
	}
	spin_unlock(&task_files_lock);
	return fs ? 0 : -ENOENT;
}

static const struct path *root_of(const struct fs_struct *fs)
{
	return &fs->root;
}

static const struct path *pwd_of(const struct fs_struct *fs)
{
	return &fs->pwd;
}

int get_task_root(struct task_struct *task, struct path *root)
{
	return get_task_path(task, root, root_of);
}

int get_task_pwd(struct task_struct *task, struct path *pwd)
{
	return get_task_path(task, pwd, pwd_of);
}

int get_task_umask(struct task_struct *task)
{
	int umask;

	spin_lock(&task_files_lock);
	umask = task->fs ? READ_ONCE(task->fs->umask) : -ENOENT;
	spin_unlock(&task_files_lock);
	return umask;
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
