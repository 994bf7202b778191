// SPDX-License-Identifier: MIT
/*
 * A mount's options and what its statfs(2) tells; inodes from the first to the last.
 *
 * Options (tmpfs(5)): size= and nr_blocks= (0: no limit), nr_inodes=, mode=, uid=, gid=.  Without
 * them half of the RAM may be used, and as many inodes as that has pages.  A remount changes the
 * limits alone.
 *
 * TS1 free_inodes = max_inodes - inodes - further hard links, in a mount with a limit.
 */
#include "fs/tmpfs/tmpfs.h"

#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/filemap.h"
#include "mm/memfd.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

#define DEFAULT_MODE	(S_IRWXUGO | S_ISVTX)

struct vfsmount *shm_mnt;
static struct kmem_cache *shmem_inode_cache;

static unsigned long default_max_blocks(void)
{
	return totalram_pages() / 2;
}

static unsigned long default_max_inodes(void)
{
	return totalram_pages() / 2;
}

/* --- options --- */

struct tmpfs_options {
	unsigned long blocks, inodes;
	umode_t mode;
	uid_t uid;
	gid_t gid;
	bool blocks_seen, inodes_seen;
};

/* "50%" is of the RAM, "64k" bytes. */
static int parse_size(const char *value, struct tmpfs_options *opts)
{
	const char *rest;
	unsigned long size = memparse(value, &rest);

	if (rest != value && *rest == '%') {
		size = size * totalram_pages() / 100 * PAGE_SIZE;
		rest++;
	}
	if (rest == value || *rest)
		return -EINVAL;
	opts->blocks = DIV_ROUND_UP(size, PAGE_SIZE);
	opts->blocks_seen = true;
	return 0;
}

static int parse_count(const char *value, unsigned long *count, bool *seen)
{
	const char *rest;

	*count = memparse(value, &rest);
	*seen = true;
	return rest == value || *rest ? -EINVAL : 0;
}

/* All ones is no id: chown(2) takes it for "as it is". */
static int parse_id(const char *value, unsigned int *id)
{
	int error = kstrtouint(value, 0, id);

	return !error && *id == ~0u ? -EINVAL : error;
}

static int parse_option(const char *name, const char *value, struct tmpfs_options *opts)
{
	unsigned int mode;
	int error;

	if (!strcmp(name, "size"))
		return parse_size(value, opts);
	if (!strcmp(name, "nr_blocks"))
		return parse_count(value, &opts->blocks, &opts->blocks_seen) ?:
		       (opts->blocks > S64_MAX ? -EINVAL : 0);
	if (!strcmp(name, "nr_inodes"))
		return parse_count(value, &opts->inodes, &opts->inodes_seen);
	if (!strcmp(name, "uid"))
		return parse_id(value, &opts->uid);
	if (!strcmp(name, "gid"))
		return parse_id(value, &opts->gid);
	if (strcmp(name, "mode"))
		return -EINVAL;
	error = kstrtouint(value, 8, &mode);
	opts->mode = mode & S_IALLUGO;
	return error;
}

