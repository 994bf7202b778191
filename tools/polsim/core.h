// SPDX-License-Identifier: MIT
/*
 * The kernel's part of reclaim, on the host: a memory of so many frames, filled and emptied by a
 * reference string, with a policy of mm/policy/ that says what goes.  It keeps its side of
 * mm/policy.h, and sees that the policy keeps its own.
 */
#ifndef POLSIM_CORE_H
#define POLSIM_CORE_H

#include "mm/policy.h"
#include "tools/polsim/trace.h"

struct sim_counts {
	u64 references, hits, misses;
	u64 refaults;		/* misses on a page that was evicted before */
	u64 writeouts;		/* dirty when they were to be evicted */
	u64 scanned;		/* folios that next() gave */
};

struct sim_config {
	const struct reclaim_policy *policy;
	u32 frames;
	u64 seed;
	bool no_shadows;	/* what evicted() says is forgotten */
	/* May be NULL: page number @id (of the trace) was evicted when reference @when missed. */
	void (*evicted)(void *arg, u32 id, size_t when);
	/* May be NULL: after every @every references. */
	void (*progress)(void *arg, const struct sim_counts *counts);
	size_t every;
	void *arg;
};

#define SIM_MESSAGE	200

/*
 * Runs @trace.  False: the policy broke a promise, which @message names; the counts are those up
 * to there.
 */
bool sim_run(const struct sim_config *config, const struct trace *trace, struct sim_counts *counts,
	     char message[SIM_MESSAGE]);

/* The policies that are linked in; NULL: there is none of this name, or no more. */
const struct reclaim_policy *sim_find_policy(const char *name);
const struct reclaim_policy *sim_policy(unsigned int n);

#endif
