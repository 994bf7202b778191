// SPDX-License-Identifier: MIT
/*
 * A record is read as a whole, put in the order of the calls (harts may have written at the same
 * moment) and played, from each init to the next gap.
 */
#include "tools/polsim/replay.h"

#include <stdarg.h>
#include <string.h>

#include "tools/polsim/alloc.h"
#include "tools/polsim/core.h"

struct call {
	char op[8], name[16];
	u64 n, frame, a, b, c, instructions;
	unsigned int kind;
	u32 id;				/* of the frame */
};

struct play {
	struct call *calls;
	size_t nr_calls, room;
	struct trace frames;		/* numbers them */
	struct folio *folios;
	bool *held;			/* by the policy, which has to be told things that can be */
	const struct reclaim_policy *policy;
	struct lruvec vec;
	struct replay_counts *counts, *now;	/* of all policies; of the one in use */
	char *message;
};

static bool __printf(2, 3) differs(struct play *play, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(play->message, REPLAY_MESSAGE, fmt, args);
	va_end(args);
	return false;
}

/* --- reading --- */

static void keep(struct play *play, struct call *call)
{
	trace_add(&play->frames, call->frame, 0);
	call->id = ref_page(play->frames.refs[play->frames.nr_refs - 1]);
	if (play->nr_calls == play->room) {
		play->room = play->room ? 2 * play->room : 1024;
		play->calls = sim_realloc(play->calls, play->room, sizeof(*play->calls));
	}
	play->calls[play->nr_calls++] = *call;
}

static bool read_line(struct play *play, const char *line, u64 offset)
{
	struct call call = { .n = 0 };
	const char *record = strstr(line, " policy op=");

	if (!strchr(line, '\n'))
		return differs(play, "offset %llu: the record is cut off", offset);
	if (!record)
		return true;
	if (sscanf(record, " policy op=%7s n=%llu folio=%llx kind=%u a=%llx b=%llx c=%llx "
		   "instr=%llu name=%15s", call.op, &call.n, &call.frame, &call.kind, &call.a,
		   &call.b, &call.c, &call.instructions, call.name) != 9 || call.kind >= NR_KINDS)
		return differs(play, "offset %llu: no record of a call", offset);
	keep(play, &call);
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	return x->n < y->n ? -1 : x->n > y->n;
}

static bool read_calls(struct play *play, FILE *in)
{
	char line[400];
	u64 offset = 0;

	while (fgets(line, sizeof(line), in)) {
		if (!read_line(play, line, offset))
			return false;
		offset += strlen(line);
	}
	if (!play->nr_calls)
		return differs(play, "offset %llu: there is no call of a policy", offset);
	qsort(play->calls, play->nr_calls, sizeof(*play->calls), by_number);
	return true;
}

/* --- playing --- */

static bool play_init(struct play *play, const struct call *call)
{
	unsigned int n = 0;

	while (sim_policy(n) && strcmp(sim_policy(n)->name, call->name))
		n++;
	play->policy = sim_policy(n);
	if (!play->policy || n >= MAX_POLICIES)
		return differs(play, "call %llu: there is no policy %s here", call->n, call->name);
	play->now = &play->counts[n];
	play->vec = (struct lruvec){ };
	memset(play->held, 0, play->frames.nr_pages * sizeof(*play->held));
	for (int i = 0; i < POLICY_LISTS; i++)
		INIT_LIST_HEAD(&play->vec.list[i]);
	if (play->policy->init)
		play->policy->init(&play->vec, call->a);
	return true;
}

static bool cannot_be(struct play *play, const struct call *call)
{
	return differs(play, "call %llu: no core says %s of frame %#llx there", call->n, call->op,
		       call->frame);
}

static bool play_add(struct play *play, const struct call *call, struct folio *folio)
{
	if (play->held[call->id] || call->a > ADD_MOVED)
		return cannot_be(play, call);
	play->held[call->id] = true;
	if (call->a == ADD_NEW || call->a == ADD_REFAULT || call->a == ADD_MOVED)
		memset(folio->policy, 0, sizeof(folio->policy));
	play->policy->add(&play->vec, folio, call->kind, call->a, call->b);
	return true;
}

static bool play_del(struct play *play, const struct call *call, struct folio *folio)
{
	if (!play->held[call->id])
		return cannot_be(play, call);
	play->held[call->id] = false;
	play->policy->del(&play->vec, folio, call->kind);
	return true;
}

