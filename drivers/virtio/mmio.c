// SPDX-License-Identifier: MIT
/*
 * Disks are named in the order in which they are found here.  QEMU gives the first `-device`
 * without a bus= the transport at the highest address, so that is where the search begins, whatever
 * the order in the device tree is.
 *
 * The status register is a ladder: ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK; each step is added
 * to those before it, and writing 0 resets.  After FEATURES_OK the driver reads it back: the device
 * has cleared it if it cannot do without a feature that was not accepted.
 */
#include "drivers/virtio/mmio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>

#include "arch/riscv/io.h"
#include "arch/riscv/page.h"
#include "drivers/fdt.h"
#include "drivers/virtio/blk.h"
#include "drivers/virtio/ring.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/printk.h"
#include "lib/string.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

#define VIRTIO_MAGIC		0x74726976	/* "virt" */
#define VIRTIO_VERSION_MODERN	2
#define MAX_TRANSPORTS		32

static u32 reg_read(const struct virtio_device *vdev, unsigned int reg)
{
	return readl(vdev->regs + reg);
}

static void reg_write(struct virtio_device *vdev, unsigned int reg, u32 value)
{
	writel(value, vdev->regs + reg);
}

static void add_status(struct virtio_device *vdev, u32 step)
{
	reg_write(vdev, VIRTIO_MMIO_STATUS, reg_read(vdev, VIRTIO_MMIO_STATUS) | step);
}

/*
 * The reset is complete when the status reads 0 (§4.2.2.2); a device that never says so is left
 * alone.
 */
void virtio_reset(struct virtio_device *vdev)
{
	reg_write(vdev, VIRTIO_MMIO_STATUS, 0);
	for (int i = 0; i < 1000 && reg_read(vdev, VIRTIO_MMIO_STATUS); i++)
		continue;
}

void virtio_fail(struct virtio_device *vdev)
{
	add_status(vdev, VIRTIO_CONFIG_S_FAILED);
}

void virtio_driver_ok(struct virtio_device *vdev)
{
	add_status(vdev, VIRTIO_CONFIG_S_DRIVER_OK);
}

