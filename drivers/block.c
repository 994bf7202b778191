// SPDX-License-Identifier: MIT
/*
 * The way of a request:
 *
 *   submit_bio ──► plug of the task ──► disk->waiting ──► driver ──► reap ──► bi_end_io of each bio
 *              │   (if there is one)    merge, FIFO       (ring)     (interrupt)  ^
 *              └── a driver without a queue: its submit_bio, here and now ──────────┘
 *
 * I1  A request lies in the bio that it began with (bio->bi_request), which need not be the first
 *     of its bios: it is gone as soon as the first bi_end_io has run.
 * I2  While requests wait, the driver has at least one (it said -EBUSY): its completion offers them
 *     again.
 * I3  A bio's error is its own: when a request of several fails each of them is asked for alone,
 *     the next when the one before it is done, since a device may merge neighbours, too.
 * I4  bi_end_io runs without a lock of ours, in interrupt context or, for what fails at once, the
 *     submitter's.
 */
#include "drivers/block.h"

#include "drivers/blk_merge.h"
#include "kernel/completion.h"
#include "kernel/errno.h"
#include "kernel/fault_inject.h"
#include "kernel/init.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/race.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "mm/check.h"
#include "mm/vmstat.h"

/* A plug is sent off when it has so many requests: the device may as well begin. */
#define PLUG_MAX	32

static const char op_letter[NR_REQ_OPS] = { 'R', 'W', 'F' };

static void trace_request(const struct request *rq, int completed)
{
	TRACE(TRACE_BLOCK, op_letter[rq->op], disk_name(rq->bdev->bd_disk), rq->sector, rq->bytes,
	      completed);
}

static u32 bytes_to_sectors(u32 bytes)
{
	return bytes >> SECTOR_SHIFT;
}

/* --- statistics; disk lock held --- */

static void stats_begin(struct disk_stats *stats, u64 now)
{
	if (!stats->in_flight++)
		stats->busy_since = now;
}

static void stats_end(struct disk_stats *stats, const struct request *rq, u64 now)
{
	stats->ios[rq->op]++;
	stats->merges[rq->op] += rq->merges;
	stats->sectors[rq->op] += bytes_to_sectors(rq->bytes);
	stats->ns[rq->op] += now - rq->start_ns;
	if (!--stats->in_flight)
		stats->busy_ns += now - stats->busy_since;
}

static void account_begin(const struct request *rq)
{
	struct block_device *whole = &rq->bdev->bd_disk->part0;

	stats_begin(&whole->bd_stats, rq->start_ns);
	if (rq->bdev != whole)
		stats_begin(&rq->bdev->bd_stats, rq->start_ns);
}

static void account_end(const struct list_head *done)
{
	struct request *rq;
	u64 now;

	if (list_empty(done))
		return;
	now = ktime_get_ns();
	list_for_each_entry(rq, done, list) {
		struct block_device *whole = &rq->bdev->bd_disk->part0;

		stats_end(&whole->bd_stats, rq, now);
		if (rq->bdev != whole)
			stats_end(&rq->bdev->bd_stats, rq, now);
	}
}

static struct request *begin_request(struct bio *bio)
{
	struct request *rq = &bio->bi_request;

	rq->op = bio->bi_op;
	rq->status = 0;
	rq->sector = bio->bi_sector + bio->bi_bdev->bd_start_sect;
	rq->bytes = bio->bi_size;
	rq->nr_segments = bio->bi_vcnt;
	rq->merges = 0;
	rq->alone = false;
	rq->bio = rq->biotail = bio;
	rq->bdev = bio->bi_bdev;
	rq->start_ns = ktime_get_ns();
	bio->bi_next = NULL;
	return rq;
}

/* --- the queue; disk lock held --- */

/*
 * Gives @rq to the driver or, behind others or without room there, lets it wait.  True: the driver
 * took it and must be told to commit.  What the driver refuses for good goes to @failed.
 */
