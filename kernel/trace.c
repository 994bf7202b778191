// SPDX-License-Identifier: MIT
/*
 * Each hart writes its own ring, with interrupts off, so writers need no lock. A reader copies a
 * record and then checks that the writer has not lapped it meanwhile: `written` counts records
 * since boot, and record n lives in slot n % ring_records until n + ring_records is written.
 *
 * T1 What is read is in the order of time over all harts, also from one read to the next. A read
 *    goes up to a moment, `until`, and a record that bears an earlier time is in its ring: `busy`
 *    was set before the time was taken, and the reader waits until it is clear.
 * T2 So a read ends, even if reading itself makes records: they are later than `until`, which moves
 *    on when the end was reported.
 */
#include "kernel/trace.h"

#include "arch/riscv/csr.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/vmalloc.h"

/* In a hart's ring. */
static unsigned int ring_records = 1024;
KERNEL_PARAM("trace_records", param_int, &ring_records);

struct trace_ring {
	u64 written;
	bool busy;
	struct trace_record records[];
};

/* Allocated when the first event is switched on: a machine that does not trace pays nothing. */
static struct trace_ring *rings[NR_CPUS];
unsigned long trace_enabled;

static const char *const event_names[TRACE_EVENT_COUNT] = {
	"fault", "task", "syscall", "sched", "block", "ref", "policy", "oom", "race",
	"swap", "reclaim",
};

void trace_write_args(enum trace_event event, const u64 arg[TRACE_ARGS])
{
	unsigned long flags = local_irq_save();
	struct trace_ring *ring = rings[smp_processor_id()];
	struct trace_record *r;

	if (ring) {
		WRITE_ONCE(ring->busy, true);
		fence_time();			/* T1 */
		r = &ring->records[ring->written % ring_records];
		*r = (struct trace_record){ ktime_get_ns(), smp_processor_id(), event, current->pid,
					    { 0 } };
		memcpy(r->arg, arg, sizeof(r->arg));
		__atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELEASE);
		__atomic_store_n(&ring->busy, false, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

void trace_write(enum trace_event event, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	trace_write_args(event, (const u64[TRACE_ARGS]){ a, b, c, d, e });
}

void trace_task(u64 op, u64 value)
{
	u64 arg[TRACE_ARGS] = { op, value };

	strscpy((char *)&arg[TRACE_NAME], current->comm, TRACE_NAME_LEN);
	trace_write_args(TRACE_TASK, arg);
}

static bool rings_alloc(void)
{
	ring_records = max(ring_records, 16U);
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		if (rings[cpu])
			continue;
		rings[cpu] = vzalloc(sizeof(struct trace_ring) +
				     ring_records * sizeof(struct trace_record));
		if (!rings[cpu])
			return false;
	}
	return true;
}

/* Sees to it that the rings have all that happened before now, and returns now. */
static u64 settle(void)
{
	u64 now = ktime_get_ns();

	fence_time();				/* T1 */
	for (int cpu = 0; cpu < nr_harts; cpu++)
		while (rings[cpu] && __atomic_load_n(&rings[cpu]->busy, __ATOMIC_ACQUIRE))
			cpu_relax();
	return now;
}

/*
 * The next record of @cpu; false: there is none yet. Those that were overwritten meanwhile are
 * added to *@lost, but not those from before the first read.
 */
static bool fetch(int cpu, u64 *n, struct trace_record *record, u64 *lost)
{
	struct trace_ring *ring = READ_ONCE(rings[cpu]);
	u64 written, oldest;

	if (!ring)
		return false;
	for (;;) {
		written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
		oldest = written > ring_records ? written - ring_records + 1 : 0;
		if (*n < oldest) {
			*lost += *n ? oldest - *n : 0;
			*n = oldest;
		}
		if (*n >= written)
			return false;
		*record = ring->records[*n % ring_records];
		smp_mb();
		/* Not lapped while it was copied? */
		if (READ_ONCE(ring->written) < *n + ring_records)
			return true;
	}
}

/* The oldest record after the cursor and up to its end over all harts; its hart, or -1. */
static int next_record(struct trace_cursor *cursor, struct trace_record *best)
{
	struct trace_record r;
	int found = -1;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (fetch(cpu, &cursor->next[cpu], &r, &cursor->lost) && r.ns <= cursor->until &&
		    (found < 0 || r.ns < best->ns)) {
			*best = r;
			found = cpu;
		}
	return found;
}

static const char *result_name(u64 result)
{
	static const char *const names[] = {
		"minor", "major", "sigsegv", "sigbus", "oom", "retry",
	};

	return result < ARRAY_SIZE(names) ? names[result] : "?";
}

static size_t format_fault(const u64 *a, char *buf, size_t size)
{
	return scnprintf(buf, size,
			 "va=%#llx access=%c kind=%s result=%s folio=%#llx ns=%llu vma=%#llx-%#llx "
			 "name=%s\n",
			 a[0], (char)a[1], (const char *)a[2], result_name(a[3]), a[4], a[5], a[6],
			 a[7], (const char *)&a[TRACE_NAME]);
}

static size_t format_task(const u64 *a, char *buf, size_t size)
{
	const char *name = (const char *)&a[TRACE_NAME];

	switch (a[0]) {
	case TRACE_TASK_FORK:
		return scnprintf(buf, size, "op=fork child=%llu name=%s\n", a[1], name);
	case TRACE_TASK_EXEC:
		return scnprintf(buf, size, "op=exec name=%s\n", name);
	default:
		return scnprintf(buf, size, "op=exit status=%#llx name=%s\n", a[1], name);
	}
}

static size_t format_policy(const u64 *a, char *buf, size_t size)
{
	return scnprintf(buf, size,
			 "op=%s n=%llu folio=%#llx kind=%llu a=%#llx b=%#llx c=%#llx instr=%llu "
			 "name=%s\n",
			 (const char *)a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7],
			 (const char *)&a[TRACE_NAME]);
}

