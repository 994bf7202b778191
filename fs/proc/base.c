// SPDX-License-Identifier: MIT
/*
 * /proc/PID, /proc/PID/task/TID and /proc/PID/fd. Every look-up makes a new inode that holds a
 * reference to the process's number, so that a file that was opened for a process never shows
 * another one.
 */
#include "fs/proc/proc.h"

#include <linux/stat.h>
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "fs/proc/pseudo.h"
#include "fs/proc/task_mmu.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "lib/ctype.h"
#include "lib/err.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/mm.h"
#include "mm/oom_kill.h"
#include "mm/slab.h"

static struct proc_inode *PROC_I(const struct inode *inode)
{
	return inode->i_private;
}

struct task_struct *proc_task(const struct inode *inode)
{
	struct pid *pid = PROC_I(inode)->pid;
	struct task_struct *task;

	spin_lock_irq(&tasklist_lock);
	task = pid->task;
	if (task)
		get_task_struct(task);
	spin_unlock_irq(&tasklist_lock);
	return task;
}

/* --- links --- */

static int exe_path(struct task_struct *task, int fd, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	struct file *file = mm ? get_mm_exe_file(mm) : NULL;

	if (mm)
		mmput(mm);
	if (!file)
		return -ENOENT;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static int cwd_path(struct task_struct *task, int fd, struct path *path)
{
	return get_task_pwd(task, path);
}

static int root_path(struct task_struct *task, int fd, struct path *path)
{
	return get_task_root(task, path);
}

static int fd_path(struct task_struct *task, int fd, struct path *path)
{
	struct file *file = fget_task(task, fd);

	if (!file)
		return -ENOENT;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

static int pid_get_path(struct dentry *dentry, struct path *path)
{
	struct inode *inode = d_inode(dentry);
	struct proc_inode *pi = PROC_I(inode);
	struct task_struct *task = proc_task(inode);
	int err;

	if (!task)
		return -ENOENT;
	err = proc_may_access(task) ? pi->entry->get_path(task, pi->fd, path) : -EACCES;
	put_task_struct(task);
	return err;
}

static const struct inode_operations pid_link_iops = { .get_path = pid_get_path };

/* --- files --- */

static int pid_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->private;
	const struct pid_entry *entry = PROC_I(inode)->entry;
	bool of_thread = PROC_I(inode)->thread && entry->show_thread;
	struct task_struct *task = proc_task(inode);
	int err;

	if (!task)
		return -ESRCH;
	err = of_thread ? entry->show_thread(m, task) : entry->show(m, task);
	put_task_struct(task);
	return err;
}

static int pid_open(struct inode *inode, struct file *file)
{
	return single_open(file, pid_show, inode);
}

static const struct file_operations pid_file_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.open = pid_open,
	.release = single_release,
};

static int show_comm(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%s\n", task->comm);
	return 0;
}

static ssize_t comm_write(struct kiocb *iocb, struct iov_iter *from)
{
	char name[TASK_COMM_LEN] = { 0 };
	size_t n = iov_iter_count(from), kept = min(n, sizeof(name) - 1);
	struct task_struct *task;
	bool own;

	if (copy_from_iter(name, kept, from) != kept)
		return -EFAULT;
	task = proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	own = task->signal == current->signal;
	if (own)
		set_task_comm(task, name);
	put_task_struct(task);
	return own ? (ssize_t)n : -EINVAL;
}

static const struct file_operations comm_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.write_iter = comm_write,
	.open = pid_open,
	.release = single_release,
};

ssize_t proc_get_int(struct iov_iter *from, unsigned int base, int *value)
{
	char text[13], *end;
	size_t n = min(iov_iter_count(from), sizeof(text) - 1);
	const char *begin = text;
	int err;

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	for (end = text + n; end > text && isspace(end[-1]);)
		end--;
	*end = '\0';
	while (isspace(*begin))
		begin++;
	err = kstrtoint(begin, base, value);
	return err ? err : (ssize_t)n;
}

/* From 0 to 1333: points in thousandths of all memory, 667 at none. */
static int show_oom_score(struct seq_file *m, struct task_struct *task)
{
	unsigned long totalpages = oom_totalpages(), score = 0;
	long badness;

	spin_lock_irq(&tasklist_lock);
	badness = oom_badness(task, totalpages);
	spin_unlock_irq(&tasklist_lock);
	if (badness != LONG_MIN)
		score = (1000 + badness * 1000 / (long)totalpages) * 2 / 3;
	seq_printf(m, "%lu\n", score);
	return 0;
}

