// SPDX-License-Identifier: MIT
/*
 * Least recently used, for all sizes of memory in one pass: a reference hits in every memory that
 * has more frames than pages were used since the last reference to the same page (R. L. Mattson, J.
 * Gecsei, D. R. Slutz, I. L. Traiger, "Evaluation techniques for storage hierarchies", IBM Systems
 * Journal 9(2), 1970).
 */
#ifndef POLSIM_STACK_H
#define POLSIM_STACK_H

#include "tools/polsim/trace.h"

struct stack_curve {
	u64 references, first;	/* of which first uses, which miss in any memory */
	u32 nr_pages;
	u64 *hits;		/* by frames, 0 to nr_pages, where all hit that can */
};

struct stack_curve *stack_curve(const struct trace *trace);
void stack_curve_free(struct stack_curve *curve);
/* Misses with so many frames. */
u64 stack_misses(const struct stack_curve *curve, u32 frames);

#endif
