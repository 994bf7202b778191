// SPDX-License-Identifier: MIT
/*
 * polsim - runs the reclaim policies of mm/policy/ over reference strings.
 *
 *   polsim run POLICIES FRAMES TRACE [SEED]   one line for each policy and size:
 *                                             policy frames references hits misses refaults
 *                                             writeouts
 *   polsim curve TRACE                        least recently used, all sizes: frames,misses
 *   polsim progress POLICY FRAMES TRACE EVERY SEED
 *                                             references,misses,refaults after every EVERY
 *   polsim evictions POLICY FRAMES TRACE      for each page that went: which reference missed, and
 *                                             the page; then the misses, and the refaults
 *   polsim gen DESCRIPTION                    a trace in the compact format
 *   polsim import FILE                        a trace in the compact format from what the kernel
 *                                             recorded with the event `ref`
 *   polsim replay FILE                        the kernel's calls, which must be answered the same
 *                                             (replay.h); one line for each policy: its name,
 *                                             calls, next, judge, instructions per next
 *   polsim list                               names of the policies
 *
 * POLICIES and FRAMES are lists with commas.  Beside the policies there are "opt", which knows the
 * future, and "lru", the exact one that no kernel can afford (its writeouts are not counted).
 * TRACE is a file (trace_file.h) or "gen:" and a description (generate.h).  "lru2/noshadow" is lru2
 * if nothing remembered what was evicted.
 *
 * Status: 0; 1 a policy broke a promise; 2 an argument or a trace that makes no sense.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/polsim/alloc.h"
#include "tools/polsim/core.h"
#include "tools/polsim/generate.h"
#include "tools/polsim/opt.h"
#include "tools/polsim/replay.h"
#include "tools/polsim/stack.h"
#include "tools/polsim/trace_file.h"

#define MAX_FRAMES	(1UL << 28)
#define MEASURABLE	0.05		/* seconds; some hosts' clock of processor time is coarse */

static struct trace trace;
/* Made when they are first asked for. */
static struct opt *opt;
static struct stack_curve *curve;

static void __noreturn __printf(1, 2) wrong(const char *fmt, ...)
{
	va_list args;

	fputs("polsim: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	putc('\n', stderr);
	exit(2);
}

static void load(const char *name)
{
	char message[TRACE_MESSAGE];
	bool ok = strncmp(name, "gen:", 4) ? trace_load(&trace, name, message)
					   : trace_generate(&trace, name + 4, message);

	if (!ok)
		wrong("%s", message);
}

static unsigned long read_number(const char *text, const char *what, unsigned long least,
				 unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < least || value > most)
		wrong("%s=%s: a number from %lu to %lu", what, text, least, most);
	return value;
}

static void __noreturn unknown_policy(const char *name)
{
	fprintf(stderr, "polsim: no policy is called \"%s\"; there are", name);
	for (unsigned int n = 0; sim_policy(n); n++)
		fprintf(stderr, " %s,", sim_policy(n)->name);
	fputs(" opt, lru\n", stderr);
	exit(2);
}

/* --- one run --- */

static void run_lru(u32 frames, struct sim_counts *counts)
{
	if (!curve)
		curve = stack_curve(&trace);
	counts->references = curve->references;
	counts->misses = stack_misses(curve, frames);
	counts->hits = counts->references - counts->misses;
	counts->refaults = counts->misses - curve->first;
}

/* False: a promise was broken, and told. */
static bool run_policy(const char *name, u32 frames, u64 seed, struct sim_counts *counts)
{
	struct sim_config config = { .frames = frames, .seed = seed };
	char *own = strdup(name), *suffix = strchr(own, '/'), message[SIM_MESSAGE];

	if (suffix)
		*suffix++ = '\0';
	config.policy = sim_find_policy(own);
	config.no_shadows = suffix && !strcmp(suffix, "noshadow");
	if (!config.policy || (suffix && !config.no_shadows))
		unknown_policy(name);
	free(own);
	if (sim_run(&config, &trace, counts, message))
		return true;
	fprintf(stderr, "polsim: %s\n", message);
	return false;
}

static bool run_one(const char *name, u32 frames, u64 seed)
{
	struct sim_counts counts = { 0 };
	struct timespec start, end;
	double seconds;
	/* One curve says all sizes: the others take no time. */
	bool ok = true, ready = curve && !strcmp(name, "lru");

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	if (!strcmp(name, "opt"))
		opt_run(opt, frames, &counts);
	else if (!strcmp(name, "lru"))
		run_lru(frames, &counts);
	else
		ok = run_policy(name, frames, seed, &counts);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
	if (!ok)
		return false;
	printf("%s %u %llu %llu %llu %llu %llu\n", name, frames, counts.references, counts.hits,
	       counts.misses, counts.refaults, counts.writeouts);
	if (!ready && seconds >= MEASURABLE)
		fprintf(stderr, "# %s: %.1f million references a second\n", name,
			counts.references / seconds / 1e6);
	return true;
}

