// SPDX-License-Identifier: MIT
/* O_DIRECT: between user memory and the device, past the page cache. */
#ifndef FS_DIRECT_IO_H
#define FS_DIRECT_IO_H

#include "fs/mpage.h"
#include "lib/types.h"

struct block_device;
struct iov_iter;
struct kiocb;

/* Where the blocks of a file are, and how it gets new ones. */
struct direct_ops {
	get_extent_t *get_extent;
	/* Allocates @count blocks from @block on, all behind the file's end; NULL: never. */
	int (*alloc)(struct inode *inode, u64 block, unsigned int count);
};

/*
 * a_ops->direct_IO of a file on @bdev.  Position, addresses and lengths must be multiples of the
 * device's logical block (-EINVAL).  A read ends at the file's end; a write at a hole, and at what
 * is less than a block behind the file's end: the rest is left to the page cache.  Bytes or -errno;
 * an I/O error anywhere counts for all.
 *
 * The caller has written back the range; for writing it holds i_rwsem and has taken the range out
 * of the page cache.
 */
ssize_t blockdev_direct_IO(struct kiocb *iocb, struct iov_iter *iter, struct block_device *bdev,
			   const struct direct_ops *ops);

#endif
