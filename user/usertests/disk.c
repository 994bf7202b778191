// SPDX-License-Identifier: MIT
// disk.c - the disk below a file: what it was asked for, and making it fail
#include "user/usertests/disk.h"
#include "user/usertests/usertests.h"
#include <sys/sysmacros.h>

#define INJECTION	"/sys/kernel/debug/fail_make_request/"

static char make_it_fail[100];		// the disk's switch, while it fails

// The line of the file's disk, or of the disk that it is, in /proc/diskstats.
static bool find_disk(const char *path, char name[32], struct disk_counts *counts)
{
	char line[256];
	struct stat st;
	FILE *f = fopen("/proc/diskstats", "r");
	bool found = false;

	CHECK(f);
	CHECK_SYS(stat(path, &st));
	while (!found && fgets(line, sizeof(line), f)) {
		unsigned int major, minor;
		int n = sscanf(line, "%u %u %31s %*u %*u %llu %*u %*u %*u %llu %*u %*u %*u %*u "
			       "%*u %*u %*u %*u %llu", &major, &minor, name, &counts->sectors_read,
			       &counts->sectors_written, &counts->flushes);

		found = n == 6 && makedev(major, minor) ==
				  (S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
	}
	fclose(f);
	return found;
}

bool disk_counts(const char *path, struct disk_counts *counts)
{
	char name[32];

	return find_disk(path, name, counts);
}

static void make_fail(const char *path, const char *times, const char *task_filter)
{
	struct disk_counts counts;
	char name[32];

	if (access(INJECTION "probability", W_OK) < 0)
		skip("no fault injection");
	CHECK(find_disk(path, name, &counts));
	snprintf(make_it_fail, sizeof(make_it_fail), "/sys/block/%s/make-it-fail", name);
	if (access(make_it_fail, W_OK) < 0)	// a partition lies below its disk
		snprintf(make_it_fail, sizeof(make_it_fail), "/sys/block/%.3s/%s/make-it-fail",
			 name, name);
	put_file(INJECTION "task-filter", task_filter);
	put_file(INJECTION "interval", "1");
	put_file(INJECTION "space", "0");
	put_file(INJECTION "verbose", "0");
	put_file(INJECTION "times", times);
	put_file(INJECTION "probability", "100");
	put_file(make_it_fail, "1");
}

void disk_fails(const char *path, int times)
{
	char text[20];

	snprintf(text, sizeof(text), "%d", times);
	make_fail(path, text, "Y");
	put_file("/proc/self/make-it-fail", "1");
}

void disk_fails_for_all(const char *path)
{
	make_fail(path, "-1", "N");
}

void disk_works(void)
{
	put_file("/proc/self/make-it-fail", "0");
	put_file(INJECTION "probability", "0");
	put_file(make_it_fail, "0");
}

void drop_page_cache(void)
{
	sync();
	put_file("/proc/sys/vm/drop_caches", "1");
}

const char *scratch_disk(void)
{
	static char path[16];
	char begin[sizeof(SCRATCH_MAGIC)] = "";

	for (char letter = 'b'; letter <= 'z'; letter++) {
		snprintf(path, sizeof(path), "/dev/vd%c", letter);
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			continue;
		if (read(fd, begin, sizeof(SCRATCH_MAGIC) - 1) < 0)
			begin[0] = 0;
		close(fd);
		if (strcmp(begin, SCRATCH_MAGIC) == 0)
			return path;
	}
	skip("no scratch disk");
}