static bool start_or_wait(struct gendisk *disk, struct request *rq, struct list_head *failed)
{
	int error = -EBUSY;

	if (unlikely(!list_empty(&disk->waiting))) {
		if (blk_merge(&disk->waiting, rq))
			return false;
	} else {
		error = disk->ops->queue_rq(disk, rq);
	}
	account_begin(rq);
	if (likely(!error))
		return true;
	rq->status = error;
	list_add_tail(&rq->list, error == -EBUSY ? &disk->waiting : failed);
	return false;
}

/* After a completion: what waits may find room now. */
static void start_waiting(struct gendisk *disk, struct list_head *failed)
{
	bool taken = false;

	while (!list_empty(&disk->waiting)) {
		struct request *rq = list_first_entry(&disk->waiting, struct request, list);
		int error = disk->ops->queue_rq(disk, rq);

		if (error == -EBUSY)
			break;
		list_del(&rq->list);
		if (error) {
			rq->status = error;
			list_add_tail(&rq->list, failed);
			continue;
		}
		taken = true;
	}
	if (taken)
		disk->ops->commit_rqs(disk);
}

/* Each of these bios becomes a request of its own, on disk->alone. */
static void put_aside(struct gendisk *disk, struct bio *bio)
{
	while (bio) {
		struct bio *next = bio->bi_next;
		struct request *rq = begin_request(bio);

		rq->alone = true;
		list_add_tail(&rq->list, &disk->alone);
		bio = next;
	}
}

/* The next of disk->alone, if none is under way; what the driver refuses for good: to @failed. */
static void start_alone(struct gendisk *disk, struct list_head *failed)
{
	while (!disk->alone_busy && !list_empty(&disk->alone)) {
		struct request *rq = list_first_entry(&disk->alone, struct request, list);

		list_del(&rq->list);
		disk->alone_busy = true;
		if (start_or_wait(disk, rq, failed))
			disk->ops->commit_rqs(disk);
		else if (rq->status != -EBUSY)
			disk->alone_busy = false;
	}
}

/* I3: of @done, takes back what failed in company. */
static void split_failed(struct gendisk *disk, struct list_head *done)
{
	struct request *rq, *next;
	LIST_HEAD(failed);

	list_for_each_entry_safe(rq, next, done, list) {
		if (unlikely(rq->alone))
			disk->alone_busy = false;
		else if (unlikely(rq->status && rq->merges))
			list_move_tail(&rq->list, &failed);
	}
	account_end(&failed);
	list_for_each_entry_safe(rq, next, &failed, list)
		put_aside(disk, rq->bio);
	start_alone(disk, done);
}

/* --- completion --- */

static void end_request(struct request *rq)
{
	struct bio *bio = rq->bio;
	int status = rq->status;

	trace_request(rq, 1);
	/* The bios may be freed one by one from here on, and the request with one of them (I1). */
	while (bio) {
		struct bio *next = bio->bi_next;

		bio->bi_status = status;
		bio->bi_end_io(bio);
		bio = next;
	}
}

static void end_requests(struct list_head *done)
{
	struct request *rq, *next;

	if (list_empty(done))
		return;
	list_for_each_entry_safe(rq, next, done, list)
		end_request(rq);
}

void blk_interrupt(struct gendisk *disk)
{
	unsigned long flags;
	LIST_HEAD(done);

	spin_lock_irqsave(&disk->lock, flags);
	disk->ops->reap(disk, &done);
	start_waiting(disk, &done);
	split_failed(disk, &done);
	account_end(&done);
	spin_unlock_irqrestore(&disk->lock, flags);
	end_requests(&done);
}

/* --- races on purpose (kernel/race.h) --- */

#ifdef CONFIG_RACES
/* Done by their devices, and nobody was told yet; by disk and sector, in whatever order it was. */
static LIST_HEAD(held);

static bool before(const struct request *a, const struct request *b)
{
	if (a->bdev->bd_disk != b->bdev->bd_disk)
		return a->bdev->bd_disk < b->bdev->bd_disk;
	return a->sector < b->sector;
}

static void hold(struct request *rq)
{
	struct request *other;

	list_for_each_entry(other, &held, list)
		if (before(rq, other))
			break;
	list_add_tail(&rq->list, &other->list);
}

/* The same of a disk in memory, which then seems to take its time. */
static void keep(struct request *rq)
{
	unsigned long flags = local_irq_save();

	hold(rq);
	local_irq_restore(flags);
}

