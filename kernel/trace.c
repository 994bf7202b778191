// SPDX-License-Identifier: MIT
/*
 * Each hart writes its own ring, with interrupts off, so writers need no lock. A reader copies a
 * record and then checks that the writer has not lapped it meanwhile: `written` counts records
 * since boot, and record n lives in slot n % RING_RECORDS until n + RING_RECORDS is written.
 */
#include "kernel/trace.h"

#include "arch/riscv/csr.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/vmalloc.h"

#define RING_RECORDS	512

struct trace_ring {
	u64 written;
	struct trace_record records[RING_RECORDS];
};

/* Allocated when the first event is switched on: a machine that does not trace pays nothing. */
static struct trace_ring *rings[NR_CPUS];
unsigned long trace_enabled;

static const char *const event_names[TRACE_EVENT_COUNT] = { "fault", "syscall", "sched", "block" };

void trace_write(enum trace_event event, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	unsigned long flags = local_irq_save();
	struct trace_ring *ring = rings[smp_processor_id()];
	struct trace_record *r;

	if (ring) {
		r = &ring->records[ring->written % RING_RECORDS];
		*r = (struct trace_record){ ktime_get_ns(), smp_processor_id(), event, current->pid,
					    { a, b, c, d, e, f } };
		__atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

static bool rings_alloc(void)
{
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		if (rings[cpu])
			continue;
		rings[cpu] = vzalloc(sizeof(struct trace_ring));
		if (!rings[cpu])
			return false;
	}
	return true;
}

void trace_cursor_init(struct trace_cursor *cursor)
{
	memset(cursor, 0, sizeof(*cursor));
}

/* Record number *n of @cpu, or the oldest that is left; false: there is none yet. */
static bool fetch(int cpu, u64 *n, struct trace_record *record)
{
	struct trace_ring *ring = READ_ONCE(rings[cpu]);
	u64 written;

	if (!ring)
		return false;
	for (;;) {
		written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
		if (written > RING_RECORDS && *n < written - RING_RECORDS + 1)
			*n = written - RING_RECORDS + 1;
		if (*n >= written)
			return false;
		*record = ring->records[*n % RING_RECORDS];
		smp_mb();
		/* Not lapped while it was copied? */
		if (READ_ONCE(ring->written) < *n + RING_RECORDS)
			return true;
	}
}

/* The oldest record after the cursor over all harts; its hart, or -1. */
static int next_record(struct trace_cursor *cursor, struct trace_record *best)
{
	struct trace_record r;
	int found = -1;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		if (fetch(cpu, &cursor->next[cpu], &r) && (found < 0 || r.ns < best->ns)) {
			*best = r;
			found = cpu;
		}
	return found;
}

static const char *result_name(u64 result)
{
	static const char *const names[] = { "minor", "major", "sigsegv", "sigbus", "oom",
					     "retry" };

	return result < ARRAY_SIZE(names) ? names[result] : "?";
}

static size_t format(const struct trace_record *r, char *buf, size_t size)
{
	const u64 *a = r->arg;
	size_t n = scnprintf(buf, size, "%llu %d %d %s ", r->ns, r->hart, r->pid,
			     event_names[r->event]);

	switch (r->event) {
	case TRACE_FAULT:
		return n + scnprintf(buf + n, size - n,
				     "va=%#llx access=%c kind=%s result=%s folio=%#llx ns=%llu\n",
				     a[0], (char)a[1], (const char *)a[2], result_name(a[3]), a[4],
				     a[5]);
	case TRACE_SYSCALL:
		return n + scnprintf(buf + n, size - n,
				     "nr=%llu a0=%#llx a1=%#llx a2=%#llx result=%lld\n", a[0], a[1],
				     a[2], a[3], (s64)a[4]);
	case TRACE_SCHED:
		return n + scnprintf(buf + n, size - n, "prev=%lld next=%lld state=%llu\n",
				     (s64)a[0], (s64)a[1], a[2]);
	default:
		return n + scnprintf(buf + n, size - n, "op=%c dev=%s sector=%llu bytes=%llu %s\n",
				     (char)a[0], (const char *)a[1], a[2], a[3],
				     a[4] ? "complete" : "submit");
	}
}

size_t trace_read(struct trace_cursor *cursor, char *buf, size_t size)
{
	struct trace_record r;
	char line[192];
	size_t done = 0, n;
	int cpu;

	while ((cpu = next_record(cursor, &r)) >= 0) {
		n = format(&r, line, sizeof(line));
		if (n > size - done)
			break;
		memcpy(buf + done, line, n);
		done += n;
		cursor->next[cpu]++;
	}
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
	struct trace_cursor cursor;
	struct trace_record r;
	char line[192];
	u64 total = 0;
	int cpu;

	trace_cursor_init(&cursor);
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
	trace_events_store("fault syscall sched block");
}
late_initcall(trace_all);
#endif
