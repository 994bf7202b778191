// SPDX-License-Identifier: MIT
// futex.c - futex(2) as the C library's locks use it, call by call
#include "user/usertests/threads.h"
#include <linux/futex.h>
#include <sys/mman.h>

#define PAGE	4096UL

static long futex(volatile void *word, int op, unsigned int val, const void *timeout,
		  volatile void *word2, unsigned int val3)
{
	return syscall(SYS_futex, word, op, val, timeout, word2, val3);
}

static long wait_on(volatile int *word, int expected)
{
	return futex(word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static long wake(volatile int *word, int nr)
{
	return futex(word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

static struct timespec span(long long ns)
{
	return (struct timespec){ ns / SEC, ns % SEC };
}

/* --- one thread --- */

TEST(futex_other_value)
{
	int word = 1;

	CHECK_ERRNO(wait_on(&word, 2), EAGAIN);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 2, NULL, NULL, 0), EAGAIN);
	CHECK_EQ(wake(&word, 1), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

TEST(futex_errors)
{
	int word[2] = {};
	char *misaligned = (char *)word + 2;
	struct timespec bad = { 0, 1000000000 }, negative = { -1, 0 };

	CHECK_ERRNO(wait_on((int *)misaligned, 0), EINVAL);
	CHECK_ERRNO(wake((int *)misaligned, 1), EINVAL);
	CHECK_ERRNO(wait_on(NULL, 0), EFAULT);
	CHECK_ERRNO(wait_on((int *)(1UL << 63), 0), EFAULT);
	CHECK_ERRNO(wake((int *)(1UL << 63), 1), EFAULT);
	CHECK_EQ(wake(NULL, 1), 0);		// nobody looks at a private word to wake
	CHECK_ERRNO(futex(NULL, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_PRIVATE, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_PRIVATE, 1, &negative, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_PRIVATE, 0, (void *)8, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_WAIT_PRIVATE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0),
		    ENOSYS);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_PRIVATE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0),
		    ENOSYS);
	CHECK_ERRNO(futex(word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERRNO(futex(word, FUTEX_FD, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERRNO(futex(word, FUTEX_REQUEUE_PRIVATE, -1, NULL, word, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_REQUEUE_PRIVATE, 1, (void *)-1L, word, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_REQUEUE_PRIVATE, 1, NULL, misaligned, 0), EINVAL);
	CHECK_ERRNO(futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, NULL, word + 1, 1), EAGAIN);
	CHECK_ERRNO(futex(NULL, FUTEX_CMP_REQUEUE_PRIVATE, 1, NULL, word, 0), EFAULT);
}

// A page that nobody may write, and one that nobody has ever touched.
TEST(futex_of_odd_pages)
{
	int *page = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK_ERRNO(wait_on(page, 1), EAGAIN);
	CHECK_ERRNO(futex(page, FUTEX_WAIT, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(page, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	CHECK_SYS(mprotect(page, 2 * PAGE, PROT_READ | PROT_WRITE));
	CHECK_ERRNO(futex(page, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	CHECK_EQ(futex(page + PAGE / 4, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_SYS(mprotect(page, PAGE, PROT_NONE));
	CHECK_ERRNO(wait_on(page, 0), EFAULT);
	CHECK_ERRNO(futex(page, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
}

TEST(futex_relative_timeout)
{
	int word = 0;
	struct timespec ts = span(20 * MS), none = {};
	long long begin = now(CLOCK_MONOTONIC);

	CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now(CLOCK_MONOTONIC) - begin >= 20 * MS);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 0, &none, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 1, &none, NULL, 0), EAGAIN);
}

TEST(futex_absolute_timeout)
{
	int word = 0;
	struct timespec ts;

	for (int realtime = 0; realtime < 2; realtime++) {
		int op = FUTEX_WAIT_BITSET_PRIVATE | (realtime ? FUTEX_CLOCK_REALTIME : 0);
		clockid_t clock = realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
		long long end = now(clock) + 20 * MS;

		ts = span(end);
		CHECK_ERRNO(futex(&word, op, 0, &ts, NULL, 1), ETIMEDOUT);
		CHECK(now(clock) >= end);
		CHECK_ERRNO(futex(&word, op, 0, &ts, NULL, 1), ETIMEDOUT);	// is over
	}
}

/* --- wakers and sleepers --- */

enum { SLEEPERS = 4 };

struct sleeper {
	volatile int *word;
	int op, bits;
	const struct timespec *timeout;
	volatile int tid;
	pthread_t thread;
};

// Who woke up, in that order.
static volatile int woken;
static volatile int woken_tid[SLEEPERS];

static void *sleep_on_word(void *arg)
{
	struct sleeper *s = arg;
	long ret;

	set_word(&s->tid, own_tid());
	ret = futex(s->word, s->op, *s->word, s->timeout, NULL, s->bits);
	set_word(&woken_tid[__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST)], s->tid);
	return (void *)(ret < 0 ? (long)-errno : ret);
}

// Returns when the thread sleeps.
static void put_to_sleep(struct sleeper *s, volatile int *word, int op, int bits)
{
	*s = (struct sleeper){ .word = word, .op = op, .bits = bits };
	s->thread = start_thread(sleep_on_word, s);
	until_set(&s->tid);
	until_thread_is(s->tid, 'S');
}

TEST(futex_wakes_in_order)
{
	static struct sleeper s[SLEEPERS];
	volatile int word = 5;

	for (int i = 0; i < SLEEPERS; i++)
		put_to_sleep(&s[i], &word, FUTEX_WAIT_PRIVATE, 0);
	for (int i = 0; i < SLEEPERS; i++) {
		CHECK_EQ(wake(&word, 1), 1);
		until_set(&woken_tid[i]);
		CHECK_EQ(woken_tid[i], s[i].tid);
	}
	CHECK_EQ(wake(&word, 1), 0);
	for (int i = 0; i < SLEEPERS; i++)
		CHECK_EQ((long)join_thread(s[i].thread), 0);
}

TEST(futex_wakes_so_many)
{
	static struct sleeper s[SLEEPERS];
	volatile int word = 5;

	for (int i = 0; i < SLEEPERS; i++)
		put_to_sleep(&s[i], &word, FUTEX_WAIT_PRIVATE, 0);
	CHECK_EQ(wake(&word, 0), 1);		// at least one, as Linux has it
	CHECK_EQ(wake(&word, 2), 2);
	until_set(&woken_tid[2]);
	CHECK_EQ(wake(&word, INT_MAX), 1);
	for (int i = 0; i < SLEEPERS; i++)
		CHECK_EQ((long)join_thread(s[i].thread), 0);
}

TEST(futex_bitset_chooses)
{
	static struct sleeper s[2];
	volatile int word = 0;

	put_to_sleep(&s[0], &word, FUTEX_WAIT_BITSET_PRIVATE, 1);
	put_to_sleep(&s[1], &word, FUTEX_WAIT_BITSET_PRIVATE, 6);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 8), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 2), 1);
	CHECK_EQ((long)join_thread(s[1].thread), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
	CHECK_EQ((long)join_thread(s[0].thread), 0);
}

// Private and shared do not meet, even at one address.
TEST(futex_private_is_another_kind)
{
	static struct sleeper s;
	volatile int word = 0;

	put_to_sleep(&s, &word, FUTEX_WAIT, 0);
	CHECK_EQ(wake(&word, 1), 0);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK_EQ((long)join_thread(s.thread), 0);
}

/* --- two words --- */

TEST(futex_requeue)
{
	static struct sleeper s[SLEEPERS];
	volatile int word[2] = { 1, 2 };

	for (int i = 0; i < SLEEPERS; i++)
		put_to_sleep(&s[i], word, FUTEX_WAIT_PRIVATE, 0);
	CHECK_ERRNO(futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)9L, word + 1, 7), EAGAIN);
	CHECK_EQ(futex(word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2L, word + 1, 1), 3);
	until_set(&woken_tid[0]);
	CHECK_EQ(woken_tid[0], s[0].tid);
	CHECK_EQ(wake(word, INT_MAX), 1);
	CHECK_EQ(wake(word + 1, 1), 1);
	CHECK_EQ(futex(word + 1, FUTEX_REQUEUE_PRIVATE, 0, (void *)1L, word, 0), 1);
	CHECK_EQ(wake(word + 1, 1), 0);
	CHECK_EQ(wake(word, 1), 1);
	for (int i = 0; i < SLEEPERS; i++)
		CHECK_EQ((long)join_thread(s[i].thread), 0);
}

TEST(futex_requeue_to_itself)
{
	static struct sleeper s[SLEEPERS];
	volatile int word = 1;

	for (int i = 0; i < SLEEPERS; i++)
		put_to_sleep(&s[i], &word, FUTEX_WAIT_PRIVATE, 0);
	CHECK_EQ(futex(&word, FUTEX_REQUEUE_PRIVATE, 0, (void *)9L, &word, 0), SLEEPERS);
	CHECK_EQ(wake(&word, INT_MAX), SLEEPERS);
	for (int i = 0; i < SLEEPERS; i++)
		join_thread(s[i].thread);
}

// One that was moved is found by its timeout and its signal where it is now.
TEST(futex_requeued_times_out)
{
	static struct sleeper s;
	struct timespec ts = span(50 * MS);
	volatile int word[2] = {};

	s = (struct sleeper){ .word = word, .op = FUTEX_WAIT_PRIVATE, .timeout = &ts };
	s.thread = start_thread(sleep_on_word, &s);
	until_set(&s.tid);
	while (!woken && futex(word, FUTEX_REQUEUE_PRIVATE, 0, (void *)1L, word + 1, 0) == 0)
		sched_yield();
	CHECK_EQ((long)join_thread(s.thread), -ETIMEDOUT);
	CHECK_EQ(wake(word + 1, 1), 0);
}

enum { BRIEF_WAITERS = 6, BRIEF_WAITS = 150 };

static volatile int contended[2];
static int waiters_left;

static void *wait_briefly(void *arg)
{
	void *result = NULL;

	for (long i = 0; i < BRIEF_WAITS && !result; i++) {
		struct timespec ts = span((i * 7 + (long)arg * 13) % 50 * 10000);

		if (futex(contended, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0) < 0 &&
		    errno != ETIMEDOUT)
			result = arg;
	}
	__atomic_sub_fetch(&waiters_left, 1, __ATOMIC_RELEASE);
	return result;
}

// Waits end while they are moved, and while they are woken.
TEST(futex_requeue_against_timeouts)
{
	pthread_t thread[BRIEF_WAITERS];

	waiters_left = BRIEF_WAITERS;
	for (long i = 0; i < BRIEF_WAITERS; i++)
		thread[i] = start_thread(wait_briefly, (void *)(i + 1));
	while (__atomic_load_n(&waiters_left, __ATOMIC_ACQUIRE)) {
		futex(contended, FUTEX_REQUEUE_PRIVATE, 0, (void *)99L, contended + 1, 0);
		wake(contended + 1, 1);
		sched_yield();
	}
	for (int i = 0; i < BRIEF_WAITERS; i++)
		CHECK(join_thread(thread[i]) == NULL);
}

static void check_op(int op, int oparg, int old, int want)
{
	volatile int word[2] = { 0, old };

	CHECK_EQ(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, word + 1,
		       FUTEX_OP(op, oparg, FUTEX_OP_CMP_EQ, 0)), 0);
	CHECK_EQ(word[1], want);
}

TEST(futex_wake_op_operations)
{
	check_op(FUTEX_OP_SET, 17, 5, 17);
	check_op(FUTEX_OP_ADD, 3, 5, 8);
	check_op(FUTEX_OP_ADD, -6 & 0xfff, 5, -1);
	check_op(FUTEX_OP_OR, 6, 1, 7);
	check_op(FUTEX_OP_ANDN, 3, 7, 4);
	check_op(FUTEX_OP_XOR, 5, 7, 2);
	check_op(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 12, 0, 1 << 12);
	check_op(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 31, 1, (int)0x80000001);
}

TEST(futex_wake_op_compares)
{
	static const struct {
		int cmp, old, arg, wakes;
	} cases[] = {
		{ FUTEX_OP_CMP_EQ, 3, 3, 1 }, { FUTEX_OP_CMP_EQ, 3, 4, 0 },
		{ FUTEX_OP_CMP_NE, 3, 4, 1 }, { FUTEX_OP_CMP_NE, 3, 3, 0 },
		{ FUTEX_OP_CMP_LT, -2, 0, 1 }, { FUTEX_OP_CMP_LT, 0, 0, 0 },
		{ FUTEX_OP_CMP_GE, 0, 0, 1 }, { FUTEX_OP_CMP_GE, -1, 0, 0 },
		{ FUTEX_OP_CMP_LE, 5, -1 & 0xfff, 0 }, { FUTEX_OP_CMP_LE, -1, -1 & 0xfff, 1 },
		{ FUTEX_OP_CMP_GT, 5, 4, 1 }, { FUTEX_OP_CMP_GT, 4, 4, 0 },
	};
	static struct sleeper s[2];
	volatile int word[2];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		word[1] = cases[i].old;
		put_to_sleep(&s[0], word, FUTEX_WAIT_PRIVATE, 0);
		put_to_sleep(&s[1], word + 1, FUTEX_WAIT_PRIVATE, 0);
		CHECK_EQ(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, word + 1,
			       FUTEX_OP(FUTEX_OP_ADD, 1, cases[i].cmp, cases[i].arg)),
			 1 + cases[i].wakes);
		CHECK_EQ(word[1], cases[i].old + 1);
		CHECK_EQ(wake(word + 1, 1), !cases[i].wakes);
		join_thread(s[0].thread);
		join_thread(s[1].thread);
	}
}

TEST(futex_wake_op_errors)
{
	volatile int word[2] = {};
	int *readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(readonly != MAP_FAILED);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, readonly,
			  FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)), EFAULT);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_OP, 1, (void *)1L, readonly,
			  FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)), EFAULT);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, (void *)PAGE,
			  FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0)), EFAULT);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, word + 1,
			  FUTEX_OP(5, 1, FUTEX_OP_CMP_EQ, 0)), ENOSYS);
	CHECK_EQ(word[1], 0);
	CHECK_ERRNO(futex(word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, word + 1,
			  FUTEX_OP(FUTEX_OP_ADD, 1, 6, 0)), ENOSYS);
	CHECK_EQ(word[1], 1);			// done before the comparison is looked at
}

