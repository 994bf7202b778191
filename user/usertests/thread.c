// SPDX-License-Identifier: MIT
// thread.c - threads of one process: what they share, and their beginning and end
#include "user/usertests/usertests.h"
#include <pthread.h>
#include <sys/mman.h>

#define PAGE	4096UL

static void start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	CHECK_EQ(pthread_create(thread, NULL, fn, arg), 0);
}

static void *join(pthread_t thread)
{
	void *result;

	CHECK_EQ(pthread_join(thread, &result), 0);
	return result;
}

static volatile int shared_value;

static void *add_one(void *arg)
{
	shared_value++;
	return (char *)arg + 1;
}

TEST(thread_create_and_join)
{
	char text[2];
	pthread_t thread;

	start(&thread, add_one, text);
	CHECK(join(thread) == text + 1);
	CHECK_EQ(shared_value, 1);
}

/* --- two threads that fault on one address space --- */

enum { FAULT_PAGES = 512, FAULTERS = 4 };

struct fault_job {
	volatile char *area;
	int first, step;
};

// Each page gets the number of the thread; whoever comes second finds what the first one wrote.
static void *touch_pages(void *arg)
{
	const struct fault_job *job = arg;

	for (int i = job->first; i < FAULT_PAGES; i += job->step) {
		if (job->area[i * PAGE] != 0)
			return (void *)1;
		job->area[i * PAGE] = job->first + 1;
	}
	return NULL;
}

TEST(thread_faults_on_one_mm)
{
	struct fault_job job[FAULTERS];
	pthread_t thread[FAULTERS];
	char *area = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	for (int i = 0; i < FAULTERS; i++) {
		job[i] = (struct fault_job){ area, i, FAULTERS };
		start(&thread[i], touch_pages, &job[i]);
	}
	for (int i = 0; i < FAULTERS; i++)
		CHECK(join(thread[i]) == NULL);
	for (int i = 0; i < FAULT_PAGES; i++)
		CHECK_EQ(area[i * PAGE], i % FAULTERS + 1);
}

static void *add_to_each_page(void *arg)
{
	for (int i = 0; i < FAULT_PAGES; i++)
		__atomic_add_fetch((int *)((char *)arg + i * PAGE), 1, __ATOMIC_RELAXED);
	return NULL;
}

// The same page by all at once: one frame, and no addition lost with another.
TEST(thread_faults_on_one_page)
{
	pthread_t thread[FAULTERS];
	char *area = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	for (int i = 0; i < FAULTERS; i++)
		start(&thread[i], add_to_each_page, area);
	for (int i = 0; i < FAULTERS; i++)
		join(thread[i]);
	for (int i = 0; i < FAULT_PAGES; i++)
		CHECK_EQ(*(int *)(area + i * PAGE), FAULTERS);
}
