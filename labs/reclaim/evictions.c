// SPDX-License-Identifier: MIT
// evictions: what a policy evicts, reference by reference (labs/reclaim/judge.py).
//
//	evictions references DESCRIPTION
//		the reference string: how many pages and references it has (32 bits each), the
//		pages' numbers (64 bits each), the references (32 bits each)
//	evictions run FRAMES SEED < STRING
//		the policy that is linked in: pairs of 32 bits, number of the reference, page
//		that it evicts
//
// The second is all that is taken from a process in which a submission's code has run.  There a
// reference is read when it is its turn, and not before: a policy that looks around in memory
// finds the past.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/polsim/alloc.h"
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

/* read(2), since fread() would take more from the pipe than is asked for. */
static void get(void *to, size_t size)
{
	ssize_t n;

	for (char *p = to; size; p += n, size -= n) {
		n = read(0, p, size);
		if (n <= 0)
			exit(2);
	}
}

static struct trace trace;
static size_t have;	/* references that were read */

/* One more; what was given up before it is not counted as one (tools/polsim/core.c). */
static void get_reference(void *arg, const struct sim_counts *counts)
{
	while (have < trace.nr_refs) {
		get(&trace.refs[have], sizeof(*trace.refs));
		if (!(trace.refs[have++] & REF_GONE))
			break;
	}
}

static void get_trace(void)
{
	u32 size[2];

	get(size, sizeof(size));
	trace.nr_pages = size[0];
	trace.nr_refs = size[1];
	trace.pages = sim_calloc(trace.nr_pages, sizeof(*trace.pages));
	trace.refs = sim_calloc(trace.nr_refs, sizeof(*trace.refs));
	get(trace.pages, trace.nr_pages * sizeof(*trace.pages));
	get_reference(NULL, NULL);
}

static int run(u32 frames, u64 seed)
{
	struct sim_config config = {
		.policy = sim_policy(0), .frames = frames, .seed = seed, .evicted = evicted,
		.progress = get_reference, .every = 1,
	};
	struct sim_counts counts = { 0 };
	char message[SIM_MESSAGE];

	get_trace();
	if (sim_run(&config, &trace, &counts, message))
		return 0;
	fprintf(stderr, "%s\n", message);
	return 1;
}

static int print_references(const char *description)
{
	char message[GENERATE_MESSAGE];

	if (!trace_generate(&trace, description, message)) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	put(trace.nr_pages);
	put(trace.nr_refs);
	fwrite(trace.pages, sizeof(*trace.pages), trace.nr_pages, stdout);
	fwrite(trace.refs, sizeof(*trace.refs), trace.nr_refs, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "run"))
		return run(atoi(argv[2]), atoll(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "references"))
		return print_references(argv[2]);
	return 2;
}
