// SPDX-License-Identifier: MIT
/*
 * The block layer: from a bio (a run of sectors of one device and the memory for them) to a driver's requests.
 *
 * Sectors are 512 bytes.  submit_bio() does not wait; the driver completes in interrupt context, where
 * bio->bi_end_io is called: it must not sleep.  Bios come from a reserve that is refilled as bios complete, so that
 * a bio_alloc that may sleep never fails.  Neighbours are merged into one request: within a plug
 * (blk_start_plug .. blk_finish_plug) and with requests that still wait in the device's queue.
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include "lib/list.h"
#include "lib/types.h"
#include "mm/gfp.h"

struct folio;
struct bio;
struct gendisk;
struct inode;

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512
#define BIO_MAX_VECS	64

enum req_op { REQ_OP_READ, REQ_OP_WRITE, REQ_OP_FLUSH };

struct bio_vec {
	unsigned long phys;		/* of the first byte */
	u32 len;			/* bytes */
	struct folio *folio;		/* NULL: memory that is not a folio of its own */
};

struct bio {
	struct block_device *bi_bdev;
	enum req_op bi_op;
	u64 bi_sector;			/* of the partition; remapped to the disk's at submit */
	u32 bi_size;			/* bytes, multiple of 512 */
	u16 bi_vcnt, bi_max_vecs;
	int bi_status;			/* at completion: 0 or -EIO, … */
	void (*bi_end_io)(struct bio *bio);	/* frees it with bio_put() */
	void *bi_private;
	struct bio *bi_next;		/* the block layer's */
	struct bio_vec *bi_io_vec;
};

/* A disk or a partition of it: what /dev/vda and /dev/vda1 name. */
struct block_device {
	struct gendisk *bd_disk;
	dev_t bd_dev;			/* as st_rdev */
	u64 bd_start_sect, bd_nr_sectors;
	int bd_partno;			/* 0: the whole disk */
	char bd_name[16];		/* "vda1" */
	struct inode *bd_inode;		/* its page cache; made by fs/bdev.c at first open */
	int bd_openers;
	void *bd_holder;		/* who has it for himself: a mounted super block, a swap area */
	struct list_head bd_list;	/* of all devices, in order of appearance */
	u64 stat_ios[2], stat_sectors[2];	/* [0] read [1] write */
};

/*
 * A request as the driver sees it: neighbouring bios of one direction.  The driver transfers their bi_io_vecs in
 * order and then calls blk_end_request() (interrupt context, no lock held).
 */
struct request {
	enum req_op op;
	u64 sector;			/* of the disk */
	u32 bytes, nr_segments;
	struct bio *bio, *biotail;
	struct list_head list;
	struct gendisk *disk;
	u64 start_ns;
};

struct block_device_ops {
	/* Starts @rq if there is room: 0, or -EBUSY (it will be offered again after a completion).  Queue lock held, irqs off. */
	int (*queue_rq)(struct gendisk *disk, struct request *rq);
	/* Tells the device about what queue_rq put in, one notification a batch.  Queue lock held. */
	void (*commit_rqs)(struct gendisk *disk);
};

/* Makes the disk and its partitions (MBR, GPT) known; reads the table, so may sleep.  @name "vda". */
int add_disk(struct gendisk *disk);
struct gendisk *alloc_disk(const char *name, int major, int first_minor, u64 nr_sectors,
			   const struct block_device_ops *ops, void *driver_data);
void blk_end_request(struct request *rq, int status);
/* Limits the driver sets before add_disk(). */
void blk_set_limits(struct gendisk *disk, u32 max_segments, u32 max_bytes, bool has_flush, bool read_only);
bool bdev_read_only(const struct block_device *bdev);
bool blk_rotational(const struct gendisk *disk);
void blk_set_rotational(struct gendisk *disk, bool rotational);
void *disk_driver_data(const struct gendisk *disk);
const char *disk_name(const struct gendisk *disk);

/* By name ("vda1", "/dev/vda1") or number; NULL: none.  Iteration: *pos from NULL, in order of appearance. */
struct block_device *bdev_find(const char *name);
struct block_device *bdev_find_dev(dev_t dev);
struct block_device *bdev_next(struct block_device *pos);

/*
 * A bio with room for @nr_vecs (at most BIO_MAX_VECS).  With __GFP_DIRECT_RECLAIM it may sleep and does not fail;
 * else NULL when the reserve is empty.
 */
struct bio *bio_alloc(struct block_device *bdev, int nr_vecs, enum req_op op, gfp_t gfp);
void bio_put(struct bio *bio);
/* Appends memory; false: no room (submit and take another). */
bool bio_add_folio(struct bio *bio, struct folio *folio, size_t len, size_t offset);
bool bio_add_phys(struct bio *bio, unsigned long phys, size_t len);
/* A bio that leaves the device completes at once with -EIO. */
void submit_bio(struct bio *bio);
/* Submits and sleeps until done: 0 or -errno.  The bio is still the caller's. */
int submit_bio_wait(struct bio *bio);
/* What was written before has reached the medium when this returns 0 (virtio 1.2 §5.2.6: FLUSH). */
int blkdev_issue_flush(struct block_device *bdev);

struct blk_plug {
	struct bio *head, *tail;
	struct blk_plug *outer;
	int count;
};
/* Between these the task's own bios are gathered and merged; schedule() sends them off, so nobody waits for them. */
void blk_start_plug(struct blk_plug *plug);
void blk_finish_plug(struct blk_plug *plug);
void blk_flush_plug(void);		/* sends off current's gathered bios */

#endif
