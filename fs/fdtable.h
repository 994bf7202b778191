// SPDX-License-Identifier: MIT
/*
 * A process's descriptors. While the table belongs to one task only (files->count == 1) nobody else
 * can close a descriptor under a system call, so fdget() takes no reference then.
 *
 * Lock: file_lock for every change; the owner alone may read without it.
 */
#ifndef FS_FDTABLE_H
#define FS_FDTABLE_H

#include "fs/file.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "lib/atomic.h"
#include "lib/bitmap.h"
#include "lib/types.h"

#define NR_OPEN_DEFAULT	64
#define NR_OPEN_MAX	1048576		/* the most that RLIMIT_NOFILE may allow */

struct files_struct {
	atomic_t count;
	struct spinlock file_lock;
	unsigned int max_fds;
	unsigned int next_fd;			/* no descriptor below is free */
	struct file **fd;
	/* open_fds also marks reserved ones, whose fd[] is NULL */
	unsigned long *open_fds, *close_on_exec;
	DECLARE_BITMAP(open_fds_init, NR_OPEN_DEFAULT);
	DECLARE_BITMAP(close_on_exec_init, NR_OPEN_DEFAULT);
	struct file *fd_array[NR_OPEN_DEFAULT];
};

/* What fdget() returns: flags say what fdput() owes. */
struct fd {
	struct file *file;		/* NULL: no such descriptor */
	unsigned int flags;
};
#define FDPUT_FPUT		1
#define FDPUT_POS_UNLOCK	2

struct fd __fdget_shared(unsigned int fd);

/* Any open file, O_PATH ones too. */
static inline struct fd fdget_raw(unsigned int fd)
{
	struct files_struct *files = current->files;

	/* Acquire: what the last of the others did to the table before he let go is seen below. */
	if (unlikely(smp_load_acquire(&files->count.counter) != 1))
		return __fdget_shared(fd);
	return (struct fd){ fd < files->max_fds ? files->fd[fd] : NULL, 0 };
}

static inline void fdput(struct fd f)
{
	if (f.flags & FDPUT_FPUT)
		fput(f.file);
}

/* As fdget_raw(), but an O_PATH file counts as not there. */
static inline struct fd fdget(unsigned int fd)
{
	struct fd f = fdget_raw(fd);

	if (f.file && unlikely(f.file->f_mode & FMODE_PATH)) {
		fdput(f);
		return (struct fd){ NULL, 0 };
	}
	return f;
}

/* Also locks f_pos if the file is shared. */
struct fd fdget_pos(unsigned int fd);
void __f_unlock_pos(struct file *file);

static inline void fdput_pos(struct fd f)
{
	if (f.flags & FDPUT_POS_UNLOCK)
		__f_unlock_pos(f.file);
	fdput(f);
}

/* With a reference of its own; NULL: not open (or O_PATH). */
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);
/* For how many descriptors another task has room; 0: it has gone. */
unsigned int task_max_fds(struct task_struct *task);
/* Descriptor @fd of another task, with a reference; NULL. */
struct file *fget_task(struct task_struct *task, unsigned int fd);
/*
 * The next open descriptor of @task from *@fd on, with a reference, *@fd set to it; NULL: no more.
 */
struct file *task_lookup_next_fd(struct task_struct *task, unsigned int *fd);

/* Reserves the lowest free descriptor: number, -EMFILE or -ENOMEM.  @flags: O_CLOEXEC. */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
/* Makes a reserved descriptor refer to @file, whose reference it takes over. */
void fd_install(unsigned int fd, struct file *file);
/* 0 or -EBADF. */
int close_fd(unsigned int fd);
int replace_fd(unsigned int fd, struct file *file, unsigned int flags);
/* F_DUPFD: the lowest free number from @from on; takes over @file's reference on success. */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);

/* FD_CLOEXEC of an open descriptor. */
void set_close_on_exec(unsigned int fd, bool on);

/* --- for fork, exec and exit --- */
/* task->files and task->fs of any task, against its exit */
extern struct spinlock task_files_lock;
extern struct files_struct init_files;				/* the boot task's */
/* an empty table; NULL: no memory */
struct files_struct *alloc_files(void);
struct files_struct *dup_fd(struct files_struct *files);	/* fork; ERR_PTR(-ENOMEM) */
void put_files_struct(struct files_struct *files);		/* the last one closes everything */
void exit_files(struct task_struct *task);
int unshare_files(void);					/* exec: a table of our own */
void do_close_on_exec(struct files_struct *files);

#endif
