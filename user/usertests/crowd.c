// SPDX-License-Identifier: MIT
// crowd.c - threads at the same few pages at the same time
#include "user/usertests/crowd.h"
#include "user/usertests/cow_pin.h"

struct member {
	void (*body)(int me);
	int me;
};

static void *run(void *arg)
{
	const struct member *member = arg;

	member->body(member->me);
	return NULL;
}

void crowd(void (*body)(int me))
{
	struct member members[CROWD];
	pthread_t threads[CROWD];

	for (int i = 0; i < CROWD; i++) {
		members[i] = (struct member){ body, i };
		threads[i] = start_thread(run, &members[i]);
	}
	for (int i = 0; i < CROWD; i++)
		join_thread(threads[i]);
}

void crowd_write(char *p, int me, uint64_t value)
{
	for (int i = 0; i < CROWD_PAGES; i++)
		*crowd_word(p, i, me) = value << 8 | i;
}

void crowd_check(char *p, int me, uint64_t value)
{
	for (int i = 0; i < CROWD_PAGES; i++) {
		uint64_t word = *crowd_word(p, i, me);

		if (word != (value << 8 | i))
			fail(HERE("word"), "thread %d, page %d: want %#llx, got %#llx", me, i,
			     (unsigned long long)(value << 8 | i), (unsigned long long)word);
	}
}

bool store_from_outside(volatile uint64_t *word, uint64_t value)
{
	return store_there(getpid(), (char *)word, (char *)&value, 8) == 8;
}

uint64_t load_from_outside(volatile uint64_t *word)
{
	uint64_t value;

	CHECK_EQ(load_there(getpid(), (char *)word, (char *)&value, 8), 8);
	return value;
}
