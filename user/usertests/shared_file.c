// SPDX-License-Identifier: MIT
// shared_file.c - a file's shared mappings, its read() and its write() are one and the same content
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static char *map_at(int fd, size_t pages, off_t offset)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, offset);

	CHECK(p != MAP_FAILED);
	return p;
}

static char *map(int fd, size_t pages)
{
	return map_at(fd, pages, 0);
}

// So many pages; byte i is i % 251.
static int make(const char *path, size_t pages)
{
	char page[PAGE];
	int fd = CHECK_SYS(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));

	for (size_t i = 0; i < pages; i++) {
		for (size_t k = 0; k < PAGE; k++)
			page[k] = (i * PAGE + k) % 251;
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static void check_bytes(const struct place *at, const char *p, size_t n, size_t first)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (char)((first + i) % 251))
			fail(at, "byte %zu: want %zu, got %d", i, (first + i) % 251, p[i]);
}
#define CHECK_BYTES(p, n, first)	check_bytes(HERE("content of " #p), p, n, first)

TEST(shared_file_agrees_with_read_and_write)
{
	int fd = make("f", 3);
	char *p = map(fd, 3), *q = map_at(fd, 2, PAGE), got[8] = "";

	p[PAGE + 10] = 'S';
	CHECK_EQ(q[10], 'S');
	CHECK_EQ(pread(fd, got, 1, PAGE + 10), 1);
	CHECK_EQ(got[0], 'S');
	CHECK_EQ(pwrite(fd, "write", 5, 2 * PAGE - 2), 5);
	CHECK(memcmp(p + 2 * PAGE - 2, "write", 5) == 0);
	CHECK(memcmp(q + PAGE - 2, "write", 5) == 0);
	q[PAGE] = 'Q';
	CHECK_EQ(pread(fd, got, 5, 2 * PAGE - 2), 5);
	CHECK(memcmp(got, "wrQte", 5) == 0);
	IN_CHILD {
		p[0] = 'c';
		CHECK_EQ(pwrite(fd, "d", 1, 1), 1);
	}
	CHECK_EQ(p[0], 'c');
	CHECK_EQ(p[1], 'd');
}

TEST(shared_file_outlives_name_and_descriptor)
{
	int fd = make("f", 2);
	char *p = map(fd, 2);

	CHECK_SYS(close(fd));
	CHECK_SYS(unlink("f"));
	p[PAGE] = 'a';
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	drop_page_cache();
	CHECK_EQ(p[PAGE], 'a');
	CHECK_BYTES(p, PAGE, 0);
}

/* --- the memory of a system call is a mapping of its file ----------------------------------- */

TEST(shared_file_written_from_its_own_page)
{
	int fd = make("f", 4);
	char *p = map(fd, 4);

	CHECK_EQ(pwrite(fd, p, PAGE, 0), PAGE);			// onto itself
	CHECK_BYTES(p, 4 * PAGE, 0);
	CHECK_EQ(pwrite(fd, p + 100, 1000, 200), 1000);		// within a page
	CHECK_BYTES(p, 200, 0);
	CHECK_BYTES(p + 200, 100, 100);
	CHECK_EQ(pwrite(fd, p + 2 * PAGE, 2 * PAGE, PAGE), 2 * PAGE);
	CHECK_BYTES(p + PAGE, PAGE, 2 * PAGE);
}

TEST(shared_file_written_from_pages_not_in_memory)
{
	int fd = make("f", 64);
	char *p = map(fd, 64);

	CHECK_SYS(fsync(fd));
	for (size_t shift = 0; shift <= 32; shift += 8) {
		CHECK_SYS(munmap(p, 64 * PAGE));
		drop_page_cache();
		p = map(fd, 64);
		CHECK_EQ(pwrite(fd, p, 32 * PAGE, shift * PAGE), 32 * PAGE);
	}
	CHECK_SYS(munmap(p, 64 * PAGE));
	drop_page_cache();
	p = map(fd, 64);
	CHECK_BYTES(p + 32 * PAGE, 8 * PAGE, 0);
}

TEST(shared_file_written_from_a_page_that_is_appended)
{
	int fd = make("f", 1);
	char *p = map(fd, 8);

	// The source lies behind the end of the file: nothing is there.
	CHECK_ERRNO(pwrite(fd, p + PAGE, PAGE, PAGE), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_END), PAGE);
	// Each page comes to be just before it is needed.
	for (int i = 1; i < 8; i++)
		CHECK_EQ(pwrite(fd, p + (i - 1) * PAGE, PAGE, i * PAGE), PAGE);
	for (int i = 0; i < 8; i++)
		CHECK_BYTES(p + i * PAGE, PAGE, 0);
}

TEST(shared_file_written_in_pieces_of_itself)
{
	int fd = make("f", 4);
	char *p = map(fd, 4);
	struct iovec vec[] = {
		{ p + 3 * PAGE, 100 }, { p + 100, 3996 }, { p + 2 * PAGE, PAGE }, { p, 50 },
	};

	CHECK_SYS(madvise(p, 4 * PAGE, MADV_DONTNEED));
	CHECK_EQ(pwritev(fd, vec, 4, 0), 100 + 3996 + PAGE + 50);
	CHECK_BYTES(p, 100, 3 * PAGE);
	CHECK_BYTES(p + 100, 3996, 100);
	CHECK_BYTES(p + PAGE, PAGE, 2 * PAGE);
	CHECK_BYTES(p + 2 * PAGE, 50, 3 * PAGE);	// what the first piece has left there
}

