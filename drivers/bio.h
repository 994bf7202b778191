// SPDX-License-Identifier: MIT
/*
 * A bio: a run of sectors of one device and the memory for them, as a file system or the swap code
 * asks for it.
 *
 * Bios come from a reserve (drivers/bio.c), so that writing memory out needs no memory: a
 * bio_alloc() that may sleep never fails.  For that to be true nobody may hold a bio that he has
 * not submitted while he asks for another.
 *
 * Every bio carries the request that it may become the first part of, so that submit_bio()
 * allocates nothing.
 */
#ifndef DRIVERS_BIO_H
#define DRIVERS_BIO_H

#include "lib/list.h"
#include "lib/types.h"
#include "mm/gfp.h"

struct bio;
struct block_device;
struct folio;

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512
#define BIO_MAX_VECS	64

enum req_op { REQ_OP_READ, REQ_OP_WRITE, REQ_OP_FLUSH, NR_REQ_OPS };

struct bio_vec {
	unsigned long phys;		/* of the first byte */
	u32 len;			/* bytes */
	struct folio *folio;		/* NULL: memory that is not a folio of its own */
};

/*
 * What a driver sees: neighbouring bios of one operation.  It transfers their bi_io_vecs in order.
 */
struct request {
	enum req_op op;
	int status;			/* 0 or -errno: the driver's answer */
	u64 sector;			/* of the disk, not of the partition */
	u32 bytes, nr_segments;		/* nr_segments: bio_vecs of all its bios */
	u32 merges;			/* so many bios were put to the first one */
	bool alone;			/* stays of one bio: it has failed in company */
	struct bio *bio, *biotail;	/* linked by bi_next */
	struct block_device *bdev;	/* of all its bios */
	struct list_head list;
	u64 start_ns;
	u64 driver_area[4];		/* the driver's, while it has the request; for DMA, too */
};

struct bio {
	struct block_device *bi_bdev;
	enum req_op bi_op;
	int bi_status;			/* at completion: 0, -EIO, -EROFS */
	u64 bi_sector;			/* of the partition */
	u32 bi_size;			/* bytes, a multiple of 512 */
	u16 bi_vcnt, bi_max_vecs;
	/*
	 * Interrupt context, or the submitter's own if the bio fails at once; no lock of the block
	 * layer held.  Must not sleep, take locks that are taken with interrupts on, or submit.
	 * Frees the bio with bio_put().
	 */
	void (*bi_end_io)(struct bio *bio);
	void *bi_private;		/* the submitter's */
	struct bio *bi_next;
	struct bio_vec *bi_io_vec;
	struct bio_pool *bi_pool;
	struct request bi_request;
};

/*
 * With room for @nr_vecs (at most BIO_MAX_VECS; fewer if the device takes fewer).  With
 * __GFP_DIRECT_RECLAIM it may sleep and does not fail; else NULL when the reserve is empty.
 */
struct bio *bio_alloc(struct block_device *bdev, int nr_vecs, enum req_op op, gfp_t gfp);
void bio_put(struct bio *bio);		/* any context */
/*
 * Appends memory, at most PAGE_SIZE a call; false: no room (submit and take another).  The first
 * one always fits.
 */
bool bio_add_folio(struct bio *bio, struct folio *folio, size_t len, size_t offset);
bool bio_add_phys(struct bio *bio, unsigned long phys, size_t len);

#endif
