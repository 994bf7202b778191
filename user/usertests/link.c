// SPDX-License-Identifier: MIT
// link.c - hard and symbolic links, the walk along a path, renaming
#include "user/usertests/usertests.h"
#include <sys/sysmacros.h>

static ino_t inode(const char *path)
{
	struct stat st;

	CHECK_SYS(lstat(path, &st));
	return st.st_ino;
}

static nlink_t links(const char *path)
{
	struct stat st;

	CHECK_SYS(lstat(path, &st));
	return st.st_nlink;
}

TEST(link_hard)
{
	put_file("a", "text");
	CHECK_SYS(link("a", "b"));
	CHECK_EQ(inode("a"), inode("b"));
	CHECK_EQ(links("a"), 2);
	CHECK_SYS(unlink("a"));
	CHECK_CONTENT("b", "text");
	CHECK_EQ(links("b"), 1);
}

TEST(link_hard_errors)
{
	put_file("a", "");
	put_file("b", "");
	CHECK_SYS(mkdir("d", 0755));
	CHECK_ERRNO(link("a", "b"), EEXIST);
	CHECK_ERRNO(link("none", "c"), ENOENT);
	CHECK_ERRNO(link("a", "none/c"), ENOENT);
	CHECK_ERRNO(link("d", "e"), EPERM);
	CHECK_ERRNO(link("a", "b/c"), ENOTDIR);
	CHECK_ERRNO(link("/proc/version", "c"), EXDEV);
	CHECK_ERRNO(linkat(AT_FDCWD, "a", AT_FDCWD, "c", 0x8000), EINVAL);
}

TEST(link_to_a_symlink)
{
	put_file("a", "");
	CHECK_SYS(symlink("a", "s"));
	CHECK_SYS(linkat(AT_FDCWD, "s", AT_FDCWD, "t", 0));
	CHECK_EQ(inode("t"), inode("s"));
	CHECK_SYS(linkat(AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW));
	CHECK_EQ(inode("u"), inode("a"));
}

TEST(symlink_short_and_long)
{
	static const size_t lengths[] = { 1, 59, 60, 61, 200, 1000 };
	char target[1001], got[1001];

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {	// ext2 keeps up to 59 in the inode
		memset(target, 't', lengths[i]);
		target[lengths[i]] = 0;
		CHECK_SYS(symlink(target, "link"));
		CHECK_EQ(readlink("link", got, sizeof(got)), lengths[i]);
		CHECK(memcmp(got, target, lengths[i]) == 0);
		CHECK_SYS(unlink("link"));
	}
}

TEST(symlink_errors)
{
	char got[10];

	put_file("f", "");
	CHECK_SYS(symlink("target", "link"));
	CHECK_ERRNO(symlink("x", "f"), EEXIST);
	CHECK_ERRNO(symlink("x", "link"), EEXIST);
	CHECK_ERRNO(symlink("", "empty"), ENOENT);
	CHECK_ERRNO(readlink("f", got, sizeof(got)), EINVAL);
	CHECK_ERRNO(readlink("none", got, sizeof(got)), ENOENT);
	CHECK_ERRNO(readlink("link", got, 0), EINVAL);
	CHECK_EQ(readlink("link", got, 3), 3);		// cut short without a word
	CHECK(memcmp(got, "tar", 3) == 0);
}

TEST(path_through_symlinks)
{
	char cwd[PATH_MAX], path[PATH_MAX + 16];

	CHECK_SYS(mkdir("d", 0755));
	put_file("d/f", "text");
	CHECK_SYS(symlink("d", "s"));
	CHECK_SYS(symlink("s/../s/f", "t"));
	CHECK_CONTENT("s/f", "text");
	CHECK_CONTENT("t", "text");
	CHECK_CONTENT(".//s///f", "text");
	CHECK(getcwd(cwd, sizeof(cwd)));
	snprintf(path, sizeof(path), "%s/d/f", cwd);
	CHECK_SYS(symlink(path, "absolute"));
	CHECK_CONTENT("absolute", "text");
}

TEST(path_too_many_symlinks)
{
	char name[16], next[16];

	CHECK_SYS(symlink("self", "self"));
	CHECK_ERRNO(open("self", O_RDONLY), ELOOP);
	put_file("link0", "end");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		snprintf(next, sizeof(next), "link%d", i - 1);
		CHECK_SYS(symlink(next, name));
	}
	CHECK_CONTENT("link40", "end");		// path_resolution(7): at most 40
	CHECK_ERRNO(open("link41", O_RDONLY), ELOOP);
}

TEST(path_too_long)
{
	static char path[PATH_MAX + 1];

	for (int i = 0; i < PATH_MAX; i += 2)
		memcpy(path + i, "./", 2);
	path[PATH_MAX - 1] = 0;
	CHECK_SYS(open(path, O_RDONLY));	// 4095 and the NUL
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = 0;
	CHECK_ERRNO(open(path, O_RDONLY), ENAMETOOLONG);
}