/* --- signals --- */

static void *interrupt_main(void *arg)
{
	until_thread_is(getpid(), 'S');
	CHECK_SYS(syscall(SYS_tgkill, getpid(), getpid(), (int)(long)arg));
	return NULL;
}

TEST(futex_interrupted_by_a_handler)
{
	struct timespec ts = span(30 * SEC);
	volatile int word = 0;
	pthread_t thread;

	on_signal(SIGUSR1, count_signal, 0);
	thread = start_thread(interrupt_main, (void *)SIGUSR1);
	CHECK_ERRNO(wait_on(&word, 0), EINTR);
	join_thread(thread);
	// With an end in time it is not restarted even if the handler asks for it.
	on_signal(SIGUSR1, count_signal, SA_RESTART);
	thread = start_thread(interrupt_main, (void *)SIGUSR1);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), EINTR);
	join_thread(thread);
	CHECK_EQ(signals_seen, 2);
}

static volatile int restarted_word;

static void *interrupt_then_wake(void *arg)
{
	interrupt_main(arg);
	while (!signals_seen)
		nap(MS);
	until_thread_is(getpid(), 'S');
	CHECK_EQ(wake(&restarted_word, 1), 1);
	return NULL;
}

TEST(futex_restarted_after_a_handler)
{
	pthread_t thread;

	on_signal(SIGUSR1, count_signal, SA_RESTART);
	thread = start_thread(interrupt_then_wake, (void *)SIGUSR1);
	CHECK_EQ(wait_on(&restarted_word, 0), 0);
	join_thread(thread);
}

