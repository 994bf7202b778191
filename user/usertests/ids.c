// SPDX-License-Identifier: MIT
// ids.c - user and group ids: who may become whom, and what that changes
#include "user/usertests/usertests.h"
#include <grp.h>
#include <sys/fsuid.h>

static void check_uids(uid_t real, uid_t effective, uid_t saved)
{
	uid_t r, e, s;

	CHECK_SYS(getresuid(&r, &e, &s));
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
	CHECK_EQ(getuid(), real);
	CHECK_EQ(geteuid(), effective);
}

static void check_gids(gid_t real, gid_t effective, gid_t saved)
{
	gid_t r, e, s;

	CHECK_SYS(getresgid(&r, &e, &s));
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
	CHECK_EQ(getgid(), real);
	CHECK_EQ(getegid(), effective);
}

TEST(ids_setuid_by_root_is_final)
{
	CHECK_SYS(setuid(1000));
	check_uids(1000, 1000, 1000);
	CHECK_ERRNO(setuid(0), EPERM);
	CHECK_ERRNO(seteuid(0), EPERM);
	CHECK_ERRNO(setresuid(-1, -1, 0), EPERM);
	check_uids(1000, 1000, 1000);
}

TEST(ids_seteuid_can_come_back)
{
	CHECK_SYS(seteuid(1000));
	check_uids(0, 1000, 0);
	CHECK_ERRNO(setuid(1001), EPERM);
	CHECK_SYS(seteuid(0));
	check_uids(0, 0, 0);
}

TEST(ids_setresuid)
{
	CHECK_SYS(setresuid(1, 2, 3));
	check_uids(1, 2, 3);
	CHECK_SYS(setresuid(-1, 3, -1));	// to one of the three: allowed
	check_uids(1, 3, 3);
	CHECK_SYS(setresuid(3, 1, -1));
	check_uids(3, 1, 3);
	CHECK_ERRNO(setresuid(4, -1, -1), EPERM);
	check_uids(3, 1, 3);
}

TEST(ids_setreuid_moves_the_saved_id)
{
	CHECK_SYS(setreuid(-1, 5));
	check_uids(0, 5, 5);
	CHECK_SYS(setreuid(5, 0));
	check_uids(5, 0, 0);
}

TEST(ids_setgid)
{
	CHECK_SYS(setegid(7));
	check_gids(0, 7, 0);
	CHECK_SYS(setregid(8, -1));
	check_gids(8, 7, 7);
	CHECK_SYS(setgid(9));		// uid 0: all three
	check_gids(9, 9, 9);
	CHECK_SYS(setresgid(1, 2, 3));
	CHECK_SYS(setuid(1000));
	CHECK_ERRNO(setgid(9), EPERM);
	CHECK_SYS(setgid(3));
	check_gids(1, 3, 3);
	CHECK_ERRNO(setresgid(9, -1, -1), EPERM);
}

TEST(ids_groups)
{
	gid_t want[3] = { 10, 20, 30 }, got[32] = {};

	CHECK_SYS(setgroups(3, want));
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_ERRNO(getgroups(2, got), EINVAL);
	CHECK_EQ(getgroups(32, got), 3);
	CHECK_EQ(got[0] + got[1] + got[2], 60);
	IN_CHILD
		CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_ERRNO(setgroups(70000, want), EINVAL);
	CHECK_SYS(setgroups(0, NULL));
	CHECK_EQ(getgroups(32, got), 0);
	AS_NOBODY
		CHECK_ERRNO(setgroups(3, want), EPERM);
}

TEST(ids_fsuid)
{
	CHECK_EQ(setfsuid(1000), 0);
	CHECK_EQ(setfsuid(-1), 1000);
	CHECK_SYS(close(open("by-1000", O_CREAT | O_WRONLY, 0600)));
	CHECK_EQ(setfsuid(0), 1000);
	CHECK_EQ(setfsgid(5), 0);
	CHECK_EQ(setfsgid(0), 5);

	struct stat st;
	CHECK_SYS(stat("by-1000", &st));
	CHECK_EQ(st.st_uid, 1000);
}

static void show_access(const char *path, int want_read, int want_write)
{
	int fd = open(path, O_RDONLY);

	CHECK_EQ(fd < 0 ? errno : 0, want_read);
	close(fd);
	fd = open(path, O_WRONLY);
	CHECK_EQ(fd < 0 ? errno : 0, want_write);
	close(fd);
}

static void file_of(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	put_file(path, "x");
	CHECK_SYS(chown(path, uid, gid));
	CHECK_SYS(chmod(path, mode));
}

TEST(ids_which_permission_bits_count)
{
	file_of("others", 1, 1, 0004);
	file_of("mine", NOBODY, 1, 0466);	// the owner's bits, though others' give more
	file_of("group", 1, NOBODY, 0626);
	file_of("closed", 1, 1, 0770);
	AS_NOBODY {
		show_access("others", 0, EACCES);
		show_access("mine", 0, EACCES);
		show_access("group", EACCES, 0);
		show_access("closed", EACCES, EACCES);
	}
	show_access("others", 0, 0);		// root may
}

TEST(ids_supplementary_group_counts)
{
	gid_t groups[] = { 77 };

	file_of("f", 1, 77, 0040);
	CHECK_SYS(setgroups(1, groups));
	CHECK_SYS(setgid(NOBODY));
	CHECK_SYS(setuid(NOBODY));
	show_access("f", 0, EACCES);
}

TEST(ids_new_files_are_ours)
{
	struct stat st;

	AS_NOBODY {
		put_file("f", "x");
		CHECK_SYS(mkdir("d", 0755));
	}
	CHECK_SYS(stat("f", &st));
	CHECK_EQ(st.st_uid, NOBODY);
	CHECK_EQ(st.st_gid, NOBODY);
	CHECK_SYS(stat("d", &st));
	CHECK_EQ(st.st_uid, NOBODY);
}
