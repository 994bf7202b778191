// SPDX-License-Identifier: MIT
/*
 * Virtio devices behind memory-mapped registers (virtio 1.2 §4.2), found in the device tree as
 * "virtio,mmio".  Modern ones only (version 2); a legacy one, and one for which there is no driver,
 * gets a line.
 *
 * A driver's order of steps (§3.1.1):  virtio_negotiate, virtio_read_config, virtio_add_queue,
 * virtio_driver_ok; and virtio_fail where it gives up.
 */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "lib/types.h"

struct virtq;

struct virtio_device {
	void *regs;
	unsigned long base;		/* physical, for messages */
	int irq;
	u64 features;			/* agreed on; bit per VIRTIO_F_… */
};

/*
 * Resets the device and agrees on those of @wanted that it has; VIRTIO_F_VERSION_1 is required and
 * need not be named. 0, or -ENODEV after a line.
 */
int virtio_negotiate(struct virtio_device *vdev, u64 wanted);

static inline bool virtio_has_feature(const struct virtio_device *vdev, int feature)
{
	return vdev->features >> feature & 1;
}

/* @len bytes of the device's configuration at @offset, all of one moment. */
void virtio_read_config(struct virtio_device *vdev, unsigned int offset, void *buf, size_t len);
/* Makes queue @index, with at most @max_size descriptors.  0, -ENODEV, -ENOMEM. */
int virtio_add_queue(struct virtio_device *vdev, int index, struct virtq *vq,
		     unsigned int max_size);
void virtio_driver_ok(struct virtio_device *vdev);
/* Tells the device that the driver has given up. */
void virtio_fail(struct virtio_device *vdev);
/* When this returns the device does not touch memory any more. */
void virtio_reset(struct virtio_device *vdev);
void virtio_notify(struct virtio_device *vdev, int index);
/* In the interrupt handler: why it interrupted, VIRTIO_MMIO_INT_…; 0: it did not. */
u32 virtio_ack_interrupt(struct virtio_device *vdev);
/* The device says that it cannot go on (§2.1.2). */
bool virtio_needs_reset(struct virtio_device *vdev);

#endif
