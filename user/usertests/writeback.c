// SPDX-License-Identifier: MIT
// writeback.c - dirty pages go to the disk by age and by number, and who makes too many waits
//
// Each test leaves the settings as it found them.
#include "user/usertests/usertests.h"
#include "user/usertests/disk.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define VM	"/proc/sys/vm/"

static const char *const names[] = {
	"dirty_ratio", "dirty_bytes", "dirty_background_ratio", "dirty_background_bytes",
	"dirty_expire_centisecs", "dirty_writeback_centisecs",
};
static char saved[ARRAY_SIZE(names)][24];

static int put_setting(const char *name, const char *value)
{
	char path[64];
	int fd, result;

	snprintf(path, sizeof(path), VM "%s", name);
	fd = CHECK_SYS(open(path, O_WRONLY));
	result = write(fd, value, strlen(value));
	result = result < 0 ? errno : 0;
	CHECK_SYS(close(fd));
	return result;
}

static void set(const char *name, const char *value)
{
	CHECK_EQ(put_setting(name, value), 0);
}

static long get(const char *name)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), VM "%s", name);
	slurp(path, text, sizeof(text));
	return atol(text);
}

static void save(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), VM "%s", names[i]);
		slurp(path, saved[i], sizeof(saved[i]));
	}
}

// Of each pair the one that is 0 does not count.
static void restore(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (atol(saved[i]) || i >= 4)
			put_setting(names[i], saved[i]);
}

// The test is a process of its own, so that the settings come back however it ends.
static void keep_settings(void (*test)(void))
{
	int status;
	pid_t pid;

	save();
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		test();
		finish();
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	restore();
	CHECK_EQ(status, 0);
}

#define SETTINGS_TEST(name)						\
	static void name##_body(void);					\
	TEST(name)							\
	{								\
		keep_settings(name##_body);				\
	}								\
	static void name##_body(void)

static char block[16 * PAGE];

static void write_pages(int fd, size_t pages)
{
	for (size_t i = 0; i < pages * PAGE; i += sizeof(block))
		CHECK_EQ(pwrite(fd, block, sizeof(block), i), sizeof(block));
}

// A file of so many pages on the disk, clean.
static int make(size_t pages)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	write_pages(fd, pages);
	CHECK_SYS(fsync(fd));
	sync();
	return fd;
}

static unsigned long long sectors_written(void)
{
	struct disk_counts counts;

	CHECK(disk_counts("f", &counts));
	return counts.sectors_written;
}

// Sleeps until so many sectors more than that have been written: the test's time is the limit.
static void await_sectors(unsigned long long at)
{
	while (sectors_written() < at)
		nap(10 * MS);
}

SETTINGS_TEST(writeback_limits_in_percent_or_bytes)
{
	set("dirty_ratio", "30");
	CHECK_EQ(get("dirty_bytes"), 0);
	set("dirty_bytes", "10000000");
	CHECK_EQ(get("dirty_bytes"), 10000000);
	CHECK_EQ(get("dirty_ratio"), 0);
	set("dirty_ratio", "25");
	CHECK_EQ(get("dirty_ratio"), 25);
	CHECK_EQ(get("dirty_bytes"), 0);
	set("dirty_background_bytes", "1");
	CHECK_EQ(get("dirty_background_ratio"), 0);
	set("dirty_background_ratio", "0");
	CHECK_EQ(get("dirty_background_bytes"), 0);
	CHECK_EQ(get("dirty_background_ratio"), 0);
}

SETTINGS_TEST(writeback_limits_out_of_range)
{
	static const struct {
		const char *name, *value;
		int error;
	} cases[] = {
		{ "dirty_ratio", "101", EINVAL },
		{ "dirty_ratio", "-1", EINVAL },
		{ "dirty_background_ratio", "101", EINVAL },
		{ "dirty_bytes", "8191", EINVAL },
		{ "dirty_bytes", "8192", 0 },
		{ "dirty_bytes", "0", EINVAL },
		{ "dirty_bytes", "17592186040320", 0 },		// (2^32 - 1) pages
		{ "dirty_bytes", "17592186040321", ERANGE },
		{ "dirty_background_bytes", "0", EINVAL },
		{ "dirty_background_bytes", "17592186040321", ERANGE },
		{ "dirty_expire_centisecs", "-1", EINVAL },
		{ "dirty_expire_centisecs", "0", 0 },
		{ "dirty_writeback_centisecs", "x", EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int got = put_setting(cases[i].name, cases[i].value);

		if (got != cases[i].error)
			fail_later(HERE("write"), "%s to %s: want %s, got %s", cases[i].value,
				   cases[i].name, errno_name(cases[i].error), errno_name(got));
	}
	CHECK_EQ(get("dirty_bytes"), 17592186040320);	// what was refused has changed nothing
	CHECK_EQ(get("dirty_background_ratio"), atol(saved[2]));
}

static void write_back_after_200_ms(void)
{
	set("dirty_expire_centisecs", "20");
	set("dirty_writeback_centisecs", "10");
}

SETTINGS_TEST(writeback_by_age)
{
	unsigned long long before;
	int fd;

	write_back_after_200_ms();
	fd = make(64);
	before = sectors_written();
	write_pages(fd, 64);
	await_sectors(before + 64 * PAGE / 512);
}

SETTINGS_TEST(writeback_by_age_of_a_mapping)
{
	unsigned long long before;
	char *p;
	int fd;

	write_back_after_200_ms();
	fd = make(64);
	p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int round = 0; round < 3; round++) {
		before = sectors_written();
		for (int i = 0; i < 64; i++)
			p[i * PAGE] = 'a' + round;
		await_sectors(before + 64 * PAGE / 512);
	}
}