/* "name=value,name=value"; the text is cut up on the way.  0 or -EINVAL. */
static int parse_options(char *text, struct tmpfs_options *opts)
{
	while (text && *text) {
		char *name = text, *value;

		text = strchr(name, ',');
		if (text)
			*text++ = '\0';
		if (!*name)
			continue;
		value = strchr(name, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (parse_option(name, value, opts))
			return -EINVAL;
	}
	return 0;
}

static int tmpfs_show_options(struct super_block *sb, char *buf, int size)
{
	const struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	int len = 0;

	if (sbinfo->max_blocks != default_max_blocks())
		len += scnprintf(buf + len, size - len, ",size=%luk",
				 sbinfo->max_blocks << (PAGE_SHIFT - 10));
	if (sbinfo->max_inodes != default_max_inodes())
		len += scnprintf(buf + len, size - len, ",nr_inodes=%lu", sbinfo->max_inodes);
	if (sbinfo->mode != DEFAULT_MODE)
		len += scnprintf(buf + len, size - len, ",mode=%03o", sbinfo->mode);
	if (sbinfo->uid)
		len += scnprintf(buf + len, size - len, ",uid=%u", sbinfo->uid);
	if (sbinfo->gid)
		len += scnprintf(buf + len, size - len, ",gid=%u", sbinfo->gid);
	return len;
}

/* => stat_lock held.  A limit cannot be put on what had none, nor below what is used. */
static int check_new_limits(const struct shmem_sb_info *sbinfo, const struct tmpfs_options *opts)
{
	if (opts->blocks_seen && opts->blocks &&
	    (!sbinfo->max_blocks ||
	     (unsigned long)atomic_long_read(&sbinfo->used_blocks) > opts->blocks))
		return -EINVAL;
	if (opts->inodes_seen && opts->inodes &&
	    (!sbinfo->max_inodes || sbinfo->max_inodes - sbinfo->free_inodes > opts->inodes))
		return -EINVAL;
	return 0;
}

static int tmpfs_remount(struct super_block *sb, int *flags, char *data)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	struct tmpfs_options opts = { 0 };
	int error = parse_options(data, &opts);

	if (error)
		return error;
	spin_lock(&sbinfo->stat_lock);
	error = check_new_limits(sbinfo, &opts);
	if (!error && opts.blocks_seen)
		WRITE_ONCE(sbinfo->max_blocks, opts.blocks);
	if (!error && opts.inodes_seen) {
		sbinfo->free_inodes += opts.inodes - sbinfo->max_inodes;
		sbinfo->max_inodes = opts.inodes;
	}
	spin_unlock(&sbinfo->stat_lock);
	return error;
}

static int tmpfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(dentry->d_sb);

	buf->f_type = TMPFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX_LEN;
	spin_lock(&sbinfo->stat_lock);
	if (sbinfo->max_blocks) {
		buf->f_blocks = sbinfo->max_blocks;
		buf->f_bfree = buf->f_bavail =
			sbinfo->max_blocks - atomic_long_read(&sbinfo->used_blocks);
	}
	if (sbinfo->max_inodes) {
		buf->f_files = sbinfo->max_inodes;
		buf->f_ffree = sbinfo->free_inodes;
	}
	spin_unlock(&sbinfo->stat_lock);
	return 0;
}

/* --- inodes --- */

int shmem_reserve_inode(struct super_block *sb)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	int error = 0;

	spin_lock(&sbinfo->stat_lock);
	if (sbinfo->max_inodes && !sbinfo->free_inodes)
		error = -ENOSPC;
	else
		sbinfo->free_inodes--;
	spin_unlock(&sbinfo->stat_lock);
	return error;
}

void shmem_free_inode(struct super_block *sb)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);

	spin_lock(&sbinfo->stat_lock);
	sbinfo->free_inodes++;
	spin_unlock(&sbinfo->stat_lock);
}

static struct inode *tmpfs_alloc_inode(struct super_block *sb)
{
	struct shmem_inode_info *info = kmem_cache_zalloc(shmem_inode_cache, GFP_KERNEL);

	if (!info)
		return NULL;
	INIT_LIST_HEAD(&info->swaplist);
	return &info->vfs_inode;
}

static void tmpfs_free_inode_memory(struct inode *inode)
{
	kmem_cache_free(shmem_inode_cache, SHMEM_I(inode));
}

static void set_operations(struct inode *inode, umode_t mode, dev_t dev)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &tmpfs_file_inode_operations;
		inode->i_fop = &tmpfs_file_operations;
		inode->i_data.a_ops = &shmem_aops;
		break;
	case S_IFDIR:
		inode->i_op = &tmpfs_dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
		inode->i_size = 2 * BOGO_DIRENT_SIZE;
		break;
	case S_IFLNK:
		inode->i_op = &tmpfs_symlink_inode_operations;
		break;
	default:
		inode->i_op = &tmpfs_special_inode_operations;
		init_special_inode(inode, inode->i_mode, dev);
	}
}

struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev)
{
	struct inode *inode;

	if (shmem_reserve_inode(sb))
		return NULL;
	inode = new_inode(sb);
	if (!inode) {
		shmem_free_inode(sb);
		return NULL;
	}
	inode->i_ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	SHMEM_I(inode)->i_crtime = inode->i_mtime;
	inode->i_data.i_pages.ops = &plain_cache_xa_ops;
	SHMEM_I(inode)->flags = VM_NORESERVE;
	SHMEM_I(inode)->seals = F_SEAL_SEAL;
	set_operations(inode, mode, dev);
	return inode;
}

static void tmpfs_evict_inode(struct inode *inode)
{
	if (S_ISREG(inode->i_mode))
		shmem_evict_pages(inode);
	shmem_free_inode(inode->i_sb);
	clear_inode(inode);
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
}

int tmpfs_getattr(const struct path *path, struct kstat *stat)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(inode, stat);
	stat->btime = SHMEM_I(inode)->i_crtime;
	stat->result_mask |= STATX_BTIME;
	return 0;
}

/* --- mounting --- */

static void tmpfs_put_super(struct super_block *sb)
{
	kfree(sb->s_fs_info);
	sb->s_fs_info = NULL;
}

static const struct super_operations tmpfs_sops = {
	.alloc_inode = tmpfs_alloc_inode,
	.free_inode = tmpfs_free_inode_memory,
	.drop_inode = generic_delete_inode,
	.evict_inode = tmpfs_evict_inode,
	.put_super = tmpfs_put_super,
	.statfs = tmpfs_statfs,
	.remount_fs = tmpfs_remount,
	.show_options = tmpfs_show_options,
};

/* A file without a name: its dentry has the name that is to be shown. */
static char *nameless_dname(struct dentry *dentry, char *buf, int len)
{
	int need = snprintf(buf, len, "/%s (deleted)", dentry->d_name.name);

	return need < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_operations nameless_dops = { .d_dname = nameless_dname };

static struct inode *make_root(struct super_block *sb, const struct tmpfs_options *opts)
{
	struct inode *root = shmem_get_inode(sb, NULL, S_IFDIR | opts->mode, 0);

	if (root) {
		root->i_uid = opts->uid;
		root->i_gid = opts->gid;
	}
	return root;
}

static int tmpfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct tmpfs_options opts = {
		.mode = DEFAULT_MODE, .uid = current_fsuid(), .gid = current_fsgid(),
	};
	struct shmem_sb_info *sbinfo;

	if (sb->s_flags & SB_KERNMOUNT) {
		sb->s_d_op = &nameless_dops;
	} else {
		opts.blocks = default_max_blocks();
		opts.inodes = default_max_inodes();
		if (parse_options(data, &opts))
			return -EINVAL;
	}
	sbinfo = kzalloc(sizeof(*sbinfo), GFP_KERNEL);
	if (!sbinfo)
		return -ENOMEM;
	sbinfo->max_blocks = opts.blocks;
	sbinfo->max_inodes = sbinfo->free_inodes = opts.inodes;
	sbinfo->mode = opts.mode;
	sbinfo->uid = opts.uid;
	sbinfo->gid = opts.gid;
	spin_lock_init(&sbinfo->stat_lock, RANK_ICACHE);
	sb->s_fs_info = sbinfo;
	sb->s_op = &tmpfs_sops;
	sb->s_magic = TMPFS_MAGIC;
	sb->s_root = d_make_root(make_root(sb, &opts));
	if (sb->s_root)
		return 0;
	tmpfs_put_super(sb);		/* kill_sb calls it only for what has a root */
	return -ENOMEM;
}

static struct dentry *tmpfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_nodev(type, flags, data, tmpfs_fill_super);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs",
	.mount = tmpfs_mount,
	.kill_sb = kill_litter_super,
};

static void tmpfs_init(void)
{
	shmem_inode_cache =
		kmem_cache_create("shmem_inode_cache", sizeof(struct shmem_inode_info), 0, NULL);
	register_filesystem(&tmpfs_type);
	shm_mnt = kern_mount(&tmpfs_type);
	BUG_ON(IS_ERR(shm_mnt));
}
fs_initcall(tmpfs_init);
