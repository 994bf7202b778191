// SPDX-License-Identifier: MIT
/*
 * fuzz.c - the fuzzer: what is done next, by whom, and what is said when a result is wrong
 *
 *	usertests fuzz					a few thousand calls, seed 1
 *	SEED=7 SECONDS=600 usertests -t 700 fuzz	for ten minutes
 *
 * What a worker does is decided by the seed alone, not by what others do or how fast: its calls
 * are the same in each run, only their order among those of the others is not.
 */
#include "user/usertests/fuzz.h"

#define MOST_PROCESSES	3
#define MOST_DEPTH	2	// of forks

/* --- numbers -------------------------------------------------------------------------------- */

uint64_t random_number(struct worker *w)
{
	return random_from(&w->random);
}

int below(struct worker *w, int limit)
{
	return (random_number(w) >> 33) % limit;
}

// Short ones mostly.
struct range random_range(struct worker *w)
{
	int first = below(w, ARENA_PAGES), count = 1 + below(w, below(w, 4) ? 6 : 24);

	return (struct range){ first, first + count > ARENA_PAGES ? ARENA_PAGES - first : count };
}

uint64_t new_token(struct worker *w)
{
	return (uint64_t)(w->process * 16 + w->number * 4 + w->depth + 1) << 48 | ++w->token;
}

char *page_at(const struct arena *arena, int page)
{
	return arena->base + page * PAGE;
}

/* --- the log -------------------------------------------------------------------------------- */

void note(struct worker *w, const char *name, long a, long b, long c, long d)
{
	w->tail[w->calls++ % TAIL] = (struct call){ name, a, b, c, d, LONG_MIN };
}

void note_result(struct worker *w, long result)
{
	w->tail[(w->calls - 1) % TAIL].result = result;
}

static size_t print_call(char *text, size_t size, const struct call *call)
{
	size_t used = snprintf(text, size, "%s %ld %ld %ld %#lx", call->name, call->a, call->b,
			       call->c, call->d);

	if (call->result == LONG_MIN)
		return used + snprintf(text + used, size - used, "\n");
	return used + snprintf(text + used, size - used, " = %ld\n", call->result);
}

void differs(struct worker *w, const char *what, long long got, long long want)
{
	char text[TAIL * 100 + 200];
	size_t used = snprintf(text, sizeof(text),
			       "seed %lu, process %d, thread %d, fork %d, call %lu: %s: "
			       "got %#llx, want %#llx; the calls before (names and pages):\n",
			       w->seed, w->process, w->number, w->depth, w->calls, what, got, want);

	for (unsigned long i = w->calls < TAIL ? 0 : w->calls - TAIL; i < w->calls; i++)
		used += print_call(text + used, sizeof(text) - used, &w->tail[i % TAIL]);
	if (write(1, text, used) < 0)
		_exit(2);
	_exit(1);
}

void expect(struct worker *w, long result, int want)
{
	int got = result == -1 ? errno : 0;

	note_result(w, result == -1 ? -got : result);
	if (got != want)
		differs(w, errno_name(got), got, want);
	if (!want && result != 0)
		differs(w, "result", result, 0);
}

/* --- choosing ------------------------------------------------------------------------------- */

static void fork_worker(struct worker *w);

static const struct operation fork_operations[] = {
	{ fork_worker, 3, false },
	{},
};

static const struct operation *const operations[] = {
	call_operations, touch_operations, copy_operations,
	file_operations, look_operations, race_operations, fork_operations,
};

static int weight_of(const struct operation *table)
{
	int sum = 0;

	for (; table->run; table++)
		sum += table->weight;
	return sum;
}

void run_one_of(struct worker *w, const struct operation *table)
{
	int left = below(w, weight_of(table));

	while (left >= table->weight)
		left -= table++->weight;
	if (!table->changes_objects || !w->sharing)
		table->run(w);
}

void run_operations(struct worker *w, int count)
{
	int total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		total += weight_of(operations[i]);
	while (count-- > 0) {
		int left = below(w, total), i = 0;

		while (left >= weight_of(operations[i]))
			left -= weight_of(operations[i++]);
		run_one_of(w, operations[i]);
	}
}

/* --- forks ---------------------------------------------------------------------------------- */

static void begin_child(struct worker *w)
{
	w->depth++;
	w->alone = true;
	w->random ^= 0x9e3779b97f4a7c15ULL;
	model_forked(&w->arena);
	model_forked(&w->heap);
	sweep(w);
}

// => the child does so much more than to look at everything
pid_t fork_child(struct worker *w, int operations)
{
	pid_t pid;

	note(w, "fork", 0, 0, 0, 0);
	pid = fork();
	if (pid == 0) {
		begin_child(w);
		run_operations(w, operations);
		sweep(w);
		_exit(0);
	}
	expect(w, pid < 0 ? -1 : 0, 0);
	return pid;
}

void wait_for_child(struct worker *w, pid_t pid)
{
	int status;

	note(w, "wait", 0, 0, 0, 0);
	expect(w, waitpid(pid, &status, 0) == pid ? 0 : -1, 0);
	if (status)
		_exit(1);	// it has told why, or was killed
}

// Both go on with what was theirs; neither may see what the other writes.
static void fork_worker(struct worker *w)
{
	bool sharing = w->sharing;
	pid_t pid;

	if (w->depth == MOST_DEPTH)
		return;
	w->sharing = true;
	pid = fork_child(w, 10 + below(w, 40));
	run_operations(w, 10 + below(w, 40));
	wait_for_child(w, pid);
	w->sharing = sharing;
	sweep(w);
}

/* --- the test ------------------------------------------------------------------------------- */

TEST(fuzz)
{
	uint64_t seed = number_from("SEED") ? number_from("SEED") : 1;
	long long seconds = number_from("SECONDS"), end = 0;
	int processes = 1 + seed % MOST_PROCESSES;
	pid_t pid[MOST_PROCESSES];

	if (seconds)
		end = now(CLOCK_MONOTONIC) + seconds * SEC;
	for (int i = 0; i < processes; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0)
			run_workers(i, seed, end, i ? pid[i - 1] : 0);
	}
	for (int i = 0; i < processes; i++)
		CHECK_EXIT(pid[i], 0);
}
