// SPDX-License-Identifier: MIT
// perm.c - owners, modes and times of files, and who may change them
#include "user/usertests/usertests.h"
#include <grp.h>

static struct stat info(const char *path)
{
	struct stat st;

	CHECK_SYS(lstat(path, &st));
	return st;
}

static void make(const char *path, uid_t uid, mode_t mode)
{
	put_file(path, "x");
	CHECK_SYS(chown(path, uid, uid));
	CHECK_SYS(chmod(path, mode));
}

TEST(perm_chmod)
{
	int fd;

	put_file("f", "");
	CHECK_SYS(chmod("f", 07777));
	CHECK_EQ(info("f").st_mode, S_IFREG | 07777);
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_SYS(fchmod(fd, 0123));
	CHECK_EQ(info("f").st_mode, S_IFREG | 0123);
	CHECK_ERRNO(chmod("none", 0644), ENOENT);
	CHECK_ERRNO(fchmod(99, 0644), EBADF);
	CHECK_SYS(symlink("f", "link"));
	CHECK_SYS(chmod("link", 0600));
	CHECK_EQ(info("f").st_mode, S_IFREG | 0600);
}

TEST(perm_chmod_needs_the_owner)
{
	make("mine", NOBODY, 0644);
	make("other", 1, 0666);
	AS_NOBODY {
		CHECK_SYS(chmod("mine", 0600));
		CHECK_ERRNO(chmod("other", 0600), EPERM);
	}
}

TEST(perm_setgid_of_a_foreign_group_is_dropped)
{
	put_file("f", "");
	CHECK_SYS(chown("f", NOBODY, 5));
	AS_NOBODY
		CHECK_SYS(chmod("f", 02755));	// no error, and no bit: chmod(2)
	CHECK_EQ(info("f").st_mode & 07777, 0755);
}

TEST(perm_chown)
{
	int fd;

	put_file("f", "");
	CHECK_SYS(chown("f", 10, 20));
	CHECK(info("f").st_uid == 10 && info("f").st_gid == 20);
	CHECK_SYS(chown("f", -1, 30));
	CHECK(info("f").st_uid == 10 && info("f").st_gid == 30);
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_SYS(fchown(fd, 40, -1));
	CHECK(info("f").st_uid == 40 && info("f").st_gid == 30);
	CHECK_SYS(symlink("f", "link"));
	CHECK_SYS(lchown("link", 50, 50));
	CHECK(info("link").st_uid == 50 && info("f").st_uid == 40);
	CHECK_SYS(fchownat(fd, "", 60, 60, AT_EMPTY_PATH));
	CHECK_EQ(info("f").st_uid, 60);
	CHECK_ERRNO(chown("none", 0, 0), ENOENT);
	CHECK_ERRNO(fchownat(AT_FDCWD, "f", 0, 0, 0x8000), EINVAL);
}

TEST(perm_chown_large_ids)
{
	put_file("f", "");
	CHECK_SYS(chown("f", 0x12345678, 0x0abcdef0));
	CHECK_EQ(info("f").st_uid, 0x12345678);
	CHECK_EQ(info("f").st_gid, 0x0abcdef0);
}

TEST(perm_chown_by_nobody)
{
	gid_t groups[] = { 77 };

	make("mine", NOBODY, 0644);
	make("other", 1, 0666);
	CHECK_SYS(setgroups(1, groups));
	CHECK_SYS(setgid(NOBODY));
	CHECK_SYS(setuid(NOBODY));
	CHECK_SYS(chown("mine", -1, 77));		// to a group that one is in
	CHECK_ERRNO(chown("mine", -1, 78), EPERM);
	CHECK_ERRNO(chown("mine", 1, -1), EPERM);
	CHECK_SYS(chown("mine", NOBODY, NOBODY));
	CHECK_ERRNO(chown("other", -1, NOBODY), EPERM);
}

TEST(perm_chown_clears_setuid)
{
	make("f", 0, 06755);
	CHECK_SYS(chown("f", 5, 5));
	CHECK_EQ(info("f").st_mode & 07777, 0755);
	CHECK_SYS(chmod("f", 02644));	// without group execution the bit means something else
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(chmod("d", 06755));
	CHECK_SYS(chown("d", 5, 5));
	CHECK_EQ(info("d").st_mode & 07777, 06755);
}

TEST(perm_write_clears_setuid)
{
	make("f", 0, 06777);
	AS_NOBODY {
		int fd = CHECK_SYS(open("f", O_WRONLY));

		CHECK_EQ(info("f").st_mode & 07777, 06777);
		CHECK_EQ(write(fd, "y", 1), 1);
	}
	CHECK_EQ(info("f").st_mode & 07777, 0777);
	CHECK_SYS(chmod("f", 06777));
	AS_NOBODY
		CHECK_SYS(truncate("f", 0));
	CHECK_EQ(info("f").st_mode & 07777, 0777);
}

TEST(perm_directories)
{
	CHECK_SYS(mkdir("search", 0711));
	put_file("search/f", "x");
	CHECK_SYS(mkdir("list", 0744));
	put_file("list/f", "x");
	AS_NOBODY {
		CHECK_SYS(open("search/f", O_RDONLY));
		CHECK_ERRNO(open("search", O_RDONLY), EACCES);
		CHECK_SYS(open("list", O_RDONLY));
		CHECK_ERRNO(open("list/f", O_RDONLY), EACCES);
		CHECK_ERRNO(open("list/none", O_RDONLY), EACCES);
		CHECK_ERRNO(open("search/new", O_WRONLY | O_CREAT, 0644), EACCES);
		CHECK_ERRNO(unlink("search/f"), EACCES);
		CHECK_ERRNO(rename("search/f", "g"), EACCES);
		CHECK_ERRNO(mkdir("search/d", 0755), EACCES);
		CHECK_ERRNO(symlink("x", "search/s"), EACCES);
	}
}

