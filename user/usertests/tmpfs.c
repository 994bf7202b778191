// SPDX-License-Identifier: MIT
// tmpfs.c - a file system in memory: its mount options, its limits, and files as elsewhere
//
// Each test mounts one on "m" in its directory; the harness unmounts what a failed test leaves.
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define MAGIC	0x01021994

static void mount_tmpfs(const char *options)
{
	mkdir("m", 0755);
	CHECK_SYS(mount("none", "m", "tmpfs", 0, options));
}

static void unmount(void)
{
	CHECK_SYS(umount("m"));
	CHECK_SYS(rmdir("m"));
}

static int make(const char *path)
{
	return CHECK_SYS(open(path, O_RDWR | O_CREAT | O_EXCL, 0644));
}

static struct statfs room(void)
{
	struct statfs s;

	CHECK_SYS(statfs("m", &s));
	return s;
}

static struct stat stat_of(const char *path)
{
	struct stat st;

	CHECK_SYS(lstat(path, &st));
	return st;
}

// The options that /proc/mounts shows for "m".
static const char *shown_options(void)
{
	static char line[1024];
	char dir[PATH_MAX], options[512] = "";
	FILE *file = fopen("/proc/mounts", "re");

	CHECK(file && realpath("m", dir));
	while (fgets(line, sizeof(line), file)) {
		char at[PATH_MAX];

		if (sscanf(line, "%*s %4095s tmpfs %511s", at, options) == 2 && !strcmp(at, dir))
			break;
	}
	fclose(file);
	return strcpy(line, options);
}

static void check_shown(const char *option)
{
	char all[1024], want[128];

	snprintf(all, sizeof(all), ",%s,", shown_options());
	snprintf(want, sizeof(want), ",%s,", option);
	if (!strstr(all, want))
		fail(HERE("options in /proc/mounts"), "want %s, got %s", option, all);
}

/* --- mounting ------------------------------------------------------------------------------ */

TEST(tmpfs_mount)
{
	struct stat st;

	mount_tmpfs(NULL);
	st = stat_of("m");
	CHECK_EQ(st.st_mode, S_IFDIR | 01777);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(room().f_type, MAGIC);
	CHECK_EQ(room().f_bsize, PAGE);
	CHECK_EQ(room().f_namelen, 255);
	CHECK_EQ(room().f_bfree, room().f_blocks);
	CHECK_EQ(room().f_ffree, room().f_files - 1);	// the root is one
	close(make("m/f"));
	CHECK(stat_of("m/f").st_dev == st.st_dev && st.st_dev != stat_of(".").st_dev);
	unmount();
}

// Half of the RAM; what that is Linux does not tell, so it is compared with MemTotal.
TEST(tmpfs_mount_default_size)
{
	long long kb = proc_field("/proc/meminfo", "MemTotal"), blocks;

	mount_tmpfs(NULL);
	blocks = room().f_blocks;
	CHECK(blocks >= kb / 4 / 2 - 1 && blocks <= kb / 4 / 2 + 1);
	unmount();
	mount_tmpfs("size=50%");
	CHECK(room().f_blocks >= (unsigned long)blocks - 1 &&
	      room().f_blocks <= (unsigned long)blocks + 1);
	unmount();
}

TEST(tmpfs_mount_options)
{
	struct stat st;

	mount_tmpfs("size=1m,nr_inodes=16,mode=750,uid=65534,gid=12");
	st = stat_of("m");
	CHECK_EQ(st.st_mode, S_IFDIR | 0750);
	CHECK_EQ(st.st_uid, 65534);
	CHECK_EQ(st.st_gid, 12);
	CHECK_EQ(room().f_blocks, 256);
	CHECK_EQ(room().f_bavail, 256);
	CHECK_EQ(room().f_files, 16);
	CHECK_EQ(room().f_ffree, 15);
	check_shown("rw");
	check_shown("size=1024k");
	check_shown("nr_inodes=16");
	check_shown("mode=750");
	check_shown("uid=65534");
	check_shown("gid=12");
	unmount();
}

