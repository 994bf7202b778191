// SPDX-License-Identifier: MIT
/* Open files: their birth, and what the last reference takes with it. */
#include "fs/file.h"
#include "fs/dcache.h"
#include "fs/locks.h"
#include "fs/mount.h"
#include "fs/super.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "lib/err.h"
#include "mm/readahead.h"
#include "mm/slab.h"

static struct kmem_cache *file_cache;
static atomic_long_t nr_file;

unsigned long nr_files(void)
{
	return atomic_long_read(&nr_file);
}

static unsigned int mode_of_flags(unsigned int flags)
{
	/* O_RDONLY 0, O_WRONLY 1, O_RDWR 2 become bits 0 and 1 */
	unsigned int mode = (flags + 1) & O_ACCMODE;

	return mode | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
}

struct file *alloc_empty_file(unsigned int flags)
{
	struct file *file = kmem_cache_zalloc(file_cache, GFP_KERNEL);

	if (!file)
		return ERR_PTR(-ENOMEM);
	atomic_long_set(&file->f_count, 1);
	file->f_flags = flags;
	file->f_mode = mode_of_flags(flags);
	mutex_init(&file->f_pos_lock, RANK_FILE_POS);
	file->f_cred = get_cred(current_cred());
	atomic_long_inc(&nr_file);
	return file;
}

static void file_free(struct file *file)
{
	put_cred(file->f_cred);
	atomic_long_dec(&nr_file);
	kmem_cache_free(file_cache, file);
}

/* For a file whose open failed: nothing but the descriptor itself is there to be undone. */
void discard_file(struct file *file)
{
	file_free(file);
}

void file_set_path(struct file *file, const struct path *path)
{
	file->f_path = *path;
	file->f_inode = path->dentry->d_inode;
	file->f_mapping = file->f_inode->i_mapping;
	file_ra_state_init(&file->f_ra, file->f_mapping);
	file->f_wb_err = errseq_sample(&file->f_mapping->wb_err);
	file->f_sb_err = errseq_sample(&path->dentry->d_sb->s_wb_err);
}

struct file *alloc_file(const struct path *path, unsigned int flags,
			const struct file_operations *fops)
{
	struct file *file = alloc_empty_file(flags);

	if (IS_ERR(file))
		return file;
	file_set_path(file, path);
	file->f_op = fops;
	file->f_mode |= FMODE_OPENED;
	return file;
}

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       unsigned int flags, const struct file_operations *fops)
{
	struct path path = { .mnt = mntget(mnt), .dentry = d_alloc_pseudo(mnt->mnt_sb, name) };
	struct file *file;

	if (!path.dentry) {
		mntput(mnt);
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	d_instantiate(path.dentry, inode);
	file = alloc_file(&path, flags, fops);
	if (IS_ERR(file))
		path_put(&path);
	return file;
}

void __fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (inode->i_flctx)
		locks_remove_file(file);
	if (file->f_mode & FMODE_OPENED && file->f_op->release)
		file->f_op->release(inode, file);
	if (file->f_mode & FMODE_WRITER)
		put_write_access(inode);
	path_put(&file->f_path);
	file_free(file);
}

int get_write_access(struct inode *inode)
{
	int count = atomic_read(&inode->i_writecount);

	do {
		if (count < 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&inode->i_writecount, &count, count + 1));
	return 0;
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

int deny_write_access(struct file *file)
{
	int count = atomic_read(&file->f_inode->i_writecount);

	do {
		if (count > 0)
			return -ETXTBSY;
	} while (!atomic_try_cmpxchg(&file->f_inode->i_writecount, &count, count - 1));
	return 0;
}

void allow_write_access(struct file *file)
{
	if (file)
		atomic_inc(&file->f_inode->i_writecount);
}

static void file_init(void)
{
	file_cache = kmem_cache_create("filp", sizeof(struct file), 0, NULL);
}
core_initcall(file_init);
