// SPDX-License-Identifier: MIT
// evictions: what a policy evicts, reference by reference (labs/reclaim/judge.py).
//
//	evictions references DESCRIPTION
//		the reference string, 32 bits each: the page
//	evictions run FRAMES DESCRIPTION SEED
//		the policy that is linked in: pairs of 32 bits, number of the reference, page
//		that it evicts
//
// The second is all that is taken from a process in which a submission's code has run.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/polsim/core.h"
#include "tools/polsim/generate.h"

static void put(u32 word)
{
	fwrite(&word, sizeof(word), 1, stdout);
}

static void evicted(void *arg, u32 id, size_t when)
{
	put(when);
	put(id);
}

static int run(const struct trace *trace, u32 frames, u64 seed)
{
	struct sim_config config = {
		.policy = sim_policy(0), .frames = frames, .seed = seed, .evicted = evicted,
	};
	struct sim_counts counts = { 0 };
	char message[SIM_MESSAGE];

	if (sim_run(&config, trace, &counts, message))
		return 0;
	fprintf(stderr, "%s\n", message);
	return 1;
}

int main(int argc, char **argv)
{
	bool running = argc == 5 && !strcmp(argv[1], "run");
	char message[GENERATE_MESSAGE];
	struct trace trace;

	if (!running && argc != 3)
		return 2;
	if (!trace_generate(&trace, argv[running ? 3 : 2], message)) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	if (running)
		return run(&trace, atoi(argv[2]), atoll(argv[4]));
	for (size_t i = 0; i < trace.nr_refs; i++)
		put(ref_page(trace.refs[i]));
	return 0;
}