static int run(char **arg)
{
	u64 seed = arg[3] ? read_number(arg[3], "SEED", 0, ULONG_MAX) : 1;
	char *sizes = arg[1], *size;
	bool ok = true;

	load(arg[2]);
	opt = opt_new(&trace);
	fputs("# policy frames references hits misses refaults writeouts\n", stderr);
	while ((size = strsep(&sizes, ","))) {
		u32 frames = read_number(size, "FRAMES", 1, MAX_FRAMES);
		char *names = strdup(arg[0]), *rest = names, *name;

		while ((name = strsep(&rest, ",")))
			ok &= run_one(name, frames, seed);
		free(names);
	}
	return !ok;
}

/* --- other commands --- */

static int print_curve(char **arg)
{
	load(arg[0]);
	curve = stack_curve(&trace);
	puts("frames,misses");
	for (u32 frames = 1; frames <= curve->nr_pages; frames++)
		printf("%u,%llu\n", frames, stack_misses(curve, frames));
	return 0;
}

static void print_progress(void *arg, const struct sim_counts *counts)
{
	printf("%llu,%llu,%llu\n", counts->references, counts->misses, counts->refaults);
}

static void print_evicted(void *arg, u32 id, size_t when)
{
	printf("%zu %llu\n", when + 1, trace.pages[id]);
}

static int evictions(char **arg)
{
	struct sim_config config = {
		.policy = sim_find_policy(arg[0]),
		.frames = read_number(arg[1], "FRAMES", 1, MAX_FRAMES),
		.evicted = print_evicted,
	};
	struct sim_counts counts;
	char message[SIM_MESSAGE];

	if (!config.policy)
		unknown_policy(arg[0]);
	load(arg[2]);
	if (!sim_run(&config, &trace, &counts, message)) {
		fprintf(stderr, "polsim: %s\n", message);
		return 1;
	}
	printf("misses %llu refaults %llu\n", counts.misses, counts.refaults);
	return 0;
}

static int progress(char **arg)
{
	struct sim_config config = {
		.policy = sim_find_policy(arg[0]),
		.frames = read_number(arg[1], "FRAMES", 1, MAX_FRAMES),
		.progress = print_progress,
		.every = read_number(arg[3], "EVERY", 1, ULONG_MAX),
		.seed = read_number(arg[4], "SEED", 0, ULONG_MAX),
	};
	struct sim_counts counts;
	char message[SIM_MESSAGE];

	if (!config.policy)
		unknown_policy(arg[0]);
	load(arg[2]);
	puts("references,misses,refaults");
	if (sim_run(&config, &trace, &counts, message))
		return 0;
	fprintf(stderr, "polsim: %s\n", message);
	return 1;
}

static int generate(char **arg)
{
	char message[GENERATE_MESSAGE];

	if (!trace_generate(&trace, arg[0], message))
		wrong("%s", message);
	if (!trace_save(&trace, stdout))
		wrong("the trace cannot be written");
	return 0;
}

static int import(char **arg)
{
	char message[TRACE_MESSAGE];

	if (!trace_import(&trace, arg[0], message))
		wrong("%s", message);
	if (!trace_save(&trace, stdout))
		wrong("the trace cannot be written");
	return 0;
}

static int replay_file(char **arg)
{
	struct replay_counts counts[MAX_POLICIES];
	char message[REPLAY_MESSAGE];
	FILE *in = fopen(arg[0], "r");

	if (!in)
		wrong("%s cannot be opened", arg[0]);
	if (!replay(in, counts, message)) {
		fprintf(stderr, "polsim: %s: %s\n", arg[0], message);
		return 1;
	}
	for (unsigned int n = 0; sim_policy(n) && n < MAX_POLICIES; n++)
		if (counts[n].next)
			printf("%s %llu %llu %llu %.0f\n", sim_policy(n)->name, counts[n].calls,
			       counts[n].next, counts[n].judge,
			       (double)counts[n].instructions / counts[n].next);
	return 0;
}

static int list(char **arg)
{
	for (unsigned int n = 0; sim_policy(n); n++)
		puts(sim_policy(n)->name);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **arg);
		int least, most;	/* arguments */
	} commands[] = {
		{ "run", run, 3, 4 }, { "curve", print_curve, 1, 1 },
		{ "progress", progress, 5, 5 }, { "evictions", evictions, 3, 3 },
		{ "gen", generate, 1, 1 }, { "import", import, 1, 1 },
		{ "replay", replay_file, 1, 1 }, { "list", list, 0, 0 },
	};

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].least &&
		    argc - 2 <= commands[i].most)
			return commands[i].run(argv + 2);
	wrong("usage: run POLICIES FRAMES TRACE [SEED], curve TRACE, "
	      "progress POLICY FRAMES TRACE EVERY SEED, evictions POLICY FRAMES TRACE, "
	      "gen DESCRIPTION, import FILE, replay FILE, list");
}