/* Of @disk; NULL: of all. */
static unsigned long nr_held(const struct gendisk *disk)
{
	const struct request *rq;
	unsigned long n = 0;

	list_for_each_entry(rq, &held, list)
		n += !disk || rq->bdev->bd_disk == disk;
	return n;
}

/* Waits for the device: when it is done is not to decide anything.  Disk lock held. */
static void settle(struct gendisk *disk)
{
	struct request *rq, *next;

	while (race_on() && disk->part0.bd_stats.in_flight > nr_held(disk)) {
		LIST_HEAD(done);

		disk->ops->reap(disk, &done);
		start_waiting(disk, &done);
		list_for_each_entry_safe(rq, next, &done, list)
			hold(rq);
	}
}

static bool deliver(u32 random)
{
	u32 n = nr_held(NULL);
	struct request *rq;
	LIST_HEAD(done);

	if (!n)
		return false;
	n = random % n;
	list_for_each_entry(rq, &held, list)
		if (!n--)
			break;
	list_move(&rq->list, &done);
	spin_lock(&rq->bdev->bd_disk->lock);
	account_end(&done);
	spin_unlock(&rq->bdev->bd_disk->lock);
	end_requests(&done);
	return true;
}

static void race_init(void)
{
	race_set_deliver(deliver);
}
core_initcall(race_init);
#else
static inline void settle(struct gendisk *disk)
{
}

static inline void keep(struct request *rq)
{
}
#endif

/* --- plugs --- */

/* Sends off those requests that are for the first one's disk. */
static void send_off_one_disk(struct list_head *requests)
{
	struct gendisk *disk = list_first_entry(requests, struct request, list)->bdev->bd_disk;
	struct request *rq, *next;
	unsigned long flags;
	bool taken = false;
	LIST_HEAD(failed);

	spin_lock_irqsave(&disk->lock, flags);
	list_for_each_entry_safe(rq, next, requests, list) {
		if (rq->bdev->bd_disk != disk)
			continue;
		list_del(&rq->list);
		taken |= start_or_wait(disk, rq, &failed);
	}
	if (taken)
		disk->ops->commit_rqs(disk);
	account_end(&failed);
	settle(disk);
	spin_unlock_irqrestore(&disk->lock, flags);
	end_requests(&failed);
}

/* The same for one request that is on no list. */
static void send_off_single(struct request *rq)
{
	struct gendisk *disk = rq->bdev->bd_disk;
	unsigned long flags;
	LIST_HEAD(failed);

	spin_lock_irqsave(&disk->lock, flags);
	if (start_or_wait(disk, rq, &failed))
		disk->ops->commit_rqs(disk);
	account_end(&failed);
	settle(disk);
	spin_unlock_irqrestore(&disk->lock, flags);
	end_requests(&failed);
}

static void send_off(struct list_head *requests)
{
	while (!list_empty(requests))
		send_off_one_disk(requests);
}

void blk_flush_plug(void)
{
	struct blk_plug *plug = current->plug;
	LIST_HEAD(requests);

	if (!plug || list_empty(&plug->requests))
		return;
	list_splice_init(&plug->requests, &requests);
	plug->count = 0;
	send_off(&requests);
}

void blk_start_plug(struct blk_plug *plug)
{
	if (current->plug)
		return;
	INIT_LIST_HEAD(&plug->requests);
	plug->count = 0;
	current->plug = plug;
}

void blk_finish_plug(struct blk_plug *plug)
{
	if (current->plug != plug)
		return;
	blk_flush_plug();
	current->plug = NULL;
}

static void plug_add(struct blk_plug *plug, struct request *rq)
{
	if (blk_merge(&plug->requests, rq))
		return;
	list_add_tail(&rq->list, &plug->requests);
	if (++plug->count >= PLUG_MAX)
		blk_flush_plug();
}

/* --- submission --- */

static struct fault_attr fail_make_request = FAULT_ATTR_INIT("fail_make_request");
KERNEL_PARAM("fail_make_request", fault_attr_param, &fail_make_request);

