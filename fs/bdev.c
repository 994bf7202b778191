// SPDX-License-Identifier: MIT
/*
 * A block device's file side. Each device has one inode of the internal file system "bdev" whose
 * address space is the device's page cache; every device node's open file uses that one.
 *
 * bdev_mutex covers bd_openers and bd_holder. The last user writes the cache back and empties it.
 */
#include "fs/bdev.h"
#include "arch/riscv/uaccess.h"
#include "drivers/block.h"
#include "fs/buffer.h"
#include "fs/dcache.h"
#include "fs/direct_io.h"
#include "fs/file.h"
#include "fs/fs_struct.h"
#include "fs/libfs.h"
#include "fs/mount.h"
#include "fs/mpage.h"
#include "fs/namei.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/mutex.h"
#include "kernel/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/mm_types.h"
#include "mm/readahead.h"
#include "mm/writeback.h"

#include <linux/fs.h>

static DEFINE_MUTEX(bdev_mutex, RANK_BDEV);
static struct vfsmount *bdev_mnt;

u64 bdev_nr_bytes(const struct block_device *bdev)
{
	return bdev->bd_nr_sectors << SECTOR_SHIFT;
}

/* --- the page cache of a device --- */

static int blkdev_get_extent(struct inode *inode, u64 block, u64 max, struct extent *extent)
{
	*extent = (struct extent){ .block = block, .count = max, .phys = block, .mapped = true };
	return 0;
}

static int blkdev_read_folio(struct file *file, struct folio *folio)
{
	int error;

	if (!folio_buffers(folio))
		return mpage_read_folio(folio, blkdev_get_extent);
	error = read_folio_buffers(folio);
	folio_end_read(folio, !error);
	return error;
}

static void blkdev_readahead(struct readahead_control *rac)
{
	mpage_readahead(rac, blkdev_get_extent);
}

/* A folio with buffers goes by itself; the others are gathered. */
static int blkdev_writepage(struct folio *folio, struct writeback_control *wbc, void *data)
{
	if (!folio_buffers(folio))
		return mpage_writepage(folio, wbc, data);
	write_folio_buffers(folio);
	return 0;
}

static int blkdev_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	return mpage_writepages_with(mapping->host, wbc, blkdev_get_extent, blkdev_writepage);
}

/* Uptodate, locked and in the cache; or ERR_PTR. */
static struct folio *read_and_lock_folio(struct address_space *mapping, pgoff_t index,
					 struct file *file)
{
	struct folio *folio;

	for (;;) {
		folio = read_mapping_folio(mapping, index, file);
		if (IS_ERR(folio))
			return folio;
		folio_lock(folio);
		if (likely(folio->mapping == mapping))
			return folio;
		folio_unlock(folio);
		folio_put(folio);
	}
}

static int blkdev_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
			      unsigned int len, struct folio **foliop, void **fsdata)
{
	struct folio *folio;

	if (len < PAGE_SIZE) {
		folio = read_and_lock_folio(mapping, pos >> PAGE_SHIFT, file);
		if (IS_ERR(folio))
			return PTR_ERR(folio);
	} else {
		folio = filemap_write_begin_folio(mapping, pos >> PAGE_SHIFT);
		if (!folio)
			return -ENOMEM;
	}
	*foliop = folio;
	return 0;
}

static int blkdev_write_end(struct file *file, struct address_space *mapping, loff_t pos,
			    unsigned int len, unsigned int copied, struct folio *folio,
			    void *fsdata)
{
	size_t from = offset_in_page(pos);

	if (copied < len && !folio_test_uptodate(folio))
		copied = 0;
	if (copied) {
		folio_set_uptodate(folio);
		dirty_folio_buffers(folio, from, from + copied);
		filemap_dirty_folio(mapping, folio);
	}
	folio_unlock(folio);
	folio_put(folio);
	return copied;
}

/* A store through a mapping: nobody knows to which block. */
static bool blkdev_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	if (folio_buffers(folio))
		dirty_folio_buffers(folio, 0, PAGE_SIZE);
	return filemap_dirty_folio(mapping, folio);
}

static bool blkdev_release_folio(struct folio *folio, gfp_t gfp)
{
	return try_to_free_buffers(folio);
}

