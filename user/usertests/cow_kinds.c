// SPDX-License-Identifier: MIT
// cow_kinds.c - each kind of private page, stored to and looked at by a device and by other means
#include "user/usertests/cow_pin.h"
#include "user/usertests/threads.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

enum { PAGES = 64, ROUNDS = 15 };

/* --- kinds of pages, full of 'o' or zero, and whoever has them, too ------------------------ */

static struct gate go;
static pid_t child;
static int behind;

static char *exclusive(void)
{
	char *p = map_private(1);

	memset(p, 'o', PAGE);
	return p;
}

static char *once_shared(void)
{
	char *p = exclusive();

	IN_CHILD
		check_bytes("child's", p, PAGE, 'o');
	return p;
}

// From now on a child has the page, too; when the gate opens, it looks at it.
static char *share(char *p)
{
	gate_make(&go);
	child = CHECK_SYS(fork());
	if (child == 0) {
		gate_wait(&go);
		check_bytes("child's", p, PAGE, 'o');
		finish();
	}
	return p;
}

static char *shared(void)
{
	return share(exclusive());
}

static void child_has_its_own(void)
{
	gate_open(&go);
	CHECK_EXIT(child, 0);
}

static char *shared_and_protected_between(void)
{
	char *p = shared();

	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_SYS(mprotect(p, PAGE, RW));
	return p;
}

static char *show_behind(void)
{
	char text[PAGE], *p;

	memset(text, 'o', PAGE);
	CHECK_EQ(pwrite(behind, text, PAGE, 0), PAGE);
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, behind, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

static char *of_a_file(void)
{
	behind = CHECK_SYS(open("behind", O_RDWR | O_CREAT | O_TRUNC, 0644));
	return show_behind();
}

static char *of_a_memfd(void)
{
	behind = CHECK_SYS(memfd_create("behind", 0));
	return show_behind();
}

static char *looked_at(void)
{
	char *p = of_a_file();

	check_bytes("mapped", p, PAGE, 'o');
	return p;
}

static void behind_is_as_before(void)
{
	char text[PAGE];

	CHECK_EQ(pread(behind, text, PAGE, 0), PAGE);
	check_bytes("the file", text, PAGE, 'o');
	CHECK_SYS(close(behind));
}

static char *untouched(void)
{
	return map_private(1);
}

static char *of_zeroes(void)
{
	char *p = map_private(1);

	check_bytes("zeroes", p, PAGE, 0);
	return p;
}

static char *of_dev_zero(void)
{
	int fd = CHECK_SYS(open("/dev/zero", O_RDWR));
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(fd));
	return p;
}

static void zeroes_are_zero(void)
{
	check_bytes("another page of zeroes", map_private(1), PAGE, 0);
}

static const struct kind {
	const char *name;
	char *(*make)(void);
	char content;
	void (*rest)(void);		// nobody else has seen a store; NULL: there is nobody
} kinds[] = {
	{ "exclusive", exclusive, 'o', NULL },
	{ "once shared", once_shared, 'o', NULL },
	{ "shared", shared, 'o', child_has_its_own },
	{ "shared, protected", shared_and_protected_between, 'o', child_has_its_own },
	{ "of a file", of_a_file, 'o', behind_is_as_before },
	{ "of a file, mapped", looked_at, 'o', behind_is_as_before },
	{ "of a memfd", of_a_memfd, 'o', behind_is_as_before },
	{ "untouched", untouched, 0, zeroes_are_zero },
	{ "of zeroes", of_zeroes, 0, zeroes_are_zero },
	{ "of /dev/zero", of_dev_zero, 0, zeroes_are_zero },
};

static void each_kind(void (*check)(const struct kind *kind, char *p, int fd))
{
	int fd = open_sectors();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *p = kinds[i].make();

		check(&kinds[i], p, fd);
		if (kinds[i].rest)
			kinds[i].rest();
		CHECK_SYS(munmap(p, PAGE));
	}
}

/* --- what is done to them ------------------------------------------------------------------ */

static void device_stores(const struct kind *kind, char *p, int fd)
{
	CHECK_EQ(pread(fd, p + SECTOR, SECTOR, 7 * SECTOR), SECTOR);
	check_bytes(kind->name, p, SECTOR, kind->content);
	check_bytes(kind->name, p + SECTOR, SECTOR, 7);
	check_bytes(kind->name, p + 2 * SECTOR, PAGE - 2 * SECTOR, kind->content);
}

TEST(cow_device_stores_into_each_kind)
{
	each_kind(device_stores);
}

