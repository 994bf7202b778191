// SPDX-License-Identifier: MIT
/*
 *   [ request on the list ][ rq ]    back:  rq's bios behind its own
 *   [ rq ][ request on the list ]    front: rq's bios before its own, and it begins where rq did
 *
 * I1  All bios of a request have the same operation and device, and lie one behind another: each
 *     begins at the sector where the one before it ends.
 */
#include "drivers/blk_merge.h"

#include "drivers/genhd.h"

/*
 * So many requests are looked at, the latest first: a search must not cost more than a merge saves.
 */
#define MERGE_SEARCH	8

static u64 end_sector(const struct request *rq)
{
	return rq->sector + (rq->bytes >> SECTOR_SHIFT);
}

static bool may_be_one(const struct request *rq, const struct request *other)
{
	const struct disk_limits *limits = &rq->bdev->bd_disk->limits;

	return rq->bdev == other->bdev && rq->op == other->op && !rq->alone && !other->alone &&
	       rq->nr_segments + other->nr_segments <= limits->max_segments &&
	       rq->bytes + other->bytes <= limits->max_bytes;
}

static bool merge(struct request *rq, struct request *other)
{
	if (end_sector(rq) == other->sector && may_be_one(rq, other)) {
		rq->biotail->bi_next = other->bio;
		rq->biotail = other->biotail;
	} else if (end_sector(other) == rq->sector && may_be_one(rq, other)) {
		other->biotail->bi_next = rq->bio;
		rq->bio = other->bio;
		rq->sector = other->sector;
	} else {
		return false;
	}
	rq->bytes += other->bytes;
	rq->nr_segments += other->nr_segments;
	rq->merges += other->merges + 1;
	return true;
}

bool blk_merge(struct list_head *list, struct request *rq)
{
	struct request *at;
	int looked = 0;

	if (rq->op == REQ_OP_FLUSH)
		return false;
	list_for_each_entry_reverse(at, list, list) {
		if (merge(at, rq))
			return true;
		if (++looked == MERGE_SEARCH)
			break;
	}
	return false;
}
