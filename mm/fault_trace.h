// SPDX-License-Identifier: MIT
/* What the trace ring tells of a fault (TRACE_FAULT), for the command `faults`. */
#ifndef MM_FAULT_TRACE_H
#define MM_FAULT_TRACE_H

#include "mm/mm_types.h"

/*
 * One round of handle_mm_fault(), begun at @start (ns), is over with @ret.  mmap_lock is held
 * unless @ret says that it was dropped.
 */
void trace_mm_fault(const struct vm_fault *vmf, unsigned long address, vm_fault_t ret, u64 start);

#endif
