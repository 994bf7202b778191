// SPDX-License-Identifier: MIT
// oom.c - memory is exhausted: who is killed, and that the machine goes on
//
// A *hog* is a child that takes memory until it is killed, or as much as it is told. What it takes
// is locked where there is swap, so that RAM is full soon.
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include "user/usertests/threads.h"
#include <sys/klog.h>
#include <sys/swap.h>
#include <sys/uio.h>

#define ALL	SIZE_MAX
#define MIB	(1UL << 20)

static long score(const char *pid)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%s/oom_score", pid);
	slurp(path, text, sizeof(text));
	return atol(text);
}

static long kills(void)
{
	return number("/proc/vmstat", "oom_kill");
}

static size_t available(void)
{
	return number("/proc/meminfo", "MemAvailable") * 1024;
}

static void set_adj(int adj)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", adj);
	put_file("/proc/self/oom_score_adj", text);
}

// What is touched stays, where it could go to a disk.
static void lock_on_fault(void *p, size_t length)
{
	if (number("/proc/meminfo", "SwapTotal"))
		CHECK_SYS(mlock2(p, length, MLOCK_ONFAULT));
}

// Of so many bytes each page is stored to; ALL: of more than there is.
static void take(size_t bytes)
{
	size_t length = (bytes == ALL ? 2 * available() + 16 * MIB : bytes) & -PAGE;
	char *p = mmap(NULL, length, RW, ANON | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	lock_on_fault(p, length);
	for (size_t i = 0; i < length; i += PAGE)
		p[i] = 1;
}

static pid_t hog(int adj, size_t bytes)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid)
		return pid;
	set_adj(adj);
	take(bytes);
	_exit(0);
}

// A child that has taken so much and sleeps in a read() from then on.
static pid_t sleeper(int adj, size_t bytes)
{
	struct gate taken;
	pid_t pid;
	int fd[2];

	gate_make(&taken);
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (!pid) {
		set_adj(adj);
		take(bytes);
		gate_open(&taken);
		read(fd[0], (char[1]){}, 1);
		_exit(0);
	}
	gate_wait(&taken);
	until_asleep(pid);
	return pid;
}

