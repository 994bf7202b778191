// SPDX-License-Identifier: MIT
// pthread.c - the C library's threads: locks, conditions, storage, as programs use them
#include "user/usertests/threads.h"
#include <semaphore.h>
#include <sys/mman.h>

#define PAGE	4096UL

static void *shared_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

static struct timespec in_future(clockid_t clock, long long ns)
{
	long long end = now(clock) + ns;

	return (struct timespec){ end / SEC, end % SEC };
}

/* --- mutexes --- */

enum { COUNTERS = 6, TURNS = 3000 };

static pthread_mutex_t count_mutex;
static long counted;

static void make_mutex(pthread_mutex_t *mutex, int type)
{
	pthread_mutexattr_t attr;

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_settype(&attr, type), 0);
	CHECK_EQ(pthread_mutex_init(mutex, &attr), 0);
}

static void *count_up(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		CHECK_EQ(pthread_mutex_lock(&count_mutex), 0);
		counted++;
		if (i % 50 == 0)
			sched_yield();
		CHECK_EQ(pthread_mutex_unlock(&count_mutex), 0);
	}
	return arg;
}

static void run_counters(int type)
{
	pthread_t thread[COUNTERS];

	make_mutex(&count_mutex, type);
	counted = 0;
	for (int i = 0; i < COUNTERS; i++)
		thread[i] = start_thread(count_up, NULL);
	for (int i = 0; i < COUNTERS; i++)
		join_thread(thread[i]);
	CHECK_EQ(counted, COUNTERS * TURNS);
}

TEST(pthread_mutex_normal)
{
	run_counters(PTHREAD_MUTEX_NORMAL);
}

TEST(pthread_mutex_adaptive)
{
	run_counters(PTHREAD_MUTEX_ADAPTIVE_NP);
}

static void *unlock_it(void *arg)
{
	return (void *)(long)pthread_mutex_unlock(arg);
}

TEST(pthread_mutex_errorcheck)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, PTHREAD_MUTEX_ERRORCHECK);
	CHECK_EQ(pthread_mutex_unlock(&mutex), EPERM);
	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	CHECK_EQ(pthread_mutex_lock(&mutex), EDEADLK);
	CHECK_EQ((long)join_thread(start_thread(unlock_it, &mutex)), EPERM);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
}

static void *try_it(void *arg)
{
	int err = pthread_mutex_trylock(arg);

	if (!err)
		pthread_mutex_unlock(arg);
	return (void *)(long)err;
}

TEST(pthread_mutex_recursive)
{
	pthread_mutex_t mutex;

	make_mutex(&mutex, PTHREAD_MUTEX_RECURSIVE);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ((long)join_thread(start_thread(try_it, &mutex)), EBUSY);
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
	CHECK_EQ((long)join_thread(start_thread(try_it, &mutex)), 0);
}

static void *lock_for_a_while(void *arg)
{
	struct timespec soon = in_future(CLOCK_REALTIME, 30 * MS);

	return (void *)(long)pthread_mutex_timedlock(arg, &soon);
}

TEST(pthread_mutex_timed)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	CHECK_EQ(pthread_mutex_lock(&mutex), 0);
	CHECK_EQ((long)join_thread(start_thread(lock_for_a_while, &mutex)), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	CHECK_EQ((long)join_thread(start_thread(lock_for_a_while, &mutex)), 0);
}

TEST(pthread_mutex_between_processes)
{
	struct {
		pthread_mutex_t mutex;
		long count;
	} *shared = shared_page();
	pthread_mutexattr_t attr;
	pid_t pid[3];

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(&shared->mutex, &attr), 0);
	for (int i = 0; i < 3; i++) {
		pid[i] = CHECK_SYS(fork());
		for (int n = 0; pid[i] == 0 && n < 2000; n++) {
			CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
			shared->count++;
			if (n % 50 == 0)
				sched_yield();
			CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
		}
		if (pid[i] == 0)
			finish();
	}
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(pid[i], 0);
	CHECK_EQ(shared->count, 6000);
}

