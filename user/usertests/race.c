// SPDX-License-Identifier: MIT
/*
 * race.c - several processes at the same thing at the same time, each on a hart of its own
 *
 * What is checked holds in every interleaving, so a test never depends on who is faster; it only
 * finds more where the harts really meet.
 */
#include "user/usertests/usertests.h"
#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/file.h>
#include <sys/mman.h>

#define PAGE	4096UL

// Runs the body in so many processes, spread over the harts; all must end well.
static void crowd(int processes, void (*body)(int me))
{
	int harts = harts_allowed();
	pid_t pids[16];

	for (int i = 0; i < processes; i++) {
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0) {
			CHECK(pin_to_hart(i % harts));
			body(i);
			finish();
		}
	}
	for (int i = 0; i < processes; i++)
		CHECK_EXIT(pids[i], 0);
}

static void add_one(int fd)
{
	long value = 0;

	CHECK_EQ(pread(fd, &value, sizeof(value), 0), sizeof(value));
	value++;
	CHECK_EQ(pwrite(fd, &value, sizeof(value), 0), sizeof(value));
}

static void check_counter(long want)
{
	long value = 0;

	CHECK_EQ(read(CHECK_SYS(open("counter", O_RDONLY)), &value, sizeof(value)), sizeof(value));
	CHECK_EQ(value, want);
}