static bool play_age(struct play *play, const struct call *call)
{
	if (!play->policy->age)
		return cannot_be(play, call);
	play->policy->age(&play->vec);
	return true;
}

static bool play_next(struct play *play, const struct call *call)
{
	struct policy_scan scan = { .kind = call->kind, .priority = call->a };
	struct folio *folio = play->policy->next(&play->vec, &scan);
	u64 frame = folio ? play->frames.pages[folio - play->folios] : 0;

	play->now->next++;
	if (folio)
		play->held[folio - play->folios] = false;
	return frame == call->frame ||
	       differs(play, "call %llu: %s gives frame %#llx, in the kernel it gave %#llx",
		       call->n, call->name, frame, call->frame);
}

static bool play_judge(struct play *play, const struct call *call, struct folio *folio)
{
	struct policy_scan scan = { .kind = call->kind, .priority = call->a };
	struct folio_facts facts = {
		.kind = call->kind,
		.referenced = call->b & 0xffff,
		.touched = call->b >> 16 & 3,
		.mapped = call->b >> 20 & 1,
		.executable = call->b >> 21 & 1,
		.dirty = call->b >> 22 & 1,
	};
	enum fate fate;

	if (play->held[call->id])
		return cannot_be(play, call);
	fate = play->policy->judge(&play->vec, folio, &facts, &scan);
	play->now->judge++;
	return fate == call->c ||
	       differs(play, "call %llu: %s says %d of frame %#llx, in the kernel it said %llu",
		       call->n, call->name, fate, call->frame, call->c);
}

static bool play_evicted(struct play *play, const struct call *call, struct folio *folio)
{
	u64 word;

	if (play->held[call->id] || !play->policy->evicted)
		return cannot_be(play, call);
	word = play->policy->evicted(&play->vec, folio, call->kind);
	return word == call->a ||
	       differs(play, "call %llu: %s leaves %#llx for frame %#llx, in the kernel %#llx",
		       call->n, call->name, word, call->frame, call->a);
}

/* Not what befalls folios besides: new ones, such as are given up by their owners. */
static bool is_reclaims(const struct call *call)
{
	if (!strcmp(call->op, "add"))
		return call->a == ADD_KEPT || call->a == ADD_FAILED || call->a == ADD_CLEANED;
	return strcmp(call->op, "del") && strcmp(call->op, "age");
}

static bool play_call(struct play *play, const struct call *call)
{
	struct folio *folio = &play->folios[call->id];

	if (!strcmp(call->op, "init"))
		return play_init(play, call);
	if (!play->policy)
		return true;
	play->now->calls++;
	if (is_reclaims(call))
		play->now->instructions += call->instructions;
	if (!strcmp(call->op, "next"))
		return play_next(play, call);
	if (!strcmp(call->op, "judge"))
		return play_judge(play, call, folio);
	if (!strcmp(call->op, "evicted"))
		return play_evicted(play, call, folio);
	if (!strcmp(call->op, "add"))
		return play_add(play, call, folio);
	if (!strcmp(call->op, "del"))
		return play_del(play, call, folio);
	if (!strcmp(call->op, "age"))
		return play_age(play, call);
	return differs(play, "call %llu: there is no function %s", call->n, call->op);
}

static bool play_all(struct play *play)
{
	play->folios = sim_calloc(play->frames.nr_pages, sizeof(*play->folios));
	play->held = sim_calloc(play->frames.nr_pages, sizeof(*play->held));
	for (size_t i = 0; i < play->nr_calls; i++) {
		if (i && play->calls[i].n != play->calls[i - 1].n + 1)
			play->policy = NULL;
		if (!play_call(play, &play->calls[i]))
			return false;
	}
	return play->now || differs(play, "no init is in it: change the policy while it records");
}

bool replay(FILE *in, struct replay_counts counts[MAX_POLICIES], char message[REPLAY_MESSAGE])
{
	struct play play = { .counts = counts, .message = message };
	bool ok;

	memset(counts, 0, MAX_POLICIES * sizeof(*counts));
	trace_init(&play.frames);
	ok = read_calls(&play, in) && play_all(&play);
	trace_free(&play.frames);
	free(play.calls);
	free(play.folios);
	free(play.held);
	return ok;
}
