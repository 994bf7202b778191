// SPDX-License-Identifier: MIT
/*
 * Block devices as files: /dev/vda and the page cache of the whole device, which also holds every
 * file system's metadata (fs/buffer.h).
 */
#ifndef FS_BDEV_H
#define FS_BDEV_H

#include "lib/types.h"

struct block_device;
struct file_operations;
struct inode;

extern const struct file_operations def_blk_fops;

/* Opens for use by the kernel; @holder not NULL: for itself alone (-EBUSY).  ERR_PTR: -ENXIO, … */
struct block_device *blkdev_get_by_dev(dev_t dev, bool write, void *holder);
/* By name ("/dev/vda1", a path in the tree, or before there is one a disk's name). */
struct block_device *blkdev_get_by_path(const char *path, bool write, void *holder);
/* the last one writes back and drops the page cache */
void blkdev_put(struct block_device *bdev, void *holder);
int sync_blockdev(struct block_device *bdev);		/* writes and waits: 0 or -EIO */
void invalidate_bdev(struct block_device *bdev);	/* clean folios go */
u64 bdev_nr_bytes(const struct block_device *bdev);
/* Writes out every device. */
void iterate_bdevs_sync(void);
/* Folios in the page caches of devices: "Buffers" in /proc/meminfo. */
unsigned long nr_blockdev_pages(void);

#endif
