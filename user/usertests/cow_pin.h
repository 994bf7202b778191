// SPDX-License-Identifier: MIT
// cow_pin.h - reaching a page as a device and as another process do
#pragma once
#include "user/usertests/usertests.h"

#define SECTOR	512UL

enum { SECTORS = 256 };

// Makes the file "f", whose sector n consists of the byte n, and opens it for direct transfers.
int open_sectors(void);
// Anonymous private memory of so many pages.
char *map_private(size_t pages);
void check_bytes(const char *what, const volatile char *p, size_t length, char want);
// process_vm_writev() and process_vm_readv() of one piece.
ssize_t store_there(pid_t pid, char *there, const char *text, size_t length);
ssize_t load_there(pid_t pid, char *there, char *text, size_t length);
