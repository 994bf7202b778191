// SPDX-License-Identifier: MIT
/*
 * ida.h - small numbers to hand out: process ids, device minors.
 *
 * The map of numbers in use is the caller's memory, and so is the lock. ida_alloc() gives the
 * lowest free number at or above a minimum. ida_alloc_cyclic() goes on behind the number given
 * last and starts again at the minimum after the end, so that a number that was just freed is
 * not soon given to somebody else.
 */
#ifndef LIB_IDA_H
#define LIB_IDA_H

#include "lib/bitmap.h"
#include "lib/types.h"

struct ida {
	unsigned long *map;
	unsigned int limit; /* numbers are 0..limit-1 */
	unsigned int next;  /* where ida_alloc_cyclic() looks first */
};

#define IDA_INIT(bits, count) { .map = (bits), .limit = (count), .next = 0 }

/* A number >= min that is now in use, or -ENOSPC. */
int ida_alloc(struct ida *ida, unsigned int min);
int ida_alloc_cyclic(struct ida *ida, unsigned int min);

/* That number; false if it is in use or beyond the limit. */
bool ida_alloc_at(struct ida *ida, unsigned int id);

/* Gives the number back; false if it was not in use. */
bool ida_free(struct ida *ida, unsigned int id);

#endif
