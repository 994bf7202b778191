// SPDX-License-Identifier: MIT
/*
 * A request is a chain of buffers: a header that the device reads (type, sector), the data, one
 * byte of status that it writes.  Header and status lie in the request's driver_area.
 *
 * A short chain lies in the ring itself; a long one in a table of its own (indirect descriptors),
 * of which there are TABLES, so that large requests do not crowd the ring.  Physically adjacent
 * bio_vecs share a descriptor.
 *
 * I1  With a request in flight, its driver_area, its bios' memory and its table belong to the
 *     device.
 * I2  A device that does what the specification forbids (vq->failure, set here or in ring.c) is
 *     reset and so cannot reach memory any more; then its requests fail with -EIO, and so do all
 *     later ones.  One line says so.
 *
 * Everything but the probe runs under the disk's lock (drivers/block.h).
 */
#include "drivers/virtio/blk.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_mmio.h>

#include "arch/riscv/page.h"
#include "drivers/block.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/ring.h"
#include "kernel/errno.h"
#include "kernel/irq.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/slab.h"

#define VIRTBLK_MAJOR	254		/* as on Linux */
#define MAX_DISKS	16
#define REQUEST_QUEUE	0

#define TABLES		8
#define TABLE_SIZE	128		/* descriptors of a table: 2 KiB */
#define FRAME_DESCS	2		/* header and status, besides the data */
#define DIRECT_DESCS	6		/* a chain that may be longer goes into a table, if any */
#define NO_STATUS	0xff		/* in the status byte until the device writes it */
#define MAX_BYTES	(1u << 20)

struct table {
	union {
		struct vring_desc desc[TABLE_SIZE];
		struct table *next_free;
	};
};

struct virtblk {
	struct virtio_device *vdev;
	struct gendisk *disk;
	struct virtq vq;
	struct table *free_tables;
	u32 max_desc_bytes;
	u32 direct_descs;		/* chains of at most so many lie in the ring */
	bool needs_reset;		/* written by the interrupt handler alone */
};

/* In request->driver_area. */
struct virtblk_area {
	struct virtio_blk_outhdr header;
	u8 status;
	struct table *table;		/* NULL: the chain lies in the ring */
};
static_assert(sizeof(struct virtblk_area) <= sizeof_field(struct request, driver_area),
	      "the driver's area fits into the request");

static int nr_disks;

static struct virtblk_area *area_of(struct request *rq)
{
	return (struct virtblk_area *)rq->driver_area;
}

static void free_table(struct virtblk *vb, struct table *table)
{
	table->next_free = vb->free_tables;
	vb->free_tables = table;
}

/* --- from a request to a chain --- */

/* True if @vec lies behind the chain's last buffer in memory, and so became part of it. */
static bool extend_last(const struct virtblk *vb, struct virtq_chain *chain,
			const struct bio_vec *vec)
{
	struct vring_desc *last = &chain->desc[chain->last];

	if (last->addr + last->len != vec->phys || last->len + vec->len > vb->max_desc_bytes)
		return false;
	last->len += vec->len;
	return true;
}

static void put_data(const struct virtblk *vb, struct virtq_chain *chain, const struct request *rq)
{
	u16 flags = rq->op == REQ_OP_READ ? VRING_DESC_F_WRITE : 0;

	for (const struct bio *bio = rq->bio; bio; bio = bio->bi_next) {
		const struct bio_vec *vec = bio->bi_io_vec, *end = vec + bio->bi_vcnt;

		for (; vec < end; vec++)
			if (chain->count == 1 || !extend_last(vb, chain, vec))
				virtq_chain_put(chain, vec->phys, vec->len, flags);
	}
}

static void build_chain(const struct virtblk *vb, struct virtq_chain *chain, struct request *rq)
{
	static const u32 type[NR_REQ_OPS] = {
		VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH,
	};
	struct virtblk_area *area = area_of(rq);
	u64 phys = __pa(area);

	area->header.type = type[rq->op];
	area->header.ioprio = 0;
	area->header.sector = rq->sector;
	area->status = NO_STATUS;
	virtq_chain_put(chain, phys + offsetof(struct virtblk_area, header),
			sizeof(area->header), 0);
	put_data(vb, chain, rq);
	virtq_chain_put(chain, phys + offsetof(struct virtblk_area, status),
			sizeof(area->status), VRING_DESC_F_WRITE);
}

static int queue_direct(struct virtblk *vb, struct request *rq)
{
	struct virtq *vq = &vb->vq;
	struct virtq_chain chain = virtq_chain_begin(vq->desc, vq->free_head);

	if (rq->nr_segments + FRAME_DESCS > vq->nr_free)
		return -EBUSY;
	area_of(rq)->table = NULL;
	build_chain(vb, &chain, rq);
	virtq_add(vq, &chain, rq);
	return 0;
}

