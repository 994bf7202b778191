// SPDX-License-Identifier: MIT
/*
 * The block layer: from bios to a driver's requests.
 *
 * submit_bio() does not wait.  Neighbours become one request: within a plug (blk_start_plug ..
 * blk_finish_plug) and with requests that still wait in the disk's queue.  A queue is first in,
 * first out; a device may finish requests in any order, so who needs one write to follow another
 * waits for the first.
 *
 *   bio = bio_alloc(bdev, n, REQ_OP_READ, GFP_NOIO);
 *   bio->bi_sector = …; bio->bi_end_io = …;
 *   while (bio_add_folio(bio, …)) …
 *   submit_bio(bio);				// bi_end_io comes later, in interrupt context
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include "drivers/bio.h"
#include "drivers/genhd.h"
#include "lib/list.h"
#include "lib/types.h"

/* All but submit_bio are called with the disk's lock held and interrupts off. */
struct block_device_ops {
	/*
	 * Not NULL: the device has no queue, and the rest is not used.  Does all of @bio, without a
	 * lock and without sleeping: 0 or -errno.
	 */
	int (*submit_bio)(struct bio *bio);
	/*
	 * Takes @rq: 0; -EBUSY if there is no room (it is offered again after a completion); any
	 * other error fails the request at once.
	 */
	int (*queue_rq)(struct gendisk *disk, struct request *rq);
	/* Tells the device about what queue_rq has taken, one notification a batch. */
	void (*commit_rqs)(struct gendisk *disk);
	/* Moves the requests that the device has finished to @done, their status set. */
	void (*reap)(struct gendisk *disk, struct list_head *done);
};

/*
 * The driver's interrupt handler calls this, no lock held: reaps, starts what waited, completes the
 * bios.
 */
void blk_interrupt(struct gendisk *disk);

/*
 * Task context only, never an interrupt handler; does not sleep, and may be called with interrupts
 * off and with spinlocks that rank above RANK_BLOCK.  A bio that leaves its device, or is no whole
 * number of sectors, completes with -EIO, a write to a read-only disk with -EROFS, both before this
 * returns.
 */
void submit_bio(struct bio *bio);
/*
 * Submits and sleeps until done: 0 or -errno.  The bio is still the caller's; bi_end_io and
 * bi_private are used.
 */
int submit_bio_wait(struct bio *bio);
/*
 * What was *completed* before the call has reached the medium when this returns 0 (virtio 1.2
 * §5.2.6.2: FLUSH covers completed writes only, so wait for your writes first).  Sleeps.
 */
int blkdev_issue_flush(struct block_device *bdev);

struct blk_plug {
	struct list_head requests;
	int count;
};
/*
 * Between these the task's own bios are gathered and merged; schedule() sends them off, so nobody
 * waits for what he has not sent.  In a plug within a plug, the outer one gathers.
 */
void blk_start_plug(struct blk_plug *plug);
void blk_finish_plug(struct blk_plug *plug);
void blk_flush_plug(void);		/* sends off current's gathered bios */

#endif
