// SPDX-License-Identifier: MIT
/* Virtio block devices (virtio 1.2 §5.2): vda, vdb, … of major 254, 16 minors each. */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

struct virtio_device;

/* Takes @vdev over and makes a disk of it; a device that cannot be one gets a line. */
void virtio_blk_probe(struct virtio_device *vdev);

#endif
