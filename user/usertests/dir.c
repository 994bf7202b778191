// SPDX-License-Identifier: MIT
// dir.c - directories: making, removing, listing them, and where one is
#include "user/usertests/usertests.h"
#include <dirent.h>

static char long_name[257];

static const char *name_of(size_t length)
{
	memset(long_name, 'n', length);
	long_name[length] = 0;
	return long_name;
}

TEST(dir_mkdir_and_rmdir)
{
	struct stat st;

	umask(022);
	CHECK_SYS(mkdir("d", 0777));
	CHECK_SYS(stat("d", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_SYS(mkdir("d/e/", 0700));		// a slash at the end is allowed here
	CHECK_SYS(stat("d", &st));
	CHECK_EQ(st.st_nlink, 3);
	CHECK_ERRNO(rmdir("d"), ENOTEMPTY);
	CHECK_SYS(rmdir("d/e"));
	CHECK_SYS(rmdir("d/"));
	CHECK_ERRNO(stat("d", &st), ENOENT);
}

TEST(dir_mkdir_errors)
{
	put_file("f", "");
	CHECK_SYS(symlink("nowhere", "dangling"));
	CHECK_ERRNO(mkdir("f", 0755), EEXIST);
	CHECK_ERRNO(mkdir(".", 0755), EEXIST);
	CHECK_ERRNO(mkdir("/", 0755), EEXIST);
	CHECK_ERRNO(mkdir("dangling", 0755), EEXIST);
	CHECK_ERRNO(mkdir("none/d", 0755), ENOENT);
	CHECK_ERRNO(mkdir("f/d", 0755), ENOTDIR);
	CHECK_ERRNO(mkdir("", 0755), ENOENT);
	CHECK_ERRNO(mkdir(name_of(256), 0755), ENAMETOOLONG);
	CHECK_SYS(mkdir(name_of(255), 0755));
	CHECK_SYS(rmdir(name_of(255)));
}

TEST(dir_rmdir_errors)
{
	CHECK_SYS(mkdir("d", 0755));
	put_file("f", "");
	CHECK_SYS(symlink("d", "link"));
	CHECK_ERRNO(rmdir("f"), ENOTDIR);
	CHECK_ERRNO(rmdir("link"), ENOTDIR);
	CHECK_ERRNO(rmdir("none"), ENOENT);
	CHECK_ERRNO(rmdir("d/."), EINVAL);
	CHECK_ERRNO(rmdir("d/.."), ENOTEMPTY);
	CHECK_ERRNO(rmdir("/"), EBUSY);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "d", 0x4000), EINVAL);
	CHECK_SYS(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
}

TEST(dir_unlink_errors)
{
	CHECK_SYS(mkdir("d", 0755));
	put_file("f", "");
	CHECK_ERRNO(unlink("d"), EISDIR);	// POSIX says EPERM; Linux does not
	CHECK_ERRNO(unlink("none"), ENOENT);
	CHECK_ERRNO(unlink("f/"), ENOTDIR);
	CHECK_ERRNO(unlink("f/x"), ENOTDIR);
	CHECK_ERRNO(unlink(name_of(256)), ENAMETOOLONG);
	CHECK_SYS(unlink("f"));
}

static int listed(const char *path, bool seen[], int count)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int others = 0;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		int n = -1;

		CHECK(entry->d_ino != 0);
		if (sscanf(entry->d_name, "entry-%d", &n) != 1) {
			others++;
			continue;
		}
		CHECK(n >= 0 && n < count && !seen[n]);
		seen[n] = true;
	}
	closedir(dir);
	return others;
}

TEST(dir_list)
{
	enum { FILES = 300 };
	bool seen[FILES] = {};
	char name[64];

	CHECK_SYS(mkdir("d", 0755));
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "d/entry-%d-%.*s", i, i % 40,
			 "with-a-tail-of-changing-length-behind-it");
		put_file(name, "");
	}
	CHECK_EQ(listed("d", seen, FILES), 2);	// "." and ".."
	for (int i = 0; i < FILES; i++) {
		CHECK(seen[i]);
		snprintf(name, sizeof(name), "d/entry-%d-%.*s", i, i % 40,
			 "with-a-tail-of-changing-length-behind-it");
		CHECK_SYS(unlink(name));
	}
	memset(seen, 0, sizeof(seen));
	CHECK_EQ(listed("d", seen, FILES), 2);
	CHECK(!seen[0] && !seen[FILES - 1]);
	CHECK_SYS(rmdir("d"));
}

TEST(dir_list_types)
{
	DIR *dir;
	struct dirent *entry;
	int seen = 0;

	CHECK_SYS(mkdir("dir", 0755));
	CHECK_SYS(mkfifo("fifo", 0644));
	CHECK_SYS(symlink("x", "link"));
	put_file("file", "");
	dir = opendir(".");
	while ((entry = readdir(dir))) {
		int want = entry->d_name[0] == 'd' || entry->d_name[0] == '.' ? DT_DIR :
			   entry->d_name[1] == 'i' && entry->d_name[2] == 'f' ? DT_FIFO :
			   entry->d_name[0] == 'l' ? DT_LNK : DT_REG;

		CHECK(entry->d_type == want || entry->d_type == DT_UNKNOWN);
		seen++;
	}
	CHECK_EQ(seen, 6);
	closedir(dir);
}