static int show_oom_score_adj(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%d\n", task->signal->oom_score_adj);
	return 0;
}

static ssize_t oom_score_adj_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct task_struct *task;
	int value, err;
	ssize_t ret = proc_get_int(from, 0, &value);

	if (ret < 0)
		return ret;
	if (value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	task = proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	err = set_oom_score_adj(task, value);
	put_task_struct(task);
	return err ? err : ret;
}

/* A record that can be written, too. */
#define WRITABLE_FOPS(name, write)						\
	static const struct file_operations name = {				\
		.llseek = default_llseek, .read_iter = seq_read_iter,		\
		.write_iter = write, .open = pid_open, .release = single_release, \
	}

WRITABLE_FOPS(oom_score_adj_fops, oom_score_adj_write);
WRITABLE_FOPS(make_it_fail_fops, proc_make_it_fail_write);
WRITABLE_FOPS(fail_nth_fops, proc_fail_nth_write);

static int show_mounts(struct seq_file *m, struct task_struct *task)
{
	return proc_show_mounts(m, NULL);
}

/* --- the directory --- */

#define ENTRY(n, m, ...)	{ .name = n, .mode = m, ##__VA_ARGS__ }
/* Shown as one record; by operations of its own; a link to a place; a directory. */
#define ENTRY_ONE(n, m, s)	ENTRY(n, S_IFREG | (m), .show = s, .fops = &pid_file_fops)
#define ENTRY_REG(n, m, f, ...)	ENTRY(n, S_IFREG | (m), .fops = f, ##__VA_ARGS__)
#define ENTRY_LINK(n, p)	ENTRY(n, S_IFLNK | 0777, .get_path = p, .iops = &pid_link_iops)
#define ENTRY_DIR(n, m, i, f)	ENTRY(n, S_IFDIR | (m), .iops = i, .fops = f)

static const struct pid_entry pid_entries[] = {
	ENTRY_REG("stat", 0444, &pid_file_fops, .show = proc_pid_stat,
		  .show_thread = proc_tid_stat),
	ENTRY_ONE("statm", 0444, proc_pid_statm),
	ENTRY_ONE("status", 0444, proc_pid_status),
	ENTRY_REG("cmdline", 0444, &proc_cmdline_fops),
	ENTRY_REG("comm", 0644, &comm_fops, .show = show_comm),
	ENTRY_REG("environ", 0400, &proc_environ_fops),
	ENTRY_REG("auxv", 0400, &proc_auxv_fops),
	ENTRY_REG("maps", 0444, &proc_maps_fops),
	ENTRY_REG("smaps", 0444, &proc_smaps_fops),
	ENTRY_REG("smaps_rollup", 0444, &proc_smaps_rollup_fops),
	ENTRY_REG("pagemap", 0400, &proc_pagemap_fops),
	ENTRY_REG("clear_refs", 0200, &proc_clear_refs_fops),
	ENTRY_ONE("limits", 0444, proc_pid_limits),
	ENTRY_ONE("mounts", 0444, show_mounts),
	ENTRY_ONE("oom_score", 0444, show_oom_score),
	ENTRY_REG("oom_score_adj", 0644, &oom_score_adj_fops, .show = show_oom_score_adj),
	ENTRY_REG("make-it-fail", 0644, &make_it_fail_fops, .show = proc_make_it_fail),
	ENTRY_REG("fail-nth", 0644, &fail_nth_fops, .show = proc_fail_nth),
	ENTRY_REG("delays", 0444, &pid_file_fops, .show = proc_pid_delays,
		  .show_thread = proc_tid_delays),
	ENTRY_LINK("exe", exe_path),
	ENTRY_LINK("cwd", cwd_path),
	ENTRY_LINK("root", root_path),
	ENTRY_DIR("fd", 0500, &proc_fd_iops, &proc_fd_fops),
	/* Last: threads do not have it. */
	ENTRY_DIR("task", 0555, &proc_task_iops, &proc_task_fops),
};

static const struct inode_operations pid_dir_iops, tid_dir_iops;
static const struct file_operations pid_dir_fops;
static const struct pid_entry pid_dir_entry = {
	.name = "", .mode = S_IFDIR | 0555, .iops = &pid_dir_iops, .fops = &pid_dir_fops,
};
static const struct pid_entry tid_dir_entry = {
	.name = "", .mode = S_IFDIR | 0555, .iops = &tid_dir_iops, .fops = &pid_dir_fops,
};
static const struct pid_entry fd_link_entry = {
	.name = "", .mode = S_IFLNK | 0700, .get_path = fd_path, .iops = &pid_link_iops,
};

