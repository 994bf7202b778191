// SPDX-License-Identifier: MIT
// thread.c - threads of one process: what they share and what each has for itself
#include "user/usertests/threads.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PAGE	4096UL

static volatile int shared_value;

static void *add_one(void *arg)
{
	shared_value++;
	return (char *)arg + 1;
}

TEST(thread_create_and_join)
{
	char text[2];

	CHECK(join_thread(start_thread(add_one, text)) == text + 1);
	CHECK_EQ(shared_value, 1);
}

/* --- several threads that fault on one address space --- */

enum { FAULT_PAGES = 128, FAULTERS = 4 };

struct fault_job {
	volatile char *area;
	int first, step;
};

static char *fault_area(void)
{
	char *area = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	return area;
}

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
	char *area = fault_area();

	for (int i = 0; i < FAULTERS; i++) {
		job[i] = (struct fault_job){ area, i, FAULTERS };
		thread[i] = start_thread(touch_pages, &job[i]);
	}
	for (int i = 0; i < FAULTERS; i++)
		CHECK(join_thread(thread[i]) == NULL);
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
	char *area = fault_area();

	for (int i = 0; i < FAULTERS; i++)
		thread[i] = start_thread(add_to_each_page, area);
	for (int i = 0; i < FAULTERS; i++)
		join_thread(thread[i]);
	for (int i = 0; i < FAULT_PAGES; i++)
		CHECK_EQ(*(int *)(area + i * PAGE), FAULTERS);
}

/* --- numbers --- */

static void *return_tid(void *arg)
{
	pid_t *pid = arg;

	*pid = getpid();
	return (void *)(long)own_tid();
}

TEST(thread_has_its_own_tid)
{
	pid_t pid, tid = (long)join_thread(start_thread(return_tid, &pid));

	CHECK_EQ(pid, getpid());
	CHECK(tid != getpid());
	CHECK_EQ(own_tid(), getpid());
}

static volatile int peer_tid, may_end;

static void *wait_for_end(void *arg)
{
	set_word(&peer_tid, own_tid());
	until_set(&may_end);
	return arg;
}

// A thread that is there until end_peer().
static pthread_t start_peer(void)
{
	pthread_t thread = start_thread(wait_for_end, NULL);

	until_set(&peer_tid);
	return thread;
}

static void end_peer(pthread_t thread)
{
	set_word(&may_end, 1);
	join_thread(thread);
}

TEST(thread_task_directory)
{
	char path[80];
	struct stat st;
	int found = 0, others = 0;
	struct dirent *entry;
	pthread_t peer = start_peer();
	DIR *dir = opendir("/proc/self/task");

	CHECK(dir);
	while ((entry = readdir(dir))) {
		int tid = atoi(entry->d_name);

		if (tid == peer_tid || tid == getpid())
			found++;
		else if (tid)
			others++;
	}
	closedir(dir);
	CHECK_EQ(found, 2);
	CHECK_EQ(others, 0);
	CHECK_EQ(proc_field("/proc/self/status", "Threads"), 2);

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", peer_tid);
	CHECK_EQ(proc_field(path, "Tgid"), getpid());
	CHECK_EQ(proc_field(path, "Pid"), peer_tid);
	CHECK_EQ(proc_field(path, "Threads"), 2);
	snprintf(path, sizeof(path), "/proc/%d/task/%d", peer_tid, getpid());
	CHECK_SYS(stat(path, &st));
	snprintf(path, sizeof(path), "/proc/self/task/%d", getppid());
	CHECK_ERRNO(stat(path, &st), ENOENT);
	end_peer(peer);
	// Joined is who has left the memory; he may be on the list of threads for a moment more.
	while (proc_field("/proc/self/status", "Threads") > 1)
		nap(MS);
}

// A TID names its thread in /proc but is not listed there.
TEST(thread_is_not_a_process)
{
	char path[80], text[300];
	struct dirent *entry;
	struct stat st;
	pthread_t peer = start_peer();
	DIR *dir = opendir("/proc");

	while ((entry = readdir(dir)))
		CHECK(atoi(entry->d_name) != peer_tid);
	closedir(dir);
	snprintf(path, sizeof(path), "/proc/%d", peer_tid);
	CHECK_SYS(stat(path, &st));
	CHECK_EQ(readlink("/proc/thread-self", text, sizeof(text)) > 0, true);
	CHECK_EQ(getpgid(peer_tid), getpgrp());
	CHECK_ERRNO(setpgid(peer_tid, 0), EINVAL);
	CHECK_ERRNO(waitpid(peer_tid, NULL, WNOHANG | __WALL), ECHILD);
	end_peer(peer);
	while (stat(path, &st) == 0)	// for a moment more, as above
		nap(MS);
	CHECK_ERRNO(stat(path, &st), ENOENT);
}