struct raw_entry {
	uint64_t ino;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
};

TEST(dir_getdents_small_buffer)
{
	char buffer[300] __attribute__((aligned(8)));
	int fd, n, entries = 0;

	for (int i = 0; i < 30; i++) {
		snprintf(buffer, sizeof(buffer), "file-%d", i);
		put_file(buffer, "");
	}
	fd = CHECK_SYS(open(".", O_RDONLY | O_DIRECTORY));
	CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 8), EINVAL);	// no entry fits
	while ((n = CHECK_SYS(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)))) > 0) {
		for (int at = 0; at < n;) {
			struct raw_entry *entry = (void *)(buffer + at);

			CHECK_EQ(entry->length % 8, 0);
			CHECK(at + entry->length <= n);
			at += entry->length;
			entries++;
		}
	}
	CHECK_EQ(entries, 32);
	CHECK_ERRNO(syscall(SYS_getdents64, 99, buffer, 300), EBADF);
	CHECK_ERRNO(syscall(SYS_getdents64, 0, buffer, 300), ENOTDIR);
}

TEST(dir_seek)
{
	char first[NAME_MAX + 1];
	struct dirent *entry;
	long place;
	DIR *dir;

	for (int i = 0; i < 50; i++) {
		snprintf(first, sizeof(first), "file-%d", i);
		put_file(first, "");
	}
	dir = opendir(".");
	for (int i = 0; i < 20; i++)
		CHECK(readdir(dir));
	place = telldir(dir);
	entry = readdir(dir);
	snprintf(first, sizeof(first), "%s", entry->d_name);
	while (readdir(dir))
		;
	seekdir(dir, place);
	CHECK_STR(readdir(dir)->d_name, first);
	rewinddir(dir);
	int count = 0;
	while (readdir(dir))
		count++;
	CHECK_EQ(count, 52);
	closedir(dir);
}

TEST(dir_removing_while_listing)
{
	char name[64];
	int removed = 0;
	struct dirent *entry;
	DIR *dir;

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		put_file(name, "");
	}
	dir = opendir(".");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		CHECK_SYS(unlink(entry->d_name));
		removed++;
	}
	closedir(dir);
	CHECK_EQ(removed, 100);		// none missed, none twice
}

TEST(dir_chdir_and_getcwd)
{
	char start[PATH_MAX], now_at[PATH_MAX], want[PATH_MAX + 10];
	int fd;

	CHECK(getcwd(start, sizeof(start)));
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(mkdir("d/e", 0755));
	CHECK_SYS(symlink("d/e", "link"));
	fd = CHECK_SYS(open(".", O_RDONLY));
	CHECK_SYS(chdir("link"));
	snprintf(want, sizeof(want), "%s/d/e", start);
	CHECK_STR(getcwd(now_at, sizeof(now_at)), want);
	CHECK_SYS(chdir(".."));
	want[strlen(want) - 2] = 0;
	CHECK_STR(getcwd(now_at, sizeof(now_at)), want);
	CHECK_SYS(fchdir(fd));
	CHECK_STR(getcwd(now_at, sizeof(now_at)), start);
	CHECK_SYS(chdir("/../.."));
	CHECK_STR(getcwd(now_at, sizeof(now_at)), "/");
	CHECK_EQ(syscall(SYS_getcwd, now_at, sizeof(now_at)), 2);	// counts the NUL
}

TEST(dir_chdir_errors)
{
	char small[4];
	int fd;

	put_file("f", "");
	CHECK_SYS(mkdir("closed", 0600));
	CHECK_ERRNO(chdir("none"), ENOENT);
	CHECK_ERRNO(chdir("f"), ENOTDIR);
	CHECK_ERRNO(chdir(""), ENOENT);
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_ERRNO(fchdir(fd), ENOTDIR);
	CHECK_ERRNO(fchdir(99), EBADF);
	CHECK_ERRNO(syscall(SYS_getcwd, small, sizeof(small)), ERANGE);
	AS_NOBODY
		CHECK_ERRNO(chdir("closed"), EACCES);
}

TEST(dir_removed_under_our_feet)
{
	char buffer[64];
	DIR *dir;

	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(chdir("d"));
	CHECK_SYS(rmdir("../d"));
	CHECK_ERRNO(open("f", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_ERRNO(mkdir("e", 0755), ENOENT);
	CHECK_ERRNO(syscall(SYS_getcwd, buffer, sizeof(buffer)), ENOENT);
	dir = opendir(".");
	CHECK(dir);
	CHECK(!readdir(dir));
	closedir(dir);
	CHECK_SYS(chdir(".."));
}

TEST(dir_deep_tree)
{
	enum { DEPTH = 60 };
	char cwd[PATH_MAX];

	for (int i = 0; i < DEPTH; i++) {
		CHECK_SYS(mkdir("a-name-of-some-length", 0755));
		CHECK_SYS(chdir("a-name-of-some-length"));
	}
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK(strlen(cwd) > DEPTH * 22);
	for (int i = 0; i < DEPTH; i++) {
		CHECK_SYS(chdir(".."));
		CHECK_SYS(rmdir("a-name-of-some-length"));
	}
}
