// SPDX-License-Identifier: MIT
/*
 * unit_blk_merge.c - drivers/blk_merge.h: bios that come in any order end up, each exactly once, in
 * requests that are sound and within the disk's limits.
 */
#include "drivers/blk_merge.h"

#include "drivers/genhd.h"
#include "lib/string.h"
#include "tests/unit.h"

#define BIOS 64
#define MAX_SEGMENTS 6
#define MAX_BYTES 16384

static struct gendisk disk;
static struct block_device part;
static struct bio bios[BIOS];
static LIST_HEAD(queue);

static void begin(void)
{
	memset(&disk, 0, sizeof(disk));
	disk.limits = (struct disk_limits){ .max_segments = MAX_SEGMENTS, .max_bytes = MAX_BYTES };
	disk.part0.bd_disk = &disk;
	part = (struct block_device){ .bd_disk = &disk, .bd_start_sect = 8 };
	INIT_LIST_HEAD(&queue);
}

/* @sector is the disk's.  True: it was merged. */
static bool submit(int i, struct block_device *bdev, enum req_op op, u64 sector, u32 bytes)
{
	struct bio *bio = &bios[i];
	struct request *rq = &bio->bi_request;

	*bio = (struct bio){ .bi_bdev = bdev, .bi_op = op, .bi_size = bytes, .bi_vcnt = 1 };
	bio->bi_sector = sector;
	*rq = (struct request){ .op = op, .sector = sector, .bytes = bytes, .nr_segments = 1,
				.bio = bio, .biotail = bio, .bdev = bdev };
	if (blk_merge(&queue, rq))
		return true;
	list_add_tail(&rq->list, &queue);
	return false;
}

/* Marks the bios found in @rq and compares their sums with what it says of itself. */
static void check_request(const struct request *rq, bool seen[BIOS])
{
	u64 sector = rq->sector;
	u32 bytes = 0, segments = 0, bio_count = 0;
	const struct bio *last = NULL;

	for (const struct bio *bio = rq->bio; bio; bio = bio->bi_next) {
		EXPECT(!seen[bio - bios], "bio %ld is there twice", (long)(bio - bios));
		seen[bio - bios] = true;
		EXPECT(bio->bi_bdev == rq->bdev && bio->bi_op == rq->op,
		       "I1: one device, one operation");
		EXPECT_EQ(bio->bi_sector, sector);
		sector += bio->bi_size >> SECTOR_SHIFT;
		bytes += bio->bi_size;
		segments += bio->bi_vcnt;
		bio_count++;
		last = bio;
	}
	EXPECT_EQ(rq->biotail, last);
	EXPECT_EQ(rq->bytes, bytes);
	EXPECT_EQ(rq->nr_segments, segments);
	EXPECT_EQ(rq->merges, bio_count - 1);
	EXPECT(bytes <= MAX_BYTES && segments <= MAX_SEGMENTS, "%u bytes, %u segments", bytes,
	       segments);
}

static int check_queue(int submitted)
{
	bool seen[BIOS] = { false };
	const struct request *rq;
	int requests = 0;

	list_for_each_entry(rq, &queue, list) {
		check_request(rq, seen);
		requests++;
	}
	for (int i = 0; i < submitted; i++)
		EXPECT(seen[i], "bio %d is lost", i);
	return requests;
}

UNIT_TEST(merge_back_and_front)
{
	begin();
	EXPECT(!submit(0, &part, REQ_OP_READ, 100, 512), "nothing to merge with");
	EXPECT(submit(1, &part, REQ_OP_READ, 101, 1024), "behind");
	EXPECT(submit(2, &part, REQ_OP_READ, 99, 512), "before");
	EXPECT(!submit(3, &part, REQ_OP_READ, 97, 512), "a sector is missing between");
	EXPECT(!submit(4, &part, REQ_OP_READ, 100, 512), "the same sector is no neighbour");
	EXPECT_EQ(check_queue(5), 3);
}

UNIT_TEST(merge_only_what_belongs_together)
{
	begin();
	submit(0, &part, REQ_OP_READ, 100, 512);
	EXPECT(!submit(1, &part, REQ_OP_WRITE, 101, 512), "another operation");
	EXPECT(!submit(2, &disk.part0, REQ_OP_READ, 101, 512), "another device of the disk");
	EXPECT(!submit(3, &part, REQ_OP_FLUSH, 0, 0), "a flush has no neighbours");
	EXPECT(!submit(4, &part, REQ_OP_FLUSH, 0, 0), "not even another flush");
	check_queue(5);
}

UNIT_TEST(merge_not_what_failed_in_company)
{
	begin();
	submit(0, &part, REQ_OP_READ, 100, 512);
	bios[0].bi_request.alone = true;
	EXPECT(!submit(1, &part, REQ_OP_READ, 101, 512), "its neighbour is to stay alone");
	EXPECT(submit(2, &part, REQ_OP_READ, 102, 512), "with one that may");
	EXPECT_EQ(check_queue(3), 2);
}

UNIT_TEST(merge_within_limits)
{
	begin();
	for (int i = 0; i < MAX_SEGMENTS + 1; i++)
		EXPECT_EQ(submit(i, &part, REQ_OP_WRITE, 100 + i, 512), i && i < MAX_SEGMENTS);
	EXPECT_EQ(check_queue(MAX_SEGMENTS + 1), 2);
	begin();
	EXPECT(!submit(0, &part, REQ_OP_WRITE, 0, MAX_BYTES), "as large as it may be");
	EXPECT(!submit(1, &part, REQ_OP_WRITE, MAX_BYTES / 512, 512), "one sector too many");
	check_queue(2);
}

UNIT_TEST(merge_in_random_order)
{
	int requests = 0;

	for (int round = 0; round < 5000; round++) {
		begin();
		for (int i = 0; i < BIOS; i++)
			submit(i, unit_random_below(8) ? &part : &disk.part0,
			       unit_random_below(8) ? REQ_OP_READ : REQ_OP_WRITE,
			       unit_random_below(64) * 2, 512 + 512 * unit_random_below(4));
		requests += check_queue(BIOS);
	}
	EXPECT(requests < 5000 * BIOS, "nothing was ever merged");
}