TEST(perm_sticky_directory)
{
	CHECK_SYS(mkdir("tmp", 0777));
	CHECK_SYS(chmod("tmp", 01777));
	make("tmp/other", 1, 0666);
	make("tmp/mine", NOBODY, 0666);
	CHECK_SYS(mkdir("tmp/dir", 0777));
	AS_NOBODY {
		CHECK_ERRNO(unlink("tmp/other"), EPERM);
		CHECK_ERRNO(rename("tmp/other", "tmp/x"), EPERM);
		CHECK_ERRNO(rename("tmp/mine", "tmp/other"), EPERM);
		CHECK_ERRNO(rmdir("tmp/dir"), EPERM);
		CHECK_SYS(rename("tmp/mine", "tmp/x"));
		CHECK_SYS(unlink("tmp/x"));
	}
}

TEST(perm_setgid_directory)
{
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(chown("d", -1, 7));
	CHECK_SYS(chmod("d", 02777));
	put_file("d/f", "");
	CHECK_SYS(mkdir("d/e", 0755));
	CHECK_EQ(info("d/f").st_gid, 7);	// the directory's group, not ours
	CHECK_EQ(info("d/e").st_gid, 7);
	CHECK_EQ(info("d/e").st_mode & 07777, 02755);
}

TEST(perm_umask)
{
	CHECK_EQ(umask(0777), 022);
	CHECK_EQ(umask(01077), 0777);
	CHECK_EQ(umask(0), 0077);		// only the nine bits
	CHECK_SYS(close(CHECK_SYS(open("all", O_CREAT | O_WRONLY, 0666))));
	CHECK_EQ(info("all").st_mode & 07777, 0666);
	umask(0027);
	CHECK_SYS(mkdir("d", 0777));
	CHECK_SYS(mkfifo("p", 0666));
	CHECK_EQ(info("d").st_mode & 07777, 0750);
	CHECK_EQ(info("p").st_mode & 07777, 0640);
}

TEST(perm_access)
{
	make("r", 0, 0444);
	make("none", 0, 0000);
	CHECK_SYS(access("r", R_OK | W_OK));		// root
	CHECK_ERRNO(access("r", X_OK), EACCES);		// no x for anybody: not for root either
	CHECK_ERRNO(access("gone", F_OK), ENOENT);
	CHECK_ERRNO(syscall(SYS_faccessat, AT_FDCWD, "r", 8), EINVAL);
	AS_NOBODY {
		CHECK_SYS(access("r", R_OK));
		CHECK_ERRNO(access("r", W_OK), EACCES);
		CHECK_SYS(access("none", F_OK));
		CHECK_ERRNO(access("none", R_OK), EACCES);
	}
}

TEST(perm_access_uses_real_ids)
{
	make("f", 0, 0600);
	CHECK_SYS(setresuid(NOBODY, 0, 0));
	CHECK_ERRNO(access("f", R_OK), EACCES);
	CHECK_SYS(open("f", O_RDONLY));
	CHECK_SYS(syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, AT_EACCESS));
	CHECK_ERRNO(syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, 0), EACCES);
	CHECK_ERRNO(syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, 0x8000), EINVAL);
}

TEST(perm_utimensat)
{
	struct timespec times[] = { { 1000000000, 123456789 }, { 1100000000, 0 } };
	struct timespec omit[] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };
	int fd;

	put_file("f", "");
	CHECK_SYS(utimensat(AT_FDCWD, "f", times, 0));
	CHECK_EQ(info("f").st_atime, 1000000000);
	CHECK_EQ(info("f").st_mtime, 1100000000);
	CHECK(labs(info("f").st_ctime - time(NULL)) < 60);
	CHECK_SYS(utimensat(AT_FDCWD, "f", omit, 0));
	CHECK_EQ(info("f").st_atime, 1000000000);
	CHECK(labs(info("f").st_mtime - time(NULL)) < 60);
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_SYS(futimens(fd, times));
	CHECK_EQ(info("f").st_mtime, 1100000000);
	CHECK_SYS(symlink("f", "link"));
	CHECK_SYS(utimensat(AT_FDCWD, "link", NULL, AT_SYMLINK_NOFOLLOW));
	CHECK_EQ(info("f").st_mtime, 1100000000);
	times[0].tv_nsec = SEC;
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", times, 0), EINVAL);
	CHECK_ERRNO(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
}

TEST(perm_utimensat_by_nobody)
{
	struct timespec times[2] = { { 0, 0 }, { 0, 0 } };

	make("writable", 0, 0666);
	make("readable", 0, 0644);
	AS_NOBODY {
		CHECK_SYS(utimensat(AT_FDCWD, "writable", NULL, 0));	// now: may who may write
		CHECK_ERRNO(utimensat(AT_FDCWD, "writable", times, 0), EPERM);
		CHECK_ERRNO(utimensat(AT_FDCWD, "readable", NULL, 0), EACCES);
	}
}

TEST(perm_times_change)
{
	struct timespec old[] = { { 0, 0 }, { 0, 0 } };
	int fd;

	put_file("f", "x");
	CHECK_SYS(utimensat(AT_FDCWD, "f", old, 0));
	fd = CHECK_SYS(open("f", O_RDWR));
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK(info("f").st_mtime > 0);
	CHECK_SYS(utimensat(AT_FDCWD, ".", old, 0));
	CHECK_SYS(rename("f", "g"));
	CHECK(info(".").st_mtime > 0);
}