/* --- conditions --- */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t filled, emptied;
	int item[4], used;
	long sum;
} queue = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
	    {}, 0, 0 };

static void *produce(void *arg)
{
	for (int i = 1; i <= 1000; i++) {
		pthread_mutex_lock(&queue.mutex);
		while (queue.used == ARRAY_SIZE(queue.item))
			pthread_cond_wait(&queue.emptied, &queue.mutex);
		queue.item[queue.used++] = i;
		pthread_cond_signal(&queue.filled);
		pthread_mutex_unlock(&queue.mutex);
	}
	return arg;
}

static void *consume(void *arg)
{
	for (int i = 1; i <= 1000; i++) {
		pthread_mutex_lock(&queue.mutex);
		while (!queue.used)
			pthread_cond_wait(&queue.filled, &queue.mutex);
		queue.sum += queue.item[--queue.used];
		pthread_cond_signal(&queue.emptied);
		pthread_mutex_unlock(&queue.mutex);
	}
	return arg;
}

TEST(pthread_cond_producers_and_consumers)
{
	pthread_t thread[6];

	for (int i = 0; i < 6; i++)
		thread[i] = start_thread(i % 2 ? produce : consume, NULL);
	for (int i = 0; i < 6; i++)
		join_thread(thread[i]);
	CHECK_EQ(queue.used, 0);
	CHECK_EQ(queue.sum, 3 * 1000 * 1001 / 2);
}

static void *wait_for_round(void *arg)
{
	pthread_mutex_lock(&queue.mutex);
	queue.used++;
	while (!queue.sum)
		pthread_cond_wait(&queue.filled, &queue.mutex);
	queue.used--;
	pthread_mutex_unlock(&queue.mutex);
	return arg;
}

TEST(pthread_cond_broadcast)
{
	pthread_t thread[8];
	int waiting;

	for (int i = 0; i < 8; i++)
		thread[i] = start_thread(wait_for_round, NULL);
	do {
		nap(MS);
		pthread_mutex_lock(&queue.mutex);
		waiting = queue.used;
		queue.sum = waiting == 8;
		pthread_cond_broadcast(&queue.filled);
		pthread_mutex_unlock(&queue.mutex);
	} while (waiting < 8);
	for (int i = 0; i < 8; i++)
		join_thread(thread[i]);
}

TEST(pthread_cond_timed)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC };

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
		pthread_condattr_t attr;
		pthread_cond_t cond;
		struct timespec end;

		CHECK_EQ(pthread_condattr_init(&attr), 0);
		CHECK_EQ(pthread_condattr_setclock(&attr, clocks[i]), 0);
		CHECK_EQ(pthread_cond_init(&cond, &attr), 0);
		CHECK_EQ(pthread_mutex_lock(&mutex), 0);
		end = in_future(clocks[i], 30 * MS);
		CHECK_EQ(pthread_cond_timedwait(&cond, &mutex, &end), ETIMEDOUT);
		CHECK(now(clocks[i]) >= end.tv_sec * SEC + end.tv_nsec);
	}
}

TEST(pthread_cond_between_processes)
{
	struct {
		pthread_mutex_t mutex;
		pthread_cond_t cond;
		int turn;
	} *shared = shared_page();
	pthread_mutexattr_t mutexattr;
	pthread_condattr_t condattr;
	pid_t pid;
	int me;

	CHECK_EQ(pthread_mutexattr_init(&mutexattr), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&mutexattr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(&shared->mutex, &mutexattr), 0);
	CHECK_EQ(pthread_condattr_init(&condattr), 0);
	CHECK_EQ(pthread_condattr_setpshared(&condattr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_cond_init(&shared->cond, &condattr), 0);
	pid = CHECK_SYS(fork());
	me = pid == 0;
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(pthread_mutex_lock(&shared->mutex), 0);
		while (shared->turn != me)
			CHECK_EQ(pthread_cond_wait(&shared->cond, &shared->mutex), 0);
		shared->turn = !me;
		CHECK_EQ(pthread_cond_signal(&shared->cond), 0);
		CHECK_EQ(pthread_mutex_unlock(&shared->mutex), 0);
	}
	if (me)
		finish();
	CHECK_EXIT(pid, 0);
}