TEST(tmpfs_mount_sizes)
{
	static const struct {
		const char *options;
		unsigned long blocks;
	} cases[] = {
		{ "size=8192", 2 },	{ "size=8193", 3 },	{ "size=16k", 4 },
		{ "size=2M", 512 },	{ "nr_blocks=7", 7 },	{ "nr_blocks=1k", 1024 },
		{ "size=4k,size=64k", 16 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		mount_tmpfs(cases[i].options);
		if (room().f_blocks != cases[i].blocks)
			fail(HERE("blocks"), "%s: want %lu, got %lu", cases[i].options,
			     cases[i].blocks, (unsigned long)room().f_blocks);
		unmount();
	}
}

TEST(tmpfs_mount_without_limits)
{
	int fd;

	mount_tmpfs("size=0,nr_inodes=0");
	CHECK_EQ(room().f_blocks, 0);
	CHECK_EQ(room().f_files, 0);
	fd = make("m/f");
	CHECK_EQ(write(fd, "x", 1), 1);
	close(fd);
	CHECK_EQ(room().f_bfree, 0);
	check_shown("size=0k");
	check_shown("nr_inodes=0");
	unmount();
}

TEST(tmpfs_mount_errors)
{
	static const char *const bad[] = {
		"size=", "size=x", "size=1mb", "nr_inodes=1x", "nr_blocks=?", "mode=9", "mode=",
		"nr_blocks=9223372036854775808", "uid=x", "gid=-", "nosuch", "nosuch=1", "size",
	};

	mkdir("m", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (mount("none", "m", "tmpfs", 0, bad[i]) != -1 || errno != EINVAL)
			fail(HERE("mount"), "%s: want EINVAL, got %s", bad[i], errno_name(errno));
	CHECK_ERRNO(mount("none", "none", "tmpfs", 0, NULL), ENOENT);
	AS_NOBODY
		CHECK_ERRNO(mount("none", "m", "tmpfs", 0, NULL), EPERM);
	close(make("f"));
	CHECK_ERRNO(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR);
}

TEST(tmpfs_mount_read_only)
{
	mkdir("m", 0755);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_RDONLY, NULL));
	check_shown("ro");
	CHECK_ERRNO(open("m/f", O_RDWR | O_CREAT, 0644), EROFS);
	CHECK_ERRNO(mkdir("m/d", 0755), EROFS);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT, NULL));
	close(make("m/f"));
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERRNO(unlink("m/f"), EROFS);
	unmount();
}

TEST(tmpfs_is_gone_after_umount)
{
	mount_tmpfs(NULL);
	close(make("m/f"));
	CHECK_SYS(mkdir("m/d", 0755));
	CHECK_SYS(umount("m"));
	CHECK_ERRNO(stat("m/f", &(struct stat){}), ENOENT);
	mount_tmpfs(NULL);
	CHECK_ERRNO(stat("m/f", &(struct stat){}), ENOENT);
	unmount();
}

TEST(tmpfs_busy)
{
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	CHECK_ERRNO(umount("m"), EBUSY);
	close(fd);
	CHECK_SYS(chdir("m"));
	CHECK_ERRNO(umount("../m"), EBUSY);
	CHECK_SYS(chdir(".."));
	fd = CHECK_SYS(open("m/f", O_RDWR));
	CHECK_SYS(umount2("m", MNT_DETACH));
	CHECK_EQ(write(fd, "still", 5), 5);	// it lives as long as somebody uses it
	CHECK_ERRNO(stat("m/f", &(struct stat){}), ENOENT);
	close(fd);
	CHECK_SYS(rmdir("m"));
}

TEST(tmpfs_two_mounts)
{
	mount_tmpfs(NULL);
	CHECK_SYS(mkdir("m/n", 0755));
	CHECK_SYS(mount("none", "m/n", "tmpfs", 0, "size=8k"));
	close(make("m/n/f"));
	CHECK_ERRNO(link("m/n/f", "m/g"), EXDEV);
	CHECK_ERRNO(rename("m/n/f", "m/g"), EXDEV);
	CHECK_ERRNO(umount("m"), EBUSY);
	CHECK_ERRNO(rmdir("m/n"), EBUSY);
	CHECK_SYS(umount("m/n"));
	CHECK_ERRNO(stat("m/n/f", &(struct stat){}), ENOENT);
	unmount();
}

/* --- limits -------------------------------------------------------------------------------- */