TEST(shared_file_read_into_its_own_pages)
{
	int fd = make("f", 8);
	char *p = map(fd, 8);

	CHECK_EQ(pread(fd, p, 8 * PAGE, 0), 8 * PAGE);
	CHECK_BYTES(p, 8 * PAGE, 0);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(munmap(p, 8 * PAGE));
	drop_page_cache();
	p = map(fd, 8);
	CHECK_EQ(pread(fd, p + 4 * PAGE, 4 * PAGE, 0), 4 * PAGE);	// none of them in memory
	CHECK_BYTES(p + 4 * PAGE, 4 * PAGE, 0);
	CHECK_BYTES(p, 4 * PAGE, 0);
	CHECK_SYS(msync(p, 8 * PAGE, MS_SYNC));
	CHECK_SYS(munmap(p, 8 * PAGE));
	drop_page_cache();
	p = map(fd, 8);
	CHECK_BYTES(p + 4 * PAGE, 4 * PAGE, 0);
}

// Two files, each written from a mapping of the other.
TEST(shared_file_written_from_each_other)
{
	int a = make("a", 16), b = make("b", 16), status;
	char *in_a = map(a, 16), *in_b = map(b, 16);
	pid_t pid = CHECK_SYS(fork());

	for (int i = 0; i < 200; i++) {
		if (pid == 0)
			CHECK_EQ(pwrite(a, in_b, 16 * PAGE, 0), 16 * PAGE);
		else
			CHECK_EQ(pwrite(b, in_a, 16 * PAGE, 0), 16 * PAGE);
	}
	if (pid == 0)
		finish();
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_BYTES(in_a, 16 * PAGE, 0);
	CHECK_BYTES(in_b, 16 * PAGE, 0);
}

/* --- clean and dirty ------------------------------------------------------------------------ */

static time_t mtime(int fd)
{
	struct stat st;

	CHECK_SYS(fstat(fd, &st));
	return st.st_mtime;
}

// A page that was written back is write-protected, so that the file's time moves at the next store.
TEST(shared_file_store_moves_the_time_each_time_it_is_clean)
{
	static const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int fd = make("f", 1);
	char *p = map(fd, 1);

	CHECK_SYS(fsync(fd));
	for (int i = 0; i < 2; i++) {
		CHECK_SYS(futimens(fd, long_ago));
		CHECK_EQ(p[i + 1], i + 1);	// reading does not count
		CHECK_EQ(mtime(fd), 1000);
		p[i] = 'm';
		CHECK_SYS(msync(p, PAGE, MS_SYNC));
		CHECK(mtime(fd) > 1000);
	}
}

TEST(shared_file_first_store_is_by_any_mapping)
{
	int fd = make("f", 1);
	char *p = map(fd, 1), *q = map(fd, 1);
	struct disk_counts before, after;

	for (int i = 0; i < 4; i++) {
		CHECK_SYS(msync(p, PAGE, MS_SYNC));
		if (!disk_counts("f", &before))
			return;
		(i % 2 ? p : q)[i] = 'x';
		if (i == 3)
			CHECK_SYS(munmap(p, PAGE));	// what was stored stays dirty
		CHECK_SYS(fsync(fd));
		CHECK(disk_counts("f", &after));
		CHECK(after.sectors_written >= before.sectors_written + PAGE / 512);
	}
}

TEST(shared_file_dirty_at_exit_is_written)
{
	int fd = make("f", 2);

	CHECK_SYS(fsync(fd));
	IN_CHILD
		map(fd, 2)[PAGE + 1] = 'e';
	drop_page_cache();
	CHECK_EQ(map(fd, 2)[PAGE + 1], 'e');
}

TEST(shared_file_behind_the_end_is_not_written)
{
	int fd = make("f", 1);
	char *p = map(fd, 1), got[200];

	CHECK_SYS(ftruncate(fd, 1000));
	p[1100] = 'x';				// on the page, but not of the file
	CHECK_SYS(msync(p, PAGE, MS_SYNC));
	CHECK_SYS(munmap(p, PAGE));
	drop_page_cache();
	CHECK_SYS(ftruncate(fd, 1200));
	CHECK_EQ(pread(fd, got, 200, 1000), 200);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(got[i], 0);
}

TEST(shared_file_store_into_a_hole)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	struct stat st;
	char *p;

	CHECK_SYS(ftruncate(fd, 64 * PAGE));
	p = map(fd, 64);
	for (int i = 0; i < 64; i += 2)
		CHECK_EQ(p[i * PAGE], 0);
	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 0);		// reading takes no room
	p[10 * PAGE] = 'a';
	p[50 * PAGE + 4095] = 'b';
	CHECK_SYS(msync(p, 64 * PAGE, MS_SYNC));
	CHECK_SYS(fstat(fd, &st));
	CHECK(st.st_blocks >= 16 && st.st_blocks < 64 * 8);
	CHECK_SYS(munmap(p, 64 * PAGE));
	drop_page_cache();
	p = map(fd, 64);
	CHECK(p[10 * PAGE] == 'a' && p[10 * PAGE + 1] == 0 && p[50 * PAGE + 4095] == 'b');
}