static ssize_t blkdev_direct_IO(struct kiocb *iocb, struct iov_iter *iter)
{
	static const struct direct_ops ops = { .get_extent = blkdev_get_extent };
	struct inode *inode = iocb->ki_filp->f_mapping->host;

	return blockdev_direct_IO(iocb, iter, inode->i_bdev, &ops);
}

static const struct address_space_operations def_blk_aops = {
	.read_folio = blkdev_read_folio,
	.readahead = blkdev_readahead,
	.writepages = blkdev_writepages,
	.dirty_folio = blkdev_dirty_folio,
	.write_begin = blkdev_write_begin,
	.write_end = blkdev_write_end,
	.invalidate_folio = block_invalidate_folio,
	.release_folio = blkdev_release_folio,
	.direct_IO = blkdev_direct_IO,
};

/* --- the life of an open device --- */

static struct block_device *blkdev_get(struct block_device *bdev, bool write, void *holder)
{
	int error = 0;

	if (write && bdev_read_only(bdev))
		return ERR_PTR(-EACCES);
	mutex_lock(&bdev_mutex);
	if (holder && bdev->bd_holder && bdev->bd_holder != holder) {
		error = -EBUSY;
	} else {
		bdev->bd_openers++;
		if (holder) {
			bdev->bd_holder = holder;
			bdev->bd_holders++;
		}
	}
	mutex_unlock(&bdev_mutex);
	return error ? ERR_PTR(error) : bdev;
}

struct block_device *blkdev_get_by_dev(dev_t dev, bool write, void *holder)
{
	struct block_device *bdev = bdev_find_dev(dev);

	return bdev ? blkdev_get(bdev, write, holder) : ERR_PTR(-ENXIO);
}

/* The device that a path names: 0, -ENOTBLK, -ENOENT, … */
static int lookup_bdev(const char *name, dev_t *dev)
{
	struct path path;
	int error = kern_path(name, LOOKUP_FOLLOW, &path);

	if (error)
		return error;
	*dev = path.dentry->d_inode->i_rdev;
	if (!S_ISBLK(path.dentry->d_inode->i_mode))
		error = -ENOTBLK;
	else if (path.mnt->mnt_flags & MNT_NODEV)
		error = -EACCES;
	path_put(&path);
	return error;
}

struct block_device *blkdev_get_by_path(const char *name, bool write, void *holder)
{
	struct block_device *bdev;
	dev_t dev;
	int error;

	if (!name || !*name)
		return ERR_PTR(-EINVAL);
	if (!init_fs_has_root()) {
		bdev = bdev_find(name);
		return bdev ? blkdev_get(bdev, write, holder) : ERR_PTR(-ENXIO);
	}
	error = lookup_bdev(name, &dev);
	return error ? ERR_PTR(error) : blkdev_get_by_dev(dev, write, holder);
}

void blkdev_put(struct block_device *bdev, void *holder)
{
	mutex_lock(&bdev_mutex);
	if (holder && !--bdev->bd_holders)
		bdev->bd_holder = NULL;
	if (!--bdev->bd_openers) {
		sync_blockdev(bdev);
		truncate_inode_pages(bdev->bd_inode->i_mapping, 0);
	}
	mutex_unlock(&bdev_mutex);
}

int sync_blockdev(struct block_device *bdev)
{
	int error = filemap_write_and_wait(bdev->bd_inode->i_mapping);

	return error ?: blkdev_issue_flush(bdev);
}

void invalidate_bdev(struct block_device *bdev)
{
	invalidate_mapping_pages(bdev->bd_inode->i_mapping, 0, ~0UL);
}

void iterate_bdevs_sync(void)
{
	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		sync_blockdev(bdev);
}

unsigned long nr_blockdev_pages(void)
{
	unsigned long pages = 0;

	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		if (bdev->bd_inode)
			pages += bdev->bd_inode->i_data.nrpages;
	return pages;
}

/* --- device nodes --- */

static struct block_device *file_bdev(const struct file *file)
{
	return file->f_mapping->host->i_bdev;
}

