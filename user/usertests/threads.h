// SPDX-License-Identifier: MIT
/* threads.h - what the tests of threads share: starting, joining, looking at one from outside */
#pragma once
#include "user/usertests/usertests.h"
#include <pthread.h>
#include <sched.h>

static inline pthread_t start_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	check_eq(HERE("pthread_create"), pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

static inline void *join_thread(pthread_t thread)
{
	void *result;

	check_eq(HERE("pthread_join"), pthread_join(thread, &result), 0);
	return result;
}

static inline pid_t own_tid(void)
{
	return syscall(SYS_gettid);
}

// Third field of /proc/PID/task/TID/stat; 0 when there is no such thread.
static inline char thread_state(pid_t pid, pid_t tid)
{
	char path[80], text[512], *end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = 0;
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

// Waits, by looking, until a thread of the caller's process is in this state.
static inline void until_thread_is(pid_t tid, char state)
{
	while (thread_state(getpid(), tid) != state)
		nap(MS);
}

// Waits, by looking, for a word that another thread sets.
static inline void until_set(volatile int *word)
{
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		nap(MS / 10);
}

static inline void set_word(volatile int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}
