// SPDX-License-Identifier: MIT
// robust.c - locks whose owner dies: the list that each thread gives the kernel
#include "user/usertests/threads.h"
#include <linux/futex.h>
#include <sys/mman.h>

#define PAGE	4096UL

// A list link, and the word somewhere behind it.
struct entry {
	struct robust_list link;
	volatile unsigned int word;
};

static struct robust_list_head head;
static struct entry entries[4096];

static void make_list(int nr)
{
	head.futex_offset = offsetof(struct entry, word);
	head.list_op_pending = NULL;
	head.list.next = nr ? &entries[0].link : &head.list;
	for (int i = 0; i < nr; i++)
		entries[i].link.next = i + 1 < nr ? &entries[i + 1].link : &head.list;
}

// The list is the calling thread's from now on.
static void use_list(void)
{
	CHECK_SYS(syscall(SYS_set_robust_list, &head, sizeof(head)));
}

// Not the C library's end, which would walk a list of its own.
static void end_thread(void)
{
	syscall(SYS_exit, 0);
}

/*
 * Runs the function in a thread made by hand: the C library's list of the thread is not
 * disturbed, and the thread's end is the kernel's alone.
 */
static void run_raw_thread(int (*fn)(void *), void *arg)
{
	static volatile int tid;
	static char stack[16 * PAGE] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	CHECK_SYS(clone(fn, stack + sizeof(stack), flags, arg, &tid, NULL, &tid));
	for (int there; (there = tid); )
		syscall(SYS_futex, &tid, FUTEX_WAIT, there, NULL);
}

static int die_with_words(void *arg)
{
	unsigned int tid = syscall(SYS_gettid);

	(void)arg;
	entries[0].word = tid;
	entries[1].word = tid | FUTEX_WAITERS;
	entries[2].word = tid + 1;		// somebody else's
	entries[3].word = 0;
	syscall(SYS_set_robust_list, &head, sizeof(head));
	end_thread();
	return 0;
}

