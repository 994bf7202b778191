// SPDX-License-Identifier: MIT
/*
 * unit_virtio_ring.c - drivers/virtio/ring.h, with a device played by this file: it reads only what
 * the specification lets a device read (virtio 1.2 §2.7) and complains about what a driver must
 * not do.
 */
#include "drivers/virtio/ring.h"

#include "lib/string.h"
#include "tests/unit.h"

#define SIZE 16
#define MAX_CHAIN 5

struct job {
	u64 address[MAX_CHAIN];
	u32 length[MAX_CHAIN];
	u16 flags[MAX_CHAIN];
	unsigned int count;
	bool in_flight;
};

struct model {
	struct virtq vq;
	void *memory;
	u16 seen;		/* chains taken from avail */
	u16 held[SIZE];		/* their heads, in no order */
	unsigned int holding;
	bool event_idx;
	struct job job[SIZE];
};

static struct model model;

static void model_begin(bool event_idx)
{
	free(model.memory);
	memset(&model, 0, sizeof(model));
	model.memory = calloc(1, virtq_bytes(SIZE));
	model.event_idx = event_idx;
	virtq_init(&model.vq, SIZE, event_idx, model.memory);
}

/* --- the device --- */

static u16 *device_avail_event(void)
{
	return (u16 *)&model.vq.used->ring[SIZE];
}

static void device_check_chain(u16 head, const struct job *job)
{
	u16 at = head;
	unsigned int i;

	for (i = 0; i < job->count; i++) {
		const struct vring_desc *desc = &model.vq.desc[at];
		bool last = i + 1 == job->count;

		EXPECT(at < SIZE, "descriptor %u of the chain at %u is %u", i, head, at);
		EXPECT_EQ(desc->addr, job->address[i]);
		EXPECT_EQ(desc->len, job->length[i]);
		EXPECT_EQ(desc->flags, job->flags[i] | (last ? 0 : VRING_DESC_F_NEXT));
		at = desc->next;
	}
}

/* Takes one chain; which job it is, its first buffer's address says. */
static bool device_take(void)
{
	u16 head, idx = model.vq.avail->idx;

	if (model.seen == idx)
		return false;
	EXPECT((u16)(idx - model.seen) <= SIZE, "avail->idx %u, but %u were seen", idx, model.seen);
	head = model.vq.avail->ring[model.seen++ % SIZE];
	EXPECT(head < SIZE, "head %u", head);
	device_check_chain(head, &model.job[model.vq.desc[head].addr >> 32]);
	model.held[model.holding++] = head;
	if (model.event_idx)
		*device_avail_event() = model.seen;
	return true;
}

/* Uses one of those held; true: the driver asked for an interrupt at this one. */
static bool device_use(unsigned int which, u32 length)
{
	u16 idx = model.vq.used->idx;

	model.vq.used->ring[idx % SIZE] = (struct vring_used_elem){ model.held[which], length };
	model.held[which] = model.held[--model.holding];
	model.vq.used->idx = idx + 1;
	if (!model.event_idx)
		return true;
	return vring_need_event(model.vq.avail->ring[SIZE], idx + 1, idx);
}

/* --- the driver --- */

static struct job *free_job(void)
{
	for (unsigned int i = 0; i < SIZE; i++)
		if (!model.job[i].in_flight)
			return &model.job[i];
	return NULL;
}

static bool driver_add(unsigned int count)
{
	struct virtq_chain chain = virtq_chain_begin(model.vq.desc, model.vq.free_head);
	struct job *job = free_job();
	u16 had = model.vq.nr_free;
	unsigned int i;

	if (!job || count > had)
		return false;
	job->count = count;
	for (i = 0; i < count; i++) {
		job->address[i] = (u64)(job - model.job) << 32 | unit_random_below(1 << 30);
		job->length[i] = unit_random_below(1 << 20) + 1;
		job->flags[i] = i && unit_random_below(2) ? VRING_DESC_F_WRITE : 0;
		virtq_chain_put(&chain, job->address[i], job->length[i], job->flags[i]);
	}
	virtq_add(&model.vq, &chain, job);
	EXPECT_EQ(model.vq.nr_free, had - count);
	job->in_flight = true;
	return true;
}

static struct job *driver_get(u32 *length)
{
	struct job *job = virtq_get(&model.vq, length);

	if (job) {
		EXPECT(job->in_flight, "a chain came back that was not in flight");
		job->in_flight = false;
	}
	return job;
}