static void make_counter(void)
{
	int fd = CHECK_SYS(open("counter", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(write(fd, &(long){ 0 }, sizeof(long)), sizeof(long));
	CHECK_SYS(close(fd));
}

static void count_under_record_lock(int me)
{
	int fd = CHECK_SYS(open("counter", O_RDWR));
	struct flock lock = { .l_type = F_WRLCK };

	(void)me;
	for (int i = 0; i < 50; i++) {
		lock.l_type = F_WRLCK;
		CHECK_SYS(fcntl(fd, F_SETLKW, &lock));
		add_one(fd);
		lock.l_type = F_UNLCK;
		CHECK_SYS(fcntl(fd, F_SETLK, &lock));
	}
}

TEST(race_record_lock)
{
	make_counter();
	crowd(4, count_under_record_lock);
	check_counter(200);
}

static void count_under_flock(int me)
{
	int fd = CHECK_SYS(open("counter", O_RDWR));

	(void)me;
	for (int i = 0; i < 50; i++) {
		CHECK_SYS(flock(fd, LOCK_EX));
		add_one(fd);
		CHECK_SYS(flock(fd, LOCK_UN));
	}
}

TEST(race_flock)
{
	make_counter();
	crowd(4, count_under_flock);
	check_counter(200);
}

static void count_under_lock_file(int me)
{
	int fd = CHECK_SYS(open("counter", O_RDWR)), lock;

	(void)me;
	for (int i = 0; i < 25; i++) {
		while ((lock = open("lock", O_WRONLY | O_CREAT | O_EXCL, 0644)) < 0) {
			CHECK_EQ(errno, EEXIST);
			sched_yield();
		}
		add_one(fd);
		CHECK_SYS(close(lock));
		CHECK_SYS(unlink("lock"));
	}
}

TEST(race_exclusive_create)
{
	make_counter();
	crowd(4, count_under_lock_file);
	check_counter(100);
}

static void rename_or_read(int me)
{
	char name[16], text[4096];

	snprintf(name, sizeof(name), "new%d", me);
	for (int i = 0; i < 60; i++) {
		if (me < 2) {
			put_file(name, me ? "ones ones ones" : "zeroes zeroes");
			CHECK_SYS(rename(name, "the file"));
		} else {	// there is always one, and it is always whole
			slurp("the file", text, sizeof(text));
			CHECK(strcmp(text, "ones ones ones") == 0 ||
			      strcmp(text, "zeroes zeroes") == 0);
		}
	}
}

TEST(race_rename_is_atomic)
{
	put_file("the file", "ones ones ones");
	crowd(4, rename_or_read);
}

static void make_and_remove(int me)
{
	char name[32];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d/%d", me);
		if (mkdir("d", 0755) < 0)
			CHECK_EQ(errno, EEXIST);
		if (mkdir(name, 0755) < 0)
			CHECK_EQ(errno, ENOENT);
		else
			CHECK_SYS(rmdir(name));
		if (rmdir("d") < 0)
			CHECK(errno == ENOENT || errno == ENOTEMPTY);
	}
}

TEST(race_directory_comes_and_goes)
{
	crowd(4, make_and_remove);
	rmdir("d");
	CHECK_ERRNO(open("d", O_RDONLY), ENOENT);
}

static void move_directories(int me)
{
	static const char *const names[] = { "a", "b", "a/x", "b/x", "a/x/y", "b/x/y" };
	unsigned random = me * 7919 + 1;

	for (int i = 0; i < 150; i++) {
		random = random * 1103515245 + 12345;
		// Any of these may fail, but no directory may get into itself, or get lost.
		if (rename(names[(random >> 8) % 6], names[(random >> 16) % 6]) < 0)
			CHECK(errno == ENOENT || errno == EINVAL || errno == ENOTEMPTY ||
			      errno == EEXIST);
	}
}

TEST(race_directories_move)
{
	CHECK_SYS(mkdir("a", 0755));
	CHECK_SYS(mkdir("b", 0755));
	CHECK_SYS(mkdir("a/x", 0755));
	CHECK_SYS(mkdir("a/x/y", 0755));
	crowd(4, move_directories);
	put_file("f", "the tree still works");
	CHECK_CONTENT("f", "the tree still works");
}

/*
 * Files go from a directory in one to the other, while attempts are made to replace one of the two
 * by the other and to remove what is in them: each call locks directories above or beside others.
 */
static void move_files(int me)
{
	static const char *const names[] = { "a/c/f", "b/c/f", "a/d/f", "b/d/f", "a/f", "b/f" };
	static const char *const full[] = { "a/c", "b/c", "a/d", "b/d" };
	unsigned random = me * 104729 + 1;

	for (int i = 0; i < 200; i++) {
		random = random * 1103515245 + 12345;
		if (me == 0)
			CHECK_ERRNO(rename(i % 2 ? "a" : "b", i % 2 ? "b" : "a"), ENOTEMPTY);
		else if (me == 1)
			CHECK_ERRNO(rmdir(full[(random >> 8) % 4]), ENOTEMPTY);
		else
			rename(names[(random >> 8) % 6], names[(random >> 16) % 6]);
	}
}

TEST(race_files_move_between_directories)
{
	// Some are made before the two, some after them.
	static const char *const dirs[] = { "c", "d", "a", "b", "a/d", "b/c" };
	static const char *const stay[] = { "a/c/stays", "b/c/stays", "a/d/stays", "b/d/stays" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		CHECK_SYS(mkdir(dirs[i], 0755));
	CHECK_SYS(rename("c", "a/c"));
	CHECK_SYS(rename("d", "b/d"));
	for (size_t i = 0; i < ARRAY_SIZE(stay); i++)
		put_file(stay[i], "here");
	put_file("a/c/f", "moves");
	crowd(4, move_files);
	for (size_t i = 0; i < ARRAY_SIZE(stay); i++)
		CHECK_CONTENT(stay[i], "here");
}

static int shared_pipe[2];

static void pour_bytes(int me)
{
	long sum = 0, count = 0;
	char block[300];

	if (me % 2 == 0) {
		memset(block, me + 1, sizeof(block));
		for (int i = 0; i < 200; i++)
			CHECK_EQ(write(shared_pipe[1], block, sizeof(block)), sizeof(block));
		return;
	}
	while (count < 200 * 300) {	// as many readers as writers, each takes its share
		ssize_t want = 200 * 300 - count, n;

		want = want < (long)sizeof(block) ? want : (long)sizeof(block);
		n = CHECK_SYS(read(shared_pipe[0], block, want));
		for (ssize_t k = 0; k < n; k++)
			sum += block[k];
		count += n;
	}
	CHECK(sum >= count && sum <= 3 * count);
}

TEST(race_pipe_readers_and_writers)
{
	CHECK_SYS(pipe(shared_pipe));
	crowd(4, pour_bytes);
	CHECK_SYS(fcntl(shared_pipe[0], F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(shared_pipe[0], (char[1]){}, 1), EAGAIN);	// not a byte too many
}

static char *shared_pages;

static void write_shared_pages(int me)
{
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 16; i++)
			memset(shared_pages + i * PAGE, me * 16 + i, PAGE);
		for (size_t i = 0; i < 16 * PAGE; i++)
			CHECK_EQ((unsigned char)shared_pages[i], me * 16 + i / PAGE);
		IN_CHILD
			for (int i = 0; i < 16; i++)
				shared_pages[i * PAGE] = 0;
	}
}

TEST(race_copy_on_write)
{
	shared_pages = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	CHECK(shared_pages != MAP_FAILED);
	memset(shared_pages, 99, 16 * PAGE);
	crowd(4, write_shared_pages);
	for (size_t i = 0; i < 16 * PAGE; i++)
		CHECK_EQ(shared_pages[i], 99);
}

static sigjmp_buf back;

static void leave(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static void truncate_or_touch(int me)
{
	int fd = CHECK_SYS(open("f", O_RDWR));
	volatile char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	on_signal(SIGBUS, leave, 0);
	for (volatile int i = 0; i < 200; i++) {
		if (me == 0) {
			CHECK_SYS(ftruncate(fd, i % 8 * PAGE));
			CHECK_EQ(pwrite(fd, "x", 1, 7 * PAGE), 1);
		} else if (sigsetjmp(back, 1) == 0) {	// content, zero, or SIGBUS: nothing else
			char seen = p[i % 8 * PAGE];

			CHECK(seen == 'x' || seen == 0);
			if (i % 16 == 15)
				madvise((char *)p, 8 * PAGE, MADV_DONTNEED);
		}
	}
}

TEST(race_truncate_against_mapping)
{
	char page[PAGE];
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	memset(page, 'x', sizeof(page));
	for (int i = 0; i < 8; i++)
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	crowd(3, truncate_or_touch);
}

// EACCES: on a shared host it may be a process of somebody's namespace.
static void check_gone(const char *path, int err)
{
	if (err != ENOENT && err != ESRCH && err != EACCES)
		fail(HERE("open"), "%s: want ENOENT or ESRCH, got %s", path, errno_name(err));
}

static void come_and_go_or_look(int me)
{
	static const char *const files[] = { "stat", "status", "maps", "cmdline", "limits", "fd" };
	char path[300], text[4096];
	struct dirent *entry;

	for (int i = 0; i < 20; i++) {
		DIR *dir;

		if (me % 2) {
			IN_CHILD
				nap(i * 10000);
			continue;
		}
		dir = opendir("/proc");
		while ((entry = readdir(dir))) {
			int fd;

			if (atoi(entry->d_name) <= getppid())
				continue;
			snprintf(path, sizeof(path), "/proc/%s/%s", entry->d_name,
				 files[i % ARRAY_SIZE(files)]);
			fd = open(path, O_RDONLY);
			if (fd < 0)
				check_gone(path, errno);
			else if (read(fd, text, sizeof(text)) < 0)
				CHECK(errno == ESRCH || errno == EISDIR);
			close(fd);
		}
		closedir(dir);
	}
}

TEST(race_proc_of_dying_processes)
{
	crowd(4, come_and_go_or_look);
}

static void exec_and_be_killed(int me)
{
	int status;

	for (int i = 0; i < 12; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			execl(program("show"), "show", "--exit", "0", NULL);
			_exit(1);
		}
		nap((me * 12 + i) * 100000LL);
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	}
}

TEST(race_exec_against_kill)
{
	crowd(3, exec_and_be_killed);
}

// Stopped and continued all the time, the pair still gets every byte through.
TEST(race_stop_and_continue)
{
	pid_t pids[2];
	int status;

	CHECK_SYS(pipe(shared_pipe));
	for (int p = 0; p < 2; p++) {
		pids[p] = CHECK_SYS(fork());
		if (pids[p])
			continue;
		for (int i = 0; i < 3000; i++) {
			char byte = i;

			if (p == 0)
				CHECK_EQ(write(shared_pipe[1], &byte, 1), 1);
			else
				CHECK_EQ(read(shared_pipe[0], &byte, 1), 1);
			CHECK_EQ(byte, (char)i);
		}
		finish();
	}
	for (int i = 0; waitpid(pids[1], &status, WNOHANG) == 0; i++) {
		CHECK_SYS(kill(pids[i % 2], SIGSTOP));
		CHECK_SYS(kill(pids[i % 2], SIGCONT));
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK_EXIT(pids[0], 0);
}
