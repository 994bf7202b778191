// SPDX-License-Identifier: MIT
/* O_DIRECT: between user memory and the device, past the page cache. */
#ifndef FS_DIRECT_IO_H
#define FS_DIRECT_IO_H

#include "fs/mpage.h"
#include "lib/types.h"

struct block_device;
struct iov_iter;
struct kiocb;

/*
 * a_ops->direct_IO of a file whose blocks @get_extent finds on @bdev. Position, addresses and
 * lengths must be multiples of 512 (-EINVAL). Ends early at the file's end, and when writing at a
 * hole: what is left is the page cache's. Bytes or -errno.
 */
ssize_t bounced_direct_IO(struct kiocb *iocb, struct iov_iter *iter, struct block_device *bdev,
			  get_extent_t *get_extent);

#endif
