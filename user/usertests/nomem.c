// SPDX-License-Identifier: MIT
// nomem.c - each allocation of a system call fails in turn: the call says so, or does without it
//
// Needs fault injection for allocations, which only debug kernels have; elsewhere these tests pass
// without a look.
#include "user/usertests/usertests.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define DEBUG	"/sys/kernel/debug/"
#define LIMIT	400	// allocations of one run, more than any has
#define OTHER_ERROR 100	// exit status of a run that failed for another reason: + errno

static bool allocations_can_fail(void)
{
	static const char *const files[] = {
		DEBUG "failslab/ignore-gfp-wait", DEBUG "fail_page_alloc/ignore-gfp-wait",
		DEBUG "fail_page_alloc/ignore-gfp-highmem", DEBUG "failslab/ignore-gfp-highmem",
	};

	if (access(files[0], W_OK) < 0 || access(files[3], W_OK) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put_file(files[i], "N");
	return true;
}

// In a child: the n-th allocation fails. What may happen then is ENOMEM, or an end by SIGKILL or
// SIGBUS where memory itself was touched. False: there was no n-th one.
static bool one_failure(int n, int (*run)(void))
{
	char text[20];
	int status;
	pid_t pid;

	pid = CHECK_SYS(fork());
	if (pid == 0) {
		int fd = open("/proc/self/fail-nth", O_RDWR), error;

		snprintf(text, sizeof(text), "%d", n);
		if (write(fd, text, strlen(text)) < 0)
			_exit(3);
		errno = 0;
		error = run() < 0 ? errno : 0;
		if (pread(fd, text, sizeof(text), 0) < 0)
			_exit(0);	// that one it was
		if (error && error != ENOMEM && error != EAGAIN && error != ENFILE)
			_exit(OTHER_ERROR + error);
		_exit(atoi(text) ? 2 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGBUS)
		fail(HERE("one_failure"), "allocation %d: signal %d", n, WTERMSIG(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) > 2)
		fail(HERE("one_failure"), "allocation %d: want ENOMEM, got %s", n,
		     errno_name(WEXITSTATUS(status) - OTHER_ERROR));
	return !WIFEXITED(status) || WEXITSTATUS(status) != 2;
}

static void (*before_each)(void);

static void each_failure(int (*run)(void))
{
	int n = 0;

	if (!allocations_can_fail())
		return;
	do {
		if (before_each)
			before_each();
	} while (++n < LIMIT && one_failure(n, run));
	CHECK(n > 1 && n < LIMIT);
}

static char block[5 * PAGE];

static int write_file(void)
{
	int fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		ssize_t n = pwrite(fd, block, sizeof(block), i * 50 * PAGE);

		if (n < 0)
			return -1;
	}
	return fsync(fd);
}

TEST(nomem_write_file)
{
	memset(block, 'b', sizeof(block));	// a source that is not there would be EFAULT
	each_failure(write_file);
	put_file("new", "still works");
	CHECK_CONTENT("new", "still works");
}

static int map_file(void)
{
	int fd = open("f", O_RDWR);
	volatile char *shared, *private;

	if (fd < 0)
		return -1;
	shared = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (shared == MAP_FAILED || private == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < 8 * PAGE; i += PAGE) {
		shared[i] = shared[i] + 1;
		private[i] = private[i] + 1;
	}
	return msync((char *)shared, 8 * PAGE, MS_SYNC);
}

TEST(nomem_map_file)
{
	put_file("f", "x");
	CHECK_SYS(truncate("f", 8 * PAGE));
	each_failure(map_file);
}

static int direct(void)
{
	int fd = open("f", O_RDWR | O_DIRECT);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || p == MAP_FAILED)
		return -1;
	if (read(fd, p, 4 * PAGE) < 0)
		return errno == EFAULT ? 0 : -1;
	return pwrite(fd, p, 4 * PAGE, 8 * PAGE);
}

TEST(nomem_direct)
{
	put_file("f", "x");
	CHECK_SYS(truncate("f", 8 * PAGE));
	each_failure(direct);
}

static int make_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

TEST(nomem_fork)
{
	each_failure(make_child);
}

static int pipe_and_names(void)
{
	int fd[2];

	if (pipe(fd) < 0 || write(fd[1], "x", 1) < 0)
		return -1;
	if (mkdir("d", 0755) < 0 && errno != EEXIST)
		return -1;
	if (rename("d", "e") < 0 || symlink("e", "s") < 0 || unlink("s") < 0)
		return errno == ENOENT || errno == EEXIST ? 0 : -1;
	return rmdir("e");
}

TEST(nomem_pipes_and_names)
{
	each_failure(pipe_and_names);
}

// Inode table, directory, block of pointers, bitmaps: a file system waits for memory to read them.
static int use_uncached(void)
{
	int fd = open("d/f", O_RDONLY), dir, new;

	memset(block, 'b', 512);	// our own copy now, or the copy_to_user() later says EFAULT
	if (fd < 0 || pread(fd, block, 1, 40 * PAGE) < 0)
		return -1;
	dir = open("d", O_RDONLY | O_DIRECTORY);
	if (dir < 0 || syscall(SYS_getdents64, dir, block, 512) < 0)
		return -1;
	new = open("d/new", O_WRONLY | O_CREAT, 0600);
	if (new < 0 || pwrite(new, block, 1, 0) < 0)
		return -1;
	return unlink("d/new");
}

static void forget_all(void)
{
	sync();
	put_file("/proc/sys/vm/drop_caches", "3");
}

TEST(nomem_uncached)
{
	CHECK_SYS(mkdir("d", 0755));
	put_file("d/f", "x");
	CHECK_SYS(truncate("d/f", 100 * PAGE));
	before_each = forget_all;
	each_failure(use_uncached);
}

// Any number below 0 is no limit, and not counted down.
TEST(nomem_times_below_zero)
{
	if (!allocations_can_fail())
		return;
	put_file(DEBUG "failslab/task-filter", "Y");
	put_file(DEBUG "failslab/times", "-2147483648");
	put_file(DEBUG "failslab/probability", "100");
	IN_CHILD {
		put_file("/proc/self/make-it-fail", "1");
		for (int i = 0; i < 3; i++)
			CHECK_ERRNO(open("/proc/self/maps", O_RDONLY), ENOMEM);
	}
	put_file(DEBUG "failslab/probability", "0");
	put_file(DEBUG "failslab/times", "1");
	put_file(DEBUG "failslab/task-filter", "N");
}
