// SPDX-License-Identifier: MIT
/* Changing the protection of what is mapped: mprotect(2). */
#ifndef MM_MPROTECT_H
#define MM_MPROTECT_H

#include "mm/mm_types.h"

/*
 * Gives [start, start + len) the PROT_* of @prot: 0, -EINVAL, -ENOMEM (a hole, a limit), -EACCES
 * (the file's mode).  Takes mmap_lock.
 */
int do_mprotect(struct mm_struct *mm, unsigned long start, unsigned long len, unsigned long prot);

#endif
