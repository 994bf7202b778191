// SPDX-License-Identifier: MIT
/* The part of mm_check() (mm/check.h) that looks at address spaces. */
#ifndef MM_CHECK_MM_H
#define MM_CHECK_MM_H

/*
 * Stops all address spaces and walks their tables: VMAs in order, every entry inside a VMA and no
 * more permissive than it, mapcounts, references, exclusivity and RSS right.  0, or -EIO after one
 * printed line.  May sleep.
 */
int check_address_spaces(void);

#endif
