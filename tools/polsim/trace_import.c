// SPDX-License-Identifier: MIT
/*
 * Records come in the order of time.  The pages of one record were used between two looks at the
 * accessed bits, in an order that nobody knows: they are taken by address.
 *
 * When a process ends its pages are given up, those that it was seen to use.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/polsim/alloc.h"
#include "tools/polsim/trace_file.h"

#define ADDRESS_BITS	27		/* of a page in Sv39's lower half, and one */
#define MAX_LINE	400

static bool use_pages(struct trace *trace, u64 first, u64 accessed, u64 dirty)
{
	for (; accessed; first++, accessed >>= 1, dirty >>= 1)
		if (accessed & 1 && !trace_add(trace, first, dirty & 1 ? REF_STORE : 0))
			return false;
	return true;
}

static bool end_process(struct trace *trace, u64 tgid)
{
	u32 nr_pages = trace->nr_pages;

	for (u32 id = 0; id < nr_pages; id++)
		if (trace->pages[id] >> ADDRESS_BITS == tgid &&
		    !trace_add(trace, trace->pages[id], REF_GONE))
			return false;
	return true;
}

/* False: it is one of ours, and cannot be read. */
static bool import_line(struct trace *trace, const char *line)
{
	const char *ref = strstr(line, " ref tgid=");
	u64 tgid, page, accessed, dirty;

	if (!strchr(line, '\n'))
		return false;
	if (ref)
		return sscanf(ref, " ref tgid=%llu page=%llx accessed=%llx dirty=%llx", &tgid,
			      &page, &accessed, &dirty) == 4 &&
		       use_pages(trace, tgid << ADDRESS_BITS | page, accessed, dirty);
	if (strstr(line, " task op=exit ") && sscanf(line, "%*u %*d %llu", &tgid) == 1)
		return end_process(trace, tgid);
	return true;
}

bool trace_import(struct trace *trace, const char *path, char message[TRACE_MESSAGE])
{
	FILE *in = fopen(path, "r");
	char line[MAX_LINE];
	u64 offset = 0;
	bool ok = true;

	trace_init(trace);
	if (!in) {
		snprintf(message, TRACE_MESSAGE, "%.120s: %s", path, strerror(errno));
		return false;
	}
	while (ok && fgets(line, sizeof(line), in)) {
		ok = import_line(trace, line);
		offset += ok ? strlen(line) : 0;
	}
	if (!ok)
		snprintf(message, TRACE_MESSAGE, "%.120s: offset %llu: no record of the trace ring",
			 path, offset);
	else if (!trace->nr_refs)
		snprintf(message, TRACE_MESSAGE, "%.120s: offset %llu: no reference before the end",
			 path, offset);
	fclose(in);
	return ok && trace->nr_refs;
}
