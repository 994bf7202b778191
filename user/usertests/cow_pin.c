// SPDX-License-Identifier: MIT
// cow_pin.c - copy on write of pages that a device or another process reaches at the same time
#include "user/usertests/cow_pin.h"
#include "user/usertests/threads.h"
#include <sys/mman.h>
#include <sys/uio.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

// FEW: each of them costs a fence on all harts after each fork.
enum { PAGES = 64, FEW = 3, ROUNDS = 10 };

static char *area;
static int fd;
static volatile int stop;

char *map_private(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

int open_sectors(void)
{
	char sector[SECTOR];
	int plain = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	for (int i = 0; i < SECTORS; i++) {
		memset(sector, i, SECTOR);
		CHECK_EQ(write(plain, sector, SECTOR), SECTOR);
	}
	CHECK_SYS(fsync(plain));
	CHECK_SYS(close(plain));
	return CHECK_SYS(open("f", O_RDWR | O_DIRECT));
}

static void make_file(void)
{
	fd = open_sectors();
	stop = 0;
}

void check_bytes(const char *what, const volatile char *p, size_t length, char want)
{
	for (size_t i = 0; i < length; i++)
		if (p[i] != want)
			fail(HERE("bytes"), "%s, byte %zu: want %d, got %d", what, i, want, p[i]);
}

// Stores beside the place where the device stores, into every page again and again.
static void *store_beside(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++)
		((volatile char *)area)[i % FEW * PAGE + PAGE / 2] = i;
	return NULL;
}

static void *fork_often(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0)
			_exit(0);
		CHECK_EXIT(pid, 0);
	}
	return NULL;
}

// What the device reads is in the caller's page, though a fork and a store came in between.
TEST(cow_direct_read_while_others_fork_and_store)
{
	pthread_t forker, storer;

	make_file();
	area = map_private(FEW);
	memset(area, 'm', FEW * PAGE);
	forker = start_thread(fork_often, NULL);
	storer = start_thread(store_beside, NULL);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < FEW; i++) {
			int sector = round * FEW + i;

			CHECK_EQ(pread(fd, area + i * PAGE, SECTOR, sector * SECTOR), SECTOR);
			check_bytes("read", area + i * PAGE, SECTOR, sector);
		}
	set_word(&stop, 1);
	join_thread(storer);
	join_thread(forker);
}

static void *read_often(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++)
		CHECK_EQ(pread(fd, area, PAGES * PAGE, i % 2 * PAGES * SECTOR), PAGES * PAGE);
	return NULL;
}

// What the device reads after a fork is not seen by the child: its memory stands still.
TEST(cow_direct_read_is_not_the_childs)
{
	static char copy[PAGES * PAGE];
	pthread_t reader;

	make_file();
	CHECK_SYS(ftruncate(fd, 2 * PAGES * PAGE));
	area = map_private(PAGES);
	memset(area, 'm', PAGES * PAGE);
	reader = start_thread(read_often, NULL);
	for (int round = 0; round < ROUNDS; round++)
		IN_CHILD {
			memcpy(copy, area, sizeof(copy));
			nap(MS);
			CHECK(memcmp(copy, area, sizeof(copy)) == 0);
		}
	set_word(&stop, 1);
	join_thread(reader);
}

// What the device writes is what was there at the time, whatever the child stores.
TEST(cow_direct_write_of_shared_pages)
{
	char sector[SECTOR];

	make_file();
	area = map_private(PAGES);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pid;

		memset(area, round, PAGES * PAGE);
		pid = CHECK_SYS(fork());
		if (pid == 0) {
			memset(area, 'c', PAGES * PAGE);
			_exit(0);
		}
		CHECK_EQ(pwrite(fd, area, PAGES * PAGE, 0), PAGES * PAGE);
		CHECK_EXIT(pid, 0);
		CHECK_EQ(pread(fd, area, PAGES * PAGE, 0), PAGES * PAGE);
		check_bytes("written", area, PAGES * PAGE, round);
		memcpy(sector, area + PAGE, SECTOR);
		check_bytes("sector", sector, SECTOR, round);
	}
}

