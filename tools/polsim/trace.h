// SPDX-License-Identifier: MIT
/*
 * A reference string in memory: which page was used, one after another, and how.  Pages are
 * numbered 0, 1, … in the order of their first use, so that what is known of a page is an array.
 */
#ifndef POLSIM_TRACE_H
#define POLSIM_TRACE_H

#include "lib/types.h"

/* A reference: the page's number here, and how it was used. */
#define REF_STORE	0x10000000u
#define REF_CALL	0x20000000u	/* by read() or write(): no page table shows it */
#define REF_FILE	0x40000000u	/* its store is a file, not swap */
#define REF_GONE	0x80000000u	/* not used: its owner gave it up (munmap, exit) */
#define REF_ID		0x0fffffffu
#define MAX_PAGES	REF_ID

struct trace {
	u32 *refs;
	size_t nr_refs, room;
	u64 *pages;			/* their numbers in the file */
	u32 nr_pages, page_room;
	u32 *hash;			/* 1 + the number here; 0: free */
	u32 hash_bits;
};

static inline u32 ref_page(u32 ref)
{
	return ref & REF_ID;
}

void trace_init(struct trace *trace);
void trace_free(struct trace *trace);
/* Appends one reference; @flags are REF_*.  False: there are more than MAX_PAGES pages. */
bool trace_add(struct trace *trace, u64 page, u32 flags);

#endif