static int queue_in_table(struct virtblk *vb, struct request *rq)
{
	struct table *table = vb->free_tables;
	struct virtq_chain chain;

	if (!table || !vb->vq.nr_free)
		return -EBUSY;
	vb->free_tables = table->next_free;
	area_of(rq)->table = table;
	chain = virtq_chain_begin(table->desc, 0);
	build_chain(vb, &chain, rq);
	virtq_add_indirect(&vb->vq, &chain, __pa(table), rq);
	return 0;
}

static int virtblk_queue_rq(struct gendisk *disk, struct request *rq)
{
	struct virtblk *vb = disk->driver_data;

	if (unlikely(vb->vq.failure))
		return -EIO;
	if (rq->nr_segments + FRAME_DESCS <= vb->direct_descs)
		return queue_direct(vb, rq);
	return queue_in_table(vb, rq);
}

static void virtblk_commit_rqs(struct gendisk *disk)
{
	struct virtblk *vb = disk->driver_data;

	if (virtq_publish(&vb->vq))
		virtio_notify(vb->vdev, REQUEST_QUEUE);
}

/* --- from a used chain to a result --- */

/* @len: what the device says that it has written, status included. */
static int result_of(struct virtblk *vb, struct request *rq, u32 len)
{
	u32 writable = (rq->op == REQ_OP_READ ? rq->bytes : 0) + sizeof(u8);
	u8 status = READ_ONCE(area_of(rq)->status);

	if (len > writable || (status == VIRTIO_BLK_S_OK && len < writable)) {
		vb->vq.failure = "it wrote another number of bytes than was asked for";
		return -EIO;
	}
	if (status > VIRTIO_BLK_S_UNSUPP)
		vb->vq.failure = "its answer has no valid status";
	return status == VIRTIO_BLK_S_OK ? 0 : -EIO;
}

static void hand_back(struct virtblk *vb, struct request *rq, int status, struct list_head *done)
{
	struct table *table = area_of(rq)->table;

	if (table)
		free_table(vb, table);
	rq->status = status;
	list_add_tail(&rq->list, done);
}

static void die(struct virtblk *vb, struct list_head *done)
{
	struct request *rq;

	pr_err("%s: the device is broken (%s): no more I/O\n", disk_name(vb->disk), vb->vq.failure);
	virtio_reset(vb->vdev);
	while ((rq = virtq_detach(&vb->vq)) != NULL)
		hand_back(vb, rq, -EIO, done);
}

static void report_error(struct virtblk *vb, const struct request *rq)
{
	/* Of several bios: the block layer finds out which one it was. */
	if (rq->merges)
		return;
	if (rq->op == REQ_OP_FLUSH)
		printk_ratelimited(KERN_ERR, "%s: I/O error, flush\n", disk_name(vb->disk));
	else
		printk_ratelimited(KERN_ERR, "%s: I/O error, %s of %u bytes at sector %llu\n",
				   disk_name(vb->disk), rq->op == REQ_OP_READ ? "read" : "write",
				   rq->bytes, rq->sector);
}

static void virtblk_reap(struct gendisk *disk, struct list_head *done)
{
	struct virtblk *vb = disk->driver_data;
	struct request *rq;
	u32 len;

	if (vb->vq.failure)
		return;
	do {
		while ((rq = virtq_get(&vb->vq, &len)) != NULL) {
			int status = result_of(vb, rq, len);

			if (unlikely(status))
				report_error(vb, rq);
			hand_back(vb, rq, status, done);
		}
	} while (!virtq_arm(&vb->vq));
	if (vb->needs_reset && !vb->vq.failure)
		vb->vq.failure = "it asks for a reset";
	if (unlikely(vb->vq.failure))
		die(vb, done);
}

static void virtblk_interrupt(int irq, void *data)
{
	struct virtblk *vb = data;
	u32 cause = virtio_ack_interrupt(vb->vdev);

	if (cause & VIRTIO_MMIO_INT_CONFIG && virtio_needs_reset(vb->vdev))
		vb->needs_reset = true;
	if (cause)
		blk_interrupt(vb->disk);
}

static const struct block_device_ops virtblk_ops = {
	.queue_rq = virtblk_queue_rq, .commit_rqs = virtblk_commit_rqs, .reap = virtblk_reap,
};

/* --- probe --- */

