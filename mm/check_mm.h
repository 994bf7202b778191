// SPDX-License-Identifier: MIT
/* The part of mm_check() (mm/check.h) that looks at address spaces. */
#ifndef MM_CHECK_MM_H
#define MM_CHECK_MM_H

/*
 * Locks address spaces and walks their tables: VMAs in order, every entry inside a VMA and no more
 * permissive than it, references, exclusivity, RSS; and, while there are few of them, mapcounts and
 * promised memory.  0, or -EIO after one printed line.  May sleep.
 */
int check_address_spaces(void);

#endif
