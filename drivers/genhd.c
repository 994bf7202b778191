// SPDX-License-Identifier: MIT
/*
 * I1  bdev_list only grows, and only at boot, by the one task that probes devices; a device is
 *     complete before it is on the list.
 */
#include "drivers/genhd.h"

#include "drivers/block.h"
#include "drivers/partitions.h"
#include "fs/stat.h"
#include "kernel/errno.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

static LIST_HEAD(bdev_list);

static char *make_it_fail = "";		/* names of disks and partitions, separated by commas */
KERNEL_PARAM("make_it_fail", param_string, &make_it_fail);

/* Is it among those of the boot parameter? */
static bool chosen_to_fail(const char *name)
{
	const char *word = make_it_fail;
	size_t n = strlen(name);

	while (word && (strncmp(word, name, n) || (word[n] && word[n] != ','))) {
		word = strchr(word, ',');
		word += word != NULL;
	}
	return word;
}

static void publish(struct block_device *bdev)
{
	bdev->bd_make_it_fail = chosen_to_fail(bdev->bd_name);
	smp_wmb();
	list_add_tail(&bdev->bd_list, &bdev_list);
}

struct gendisk *alloc_disk(const char *name, int major, int first_minor, u64 nr_sectors,
			   const struct block_device_ops *ops, const struct disk_limits *limits,
			   void *driver_data)
{
	struct gendisk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return NULL;
	spin_lock_init(&disk->lock, RANK_BLOCK);
	INIT_LIST_HEAD(&disk->waiting);
	INIT_LIST_HEAD(&disk->alone);
	disk->ops = ops;
	disk->limits = *limits;
	disk->driver_data = driver_data;
	disk->rotational = true;
	disk->ra_pages = VM_READAHEAD_PAGES;
	disk->part0.bd_disk = disk;
	disk->part0.bd_dev = MKDEV(major, first_minor);
	disk->part0.bd_nr_sectors = nr_sectors;
	strscpy(disk->part0.bd_name, name, DISK_NAME_LEN);
	return disk;
}

/* Reads whole logical blocks into @buf, direct-map memory within one page. */
static int read_disk(void *data, u64 block, u32 count, void *buf)
{
	struct gendisk *disk = data;
	u32 block_size = disk->limits.logical_block_size;
	struct bio *bio = bio_alloc(&disk->part0, 1, REQ_OP_READ, GFP_KERNEL);
	int error;

	bio->bi_sector = block * (block_size >> SECTOR_SHIFT);
	bio_add_phys(bio, __pa(buf), (size_t)count * block_size);
	error = submit_bio_wait(bio);
	bio_put(bio);
	return error;
}

static void add_partition(struct gendisk *disk, const struct partition *part)
{
	u32 sectors_per_block = disk->limits.logical_block_size >> SECTOR_SHIFT;
	struct block_device *bdev = kzalloc(sizeof(*bdev), GFP_KERNEL);

	if (!bdev) {
		pr_err("%s: no memory for partition %d\n", disk_name(disk), part->number);
		return;
	}
	bdev->bd_disk = disk;
	bdev->bd_dev = disk->part0.bd_dev + part->number;
	bdev->bd_partno = part->number;
	bdev->bd_start_sect = part->start * sectors_per_block;
	bdev->bd_nr_sectors = part->blocks * sectors_per_block;
	snprintf(bdev->bd_name, DISK_NAME_LEN, "%s%d", disk_name(disk), part->number);
	publish(bdev);
}

static void add_partitions(struct gendisk *disk)
{
	u32 block_size = disk->limits.logical_block_size;
	struct partition_table table;
	struct partition_reader reader = {
		.read = read_disk, .data = disk, .block_size = block_size,
		.blocks = disk->part0.bd_nr_sectors / (block_size >> SECTOR_SHIFT),
		.buf = (void *)__get_free_page(GFP_KERNEL),
	};

	if (!reader.buf) {
		pr_err("%s: no memory to read its partition table\n", disk_name(disk));
		return;
	}
	parse_partitions(&reader, &table);
	free_page((unsigned long)reader.buf);
	if (table.complaint)
		pr_err("%s: %s\n", disk_name(disk), table.complaint);
	for (int i = 0; i < table.count; i++)
		add_partition(disk, &table.part[i]);
}

void add_disk(struct gendisk *disk)
{
	publish(&disk->part0);
	add_partitions(disk);
	pr_info("%s: %llu sectors%s%s\n", disk_name(disk), disk->part0.bd_nr_sectors,
		disk->limits.read_only ? ", read-only" : "",
		disk->limits.has_flush ? ", write cache" : "");
}

struct block_device *bdev_next(struct block_device *pos)
{
	struct list_head *next = pos ? pos->bd_list.next : bdev_list.next;

	return next == &bdev_list ? NULL : list_entry(next, struct block_device, bd_list);
}

struct block_device *bdev_find(const char *name)
{
	struct block_device *bdev = NULL;

	name += str_has_prefix(name, "/dev/");
	while ((bdev = bdev_next(bdev)) != NULL)
		if (!strcmp(bdev->bd_name, name))
			break;
	return bdev;
}

struct block_device *bdev_find_dev(dev_t dev)
{
	struct block_device *bdev = NULL;

	while ((bdev = bdev_next(bdev)) != NULL)
		if (bdev->bd_dev == dev)
			break;
	return bdev;
}