TEST(rename_basic)
{
	ino_t a;

	put_file("a", "A");
	put_file("b", "B");
	a = inode("a");
	CHECK_SYS(rename("a", "c"));
	CHECK_ERRNO(access("a", F_OK), ENOENT);
	CHECK_EQ(inode("c"), a);
	CHECK_SYS(rename("c", "b"));		// replaces
	CHECK_CONTENT("b", "A");
	CHECK_EQ(inode("b"), a);
	CHECK_SYS(rename("b", "b"));
	CHECK_SYS(link("b", "d"));
	CHECK_SYS(rename("b", "d"));		// the same file: nothing happens, rename(2)
	CHECK_EQ(links("b"), 2);
}

TEST(rename_keeps_the_replaced_file_for_its_users)
{
	char text[2] = "";
	int fd;

	put_file("a", "A");
	put_file("b", "B");
	fd = CHECK_SYS(open("b", O_RDONLY));
	CHECK_SYS(rename("a", "b"));
	CHECK_EQ(read(fd, text, 1), 1);
	CHECK_STR(text, "B");
}

TEST(rename_directory)
{
	CHECK_SYS(mkdir("a", 0755));
	CHECK_SYS(mkdir("p", 0755));
	put_file("a/f", "text");
	CHECK_SYS(rename("a", "p/b"));
	CHECK_CONTENT("p/b/f", "text");
	CHECK_CONTENT("p/b/../b/f", "text");	// ".." leads to the new parent
	CHECK_EQ(inode("p/b/.."), inode("p"));
	CHECK_EQ(links("p"), 3);
	CHECK_EQ(links("."), 3);
	CHECK_SYS(mkdir("empty", 0755));
	CHECK_SYS(rename("p/b", "empty"));	// an empty directory may be replaced
	CHECK_CONTENT("empty/f", "text");
	CHECK_EQ(links("p"), 2);
}

TEST(rename_errors)
{
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(mkdir("d/e", 0755));
	CHECK_SYS(mkdir("full", 0755));
	put_file("full/f", "");
	put_file("f", "");
	CHECK_ERRNO(rename("none", "x"), ENOENT);
	CHECK_ERRNO(rename("f", "none/x"), ENOENT);
	CHECK_ERRNO(rename("d", "f"), ENOTDIR);
	CHECK_ERRNO(rename("f", "d"), EISDIR);
	CHECK_ERRNO(rename("d", "full"), ENOTEMPTY);
	CHECK_ERRNO(rename("d", "d/e/x"), EINVAL);	// into itself
	CHECK_ERRNO(rename("d", "d/e"), EINVAL);
	CHECK_ERRNO(rename("d/e", "d"), ENOTEMPTY);
	CHECK_ERRNO(rename("f", "f/x"), ENOTDIR);
	CHECK_ERRNO(rename("d/.", "x"), EBUSY);
	CHECK_ERRNO(rename("f", "/proc/x"), EXDEV);
	CHECK_SYS(access("f", F_OK));
}

TEST(rename_noreplace)
{
	put_file("a", "A");
	put_file("b", "B");
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
	CHECK_CONTENT("b", "B");
	CHECK_SYS(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
	CHECK_CONTENT("c", "A");
	CHECK_ERRNO(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", 0x80), EINVAL);
	CHECK_ERRNO(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE),
		    EINVAL);
}

TEST(rename_exchange)
{
	put_file("a", "A");
	CHECK_SYS(mkdir("d", 0755));
	put_file("d/f", "F");
	if (renameat2(AT_FDCWD, "a", AT_FDCWD, "d", RENAME_EXCHANGE) < 0) {
		CHECK_EQ(errno, EINVAL);	// a file system need not have it; ext2 does not
		CHECK_CONTENT("a", "A");
		return;
	}
	CHECK_CONTENT("d", "A");
	CHECK_CONTENT("a/f", "F");
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "x", RENAME_EXCHANGE), ENOENT);
}

TEST(mknod_fifo_and_device)
{
	struct stat st;

	CHECK_SYS(mknod("fifo", S_IFIFO | 0640, 0));
	CHECK_SYS(stat("fifo", &st));
	CHECK_EQ(st.st_mode, S_IFIFO | 0640);
	CHECK_SYS(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
	CHECK_SYS(stat("zero", &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(1, 5));
	CHECK_SYS(mknod("file", 0644, 0));	// no type: a regular file
	CHECK_SYS(stat("file", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_ERRNO(mknod("file", S_IFREG | 0644, 0), EEXIST);
	CHECK_ERRNO(mknod("dir", S_IFDIR | 0755, 0), EPERM);
	AS_NOBODY {
		CHECK_ERRNO(mknod("null", S_IFCHR | 0666, makedev(1, 3)), EPERM);
		CHECK_SYS(mkfifo("ours", 0600));
	}
}