// The device looks at the page, for which it need not be the caller's own; then the caller stores.
static void device_looks(const struct kind *kind, char *p, int fd)
{
	char got[PAGE];
	int plain = CHECK_SYS(open("f", O_RDONLY));

	CHECK_EQ(pwrite(fd, p, PAGE, 0), PAGE);
	memset(p, 's', SECTOR);
	CHECK_EQ(pread(plain, got, PAGE, 0), PAGE);
	check_bytes(kind->name, got, PAGE, kind->content);
	CHECK_EQ(pwrite(fd, p, PAGE, PAGE), PAGE);
	CHECK_EQ(pread(plain, got, PAGE, PAGE), PAGE);
	check_bytes(kind->name, got, SECTOR, 's');
	check_bytes(kind->name, got + SECTOR, PAGE - SECTOR, kind->content);
	CHECK_SYS(close(plain));
}

TEST(cow_device_looks_at_each_kind)
{
	each_kind(device_looks);
}

static void process_stores(const struct kind *kind, char *p, int fd)
{
	char got[8];

	(void)fd;
	CHECK_EQ(load_there(getpid(), p, got, sizeof(got)), sizeof(got));
	check_bytes(kind->name, got, sizeof(got), kind->content);
	CHECK_EQ(store_there(getpid(), p + 9, "ssss", 4), 4);
	check_bytes(kind->name, p, 9, kind->content);
	check_bytes(kind->name, p + 9, 4, 's');
	check_bytes(kind->name, p + 13, PAGE - 13, kind->content);
}

TEST(cow_process_stores_into_each_kind)
{
	each_kind(process_stores);
}

static void kernel_stores(const struct kind *kind, char *p, int fd)
{
	int plain = CHECK_SYS(open("f", O_RDONLY));

	(void)fd;
	CHECK_EQ(pread(plain, p + SECTOR, SECTOR, 7 * SECTOR), SECTOR);
	CHECK_EQ(load_there(getpid(), p + SECTOR, p + 3 * SECTOR, SECTOR), SECTOR);
	check_bytes(kind->name, p, SECTOR, kind->content);
	check_bytes(kind->name, p + SECTOR, SECTOR, 7);
	check_bytes(kind->name, p + 2 * SECTOR, SECTOR, kind->content);
	check_bytes(kind->name, p + 3 * SECTOR, SECTOR, 7);
	CHECK_SYS(close(plain));
}

TEST(cow_kernel_stores_into_each_kind)
{
	each_kind(kernel_stores);
}

/* --- seen on every hart -------------------------------------------------------------------- */

/*
 * The other thread's hart has a translation, and does not enter the kernel from its first access to
 * the last, which would bring it another.
 */

static volatile int looked, stored;
static cpu_set_t harts;

static void pin_to_first_hart(void)
{
	CHECK_SYS(sched_getaffinity(0, sizeof(harts), &harts));
	CHECK(pin_to_hart(0));
}

static void pin_to_last_hart(void)
{
	CHECK_SYS(sched_setaffinity(0, sizeof(harts), &harts));
	CHECK(pin_to_hart(CPU_COUNT(&harts) - 1));
}

static void *look_before_and_after(void *arg)
{
	volatile char *p = arg;
	char before;

	pin_to_last_hart();
	before = *p;
	set_word(&looked, 1);
	while (!__atomic_load_n(&stored, __ATOMIC_ACQUIRE))
		;
	return (void *)(long)(before << 8 | *p);
}

static void thread_looks_while_another_stores(const struct kind *kind, char *p, int fd)
{
	pthread_t reader;
	int want = kind->content << 8 | 's';
	long seen;

	(void)fd;
	set_word(&looked, 0);
	set_word(&stored, 0);
	reader = start_thread(look_before_and_after, p);
	until_set(&looked);
	*p = 's';
	set_word(&stored, 1);
	seen = (long)join_thread(reader);
	if (seen != want)
		fail(HERE("before and after"), "%s: want %#x, got %#lx", kind->name, want, seen);
}

TEST(cow_store_is_seen_on_every_hart)
{
	pin_to_first_hart();
	for (int round = 0; round < ROUNDS; round++)
		each_kind(thread_looks_while_another_stores);
}

// Shared, so that telling the thread is no fault of its own.
static volatile int *forked;

static void *store_before_and_after(void *arg)
{
	volatile char *p = arg;

	pin_to_last_hart();
	*p = 'o';
	set_word(&stored, 1);
	while (!__atomic_load_n(forked, __ATOMIC_ACQUIRE))
		;
	*p = 's';
	return NULL;
}

