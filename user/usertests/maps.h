// SPDX-License-Identifier: MIT
// maps.h - one line of /proc/self/maps, taken apart
#pragma once
#include <stdbool.h>

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