SETTINGS_TEST(writeback_not_by_age)
{
	unsigned long long before;
	int fd;

	set("dirty_writeback_centisecs", "0");
	set("dirty_expire_centisecs", "1");
	fd = make(64);
	before = sectors_written();
	write_pages(fd, 64);
	nap(500 * MS);
	CHECK(sectors_written() < before + 64 * PAGE / 512);
	set("dirty_writeback_centisecs", "10");		// and now at once
	await_sectors(before + 64 * PAGE / 512);
}

SETTINGS_TEST(writeback_by_number)
{
	unsigned long long before;
	int fd;

	set("dirty_writeback_centisecs", "0");
	set("dirty_bytes", "100000000");
	set("dirty_background_bytes", "262144");
	fd = make(1024);
	before = sectors_written();
	write_pages(fd, 1024);
	await_sectors(before + (1024 - 64 - 64) * PAGE / 512);
}

static long dirty_pages(void)
{
	char text[16384], *dirty, *writeback;

	slurp("/proc/vmstat", text, sizeof(text));
	dirty = strstr(text, "\nnr_dirty ");
	writeback = strstr(text, "\nnr_writeback ");
	CHECK(dirty && writeback);
	return atol(dirty + 10) + atol(writeback + 14);
}

// While the child runs: the most pages that are dirty or on their way.
static long most_dirty(pid_t pid)
{
	long most = 0, now;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		now = dirty_pages();
		most = now > most ? now : most;
		nap(MS);
	}
	CHECK_EQ(status, 0);
	return most;
}

enum { LIMIT_PAGES = 512, FILE_PAGES = 4096, SLACK = 1024 };

SETTINGS_TEST(writeback_makes_a_writer_wait)
{
	pid_t pid;
	int fd;

	fd = make(FILE_PAGES);
	set("dirty_background_bytes", "1048576");
	set("dirty_bytes", "2097152");
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		write_pages(fd, FILE_PAGES);
		write_pages(fd, FILE_PAGES);
		_exit(0);
	}
	CHECK(most_dirty(pid) <= LIMIT_PAGES + SLACK);
}

SETTINGS_TEST(writeback_makes_who_stores_wait)
{
	pid_t pid;
	int fd;

	fd = make(FILE_PAGES);
	set("dirty_background_bytes", "1048576");
	set("dirty_bytes", "2097152");
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		char *p = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		for (int round = 0; round < 2; round++)
			for (size_t i = 0; i < FILE_PAGES; i++)
				p[i * PAGE] = 'a' + round;
		_exit(0);
	}
	CHECK(most_dirty(pid) <= LIMIT_PAGES + SLACK);
}

SETTINGS_TEST(writeback_waiting_writer_can_be_killed)
{
	pid_t pid[4];
	int fd;

	fd = make(FILE_PAGES);
	set("dirty_background_bytes", "8192");
	set("dirty_bytes", "16384");
	for (int i = 0; i < 4; i++) {
		pid[i] = CHECK_SYS(fork());
		while (pid[i] == 0)
			write_pages(fd, FILE_PAGES);
	}
	nap(200 * MS);
	for (int i = 0; i < 4; i++) {
		CHECK_SYS(kill(pid[i], SIGKILL));
		CHECK_KILLED(pid[i], SIGKILL);
	}
}

SETTINGS_TEST(writeback_counts_what_truncation_takes)
{
	long before;
	int fd;

	set("dirty_writeback_centisecs", "0");
	set("dirty_ratio", "80");
	set("dirty_background_ratio", "60");
	fd = make(512);
	before = dirty_pages();
	write_pages(fd, 512);
	CHECK(dirty_pages() >= before + 400);
	CHECK_SYS(ftruncate(fd, 0));
	CHECK(dirty_pages() <= before + 100);
}
