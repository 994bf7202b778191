// SPDX-License-Identifier: MIT
/*
 * The stack of pages, the last used on top, is kept as marks on a line of slots: a page's mark is
 * in the slot of its last use, and its depth is the number of marks from there to the end of the
 * line.  A Fenwick tree counts them.  When the line is full, the marks move together.
 *
 * A page that its owner gave up leaves a hole, which is a mark without a page: in each memory that
 * had the page a frame is free.  The next page that comes up from below the topmost hole (or is
 * new) fills it: the hole goes to where that page was, since the memories that had it keep theirs.
 */
#include "tools/polsim/stack.h"

#include "tools/polsim/alloc.h"
#include "tools/polsim/moments.h"

#define NOT_THERE	(~0u)

struct line {
	u32 nr_slots, end;	/* slots from `end` on were not used yet */
	u32 *tree;		/* Fenwick: sums of marks */
	u32 *page;		/* by slot; NOT_THERE: no mark, or a hole */
	u32 *slot;		/* by page; NOT_THERE: it has none */
	u32 nr_marks;
	struct moments holes;
};

static void add(struct line *line, u32 slot, int n)
{
	for (u32 i = slot + 1; i <= line->nr_slots; i += i & -i)
		line->tree[i] += n;
	line->nr_marks += n;
}

/* Marks before @slot. */
static u32 marks_before(const struct line *line, u32 slot)
{
	u32 sum = 0;

	for (u32 i = slot; i; i &= i - 1)
		sum += line->tree[i];
	return sum;
}

static bool is_marked(const struct line *line, u32 slot)
{
	return line->page[slot] != NOT_THERE ||
	       line->holes.level[0][slot / 64] & 1ULL << slot % 64;
}

/* The marks, holes too, keep their order. */
static void compact(struct line *line)
{
	u32 to = 0;

	__builtin_memset(line->tree, 0, (line->nr_slots + 1UL) * sizeof(u32));
	line->nr_marks = 0;
	for (u32 from = 0; from < line->end; from++) {
		u32 page = line->page[from];

		if (!is_marked(line, from))
			continue;
		line->page[from] = NOT_THERE;
		if (page == NOT_THERE) {
			moments_remove(&line->holes, from);
			moments_add(&line->holes, to);
		} else {
			line->page[to] = page;
			line->slot[page] = to;
		}
		add(line, to++, 1);
	}
	line->end = to;
}

static void put_on_top(struct line *line, u32 page)
{
	if (line->end == line->nr_slots)
		compact(line);
	line->page[line->end] = page;
	line->slot[page] = line->end;
	add(line, line->end++, 1);
}

/* Takes @page's mark away; returns how deep it was, 1 on top; 0: it was not there. */
static u32 take_out(struct line *line, u32 page)
{
	u32 slot = line->slot[page], depth = 0;
	size_t hole = moments_last(&line->holes);
	bool fills = hole != NO_MOMENT && (slot == NOT_THERE || hole > slot);

	if (slot != NOT_THERE) {
		depth = line->nr_marks - marks_before(line, slot);
		line->page[slot] = NOT_THERE;
		if (fills)
			moments_add(&line->holes, slot);
		else
			add(line, slot, -1);
	}
	if (fills) {
		moments_remove(&line->holes, hole);
		add(line, hole, -1);
	}
	return depth;
}

static void gone(struct line *line, u32 page)
{
	u32 slot = line->slot[page];

	if (slot == NOT_THERE)
		return;
	line->page[slot] = line->slot[page] = NOT_THERE;
	moments_add(&line->holes, slot);
}

static void line_init(struct line *line, u32 nr_pages)
{
	*line = (struct line){ .nr_slots = 2 * nr_pages + 1024 };
	line->tree = sim_calloc(line->nr_slots + 1UL, sizeof(u32));
	line->page = sim_calloc(line->nr_slots, sizeof(u32));
	line->slot = sim_calloc(nr_pages, sizeof(u32));
	__builtin_memset(line->page, 0xff, line->nr_slots * sizeof(u32));
	__builtin_memset(line->slot, 0xff, nr_pages * sizeof(u32));
	moments_init(&line->holes, line->nr_slots);
}

static void line_free(struct line *line)
{
	free(line->tree);
	free(line->page);
	free(line->slot);
	moments_free(&line->holes);
}

struct stack_curve *stack_curve(const struct trace *trace)
{
	struct stack_curve *curve = sim_calloc(1, sizeof(*curve));
	struct line line;

	line_init(&line, trace->nr_pages);
	curve->nr_pages = trace->nr_pages;
	curve->hits = sim_calloc(trace->nr_pages + 1UL, sizeof(u64));
	for (size_t i = 0; i < trace->nr_refs; i++) {
		u32 ref = trace->refs[i], depth;

		if (ref & REF_GONE) {
			gone(&line, ref_page(ref));
			continue;
		}
		curve->references++;
		depth = take_out(&line, ref_page(ref));
		put_on_top(&line, ref_page(ref));
		if (depth)
			curve->hits[depth]++;
		else
			curve->first++;
	}
	for (u32 frames = 1; frames <= curve->nr_pages; frames++)
		curve->hits[frames] += curve->hits[frames - 1];
	line_free(&line);
	return curve;
}

void stack_curve_free(struct stack_curve *curve)
{
	free(curve->hits);
	free(curve);
}

u64 stack_misses(const struct stack_curve *curve, u32 frames)
{
	return curve->references - curve->hits[min(frames, curve->nr_pages)];
}