UNIT_TEST(ring_memory_lies_as_the_specification_says)
{
	model_begin(true);
	EXPECT_EQ((char *)model.vq.avail - (char *)model.vq.desc, 16 * SIZE);
	EXPECT_EQ((char *)model.vq.used - (char *)model.vq.desc,
		  16 * SIZE + ALIGN(6 + 2 * SIZE, 4));
	EXPECT_EQ(virtq_bytes(SIZE), 16 * SIZE + ALIGN(6 + 2 * SIZE, 4) + 6 + 8 * SIZE);
	EXPECT(virtq_bytes(VIRTQ_MAX_SIZE) <= 4096, "a queue of full size fits a page");
}

UNIT_TEST(ring_shows_nothing_before_it_is_published)
{
	model_begin(false);
	EXPECT(driver_add(3), "room for one chain");
	EXPECT(!device_take(), "the device saw a chain that was not published");
	EXPECT(virtq_publish(&model.vq), "the device had nothing and wants to be told");
	EXPECT(!virtq_publish(&model.vq), "nothing new, so no notification");
	EXPECT(device_take(), "the published chain is there");
	EXPECT(!device_take(), "and it is the only one");
}

UNIT_TEST(ring_full_and_empty_again)
{
	u32 length;

	model_begin(false);
	for (int i = 0; i < SIZE / 4; i++)
		EXPECT(driver_add(4), "room for chain %d", i);
	EXPECT_EQ(model.vq.nr_free, 0);
	EXPECT(!driver_add(1), "no room for one more");
	virtq_publish(&model.vq);
	while (device_take())
		continue;
	device_use(2, 77);
	EXPECT(driver_get(&length), "the chain that was used");
	EXPECT_EQ(length, 77);
	EXPECT(!driver_get(&length), "and no other");
	EXPECT_EQ(model.vq.nr_free, 4);
	EXPECT(driver_add(4), "room again");
}