TEST(tmpfs_full)
{
	char text[20 * PAGE];
	int fd;

	memset(text, 't', sizeof(text));
	mount_tmpfs("size=64k");
	fd = make("m/f");
	CHECK_EQ(write(fd, text, sizeof(text)), 16 * PAGE);	// as far as there is room
	CHECK_ERRNO(write(fd, text, 1), ENOSPC);
	CHECK_EQ(room().f_bfree, 0);
	CHECK_EQ(pwrite(fd, "inside", 6, PAGE), 6);		// which needs none
	CHECK_ERRNO(write(make("m/g"), "x", 1), ENOSPC);
	CHECK_SYS(ftruncate(fd, 10 * PAGE));
	CHECK_EQ(room().f_bfree, 6);
	CHECK_SYS(unlink("m/f"));
	CHECK_EQ(room().f_bfree, 6);				// still open
	close(fd);
	CHECK_EQ(room().f_bfree, 16);
	CHECK_SYS(umount2("m", MNT_DETACH));
}

TEST(tmpfs_full_for_a_mapping)
{
	volatile char *p;
	int fd;

	mount_tmpfs("size=16k");
	fd = make("m/f");
	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		p[(7 - i) * PAGE] = i;
	CHECK_EQ(room().f_bfree, 0);
	DIES_BY(SIGBUS)
		p[0] = 1;
	DIES_BY(SIGBUS)
		fail(HERE("a read without room"), "gave %d", p[PAGE]);
	CHECK_ERRNO(read(open("/dev/zero", O_RDONLY), (char *)p, 1), EFAULT);
	CHECK_EQ(pread(fd, (char[1]){}, 1, 0), 1);	// a hole is read without a page
	CHECK_EQ(p[7 * PAGE], 0);
	CHECK_EQ(p[4 * PAGE], 3);
	CHECK_SYS(munmap((char *)p, 8 * PAGE));
	close(fd);
	unmount();
}

TEST(tmpfs_full_for_fallocate)
{
	int fd;

	mount_tmpfs("size=40k");
	fd = make("m/f");
	CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE), 1);
	CHECK_ERRNO(fallocate(fd, 0, 0, 11 * PAGE), ENOSPC);
	CHECK_EQ(stat_of("m/f").st_size, 2 * PAGE + 1);
	CHECK_EQ(room().f_bfree, 9);			// all that it had taken is given back
	CHECK_EQ(write(make("m/g"), "y", 1), 1);
	CHECK_ERRNO(fallocate(fd, 0, 0, 10 * PAGE), ENOSPC);
	CHECK_EQ(room().f_bfree, 8);
	CHECK_SYS(fallocate(fd, 0, 0, 9 * PAGE));
	CHECK_EQ(room().f_bfree, 0);
	CHECK_SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 3 * PAGE));
	CHECK_EQ(room().f_bfree, 3);
	CHECK_SYS(umount2("m", MNT_DETACH));
}

TEST(tmpfs_no_inode_left)
{
	mount_tmpfs("nr_inodes=4");
	close(make("m/f"));
	CHECK_SYS(mkdir("m/d", 0755));
	CHECK_SYS(link("m/f", "m/l"));			// a name takes memory as a file does
	CHECK_EQ(room().f_ffree, 0);
	CHECK_ERRNO(open("m/g", O_RDWR | O_CREAT, 0644), ENOSPC);
	CHECK_ERRNO(mkdir("m/e", 0755), ENOSPC);
	CHECK_ERRNO(symlink("f", "m/s"), ENOSPC);
	CHECK_ERRNO(mknod("m/p", S_IFIFO | 0644, 0), ENOSPC);
	CHECK_ERRNO(link("m/f", "m/k"), ENOSPC);
	CHECK_SYS(unlink("m/f"));
	CHECK_EQ(room().f_ffree, 1);
	CHECK_SYS(rename("m/l", "m/d/l"));
	CHECK_SYS(symlink("f", "m/s"));
	CHECK_SYS(rename("m/s", "m/d/l"));		// what it replaced is free again
	CHECK_EQ(room().f_ffree, 1);
	CHECK_SYS(unlink("m/d/l"));
	CHECK_SYS(rmdir("m/d"));
	CHECK_EQ(room().f_ffree, 3);
	unmount();
}

