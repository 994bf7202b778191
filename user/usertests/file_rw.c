// SPDX-License-Identifier: MIT
// file_rw.c - reading, writing and positions
#include "user/usertests/usertests.h"
#include <sys/uio.h>

static int make(const char *text)
{
	put_file("f", text);
	return CHECK_SYS(open("f", O_RDWR));
}

TEST(rw_positions)
{
	char text[10] = "";
	int fd = make("0123456789");

	CHECK_EQ(read(fd, text, 4), 4);
	CHECK_STR(text, "0123");
	CHECK_EQ(write(fd, "xy", 2), 2);
	CHECK_EQ(read(fd, text, 4), 4);
	CHECK_STR(text, "6789");
	CHECK_EQ(read(fd, text, 4), 0);
	CHECK_EQ(write(fd, "!", 1), 1);
	CHECK_CONTENT("f", "0123xy6789!");
	CHECK_EQ(read(fd, text, 0), 0);
	CHECK_EQ(write(fd, text, 0), 0);
}

TEST(rw_lseek)
{
	int fd = make("0123456789");

	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	CHECK_EQ(lseek(fd, 2, SEEK_CUR), 5);
	CHECK_EQ(lseek(fd, -1, SEEK_END), 9);
	CHECK_EQ(lseek(fd, 5, SEEK_END), 15);
	CHECK_EQ(read(fd, (char[1]){}, 1), 0);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, -16, SEEK_CUR), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 15);
	CHECK_ERRNO(lseek(99, 0, SEEK_SET), EBADF);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 16);
}

// What cannot be said in 63 bits is no position, whatever kind of file it is.
TEST(rw_lseek_too_far)
{
	static const char *const names[] = {
		"f", ".", "/dev/shm", "/proc", "/proc/self", "/proc/self/maps", "/proc/self/stat",
		"/proc/filesystems", "/proc/mounts", "/proc/sys/vm/swappiness",
	};

	make("0123456789");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int fd = CHECK_SYS(open(names[i], O_RDONLY));

		CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
		CHECK_ERRNO(lseek(fd, LONG_MAX, SEEK_CUR), EINVAL);
		CHECK_ERRNO(lseek(fd, LONG_MIN, SEEK_CUR), EINVAL);
		CHECK_ERRNO(lseek(fd, LONG_MIN, SEEK_SET), EINVAL);
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
		close(fd);
	}
}

