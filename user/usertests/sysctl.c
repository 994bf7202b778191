// SPDX-License-Identifier: MIT
// sysctl.c - numbers under /proc/sys: how they are read, written and guarded
#include "user/usertests/usertests.h"

#define KNOB	"/proc/sys/vm/max_map_count"

static char text[256];

// Writes to the file from its beginning: bytes taken, or -errno.
static long put(const char *path, const char *what, size_t n)
{
	int fd = CHECK_SYS(open(path, O_WRONLY | O_CLOEXEC));
	ssize_t taken = write(fd, what, n);
	long result = taken < 0 ? -errno : taken;

	CHECK_SYS(close(fd));
	return result;
}
#define PUT(path, what)		put(path, what, strlen(what))
#define CHECK_PUT(path, what, want)	check_eq(HERE("write " #what), PUT(path, what), want)

TEST(sysctl_numbers_as_written)
{
	static const struct {
		const char *written, *read;
		int taken;
	} good[] = {
		{ "70000", "70000\n", 5 },	{ "70001\n", "70001\n", 6 },
		{ "  70002 \n ", "70002\n", 10 }, { "0x11170", "70000\n", 7 },
		{ "0210560", "70000\n", 7 },	{ "70003 5", "70003\n", 6 },
		{ "70004\t\tx", "70004\n", 7 },	{ "2147483647", "2147483647\n", 10 },
	};
	static const char *const bad[] = {
		"", " ", "\n", "x", "70000x", "-1", "+1", "--1", "2147483648", "99999999999",
		"70000,5", "000000000000000000000070000", "0x", "7e4",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_PUT(KNOB, good[i].written, good[i].taken);
		CHECK_CONTENT(KNOB, good[i].read);
	}
	CHECK_PUT(KNOB, "70000", 5);
	for (size_t i = 1; i < ARRAY_SIZE(bad); i++)
		if (PUT(KNOB, bad[i]) != -EINVAL)
			fail(HERE(KNOB), "\"%s\": want EINVAL, got %ld", bad[i], PUT(KNOB, bad[i]));
	check_eq(HERE("a NUL behind it"), put(KNOB, "70001", 6), -EINVAL);
	check_eq(HERE("nothing"), put(KNOB, "70001", 0), 0);
	CHECK_CONTENT(KNOB, "70000\n");
	CHECK_PUT(KNOB, "65530", 5);
}

// What does not begin at the beginning of the file is taken and forgotten; reads end there.
TEST(sysctl_positions)
{
	int fd = CHECK_SYS(open(KNOB, O_RDWR));

	CHECK_EQ(read(fd, text, 2), 2);
	CHECK(memcmp(text, "65", 2) == 0);
	CHECK_EQ(read(fd, text, 10), 0);
	CHECK_EQ(pread(fd, text, 10, 1), 0);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 6);
	CHECK_EQ(write(fd, "70000", 5), 5);
	CHECK_CONTENT(KNOB, "65530\n");
	CHECK_EQ(pwrite(fd, "70000", 5, 0), 5);
	CHECK_CONTENT(KNOB, "70000\n");
	CHECK_EQ(pwrite(fd, "65530", 5, 3), 5);
	CHECK_CONTENT(KNOB, "70000\n");
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "65530", 5), 5);
	CHECK_CONTENT(KNOB, "65530\n");
}

TEST(sysctl_ranges)
{
	static const struct {
		const char *name, *lowest, *highest, *below, *above;
	} knobs[] = {
		{ "dirty_ratio", "0", "100", "-1", "101" },
		{ "dirty_background_ratio", "0", "100", "-1", "101" },
		{ "watermark_scale_factor", "1", "3000", "0", "3001" },
		{ "max_map_count", "1000", "2147483647", "-1", "2147483648" },
		{ "dirty_expire_centisecs", "0", "2147483647", "-1", "2147483648" },
	};
	char path[64], old[32];

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		snprintf(path, sizeof(path), "/proc/sys/vm/%s", knobs[i].name);
		slurp(path, old, sizeof(old));
		check_eq(HERE(knobs[i].name), PUT(path, knobs[i].below), -EINVAL);
		check_eq(HERE(knobs[i].name), PUT(path, knobs[i].above), -EINVAL);
		CHECK_CONTENT(path, old);
		check_eq(HERE(knobs[i].name), PUT(path, knobs[i].lowest),
			 strlen(knobs[i].lowest));
		check_eq(HERE(knobs[i].name), PUT(path, knobs[i].highest),
			 strlen(knobs[i].highest));
		CHECK_EQ(PUT(path, old), strlen(old));
	}
}