TEST(tmpfs_remount)
{
	char text[4 * PAGE] = "";
	int fd;

	mount_tmpfs("size=16k,nr_inodes=8");
	fd = make("m/f");
	CHECK_EQ(write(fd, text, sizeof(text)), sizeof(text));
	CHECK_ERRNO(write(fd, text, 1), ENOSPC);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT, "size=32k"));
	CHECK_EQ(room().f_blocks, 8);
	CHECK_EQ(write(fd, text, PAGE), PAGE);
	CHECK_ERRNO(mount("none", "m", "tmpfs", MS_REMOUNT, "size=16k"), EINVAL);
	CHECK_EQ(room().f_blocks, 8);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT, "size=20k,nr_inodes=3"));
	CHECK_EQ(room().f_bfree, 0);
	CHECK_EQ(room().f_ffree, 1);
	CHECK_ERRNO(mount("none", "m", "tmpfs", MS_REMOUNT, "nr_inodes=1"), EINVAL);
	CHECK_ERRNO(mount("none", "m", "tmpfs", MS_REMOUNT, "nosuch"), EINVAL);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT, "size=0"));
	CHECK_EQ(room().f_blocks, 0);
	CHECK_EQ(write(fd, text, sizeof(text)), sizeof(text));
	CHECK_ERRNO(mount("none", "m", "tmpfs", MS_REMOUNT, "size=1m"), EINVAL);
	close(fd);
	unmount();
}

/* --- names --------------------------------------------------------------------------------- */

TEST(tmpfs_directory_size)
{
	mount_tmpfs(NULL);
	CHECK_EQ(stat_of("m").st_size, 40);
	CHECK_SYS(mkdir("m/d", 0755));
	CHECK_EQ(stat_of("m").st_size, 60);
	CHECK_EQ(stat_of("m").st_nlink, 3);
	CHECK_EQ(stat_of("m/d").st_size, 40);
	close(make("m/f"));
	CHECK_SYS(link("m/f", "m/d/l"));
	CHECK_EQ(stat_of("m/d").st_size, 60);
	CHECK_SYS(rename("m/f", "m/d/g"));
	CHECK_EQ(stat_of("m").st_size, 60);
	CHECK_EQ(stat_of("m/d").st_size, 80);
	close(make("m/h"));
	CHECK_SYS(rename("m/h", "m/d/l"));
	CHECK_EQ(stat_of("m").st_size, 60);
	CHECK_EQ(stat_of("m/d").st_size, 80);
	CHECK_SYS(unlink("m/d/l"));
	CHECK_SYS(unlink("m/d/g"));
	CHECK_SYS(rmdir("m/d"));
	CHECK_EQ(stat_of("m").st_size, 40);
	CHECK_EQ(stat_of("m").st_nlink, 2);
	unmount();
}

TEST(tmpfs_nodes)
{
	char text[4];
	int fd;

	mount_tmpfs(NULL);
	CHECK_SYS(mknod("m/zero", S_IFCHR | 0666, 1 << 8 | 5));
	CHECK_SYS(mknod("m/fifo", S_IFIFO | 0666, 0));
	CHECK_SYS(symlink("zero", "m/link"));
	CHECK_EQ(stat_of("m/link").st_size, 4);
	CHECK_EQ(stat_of("m/zero").st_rdev, 1 << 8 | 5);
	memset(text, 'x', 4);
	fd = CHECK_SYS(open("m/link", O_RDONLY));
	CHECK_EQ(read(fd, text, 4), 4);
	CHECK_EQ(text[3], 0);
	close(fd);
	fd = CHECK_SYS(open("m/fifo", O_RDWR));
	CHECK_EQ(write(fd, "ab", 2), 2);
	CHECK_EQ(read(fd, text, 4), 2);
	close(fd);
	CHECK_SYS(mount("none", "m", "tmpfs", MS_REMOUNT | MS_NODEV, NULL));
	CHECK_ERRNO(open("m/zero", O_RDONLY), EACCES);
	unmount();
}

TEST(tmpfs_inherits_the_group)
{
	mount_tmpfs(NULL);
	CHECK_SYS(mkdir("m/d", 0755));
	CHECK_SYS(chown("m/d", 0, 12));
	CHECK_SYS(chmod("m/d", 02777));
	close(make("m/d/f"));
	CHECK_SYS(mkdir("m/d/e", 0755));
	CHECK_EQ(stat_of("m/d/f").st_gid, 12);
	CHECK_EQ(stat_of("m/d/e").st_gid, 12);
	CHECK_EQ(stat_of("m/d/e").st_mode, S_IFDIR | 02755);
	unmount();
}

