// SPDX-License-Identifier: MIT
/* /proc/faultline: what only this kernel has: the trace ring, the policy's lists, leak counters. */
#include "fs/file.h"
#include "fs/iov_iter.h"
#include "fs/proc/pseudo.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "kernel/trace.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/ref_trace.h"
#include "mm/slab.h"
#include "mm/vmscan.h"

static int show_trace_events(struct seq_file *m, void *data)
{
	char text[80];

	seq_write(m, text, trace_events_show(text, sizeof(text)));
	return 0;
}

static int store_trace_events(const char *text, size_t len, void *data)
{
	return trace_events_store(text);
}

static int show_reclaim(struct seq_file *m, void *data)
{
	reclaim_policy_show(m);
	return 0;
}

static int reclaim_so_many(enum folio_kind kind, const char *number)
{
	unsigned int nr;
	int error = kstrtouint(number, 10, &nr);

	for (; !error && nr; nr--)
		if (fatal_signal_pending(current))
			error = -EINTR;
		else if (!reclaim_one(kind))
			error = -EAGAIN;
	return error;
}

static int store_reclaim(const char *text, size_t len, void *data)
{
	if (!strncmp(text, "anon ", 5))
		return reclaim_so_many(KIND_ANON, text + 5);
	if (!strncmp(text, "file ", 5))
		return reclaim_so_many(KIND_FILE, text + 5);
	return -EINVAL;
}

static int show_ref_ms(struct seq_file *m, void *data)
{
	seq_printf(m, "%u\n", READ_ONCE(ref_trace_ms));
	return 0;
}

static int store_ref_ms(const char *text, size_t len, void *data)
{
	unsigned int ms;
	int error = kstrtouint(text, 10, &ms);

	if (error)
		return error;
	set_ref_trace_ms(ms);
	return 0;
}

static int show_leak(struct seq_file *m, void *data)
{
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	seq_write(m, text, leak_snapshot(text, PAGE_SIZE));
	kfree(text);
	return 0;
}

static int trace_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct trace_cursor), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static void trace_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
}

/*
 * Consumes: each read goes on where the last one of this open file ended.  0: that was all that
 * there was when it began to read; the next read gives what has come since.
 */
static ssize_t trace_file_read(struct kiocb *iocb, struct iov_iter *to)
{
	size_t size = min(iov_iter_count(to), (size_t)PAGE_SIZE), n;
	ssize_t ret;
	char *text;

	if (size < TRACE_MAX_LINE)
		return -EINVAL;
	text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	n = trace_read(iocb->ki_filp->private_data, text, size);
	ret = copy_to_iter(text, n, to) == n ? (ssize_t)n : -EFAULT;
	kfree(text);
	return ret;
}

static const struct file_operations trace_fops = {
	.llseek = no_llseek,
	.open = trace_open,
	.read_iter = trace_file_read,
	.release = trace_release,
};

static void faultline_init(void)
{
	struct pseudo_entry *dir = pseudo_mkdir(NULL, "faultline");

	pseudo_file_ops(dir, "trace", 0400, &trace_fops, NULL);
	pseudo_file(dir, "trace_events", 0644, show_trace_events, store_trace_events, NULL);
	pseudo_file(dir, "trace_ref_ms", 0644, show_ref_ms, store_ref_ms, NULL);
	pseudo_file(dir, "reclaim", 0644, show_reclaim, store_reclaim, NULL);
	pseudo_file(dir, "leak", 0444, show_leak, NULL, NULL);
}
late_initcall(faultline_init);
