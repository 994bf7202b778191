// SPDX-License-Identifier: MIT
// file_open.c - open flags, descriptors, and what one knows of a file
#include "user/usertests/usertests.h"
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

TEST(open_lowest_descriptor)
{
	int a = CHECK_SYS(open("/dev/null", O_RDONLY));

	CHECK_EQ(a, 3);
	CHECK_EQ(open("/dev/null", O_RDONLY), 4);
	CHECK_SYS(close(a));
	CHECK_EQ(open("/dev/null", O_RDONLY), 3);
	CHECK_ERRNO(close(99), EBADF);
	CHECK_SYS(close(4));
	CHECK_ERRNO(close(4), EBADF);
}

TEST(open_create_and_exclusive)
{
	struct stat st;

	umask(027);
	CHECK_ERRNO(open("f", O_RDWR), ENOENT);
	CHECK_SYS(open("f", O_RDWR | O_CREAT, 0666));
	CHECK_SYS(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	CHECK_ERRNO(open("f", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_SYS(symlink("nothing", "link"));
	CHECK_ERRNO(open("link", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_SYS(open("link", O_RDWR | O_CREAT, 0600));
	CHECK_SYS(access("nothing", F_OK));	// made at the end of the link
}

TEST(open_read_only_mode_when_creating)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0));

	CHECK_EQ(write(fd, "x", 1), 1);		// the mode is for the next open
	put_file("g", "text");
	CHECK_SYS(chmod("g", 0));
	CHECK_SYS(open("g", O_RDWR));		// root may
	AS_NOBODY
		CHECK_ERRNO(open("g", O_RDONLY), EACCES);
}

TEST(open_truncates)
{
	put_file("f", "something");
	CHECK_SYS(open("f", O_WRONLY | O_TRUNC));
	CHECK_CONTENT("f", "");
}

TEST(open_directory_flag)
{
	CHECK_SYS(mkdir("d", 0755));
	put_file("f", "");
	CHECK_SYS(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_ERRNO(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open("d", O_WRONLY), EISDIR);
	CHECK_ERRNO(open("d", O_RDWR), EISDIR);
	CHECK_ERRNO(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
	CHECK_ERRNO(read(CHECK_SYS(open("d", O_RDONLY)), (char[4]){}, 4), EISDIR);
	CHECK_ERRNO(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f/x", O_RDONLY), ENOTDIR);
}

TEST(open_nofollow)
{
	put_file("f", "x");
	CHECK_SYS(symlink("f", "link"));
	CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_SYS(open("f", O_RDONLY | O_NOFOLLOW));
}

TEST(open_path)
{
	struct stat st;
	char target[10];
	int fd;

	put_file("f", "text");
	CHECK_SYS(chmod("f", 0));
	CHECK_SYS(symlink("f", "link"));
	AS_NOBODY {
		int path = CHECK_SYS(open("f", O_PATH));	// asks for no right

		CHECK_SYS(fstat(path, &st));
		CHECK_EQ(st.st_size, 4);
	}
	fd = CHECK_SYS(open("f", O_PATH | O_RDWR));
	CHECK_ERRNO(read(fd, (char[4]){}, 4), EBADF);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK_ERRNO(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK_ERRNO(ioctl(fd, FIONREAD, &st), EBADF);
	CHECK_ERRNO(fchmod(fd, 0600), EBADF);
	fd = CHECK_SYS(open("link", O_PATH | O_NOFOLLOW));
	CHECK_SYS(fstat(fd, &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlinkat(fd, "", target, sizeof(target)), 1);
	fd = CHECK_SYS(open(".", O_PATH));
	CHECK_SYS(openat(fd, "f", O_RDONLY));
}

TEST(open_access_mode_is_kept)
{
	int rd, wr;

	put_file("f", "abc");
	rd = CHECK_SYS(open("f", O_RDONLY));
	wr = CHECK_SYS(open("f", O_WRONLY));
	CHECK_ERRNO(write(rd, "x", 1), EBADF);
	CHECK_ERRNO(read(wr, (char[1]){}, 1), EBADF);
	CHECK_ERRNO(ftruncate(rd, 0), EINVAL);
	CHECK_EQ(fcntl(rd, F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(wr, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_ERRNO(read(77, (char[1]){}, 1), EBADF);
}

TEST(openat_relative)
{
	int dir, file;

	CHECK_SYS(mkdir("d", 0755));
	dir = CHECK_SYS(open("d", O_RDONLY));
	CHECK_SYS(openat(dir, "f", O_WRONLY | O_CREAT, 0644));
	CHECK_SYS(access("d/f", F_OK));
	CHECK_SYS(openat(AT_FDCWD, "d/f", O_RDONLY));
	CHECK_SYS(openat(99, "/dev/null", O_RDONLY));	// absolute: the descriptor is not looked at
	CHECK_ERRNO(openat(99, "f", O_RDONLY), EBADF);
	file = CHECK_SYS(open("d/f", O_RDONLY));
	CHECK_ERRNO(openat(file, "f", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
}

TEST(dup_shares_the_offset)
{
	int a, b, c;
	char text[3] = "";

	put_file("f", "abcdef");
	a = CHECK_SYS(open("f", O_RDONLY));
	b = CHECK_SYS(dup(a));
	c = CHECK_SYS(open("f", O_RDONLY));
	CHECK_EQ(read(a, text, 2), 2);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 2);
	CHECK_EQ(lseek(c, 0, SEEK_CUR), 0);
	IN_CHILD
		CHECK_EQ(read(a, text, 2), 2);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 4);	// shared across fork, too
	CHECK_SYS(close(a));
	CHECK_EQ(read(b, text, 2), 2);
	CHECK_STR(text, "ef");
}

TEST(dup3_and_descriptor_flags)
{
	int fd = CHECK_SYS(open("/dev/null", O_RDONLY | O_CLOEXEC));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(CHECK_SYS(dup(fd)), F_GETFD), 0);
	CHECK_EQ(dup3(fd, 20, O_CLOEXEC), 20);
	CHECK_EQ(fcntl(20, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup2(fd, 20), 20);
	CHECK_EQ(fcntl(20, F_GETFD), 0);
	CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
	CHECK_ERRNO(dup3(fd, 21, O_APPEND), EINVAL);
	CHECK_ERRNO(dup3(99, 21, 0), EBADF);
	CHECK_ERRNO(dup3(fd, -1, 0), EBADF);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 30), 30);
	CHECK_EQ(fcntl(30, F_GETFD), FD_CLOEXEC);
	CHECK_SYS(fcntl(30, F_SETFD, 0));
	CHECK_EQ(fcntl(30, F_GETFD), 0);
	CHECK_ERRNO(fcntl(99, F_GETFD), EBADF);
	CHECK_ERRNO(fcntl(fd, 9999), EINVAL);
}

TEST(fcntl_status_flags)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644)), copy = CHECK_SYS(dup(fd));

	CHECK_SYS(fcntl(fd, F_SETFL, O_APPEND | O_RDONLY | O_CREAT));
	CHECK_EQ(fcntl(copy, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(copy, "def", 3), 3);
	CHECK_CONTENT("f", "abcdef");
}

TEST(stat_fields)
{
	struct stat st, other;
	int fd;

	put_file("f", "12345");
	CHECK_SYS(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(st.st_size, 5);
	CHECK(st.st_ino != 0);
	CHECK(st.st_blksize >= 512);
	CHECK(labs(st.st_mtime - time(NULL)) < 60);
	CHECK_SYS(stat(".", &other));
	CHECK(S_ISDIR(other.st_mode));
	CHECK_EQ(other.st_dev, st.st_dev);
	CHECK(other.st_ino != st.st_ino);
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_SYS(fstat(fd, &other));
	CHECK_EQ(other.st_ino, st.st_ino);
	CHECK_SYS(fstatat(fd, "", &other, AT_EMPTY_PATH));
	CHECK_EQ(other.st_ino, st.st_ino);
	CHECK_SYS(stat("/dev/null", &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(1, 3));
}

TEST(stat_follows_or_not)
{
	struct stat st;

	put_file("f", "12345");
	CHECK_SYS(symlink("f", "link"));
	CHECK_SYS(symlink("nothing", "dangling"));
	CHECK_SYS(stat("link", &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_SYS(lstat("link", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(st.st_size, 1);
	CHECK_ERRNO(stat("dangling", &st), ENOENT);
	CHECK_SYS(lstat("dangling", &st));
	CHECK_ERRNO(fstatat(AT_FDCWD, "", &st, 0), ENOENT);
	CHECK_ERRNO(fstatat(AT_FDCWD, "f", &st, 0x8000), EINVAL);
	CHECK_ERRNO(fstat(99, &st), EBADF);
}

TEST(statx_fields)
{
	struct statx stx = {};

	put_file("f", "12345");
	CHECK_SYS(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &stx));
	CHECK_EQ(stx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(stx.stx_mode, S_IFREG | 0644);
	CHECK_EQ(stx.stx_size, 5);
	CHECK_EQ(stx.stx_nlink, 1);
	CHECK_SYS(statx(CHECK_SYS(open("f", O_RDONLY)), "", AT_EMPTY_PATH, STATX_SIZE, &stx));
	CHECK_EQ(stx.stx_size, 5);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0, STATX__RESERVED, &stx), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, STATX_SIZE, &stx), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "g", 0, STATX_SIZE, &stx), ENOENT);
}

TEST(statfs_of_root_and_proc)
{
	struct statfs fs;

	CHECK_SYS(statfs("/", &fs));
	CHECK(fs.f_bsize >= 512 && fs.f_blocks > 0 && fs.f_bfree <= fs.f_blocks);
	CHECK(fs.f_bavail <= fs.f_bfree);
	CHECK(fs.f_namelen >= 255);
	CHECK_SYS(fstatfs(CHECK_SYS(open("/proc", O_RDONLY)), &fs));
	CHECK_EQ(fs.f_type, 0x9fa0);
	CHECK_ERRNO(statfs("/no/such/thing", &fs), ENOENT);
	CHECK_ERRNO(fstatfs(99, &fs), EBADF);
}