TEST(tmpfs_executes)
{
	char buffer[4096];
	int from = CHECK_SYS(open(program("show"), O_RDONLY)), fd;
	ssize_t n;

	mount_tmpfs(NULL);
	fd = make("m/show");
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		CHECK_EQ(write(fd, buffer, n), n);
	CHECK_SYS(fchmod(fd, 0755));
	close(fd);
	CHECK_EQ(run_program("m/show", (char *[]){ "show", "argument", NULL },
			     (char *[]){ NULL }, buffer, sizeof(buffer)), 0);
	CHECK_OUTPUT(buffer, "argc", "2");
	unmount();
}

/* --- content ------------------------------------------------------------------------------- */

TEST(tmpfs_blocks_are_pages)
{
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	CHECK_EQ(pwrite(fd, "x", 1, 100 * PAGE), 1);
	CHECK_EQ(stat_of("m/f").st_blocks, 8);
	CHECK_EQ(stat_of("m/f").st_size, 100 * PAGE + 1);
	CHECK_EQ(stat_of("m/f").st_blksize, PAGE);
	CHECK_EQ(pread(fd, (char[PAGE]){}, PAGE, 50 * PAGE), PAGE);
	CHECK_EQ(stat_of("m/f").st_blocks, 8);		// reading a hole fills none
	CHECK_SYS(ftruncate(fd, 0));
	CHECK_EQ(stat_of("m/f").st_blocks, 0);
	CHECK_EQ(pwrite(fd, "x", 1, LONG_MAX - 1), 1);
	CHECK_EQ(stat_of("m/f").st_size, LONG_MAX);
	CHECK_ERRNO(pwrite(fd, "x", 1, LONG_MAX), EINVAL);
	close(fd);
	unmount();
}

TEST(tmpfs_holes)
{
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE + 5), 1);
	CHECK_EQ(pwrite(fd, "x", 1, 3 * PAGE), 1);
	CHECK_SYS(ftruncate(fd, 10 * PAGE));
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 2 * PAGE);
	CHECK_EQ(lseek(fd, 2 * PAGE + 7, SEEK_DATA), 2 * PAGE + 7);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 2 * PAGE + 7, SEEK_HOLE), 4 * PAGE);
	CHECK_EQ(lseek(fd, 5 * PAGE + 1, SEEK_HOLE), 5 * PAGE + 1);
	CHECK_ERRNO(lseek(fd, 4 * PAGE, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, 10 * PAGE, SEEK_HOLE), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5 * PAGE + 1);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 10 * PAGE - 1);
	close(fd);
	unmount();
}

