// SPDX-License-Identifier: MIT
/*
 * Pages get their numbers through a hash table with open addressing, at most half full.
 */
#include "tools/polsim/trace.h"

#include "lib/hash.h"
#include "tools/polsim/alloc.h"

#define FIRST_HASH_BITS	12

void trace_init(struct trace *trace)
{
	*trace = (struct trace){ .hash_bits = FIRST_HASH_BITS };
	trace->hash = sim_calloc(1UL << FIRST_HASH_BITS, sizeof(u32));
}

void trace_free(struct trace *trace)
{
	free(trace->refs);
	free(trace->pages);
	free(trace->hash);
	*trace = (struct trace){ 0 };
}

/* Where @page is in the table, or the free place where it belongs. */
static u32 *find(const struct trace *trace, u64 page)
{
	u32 mask = (1UL << trace->hash_bits) - 1;
	u32 at = hash_64(page, trace->hash_bits);

	while (trace->hash[at] && trace->pages[trace->hash[at] - 1] != page)
		at = (at + 1) & mask;
	return &trace->hash[at];
}

static void grow_hash(struct trace *trace)
{
	free(trace->hash);
	trace->hash_bits++;
	trace->hash = sim_calloc(1UL << trace->hash_bits, sizeof(u32));
	for (u32 id = 0; id < trace->nr_pages; id++)
		*find(trace, trace->pages[id]) = id + 1;
}

static u32 number_of(struct trace *trace, u64 page)
{
	u32 *place = find(trace, page);

	if (*place)
		return *place - 1;
	if (trace->nr_pages == trace->page_room) {
		trace->page_room = trace->page_room ? 2 * trace->page_room : 1024;
		trace->pages = sim_realloc(trace->pages, trace->page_room, sizeof(u64));
	}
	trace->pages[trace->nr_pages++] = page;
	*place = trace->nr_pages;
	if (trace->nr_pages > 1UL << (trace->hash_bits - 1))
		grow_hash(trace);
	return trace->nr_pages - 1;
}

bool trace_add(struct trace *trace, u64 page, u32 flags)
{
	u32 id = number_of(trace, page);

	if (id >= MAX_PAGES)
		return false;
	if (trace->nr_refs == trace->room) {
		trace->room = trace->room ? 2 * trace->room : 4096;
		trace->refs = sim_realloc(trace->refs, trace->room, sizeof(u32));
	}
	trace->refs[trace->nr_refs++] = id | flags;
	return true;
}