// The mode says all: also root reads and writes only what the owner may.
TEST(sysctl_permissions)
{
	struct stat st;

	CHECK_ERRNO(open("/proc/sys/vm/drop_caches", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/sys/kernel/ngroups_max", O_WRONLY), EACCES);
	CHECK_SYS(stat("/proc/sys/vm/drop_caches", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0200);
	CHECK_ERRNO(chmod("/proc/sys/vm/drop_caches", 0600), EPERM);
	CHECK_ERRNO(access("/proc/sys/vm/drop_caches", R_OK), EACCES);
	AS_NOBODY {
		CHECK_ERRNO(open(KNOB, O_WRONLY), EACCES);
		CHECK_CONTENT(KNOB, "65530\n");
		CHECK_ERRNO(open("/proc/sys/vm/drop_caches", O_WRONLY), EACCES);
	}
}

TEST(sysctl_drop_caches)
{
	static const char *const bad[] = { "0", "5", "-1", "x" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (PUT("/proc/sys/vm/drop_caches", bad[i]) != -EINVAL)
			fail(HERE("drop_caches"), "\"%s\": want EINVAL", bad[i]);
	CHECK_PUT("/proc/sys/vm/drop_caches", "1\n", 2);
	CHECK_PUT("/proc/sys/vm/drop_caches", "2", 1);
	CHECK_PUT("/proc/sys/vm/drop_caches", "3", 1);
}

TEST(sysctl_stat_refresh)
{
	int fd = CHECK_SYS(open("/proc/sys/vm/stat_refresh", O_RDWR));

	CHECK_EQ(read(fd, text, 10), 0);
	CHECK_EQ(write(fd, "anything", 8), 8);
}

// The watermarks follow: zoneinfo shows them in pages.
static long zone_mark(const char *name)
{
	static char zones[65536];
	char key[20];
	char *at;

	slurp("/proc/zoneinfo", zones, sizeof(zones));
	snprintf(key, sizeof(key), "\n        %s", name);
	at = strstr(zones, key);
	if (!at)
		fail(HERE("/proc/zoneinfo"), "want a line of %s", name);
	return strtol(at + strlen(key), NULL, 10);
}

TEST(sysctl_watermarks)
{
	long min, low, high, now;
	char old[32];

	slurp("/proc/sys/vm/min_free_kbytes", old, sizeof(old));
	// Linux: without what it lifted the watermarks by for a while.
	CHECK_PUT("/proc/sys/vm/min_free_kbytes", old, strlen(old));
	min = zone_mark("min");
	low = zone_mark("low");
	high = zone_mark("high");
	CHECK(min > 0 && low > min && high > low);
	snprintf(text, sizeof(text), "%ld", atol(old) * 2);
	CHECK_PUT("/proc/sys/vm/min_free_kbytes", text, strlen(text));
	now = zone_mark("min");
	CHECK_PUT("/proc/sys/vm/min_free_kbytes", old, strlen(old));
	CHECK(now >= 2 * min - 2 && now <= 2 * min + 2);
	CHECK(zone_mark("min") >= min - 1 && zone_mark("min") <= min + 1);
	CHECK_PUT("/proc/sys/vm/watermark_scale_factor", "1000", 4);
	now = zone_mark("high") - zone_mark("low");
	CHECK_PUT("/proc/sys/vm/watermark_scale_factor", "10", 2);
	CHECK(now > high - low);
	CHECK_EQ(zone_mark("high") - zone_mark("low"), high - low);
}