TEST(tmpfs_truncate)
{
	char text[3 * PAGE], got[3 * PAGE];
	volatile char *shared, *own;
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	memset(text, 't', sizeof(text));
	CHECK_EQ(write(fd, text, sizeof(text)), sizeof(text));
	shared = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	own = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	own[2 * PAGE] = own[0] = 'o';
	CHECK_EQ(shared[2 * PAGE], 't');
	CHECK_SYS(ftruncate(fd, PAGE + 100));
	CHECK_EQ(shared[PAGE + 99], 't');
	CHECK_EQ(shared[PAGE + 100], 0);
	DIES_BY(SIGBUS)
		shared[2 * PAGE] = 1;
	DIES_BY(SIGBUS)
		own[2 * PAGE] = 1;		// a private copy goes with its page
	CHECK_EQ(own[0], 'o');
	CHECK_SYS(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
	CHECK_EQ(got[PAGE + 99], 't');
	for (size_t i = PAGE + 100; i < 3 * PAGE; i++)
		CHECK_EQ(got[i], 0);
	CHECK_EQ(shared[2 * PAGE], 0);
	CHECK_SYS(munmap((char *)shared, 3 * PAGE));
	CHECK_SYS(munmap((char *)own, 3 * PAGE));
	close(fd);
	unmount();
}

TEST(tmpfs_write_from_its_own_mapping)
{
	char *p;
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	CHECK_SYS(ftruncate(fd, 4 * PAGE));
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	strcpy(p + PAGE - 3, "across");
	CHECK_EQ(pwrite(fd, p + PAGE - 3, 7, 2 * PAGE - 3), 7);
	CHECK_STR(p + 2 * PAGE - 3, "across");
	CHECK_EQ(pwrite(fd, p + 3 * PAGE, PAGE, 3 * PAGE), PAGE);	// the very same page
	CHECK_EQ(pread(fd, p, PAGE, PAGE), PAGE);
	CHECK_STR(p, "oss");
	CHECK_SYS(munmap(p, 4 * PAGE));
	close(fd);
	unmount();
}

TEST(tmpfs_times)
{
	struct stat before, after;
	char *p;
	int fd;

	mount_tmpfs(NULL);
	fd = make("m/f");
	CHECK_SYS(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	before = stat_of("m/f");
	nap(20 * MS);
	p[0] = 'x';			// the store that first makes the page writable
	after = stat_of("m/f");
	CHECK(memcmp(&before.st_mtim, &after.st_mtim, sizeof(after.st_mtim)));
	CHECK(!memcmp(&before.st_atim, &after.st_atim, sizeof(after.st_atim)));
	before = after;
	nap(20 * MS);
	CHECK_EQ(pwrite(fd, "y", 1, 0), 1);
	after = stat_of("m/f");
	CHECK(memcmp(&before.st_mtim, &after.st_mtim, sizeof(after.st_mtim)));
	CHECK_SYS(munmap(p, PAGE));
	close(fd);
	unmount();
}

// Random reads, writes, cuts and holes beside a copy that is kept in memory.
TEST(tmpfs_against_a_model)
{
	enum { SIZE = 40 * PAGE };
	static char model[SIZE], got[SIZE];
	size_t size = 0;
	unsigned seed = 1;
	int fd;

	mount_tmpfs("size=2m");
	fd = make("m/f");
	for (int round = 0; round < 1500; round++) {
		size_t at = rand_r(&seed) % SIZE, n = rand_r(&seed) % (3 * PAGE);
		int what = rand_r(&seed) % 8;

		n = at + n > SIZE ? SIZE - at : n;
		if (what < 4) {
			memset(got, round, n);
			CHECK_EQ(pwrite(fd, got, n, at), n);
			memcpy(model + at, got, n);
			size = n && at + n > size ? at + n : size;
		} else if (what == 4) {
			CHECK_SYS(ftruncate(fd, at));
			memset(model + at, 0, SIZE - at);
			size = at;
		} else if (what == 5 && n) {
			CHECK_SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, n));
			memset(model + at, 0, n);
		} else if (what == 6 && n) {
			CHECK_SYS(fallocate(fd, FALLOC_FL_KEEP_SIZE, at, n));
		}
		CHECK_EQ(pread(fd, got, SIZE, 0), size);
		if (memcmp(got, model, size))
			fail(HERE("content"), "differs after round %d", round);
	}
	CHECK_SYS(ftruncate(fd, 0));
	CHECK_EQ(room().f_bfree, 512);
	close(fd);
	unmount();
}

static void ignore_bus_error(int sig)
{
	(void)sig;
	_exit(0);
}

// Stores, cuts, holes and fallocate at the same time; the books must balance afterwards.
TEST(tmpfs_races)
{
	enum { PAGES = 32, ROUNDS = 300 };
	pid_t pid[4];
	int fd;

	mount_tmpfs("size=1m");
	fd = make("m/f");
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] != 0)
			continue;
		unsigned seed = i;
		volatile char *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);

		on_signal(SIGBUS, ignore_bus_error, 0);
		for (int k = 0; k < ROUNDS; k++) {
			long at = rand_r(&seed) % PAGES * PAGE;

			if (i == 0)
				CHECK_SYS(ftruncate(fd, at));
			else if (i == 1)
				CHECK_SYS(fallocate(fd, k % 2 ? 0 : FALLOC_FL_PUNCH_HOLE |
						    FALLOC_FL_KEEP_SIZE, at, 3 * PAGE));
			else if (i == 2)
				CHECK_EQ(pwrite(fd, "w", 1, at), 1);
			else
				p[at] = k;
		}
		_exit(0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
		CHECK_EXIT(pid[i], 0);
	CHECK_EQ(room().f_blocks - room().f_bfree, stat_of("m/f").st_blocks / 8);
	CHECK_SYS(ftruncate(fd, 0));
	CHECK_EQ(room().f_bfree, room().f_blocks);
	close(fd);
	unmount();
}
