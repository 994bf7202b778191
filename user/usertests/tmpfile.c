// SPDX-License-Identifier: MIT
// tmpfile.c - open(O_TMPFILE): a file without a name, on the disk and in memory
#include "user/usertests/usertests.h"
#include <dirent.h>

static const char *const dirs[] = { ".", "/dev/shm" };

// Others make names there meanwhile: not how many there are, but whether one is this file's.
static bool has_name_in(const char *path, ino_t file)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	CHECK(dir);
	while ((entry = readdir(dir)))
		found = found || entry->d_ino == file;
	closedir(dir);
	return found;
}

static const char *link_of(int fd)
{
	static char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

TEST(tmpfile_has_no_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		int fd;
		char got[10] = "", target[PATH_MAX] = "";
		struct stat st;

		umask(027);
		fd = CHECK_SYS(open(dirs[i], O_TMPFILE | O_RDWR, 0666));
		CHECK_SYS(fstat(fd, &st));
		CHECK_EQ(st.st_mode, S_IFREG | 0640);
		CHECK_EQ(st.st_nlink, 0);
		CHECK_EQ(st.st_size, 0);
		CHECK(!has_name_in(dirs[i], st.st_ino));
		CHECK_EQ(write(fd, "content", 8), 8);
		CHECK_EQ(pread(fd, got, 8, 0), 8);
		CHECK_STR(got, "content");
		CHECK(readlink(link_of(fd), target, sizeof(target) - 1) > 0);
		CHECK(strstr(target, "/#") && strstr(target, " (deleted)"));
		close(fd);
	}
}

TEST(tmpfile_gets_a_name)
{
	char path[80];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		int fd = CHECK_SYS(open(dirs[i], O_TMPFILE | O_RDWR, 0600));
		struct stat st;

		snprintf(path, sizeof(path), "%s/usertest-tmpfile-%d", dirs[i], getpid());
		CHECK_EQ(write(fd, "kept", 5), 5);
		CHECK_SYS(linkat(AT_FDCWD, link_of(fd), AT_FDCWD, path, AT_SYMLINK_FOLLOW));
		CHECK_SYS(fstat(fd, &st));
		CHECK_EQ(st.st_nlink, 1);
		close(fd);
		CHECK_CONTENT(path, "kept");
		// Like any other file from now on: without a name again, it gets no second one.
		fd = CHECK_SYS(open(path, O_RDWR));
		CHECK_SYS(unlink(path));
		CHECK_ERRNO(linkat(AT_FDCWD, link_of(fd), AT_FDCWD, path, AT_SYMLINK_FOLLOW),
			    ENOENT);
		close(fd);
	}
}

TEST(tmpfile_that_shall_have_no_name)
{
	int fd = CHECK_SYS(open("/dev/shm", O_TMPFILE | O_EXCL | O_RDWR, 0600));

	CHECK_ERRNO(linkat(AT_FDCWD, link_of(fd), AT_FDCWD, "/dev/shm/x", AT_SYMLINK_FOLLOW),
		    ENOENT);
}

TEST(tmpfile_errors)
{
	close(CHECK_SYS(open("f", O_CREAT | O_RDWR, 0644)));
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERRNO(open(".", O_TMPFILE | O_CREAT | O_RDWR, 0600), EINVAL);
	CHECK_ERRNO(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	CHECK_ERRNO(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(open("/proc", O_TMPFILE | O_RDWR, 0600), EOPNOTSUPP);
	CHECK_SYS(chmod(".", 0755));
	AS_NOBODY
		CHECK_ERRNO(open(".", O_TMPFILE | O_RDWR, 0600), EACCES);
}

TEST(tmpfile_mode_does_not_bind_its_maker)
{
	AS_NOBODY {
		int fd = CHECK_SYS(open("/dev/shm", O_TMPFILE | O_RDWR, 0));

		CHECK_EQ(write(fd, "x", 1), 1);
	}
}

TEST(tmpfile_of_libc)
{
	FILE *file = tmpfile();
	char text[10] = "";

	CHECK(file);
	fputs("libc", file);
	rewind(file);
	CHECK(fgets(text, sizeof(text), file));
	CHECK_STR(text, "libc");
	fclose(file);
}