/* --- races --------------------------------------------------------------------------------- */

enum { PAGES = 32 };

static void touch_or_die(char *p, unsigned seed)
{
	for (int i = 0; i < 100000; i++) {
		if (i % 256 == 0)
			nap(MS);	// so that the others get on, even on one hart
		seed = seed * 1103515245 + 12345;
		char *at = p + (seed >> 8) % PAGES * PAGE;

		if (seed >> 28 & 1) {
			*(volatile char *)at = 's';
		} else {
			char c = *(volatile char *)at;

			CHECK(c == 0 || c == 's' || c == 'w');
		}
	}
}

static void survive(int sig)
{
	(void)sig;
	_exit(0);			// the file was cut: SIGBUS is right
}

static pid_t start_toucher(int fd, unsigned seed)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		on_signal(SIGBUS, survive, 0);
		for (;;)
			touch_or_die(map(fd, PAGES), seed);
	}
	return pid;
}

// By SIGBUS, or since it was killed; not because it found something else.
static bool has_ended(pid_t pid, int options)
{
	int status;

	if (CHECK_SYS(waitpid(pid, &status, options)) == 0)
		return false;
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return true;
}

// Stores, loads and write-back against truncation, extension, and dropping what is cached.
static void race_against(void (*change)(int fd, int round), int rounds)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));
	pid_t pid[3] = { 0, 0, 0 };

	for (int round = 0; round < rounds; round++) {
		CHECK_SYS(ftruncate(fd, PAGES * PAGE));
		for (int i = 0; i < 3; i++)
			if (!pid[i] || has_ended(pid[i], WNOHANG))
				pid[i] = start_toucher(fd, round * 3 + i);
		change(fd, round);
	}
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		has_ended(pid[i], 0);
	}
	CHECK_SYS(fsync(fd));
}

static void cut(int fd, int round)
{
	CHECK_SYS(ftruncate(fd, round * 37 % PAGES * PAGE + round % 3 * 100));
}

TEST(shared_file_race_with_truncate)
{
	race_against(cut, 150);
}

static void sync_and_drop(int fd, int round)
{
	if (round % 3 == 0)
		CHECK_SYS(fsync(fd));
	else if (round % 3 == 1)
		drop_page_cache();
	else
		CHECK_SYS(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
}

TEST(shared_file_race_with_write_back)
{
	race_against(sync_and_drop, 30);
}

static void write_around(int fd, int round)
{
	static char page[PAGE];

	memset(page, 'w', PAGE);
	CHECK_SYS(pwrite(fd, page, PAGE, round * 13 % PAGES * PAGE));
	CHECK_SYS(ftruncate(fd, round * 29 % PAGES * PAGE));
	CHECK_SYS(pwrite(fd, page, PAGE, round * 7 % PAGES * PAGE));
	if (round % 5 == 0)
		CHECK_SYS(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
}

TEST(shared_file_race_with_write_and_truncate)
{
	race_against(write_around, 100);
}

// Nothing stored before an msync may be lost, whatever happens to the page afterwards.
TEST(shared_file_race_loses_nothing)
{
	enum { WRITERS = 4, COUNT = 300 };
	int fd = make("f", 1);
	pid_t pid[WRITERS], syncer;
	unsigned *p;

	CHECK_SYS(ftruncate(fd, 0));
	CHECK_SYS(ftruncate(fd, PAGE));
	syncer = CHECK_SYS(fork());
	if (syncer == 0) {
		for (;;) {
			fsync(fd);
			drop_page_cache();
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			for (int n = 1; n <= COUNT; n++) {
				p = (unsigned *)map(fd, 1);
				CHECK_EQ(p[i * 16], n - 1);
				p[i * 16] = n;
				CHECK_SYS(munmap(p, PAGE));
			}
			finish();
		}
	}
	for (int i = 0; i < WRITERS; i++)
		CHECK_EXIT(pid[i], 0);
	CHECK_SYS(kill(syncer, SIGKILL));
	CHECK_EQ(waitpid(syncer, NULL, 0), syncer);
	drop_page_cache();
	p = (unsigned *)map(fd, 1);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(p[i * 16], COUNT);
}

TEST(shared_file_race_with_unlink)
{
	for (int round = 0; round < 40; round++) {
		int fd = make("f", 16);
		char *p = map(fd, 16);
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			for (size_t i = 0; i < 16 * PAGE; i += 64)
				p[i]++;
			_exit(0);		// with the last mapping, perhaps
		}
		CHECK_SYS(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
		CHECK_SYS(unlink("f"));
		CHECK_SYS(close(fd));
		if (round % 2)
			CHECK_SYS(munmap(p, 16 * PAGE));
		CHECK_EXIT(pid, 0);
	}
}
