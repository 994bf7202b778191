// SPDX-License-Identifier: MIT
/*
 * Which pages are used, for the trace ring (TRACE_REF): by faults as they come, and by the accessed
 * bits of all address spaces, looked at and cleared every so many milliseconds.  The simulator
 * makes a reference string of it (`polsim import`).
 */
#ifndef MM_REF_TRACE_H
#define MM_REF_TRACE_H

#include "lib/types.h"

/* How often the bits are looked at, while the event `ref` is on; 0: never. */
extern unsigned int ref_trace_ms;
void set_ref_trace_ms(unsigned int ms);

#endif
