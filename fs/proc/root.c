// SPDX-License-Identifier: MIT
/* The two file systems that show generated trees: proc, with processes in its root, and sysfs. */
#include <linux/magic.h>
#include <linux/stat.h>
#include "fs/libfs.h"
#include "fs/proc/proc.h"
#include "fs/proc/pseudo.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/pid.h"
#include "lib/ctype.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

int proc_name_to_int(const struct qstr *name)
{
	int n = 0;

	if (!name->len || name->len > 9 || (name->name[0] == '0' && name->len > 1))
		return -1;
	for (u32 i = 0; i < name->len; i++) {
		if (!isdigit(name->name[i]))
			return -1;
		n = n * 10 + name->name[i] - '0';
	}
	return n;
}

static struct dentry *proc_root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct pseudo_entry *entry = pseudo_find(&proc_root, &dentry->d_name);
	int nr = proc_name_to_int(&dentry->d_name);
	struct inode *inode = ERR_PTR(-ENOENT);

	if (entry)
		inode = pseudo_inode(dir->i_sb, entry);
	else if (nr >= 0)
		inode = proc_pid_dir(dir->i_sb, nr);
	/* Nothing can be made here, so what is not there is an error and no negative dentry. */
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}

static int proc_root_readdir(struct file *file, struct dir_context *ctx)
{
	if (!dir_emit_dots(file, ctx))
		return 0;
	if (ctx->pos < PROC_FIRST_PID) {
		if (!pseudo_emit(&proc_root, ctx))
			return 0;
		ctx->pos = PROC_FIRST_PID;
	}
	proc_emit_pids(ctx);
	return 0;
}

static const struct inode_operations proc_root_iops = { .lookup = proc_root_lookup };
static const struct file_operations proc_root_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = proc_root_readdir,
};

/* Inodes of processes own a struct proc_inode; those of the generated tree point into it. */
static void proc_evict_inode(struct inode *inode)
{
	struct proc_inode *pi = inode->i_private;

	clear_inode(inode);
	if (!(inode->i_flags & S_PRIVATE))
		return;
	put_pid(pi->pid);
	kfree(pi);
}

static const struct super_operations proc_sops = {
	.drop_inode = generic_delete_inode,
	.evict_inode = proc_evict_inode,
	.statfs = simple_statfs,
};

static int fill(struct super_block *sb, struct pseudo_entry *root, unsigned long magic)
{
	struct inode *inode;

	sb->s_op = &proc_sops;
	sb->s_d_op = &pseudo_dentry_ops;
	sb->s_magic = magic;
	inode = pseudo_inode(sb, root);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (root == &proc_root) {
		inode->i_op = &proc_root_iops;
		inode->i_fop = &proc_root_fops;
	}
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int proc_fill_super(struct super_block *sb, void *data, int silent)
{
	/* Places in its directories are numbers of processes, threads and descriptors. */
	sb->s_maxbytes = INT_MAX;
	return fill(sb, &proc_root, PROC_SUPER_MAGIC);
}

static int sysfs_fill_super(struct super_block *sb, void *data, int silent)
{
	return fill(sb, &sys_root, SYSFS_MAGIC);
}

static struct dentry *proc_mount(struct file_system_type *type, int flags, const char *dev_name,
				 void *data)
{
	return mount_single(type, flags, data, proc_fill_super);
}

static struct dentry *sysfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_single(type, flags, data, sysfs_fill_super);
}

static struct file_system_type proc_type = {
	.name = "proc", .mount = proc_mount, .kill_sb = kill_anon_super,
};
static struct file_system_type sysfs_type = {
	.name = "sysfs", .mount = sysfs_mount, .kill_sb = kill_anon_super,
};

static void proc_init(void)
{
	register_filesystem(&proc_type);
	register_filesystem(&sysfs_type);
}
fs_initcall(proc_init);
