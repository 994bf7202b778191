// SPDX-License-Identifier: MIT
/*
 * A ring of bytes holds the records: a header (sequence, time, level, length) and the text. New
 * records overwrite the oldest. One lock, taken with interrupts off; a panic on the hart that holds
 * it goes on without.
 */
#include "kernel/printk.h"

#include "arch/riscv/sbi.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/spinlock.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"

#define RING_SIZE	32768
#define LINE_MAX	512

struct record {
	u64 seq, ns;
	u16 len;		/* of the text behind it */
	u8 level;
};

static char ring[RING_SIZE];
static u64 ring_head, ring_tail;	/* bytes written and dropped since boot */
static u64 next_seq, first_seq;
static DEFINE_SPINLOCK(printk_lock, RANK_CONSOLE);

int console_loglevel = KERN_WARNING;

static void sbi_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			sbi_console_putchar('\r');
		sbi_console_putchar(s[i]);
	}
}

static void (*console_write)(const char *s, size_t n) = sbi_write;

void console_set_write(void (*write)(const char *s, size_t n))
{
	console_write = write;
}

static void ring_put(u64 at, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[(at + i) % RING_SIZE] = ((const char *)from)[i];
}

static void ring_get(u64 at, void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)to)[i] = ring[(at + i) % RING_SIZE];
}

static void store(int level, const char *text, size_t len)
{
	struct record r = { next_seq++, ktime_get_ns(), len, level }, old;

	while (ring_head - ring_tail + sizeof(r) + len > RING_SIZE) {
		ring_get(ring_tail, &old, sizeof(old));
		ring_tail += sizeof(old) + old.len;
		first_seq = old.seq + 1;
	}
	ring_put(ring_head, &r, sizeof(r));
	ring_put(ring_head + sizeof(r), text, len);
	ring_head += sizeof(r) + len;
}

void printk(int level, const char *fmt, ...)
{
	char line[LINE_MAX];
	unsigned long flags;
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = vscnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (!len || line[len - 1] != '\n')
		line[len++] = '\n';

	flags = local_irq_save();
	if (!panic_in_progress())
		spin_lock(&printk_lock);
	store(level, line, len);
	if (level < console_loglevel)
		console_write(line, len);
	if (!panic_in_progress())
		spin_unlock(&printk_lock);
	local_irq_restore(flags);
}

/* One record as syslog(2) shows it; 0 if it does not fit. */
static size_t format_record(const struct record *r, u64 at, char *buf, size_t size)
{
	char head[40];
	size_t n = snprintf(head, sizeof(head), "<%d>[%5llu.%06llu] ", r->level,
			    r->ns / NSEC_PER_SEC, r->ns % NSEC_PER_SEC / NSEC_PER_USEC);

	if (n + r->len > size)
		return 0;
	memcpy(buf, head, n);
	ring_get(at, buf + n, r->len);
	return n + r->len;
}

size_t printk_read(u64 *seq, char *buf, size_t size)
{
	size_t done = 0, n;
	unsigned long flags;
	struct record r;
	u64 at;

	spin_lock_irqsave(&printk_lock, flags);
	if (*seq < first_seq)
		*seq = first_seq;
	for (at = ring_tail; at < ring_head; at += sizeof(r) + r.len) {
		ring_get(at, &r, sizeof(r));
		if (r.seq < *seq)
			continue;
		n = format_record(&r, at + sizeof(r), buf + done, size - done);
		if (!n)
			break;
		done += n;
		*seq = r.seq + 1;
	}
	spin_unlock_irqrestore(&printk_lock, flags);
	return done;
}

u64 printk_next_seq(void)
{
	return READ_ONCE(next_seq);
}

size_t printk_ring_bytes(void)
{
	return RING_SIZE;
}

bool ratelimit_ok(struct ratelimit *rl)
{
	u64 now = ktime_get_ns();

	if (!rl->begin || now - rl->begin > 5 * NSEC_PER_SEC) {
		rl->begin = now;
		rl->count = 0;
	}
	return rl->count++ < 10;
}

KERNEL_PARAM("loglevel", param_int, &console_loglevel);
