// SPDX-License-Identifier: MIT
/* The heap: brk(2), and what exec needs of it. */
#ifndef MM_BRK_H
#define MM_BRK_H

/*
 * Anonymous private memory at [addr, addr + len), as brk makes it; @flags: VM_EXEC or 0.  current's
 * mm; takes mmap_lock.  0 or -errno.
 */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags);

#endif
