// SPDX-License-Identifier: MIT
/*
 * The trace ring: fixed-size binary records, one ring a hart, written without a lock by their hart;
 * the text is made when somebody reads. /proc/faultline/trace gives them merged by time;
 * /proc/faultline/trace_events switches. A tracepoint whose event is off costs one load and one
 * branch.
 *
 * Debug builds start with faults, tasks, calls, switches and disk requests on, release builds with
 * nothing; a panic prints the last records.
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include "kernel/smp.h"
#include "lib/types.h"

enum trace_event {
	TRACE_FAULT,		/* va, access, kind, result, frame, ns, vma start, vma end, name */
	TRACE_TASK,		/* op (TRACE_TASK_*), child pid or exit code; TRACE_NAME: comm */
	TRACE_SYSCALL,		/* nr, a0, a1, a2, result */
	TRACE_SCHED,		/* prev pid, next pid, prev state */
	TRACE_BLOCK,		/* op, device, sector, bytes, 0 = submit 1 = complete */
	TRACE_REF,		/* tgid, first page; 64 from it on: accessed, dirty */
	/*
	 * function, number, frame or 0, kind, three of its own, instructions; TRACE_NAME: policy
	 *   init seed; add why shadow; next priority; judge priority facts fate; evicted word
	 */
	TRACE_POLICY,
	TRACE_OOM,		/* op (TRACE_OOM_*), pid, RSS, swap or what is left, adj */
	TRACE_RACE,		/* op, of what, number of the point, up to which it waits */
	TRACE_SWAP,		/* op (TRACE_SWAP_*), area, slot, frame or 0, one more */
	TRACE_RECLAIM,		/* op (TRACE_RECLAIM_*), kind, priority, two more */
	TRACE_EVENT_COUNT,
};

/* RETRY: it had to wait, and is made again. */
enum fault_result {
	FAULT_MINOR, FAULT_MAJOR, FAULT_SIGSEGV, FAULT_SIGBUS, FAULT_OOM, FAULT_RETRY,
};

enum { TRACE_OOM_KILL, TRACE_OOM_REAP };
enum { TRACE_TASK_FORK, TRACE_TASK_EXEC, TRACE_TASK_EXIT };

/* A slot's steps in their order, and what goes with each. */
#define TRACE_SWAP_OPS(X)								\
	X(ADD, "add")		/* a folio got the slot, or is to be read from it */	\
	X(UNMAP, "unmap")	/* an entry that mapped it names the slot; address */	\
	X(OUT, "out")		/* shared memory: the file names the slot; index */	\
	X(WRITE, "write")								\
	X(WRITTEN, "written")	/* 0 or -errno */					\
	X(DROP, "drop")		/* out of the cache; 1: it left a shadow */		\
	X(FIND, "find")		/* in the cache, by a fault; 1: it was read ahead */	\
	X(READ, "read")		/* 1: nobody asked for it yet */			\
	X(READ_DONE, "read_done") /* 0 or -errno */					\
	X(BACK, "back")		/* shared memory: it is the file's again; index */	\
	X(FREE, "free")		/* nobody names the slot any more */

/* Of folios: frame. The others: looked at, freed. */
#define TRACE_RECLAIM_OPS(X)								\
	X(KEPT, "kept")		/* the policy's word */					\
	X(FAILED, "failed")	/* it was busy, or has no place to go to */		\
	X(WRITING, "writing")	/* it will come back when it is written */		\
	X(FREED, "freed")								\
	X(SCAN, "scan")		/* so many of one kind */				\
	X(WAKE, "wake")		/* kswapd was woken */					\
	X(KSWAPD, "kswapd")	/* a run of kswapd, and */				\
	X(DIRECT, "direct")	/* of who needs memory himself: until enough was freed */ \
	X(SLAB, "slab")		/* objects of shrinkers */

#define X(op, name) TRACE_SWAP_##op,
enum trace_swap_op { TRACE_SWAP_OPS(X) };
#undef X
#define X(op, name) TRACE_RECLAIM_##op,
enum trace_reclaim_op { TRACE_RECLAIM_OPS(X) };
#undef X

#define TRACE_ARGS	10
#define TRACE_NAME	8	/* the last two hold a name of up to 15 characters */
#define TRACE_NAME_LEN	(2 * sizeof(u64))

struct trace_record {
	u64 ns;
	s16 hart;
	u16 event;
	s32 pid;
	u64 arg[TRACE_ARGS];	/* as listed; a kind is a pointer to a constant string */
};

extern unsigned long trace_enabled;		/* bit per event */

void trace_write_args(enum trace_event event, const u64 arg[TRACE_ARGS]);
/* The same for up to five, in registers: a tracepoint that is off has no frame to make for them. */
void trace_write(enum trace_event event, u64 a, u64 b, u64 c, u64 d, u64 e);

/* TRACE_TASK of current; if it is on. */
void trace_task(u64 op, u64 value);

static inline bool trace_is_on(enum trace_event event)
{
	return READ_ONCE(trace_enabled) & BIT(event);
}

#define TRACE(event, a, b, c, d, e)							\
	do {										\
		if (unlikely(trace_is_on(event)))					\
			trace_write(event, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e)); \
	} while (0)

#define TRACE_MAX_LINE	256

/* All zero: at the oldest record. */
struct trace_cursor {
	u64 next[NR_CPUS];	/* number of a hart's next record */
	u64 until;		/* ns: up to where this reading goes; 0: it begins anew */
	u64 lost;		/* overwritten before they were read, not yet told */
};
/*
 * Formats records after the cursor into @buf (TRACE_MAX_LINE at least), whole lines only; advances
 * the cursor. Returns bytes; 0: no more of those that there were when this reading began, after the
 * last 0 or the open.
 */
size_t trace_read(struct trace_cursor *cursor, char *buf, size_t size);
/*
 * "fault syscall sched block": the names that are on; write: names to switch on, "!name" off,
 * "none".
 */
size_t trace_events_show(char *buf, size_t size);
int trace_events_store(const char *buf);		/* 0 or -EINVAL */
/* The last @n records to the console (panic). */
void trace_dump(int n);

#endif
