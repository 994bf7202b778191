// SPDX-License-Identifier: MIT
#include "tools/polsim/generate.h"

#include <stdio.h>
#include <string.h>

#include "tools/polsim/alloc.h"

/* What a description can say. */
struct wish {
	unsigned long pages, refs, seed, stores, hot, run, phase;
	u64 random;
	double *sums;			/* zipf: of the weights */
};

/* xorshift64* */
static u64 draw(struct wish *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1dULL;
}

static u64 draw_below(struct wish *w, u64 bound)
{
	return (u64)(((unsigned __int128)draw(w) * bound) >> 64);
}

/* --- reference number @i --- */

static u64 loop(struct wish *w, u64 i)
{
	return i % w->pages;
}

static u64 uniform(struct wish *w, u64 i)
{
	return draw_below(w, w->pages);
}

static void sum_weights(struct wish *w)
{
	w->sums = sim_calloc(w->pages, sizeof(double));
	for (unsigned long n = 0; n < w->pages; n++)
		w->sums[n] = 1.0 / (n + 1) + (n ? w->sums[n - 1] : 0);
}

static u64 zipf(struct wish *w, u64 i)
{
	unsigned long low = 0, high = w->pages - 1;
	double at;

	if (!w->sums)
		sum_weights(w);
	at = w->sums[high] * (draw(w) >> 11) / (double)(1ULL << 53);
	while (low < high) {
		unsigned long middle = (low + high) / 2;

		if (w->sums[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* As many references to the hot set as a run is long, then a run. */
static u64 scan(struct wish *w, u64 i)
{
	u64 round = i / (2 * w->run), at = i % (2 * w->run);

	if (at < w->run)
		return draw_below(w, w->hot);
	return w->hot + round * w->run + at - w->run;
}

static u64 phases(struct wish *w, u64 i)
{
	return i / w->phase * w->pages + draw_below(w, w->pages);
}

/* Pages that are used once lie between the uses of the hot set, so that a policy looks at it. */
static u64 shift(struct wish *w, u64 i)
{
	if (i >= w->phase)
		return (i - w->phase) % w->pages;
	return w->pages + (i % 2 ? draw_below(w, w->hot) : w->hot + i);
}

static u64 belady(struct wish *w, u64 i)
{
	static const u8 string[] = { 1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5 };

	return string[i % ARRAY_SIZE(string)];
}

static const struct kind {
	const char *name;
	u64 (*page)(struct wish *w, u64 i);
} kinds[] = {
	{ "loop", loop }, { "uniform", uniform }, { "zipf", zipf }, { "scan", scan },
	{ "phases", phases }, { "shift", shift }, { "belady", belady },
};

/* --- descriptions --- */

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* "name=number"; false: it is none of ours, or the number is out of bounds. */
static bool read_option(struct wish *w, const char *option)
{
	static const struct {
		const char *name;
		size_t offset;
		unsigned long least, most;
	} options[] = {
		{ "pages", offsetof(struct wish, pages), 1, MAX_PAGES },
		{ "refs", offsetof(struct wish, refs), 1, 1000000000 },
		{ "seed", offsetof(struct wish, seed), 0, ULONG_MAX },
		{ "stores", offsetof(struct wish, stores), 0, 100 },
		{ "hot", offsetof(struct wish, hot), 1, MAX_PAGES },
		{ "run", offsetof(struct wish, run), 1, MAX_PAGES },
		{ "phase", offsetof(struct wish, phase), 1, 1000000000 },
	};
	const char *equals = strchr(option, '=');
	char *end;

	for (size_t i = 0; equals && i < ARRAY_SIZE(options); i++) {
		unsigned long value = strtoul(equals + 1, &end, 10);
		size_t length = equals - option;

		if (strlen(options[i].name) != length || strncmp(options[i].name, option, length))
			continue;
		*(unsigned long *)((char *)w + options[i].offset) = value;
		return end != equals + 1 && !*end && equals[1] != '-' &&
		       value >= options[i].least && value <= options[i].most;
	}
	return false;
}

static const struct kind *read_description(struct wish *w, char *text, char *message)
{
	char *rest = text, *name = strsep(&rest, ","), *option;
	const struct kind *kind = find_kind(name);

	if (!kind) {
		snprintf(message, GENERATE_MESSAGE, "no trace is called \"%.40s\"; there are loop, "
			 "uniform, zipf, scan, phases, shift, belady", name);
		return NULL;
	}
	if (kind->page == belady)
		w->refs = 12;
	while ((option = strsep(&rest, ",")))
		if (!read_option(w, option)) {
			snprintf(message, GENERATE_MESSAGE, "\"%.40s\" is no option of a trace, or "
				 "too large or small", option);
			return NULL;
		}
	return kind;
}

bool trace_generate(struct trace *trace, const char *description, char message[GENERATE_MESSAGE])
{
	struct wish w = { .pages = 64, .refs = 100000, .seed = 1, .hot = 48, .run = 200,
			  .phase = 10000 };
	char *text = strdup(description);
	const struct kind *kind = read_description(&w, text, message);
	bool ok = kind;

	trace_init(trace);
	w.random = w.seed * 0x9e3779b97f4a7c15ULL | 1;
	for (u64 i = 0; ok && i < w.refs; i++)
		ok = trace_add(trace, kind->page(&w, i),
			       draw_below(&w, 100) < w.stores ? REF_STORE : 0);
	if (kind && !ok)
		snprintf(message, GENERATE_MESSAGE, "more than %u different pages", MAX_PAGES);
	free(w.sums);
	free(text);
	return ok;
}
