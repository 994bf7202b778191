// SPDX-License-Identifier: MIT
/*
 * The kernel's messages: into a ring that dmesg reads, and onto the console when their level is
 * below `loglevel=` (default 4: errors only; every message that an operator must see is an error).
 * Callable from anywhere, interrupt handlers and panics included. A message that does not end in a
 * newline gets one.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "lib/types.h"

#define KERN_EMERG	0
#define KERN_ALERT	1
#define KERN_CRIT	2
#define KERN_ERR	3
#define KERN_WARNING	4
#define KERN_NOTICE	5
#define KERN_INFO	6
#define KERN_DEBUG	7

void __printf(2, 3) printk(int level, const char *fmt, ...);

#define pr_emerg(...)	printk(KERN_EMERG, __VA_ARGS__)
#define pr_crit(...)	printk(KERN_CRIT, __VA_ARGS__)
#define pr_err(...)	printk(KERN_ERR, __VA_ARGS__)
#define pr_warn(...)	printk(KERN_WARNING, __VA_ARGS__)
#define pr_notice(...)	printk(KERN_NOTICE, __VA_ARGS__)
#define pr_info(...)	printk(KERN_INFO, __VA_ARGS__)
#define pr_debug(...)	printk(KERN_DEBUG, __VA_ARGS__)

/* True at most ten times in five seconds for each place that asks. */
struct ratelimit {
	u64 begin;		/* ns */
	int count;
};
bool ratelimit_ok(struct ratelimit *rl);
#define printk_ratelimited(level, ...) ({		\
	static struct ratelimit __rl;			\
	if (ratelimit_ok(&__rl))			\
		printk(level, __VA_ARGS__);		\
})

extern int console_loglevel;

/* The console's output, set by the UART driver; before that the SBI's legacy putchar is used. */
void console_set_write(void (*write)(const char *s, size_t n));

/*
 * syslog(2) and /proc/kmsg: copies records that begin at sequence *@seq into @buf as Linux formats
 * them (`<6>[ 0.123456] text\n`), as many whole ones as fit; advances *@seq. Returns bytes.
 */
size_t printk_read(u64 *seq, char *buf, size_t size);
u64 printk_next_seq(void);		/* the number that the next record will have */
size_t printk_ring_bytes(void);

#endif
