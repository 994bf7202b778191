// SPDX-License-Identifier: MIT
// reclaim.c - which page goes when memory is short: policies by name, changed under load
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"

#define POLICY	"/proc/sys/vm/reclaim_policy"

static void read_text(const char *path, char *text, size_t size)
{
	int fd = CHECK_SYS(open(path, O_RDONLY));
	ssize_t n = CHECK_SYS(read(fd, text, size - 1));

	text[n] = '\0';
	close(fd);
}

static int write_policy(const char *name)
{
	int fd = CHECK_SYS(open(POLICY, O_WRONLY));
	int ret = write(fd, name, strlen(name)) < 0 ? errno : 0;

	close(fd);
	return ret;
}

// "fifo [clock] lru2": the one in brackets.
static void current_policy(char name[32])
{
	char text[256];

	read_text(POLICY, text, sizeof(text));
	CHECK(strchr(text, '[') && strchr(text, ']'));
	*strchr(text, ']') = '\0';
	snprintf(name, 32, "%s", strchr(text, '[') + 1);
}

// All names, cut apart; returns how many.
static int policy_names(char *text, size_t size, char *name[16])
{
	int n = 0;

	read_text(POLICY, text, size);
	for (char *word = strtok(text, " []\n"); word; word = strtok(NULL, " []\n"))
		name[n++] = word;
	return n;
}

TEST(reclaim_policy_by_name)
{
	char text[256], before[32], now[32], *name[16];
	int n = policy_names(text, sizeof(text), name);

	CHECK(n >= 4);
	current_policy(before);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(write_policy(name[i]), 0);
		current_policy(now);
		CHECK_STR(now, name[i]);
	}
	CHECK_EQ(write_policy("clock\n"), 0);
	CHECK_EQ(write_policy(before), 0);
}

TEST(reclaim_policy_unknown_name)
{
	static const char *const bad[] = { "lru", "lru22", "", "\n", "lru2 fifo", "LRU2",
					   "a-name-that-is-too-long-for-any-policy" };
	char before[32], now[32];

	current_policy(before);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (*bad[i])
			CHECK_EQ(write_policy(bad[i]), EINVAL);
		current_policy(now);
		CHECK_STR(now, before);
	}
}

TEST(reclaim_policy_shows_its_lists)
{
	char text[512], wanted[48], now[32];

	current_policy(now);
	snprintf(wanted, sizeof(wanted), "policy %s\n", now);
	read_text("/proc/faultline/reclaim", text, sizeof(text));
	CHECK(!strncmp(text, wanted, strlen(wanted)));
}

static int write_reclaim(const char *text)
{
	int fd = CHECK_SYS(open("/proc/faultline/reclaim", O_WRONLY));
	int ret = write(fd, text, strlen(text)) < 0 ? errno : 0;

	close(fd);
	return ret;
}

TEST(reclaim_policy_gives_up_so_many)
{
	static const char *const bad[] = { "anon", "anon ", "anon -1", "file x", "shmem 1", "1" };
	char *p = map_anon(64, RW);
	size_t out;

	need_swap(8192);
	memset(p, 1, 64 * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(write_reclaim(bad[i]), EINVAL);
	CHECK_EQ(write_reclaim("anon 0\n"), 0);
	CHECK_EQ(write_reclaim("anon 8\n"), 0);
	// More than there is.
	CHECK_EQ(write_reclaim("anon 4000000000"), EAGAIN);
	out = pages_out(p, 64);
	if (out < 60)
		fail(HERE("pages"), "%zu of 64 are out: all could go", out);
}

static size_t resident_every_other(const char *p, size_t pages)
{
	size_t n = 0;

	for (size_t i = 0; i < pages; i += 2)
		n += resident(p + i * PAGE, 1);
	return n;
}

// What is used after reclaim looked at it stays; until nothing is left that was not.
static void check_used_ones_stay(const char *policy)
{
	char *p = map_anon(64, RW), before[32];

	need_swap(8192);
	current_policy(before);
	CHECK_EQ(write_policy(policy), 0);
	write_reclaim("anon 1000000");
	memset(p, 1, 64 * PAGE);
	// The first one of them goes when all were looked at.
	while (resident(p, 64) == 64)
		CHECK_EQ(write_reclaim("anon 1"), 0);
	for (size_t i = 0; i < 64; i += 2)
		CHECK_EQ(p[i * PAGE], 1);
	while (resident_every_other(p + PAGE, 63)) {
		CHECK_EQ(write_reclaim("anon 1"), 0);
		if (resident_every_other(p, 64) < 32)
			fail(HERE(policy), "a page is gone that was used, %zu stay that were not",
			     resident_every_other(p + PAGE, 63));
	}
	CHECK_EQ(write_policy(before), 0);
}

TEST(reclaim_policy_clock_is_told_of_uses)
{
	check_used_ones_stay("clock");
}

TEST(reclaim_policy_lru2_is_told_of_uses)
{
	check_used_ones_stay("lru2");
}

/* --- under load --- */

static long meminfo_kb(const char *name)
{
	char text[4096], *at;

	read_text("/proc/meminfo", text, sizeof(text));
	at = strstr(text, name);
	CHECK(at != NULL);
	return atol(at + strlen(name));
}

// Writes all pages, then reads and writes some of them until it is told to stop.
static void use_memory(size_t pages, uint64_t seed, int stop)
{
	uint64_t *p = (uint64_t *)map_anon(pages, RW);
	uint64_t x = seed;

	for (size_t i = 0; i < pages; i++)
		p[i * (PAGE / 8)] = i ^ seed;
	while (read(stop, (char[1]){}, 1) < 0) {
		CHECK_EQ(errno, EAGAIN);
		for (int i = 0; i < 200; i++) {
			size_t page;

			x = x * 6364136223846793005 + 1442695040888963407;
			page = (x >> 33) % pages;
			CHECK_EQ(p[page * (PAGE / 8)], page ^ seed);
			p[page * (PAGE / 8)] = page ^ seed;
		}
	}
	for (size_t i = 0; i < pages; i++)
		CHECK_EQ(p[i * (PAGE / 8)], i ^ seed);
}

// Every folio is held by one policy and then by the next, while memory is short.
TEST(reclaim_policy_changed_under_load)
{
	size_t pages = (meminfo_kb("MemAvailable:") + 4096) / (PAGE / 1024);
	char text[256], before[32], *name[16];
	int n = policy_names(text, sizeof(text), name), stop[2];
	pid_t pid[2];

	if (meminfo_kb("SwapFree:") < (long)(pages * (PAGE / 1024)))
		skip("needs swap for %zu pages", pages);
	current_policy(before);
	CHECK_SYS(pipe2(stop, O_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		pid[i] = CHECK_SYS(fork());
		if (!pid[i]) {
			close(stop[1]);
			use_memory(pages / 2, i + 1, stop[0]);
			finish();
		}
	}
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(write_policy(name[i % n]), 0);
		usleep(5000);
	}
	close(stop[1]);
	CHECK_EXIT(pid[0], 0);
	CHECK_EXIT(pid[1], 0);
	CHECK_EQ(write_policy(before), 0);
}
