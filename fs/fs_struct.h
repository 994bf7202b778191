// SPDX-License-Identifier: MIT
/* What a process's path names are relative to: root, working directory, umask. */
#ifndef FS_FS_STRUCT_H
#define FS_FS_STRUCT_H

#include "fs/path.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"

struct task_struct;

struct fs_struct {
	atomic_t users;
	struct spinlock lock;		/* root, pwd */
	int umask;
	struct path root, pwd;
};

struct fs_struct *copy_fs_struct(struct fs_struct *fs);	/* fork; NULL: no memory */
void put_fs_struct(struct fs_struct *fs);
void exit_fs(struct task_struct *task);
/* Of any task, with a reference; NULL: it has exited. */
struct fs_struct *get_task_fs(struct task_struct *task);
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
