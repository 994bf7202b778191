// SPDX-License-Identifier: MIT
/*
 * /dev/ram0, a disk in memory: `ramdisk_size=` KiB of it.
 *
 * A page of the disk has a frame from the first write to it on, for good; what was never written
 * reads as zeros.  A request is done by who submits it, before submit_bio() returns: there is no
 * queue, and runs with it repeat exactly.
 *
 * B1 pages[n] goes from NULL to a frame once and never changes again: looking takes no lock.
 * B2 A write waits for no memory.  What reclaim sends here to free memory would otherwise wait for
 *    reclaim.  Without a frame it fails with -ENOSPC, and what was there before stays.
 */
#include "arch/riscv/page.h"
#include "drivers/block.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"

#define RAMDISK_MAJOR	1		/* as on Linux */

static int ramdisk_size = 4096;		/* KiB, Linux's default */
KERNEL_PARAM("ramdisk_size", param_int, &ramdisk_size);

struct brd {
	unsigned long *pages;		/* addresses of frames; 0: none yet */
};

/* Below the watermark if need be, but not from the reserve that reclaim itself lives on (B2). */
#define GFP_BRD	(__GFP_HIGH | __GFP_KSWAPD_RECLAIM | __GFP_NOMEMALLOC | __GFP_NOWARN | __GFP_ZERO)

/* The frame of a page that is to be written; 0: no memory. */
static unsigned long brd_insert_page(struct brd *brd, u64 index)
{
	unsigned long page = __atomic_load_n(&brd->pages[index], __ATOMIC_ACQUIRE), there = 0;

	if (page)
		return page;
	page = __get_free_page(GFP_BRD);
	if (!page)
		return 0;
	/* Of two who write there first, one frame stays (B1). */
	if (!__atomic_compare_exchange_n(&brd->pages[index], &there, page, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		free_page(page);
		return there;
	}
	leak_except_frame();
	return page;
}

/* @len bytes at @pos, within one page. */
static int brd_do_page(struct brd *brd, enum req_op op, u64 pos, void *buf, u32 len)
{
	u64 index = pos >> PAGE_SHIFT;
	u32 offset = pos & (PAGE_SIZE - 1);
	unsigned long page;

	if (op == REQ_OP_READ) {
		page = __atomic_load_n(&brd->pages[index], __ATOMIC_ACQUIRE);
		if (page)
			memcpy(buf, (void *)(page + offset), len);
		else
			memset(buf, 0, len);
		return 0;
	}
	page = brd_insert_page(brd, index);
	if (!page)
		return -ENOSPC;
	memcpy((void *)(page + offset), buf, len);
	return 0;
}

static int brd_do_vec(struct brd *brd, enum req_op op, u64 pos, const struct bio_vec *vec)
{
	int error = 0;

	for (u32 done = 0, len; done < vec->len && !error; done += len) {
		len = min_t(u32, vec->len - done, PAGE_SIZE - ((pos + done) & (PAGE_SIZE - 1)));
		error = brd_do_page(brd, op, pos + done, __va(vec->phys + done), len);
	}
	return error;
}

static int brd_submit_bio(struct bio *bio)
{
	struct brd *brd = bio->bi_bdev->bd_disk->driver_data;
	u64 pos = (bio->bi_sector + bio->bi_bdev->bd_start_sect) << SECTOR_SHIFT;
	int error = 0;

	for (int i = 0; i < bio->bi_vcnt && !error; i++) {
		error = brd_do_vec(brd, bio->bi_op, pos, &bio->bi_io_vec[i]);
		pos += bio->bi_io_vec[i].len;
	}
	return error;
}

static const struct block_device_ops brd_ops = { .submit_bio = brd_submit_bio };

static const struct disk_limits brd_limits = {
	.max_segments = BIO_MAX_VECS,
	.max_bytes = BIO_MAX_VECS * PAGE_SIZE,
	.logical_block_size = SECTOR_SIZE,
#ifndef CONFIG_RACES
	.synchronous = true,		/* there, completions are kept (settle() in block.c) */
#endif
};

static struct gendisk *brd_alloc(u64 nr_sectors)
{
	static struct brd brd;

	brd.pages = vzalloc(DIV_ROUND_UP(nr_sectors << SECTOR_SHIFT, PAGE_SIZE) *
			    sizeof(*brd.pages));
	if (!brd.pages)
		return NULL;
	return alloc_disk("ram0", RAMDISK_MAJOR, 0, nr_sectors, &brd_ops, &brd_limits, &brd);
}

static void brd_init(void)
{
	struct gendisk *disk;

	if (ramdisk_size <= 0)
		return;
	disk = brd_alloc((u64)ramdisk_size << (10 - SECTOR_SHIFT));
	if (!disk) {
		pr_err("ram0: no memory for ramdisk_size=%d\n", ramdisk_size);
		return;
	}
	blk_set_rotational(disk, false);
	add_disk(disk);
}
device_initcall(brd_init);