TEST(robust_marks_the_dead_ones_words)
{
	make_list(4);
	run_raw_thread(die_with_words, NULL);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	CHECK_EQ(entries[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	CHECK_EQ(entries[2].word & (FUTEX_OWNER_DIED | FUTEX_WAITERS), 0);
	CHECK_EQ(entries[3].word, 0);
}

static volatile int sleeper_tid;

static void *sleep_on_entry(void *arg)
{
	volatile unsigned int *word = arg;

	set_word(&sleeper_tid, own_tid());
	return (void *)syscall(SYS_futex, word, FUTEX_WAIT, *word, NULL);
}

static int die_when_slept_on(void *arg)
{
	(void)arg;
	entries[0].word = syscall(SYS_gettid) | FUTEX_WAITERS;
	syscall(SYS_set_robust_list, &head, sizeof(head));
	set_word((int *)&entries[1].word, 1);
	while (!__atomic_load_n(&entries[2].word, __ATOMIC_ACQUIRE))
		syscall(SYS_sched_yield);
	end_thread();
	return 0;
}

static void *watch(void *arg)
{
	pthread_t thread;

	until_set((int *)&entries[1].word);
	thread = start_thread(sleep_on_entry, (void *)&entries[0].word);
	until_set(&sleeper_tid);
	until_thread_is(sleeper_tid, 'S');
	set_word((int *)&entries[2].word, 1);
	CHECK_EQ((long)join_thread(thread), 0);
	return arg;
}

TEST(robust_wakes_a_waiter)
{
	pthread_t watcher;

	make_list(1);
	watcher = start_thread(watch, NULL);
	run_raw_thread(die_when_slept_on, NULL);
	join_thread(watcher);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
}

static int die_with_pending(void *arg)
{
	entries[0].word = entries[1].word = syscall(SYS_gettid);
	head.list_op_pending = arg;
	syscall(SYS_set_robust_list, &head, sizeof(head));
	end_thread();
	return 0;
}

TEST(robust_operation_under_way)
{
	make_list(1);
	run_raw_thread(die_with_pending, &entries[1].link);	// not in the list yet
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	CHECK_EQ(entries[1].word, FUTEX_OWNER_DIED);
	make_list(1);
	run_raw_thread(die_with_pending, &entries[0].link);	// and once only if it is
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
}

static int die_with_long_list(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i].word = syscall(SYS_gettid);
	syscall(SYS_set_robust_list, &head, sizeof(head));
	end_thread();
	return 0;
}

TEST(robust_list_limit)
{
	make_list(ARRAY_SIZE(entries));
	run_raw_thread(die_with_long_list, NULL);
	CHECK_EQ(entries[ROBUST_LIST_LIMIT - 1].word, FUTEX_OWNER_DIED);
	CHECK(entries[ROBUST_LIST_LIMIT].word != FUTEX_OWNER_DIED);
}

// A list that leads nowhere, into itself, or to odd places harms only its owner.
static int die_with_bad_list(void *arg)
{
	syscall(SYS_set_robust_list, arg, sizeof(head));
	end_thread();
	return 0;
}

TEST(robust_bad_lists)
{
	char *readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(readonly != MAP_FAILED);
	run_raw_thread(die_with_bad_list, (void *)16);
	run_raw_thread(die_with_bad_list, (void *)-16L);
	run_raw_thread(die_with_bad_list, (char *)&head + 1);
	run_raw_thread(die_with_bad_list, readonly);
	make_list(2);
	entries[1].link.next = &entries[0].link;
	run_raw_thread(die_with_words, NULL);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	make_list(2);
	entries[0].link.next = (void *)8;
	run_raw_thread(die_with_words, NULL);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	make_list(1);
	head.futex_offset = 1;
	run_raw_thread(die_with_words, NULL);
}

TEST(robust_get_list)
{
	struct robust_list_head *got;
	size_t len = 0;

	use_list();
	CHECK_SYS(syscall(SYS_get_robust_list, 0, &got, &len));
	CHECK(got == &head);
	CHECK_EQ(len, sizeof(head));
	CHECK_SYS(syscall(SYS_get_robust_list, getpid(), &got, &len));
	CHECK(got == &head);
	CHECK_ERRNO(syscall(SYS_get_robust_list, INT_MAX, &got, &len), ESRCH);
	CHECK_ERRNO(syscall(SYS_get_robust_list, 0, (void *)8, &len), EFAULT);
	CHECK_ERRNO(syscall(SYS_set_robust_list, &head, sizeof(head) - 1), EINVAL);
	AS_NOBODY {
		CHECK_ERRNO(syscall(SYS_get_robust_list, getppid(), &got, &len), EPERM);
		CHECK_SYS(syscall(SYS_get_robust_list, 0, &got, &len));
	}
}

// fork makes a new thread, which has told the kernel nothing yet.
TEST(robust_list_is_not_inherited)
{
	struct robust_list_head *got = &head;
	size_t len;
	pid_t pid;

	use_list();
	pid = CHECK_SYS(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	if (pid == 0) {
		syscall(SYS_get_robust_list, 0, &got, &len);
		_exit(got == NULL ? 0 : 3);
	}
	CHECK_EXIT(pid, 0);
}

/* --- the C library's robust mutexes --- */

static pthread_mutex_t *shared_mutex(void)
{
	int fd = CHECK_SYS(open("mutex", O_RDWR | O_CREAT, 0600));
	pthread_mutex_t *mutex;
	pthread_mutexattr_t attr;

	CHECK_SYS(ftruncate(fd, PAGE));
	mutex = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mutex != MAP_FAILED);
	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(mutex, &attr), 0);
	return mutex;
}

TEST(robust_mutex_of_a_killed_process)
{
	pthread_mutex_t *mutex = shared_mutex();
	struct gate locked;
	pid_t pid;

	gate_make(&locked);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_EQ(pthread_mutex_lock(mutex), 0);
		gate_open(&locked);
		pause();
	}
	gate_wait(&locked);
	CHECK_EQ(pthread_mutex_trylock(mutex), EBUSY);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	CHECK_EQ(pthread_mutex_lock(mutex), 0);
	CHECK_KILLED(pid, SIGKILL);
}

static void *lock_and_end(void *arg)
{
	CHECK_EQ(pthread_mutex_lock(arg), 0);
	return NULL;
}

TEST(robust_mutex_of_a_dead_thread)
{
	pthread_mutex_t *mutex = shared_mutex();

	join_thread(start_thread(lock_and_end, mutex));
	CHECK_EQ(pthread_mutex_lock(mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(mutex), 0);
	CHECK_EQ(pthread_mutex_lock(mutex), ENOTRECOVERABLE);
}
