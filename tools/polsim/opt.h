// SPDX-License-Identifier: MIT
/*
 * What cannot be beaten: the page goes whose next use is furthest off (L. A. Belady, 1966).  It has
 * to know the future, so it is no policy of mm/policy.h.  A page that is used must come in: there
 * is no use of a page past the memory.
 */
#ifndef POLSIM_OPT_H
#define POLSIM_OPT_H

#include "tools/polsim/core.h"

struct opt;

/* Looks through @trace once, for any number of runs. */
struct opt *opt_new(const struct trace *trace);
void opt_free(struct opt *opt);
void opt_run(const struct opt *opt, u32 frames, struct sim_counts *counts);

#endif