TEST(rw_pread_pwrite)
{
	char text[5] = "";
	int fd = make("0123456789");

	CHECK_EQ(pread(fd, text, 4, 3), 4);
	CHECK_STR(text, "3456");
	CHECK_EQ(pwrite(fd, "ab", 2, 8), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(pread(fd, text, 4, 100), 0);
	CHECK_ERRNO(pread(fd, text, 4, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, text, 4, -1), EINVAL);
	CHECK_CONTENT("f", "01234567ab");
}

TEST(rw_vectors)
{
	char a[3] = "", b[6] = "", c[4] = "";
	struct iovec in[] = { { a, 2 }, { NULL, 0 }, { b, 5 }, { c, 3 } };
	struct iovec out[] = { { "one", 3 }, { "", 0 }, { "two", 3 }, { "three", 5 } };
	int fd = make("");

	CHECK_EQ(writev(fd, out, 4), 11);
	CHECK_CONTENT("f", "onetwothree");
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(readv(fd, in, 4), 10);
	CHECK_STR(a, "ne");
	CHECK_STR(b, "twoth");
	CHECK_STR(c, "ree");
	CHECK_EQ(preadv(fd, in, 4, 9), 2);
	CHECK_STR(a, "ee");
	CHECK_EQ(pwritev(fd, out, 3, 8), 6);
	CHECK_CONTENT("f", "onetwothonetwo");
	CHECK_EQ(readv(fd, in, 0), 0);
}

TEST(rw_vector_errors)
{
	static struct iovec many[1025];
	struct iovec negative = { many, -1 }, overflow[] = { { many, LONG_MAX }, { many, 2 } };
	int fd = make("x");

	CHECK_ERRNO(readv(fd, many, 1025), EINVAL);
	CHECK_ERRNO(syscall(SYS_readv, fd, many, -1L), EINVAL);
	CHECK_ERRNO(readv(fd, &negative, 1), EINVAL);
	CHECK_ERRNO(writev(fd, &negative, 1), EINVAL);
	CHECK_EQ(writev(fd, overflow, 0), 0);
	CHECK_EQ(writev(fd, many, 1024), 0);
	CHECK_ERRNO(preadv(fd, many, 1, -1), EINVAL);
}

TEST(rw_append)
{
	int a, b;

	put_file("f", "start");
	a = CHECK_SYS(open("f", O_WRONLY | O_APPEND));
	b = CHECK_SYS(open("f", O_WRONLY | O_APPEND));
	CHECK_EQ(write(a, "A", 1), 1);
	CHECK_EQ(write(b, "B", 1), 1);
	CHECK_EQ(lseek(a, 0, SEEK_SET), 0);
	CHECK_EQ(write(a, "C", 1), 1);
	CHECK_CONTENT("f", "startABC");
	CHECK_EQ(pwrite(a, "D", 1, 0), 1);	// Linux: the flag wins, pwrite(2) BUGS
	CHECK_CONTENT("f", "startABCD");
}

TEST(rw_append_by_several_processes)
{
	enum { WRITERS = 4, LINES = 50 };
	char text[WRITERS * LINES * 8 + 1];
	int seen[WRITERS] = {};

	put_file("f", "");
	for (int w = 0; w < WRITERS; w++) {
		if (CHECK_SYS(fork()) > 0)
			continue;
		int fd = CHECK_SYS(open("f", O_WRONLY | O_APPEND));

		for (int i = 0; i < LINES; i++) {
			snprintf(text, sizeof(text), "%d %5d\n", w, i);
			CHECK_EQ(write(fd, text, 8), 8);
		}
		finish();
	}
	while (wait(NULL) > 0)
		;
	CHECK_EQ(slurp("f", text, sizeof(text)), WRITERS * LINES * 8);
	for (char *line = text; *line; line += 8) {
		int w = line[0] - '0';

		CHECK(w >= 0 && w < WRITERS && line[7] == '\n');
		CHECK_EQ(atoi(line + 2), seen[w]);
		seen[w]++;
	}
}

TEST(rw_truncate)
{
	struct stat st;
	char text[16] = "";
	int fd = make("0123456789");

	CHECK_SYS(ftruncate(fd, 4));
	CHECK_CONTENT("f", "0123");
	CHECK_SYS(truncate("f", 8));
	CHECK_EQ(pread(fd, text, 16, 0), 8);
	CHECK(memcmp(text, "0123\0\0\0\0", 8) == 0);
	CHECK_SYS(truncate("f", 1 << 20));
	CHECK_SYS(stat("f", &st));
	CHECK_EQ(st.st_size, 1 << 20);
	CHECK_ERRNO(truncate("f", -1), EINVAL);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(truncate(".", 0), EISDIR);
	CHECK_ERRNO(truncate("none", 0), ENOENT);
	CHECK_ERRNO(ftruncate(99, 0), EBADF);
	CHECK_SYS(chmod("f", 0644));
	AS_NOBODY
		CHECK_ERRNO(truncate("f", 0), EACCES);
}

TEST(rw_truncate_leaves_no_old_bytes)
{
	static char block[10000], got[10000];
	int fd = make("");

	memset(block, 'o', sizeof(block));
	CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
	CHECK_SYS(ftruncate(fd, 4200));
	CHECK_SYS(ftruncate(fd, sizeof(block)));
	CHECK_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
	for (size_t i = 0; i < sizeof(got); i++)
		CHECK_EQ(got[i], i < 4200 ? 'o' : 0);
}

TEST(rw_sync_calls)
{
	int fd = make("x"), pipes[2];

	CHECK_SYS(fsync(fd));
	CHECK_SYS(fdatasync(fd));
	CHECK_SYS(fsync(CHECK_SYS(open(".", O_RDONLY))));
	CHECK_SYS(pipe(pipes));
	CHECK_ERRNO(fsync(pipes[0]), EINVAL);
	CHECK_ERRNO(fsync(99), EBADF);
	sync();
}

TEST(rw_fallocate)
{
	struct stat st;
	int fd = make("abc");

	if (fallocate(fd, 0, 0, 100000) < 0) {
		CHECK_EQ(errno, EOPNOTSUPP);	// ext2 has no way to note an unwritten block
	} else {
		CHECK_SYS(fstat(fd, &st));
		CHECK_EQ(st.st_size, 100000);
	}
	CHECK_ERRNO(fallocate(99, 0, 0, 1), EBADF);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, -1, 10), EINVAL);
	CHECK_ERRNO(fallocate(CHECK_SYS(open("f", O_RDONLY)), 0, 0, 10), EBADF);
}