static void check_alive(pid_t pid)
{
	CHECK_EQ(process_state(pid), 'S');
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

/* --- the numbers --- */

TEST(oom_score_follows_adj)
{
	long plain;

	set_adj(0);
	plain = score("self");
	CHECK(plain >= 666 && plain < 1000);
	set_adj(1000);
	CHECK(score("self") >= plain + 500);
	set_adj(-999);
	CHECK(score("self") <= plain - 500);
	set_adj(-1000);
	CHECK_EQ(score("self"), 0);
	CHECK_EQ(score("1"), 0);
	CHECK_EQ(score("2"), 0);
}

// Down again to where one with the capability had set it, no further.
TEST(oom_score_adj_of_nobody)
{
	int fd = CHECK_SYS(open("/proc/self/oom_score_adj", O_WRONLY));

	CHECK_EQ(write(fd, "100", 3), 3);
	become_nobody();
	CHECK_EQ(write(fd, "300", 3), 3);
	CHECK_EQ(write(fd, "100", 3), 3);
	CHECK_ERRNO(write(fd, "99", 2), EACCES);
}

static _Noreturn void *sleep_forever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

TEST(oom_score_adj_is_the_process_s)
{
	start_thread(sleep_forever, NULL);
	set_adj(77);
	IN_CHILD
		CHECK_CONTENT("/proc/self/oom_score_adj", "77\n");
	CHECK_CONTENT("/proc/thread-self/oom_score_adj", "77\n");
}

/* --- who goes --- */

TEST(oom_hog_is_killed_and_the_parent_goes_on)
{
	size_t before = available();
	long killed = kills();

	CHECK_KILLED(hog(1000, ALL), SIGKILL);
	CHECK(kills() > killed);
	// Its memory is back, and usable.
	CHECK(available() > before / 2);
	IN_CHILD
		take(before / 4);
}

// It does not matter who asks.
TEST(oom_biggest_dies_while_asleep)
{
	size_t most = available() / 4 * 3;
	pid_t big = sleeper(1000, most), small = hog(1000, most / 2);

	CHECK_KILLED(big, SIGKILL);
	CHECK_EXIT(small, 0);
}

// The smallest goes, then who asks, and the biggest stays.
TEST(oom_score_adj_decides)
{
	size_t room = available();
	pid_t big = sleeper(0, room / 2), small = sleeper(1000, room / 10);
	pid_t asking = hog(500, ALL);

	CHECK_KILLED(small, SIGKILL);
	CHECK_KILLED(asking, SIGKILL);
	check_alive(big);
}

TEST(oom_score_adj_minimum_is_never)
{
	pid_t big = sleeper(-1000, available() / 2);

	CHECK_KILLED(hog(0, ALL), SIGKILL);
	check_alive(big);
}

#define ALLOCATING_TASK	"/proc/sys/vm/oom_kill_allocating_task"

TEST(oom_kill_allocating_task)
{
	pid_t big = sleeper(1000, available() / 2), asking;

	set_adj(-1000);
	put_file(ALLOCATING_TASK, "1");
	asking = hog(0, ALL);
	CHECK_KILLED(asking, SIGKILL);
	put_file(ALLOCATING_TASK, "0");
	check_alive(big);
}

TEST(oom_is_reported)
{
	static char log[256 << 10];
	char line[64];
	pid_t pid = hog(1000, ALL);

	CHECK_KILLED(pid, SIGKILL);
	log[CHECK_SYS(klogctl(3, log, sizeof(log) - 1))] = '\0';
	snprintf(line, sizeof(line), "Killed process %d (", pid);
	CHECK(strstr(log, "invoked oom-killer: gfp_mask=0x"));
	CHECK(strstr(log, "Mem-Info:"));
	if (!access("/proc/sys/vm/reclaim_policy", F_OK))
		CHECK(strstr(log, " policy "));
	CHECK(strstr(log, line));
}

/* --- what it takes with it --- */

static struct gate *started;
static size_t part;

static void *take_part(void *arg)
{
	(void)arg;
	take(part);
	return NULL;
}

// Each takes its part at the same time; the one that began sleeps in a futex.
TEST(oom_threads_die_together)
{
	pid_t pid = CHECK_SYS(fork());

	if (!pid) {
		pthread_t thread[4];

		set_adj(1000);
		part = available() / 2;
		for (int i = 0; i < 4; i++)
			thread[i] = start_thread(take_part, NULL);
		for (int i = 0; i < 4; i++)
			join_thread(thread[i]);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
}

static void *take_and_sleep(void *arg)
{
	(void)arg;
	take(part);
	gate_open(started);
	sleep_forever(NULL);
}

// The leader is a zombie, and has no memory any more: the other thread has it.
TEST(oom_leader_has_exited)
{
	size_t room = available();
	struct gate gate;
	pid_t pid, asking;

	gate_make(&gate);
	started = &gate;
	part = room / 4 * 3;
	pid = CHECK_SYS(fork());
	if (!pid) {
		set_adj(1000);
		start_thread(take_and_sleep, NULL);
		syscall(SYS_exit, 0);
	}
	gate_wait(&gate);
	asking = hog(900, part / 2);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EXIT(asking, 0);
}

// The memory is its parent's, which waits: both go.
TEST(oom_vfork_child_asks)
{
	pid_t pid = CHECK_SYS(fork());

	if (!pid) {
		set_adj(1000);
		if (!vfork()) {
			take(ALL);
			_exit(0);
		}
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
}

/*
 * A victim that reads from a disk for ever: most of the time it waits where no signal reaches it.
 * SLOW_DISK is one that takes seconds (tools/disktests.py); any other does, but shows less.
 */
static _Noreturn void read_the_disk(const char *slow, struct gate *begun)
{
	int fd = CHECK_SYS(open(slow ? slow : "/dev/vda", O_RDONLY | O_DIRECT));
	char *buffer = mmap(NULL, 16 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);

	// The first read does not take long.
	for (bool first = true;; first = false) {
		CHECK_EQ(pread(fd, buffer, 16 * PAGE, 0), 16 * PAGE);
		if (first)
			gate_open(begun);
	}
}

// In the disk wait for so long that it will be there for a while.
static void until_it_waits(pid_t pid)
{
	for (int times = 0; times < 5; nap(10 * MS))
		times = process_state(pid) == 'D' ? times + 1 : 0;
}

// What is gone cannot be read, and least of all as zeros.
static void check_not_zeros(pid_t pid, char *p, size_t length)
{
	char page[PAGE];
	struct iovec local = { page, PAGE }, remote = { p, PAGE };

	for (; length >= PAGE; length -= PAGE, remote.iov_base = (char *)remote.iov_base + PAGE)
		if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != -1)
			CHECK_EQ(page[0], 1);
		else
			CHECK(errno == EFAULT || errno == ESRCH);
}

// The next one to be killed, with so much memory that must go with it.
static void become_victim(char *p, size_t length)
{
	set_adj(1000);
	lock_on_fault(p, length);
	memset(p, 1, length);
}

// Its memory is back before it is gone: another process takes it.
TEST(oom_victim_waits_for_a_disk)
{
	const char *slow = getenv("SLOW_DISK");
	size_t room = available(), length = room / 2 & -PAGE;
	char *p = mmap(NULL, length, RW, ANON | MAP_NORESERVE, -1, 0);
	struct gate begun;
	pid_t victim;

	gate_make(&begun);
	victim = CHECK_SYS(fork());
	if (!victim) {
		become_victim(p, length);
		read_the_disk(slow, &begun);
	}
	gate_wait(&begun);
	if (slow)
		until_it_waits(victim);
	CHECK_EXIT(hog(0, room / 4 * 3), 0);
	if (slow)
		CHECK_EQ(process_state(victim), 'D');
	check_not_zeros(victim, p, length);
	CHECK_KILLED(victim, SIGKILL);
}

// Copies the victim's memory again and again, into a little more than there is.
static void copy_until_it_is_gone(pid_t victim, char *p, size_t length)
{
	size_t total = (available() + length / 2) & -PAGE;
	struct iovec remote[8], local = { .iov_len = total };
	char *copy = mmap(NULL, total, RW, ANON | MAP_NORESERVE, -1, 0);
	ssize_t done;

	lock_on_fault(copy, total);
	local.iov_base = copy;
	for (int i = 0; i < 8; i++)
		remote[i] = (struct iovec){ p, length };
	done = CHECK_SYS(process_vm_readv(victim, &local, 1, remote, 8, 0));
	for (ssize_t at = 0; at < done; at += PAGE)
		CHECK_EQ(copy[at], 1);
}

/*
 * Who copies it holds on to the address space: it is emptied, though its process is gone. Linux may
 * not wait for that, and kill the reader as well.
 */
TEST(oom_victim_is_read_meanwhile)
{
	size_t length = available() / 4 & -PAGE;
	char *p = mmap(NULL, length, RW, ANON | MAP_NORESERVE, -1, 0);
	struct gate filled;
	pid_t victim, reader;
	int status;

	gate_make(&filled);
	victim = CHECK_SYS(fork());
	if (!victim) {
		become_victim(p, length);
		gate_open(&filled);
		sleep_forever(NULL);
	}
	gate_wait(&filled);
	reader = CHECK_SYS(fork());
	if (!reader) {
		copy_until_it_is_gone(victim, p, length);
		finish();
	}
	CHECK_EQ(waitpid(reader, &status, 0), reader);
	CHECK(status == 0 || WTERMSIG(status) == SIGKILL);
	CHECK_SYS(kill(victim, SIGKILL));
	CHECK_KILLED(victim, SIGKILL);
}

TEST(oom_locked_memory_comes_back)
{
	size_t room = available();
	long locked = number("/proc/meminfo", "Mlocked");
	pid_t pid = CHECK_SYS(fork());

	if (!pid) {
		set_adj(1000);
		mmap(NULL, 2 * room, RW, ANON | MAP_NORESERVE | MAP_LOCKED | MAP_POPULATE, -1, 0);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
	CHECK(number("/proc/meminfo", "Mlocked") <= locked + 1024);
	CHECK(available() > room / 2);
}

// The kernel asks for it, in the name of a read() into memory that is not there yet.
TEST(oom_in_a_system_call)
{
	pid_t pid = CHECK_SYS(fork());

	if (!pid) {
		size_t size = 2 * available();
		int fd = open("/dev/zero", O_RDONLY);
		char *p = mmap(NULL, size, RW, ANON | MAP_NORESERVE, -1, 0);

		set_adj(1000);
		mlock2(p, size, MLOCK_ONFAULT);
		for (size_t i = 0; i < size; i += MIB)
			CHECK_EQ(read(fd, p + i, MIB), MIB);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
}

/* --- the others go on --- */

static bool gone(pid_t pid)
{
	int status = 0;

	if (!CHECK_SYS(waitpid(pid, &status, WNOHANG)))
		return false;
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return true;
}

TEST(oom_fork_while_memory_is_exhausted)
{
	pid_t pid = hog(1000, ALL);

	while (!gone(pid))
		IN_CHILD
			take(8 * PAGE);
}

TEST(oom_exec_while_memory_is_exhausted)
{
	const char *path = program("show");
	char *argv[] = { (char *)path, "args", NULL }, *envp[] = { NULL }, output[4096];
	pid_t pid = hog(1000, ALL);

	while (!gone(pid))
		CHECK_EQ(run_program(path, argv, envp, output, sizeof(output)), 0);
}

/* --- swap --- */

// The area's header says that it has so many pages; returns what it said.
static unsigned resize_area(const char *device, unsigned pages)
{
	int fd = CHECK_SYS(open(device, O_RDWR));
	char header[PAGE];
	unsigned last;

	CHECK_EQ(pread(fd, header, PAGE, 0), PAGE);
	memcpy(&last, header + 1028, 4);
	memcpy(header + 1028, &(unsigned){ pages - 1 }, 4);
	CHECK_EQ(pwrite(fd, header, PAGE, 0), PAGE);
	CHECK_SYS(fsync(fd));
	close(fd);
	return last + 1;
}

TEST(oom_swap_is_exhausted_first)
{
	const char *device = swap_device();
	unsigned pages;
	long written;
	pid_t pid;

	CHECK_SYS(swapoff(device));
	pages = resize_area(device, 1 + 4 * MIB / PAGE);
	CHECK_SYS(swapon(device, 0));
	written = number("/proc/vmstat", "pswpout");
	pid = CHECK_SYS(fork());
	if (!pid) {
		size_t length = 2 * available() + 16 * MIB;
		char *p = mmap(NULL, length, RW, ANON | MAP_NORESERVE, -1, 0);

		set_adj(1000);
		for (size_t i = 0; i < length; i += PAGE)
			p[i] = 1;
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
	written = number("/proc/vmstat", "pswpout") - written;
	CHECK_SYS(swapoff(device));
	resize_area(device, pages);
	CHECK_SYS(swapon(device, 0));
	CHECK(written >= (long)(3 * MIB / PAGE));	// of 4
}
