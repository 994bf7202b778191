// SPDX-License-Identifier: MIT
/*
 * /proc (proc(5)): a generated tree (fs/proc/pseudo.h) plus one directory for each process.
 */
#ifndef FS_PROC_PROC_H
#define FS_PROC_PROC_H

#include "fs/inode.h"
#include "fs/seq_file.h"
#include "kernel/ptrace.h"
#include "lib/types.h"

struct mm_struct;
struct pid;
struct qstr;
struct super_block;
struct task_struct;

/* What an inode below /proc/PID stands for; inode->i_private. */
struct proc_inode {
	struct pid *pid;			/* a reference: the number is not reused */
	const struct pid_entry *entry;
	int fd;					/* of a link in fd/ */
	bool thread;				/* below task/TID: of one thread, not the process */
};

/* One file of /proc/PID. */
struct pid_entry {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, struct task_struct *task);
	/* in task/TID, if it shows something else there */
	int (*show_thread)(struct seq_file *m, struct task_struct *task);
	/* A link to a file: its place, with references.  0 or -errno. */
	int (*get_path)(struct task_struct *task, int fd, struct path *path);
	const struct inode_operations *iops;
	const struct file_operations *fops;
};

/* The process of an inode with a reference, or NULL when it is gone. */
struct task_struct *proc_task(const struct inode *inode);
/* May current look into @task? */
static inline bool proc_may_access(struct task_struct *task)
{
	return ptrace_may_access(task, PTRACE_MODE_FSCREDS);
}

/* A name that is a number, without sign or leading zeros and below 10^9; else -1. */
int proc_name_to_int(const struct qstr *name);
/*
 * The number that somebody wrote, blanks around it ignored, of its first 12 characters: how many
 * were taken, or -errno.
 */
ssize_t proc_get_int(struct iov_iter *from, unsigned int base, int *value);
/*
 * A new inode for @entry of whoever has the number @pid; ERR_PTR(-ENOENT): nobody any more.  By
 * number and not by task, as an execve() from another thread passes the number on.
 */
struct inode *proc_pid_inode(struct super_block *sb, struct pid *pid,
			     const struct pid_entry *entry, int fd);

/* The directory of process @nr: inode or ERR_PTR(-ENOENT). */
struct inode *proc_pid_dir(struct super_block *sb, int nr);
/* Lists processes for ctx->pos >= PROC_FIRST_PID: position = PROC_FIRST_PID + pid. */
#define PROC_FIRST_PID	1024
void proc_emit_pids(struct dir_context *ctx);

extern const struct inode_operations proc_fd_iops, proc_task_iops;
extern const struct file_operations proc_fd_fops, proc_task_fops;

/* fs/proc/array.c */
int proc_pid_stat(struct seq_file *m, struct task_struct *task);
int proc_tid_stat(struct seq_file *m, struct task_struct *task);
int proc_pid_statm(struct seq_file *m, struct task_struct *task);
int proc_pid_delays(struct seq_file *m, struct task_struct *task);
int proc_tid_delays(struct seq_file *m, struct task_struct *task);
int proc_pid_status(struct seq_file *m, struct task_struct *task);
int proc_pid_limits(struct seq_file *m, struct task_struct *task);

/* fs/proc/fault_inject.c */
int proc_make_it_fail(struct seq_file *m, struct task_struct *task);
int proc_fail_nth(struct seq_file *m, struct task_struct *task);
ssize_t proc_make_it_fail_write(struct kiocb *iocb, struct iov_iter *from);
ssize_t proc_fail_nth_write(struct kiocb *iocb, struct iov_iter *from);

/* /proc/mounts; fs/proc/files.c */
int proc_show_mounts(struct seq_file *m, void *unused);

#endif
