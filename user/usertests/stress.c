// SPDX-License-Identifier: MIT
// stress.c - running out of things, with bounds, and what is left afterwards
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#define PAGE	4096UL

TEST(stress_fork_wide)
{
	enum { ROUNDS = 10, WIDTH = 12 };

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < WIDTH; i++)
			if (CHECK_SYS(fork()) == 0)
				_exit(0);
		for (int i = 0; i < WIDTH; i++)
			CHECK_SYS(wait(NULL));
	}
}

// Each generation waits for the next; the last one's depth comes back as exit status.
static int descend(int depth)
{
	int status;
	pid_t pid;

	if (depth == 20)
		return depth;
	pid = CHECK_SYS(fork());
	if (pid == 0)
		_exit(descend(depth + 1));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(stress_fork_deep)
{
	CHECK_EQ(descend(0), 20);
}

TEST(stress_fork_and_exec)
{
	char output[64];

	for (int i = 0; i < 15; i++)
		CHECK_EQ(WEXITSTATUS(run_program(program("show"),
						 (char *[]){ "show", "--exit", "5", NULL },
						 (char *[]){ NULL }, output, sizeof(output))), 5);
}

// A child dies at any point of its way: in fork, in a fault, in a system call, in exit.
TEST(stress_kill_at_any_moment)
{
	char *area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	int status;

	memset(area, 'a', 64 * PAGE);
	for (int i = 0; i < 60; i++) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			signal(SIGCHLD, SIG_IGN);	// as many as may be, however long he lives
			for (unsigned n = 0;; n++) {
				area[n % 64 * PAGE] = n;
				if (n % 7 == 0)
					put_file("f", "some text");
				if (n % 11 == 0 && fork() == 0)
					_exit(0);
			}
		}
		nap(i * 100000LL);
		CHECK_SYS(kill(pid, SIGKILL));
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status));
	}
	for (size_t i = 0; i < 64 * PAGE; i++)
		CHECK_EQ(area[i], 'a');
}

TEST(stress_descriptors)
{
	enum { LIMIT = 1000 };
	int fd, last = 0;

	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ LIMIT, LIMIT }));
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, LIMIT - 1);
	IN_CHILD {	// fork copies them all, exit closes them all
		CHECK_ERRNO(dup(0), EMFILE);
	}
	for (fd = 3; fd < LIMIT; fd += 2)
		CHECK_SYS(close(fd));
	CHECK_EQ(open("/dev/null", O_RDONLY), 3);
}

TEST(stress_pipes)
{
	enum { PIPES = 100 };
	int fd[PIPES][2];

	for (int i = 0; i < PIPES; i++) {
		CHECK_SYS(pipe(fd[i]));
		CHECK_EQ(write(fd[i][1], &i, sizeof(i)), sizeof(i));
	}
	for (int i = PIPES - 1; i >= 0; i--) {
		int got = -1;

		CHECK_EQ(read(fd[i][0], &got, sizeof(got)), sizeof(got));
		CHECK_EQ(got, i);
		CHECK_SYS(close(fd[i][0]));
		CHECK_SYS(close(fd[i][1]));
	}
}

