// SPDX-License-Identifier: MIT
/* Pages of the kernel's that user programs see: the vDSO. */
#ifndef MM_SPECIAL_MAPPING_H
#define MM_SPECIAL_MAPPING_H

#include "mm/mm_types.h"

struct vm_special_mapping {
	const char *name;		/* in /proc/PID/maps */
	struct folio **pages;		/* NULL-terminated, never freed */
};

/*
 * Maps them at @addr, which is free, with @flags (VM_READ, VM_EXEC, VM_MAY*).  0 or -ENOMEM.
 * mmap_lock held for writing.
 */
int install_special_mapping(struct mm_struct *mm, unsigned long addr, unsigned long len,
			    unsigned long flags, const struct vm_special_mapping *spec);

#endif
