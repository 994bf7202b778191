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

/* A fault on its way: the record, but for what is only known at the end. */
struct fault_trace {
	u64 start;		/* ns; 0: it is not told */
	u64 arg[TRACE_ARGS];
};

/* => mmap_lock is held: what is mapped there is known now, and maybe not any more at the end. */
void trace_mm_fault_begin(struct fault_trace *trace, const struct vm_fault *vmf,
			  unsigned long address);
/* One round of handle_mm_fault() is over with @ret, which says whether mmap_lock is still held. */
void trace_mm_fault_end(struct fault_trace *trace, const struct vm_fault *vmf, vm_fault_t ret);

#endif