TEST(stress_signals)
{
	pid_t parent = getpid(), pid;

	on_signal(SIGUSR1, count_signal, 0);
	pid = CHECK_SYS(fork());
	if (pid == 0)
		for (;;)
			kill(parent, SIGUSR1);
	while (signals_seen < 300)
		CHECK_SYS(getppid());
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(stress_memory_within_limit)
{
	enum { LIMIT = 24 << 20 };
	size_t got = 0;

	for (int round = 0; round < 3; round++) {
		IN_CHILD {
			CHECK_SYS(setrlimit(RLIMIT_AS, &(struct rlimit){ LIMIT, LIMIT }));
			char *p;

			while ((p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED) {
				p[got % (64 * PAGE)] = 1;
				got += 64 * PAGE;
			}
			CHECK_EQ(errno, ENOMEM);
			CHECK(got > LIMIT / 4 && got < LIMIT);
			CHECK(!malloc(1 << 20));
		}
	}
}

TEST(stress_map_and_unmap)
{
	for (int i = 0; i < 500; i++) {
		size_t pages = 1 + i % 40;
		char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(p != MAP_FAILED);
		p[(pages - 1) * PAGE] = 1;
		CHECK_SYS(munmap(p, pages * PAGE));
	}
}

TEST(stress_files)
{
	enum { PROCESSES = 4, FILES = 25 };
	char name[64], text[64];
	pid_t pids[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = CHECK_SYS(fork());
		if (pids[p])
			continue;
		for (int i = 0; i < FILES; i++) {
			snprintf(name, sizeof(name), "file-%d-%d", p, i);
			snprintf(text, sizeof(text), "process %d, file %d", p, i);
			put_file(name, text);
			CHECK_CONTENT(name, text);
			CHECK_SYS(i % 2 ? unlink(name) : rename(name, "the same"));
		}
		finish();
	}
	for (int p = 0; p < PROCESSES; p++)
		CHECK_EXIT(pids[p], 0);
}

/* --- a full disk --------------------------------------------------------------------------- */

#define FILLABLE	(512 << 20)	// a larger file system takes too long

static struct statvfs usage(void)
{
	struct statvfs fs;

	CHECK_SYS(statvfs(".", &fs));
	return fs;
}

// Goes to a small file system: one of its own where there is tmpfs, otherwise where we are.
static void find_small_disk(void)
{
	CHECK_SYS(mkdir("small", 0755));
	if (mount("none", "small", "tmpfs", 0, "size=4m,nr_inodes=200") == 0) {
		CHECK_SYS(chdir("small"));
		CHECK_SYS(umount2(".", MNT_DETACH));	// goes when we do
		return;
	}
	CHECK_EQ(errno, ENODEV);
	if (usage().f_bfree * usage().f_bsize > FILLABLE)
		skip("no file system here is small enough to fill");
}

static long fill_file(int fd)
{
	static char block[65536];
	size_t size = sizeof(block);
	long total = 0;
	ssize_t n;

	memset(block, 'f', sizeof(block));
	for (; size; size /= 2) {	// down to the last byte
		while ((n = write(fd, block, size)) > 0)
			total += n;
		CHECK_EQ(errno, ENOSPC);
	}
	return total;
}

TEST(disk_full)
{
	unsigned long before;
	char got[4] = "";
	long total;
	int fd;

	find_small_disk();
	sync();
	before = usage().f_bfree;
	put_file("small-file", "text");
	fd = CHECK_SYS(open("large", O_RDWR | O_CREAT, 0644));
	total = fill_file(fd);
	CHECK(total > 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), total);
	CHECK_ERRNO(write(fd, "x", 1), ENOSPC);
	CHECK_EQ(pwrite(fd, "over", 4, 0), 4);		// blocks that it has may be written
	CHECK_EQ(pread(fd, got, 4, total - 4), 4);
	CHECK(memcmp(got, "ffff", 4) == 0);
	CHECK_CONTENT("small-file", "text");
	CHECK_SYS(fsync(fd));
	CHECK_SYS(ftruncate(fd, total / 2));
	put_file("another", "there is room again");
	CHECK_CONTENT("another", "there is room again");
	CHECK_SYS(close(fd));
	CHECK_SYS(unlink("large"));
	CHECK_SYS(unlink("another"));
	CHECK_SYS(unlink("small-file"));
	sync();
	CHECK_EQ(usage().f_bfree, before);
}

// Directories stay small, for a search in them is linear.
#define FILES_IN_DIRECTORY 200

static void name_file(char name[32], int i)
{
	snprintf(name, 32, "d%d/%d", i / FILES_IN_DIRECTORY, i % FILES_IN_DIRECTORY);
}

static bool make_file(int i)
{
	char name[32];
	int fd;

	name_file(name, i);
	if (i % FILES_IN_DIRECTORY == 0) {
		*strchr(name, '/') = 0;
		if (mkdir(name, 0755) < 0)
			return false;
		name_file(name, i);
	}
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
	return fd >= 0 && close(fd) == 0;
}

// Removes the directory that the i-th file is the first of, if it is the first of one.
static void remove_directory(int i)
{
	char name[32];

	name_file(name, i);
	*strchr(name, '/') = 0;
	if (i % FILES_IN_DIRECTORY == 0 && rmdir(name) < 0)
		CHECK_EQ(errno, ENOENT);
}

static void remove_file(int i)
{
	char name[32];

	name_file(name, i);
	CHECK_SYS(unlink(name));
	remove_directory(i);
}

TEST(disk_full_of_inodes)
{
	unsigned long before;
	int files = 0;

	find_small_disk();
	before = usage().f_ffree;
	if (before > 30000)
		skip("too many inodes to use up");
	while (make_file(files))
		files++;
	CHECK_EQ(errno, ENOSPC);
	CHECK_ERRNO(mkdir("d", 0755), ENOSPC);
	CHECK_ERRNO(symlink("x", "s"), ENOSPC);
	CHECK_ERRNO(mkfifo("p", 0644), ENOSPC);
	CHECK(files > 10);
	remove_directory(files);	// may have been made for a file that was not
	while (files--)
		remove_file(files);
	CHECK_EQ(usage().f_ffree, before);
}
