// SPDX-License-Identifier: MIT
/*
 * Reference strings whose answers are known, made from a description:
 *
 *   NAME,option=number,…          e.g.  loop,pages=66,refs=100000
 *
 * loop     pages 0 … pages-1 in turn: a little more than memory, and what was used last is used
 *          next the latest
 * uniform  all pages alike
 * zipf     page n with weight 1/(n+1): few are used much, many little
 * scan     a hot set, used alike, between runs over pages that are never used again
 * phases   a working set that is left for good for another one, phase after phase
 * shift    for one phase a hot set, used alike, every other reference to a page that is never used
 *          again; then a loop over other pages
 * belady   1 2 3 4 1 2 5 1 2 3 4 5
 *
 * Options: pages= (64), refs= (100000), seed= (1), stores= percent that are stores (0); hot= pages
 * of the hot set of scan and shift (48), run= length of scan's runs (200); phase= references a
 * phase (10000).
 */
#ifndef POLSIM_GENERATE_H
#define POLSIM_GENERATE_H

#include "tools/polsim/trace.h"

#define GENERATE_MESSAGE	200

/* Fills @trace, which the caller frees, whatever is returned.  False: @message says why. */
bool trace_generate(struct trace *trace, const char *description, char message[GENERATE_MESSAGE]);

#endif