static size_t format_oom(const u64 *a, char *buf, size_t size)
{
	if (a[0] == TRACE_OOM_KILL)
		return scnprintf(buf, size, "op=kill pid=%llu rss=%llu swap=%llu adj=%lld\n",
				 a[1], a[2], a[3], (s64)a[4]);
	return scnprintf(buf, size, "op=reap rss=%llu left=%llu\n", a[2], a[3]);
}

static size_t format_swap(const u64 *a, char *buf, size_t size)
{
#define X(op, name) name,
	static const char *const ops[] = { TRACE_SWAP_OPS(X) };
#undef X

	return scnprintf(buf, size, "op=%s area=%llu slot=%llu folio=%#llx value=%lld\n",
			 ops[a[0]], a[1], a[2], a[3], (s64)a[4]);
}

static size_t format_reclaim(const u64 *a, char *buf, size_t size)
{
#define X(op, name) name,
	static const char *const ops[] = { TRACE_RECLAIM_OPS(X) };
#undef X
	size_t n = scnprintf(buf, size, "op=%s kind=%llu priority=%llu ", ops[a[0]], a[1], a[2]);

	if (a[0] <= TRACE_RECLAIM_FREED)
		return n + scnprintf(buf + n, size - n, "folio=%#llx\n", a[3]);
	return n + scnprintf(buf + n, size - n, "scanned=%llu freed=%llu\n", a[3], a[4]);
}

static size_t format(const struct trace_record *r, char *buf, size_t size)
{
	const u64 *a = r->arg;
	size_t n = scnprintf(buf, size, "%llu %d %d %s ", r->ns, r->hart, r->pid,
			     event_names[r->event]);

	switch (r->event) {
	case TRACE_FAULT:
		return n + format_fault(a, buf + n, size - n);
	case TRACE_TASK:
		return n + format_task(a, buf + n, size - n);
	case TRACE_SYSCALL:
		return n + scnprintf(buf + n, size - n,
				     "nr=%llu a0=%#llx a1=%#llx a2=%#llx result=%lld\n", a[0], a[1],
				     a[2], a[3], (s64)a[4]);
	case TRACE_SCHED:
		return n + scnprintf(buf + n, size - n, "prev=%lld next=%lld state=%llu\n",
				     (s64)a[0], (s64)a[1], a[2]);
	case TRACE_REF:
		return n + scnprintf(buf + n, size - n,
				     "tgid=%llu page=%#llx accessed=%#llx dirty=%#llx\n",
				     a[0], a[1], a[2], a[3]);
	case TRACE_OOM:
		return n + format_oom(a, buf + n, size - n);
	case TRACE_RACE:
		return n + scnprintf(buf + n, size - n, "op=%s of=%s point=%llu until=%llu\n",
				     (const char *)a[0], (const char *)a[1], a[2], a[3]);
	case TRACE_SWAP:
		return n + format_swap(a, buf + n, size - n);
	case TRACE_RECLAIM:
		return n + format_reclaim(a, buf + n, size - n);
	case TRACE_POLICY:
		return n + format_policy(a, buf + n, size - n);
	default:
		return n + scnprintf(buf + n, size - n, "op=%c dev=%s sector=%llu bytes=%llu %s\n",
				     (char)a[0], (const char *)a[1], a[2], a[3],
				     a[4] ? "complete" : "submit");
	}
}

