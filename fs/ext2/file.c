// SPDX-License-Identifier: MIT
/* Regular files. */
#include "fs/bdev.h"
#include "fs/ext2/ext2.h"
#include "mm/filemap.h"
#include "mm/mm_types.h"
#include "mm/writeback.h"

#include <linux/fs.h>

/*
 * Data first, then the inode, then the device's metadata as a whole: the blocks of pointers that
 * the file needs are not told apart from other files'.
 */
int ext2_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	int error = S_ISREG(inode->i_mode) ? file_write_and_wait_range(file, start, end) : 0;

	/* I_SYNC: who writes it out just now has taken the bit, and may not be done. */
	if (!error && (!datasync || inode->i_state & (I_DIRTY_DATASYNC | I_SYNC)))
		error = sync_inode_metadata(inode, 1);
	return error ?: sync_blockdev(inode->i_sb->s_bdev);
}

static const struct vm_operations_struct ext2_vm_ops = {
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = ext2_page_mkwrite,
};

static int ext2_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	vma->vm_ops = &ext2_vm_ops;
	return 0;
}

/* The begin of the next hole or of the next data from @pos on. */
static loff_t seek_hole_data(struct inode *inode, loff_t pos, bool data)
{
	loff_t size = i_size_read(inode);
	unsigned int bits = inode->i_blkbits;
	struct extent extent;
	int error;

	if (pos < 0 || pos >= size)
		return -ENXIO;
	while (pos < size) {
		error = ext2_get_extent(inode, pos >> bits,
					((size - 1) >> bits) - (pos >> bits) + 1, &extent);
		if (error)
			return error;
		if (extent.mapped == data)
			return pos;
		pos = (loff_t)(extent.block + extent.count) << bits;
	}
	return data ? -ENXIO : size;
}

static loff_t ext2_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t pos;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	inode_lock_shared(inode);
	pos = seek_hole_data(inode, offset, whence == SEEK_DATA);
	inode_unlock_shared(inode);
	if (pos >= 0)
		file->f_pos = pos;
	return pos;
}

const struct file_operations ext2_file_operations = {
	.llseek = ext2_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = ext2_file_mmap,
	.fsync = ext2_fsync,
};

const struct inode_operations ext2_file_inode_operations = {
	.setattr = ext2_setattr,
	.getattr = ext2_getattr,
};
