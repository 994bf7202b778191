// SPDX-License-Identifier: MIT
/*
 * Disks and their partitions: what there is, under which name and number.  They appear while
 * devices are probed and never go away, so looking takes no lock.
 */
#ifndef DRIVERS_GENHD_H
#define DRIVERS_GENHD_H

#include "drivers/bio.h"
#include "kernel/spinlock.h"
#include "lib/list.h"
#include "lib/types.h"

struct block_device_ops;
struct gendisk;
struct inode;

#define DISK_NAME_LEN	16
#define VM_READAHEAD_PAGES 128		/* 512 KiB: two such windows keep a disk busy */
#define DISK_MINORS	16		/* the disk itself and partitions 1 to 15 */

/* For /proc/diskstats; requests, not bios.  Under the disk's lock. */
struct disk_stats {
	u64 ios[NR_REQ_OPS];		/* completed */
	u64 merges[NR_REQ_OPS];		/* bios that became part of a neighbour's request */
	u64 sectors[NR_REQ_OPS];
	u64 ns[NR_REQ_OPS];		/* from submit to completion, summed over requests */
	u32 in_flight;			/* submitted and not completed */
	u64 busy_ns;			/* with in_flight > 0, up to the last change from or to 0 */
	u64 busy_since;
};

/* A disk or a partition of it: what /dev/vda and /dev/vda1 name. */
struct block_device {
	struct gendisk *bd_disk;
	dev_t bd_dev;			/* MKDEV(major, minor) */
	u64 bd_start_sect, bd_nr_sectors;
	int bd_partno;			/* 0: the whole disk */
	char bd_name[DISK_NAME_LEN];	/* "vda1" */
	struct inode *bd_inode;		/* its page cache; made by fs/bdev.c at boot */
	int bd_openers;
	int bd_holders;			/* claims by bd_holder */
	void *bd_holder;		/* who has it for himself: a super block, a swap area */
	bool bd_make_it_fail;		/* its bios may fail on purpose (drivers/block.c) */
	struct list_head bd_list;	/* of all devices, in order of appearance */
	struct disk_stats bd_stats;
};

/* What one request may be; the driver knows. */
struct disk_limits {
	u32 max_segments;
	u32 max_bytes;
	u32 logical_block_size;		/* bytes; requests start and end on a multiple of it */
	bool has_flush;			/* it caches writes, and REQ_OP_FLUSH empties that cache */
	bool read_only;
	bool synchronous;		/* it is memory: a request is over when it is submitted */
};

struct gendisk {
	struct block_device part0;	/* the whole disk */
	const struct block_device_ops *ops;
	void *driver_data;
	struct disk_limits limits;
	bool rotational;
	bool stable_writes;		/* what is being written must not change meanwhile */
	unsigned int ra_pages;		/* readahead's largest window for who opens a file now */

	struct spinlock lock;		/* queue, statistics, the driver's ring; interrupts off */
	struct list_head waiting;	/* requests that the driver has not taken */
	struct list_head alone;		/* that failed in company, to be made one at a time */
	bool alone_busy;		/* one of those is under way */
};

/* @name "vda"; kept as it is by add_disk().  NULL: no memory. */
struct gendisk *alloc_disk(const char *name, int major, int first_minor, u64 nr_sectors,
			   const struct block_device_ops *ops, const struct disk_limits *limits,
			   void *driver_data);
/* Makes the disk and its partitions (MBR, GPT) known; reads the table, so sleeps.  Boot only. */
void add_disk(struct gendisk *disk);

static inline bool bdev_read_only(const struct block_device *bdev)
{
	return bdev->bd_disk->limits.read_only;
}

static inline bool blk_rotational(const struct gendisk *disk)
{
	return disk->rotational;
}

/* A hint for readahead and swap-in; true at first, as Linux has it for a disk that does not say. */
static inline void blk_set_rotational(struct gendisk *disk, bool rotational)
{
	disk->rotational = rotational;
}

/* Of a device that sums or packs what it writes; counts for what is opened or turned on after. */
static inline bool blk_stable_writes(const struct gendisk *disk)
{
	return disk->stable_writes;
}

static inline const char *disk_name(const struct gendisk *disk)
{
	return disk->part0.bd_name;
}

/* By name ("vda1", "/dev/vda1") or number; NULL: none. */
struct block_device *bdev_find(const char *name);
struct block_device *bdev_find_dev(dev_t dev);
/*
 * All of them in order of appearance, a disk before its partitions; @pos NULL: the first.  NULL: no
 * more.
 */
struct block_device *bdev_next(struct block_device *pos);

#endif