/* --- what each has for itself --- */

static void *rename_and_wait(void *arg)
{
	CHECK_SYS(prctl(PR_SET_NAME, "helper"));
	return wait_for_end(arg);
}

TEST(thread_names)
{
	char path[80], text[32], name[16];
	pthread_t thread = start_thread(rename_and_wait, NULL);

	until_set(&peer_tid);
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", peer_tid);
	CHECK_CONTENT(path, "helper\n");
	CHECK_CONTENT("/proc/self/comm", "usertest\n");
	CHECK_SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "usertest");
	put_file(path, "other");
	slurp(path, text, sizeof(text));
	CHECK_STR(text, "other\n");
	end_peer(thread);
}

static void *set_own_nice(void *arg)
{
	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 7));
	return wait_for_end(arg);
}

TEST(thread_nice_is_its_own)
{
	pthread_t thread = start_thread(set_own_nice, NULL);

	until_set(&peer_tid);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 0);
	CHECK_EQ(getpriority(PRIO_PROCESS, peer_tid), 7);
	CHECK_SYS(setpriority(PRIO_PROCESS, peer_tid, 9));
	CHECK_EQ(getpriority(PRIO_PROCESS, peer_tid), 9);
	CHECK_EQ(getpriority(PRIO_PROCESS, getpid()), 0);
	end_peer(thread);
}

// A group means all its threads.
TEST(thread_nice_of_a_group)
{
	pthread_t peer = start_peer();

	CHECK_SYS(setpriority(PRIO_PGRP, 0, 5));
	CHECK_EQ(getpriority(PRIO_PROCESS, peer_tid), 5);
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 5);
	end_peer(peer);
}

TEST(thread_affinity_of_a_tid)
{
	cpu_set_t all, one;
	pthread_t peer = start_peer();
	int hart = 0;

	CHECK_SYS(sched_getaffinity(0, sizeof(all), &all));
	while (!CPU_ISSET(hart, &all))
		hart++;
	CPU_ZERO(&one);
	CPU_SET(hart, &one);
	CHECK_SYS(sched_setaffinity(peer_tid, sizeof(one), &one));
	CHECK_SYS(sched_getaffinity(peer_tid, sizeof(one), &one));
	CHECK_EQ(CPU_COUNT(&one), 1);
	CHECK_SYS(sched_getaffinity(getpid(), sizeof(one), &one));
	CHECK(CPU_EQUAL(&one, &all));
	end_peer(peer);
}

// The C library changes all threads by a signal; the call itself changes one.
static void *drop_own_uid(void *arg)
{
	CHECK_SYS(syscall(SYS_setresuid, -1, NOBODY, -1));
	CHECK_EQ(syscall(SYS_geteuid), NOBODY);
	return arg;
}

TEST(thread_ids_are_its_own_in_the_kernel)
{
	join_thread(start_thread(drop_own_uid, NULL));
	CHECK_EQ(geteuid(), 0);
}

TEST(thread_setuid_changes_all)
{
	char path[80], text[2048];
	pthread_t peer = start_peer();

	CHECK_SYS(setuid(NOBODY));
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", peer_tid);
	slurp(path, text, sizeof(text));
	CHECK(strstr(text, "Uid:\t65534\t65534\t65534\t65534"));
	end_peer(peer);
}

static void *set_fp(void *arg)
{
	double mine = (long)arg, sum = 0;

	for (int i = 0; i < 2000; i++) {
		sum += mine;
		if (i % 100 == 0)
			sched_yield();
	}
	return (void *)(long)sum;
}

TEST(thread_fp_registers)
{
	pthread_t thread[8];

	for (long i = 0; i < 8; i++)
		thread[i] = start_thread(set_fp, (void *)i);
	for (long i = 0; i < 8; i++)
		CHECK_EQ((long)join_thread(thread[i]), i * 2000);
}

/* --- what they share --- */

static void *change_files(void *arg)
{
	int *fd = arg;

	CHECK_SYS(close(fd[0]));
	CHECK_SYS(mkdir("sub", 0755));
	CHECK_SYS(chdir("sub"));
	umask(077);
	return (void *)(long)CHECK_SYS(dup(fd[1]));
}

