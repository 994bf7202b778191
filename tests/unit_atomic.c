// SPDX-License-Identifier: MIT
/*
 * unit_atomic.c - lib/atomic.h: what each operation returns, and that none of them loses an
 * update while two threads hammer on the same words.
 */
#include "lib/atomic.h"

#include "tests/unit.h"

#define ROUNDS 20000

UNIT_TEST(atomic_operations_return_what_they_say)
{
	atomic_t v = ATOMIC_INIT(5);
	int old = 3;

	EXPECT_EQ(atomic_add_return(3, &v), 8);
	EXPECT_EQ(atomic_sub_return(2, &v), 6);
	EXPECT_EQ(atomic_fetch_add(4, &v), 6);
	EXPECT_EQ(atomic_fetch_sub(9, &v), 10);
	EXPECT_EQ(atomic_read(&v), 1);
	EXPECT(!atomic_add_unless(&v, 5, 1), "is 1");
	EXPECT(atomic_add_unless(&v, 5, 2), "is not 2");
	EXPECT_EQ(atomic_cmpxchg(&v, 7, 9), 6);
	EXPECT_EQ(atomic_cmpxchg(&v, 6, 9), 6);
	EXPECT_EQ(atomic_xchg(&v, 2), 9);
	EXPECT(!atomic_try_cmpxchg(&v, &old, 4) && old == 2, "was 2, not 3");
	EXPECT(atomic_try_cmpxchg(&v, &old, 4), "was 2");
	atomic_or(3, &v);
	atomic_and(~4, &v);
	EXPECT_EQ(atomic_read(&v), 3);
}

UNIT_TEST(atomic_counts_of_references)
{
	atomic_long_t refs = ATOMIC_LONG_INIT(1);

	EXPECT(atomic_long_inc_not_zero(&refs), "one reference");
	EXPECT(!atomic_long_dec_and_test(&refs), "one left");
	EXPECT(atomic_long_dec_and_test(&refs), "none left");
	EXPECT(!atomic_long_inc_not_zero(&refs), "gone");
	EXPECT_EQ(atomic_long_read(&refs), 0);
	atomic_long_set(&refs, LONG_MAX);
	EXPECT_EQ(atomic_long_dec_return(&refs), LONG_MAX - 1);
}

UNIT_TEST(atomic_bits_of_an_array)
{
	unsigned long map[3] = { 0 }, n;

	for (n = 0; n < 192; n++) {
		EXPECT(!test_and_set_bit(n, map), "bit %lu was clear", n);
		EXPECT(test_and_set_bit(n, map), "bit %lu was set", n);
		EXPECT_EQ(map[n / 64], GENMASK(n % 64, 0));
	}
	for (n = 0; n < 192; n++) {
		EXPECT(test_and_clear_bit(n, map), "bit %lu was set", n);
		EXPECT(!test_and_clear_bit(n, map), "bit %lu was clear", n);
		EXPECT(!test_bit_acquire(n, map), "bit %lu is clear", n);
	}
	set_bit(64, map);
	EXPECT_EQ(map[1], 1);
	clear_bit(64, map);
	EXPECT_EQ(map[1], 0);
}

static atomic_t hits;
static atomic_long_t sum;
static unsigned long lock_word, shared_map;
static long under_lock;

/* Bit 0 is a lock around under_lock; bits from 8 on are toggled, each by one thread only. */
static void *hammer(void *arg)
{
	unsigned long bit = (unsigned long)arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		atomic_inc(&hits);
		atomic_long_add_unless(&sum, bit, -1);
		bit % 2 ? set_bit(bit, &shared_map) : clear_bit(bit, &shared_map);
		while (test_and_set_bit_lock(0, &lock_word))
			sched_yield();
		under_lock++;
		clear_bit_unlock(0, &lock_word);
		bit % 2 ? clear_bit(bit, &shared_map) : set_bit(bit, &shared_map);
	}
	return NULL;
}

UNIT_TEST(atomic_updates_of_two_threads_all_count)
{
	pthread_t threads[2];
	unsigned long i;

	for (i = 0; i < 2; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, hammer, (void *)(8 + i)), 0);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(atomic_read(&hits), 2 * ROUNDS);
	EXPECT_EQ(atomic_long_read(&sum), (8 + 9) * (long)ROUNDS);
	EXPECT_EQ(under_lock, 2 * ROUNDS);
	EXPECT_EQ(shared_map, BIT(8));
}