static int blkdev_open(struct inode *inode, struct file *file)
{
	struct block_device *bdev = blkdev_get_by_dev(inode->i_rdev, file->f_mode & FMODE_WRITE,
						      file->f_flags & O_EXCL ? file : NULL);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	file->private_data = file->f_flags & O_EXCL ? file : NULL;
	file->f_mapping = bdev->bd_inode->i_mapping;
	file_ra_state_init(&file->f_ra, file->f_mapping);
	file->f_wb_err = errseq_sample(&file->f_mapping->wb_err);
	return 0;
}

static void blkdev_release(struct inode *inode, struct file *file)
{
	blkdev_put(file_bdev(file), file->private_data);
}

/* A device does not grow: a write ends at its end. */
static ssize_t blkdev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	loff_t size = i_size_read(inode);
	size_t cut;
	ssize_t done;

	iocb->ki_flags &= ~IOCB_APPEND;		/* nor does it have an end to append to */
	if (!iov_iter_count(from))
		return 0;
	if (iocb->ki_pos >= size)
		return -ENOSPC;
	cut = max_t(loff_t, (loff_t)iov_iter_count(from) - (size - iocb->ki_pos), 0);
	iov_iter_truncate(from, iov_iter_count(from) - cut);
	done = generic_file_write_iter(iocb, from);
	iov_iter_reexpand(from, iov_iter_count(from) + cut);
	return done;
}

static const struct vm_operations_struct blkdev_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = filemap_page_mkwrite,
};

static int blkdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &blkdev_vm_ops;
	return 0;
}

static int blkdev_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	int error = file_write_and_wait_range(file, start, end);

	return error ?: blkdev_issue_flush(file_bdev(file));
}

static long blkdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct block_device *bdev = file_bdev(file);
	void __user *user = (void *)arg;

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user(bdev_nr_bytes(bdev), (u64 *)user);
	case BLKGETSIZE:
		return put_user(bdev->bd_nr_sectors, (unsigned long *)user);
	case BLKSSZGET:
		return put_user(SECTOR_SIZE, (int *)user);
	case BLKBSZGET:
		return put_user(PAGE_SIZE, (int *)user);
	case BLKROGET:
		return put_user(bdev_read_only(bdev), (int *)user);
	case BLKFLSBUF:
		if (!capable(CAP_SYS_ADMIN))
			return -EACCES;
		sync_blockdev(bdev);
		invalidate_bdev(bdev);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

const struct file_operations def_blk_fops = {
	.open = blkdev_open,
	.release = blkdev_release,
	.llseek = generic_file_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = blkdev_write_iter,
	.mmap = blkdev_mmap,
	.fsync = blkdev_fsync,
	.unlocked_ioctl = blkdev_ioctl,
};

/* --- the internal file system --- */

static const struct super_operations bdev_sops = {
	.statfs = simple_statfs,
};

static int bdev_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_op = &bdev_sops;
	sb->s_magic = BDEVFS_MAGIC;
	root = new_inode(sb);
	if (root)
		root->i_mode = S_IFDIR | 0555;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *bdev_mount(struct file_system_type *type, int flags, const char *dev_name,
				 void *data)
{
	return mount_nodev(type, flags, data, bdev_fill_super);
}

static struct file_system_type bdev_type = {
	.name = "bdev",
	.mount = bdev_mount,
	.kill_sb = kill_anon_super,
};

static void bdev_init(void)
{
	bdev_mnt = kern_mount(&bdev_type);
	BUG_ON(IS_ERR(bdev_mnt));
}
fs_initcall(bdev_init);

static void make_bd_inode(struct block_device *bdev)
{
	struct inode *inode = new_inode(bdev_mnt->mnt_sb);

	if (!inode)
		panic("no memory for the inode of %s", bdev->bd_name);
	inode->i_mode = S_IFBLK;
	inode->i_ino = get_next_ino();
	inode->i_rdev = bdev->bd_dev;
	inode->i_bdev = bdev;
	inode->i_blkbits = SECTOR_SHIFT;
	inode->i_data.a_ops = &def_blk_aops;
	inode->i_data.gfp_mask = GFP_NOFS | __GFP_MOVABLE;
	i_size_write(inode, bdev_nr_bytes(bdev));
	bdev->bd_inode = inode;
}

/* All devices are there, and nobody has opened one. */
static void make_bd_inodes(void)
{
	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		make_bd_inode(bdev);
}
late_initcall(make_bd_inodes);