UNIT_TEST(ring_indirect_chain_takes_one_descriptor)
{
	struct vring_desc table[4];
	u32 length;

	model_begin(false);
	virtq_link_table(table, ARRAY_SIZE(table));
	for (int i = 0; i < SIZE; i++) {
		struct virtq_chain chain = virtq_chain_begin(table, 0);

		virtq_chain_put(&chain, 0x5000, 16, 0);
		virtq_chain_put(&chain, 0x6000, 512, VRING_DESC_F_WRITE);
		virtq_chain_put(&chain, 0x7000, 1, VRING_DESC_F_WRITE);
		virtq_add_indirect(&model.vq, &chain, 0x1000 + i, table);
	}
	EXPECT_EQ(model.vq.nr_free, 0);
	EXPECT_EQ(table[0].flags, VRING_DESC_F_NEXT);
	EXPECT_EQ(table[0].next, 1);
	EXPECT_EQ(table[1].flags, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	EXPECT_EQ(table[2].flags, VRING_DESC_F_WRITE);
	virtq_publish(&model.vq);
	EXPECT_EQ(model.vq.desc[model.vq.avail->ring[3]].addr, 0x1003);
	EXPECT_EQ(model.vq.desc[model.vq.avail->ring[3]].len, 3 * 16);
	EXPECT_EQ(model.vq.desc[model.vq.avail->ring[3]].flags, VRING_DESC_F_INDIRECT);
	model.vq.used->ring[0].id = model.vq.avail->ring[5];
	model.vq.used->idx = 1;
	EXPECT_EQ(virtq_get(&model.vq, &length), table);
	EXPECT_EQ(model.vq.nr_free, 1);
}

UNIT_TEST(ring_notifies_only_whom_it_must)
{
	model_begin(true);
	EXPECT(driver_add(1) && virtq_publish(&model.vq), "the first one is announced");
	EXPECT(driver_add(1) && !virtq_publish(&model.vq), "the first has not been taken yet");
	while (device_take())
		continue;
	EXPECT(driver_add(1) && virtq_publish(&model.vq), "the device has run dry");

	model_begin(false);
	model.vq.used->flags = VRING_USED_F_NO_NOTIFY;
	EXPECT(driver_add(1) && !virtq_publish(&model.vq), "the device is looking by itself");
}

UNIT_TEST(ring_arm_sees_what_came_meanwhile)
{
	u32 length;

	model_begin(true);
	EXPECT(driver_add(1) && driver_add(1), "two chains");
	virtq_publish(&model.vq);
	while (device_take())
		continue;
	EXPECT(device_use(0, 0), "the first is asked for from the start");
	EXPECT(driver_get(&length), "it is there");
	EXPECT(!device_use(0, 0), "before it is armed, no interrupt for the second");
	EXPECT(!virtq_arm(&model.vq), "but arming must say that it is there");
	EXPECT(driver_get(&length), "the second");
	EXPECT(virtq_arm(&model.vq), "now there is nothing more");
}

static void run_traffic(bool event_idx)
{
	unsigned long added = 0, back = 0;
	u32 length;

	model_begin(event_idx);
	/* Long enough for the indices to wrap at 2^16. */
	for (int round = 0; round < 500000; round++) {
		switch (unit_random_below(4)) {
		case 0:
			added += driver_add(unit_random_below(MAX_CHAIN) + 1);
			break;
		case 1:
			virtq_publish(&model.vq);
			while (unit_random_below(4) && device_take())
				continue;
			break;
		case 2:
			if (model.holding)
				device_use(unit_random_below(model.holding), 1);
			break;
		case 3:
			while (driver_get(&length))
				back++;
			virtq_arm(&model.vq);
			break;
		}
		EXPECT(!model.vq.failure, "%s", model.vq.failure);
	}
	virtq_publish(&model.vq);
	while (device_take())
		continue;
	while (model.holding)
		device_use(model.holding - 1, 1);
	while (driver_get(&length))
		back++;
	EXPECT_EQ(back, added);
	EXPECT_EQ(model.vq.nr_free, SIZE);
	EXPECT(added > U16_MAX, "the indices wrapped: %lu", added);
}

UNIT_TEST(ring_random_traffic)
{
	run_traffic(false);
}

UNIT_TEST(ring_random_traffic_with_event_index)
{
	run_traffic(true);
}

/* No wake-up is lost: the device sleeps unless notified, the driver unless interrupted. */
UNIT_TEST(ring_nobody_sleeps_on_work)
{
	bool notified = false, interrupted = false;
	u32 length;

	model_begin(true);
	for (int round = 0; round < 100000; round++) {
		if (unit_random_below(2)) {
			driver_add(1);
			notified |= virtq_publish(&model.vq);
		}
		if (notified && unit_random_below(2)) {
			while (device_take())
				continue;
			notified = false;
		}
		if (model.holding && unit_random_below(2))
			interrupted |= device_use(unit_random_below(model.holding), 1);
		if (interrupted && unit_random_below(2)) {
			interrupted = false;
			do {
				while (driver_get(&length))
					continue;
			} while (!virtq_arm(&model.vq));
		}
		EXPECT(notified || model.seen == model.vq.avail->idx,
		       "the device sleeps on a chain");
		EXPECT(interrupted || model.vq.last_used == model.vq.used->idx,
		       "the driver sleeps on a used chain");
	}
}

UNIT_TEST(ring_device_that_lies_is_found_out)
{
	static const u32 id[] = { SIZE, U32_MAX, 3, 0x10000 };
	u32 length;

	for (unsigned int i = 0; i < ARRAY_SIZE(id); i++) {
		model_begin(i & 1);
		EXPECT(driver_add(2), "one chain, at 0");
		virtq_publish(&model.vq);
		model.vq.used->ring[0].id = id[i];
		model.vq.used->idx = 1;
		EXPECT(!virtq_get(&model.vq, &length), "id %u was never given", id[i]);
		EXPECT(model.vq.failure, "id %u kills the queue", id[i]);
		EXPECT(virtq_arm(&model.vq), "a dead queue does not go round in circles");
	}
}

UNIT_TEST(ring_buffer_used_twice_is_found_out)
{
	u32 length;

	model_begin(false);
	EXPECT(driver_add(2), "one chain, at 0");
	virtq_publish(&model.vq);
	model.vq.used->idx = 2;
	EXPECT(virtq_get(&model.vq, &length), "the first time");
	EXPECT(!virtq_get(&model.vq, &length) && model.vq.failure, "the second kills the queue");
}

UNIT_TEST(ring_index_that_jumps_is_found_out)
{
	u32 length;

	model_begin(false);
	EXPECT(driver_add(2), "one chain");
	virtq_publish(&model.vq);
	model.vq.used->idx = SIZE + 1;
	EXPECT(!virtq_get(&model.vq, &length) && model.vq.failure, "more used than there are");
}

UNIT_TEST(ring_detach_gives_every_token_back)
{
	struct job *job;
	int count = 0;

	model_begin(false);
	while (driver_add(1 + unit_random_below(3)))
		count++;
	while ((job = virtq_detach(&model.vq)) != NULL) {
		EXPECT(job->in_flight, "a token twice");
		job->in_flight = false;
		count--;
	}
	EXPECT_EQ(count, 0);
	EXPECT_EQ(model.vq.nr_free, SIZE);
}