TEST(cow_fork_is_seen_on_every_hart)
{
	forked = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(forked != MAP_FAILED);
	pin_to_first_hart();
	for (int round = 0; round < ROUNDS; round++) {
		char *p = exclusive();
		pthread_t storer;

		*forked = 0;
		set_word(&stored, 0);
		storer = start_thread(store_before_and_after, p);
		until_set(&stored);
		share(p);
		*forked = 1;
		join_thread(storer);
		CHECK_EQ(*p, 's');
		child_has_its_own();
		CHECK_SYS(munmap(p, PAGE));
	}
}

// Permission taken and given back does not make common property the caller's.
TEST(cow_protected_there_and_back)
{
	char *p = shared_and_protected_between();

	memset(p, 's', PAGE);
	child_has_its_own();
	p = exclusive();
	IN_CHILD {
		CHECK_SYS(mprotect(p, PAGE, PROT_READ));
		CHECK_SYS(mprotect(p, PAGE, RW));
		memset(p, 's', PAGE);
	}
	check_bytes("parent's", p, PAGE, 'o');
}

/* --- while the device is at work ----------------------------------------------------------- */

static char *area;
static int file;
static ssize_t written;
static volatile int begun;

static void *write_area(void *unused)
{
	(void)unused;
	set_word(&begun, 1);
	written = pwrite(file, area, PAGES * PAGE, 0);
	return NULL;
}

// The device writes what was in the area when both had it, though the caller unmaps it meanwhile.
static void write_and_unmap(void)
{
	static char got[PAGES * PAGE];
	int plain = CHECK_SYS(open("f", O_RDONLY));
	pthread_t writer = start_thread(write_area, NULL);

	while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE))
		;
	CHECK_SYS(munmap(area, PAGES * PAGE));
	join_thread(writer);
	CHECK(written >= -1 && written <= (ssize_t)(PAGES * PAGE));
	if (written > 0) {
		CHECK_EQ(pread(plain, got, written, 0), written);
		check_bytes("written", got, written, 'o');
	}
}

static void make_area(void)
{
	file = open_sectors();
	area = map_private(PAGES);
	memset(area, 'o', PAGES * PAGE);
	begun = 0;
}

// What a page that is unmapped while a device looks at it becomes is nobody else's to decide.
TEST(cow_device_looks_while_the_child_unmaps)
{
	for (int round = 0; round < ROUNDS; round++) {
		make_area();
		child = CHECK_SYS(fork());
		if (child == 0) {
			write_and_unmap();
			finish();
		}
		for (int i = 0; i < PAGES; i++)
			memset(area + i * PAGE, 's', PAGE);
		CHECK_EXIT(child, 0);
		check_bytes("parent's", area, PAGES * PAGE, 's');
		CHECK_SYS(munmap(area, PAGES * PAGE));
		CHECK_SYS(close(file));
	}
}

TEST(cow_device_looks_while_the_parent_unmaps)
{
	for (int round = 0; round < ROUNDS; round++) {
		make_area();
		child = CHECK_SYS(fork());
		if (child == 0) {
			for (int i = 0; i < PAGES; i++)
				memset(area + i * PAGE, 's', PAGE);
			check_bytes("child's", area, PAGES * PAGE, 's');
			finish();
		}
		write_and_unmap();
		CHECK_EXIT(child, 0);
		CHECK_SYS(close(file));
	}
}

static void *protect_and_store(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&begun, __ATOMIC_ACQUIRE)) {
		CHECK_SYS(mprotect(area, PAGES * PAGE, PROT_READ));
		CHECK_SYS(mprotect(area, PAGES * PAGE, RW));
		for (int i = 0; i < PAGES; i++)
			((volatile char *)area)[i * PAGE + PAGE / 2]++;
	}
	return NULL;
}

// A store after permission was taken and given back stays in the page that the device stores into.
TEST(cow_device_stores_while_permissions_change)
{
	pthread_t other;

	make_area();
	other = start_thread(protect_and_store, NULL);
	for (int i = 0; i < ROUNDS * 20; i++) {
		char *p = area + i % PAGES * PAGE;
		ssize_t n = pread(file, p, SECTOR, i % SECTORS * SECTOR);

		if (n == -1)
			CHECK_EQ(errno, EFAULT);	// just now it was read-only
		else
			check_bytes("read", p, n, i % SECTORS);
	}
	set_word(&begun, 1);
	join_thread(other);
}