// The child reads with the device into pages that it shares with its parent.
TEST(cow_direct_read_into_shared_pages)
{
	make_file();
	area = map_private(PAGES);
	memset(area, 'p', PAGES * PAGE);
	IN_CHILD {
		CHECK_EQ(pread(fd, area, SECTOR, 7 * SECTOR), SECTOR);
		check_bytes("read", area, SECTOR, 7);
		check_bytes("beside", area + SECTOR, PAGE - SECTOR, 'p');
	}
	check_bytes("parent's", area, PAGES * PAGE, 'p');
	// Pages that were only looked at so far, and pages that nobody has touched.
	area = map_private(PAGES);
	check_bytes("untouched", area, PAGE, 0);
	CHECK_EQ(pread(fd, area, SECTOR, 8 * SECTOR), SECTOR);
	CHECK_EQ(pread(fd, area + 2 * PAGE, SECTOR, 9 * SECTOR), SECTOR);
	IN_CHILD {
		check_bytes("read", area, SECTOR, 8);
		check_bytes("read", area + 2 * PAGE, SECTOR, 9);
		check_bytes("zero page", area + PAGE, PAGE, 0);
	}
}

// A private copy of a file's page: what is read into it is not the file's.
TEST(cow_direct_read_into_a_private_file_page)
{
	char *p;

	make_file();
	put_file("g", "original");
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, CHECK_SYS(open("g", O_RDONLY)), 0);
	CHECK(p != MAP_FAILED);
	CHECK_STR(p, "original");
	IN_CHILD {
		CHECK_EQ(pread(fd, p, SECTOR, 5 * SECTOR), SECTOR);
		check_bytes("read", p, SECTOR, 5);
	}
	CHECK_STR(p, "original");
	CHECK_CONTENT("g", "original");
}

ssize_t store_there(pid_t pid, char *there, const char *text, size_t length)
{
	struct iovec local = { (char *)text, length }, remote = { there, length };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

ssize_t load_there(pid_t pid, char *there, char *text, size_t length)
{
	struct iovec local = { text, length }, remote = { there, length };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

// Another process's stores break the sharing as the process's own would.
TEST(cow_store_from_another_process)
{
	struct gate go, done;
	char got[8];
	pid_t pid;

	area = map_private(2);
	memset(area, 'p', 2 * PAGE);
	gate_make(&go);
	gate_make(&done);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		IN_CHILD {		// a brother shares them too
			gate_open(&done);
			gate_wait(&go);
			check_bytes("brother's", area, 2 * PAGE, 'p');
		}
		CHECK(memcmp(area, "stored", 6) == 0);
		check_bytes("beside", area + 6, 2 * PAGE - 6, 'p');
		finish();
	}
	gate_wait(&done);
	CHECK_EQ(load_there(pid, area, got, 6), 6);
	CHECK(memcmp(got, "pppppp", 6) == 0);
	CHECK_EQ(store_there(pid, area, "stored", 6), 6);
	CHECK_EQ(load_there(pid, area, got, 6), 6);
	CHECK(memcmp(got, "stored", 6) == 0);
	check_bytes("parent's", area, 2 * PAGE, 'p');
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	check_bytes("parent's", area, 2 * PAGE, 'p');
}

// Never-touched pages, the zero page and pages of a file, stored to from outside.
TEST(cow_store_from_another_process_elsewhere)
{
	struct gate go;
	char *file;
	pid_t pid;

	put_file("g", "original");
	file = mmap(NULL, PAGE, RW, MAP_PRIVATE, CHECK_SYS(open("g", O_RDONLY)), 0);
	CHECK(file != MAP_FAILED);
	area = map_private(3);
	check_bytes("zero page", area, PAGE, 0);
	gate_make(&go);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&go);
		CHECK_STR(area, "one");
		CHECK_STR(area + PAGE, "two");
		CHECK_STR(file, "private!");
		finish();
	}
	CHECK_EQ(store_there(pid, area, "one", 4), 4);
	CHECK_EQ(store_there(pid, area + PAGE, "two", 4), 4);
	CHECK_EQ(store_there(pid, file, "private!", 8), 8);
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	check_bytes("parent's", area, 3 * PAGE, 0);
	CHECK_STR(file, "original");
	CHECK_CONTENT("g", "original");
}