static void *stop_and_continue(void *arg)
{
	pid_t parent = getpid(), pid = CHECK_SYS(fork());

	if (pid == 0) {
		while (process_state(parent) != 'S')
			nap(MS);
		CHECK_SYS(kill(parent, SIGSTOP));
		while (process_state(parent) != 'T')
			nap(MS);
		nap(20 * MS);
		CHECK_SYS(kill(parent, SIGCONT));
		finish();
	}
	CHECK_EXIT(pid, 0);
	return arg;
}

// A stop has no handler: the wait goes on, and ends when it would have.
TEST(futex_timeout_goes_on_after_a_stop)
{
	struct timespec ts = span(200 * MS);
	volatile int word = 0;
	pthread_t thread = start_thread(stop_and_continue, NULL);
	long long begin = now(CLOCK_MONOTONIC);

	CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now(CLOCK_MONOTONIC) - begin >= 200 * MS);
	join_thread(thread);
}

/* --- between processes --- */

// A child sleeps on a word of the file at its own address; the parent wakes it.
static void wake_child_at(volatile int *mine, volatile int *other)
{
	pid_t pid;

	CHECK(mine != other);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_EQ(futex(other, FUTEX_WAIT, 7, NULL, NULL, 0), 0);
		finish();
	}
	until_asleep(pid);
	CHECK_EQ(futex(mine, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
	CHECK_EQ(futex(mine, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	CHECK_EXIT(pid, 0);
}

TEST(futex_shared_by_file)
{
	int fd = CHECK_SYS(open("word", O_RDWR | O_CREAT, 0600));
	volatile int *a, *b;

	CHECK_SYS(ftruncate(fd, 2 * PAGE));
	a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	CHECK(a != MAP_FAILED && b != MAP_FAILED);
	a[PAGE / 4 + 3] = 7;
	CHECK_EQ(b[3], 7);
	wake_child_at(&a[PAGE / 4 + 3], &b[3]);
}

TEST(futex_shared_anonymous)
{
	volatile int *a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	volatile int *b;

	CHECK(a != MAP_FAILED);
	b = mremap((void *)a, 0, PAGE, MREMAP_MAYMOVE);		// the same memory once more
	CHECK(b != MAP_FAILED);
	a[5] = 7;
	CHECK_EQ(b[5], 7);
	wake_child_at(&a[5], &b[5]);
}

// What was mapped at the address before is another word.
TEST(futex_of_another_file_at_the_address)
{
	volatile int *a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	pid_t pid;

	CHECK(a != MAP_FAILED);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		futex(a, FUTEX_WAIT, 0, NULL, NULL, 0);
		_exit(1);
	}
	until_asleep(pid);
	CHECK(mmap((void *)a, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
		   -1, 0) == a);
	CHECK_EQ(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// Copies by fork of private memory are different words.
TEST(futex_private_memory_after_fork)
{
	static volatile int word = 7;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		futex(&word, FUTEX_WAIT, 7, NULL, NULL, 0);
		_exit(1);
	}
	until_asleep(pid);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// A page behind the end of the file has no word.
TEST(futex_behind_end_of_file)
{
	int fd = CHECK_SYS(open("word", O_RDWR | O_CREAT, 0600));
	volatile int *a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(a != MAP_FAILED);
	CHECK_ERRNO(futex(a, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(a, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
}

/* --- a lock made of it, under contention --- */

static volatile int lock_word;
static long counted;

static void lock_it(void)
{
	int c = 0;

	if (__atomic_compare_exchange_n(&lock_word, &c, 1, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
		wait_on(&lock_word, 2);
}

static void unlock_it(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) == 2)
		wake(&lock_word, 1);
}

static void *count_under_lock(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		lock_it();
		counted++;
		if (i % 64 == 0)
			sched_yield();
		unlock_it();
	}
	return arg;
}

TEST(futex_mutex_under_contention)
{
	pthread_t thread[6];

	for (int i = 0; i < 6; i++)
		thread[i] = start_thread(count_under_lock, NULL);
	for (int i = 0; i < 6; i++)
		join_thread(thread[i]);
	CHECK_EQ(counted, 18000);
}

// Two threads hand a token to and fro: a wake-up that is lost shows as a hang.
static volatile int token[2];

static void *play(void *arg)
{
	int me = (long)arg;

	for (int i = 0; i < 4000; i++) {
		while (!__atomic_exchange_n(&token[me], 0, __ATOMIC_ACQUIRE))
			wait_on(&token[me], 0);
		set_word(&token[!me], 1);
		wake(&token[!me], 1);
	}
	return NULL;
}

TEST(futex_ping_pong)
{
	pthread_t thread[2];

	token[0] = 1;
	for (long i = 0; i < 2; i++)
		thread[i] = start_thread(play, (void *)i);
	for (int i = 0; i < 2; i++)
		join_thread(thread[i]);
}
