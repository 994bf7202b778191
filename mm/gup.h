// SPDX-License-Identifier: MIT
/*
 * User memory from the kernel's side without being the user: another task's memory, and faulting in
 * beforehand.
 */
#ifndef MM_GUP_H
#define MM_GUP_H

#include "mm/folio.h"
#include "mm/mm_types.h"

/*
 * Copies between @buf and another address space, as far as it is mapped; protections are those that
 * mprotect() could give, so that a debugger's breakpoint reaches read-only text (a private copy).
 * Returns the bytes copied.  Takes mmap_lock; may sleep.
 */
size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len,
			bool write);

/* Faults [start, start + len) in, as far as VMAs and memory permit.  Takes mmap_lock. */
void mm_populate(struct mm_struct *mm, unsigned long start, unsigned long len);

#endif
