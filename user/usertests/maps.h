// SPDX-License-Identifier: MIT
// maps.h - what /proc/PID/maps, smaps and pagemap say about an address
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	char *start, *end;
	char flags[8];		// "rw-p"
	unsigned long offset;
	char name[300];
};

// The mapping that holds the address; false if there is none.
bool find_mapping(const void *address, struct mapping *mapping);
// How many mappings there are.
int count_mappings(void);

// Of the mapping that holds the address, from smaps of a process (0: of the caller): the number
// behind "key:", in kB; and whether "xy" is among VmFlags. They fail if there is none.
long smaps_kb(pid_t pid, const void *address, const char *key);
bool smaps_flag(pid_t pid, const void *address, const char *flag);

// The page's word in /proc/PID/pagemap.
uint64_t pagemap_word(pid_t pid, const void *address);
#define PM_PRESENT	(1UL << 63)
#define PM_FILE		(1UL << 61)	// of a file, or shared anonymous memory
#define PM_EXCLUSIVE	(1UL << 56)	// mapped here alone
#define PM_SOFT_DIRTY	(1UL << 55)
#define PM_FRAME	((1UL << 55) - 1)
// Writes to /proc/PID/clear_refs.
void clear_refs(pid_t pid, const char *what);