/* Only what somebody has chosen fails: the disk, or the partition. */
static bool should_fail_bio(const struct bio *bio)
{
	const struct block_device *bdev = bio->bi_bdev, *whole = &bdev->bd_disk->part0;

	return unlikely(bdev->bd_make_it_fail || whole->bd_make_it_fail) &&
	       should_fail(&fail_make_request, bio->bi_size);
}

static int check_bio(const struct bio *bio)
{
	const struct block_device *bdev = bio->bi_bdev;
	u64 limit = bdev->bd_nr_sectors, sectors = bytes_to_sectors(bio->bi_size);

	if (should_fail_bio(bio))
		return -EIO;
	if (bio->bi_op == REQ_OP_FLUSH)
		return 0;
	if (unlikely(!sectors || bio->bi_size % SECTOR_SIZE || bio->bi_sector > limit ||
		     sectors > limit - bio->bi_sector)) {
		printk_ratelimited(KERN_ERR, "%s: %u bytes at sector %llu, but it has %llu\n",
				   bdev->bd_name, bio->bi_size, bio->bi_sector, limit);
		return -EIO;
	}
	if (bio->bi_op == REQ_OP_WRITE && bdev_read_only(bdev))
		return -EROFS;
	return 0;
}

static void count_io(const struct bio *bio)
{
	u32 kib = DIV_ROUND_UP(bio->bi_size, 1024);

	if (bio->bi_op == REQ_OP_READ) {
		count_vm_events(PGPGIN, kib);
		current->inblock += bytes_to_sectors(bio->bi_size);
	} else if (bio->bi_op == REQ_OP_WRITE) {
		count_vm_events(PGPGOUT, kib);
	}
}

/* The device is memory: nothing to queue or to merge. */
static void submit_directly(struct request *rq)
{
	struct gendisk *disk = rq->bdev->bd_disk;
	unsigned long flags;
	LIST_HEAD(done);

	spin_lock_irqsave(&disk->lock, flags);
	account_begin(rq);
	spin_unlock_irqrestore(&disk->lock, flags);
	rq->status = disk->ops->submit_bio(rq->bio);
	if (race_on()) {
		keep(rq);
		return;
	}
	list_add(&rq->list, &done);
	spin_lock_irqsave(&disk->lock, flags);
	account_end(&done);
	spin_unlock_irqrestore(&disk->lock, flags);
	end_requests(&done);
}

void submit_bio(struct bio *bio)
{
	struct blk_plug *plug = current->plug;
	int error = check_bio(bio), op = bio->bi_op;
	struct request *rq;

	if (unlikely(error)) {
		bio->bi_status = error;
		bio->bi_end_io(bio);
		return;
	}
	count_io(bio);
	rq = begin_request(bio);
	trace_request(rq, 0);
	if (rq->bdev->bd_disk->ops->submit_bio)
		submit_directly(rq);
	else if (plug && rq->op != REQ_OP_FLUSH)
		plug_add(plug, rq);
	else
		send_off_single(rq);
	race_point(RACE_SUBMIT, op);
}

static void complete_waiter(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	struct completion done;

	init_completion(&done);
	bio->bi_private = &done;
	bio->bi_end_io = complete_waiter;
	submit_bio(bio);
	wait_for_completion(&done);
	return bio->bi_status;
}

int blkdev_issue_flush(struct block_device *bdev)
{
	struct bio *bio;
	int error;

	if (!bdev->bd_disk->limits.has_flush)
		return 0;
	bio = bio_alloc(bdev, 0, REQ_OP_FLUSH, GFP_NOIO);
	bio->bi_sector = 0;
	error = submit_bio_wait(bio);
	bio_put(bio);
	return error;
}

static unsigned long requests_in_flight(void)
{
	struct block_device *bdev = NULL;
	unsigned long n = 0;

	while ((bdev = bdev_next(bdev)) != NULL)
		if (!bdev->bd_partno)
			n += READ_ONCE(bdev->bd_stats.in_flight);
	return n;
}

static struct leak_counter request_counter = {
	.name = "block_requests", .count = requests_in_flight,
};

static void block_init(void)
{
	register_leak_counter(&request_counter);
	fault_attr_register(&fail_make_request);
}
core_initcall(block_init);