/* Appends a line if there is room for all of it. */
static bool append(const char *line, size_t n, char *buf, size_t size, size_t *done)
{
	if (n > size - *done)
		return false;
	memcpy(buf + *done, line, n);
	*done += n;
	return true;
}

size_t trace_read(struct trace_cursor *cursor, char *buf, size_t size)
{
	struct trace_record r;
	char line[TRACE_MAX_LINE];
	size_t done = 0, n;
	int cpu;

	if (!cursor->until)
		cursor->until = settle();
	while ((cpu = next_record(cursor, &r)) >= 0) {
		if (cursor->lost) {
			n = scnprintf(line, sizeof(line), "%llu %d 0 lost records=%llu\n", r.ns,
				      cpu, cursor->lost);
			if (!append(line, n, buf, size, &done))
				return done;
			cursor->lost = 0;
		}
		n = format(&r, line, sizeof(line));
		if (!append(line, n, buf, size, &done))
			return done;
		cursor->next[cpu]++;
	}
	if (!done)
		cursor->until = 0;
	return done;
}

size_t trace_events_show(char *buf, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < TRACE_EVENT_COUNT; i++)
		if (trace_enabled & BIT(i))
			n += scnprintf(buf + n, size - n, "%s%s", n ? " " : "", event_names[i]);
	return n + scnprintf(buf + n, size - n, "\n");
}

static int event_by_name(const char *name, size_t n)
{
	for (int i = 0; i < TRACE_EVENT_COUNT; i++)
		if (strlen(event_names[i]) == n && !strncmp(event_names[i], name, n))
			return i;
	return -1;
}

/* One word of the list; -EINVAL if it names nothing. */
static int store_word(const char *word, size_t n, unsigned long *enabled)
{
	bool off = n && *word == '!';
	int event = event_by_name(word + off, n - off);

	if (n == 4 && !strncmp(word, "none", 4))
		*enabled = 0;
	else if (event < 0)
		return -EINVAL;
	else if (off)
		*enabled &= ~BIT(event);
	else
		*enabled |= BIT(event);
	return 0;
}

int trace_events_store(const char *buf)
{
	unsigned long enabled = trace_enabled;
	const char *separators = " \n\t,";
	size_t n;
	int err;

	for (;;) {
		while (*buf && strchr(separators, *buf))
			buf++;
		if (!*buf)
			break;
		for (n = 0; buf[n] && !strchr(separators, buf[n]); n++)
			;
		err = store_word(buf, n, &enabled);
		if (err)
			return err;
		buf += n;
	}
	if (enabled && !rings_alloc())
		return -ENOMEM;
	WRITE_ONCE(trace_enabled, enabled);
	return 0;
}

void trace_dump(int n)
{
	/* The other harts have stopped, perhaps within a record: nothing is waited for. */
	struct trace_cursor cursor = { .until = ~0ULL };
	struct trace_record r;
	char line[TRACE_MAX_LINE];
	u64 total = 0;
	int cpu;

	trace_enabled = 0;
	for (struct trace_cursor c = cursor; (cpu = next_record(&c, &r)) >= 0; c.next[cpu]++)
		total++;
	for (; (cpu = next_record(&cursor, &r)) >= 0; cursor.next[cpu]++) {
		if (total-- > (u64)n)
			continue;
		format(&r, line, sizeof(line));
		pr_emerg("  %s", line);
	}
}

#ifdef CONFIG_DEBUG
static void trace_all(void)
{
	trace_events_store("fault task syscall sched block race");
}
late_initcall(trace_all);
#endif