/*
 * Who the process is, in effect; but root, if others with its ids may not look into it (or it is
 * too late).  The directories that everybody may list always tell who it is.
 */
static void set_owner(struct inode *inode, struct task_struct *task)
{
	const struct cred *cred;

	if (task->flags & PF_KTHREAD ||
	    (inode->i_mode != (S_IFDIR | 0555) && !task_dumpable(task, false)))
		return;
	cred = get_task_cred(task);
	inode->i_uid = cred->euid;
	inode->i_gid = cred->egid;
	put_cred(cred);
}

struct inode *proc_pid_inode(struct super_block *sb, struct pid *pid,
			     const struct pid_entry *entry, int fd)
{
	struct proc_inode *pi = kmalloc(sizeof(*pi), GFP_KERNEL);
	struct inode *inode = pi ? new_inode(sb) : NULL;
	struct task_struct *task;

	if (!inode) {
		kfree(pi);
		return ERR_PTR(-ENOMEM);
	}
	*pi = (struct proc_inode){ .pid = get_pid(pid), .entry = entry, .fd = fd };
	inode->i_ino = get_next_ino();
	inode->i_mode = entry->mode;
	inode->i_private = pi;
	inode->i_flags |= S_PRIVATE;		/* owns i_private: fs/proc/root.c frees it */
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	if (entry->iops)
		inode->i_op = entry->iops;
	inode->i_fop = entry->fops;
	set_nlink(inode, S_ISDIR(entry->mode) ? 2 : 1);
	task = proc_task(inode);
	if (!task) {
		iput(inode);
		return ERR_PTR(-ENOENT);
	}
	set_owner(inode, task);
	put_task_struct(task);
	return inode;
}

static struct inode *dir_of(struct super_block *sb, int nr, const struct pid_entry *entry)
{
	struct pid *pid = nr > 0 ? find_get_pid(nr) : NULL;
	struct inode *inode;

	if (!pid)
		return ERR_PTR(-ENOENT);
	inode = proc_pid_inode(sb, pid, entry, 0);
	put_pid(pid);
	return inode;
}

struct inode *proc_pid_dir(struct super_block *sb, int nr)
{
	return dir_of(sb, nr, &pid_dir_entry);
}

static struct dentry *add_inode(struct dentry *dentry, struct inode *inode)
{
	/* Nothing can be made here, so what is not there is an error and no negative dentry. */
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}

static struct dentry *lookup_entry(struct inode *dir, struct dentry *dentry, bool thread)
{
	size_t nr_entries = ARRAY_SIZE(pid_entries) - thread;
	struct inode *inode = ERR_PTR(-ENOENT);

	for (size_t i = 0; i < nr_entries; i++)
		if (strlen(pid_entries[i].name) == dentry->d_name.len &&
		    !memcmp(pid_entries[i].name, dentry->d_name.name, dentry->d_name.len))
			inode = proc_pid_inode(dir->i_sb, PROC_I(dir)->pid, &pid_entries[i], 0);
	if (!IS_ERR(inode))
		PROC_I(inode)->thread = thread;
	return add_inode(dentry, inode);
}

static struct dentry *pid_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_entry(dir, dentry, false);
}

static struct dentry *tid_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return lookup_entry(dir, dentry, true);
}

static int pid_dir_readdir(struct file *file, struct dir_context *ctx)
{
	bool thread = PROC_I(file_inode(file))->entry == &tid_dir_entry;
	size_t nr = ARRAY_SIZE(pid_entries) - thread;

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (; ctx->pos - 2 < (loff_t)nr; ctx->pos++) {
		const struct pid_entry *entry = &pid_entries[ctx->pos - 2];

		if (!dir_emit(ctx, entry->name, strlen(entry->name),
			      file_inode(file)->i_ino + ctx->pos, mode_to_dtype(entry->mode)))
			break;
	}
	return 0;
}

static const struct inode_operations pid_dir_iops = { .lookup = pid_dir_lookup };
static const struct inode_operations tid_dir_iops = { .lookup = tid_dir_lookup };
static const struct file_operations pid_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = pid_dir_readdir,
};

/* --- lists of numbers: the processes, the threads of one, descriptors --- */

/* False: the reader's buffer is full. */
static bool emit_number(struct dir_context *ctx, int nr, unsigned int type)
{
	char name[12];
	int len = snprintf(name, sizeof(name), "%d", nr);

	return dir_emit(ctx, name, len, nr + 1, type);
}