/* --- barriers, read-write locks, semaphores --- */

enum { ROUNDS = 200, WALKERS = 5 };

static pthread_barrier_t barrier;
static volatile int round_of[WALKERS];

// Nobody is more than one round ahead of anybody.
static void *walk(void *arg)
{
	long me = (long)arg, serial = 0;

	for (int round = 1; round <= ROUNDS; round++) {
		round_of[me] = round;
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		for (int i = 0; i < WALKERS; i++)
			if (round_of[i] < round || round_of[i] > round + 1)
				return (void *)-1L;
	}
	return (void *)serial;
}

TEST(pthread_barrier)
{
	pthread_t thread[WALKERS];
	long serial = 0;

	CHECK_EQ(pthread_barrier_init(&barrier, NULL, WALKERS), 0);
	for (long i = 0; i < WALKERS; i++)
		thread[i] = start_thread(walk, (void *)i);
	for (int i = 0; i < WALKERS; i++) {
		long result = (long)join_thread(thread[i]);

		CHECK(result >= 0);
		serial += result;
	}
	CHECK_EQ(serial, ROUNDS);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long left, right;

static void *read_or_write(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		if (arg) {
			pthread_rwlock_wrlock(&rwlock);
			left++;
			right++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			if (left != right)
				return (void *)1;
		}
		if (i % 100 == 0)
			sched_yield();
		pthread_rwlock_unlock(&rwlock);
	}
	return NULL;
}

TEST(pthread_rwlock)
{
	pthread_t thread[6];

	for (long i = 0; i < 6; i++)
		thread[i] = start_thread(read_or_write, (void *)(long)(i % 3 == 0));
	for (int i = 0; i < 6; i++)
		CHECK(join_thread(thread[i]) == NULL);
	CHECK_EQ(left, 4000);
	CHECK_EQ(right, 4000);
}

static sem_t semaphore;

static void *post_some(void *arg)
{
	for (long i = 0; i < (long)arg; i++)
		CHECK_EQ(sem_post(&semaphore), 0);
	return NULL;
}

TEST(pthread_semaphore)
{
	struct timespec soon;
	pthread_t thread;

	CHECK_EQ(sem_init(&semaphore, 0, 0), 0);
	CHECK_ERRNO(sem_trywait(&semaphore), EAGAIN);
	soon = in_future(CLOCK_REALTIME, 20 * MS);
	CHECK_ERRNO(sem_timedwait(&semaphore, &soon), ETIMEDOUT);
	thread = start_thread(post_some, (void *)500);
	for (int i = 0; i < 500; i++)
		CHECK_EQ(sem_wait(&semaphore), 0);
	join_thread(thread);
	CHECK_ERRNO(sem_trywait(&semaphore), EAGAIN);
}

TEST(pthread_semaphore_between_processes)
{
	sem_t *ping = shared_page(), *pong = ping + 1;
	pid_t pid;

	CHECK_EQ(sem_init(ping, 1, 0), 0);
	CHECK_EQ(sem_init(pong, 1, 0), 0);
	pid = CHECK_SYS(fork());
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(sem_post(pid ? ping : pong), 0);
		CHECK_EQ(sem_wait(pid ? pong : ping), 0);
	}
	if (pid == 0)
		finish();
	CHECK_EXIT(pid, 0);
}

/* --- storage of each thread --- */

static __thread int initialised = 41;
static __thread char zeroed[5000];
static pthread_key_t key;
static long destroyed;

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (long)value, __ATOMIC_RELAXED);
}

