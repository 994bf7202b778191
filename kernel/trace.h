// SPDX-License-Identifier: MIT
/*
 * The trace ring: fixed-size binary records, one ring a hart, written without a lock by their hart;
 * the text is made when somebody reads. /proc/faultline/trace gives them merged by time;
 * /proc/faultline/trace_events switches. A tracepoint whose event is off costs one load and one
 * branch.
 *
 * Debug builds start with all events on, release builds with none; a panic prints the last records.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "lib/types.h"

enum trace_event {
	TRACE_FAULT,		/* va, access, kind, result, frame, ns that it took */
	TRACE_SYSCALL,		/* nr, a0, a1, a2, result */
	TRACE_SCHED,		/* prev pid, next pid, prev state */
	TRACE_BLOCK,		/* op, device, sector, bytes, 0 = submit 1 = complete */
	TRACE_EVENT_COUNT,
};

/* RETRY: it had to wait, and is made again. */
enum fault_result {
	FAULT_MINOR, FAULT_MAJOR, FAULT_SIGSEGV, FAULT_SIGBUS, FAULT_OOM, FAULT_RETRY,
};

struct trace_record {
	u64 ns;
	s16 hart;
	u16 event;
	s32 pid;
	u64 arg[6];		/* as listed; a kind is a pointer to a constant string */
};

extern unsigned long trace_enabled;		/* bit per event */

void trace_write(enum trace_event event, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

static inline bool trace_is_on(enum trace_event event)
{
	return READ_ONCE(trace_enabled) & BIT(event);
}

#define TRACE(event, a, b, c, d, e, f) do {						\
	if (unlikely(trace_is_on(event)))						\
		trace_write(event, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), (u64)(f)); \
} while (0)

struct trace_cursor {
	u64 next[8];		/* per hart */
};
/*
 * Formats records after the cursor into @buf, whole lines only; advances the cursor. Returns bytes;
 * 0: no more.
 */
size_t trace_read(struct trace_cursor *cursor, char *buf, size_t size);
void trace_cursor_init(struct trace_cursor *cursor);	/* at the oldest record */
/*
 * "fault syscall sched block": the names that are on; write: names to switch on, "!name" off,
 * "none".
 */
size_t trace_events_show(char *buf, size_t size);
int trace_events_store(const char *buf);		/* 0 or -EINVAL */
/* The last @n records to the console (panic). */
void trace_dump(int n);

#endif
