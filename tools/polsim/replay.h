// SPDX-License-Identifier: MIT
/*
 * What the kernel's policy was told and what it said, call by call, is told to the same policy
 * here: it must say the same.  The record is /proc/faultline/trace with the event `policy` on;
 * lines of other events are skipped.  What a policy knows is known from its init on, so the first
 * calls are compared after the first change of policy, and after a gap only from the next one on.
 */
#ifndef POLSIM_REPLAY_H
#define POLSIM_REPLAY_H

#include <stdio.h>

#include "lib/types.h"

#define REPLAY_MESSAGE	300

#define MAX_POLICIES	32

/*
 * Of one policy: calls that were compared, and the instructions that those took in the kernel which
 * reclaim makes: next, judge, evicted, and add of a folio that next() gave.
 */
struct replay_counts {
	u64 calls, next, judge, instructions;
};

/*
 * @counts: as sim_policy() numbers the policies. False: they differ, or the record makes no sense;
 * @message says where.
 */
bool replay(FILE *in, struct replay_counts counts[MAX_POLICIES], char message[REPLAY_MESSAGE]);

#endif
