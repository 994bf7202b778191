// SPDX-License-Identifier: MIT
/*
 * The split virtqueue (virtio 1.2 §2.7), driver's side.  Pure: three arrays in memory and no device
 * register, so that a test on the host can play the device.
 *
 * The driver puts a *chain* of buffers (vring_desc) under one head and gets its token back when the
 * device has used it. The caller has a lock around all of it.
 *
 *   chain = virtq_chain_begin(vq->desc, vq->free_head);
 *   virtq_chain_put(&chain, …) …
 *   virtq_add(vq, &chain, token);		// as many as there are
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
 * A chain that is being put together: in the ring's own free descriptors, or in a table besides
 * (indirect descriptors, §2.7.5.3).  Both are linked by .next beforehand.
 */
struct virtq_chain {
	struct vring_desc *desc;
	u16 last, next, count;
};

/* @desc: the ring's or a table; @first: where it begins. */
static inline struct virtq_chain virtq_chain_begin(struct vring_desc *desc, u16 first)
{
	return (struct virtq_chain){ .desc = desc, .next = first };
}

/* @flags: VRING_DESC_F_WRITE where the device writes.  The caller knows that there is room. */
static inline void virtq_chain_put(struct virtq_chain *chain, u64 addr, u32 len, u16 flags)
{
	struct vring_desc *desc = &chain->desc[chain->next];

	desc->addr = addr;
	desc->len = len;
	desc->flags = flags | VRING_DESC_F_NEXT;
	chain->last = chain->next;
	chain->next = desc->next;
	chain->count++;
}

/* Makes a table of @n descriptors fit for virtq_chain_begin(table, 0). */
void virtq_link_table(struct vring_desc *table, unsigned int n);
/*
 * Ends the chain, which is not empty, and puts it under @token, not NULL: one that was begun with
 * (vq->desc, vq->free_head), of at most vq->nr_free descriptors.
 */
void virtq_add(struct virtq *vq, struct virtq_chain *chain, void *token);
/* The same for a chain in a table at @phys: one descriptor of the ring, vq->nr_free is not 0. */
void virtq_add_indirect(struct virtq *vq, struct virtq_chain *chain, u64 phys, void *token);
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
