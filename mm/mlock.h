// SPDX-License-Identifier: MIT
/*
 * Memory that stays in RAM: mlock(2) and its kin.  A locked VMA has VM_LOCKED (with VM_LOCKONFAULT
 * if its pages are to be locked as they are touched, not at once); its pages count in
 * mm->locked_vm whether they are there or not.
 */
#ifndef MM_MLOCK_H
#define MM_MLOCK_H

#include "mm/folio.h"
#include "mm/mm_types.h"

/* May current lock anything at all? */
bool can_do_mlock(void);
/*
 * May a VMA with @vm_flags become @len bytes longer, as far as locked memory is limited?  True if
 * it is not a locked one.
 */
bool mlock_future_allowed(const struct mm_struct *mm, unsigned long vm_flags, unsigned long len);

#endif