bool virtio_needs_reset(struct virtio_device *vdev)
{
	return reg_read(vdev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static u64 device_features(struct virtio_device *vdev)
{
	u64 low;

	reg_write(vdev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	low = reg_read(vdev, VIRTIO_MMIO_DEVICE_FEATURES);
	reg_write(vdev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return low | (u64)reg_read(vdev, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

int virtio_negotiate(struct virtio_device *vdev, u64 wanted)
{
	virtio_reset(vdev);
	add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	vdev->features = device_features(vdev) & (wanted | BIT(VIRTIO_F_VERSION_1));
	reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES, vdev->features);
	reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	reg_write(vdev, VIRTIO_MMIO_DRIVER_FEATURES, vdev->features >> 32);
	add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (virtio_has_feature(vdev, VIRTIO_F_VERSION_1) &&
	    reg_read(vdev, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK)
		return 0;
	pr_err("virtio device at 0x%lx does not accept our features (0x%llx)\n", vdev->base,
	       vdev->features);
	virtio_fail(vdev);
	return -ENODEV;
}

/*
 * The generation changes when the device changes its configuration: then what was read is of two
 * moments.
 */
void virtio_read_config(struct virtio_device *vdev, unsigned int offset, void *buf, size_t len)
{
	u32 before;
	u8 *to = buf;

	do {
		before = reg_read(vdev, VIRTIO_MMIO_CONFIG_GENERATION);
		for (size_t i = 0; i < len; i++)
			to[i] = readb(vdev->regs + VIRTIO_MMIO_CONFIG + offset + i);
	} while (reg_read(vdev, VIRTIO_MMIO_CONFIG_GENERATION) != before);
}

static void write_address(struct virtio_device *vdev, unsigned int low_reg, const void *address)
{
	unsigned long pa = __pa(address);

	reg_write(vdev, low_reg, pa);
	reg_write(vdev, low_reg + 4, (u64)pa >> 32);
}

/*
 * The largest power of two that neither the device nor the caller finds too large; 0: there is no
 * such queue.
 */
static unsigned int queue_size(struct virtio_device *vdev, unsigned int max_size)
{
	unsigned int device_max = reg_read(vdev, VIRTIO_MMIO_QUEUE_NUM_MAX);
	unsigned int size = max_size;

	while (size > device_max)
		size /= 2;
	return size;
}

int virtio_add_queue(struct virtio_device *vdev, int index, struct virtq *vq, unsigned int max_size)
{
	unsigned int size;
	void *memory;

	reg_write(vdev, VIRTIO_MMIO_QUEUE_SEL, index);
	size = queue_size(vdev, max_size);
	if (!size || reg_read(vdev, VIRTIO_MMIO_QUEUE_READY))
		return -ENODEV;
	memory = kzalloc(PAGE_ALIGN(virtq_bytes(size)), GFP_KERNEL);
	if (!memory)
		return -ENOMEM;
	virtq_init(vq, size, virtio_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX), memory);
	reg_write(vdev, VIRTIO_MMIO_QUEUE_NUM, size);
	write_address(vdev, VIRTIO_MMIO_QUEUE_DESC_LOW, vq->desc);
	write_address(vdev, VIRTIO_MMIO_QUEUE_AVAIL_LOW, vq->avail);
	write_address(vdev, VIRTIO_MMIO_QUEUE_USED_LOW, vq->used);
	reg_write(vdev, VIRTIO_MMIO_QUEUE_READY, 1);
	return 0;
}

void virtio_notify(struct virtio_device *vdev, int index)
{
	reg_write(vdev, VIRTIO_MMIO_QUEUE_NOTIFY, index);
}

u32 virtio_ack_interrupt(struct virtio_device *vdev)
{
	u32 cause = reg_read(vdev, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (cause)
		reg_write(vdev, VIRTIO_MMIO_INTERRUPT_ACK, cause);
	return cause;
}

/*
 * A transport without a device behind it has device id 0: there are always eight on QEMU's machine.
 */
static u32 device_id(struct virtio_device *vdev)
{
	u32 version = reg_read(vdev, VIRTIO_MMIO_VERSION);
	u32 id = reg_read(vdev, VIRTIO_MMIO_DEVICE_ID);

	if (reg_read(vdev, VIRTIO_MMIO_MAGIC_VALUE) != VIRTIO_MAGIC || !id)
		return 0;
	if (version == VIRTIO_VERSION_MODERN)
		return id;
	pr_err("virtio device at 0x%lx has version %u, not 2 (add to QEMU: "
	       "-global virtio-mmio.force-legacy=false)\n", vdev->base, version);
	return 0;
}

static void probe_transport(int node, u64 base, u64 size)
{
	struct virtio_device *vdev = kzalloc(sizeof(*vdev), GFP_KERNEL);
	u32 id;

	if (!vdev)
		return;
	vdev->base = base;
	vdev->irq = fdt_prop_u32(node, "interrupts", 0);
	vdev->regs = ioremap(base, size);
	id = vdev->regs ? device_id(vdev) : 0;
	if (id == VIRTIO_ID_BLOCK) {
		virtio_blk_probe(vdev);
		return;
	}
	if (id)
		pr_info("virtio device at 0x%lx: no driver for type %u\n", vdev->base, id);
	kfree(vdev);
}

/* The transport at the highest address below @below; -1: none. */
static int highest_transport(u64 below, u64 *base, u64 *size)
{
	int node = -1, found = -1;
	u64 at, length;

	*base = 0;
	while ((node = fdt_find_compatible(node, "virtio,mmio")) >= 0) {
		if (!fdt_reg(node, 0, &at, &length) || at >= below || (found >= 0 && at <= *base))
			continue;
		found = node;
		*base = at;
		*size = length;
	}
	return found;
}

static void virtio_probe(void)
{
	u64 below = U64_MAX, size;
	int node;

	while ((node = highest_transport(below, &below, &size)) >= 0)
		probe_transport(node, below, size);
}
device_initcall(virtio_probe);
