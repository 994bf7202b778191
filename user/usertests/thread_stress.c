// SPDX-License-Identifier: MIT
/*
 * thread_stress.c - threads that are made, end, fork, execute and are killed, all at the same time
 *
 * What is checked holds in every interleaving; what is looked for is a hang, a leak, a broken
 * invariant of the kernel's.
 */
#include "user/usertests/threads.h"
#include <sys/mman.h>

#define PAGE	4096UL

static char show_path[256];

// A thread that lives as long as a lock, a page and a call take.
static void *live_shortly(void *arg)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	volatile char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return arg;
	pthread_mutex_lock(&mutex);
	page[5] = 1;
	pthread_mutex_unlock(&mutex);
	munmap((void *)page, PAGE);
	return arg;
}

static void *make_threads(void *arg)
{
	pthread_t thread[4];
	int made;

	for (;;) {
		for (made = 0; made < 4; made++)
			if (pthread_create(&thread[made], NULL, live_shortly, arg) != 0)
				break;
		while (made > 0)
			pthread_join(thread[--made], NULL);
	}
	return arg;
}

static void *make_processes(void *arg)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	return arg;
}

static void *make_faults(void *arg)
{
	static char area[64 * PAGE];

	for (unsigned int n = 0;; n++) {
		area[n % 64 * PAGE] = n;
		if (n % 64 == 63)
			madvise(area, sizeof(area), MADV_DONTNEED);
	}
	return arg;
}

static void *execute_show(void *arg)
{
	execve(show_path, (char *[]){ "show", "--exit", arg, NULL }, (char *[]){ NULL });
	_exit(99);
}

static void start_trouble(void)
{
	start_thread(make_threads, NULL);
	start_thread(make_processes, NULL);
	start_thread(make_faults, NULL);
}

TEST(thread_stress_kill_at_any_moment)
{
	for (int i = 0; i < 40; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			start_trouble();
			make_threads(NULL);
		}
		nap(i * 300000LL);
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
}

TEST(thread_stress_exec_at_any_moment)
{
	snprintf(show_path, sizeof(show_path), "%s", program("show"));
	for (int i = 0; i < 25; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			start_trouble();
			nap(i * 300000LL);
			if (i % 2)
				execute_show("5");
			start_thread(execute_show, "5");
			make_threads(NULL);
		}
		CHECK_EXIT(pid, 5);
	}
}

static void *leave(void *arg)
{
	_exit((long)arg);
}

// All call exit_group at once: one status, of one of them.
TEST(thread_stress_exit_by_all)
{
	enum { THREADS = 6 };
	int status;

	for (int i = 0; i < 40; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			pthread_t thread;

			for (long n = 1; n <= THREADS; n++)
				if (pthread_create(&thread, NULL, leave, (void *)n) != 0)
					pause();
			for (;;)
				pause();
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK(WEXITSTATUS(status) >= 1 && WEXITSTATUS(status) <= THREADS);
	}
}

// Stops and signals go through a process whose threads come and go.
TEST(thread_stress_signals)
{
	pid_t pid;
	int status;

	on_signal(SIGUSR1, count_signal, SA_RESTART);	// the child's from its first moment on
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_trouble();
		make_threads(NULL);
	}
	nap(20 * MS);
	for (int i = 0; i < 200; i++) {
		CHECK_SYS(kill(pid, i % 5 ? SIGUSR1 : SIGSTOP));
		if (i % 5 == 0) {
			CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
			CHECK(WIFSTOPPED(status));
			CHECK_SYS(kill(pid, SIGCONT));
		}
	}
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static struct {
	pthread_mutex_t mutex;
	long left, right;
} *shared;

static void make_shared(void)
{
	pthread_mutexattr_t attr;

	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	CHECK_EQ(pthread_mutex_init(&shared->mutex, &attr), 0);
}

