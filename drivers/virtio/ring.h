// SPDX-License-Identifier: MIT
/*
 * The split virtqueue (virtio 1.2 §2.7), driver's side.  Pure: three arrays in memory and no device
 * register, so that a test on the host can play the device.
 *
 * The driver puts a *chain* of buffers (vring_desc) under one head and gets its token back when the
 * device has used it. The caller has a lock around all of it.
 *
 *   virtq_add(vq, …, token);		// as many as there are
 *   if (virtq_publish(vq)) notify the device;
 *   …interrupt…
 *   do
 *           while ((token = virtq_get(vq, &len))) …
 *   while (!virtq_arm(vq));
 */
#ifndef DRIVERS_VIRTIO_RING_H
#define DRIVERS_VIRTIO_RING_H

#include <linux/virtio_ring.h>

#include "lib/types.h"

#define VIRTQ_MAX_SIZE	128

struct virtq {
	u16 size;			/* descriptors; a power of two */
	bool event_idx;			/* VIRTIO_RING_F_EVENT_IDX was negotiated */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;

	u16 free_head, nr_free;		/* free descriptors, linked by desc[].next */
	u16 next_avail;			/* what avail->idx will be when published */
	u16 published;			/* what it was made last */
	u16 last_used;			/* the next entry of used->ring to look at */
	const char *failure;		/* NULL, or what the device did wrong: the queue is dead */
	struct {
		void *token;		/* NULL: no chain in flight begins here */
		u16 last, count;	/* its last descriptor, and how many it has */
	} chain[VIRTQ_MAX_SIZE];
};

/* Bytes of memory, physically contiguous and aligned to 16, for a queue of @size. */
size_t virtq_bytes(unsigned int size);
/* @memory: virtq_bytes(), zeroed. */
void virtq_init(struct virtq *vq, unsigned int size, bool event_idx, void *memory);

/*
 * Puts a chain of @n buffers; their addr and len, and of the flags VRING_DESC_F_WRITE, are taken
 * from @bufs.  @token is not NULL.  0, or -ENOSPC.
 */
int virtq_add(struct virtq *vq, const struct vring_desc *bufs, unsigned int n, void *token);
/*
 * The same with the descriptors in a table of their own (§2.7.5.3), @table_phys, complete with
 * flags and next: one descriptor of the ring however many there are.
 */
int virtq_add_indirect(struct virtq *vq, u64 table_phys, unsigned int n, void *token);
/* Shows the device all that was added; true: it wants to be notified. */
bool virtq_publish(struct virtq *vq);
/*
 * The token of a chain that the device has used, *len the bytes it wrote; NULL: no more, or
 * vq->failure.
 */
void *virtq_get(struct virtq *vq, u32 *len);
/*
 * Asks for an interrupt at the next used chain; false: there is one already, go on with
 * virtq_get().
 */
bool virtq_arm(struct virtq *vq);
/*
 * The tokens of all chains in flight, one a call, then NULL.  Only when the device has been reset.
 */
void *virtq_detach(struct virtq *vq);

#endif
