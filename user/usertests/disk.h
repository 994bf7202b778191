// SPDX-License-Identifier: MIT
// disk.h - the disk below a file: what it was asked for, and making it fail
#pragma once
#include <stdbool.h>

struct disk_counts {
	unsigned long long sectors_read, sectors_written, flushes;
};

// Of the disk that the file lies on, or is; false if /proc/diskstats does not list it.
bool disk_counts(const char *path, struct disk_counts *counts);

// From now on what the caller submits to the file's disk fails, so many times (-1: always); what
// others submit does not.  Skips the test if the kernel cannot do that.
void disk_fails(const char *path, int times);
// The same for what anybody submits.
void disk_fails_for_all(const char *path);
void disk_works(void);

// The disk that tests may write to; it begins with SCRATCH_MAGIC, and a test leaves that in place.
// Skips the test where there is none.
#define SCRATCH_MAGIC	"faultline scratch disk\n"
const char *scratch_disk(void);

// Forgets every clean page of files that nobody has mapped.
void drop_page_cache(void);