TEST(rw_many_sizes_and_offsets)
{
	enum { SIZE = 40000, ROUNDS = 300 };
	static char model[SIZE], got[SIZE];
	unsigned random = 12345, end = 0;
	int fd = make("");

	for (int round = 0; round < ROUNDS; round++) {
		random = random * 1103515245 + 12345;
		unsigned at = (random >> 8) % SIZE, n = (random >> 4) % 5000;

		n = n > SIZE - at ? SIZE - at : n;
		memset(model + at, 'a' + round % 26, n);
		CHECK_EQ(pwrite(fd, model + at, n, at), n);
		end = n && at + n > end ? at + n : end;
		if (round % 20 == 0)
			CHECK_SYS(fsync(fd));
	}
	CHECK_EQ(pread(fd, got, SIZE, 0), end);
	CHECK(memcmp(got, model, end) == 0);
}

TEST(rw_unlinked_file_lives_on)
{
	char text[8] = "";
	struct stat st;
	int fd = make("alive");

	CHECK_SYS(unlink("f"));
	CHECK_ERRNO(open("f", O_RDONLY), ENOENT);
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(pwrite(fd, "olive", 5, 0), 5);
	CHECK_EQ(pread(fd, text, 5, 0), 5);
	CHECK_STR(text, "olive");
	put_file("f", "new");		// the name is free again
	CHECK_EQ(pread(fd, text, 5, 0), 5);
	CHECK_STR(text, "olive");
}

TEST(rw_direct)
{
	enum { SIZE = 16 * 4096 };
	char *block = aligned_alloc(4096, SIZE), got[8];
	int fd = make(""), direct = open("f", O_RDWR | O_DIRECT);

	if (direct < 0) {
		CHECK_EQ(errno, EINVAL);	// not every file system has it
		return;
	}
	for (int i = 0; i < SIZE; i++)
		block[i] = i % 251;
	CHECK_EQ(write(fd, block, SIZE), SIZE);
	memset(block, 0, SIZE);
	CHECK_EQ(pread(direct, block, SIZE, 0), SIZE);	// what is in the cache only, too
	for (int i = 0; i < SIZE; i++)
		CHECK_EQ((unsigned char)block[i], i % 251);
	CHECK_EQ(pread(direct, block, SIZE, SIZE - 4096), 4096);
	CHECK_EQ(pread(direct, block, SIZE, SIZE), 0);
	memset(block, 'd', SIZE);
	CHECK_EQ(pwrite(direct, block, 8192, 4096), 8192);
	CHECK_EQ(pread(fd, got, 8, 4096 - 4), 8);	// and the cache does not keep the old
	CHECK(memcmp(got + 4, "dddd", 4) == 0);
	CHECK_ERRNO(pread(direct, block + 1, 4096, 0), EINVAL);
	CHECK_ERRNO(pread(direct, block, 100, 0), EINVAL);
	CHECK_ERRNO(pread(direct, block, 4096, 7), EINVAL);
}