static void *use_storage(void *arg)
{
	CHECK_EQ(initialised, 41);
	for (size_t i = 0; i < sizeof(zeroed); i++)
		CHECK_EQ(zeroed[i], 0);
	memset(zeroed, 1, sizeof(zeroed));
	initialised += (long)arg;
	CHECK_EQ(pthread_setspecific(key, arg), 0);
	sched_yield();
	CHECK(pthread_getspecific(key) == arg);
	return (void *)(long)initialised;
}

TEST(pthread_thread_storage)
{
	pthread_t thread[8];

	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	memset(zeroed, 2, sizeof(zeroed));
	for (long i = 0; i < 8; i++)
		thread[i] = start_thread(use_storage, (void *)(i + 1));
	for (long i = 0; i < 8; i++)
		CHECK_EQ((long)join_thread(thread[i]), 41 + i + 1);
	CHECK_EQ(initialised, 41);
	CHECK_EQ(zeroed[77], 2);
	CHECK_EQ(destroyed, 36);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int times_done;

static void do_once(void)
{
	times_done++;
	nap(5 * MS);
}

static void *call_once(void *arg)
{
	pthread_once(&once, do_once);
	return (void *)((long)arg + times_done);
}

TEST(pthread_once_is_once)
{
	pthread_t thread[6];

	for (int i = 0; i < 6; i++)
		thread[i] = start_thread(call_once, NULL);
	for (int i = 0; i < 6; i++)
		CHECK_EQ((long)join_thread(thread[i]), 1);
}

/* --- ends --- */

static sem_t detached_done;

static void *post_and_end(void *arg)
{
	sem_post(&detached_done);
	return arg;
}

TEST(pthread_detached)
{
	pthread_attr_t attr;
	pthread_t thread;

	CHECK_EQ(sem_init(&detached_done, 0, 0), 0);
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(pthread_create(&thread, &attr, post_and_end, NULL), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(sem_wait(&detached_done), 0);
	while (proc_field("/proc/self/status", "Threads") > 1)
		nap(MS);
}

static void *join_other(void *arg)
{
	return (void *)(long)pthread_join(*(pthread_t *)arg, NULL);
}

TEST(pthread_join_first_thread)
{
	static pthread_t first;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		first = pthread_self();
		start_thread(join_other, &first);
		pthread_exit(NULL);
	}
	CHECK_EXIT(pid, 0);
}

static void *wait_for_post(void *arg)
{
	CHECK_EQ(sem_wait(arg), 0);
	return NULL;
}

TEST(pthread_tryjoin_and_timedjoin)
{
	struct timespec soon;
	pthread_t thread;

	CHECK_EQ(sem_init(&semaphore, 0, 0), 0);
	thread = start_thread(wait_for_post, &semaphore);
	CHECK_EQ(pthread_tryjoin_np(thread, NULL), EBUSY);
	soon = in_future(CLOCK_REALTIME, 20 * MS);
	CHECK_EQ(pthread_timedjoin_np(thread, NULL, &soon), ETIMEDOUT);
	CHECK_EQ(sem_post(&semaphore), 0);
	join_thread(thread);
}

static volatile int prepared, in_parent, in_child;

static void prepare(void)
{
	prepared++;
}

static void after_in_parent(void)
{
	in_parent++;
}

static void after_in_child(void)
{
	in_child++;
}

static void *fork_a_child(void *arg)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(prepared == 1 && in_child == 1 && in_parent == 0 ? 0 : 3);
	CHECK_EXIT(pid, 0);
	return arg;
}

TEST(pthread_atfork)
{
	CHECK_EQ(pthread_atfork(prepare, after_in_parent, after_in_child), 0);
	join_thread(start_thread(fork_a_child, NULL));
	CHECK_EQ(in_parent, 1);
	CHECK_EQ(in_child, 0);
}
