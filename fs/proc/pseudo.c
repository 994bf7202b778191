// SPDX-License-Identifier: MIT
#include "fs/proc/pseudo.h"

#include <linux/stat.h>
#include "fs/inode.h"
#include "fs/libfs.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

struct pseudo_entry proc_root = {
	.name = "/proc", .mode = S_IFDIR | 0555, .ino = 1,
	.children = LIST_HEAD_INIT(proc_root.children),
};
struct pseudo_entry sys_root = {
	.name = "/sys", .mode = S_IFDIR | 0555, .ino = 1,
	.children = LIST_HEAD_INIT(sys_root.children),
};

static ino_t last_ino = 1;

/* Boot-time memory: an entry that cannot be had is a machine that cannot run. */
static struct pseudo_entry *add(struct pseudo_entry *parent, const char *name, umode_t mode)
{
	struct pseudo_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		panic("no memory for the entry %s", name);
	entry->name = name;
	entry->mode = mode;
	entry->ino = ++last_ino;
	entry->parent = parent ? parent : &proc_root;
	INIT_LIST_HEAD(&entry->children);
	list_add_tail(&entry->sibling, &entry->parent->children);
	return entry;
}

struct pseudo_entry *pseudo_mkdir(struct pseudo_entry *parent, const char *name)
{
	return add(parent, name, S_IFDIR | 0555);
}

void pseudo_file(struct pseudo_entry *parent, const char *name, umode_t mode,
		 int (*show)(struct seq_file *m, void *data),
		 int (*store)(const char *text, size_t len, void *data), void *data)
{
	struct pseudo_entry *entry = add(parent, name, S_IFREG | mode);

	entry->show = show;
	entry->store = store;
	entry->data = data;
}

struct pseudo_entry *pseudo_file_ops(struct pseudo_entry *parent, const char *name, umode_t mode,
				     const struct file_operations *fops, void *data)
{
	struct pseudo_entry *entry = add(parent, name, S_IFREG | mode);

	entry->fops = fops;
	entry->data = data;
	return entry;
}

void pseudo_symlink(struct pseudo_entry *parent, const char *name, const char *target)
{
	add(parent, name, S_IFLNK | 0777)->link = target;
}

void pseudo_dynamic_link(struct pseudo_entry *parent, const char *name,
			 const struct inode_operations *iops)
{
	add(parent, name, S_IFLNK | 0777)->iops = iops;
}

/* --- files --- */

static int show_nothing(struct seq_file *m, void *data)
{
	return -EIO;
}

static int pseudo_show(struct seq_file *m, void *v)
{
	struct pseudo_entry *entry = m->private;

	return entry->show(m, entry->data);
}

static int pseudo_open(struct inode *inode, struct file *file)
{
	struct pseudo_entry *entry = inode->i_private;

	return single_open(file, entry->show ? pseudo_show : show_nothing, entry);
}

static ssize_t pseudo_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct pseudo_entry *entry = file_inode(iocb->ki_filp)->i_private;
	size_t n = iov_iter_count(from);
	char *text;
	int err;

	if (!entry->store)
		return -EIO;
	if (n >= PAGE_SIZE)
		return -EINVAL;
	text = kmalloc(n + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = copy_from_iter(text, n, from) == n ? 0 : -EFAULT;
	text[n] = '\0';
	/* What echo writes ends in a newline, which is no part of the value. */
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (!err)
		err = entry->store(text, strlen(text), entry->data);
	kfree(text);
	return err ? err : (ssize_t)n;
}

static const struct file_operations pseudo_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = seq_read_iter,
	.write_iter = pseudo_write,
	.open = pseudo_open,
	.release = single_release,
};

/* --- directories --- */

struct pseudo_entry *pseudo_find(struct pseudo_entry *dir, const struct qstr *name)
{
	struct pseudo_entry *entry;

	list_for_each_entry(entry, &dir->children, sibling)
		if (strlen(entry->name) == name->len && !memcmp(entry->name, name->name, name->len))
			return entry;
	return NULL;
}

static struct dentry *pseudo_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct pseudo_entry *entry = pseudo_find(dir->i_private, &dentry->d_name);
	struct inode *inode = entry ? pseudo_inode(dir->i_sb, entry) : NULL;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	d_add(dentry, inode);
	return NULL;
}

bool pseudo_emit(struct pseudo_entry *dir, struct dir_context *ctx)
{
	struct pseudo_entry *entry;
	loff_t pos = 2;

	list_for_each_entry(entry, &dir->children, sibling) {
		if (pos++ < ctx->pos)
			continue;
		if (!dir_emit(ctx, entry->name, strlen(entry->name), entry->ino,
			      mode_to_dtype(entry->mode)))
			return false;
		ctx->pos = pos;
	}
	return true;
}

static int pseudo_readdir(struct file *file, struct dir_context *ctx)
{
	if (dir_emit_dots(file, ctx))
		pseudo_emit(file_inode(file)->i_private, ctx);
	return 0;
}

const struct inode_operations pseudo_dir_iops = {.lookup = pseudo_lookup,
						 .setattr = simple_setattr};
static const struct inode_operations pseudo_file_iops = { .setattr = simple_setattr };

const struct file_operations pseudo_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = pseudo_readdir,
};

static int delete_always(const struct dentry *dentry)
{
	return 1;
}

const struct dentry_operations pseudo_dentry_ops = { .d_delete = delete_always };

struct inode *pseudo_inode(struct super_block *sb, struct pseudo_entry *entry)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = entry->ino;
	inode->i_mode = entry->mode;
	inode->i_private = entry;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	if (S_ISDIR(entry->mode)) {
		inode->i_op = &pseudo_dir_iops;
		inode->i_fop = &pseudo_dir_fops;
		set_nlink(inode, 2);
	} else if (S_ISLNK(entry->mode)) {
		inode->i_op = entry->iops ? entry->iops : &simple_symlink_inode_operations;
		inode->i_link = (char *)entry->link;
	} else {
		inode->i_op = entry->iops ? entry->iops : &pseudo_file_iops;
		inode->i_fop = entry->fops ? entry->fops : &pseudo_fops;
	}
	return inode;
}
