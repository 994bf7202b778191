// SPDX-License-Identifier: MIT
/*
 * The files of fault injection (kernel/fault_inject.h), where Linux has them with debugfs mounted:
 * /sys/kernel/debug/fail_*, each setting a file; and /proc/PID's two.
 */
#include "fs/file.h"
#include "fs/proc/proc.h"
#include "fs/proc/pseudo.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/fault_inject.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "lib/string.h"

static int show_ulong(struct seq_file *m, void *data)
{
	seq_printf(m, "%lu\n", READ_ONCE(*(unsigned long *)data));
	return 0;
}

static int store_ulong(const char *text, size_t len, void *data)
{
	unsigned long value;
	int error = kstrtoul(text, 0, &value);

	if (!error)
		WRITE_ONCE(*(unsigned long *)data, value);
	return error;
}

static int show_atomic(struct seq_file *m, void *data)
{
	seq_printf(m, "%d\n", atomic_read((atomic_t *)data));
	return 0;
}

static int store_atomic(const char *text, size_t len, void *data)
{
	int value, error = kstrtoint(text, 0, &value);

	if (!error)
		atomic_set((atomic_t *)data, value);
	return error;
}

static int show_bool(struct seq_file *m, void *data)
{
	seq_puts(m, READ_ONCE(*(bool *)data) ? "Y\n" : "N\n");
	return 0;
}

static int store_bool(const char *text, size_t len, void *data)
{
	bool yes = *text && strchr("yY1", *text), no = *text && strchr("nN0", *text);

	if (!yes && !no)
		return -EINVAL;
	WRITE_ONCE(*(bool *)data, yes);
	return 0;
}

/* --- /proc/PID --- */

int proc_make_it_fail(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%d\n", task->make_it_fail);
	return 0;
}

int proc_fail_nth(struct seq_file *m, struct task_struct *task)
{
	seq_printf(m, "%u\n", task->fail_nth);
	return 0;
}

ssize_t proc_make_it_fail_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct task_struct *task;
	ssize_t ret;
	int value;

	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	ret = proc_get_int(from, 0, &value);
	if (ret < 0)
		return ret;
	if (value < 0 || value > 1)
		return -EINVAL;
	task = proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	task->make_it_fail = value;
	put_task_struct(task);
	return ret;
}

ssize_t proc_fail_nth_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct task_struct *task;
	int value;
	ssize_t ret = proc_get_int(from, 0, &value);

	if (ret < 0)
		return ret;
	if (value < 0)
		return -EINVAL;
	task = proc_task(file_inode(iocb->ki_filp));
	if (!task)
		return -ESRCH;
	task->fail_nth = value;
	put_task_struct(task);
	return ret;
}

/* --- /sys/kernel/debug --- */

static void attr_files(struct pseudo_entry *dir, struct fault_attr *attr)
{
	pseudo_file(dir, "probability", 0600, show_ulong, store_ulong, &attr->probability);
	pseudo_file(dir, "interval", 0600, show_ulong, store_ulong, &attr->interval);
	pseudo_file(dir, "times", 0600, show_atomic, store_atomic, &attr->times);
	pseudo_file(dir, "space", 0600, show_atomic, store_atomic, &attr->space);
	pseudo_file(dir, "verbose", 0600, show_ulong, store_ulong, &attr->verbose);
	pseudo_file(dir, "task-filter", 0600, show_bool, store_bool, &attr->task_filter);
	if (!attr->of_memory)
		return;
	pseudo_file(dir, "ignore-gfp-wait", 0600, show_bool, store_bool, &attr->ignore_gfp_wait);
	pseudo_file(dir, "ignore-gfp-highmem", 0600, show_bool, store_bool,
		    &attr->ignore_gfp_highmem);
}

static void fault_inject_init(void)
{
	struct pseudo_entry *debug = pseudo_mkdir(pseudo_mkdir(&sys_root, "kernel"), "debug");
	struct fault_attr *attr = NULL;

	while ((attr = fault_attr_next(attr)))
		attr_files(pseudo_mkdir(debug, attr->name), attr);
}
late_initcall(fault_inject_init);
