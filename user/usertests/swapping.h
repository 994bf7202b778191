// SPDX-License-Identifier: MIT
// swapping.h - what the tests of swap share
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The number behind a name in /proc/meminfo, /proc/vmstat or /proc/self/status.
long number(const char *path, const char *name);
long free_swap_kb(void);
long swapped_kb(void);
// Skips the test where there is less.
void need_swap(long kb);
// The first area in /proc/swaps; skips where there is none.
const char *swap_device(void);

// Turns the area off and on; in between, this file of its disk's queue in /sys gets the value: what
// a disk is like is asked when an area is turned on.
void swap_on_anew(const char *device, const char *file, const char *value);
// Makes a swap area of slots [first, last] of the disk, whose first 1,024 bytes stay.
void make_swap_area(const char *disk, unsigned int first, unsigned int last);

// The first word of a page, and the complement of the last, tell which it is and for which salt.
uint64_t token(size_t page, uint64_t salt);
void fill(char *p, size_t pages, uint64_t salt);
bool page_is(const char *p, size_t page, uint64_t salt);
void check_filled(const char *p, size_t pages, uint64_t salt);

// Out they go: what was written to them is on the disk, or on its way.
void page_out(char *p, size_t pages);
// So many pages, filled and sent out.
char *swapped_out(size_t pages, uint64_t salt);
// How many of these pages /proc/self/pagemap says are out (bit 62).
size_t pages_out(const char *p, size_t pages);
// Takes memory until none of the pages, of private or shared memory, is there any more.
void push_out(char *p, size_t pages);
// The same of pages that page_out() sends; until what is out is on the disk alone.
void forget_swapped(char *p, size_t pages);

// How many pages one fault reads, as a power of two.
void set_page_cluster(int n);
long major_faults(void);

// A number of /proc/meminfo, in pages.
size_t in_pages(const char *name);
// Locks all but a little of the memory, for as long as the process lives; returns what is left, in
// pages.
size_t little_memory(void);
// A file of holes in the working directory: no disk is needed to read it.
int sparse_file(off_t size);
void read_range(int fd, off_t from, off_t to);
// From now on the policy is the one that counts and remembers as Linux does.
void use_lru2(void);
