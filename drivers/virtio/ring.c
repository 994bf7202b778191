// SPDX-License-Identifier: MIT
/*
 *   desc[]    addr len flags next       written by us; a chain is linked by next
 *   avail     flags idx ring[] used_event    written by us: heads of chains for the device
 *   used      flags idx ring[] avail_event   written by the device: heads and lengths of what
 *                                            it is done with
 *
 * Indices count up and wrap at 2^16; an entry's place is index mod size.
 *
 * I1  Each descriptor is either on the free list or in exactly one chain whose head has a token.
 * I2  The device sees avail->idx only after what it makes visible (barrier A); it is asked whether
 *     it wants a notification only after it could have seen avail->idx (barrier B).
 * I3  A used entry is read only after used->idx says that it is there (barrier C); we look for more
 *     only after the device could have seen that we want an interrupt (barrier D).
 *
 * B and D are the two halves of the same handshake: each side first publishes, then looks, so at
 * least one of the two sees the other and nobody sleeps on work that is there.
 *
 * What the device writes is checked: a head that is not in flight, or more used entries than
 * chains, kills the queue.
 */
#include "drivers/virtio/ring.h"

#include "lib/atomic.h"

static size_t avail_offset(unsigned int size)
{
	return size * sizeof(struct vring_desc);
}

/* Behind avail's ring comes used_event; used is aligned to 4 (§2.7). */
static size_t used_offset(unsigned int size)
{
	return ALIGN(avail_offset(size) + sizeof(struct vring_avail) + (size + 1) * sizeof(u16),
		     VRING_USED_ALIGN_SIZE);
}

size_t virtq_bytes(unsigned int size)
{
	return used_offset(size) + sizeof(struct vring_used) +
	       size * sizeof(struct vring_used_elem) + sizeof(u16);
}

void virtq_init(struct virtq *vq, unsigned int size, bool event_idx, void *memory)
{
	*vq = (struct virtq){
		.size = size, .event_idx = event_idx, .nr_free = size, .desc = memory,
		.avail = memory + avail_offset(size), .used = memory + used_offset(size),
	};
	virtq_link_table(vq->desc, size);
}

/*
 * Where we say at which used entry we want an interrupt, and where the device says the same of
 * notifications.
 */
static u16 *used_event(const struct virtq *vq)
{
	return &vq->avail->ring[vq->size];
}

static u16 *avail_event(const struct virtq *vq)
{
	return (u16 *)&vq->used->ring[vq->size];
}

void virtq_link_table(struct vring_desc *table, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		table[i].next = i + 1;
}

/* The descriptors from the head of the free list to @last become a chain. */
static void make_available(struct virtq *vq, u16 last, u16 count, void *token)
{
	u16 head = vq->free_head;

	vq->free_head = vq->desc[last].next;
	vq->nr_free -= count;
	vq->chain[head].token = token;
	vq->chain[head].last = last;
	vq->chain[head].count = count;
	vq->avail->ring[vq->next_avail++ & (vq->size - 1)] = head;
}

void virtq_add(struct virtq *vq, struct virtq_chain *chain, void *token)
{
	chain->desc[chain->last].flags &= ~VRING_DESC_F_NEXT;
	make_available(vq, chain->last, chain->count, token);
}

void virtq_add_indirect(struct virtq *vq, struct virtq_chain *chain, u64 phys, void *token)
{
	struct vring_desc *desc = &vq->desc[vq->free_head];

	chain->desc[chain->last].flags &= ~VRING_DESC_F_NEXT;
	desc->addr = phys;
	desc->len = chain->count * sizeof(struct vring_desc);
	desc->flags = VRING_DESC_F_INDIRECT;
	make_available(vq, vq->free_head, 1, token);
}

bool virtq_publish(struct virtq *vq)
{
	u16 before = vq->published;

	if (vq->next_avail == before)
		return false;
	smp_wmb();					/* A */
	WRITE_ONCE(vq->avail->idx, vq->next_avail);
	vq->published = vq->next_avail;
	smp_mb();					/* B */
	if (vq->event_idx)
		return vring_need_event(READ_ONCE(*avail_event(vq)), vq->published, before);
	return !(READ_ONCE(vq->used->flags) & VRING_USED_F_NO_NOTIFY);
}

/* Takes the chain apart: its descriptors go in front of the free list as one piece. */
static void *release_chain(struct virtq *vq, u16 head)
{
	void *token = vq->chain[head].token;

	vq->desc[vq->chain[head].last].next = vq->free_head;
	vq->free_head = head;
	vq->nr_free += vq->chain[head].count;
	vq->chain[head].token = NULL;
	return token;
}

void *virtq_get(struct virtq *vq, u32 *len)
{
	const struct vring_used_elem *elem;
	u16 pending = READ_ONCE(vq->used->idx) - vq->last_used;
	u32 id;

	if (!pending || vq->failure)
		return NULL;
	if (pending > vq->size) {
		vq->failure = "it used more buffers than it was given";
		return NULL;
	}
	smp_rmb();					/* C */
	elem = &vq->used->ring[vq->last_used & (vq->size - 1)];
	id = READ_ONCE(elem->id);
	*len = READ_ONCE(elem->len);
	if (id >= vq->size || !vq->chain[id].token) {
		vq->failure = "it used a buffer that it was not given";
		return NULL;
	}
	vq->last_used++;
	return release_chain(vq, id);
}

bool virtq_arm(struct virtq *vq)
{
	if (vq->event_idx)
		WRITE_ONCE(*used_event(vq), vq->last_used);
	smp_mb();					/* D */
	return vq->failure || READ_ONCE(vq->used->idx) == vq->last_used;
}

void *virtq_detach(struct virtq *vq)
{
	for (unsigned int head = 0; head < vq->size; head++)
		if (vq->chain[head].token)
			return release_chain(vq, head);
	return NULL;
}
