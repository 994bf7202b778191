// SPDX-License-Identifier: MIT
/* What the trace ring tells of a fault: TRACE_FAULT, for the command `faults`, and TRACE_REF. */
#ifndef MM_FAULT_TRACE_H
#define MM_FAULT_TRACE_H

#include "kernel/trace.h"
#include "mm/mm_types.h"

/* Is a fault to be told? */
static inline bool trace_faults(void)
{
	return READ_ONCE(trace_enabled) & (BIT(TRACE_FAULT) | BIT(TRACE_REF));
}

/*
 * One round of handle_mm_fault(), begun at @start (ns), is over with @ret.  mmap_lock is held
 * unless @ret says that it was dropped.
 */
void trace_mm_fault(const struct vm_fault *vmf, unsigned long address, vm_fault_t ret, u64 start);

#endif
