// SPDX-License-Identifier: MIT
// mapping.h - what the tests of mapping calls share
#pragma once
#include "user/usertests/maps.h"
#include "user/usertests/usertests.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
// A user's addresses end here, or up to 64 KiB below: Sv39's lower half.
#define TASK_END	(1UL << 38)

// Anonymous private memory of so many pages.
char *map_anon(size_t pages, int protection);
// So many pages of room on all sides of which nothing is mapped, at the address that is returned.
char *find_room(size_t pages);
// A new file of so many pages, page n full of the byte 'a' + n % 26, open for reading and writing.
int make_pages(const char *path, size_t pages);
// make_pages, mapped with these flags (MAP_SHARED, …); the descriptor is closed.
char *map_new_file(const char *path, size_t pages, int protection, int flags);
// The errno of an mmap() that is to fail; 0 (and the mapping is undone) if it does not.
int mmap_errno(void *hint, size_t length, int protection, int flags, int fd, off_t offset);
// Likewise of mremap().
int mremap_errno(void *p, size_t old_length, size_t new_length, int flags, void *to);
// What the line of /proc/self/maps that holds the address says; fails if there is none.
struct mapping mapping_at(const void *p);
// How many pages of [p, p + pages) mincore(2) says are there.
size_t resident(const char *p, size_t pages);
// Is it mapped at all?
bool is_mapped(const void *p);
// Sets the soft limit; the hard one stays.
void set_soft_limit(int which, unsigned long value);

/*
 * The signal that reading (or writing) the byte at the address gets: 0, SIGSEGV or SIGBUS, with
 * si_code and si_addr in touch_info.
 */
int touch(const volatile char *p, bool write);
extern siginfo_t touch_info;
#define READ_SIGNAL(p)	touch(p, false)
#define WRITE_SIGNAL(p)	touch(p, true)
