// SPDX-License-Identifier: MIT
/* What a process's path names are relative to: root, working directory, umask. */
#ifndef FS_FS_STRUCT_H
#define FS_FS_STRUCT_H

#include "fs/path.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"

struct task_struct;

struct fs_struct {
	atomic_t users;			/* tasks whose task->fs this is; changed with the lock */
	struct spinlock lock;		/* root, pwd; after task_files_lock */
	bool in_exec;			/* nobody may begin to share it */
	int umask;
	struct path root, pwd;
};

struct fs_struct *copy_fs_struct(struct fs_struct *fs);	/* fork; NULL: no memory */
/* Only current uses it, and sees what others did to it before they let go. */
static inline bool fs_is_private(const struct fs_struct *fs)
{
	return smp_load_acquire(&fs->users.counter) == 1;
}

/* clone with CLONE_FS.  -EAGAIN: a program is being executed. */
int share_fs_struct(struct fs_struct *fs);
void put_fs_struct(struct fs_struct *fs);
void exit_fs(struct task_struct *task);
/*
 * exec: do tasks outside current's process use its fs too?  If not, no other begins to until
 * fs_end_exec().
 */
bool fs_begin_exec(void);
void fs_end_exec(void);
/* Of any task, with references: 0, or -ENOENT when it has exited. */
int get_task_root(struct task_struct *task, struct path *root);
int get_task_pwd(struct task_struct *task, struct path *pwd);
int get_task_umask(struct task_struct *task);
/* With references. */
void get_fs_root(struct fs_struct *fs, struct path *root);
void get_fs_pwd(struct fs_struct *fs, struct path *pwd);
void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);
/* The boot task's: no root until mount_root(). */
extern struct fs_struct init_fs;

static inline bool init_fs_has_root(void)
{
	return init_fs.root.mnt;
}

#endif