static void *count_under_robust_lock(void *arg)
{
	for (;;) {
		int err = pthread_mutex_lock(&shared->mutex);

		if (err == EOWNERDEAD) {
			shared->left = shared->right;	// its owner died between the two
			pthread_mutex_consistent(&shared->mutex);
		} else if (err) {
			_exit(3);
		}
		if (shared->left != shared->right)
			_exit(4);
		shared->left++;
		shared->right++;
		pthread_mutex_unlock(&shared->mutex);
	}
	return arg;
}

// Owners and waiters of one lock are killed all the time; the lock goes on to who is left.
TEST(thread_stress_robust_mutex)
{
	long before = 0;

	make_shared();
	for (int i = 0; i < 40; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			for (int n = 0; n < 3; n++)
				start_thread(count_under_robust_lock, NULL);
			count_under_robust_lock(NULL);
		}
		while (__atomic_load_n(&shared->right, __ATOMIC_RELAXED) < before + 10 + i * 7)
			sched_yield();
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
		before = shared->right;
	}
}

static void *wait_for_word(void *arg)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	struct timespec soon;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec = (soon.tv_nsec + (long)arg * 70000) % SEC;
		pthread_mutex_lock(&mutex);
		pthread_cond_broadcast(&cond);
		pthread_cond_timedwait(&cond, &mutex, &soon);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

// Timeouts, wake-ups, requeueing and the end of everything meet in the same queues.
TEST(thread_stress_conditions)
{
	for (int i = 0; i < 15; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			for (long n = 1; n < 8; n++)
				start_thread(wait_for_word, (void *)n);
			wait_for_word((void *)8);
		}
		nap(20 * MS);
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
}

static void *open_and_close(void *arg)
{
	for (int i = 0; i < 500; i++) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd < 0)
			return (void *)1;
		// A descriptor beyond 100 may be one that another thread closes just now.
		if (i % 7 == 0 && dup2(fd, 100 + i % 200) < 0 && errno != EBUSY &&
		    !(fd >= 100 && errno == EBADF))
			return (void *)2;
		close(i % 3 ? fd : 100 + i % 200);
	}
	return arg;
}

// One table of descriptors, which grows under their hands.
TEST(thread_stress_descriptors)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		thread[i] = start_thread(open_and_close, NULL);
	for (int i = 0; i < 4; i++)
		CHECK_EQ((long)join_thread(thread[i]), 0);
}

static void *change_directory(void *arg)
{
	char cwd[300];

	for (int i = 0; i < 300; i++) {
		if (chdir(i % 2 ? arg : "/") < 0 || !getcwd(cwd, sizeof(cwd)))
			return (void *)1;
		if (access("usr", F_OK) < 0 && errno != ENOENT)
			return (void *)2;
	}
	return NULL;
}

TEST(thread_stress_directory)
{
	pthread_t thread[4];
	char cwd[300];

	CHECK(getcwd(cwd, sizeof(cwd)));
	for (int i = 0; i < 4; i++)
		thread[i] = start_thread(change_directory, cwd);
	for (int i = 0; i < 4; i++)
		CHECK_EQ((long)join_thread(thread[i]), 0);
}

static void *map_and_touch(void *arg)
{
	volatile char *hint = arg;

	for (int i = 0; i < 150; i++) {
		char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return (void *)1;
		for (int n = 0; n < 8; n++)
			p[n * PAGE] = n;
		hint[i % 16 * PAGE]++;
		mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ);
		for (int n = 0; n < 8; n++)
			if (p[n * PAGE] != n)
				return (void *)2;
		munmap(p + (i % 2 ? 4 : 0) * PAGE, 4 * PAGE);
		munmap(p + (i % 2 ? 0 : 4) * PAGE, 4 * PAGE);
	}
	return NULL;
}

// Mapping, protecting and unmapping by some, faults by all, a fork in between.
TEST(thread_stress_address_space)
{
	char *common = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	pthread_t thread[4];

	CHECK(common != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		thread[i] = start_thread(map_and_touch, common);
	for (int i = 0; i < 10; i++) {
		IN_CHILD {
			CHECK(map_and_touch(common) == NULL);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ((long)join_thread(thread[i]), 0);
}