/* The lowest number from @nr on that is a process's; 0: none. */
static int next_tgid(int nr)
{
	struct task_struct *task;

	spin_lock_irq(&tasklist_lock);
	while ((task = find_task_from_locked(nr)) && task->group_leader != task)
		nr = task->pid + 1;
	nr = task ? task->pid : 0;
	spin_unlock_irq(&tasklist_lock);
	return nr;
}

/*
 * The number of a process's thread @nr (0: of its first one), or, if that has gone, the next higher
 * one; 0: none.  *@following is that of the thread made next after it, PID_MAX: none.
 */
static int next_tid(struct signal_struct *signal, int nr, int *following)
{
	struct task_struct *t, *found;

	spin_lock_irq(&tasklist_lock);
	found = nr ? find_task_by_pid_locked(nr)
		   : list_first_entry_or_null(&signal->threads, struct task_struct, thread_group);
	if (!found || found->signal != signal) {
		found = NULL;
		for_each_thread(signal, t)
			if (t->pid > nr && (!found || t->pid < found->pid))
				found = t;
	}
	if (found && !list_is_last(&found->thread_group, &signal->threads))
		*following = list_next_entry(found, thread_group)->pid;
	else
		*following = PID_MAX;
	nr = found ? found->pid : 0;
	spin_unlock_irq(&tasklist_lock);
	return nr;
}

void proc_emit_pids(struct dir_context *ctx)
{
	int nr;

	while ((nr = next_tgid(ctx->pos - PROC_FIRST_PID)) > 0) {
		ctx->pos = PROC_FIRST_PID + nr;
		if (!emit_number(ctx, nr, DT_DIR))
			return;
		ctx->pos++;
	}
}

static struct dentry *task_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	int nr = proc_name_to_int(&dentry->d_name), following;
	struct task_struct *task = proc_task(dir);
	struct inode *inode = ERR_PTR(-ENOENT);

	if (task && nr > 0 && next_tid(task->signal, nr, &following) == nr)
		inode = dir_of(dir->i_sb, nr, &tid_dir_entry);
	if (task)
		put_task_struct(task);
	return add_inode(dentry, inode);
}

static int task_dir_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *task = proc_task(file_inode(file));
	int nr, following;

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(file, ctx))
		while ((nr = next_tid(task->signal, ctx->pos - 2, &following)) > 0) {
			ctx->pos = nr + 2;
			if (!emit_number(ctx, nr, DT_DIR))
				break;
			ctx->pos = following + 2;
		}
	put_task_struct(task);
	return 0;
}

const struct inode_operations proc_task_iops = { .lookup = task_dir_lookup };
const struct file_operations proc_task_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = task_dir_readdir,
};

static struct dentry *fd_dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	int fd = proc_name_to_int(&dentry->d_name);
	struct task_struct *task = proc_task(dir);
	struct inode *inode = ERR_PTR(-ENOENT);
	struct file *file = task && fd >= 0 && proc_may_access(task) ? fget_task(task, fd) : NULL;

	if (file) {
		inode = proc_pid_inode(dir->i_sb, PROC_I(dir)->pid, &fd_link_entry, fd);
		if (!IS_ERR(inode))
			inode->i_mode = S_IFLNK | (file->f_mode & FMODE_READ ? 0500 : 0) |
					(file->f_mode & FMODE_WRITE ? 0300 : 0);
		fput(file);
	}
	if (task)
		put_task_struct(task);
	return add_inode(dentry, inode);
}

static int fd_dir_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *task = proc_task(file_inode(file));
	struct file *open;
	unsigned int fd;

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(file, ctx) && proc_may_access(task))
		while (fd = ctx->pos - 2, (open = task_lookup_next_fd(task, &fd)) != NULL) {
			fput(open);
			ctx->pos = fd + 2;
			if (!emit_number(ctx, fd, DT_LNK))
				break;
			ctx->pos++;
		}
	put_task_struct(task);
	return 0;
}

/* A process always sees its own, whoever owns the directory. */
static int fd_dir_permission(struct inode *inode, int mask)
{
	int err = generic_permission(inode, mask);
	struct task_struct *task = err ? proc_task(inode) : NULL;

	if (!task)
		return err;
	if (task->signal == current->signal)
		err = 0;
	put_task_struct(task);
	return err;
}

const struct inode_operations proc_fd_iops = {
	.lookup = fd_dir_lookup,
	.permission = fd_dir_permission,
};
const struct file_operations proc_fd_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = fd_dir_readdir,
};