TEST(thread_shares_files_and_directory)
{
	char before[200], after[200];
	int fd[2], copy;

	CHECK(getcwd(before, sizeof(before)));
	CHECK_SYS(pipe(fd));
	copy = (long)join_thread(start_thread(change_files, fd));
	CHECK_EQ(copy, fd[0]);
	CHECK_EQ(fcntl(copy, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK(getcwd(after, sizeof(after)));
	CHECK_EQ(strlen(after), strlen(before) + 4);
	CHECK_EQ(umask(0), 077);
}

static void *read_pipe(void *arg)
{
	char byte;

	set_word(&peer_tid, own_tid());
	return (void *)read(*(int *)arg, &byte, 1);
}

// The file lives while a call in another thread uses it.
TEST(thread_close_under_a_read)
{
	int fd[2];
	pthread_t thread;

	CHECK_SYS(pipe(fd));
	thread = start_thread(read_pipe, &fd[0]);
	until_set(&peer_tid);
	until_thread_is(peer_tid, 'S');
	CHECK_SYS(close(fd[0]));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ((long)join_thread(thread), 1);
}

static void *burn(void *arg)
{
	struct rusage before, after;

	CHECK_SYS(getrusage(RUSAGE_THREAD, &before));
	for (long long end = now(CLOCK_THREAD_CPUTIME_ID) + 60 * MS;
	     now(CLOCK_THREAD_CPUTIME_ID) < end; )
		;
	CHECK_SYS(getrusage(RUSAGE_THREAD, &after));
	CHECK(after.ru_utime.tv_sec * SEC + after.ru_utime.tv_usec * 1000 +
	      after.ru_stime.tv_sec * SEC + after.ru_stime.tv_usec * 1000 >= 50 * MS);
	return arg;
}

TEST(thread_cpu_time_is_the_processs_too)
{
	clockid_t clock;
	// All's time is taken first and last: it contains the others', however long we lie between.
	long long all = now(CLOCK_PROCESS_CPUTIME_ID), mine = now(CLOCK_THREAD_CPUTIME_ID), peers;
	pthread_t peer = start_peer();

	join_thread(start_thread(burn, NULL));
	mine = now(CLOCK_THREAD_CPUTIME_ID) - mine;
	CHECK_EQ(pthread_getcpuclockid(peer, &clock), 0);
	peers = now(clock);
	all = now(CLOCK_PROCESS_CPUTIME_ID) - all;
	CHECK(all >= 60 * MS + mine);
	CHECK(all >= 60 * MS + peers);
	end_peer(peer);
}

TEST(thread_limits_are_the_processs)
{
	struct rlimit limit = { 77, 88 };
	pthread_t peer = start_peer();

	CHECK_SYS(prlimit(peer_tid, RLIMIT_NOFILE, &limit, NULL));
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &limit));
	CHECK_EQ(limit.rlim_cur, 77);
	end_peer(peer);
}

static void *read_to_end(void *arg)
{
	char byte;

	CHECK_EQ(read((long)arg >> 16, &byte, 1), 0);
	return (void *)((long)arg & 0xffff);
}

// As many as a large program has.  Fewer where there is little memory, and with many harts: each
// end of a thread asks all of them to forget its stack, which takes an emulator long.
TEST(thread_many)
{
	enum { MOST = 500, LEAST = 100 };
	static pthread_t thread[MOST];
	int n, fd[2], most = harts_allowed() > 2 ? 150 : MOST;
	pthread_attr_t attr;

	CHECK_SYS(pipe(fd));
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 16 * PAGE), 0);
	for (n = 0; n < most; n++) {
		int error = pthread_create(&thread[n], &attr, read_to_end,
					   (void *)((long)fd[0] << 16 | n));

		if (error == EAGAIN)
			break;
		CHECK_EQ(error, 0);
	}
	CHECK(n >= LEAST);
	CHECK_EQ(proc_field("/proc/self/status", "Threads"), n + 1);
	CHECK_SYS(close(fd[1]));
	for (int i = 0; i < n; i++)
		CHECK_EQ((long)join_thread(thread[i]), i);
}

TEST(thread_one_after_the_other)
{
	char text[2];

	for (int i = 0; i < 500; i++)
		CHECK(join_thread(start_thread(add_one, text)) == text + 1);
	CHECK_EQ(shared_value, 500);
}
