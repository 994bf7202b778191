// SPDX-License-Identifier: MIT
/* syslog(2): the messages of the kernel, for dmesg. */
#include "arch/riscv/uaccess.h"
#include "kernel/cred.h"
#include "kernel/mutex.h"
#include "kernel/printk.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

enum {
	ACTION_CLOSE, ACTION_OPEN, ACTION_READ, ACTION_READ_ALL, ACTION_READ_CLEAR, ACTION_CLEAR,
	ACTION_CONSOLE_OFF, ACTION_CONSOLE_ON, ACTION_CONSOLE_LEVEL, ACTION_SIZE_UNREAD,
	ACTION_SIZE_BUFFER,
};

static DEFINE_MUTEX(syslog_mutex, RANK_TTY);
static u64 read_seq;		/* next record for ACTION_READ */
static u64 clear_seq;		/* records before this one were cleared */
static int saved_loglevel;	/* while the console is off; 0: it is on */

/* Records from *@seq on, until @len bytes are full.  Bytes or -errno. */
static long copy_records(u64 *seq, char __user *buf, size_t len)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t done = 0, n;

	if (!page)
		return -ENOMEM;
	while ((n = printk_read(seq, page, min_t(size_t, PAGE_SIZE, len - done)))) {
		if (copy_to_user(buf + done, page, n)) {
			kfree(page);
			return -EFAULT;
		}
		done += n;
	}
	kfree(page);
	return done;
}

/* All that fits, the newest rather than the oldest. */
static long read_all(char __user *buf, size_t len, bool clear)
{
	u64 seq = clear_seq, next = printk_next_seq(), probe;
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t total = 0, n;
	long ret;

	if (!page)
		return -ENOMEM;
	for (probe = seq; (n = printk_read(&probe, page, PAGE_SIZE));)
		total += n;
	/* Too many: skip one by one from the front. */
	while (total > len) {
		u64 before = seq;

		probe = seq;
		n = printk_read(&probe, page, PAGE_SIZE);
		if (!n || probe == before)
			break;
		total -= n;
		seq = probe;
	}
	kfree(page);
	ret = copy_records(&seq, buf, len);
	if (clear && ret >= 0)
		clear_seq = next;
	return ret;
}

static int set_console(int type, int level)
{
	switch (type) {
	case ACTION_CONSOLE_OFF:
		if (!saved_loglevel)
			saved_loglevel = console_loglevel;
		console_loglevel = 1;
		return 0;
	case ACTION_CONSOLE_ON:
		if (saved_loglevel)
			console_loglevel = saved_loglevel;
		saved_loglevel = 0;
		return 0;
	default:
		if (level < 1 || level > 8)
			return -EINVAL;
		console_loglevel = level;
		saved_loglevel = 0;
		return 0;
	}
}

static long do_syslog(int type, char __user *buf, int len)
{
	switch (type) {
	case ACTION_CLOSE:
	case ACTION_OPEN:
		return 0;
	case ACTION_READ:
	case ACTION_READ_ALL:
	case ACTION_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		if (type == ACTION_READ)
			return copy_records(&read_seq, buf, len);
		return read_all(buf, len, type == ACTION_READ_CLEAR);
	case ACTION_CLEAR:
		clear_seq = printk_next_seq();
		return 0;
	case ACTION_CONSOLE_OFF:
	case ACTION_CONSOLE_ON:
	case ACTION_CONSOLE_LEVEL:
		return set_console(type, len);
	case ACTION_SIZE_BUFFER:
		return printk_ring_bytes();
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(syslog, int, type, char *, buf, int, len)
{
	bool free_to_all = type == ACTION_READ_ALL || type == ACTION_SIZE_BUFFER;
	long ret;

	if (!free_to_all && !capable(CAP_SYSLOG))
		return -EPERM;
	mutex_lock(&syslog_mutex);
	ret = do_syslog(type, buf, len);
	mutex_unlock(&syslog_mutex);
	return ret;
}