static int make_tables(struct virtblk *vb)
{
	struct table *tables;

	vb->direct_descs = vb->vq.size;
	if (!virtio_has_feature(vb->vdev, VIRTIO_RING_F_INDIRECT_DESC))
		return 0;
	tables = kmalloc_array(TABLES, sizeof(*tables), GFP_KERNEL);
	if (!tables)
		return -ENOMEM;
	for (int i = 0; i < TABLES; i++) {
		virtq_link_table(tables[i].desc, TABLE_SIZE);
		free_table(vb, &tables[i]);
	}
	vb->direct_descs = DIRECT_DESCS;
	return 0;
}

/*
 * Until the device says otherwise: one segment (§5.2.4 gives no other minimum), of any length,
 * blocks of 512 bytes.
 */
static void read_limits(struct virtblk *vb, struct disk_limits *limits, u64 *sectors)
{
	struct virtio_device *vdev = vb->vdev;
	struct virtio_blk_config config;

	virtio_read_config(vdev, 0, &config, offsetofend(struct virtio_blk_config, blk_size));
	*sectors = config.capacity;
	*limits = (struct disk_limits){
		.max_segments = 1, .max_bytes = MAX_BYTES, .logical_block_size = SECTOR_SIZE,
		.has_flush = virtio_has_feature(vdev, VIRTIO_BLK_F_FLUSH),
		.read_only = virtio_has_feature(vdev, VIRTIO_BLK_F_RO),
	};
	if (virtio_has_feature(vdev, VIRTIO_BLK_F_SEG_MAX))
		limits->max_segments = min_t(u32, config.seg_max, TABLE_SIZE - FRAME_DESCS);
	if (!virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC))
		limits->max_segments = min_t(u32, limits->max_segments, vb->vq.size - FRAME_DESCS);
	if (virtio_has_feature(vdev, VIRTIO_BLK_F_BLK_SIZE))
		limits->logical_block_size = config.blk_size;
	vb->max_desc_bytes = MAX_BYTES;
	if (virtio_has_feature(vdev, VIRTIO_BLK_F_SIZE_MAX))
		vb->max_desc_bytes = config.size_max;
}

/* A bio's single page must always be possible, and a size in bytes must fit a loff_t. */
static bool limits_usable(const struct virtblk *vb, const struct disk_limits *limits, u64 sectors)
{
	u32 block_size = limits->logical_block_size;

	return vb->vq.size >= DIRECT_DESCS && limits->max_segments &&
	       vb->max_desc_bytes >= PAGE_SIZE && sectors <= S64_MAX >> SECTOR_SHIFT &&
	       block_size >= SECTOR_SIZE && block_size <= PAGE_SIZE &&
	       !(block_size & (block_size - 1));
}

static int set_up(struct virtblk *vb)
{
	static const u64 wanted =
		BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_SIZE_MAX) |
		BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_RO) |
		BIT(VIRTIO_RING_F_INDIRECT_DESC) | BIT(VIRTIO_RING_F_EVENT_IDX);
	struct disk_limits limits;
	char name[DISK_NAME_LEN];
	u64 sectors;
	int error;

	error = virtio_negotiate(vb->vdev, wanted);
	if (!error)
		error = virtio_add_queue(vb->vdev, REQUEST_QUEUE, &vb->vq, VIRTQ_MAX_SIZE);
	if (error)
		return error;
	read_limits(vb, &limits, &sectors);
	if (!limits_usable(vb, &limits, sectors))
		return -EINVAL;
	error = make_tables(vb);
	if (error)
		return error;
	snprintf(name, sizeof(name), "vd%c", 'a' + nr_disks);
	vb->disk = alloc_disk(name, VIRTBLK_MAJOR, nr_disks * DISK_MINORS, sectors, &virtblk_ops,
			      &limits, vb);
	if (!vb->disk)
		return -ENOMEM;
	return request_irq(vb->vdev->irq, virtblk_interrupt, disk_name(vb->disk), vb);
}

/*
 * What was allocated for a device that turns out to be of no use stays with it: this happens once,
 * at boot.
 */
void virtio_blk_probe(struct virtio_device *vdev)
{
	struct virtblk *vb = nr_disks < MAX_DISKS ? kzalloc(sizeof(*vb), GFP_KERNEL) : NULL;
	int error = -ENOSPC;

	if (vb) {
		vb->vdev = vdev;
		error = set_up(vb);
	}
	if (error) {
		pr_err("virtio disk at 0x%lx cannot be used (error %d)\n", vdev->base, -error);
		virtio_fail(vdev);
		return;
	}
	nr_disks++;
	virtio_driver_ok(vdev);
	add_disk(vb->disk);
}
