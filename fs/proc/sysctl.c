// SPDX-License-Identifier: MIT
/*
 * /proc/sys (proc(5)), /proc/faultline (what only this kernel has: trace ring, leak counters), and
 * the few files of /sys that programs read.
 */
#include "drivers/block.h"
#include "drivers/fdt.h"
#include "fs/buffer.h"
#include "fs/proc/pseudo.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/init.h"
#include "kernel/pid.h"
#include "kernel/printk.h"
#include "kernel/random.h"
#include "kernel/reboot.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/trace.h"
#include "kernel/utsname.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/mmap.h"
#include "mm/overcommit.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/vmscan.h"
#include "mm/writeback.h"

/* --- /proc/sys/kernel --- */

static int show_string(struct seq_file *m, void *data)
{
	seq_printf(m, "%s\n", (const char *)data);
	return 0;
}

/* A name of struct new_utsname. */
static int store_utsname(const char *text, size_t len, void *data)
{
	if (len > __NEW_UTS_LEN)
		return -EINVAL;
	memcpy(data, text, len + 1);
	return 0;
}

static int show_uuid(struct seq_file *m, void *data)
{
	u8 b[16];

	get_random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	seq_printf(m, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n",
		   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		   b[13], b[14], b[15]);
	return 0;
}

static int pid_max = PID_MAX, overflow_id = 65534, ngroups_max = NGROUPS_MAX;

static void kernel_files(struct pseudo_entry *sys)
{
	struct pseudo_entry *dir = pseudo_mkdir(sys, "kernel"),
			    *random = pseudo_mkdir(dir, "random");

	pseudo_file(dir, "ostype", 0444, show_string, NULL, init_utsname.sysname);
	pseudo_file(dir, "osrelease", 0444, show_string, NULL, init_utsname.release);
	pseudo_file(dir, "version", 0444, show_string, NULL, init_utsname.version);
	pseudo_file(dir, "hostname", 0644, show_string, store_utsname, init_utsname.nodename);
	pseudo_file(dir, "domainname", 0644, show_string, store_utsname, init_utsname.domainname);
	pseudo_int(dir, "pid_max", 0444, &pid_max, 0, 0);
	pseudo_int(dir, "overflowuid", 0444, &overflow_id, 0, 0);
	pseudo_int(dir, "overflowgid", 0444, &overflow_id, 0, 0);
	pseudo_int(dir, "ngroups_max", 0444, &ngroups_max, 0, 0);
	pseudo_int(dir, "printk", 0644, &console_loglevel, 0, 15);
	pseudo_int(dir, "randomize_va_space", 0644, &randomize_va_space, 0, 2);
	pseudo_int(dir, "poweroff_status", 0600, &poweroff_status, 0, 255);
	pseudo_file(random, "uuid", 0444, show_uuid, NULL, NULL);
}

/* --- /proc/sys/vm --- */

static int store_drop_caches(const char *text, size_t len, void *data)
{
	int what, err = kstrtoint(text, 10, &what);

	if (err)
		return err;
	if (what < 1 || what > 4)
		return -EINVAL;
	if (what & 1)
		drop_pagecache();
	if (what & 2)
		drop_slab();
	return 0;
}

static int store_mm_check(const char *text, size_t len, void *data)
{
	return mm_check();
}

/* overcommit_ratio and overcommit_kbytes: the one that was written last counts, the other is 0. */
struct commit_limit {
	int *value, *other;
};

static const struct commit_limit commit_ratio = {
	&sysctl_overcommit_ratio, &sysctl_overcommit_kbytes
};
static const struct commit_limit commit_kbytes = {
	&sysctl_overcommit_kbytes, &sysctl_overcommit_ratio
};

static int show_commit_limit(struct seq_file *m, void *data)
{
	const struct commit_limit *limit = data;

	seq_printf(m, "%d\n", *limit->value);
	return 0;
}

static int store_commit_limit(const char *text, size_t len, void *data)
{
	const struct commit_limit *limit = data;
	int value, err = kstrtoint(text, 10, &value);

	if (err)
		return err;
	if (value < 0)
		return -EINVAL;
	*limit->value = value;
	*limit->other = 0;
	return 0;
}

static void overcommit_files(struct pseudo_entry *dir)
{
	pseudo_int(dir, "overcommit_memory", 0644, &sysctl_overcommit_memory, 0, 2);
	pseudo_file(dir, "overcommit_ratio", 0644, show_commit_limit, store_commit_limit,
		    (void *)&commit_ratio);
	pseudo_file(dir, "overcommit_kbytes", 0644, show_commit_limit, store_commit_limit,
		    (void *)&commit_kbytes);
	pseudo_int(dir, "user_reserve_kbytes", 0644, &sysctl_user_reserve_kbytes, 0, INT_MAX);
	pseudo_int(dir, "admin_reserve_kbytes", 0644, &sysctl_admin_reserve_kbytes, 0, INT_MAX);
}

static void vm_files(struct pseudo_entry *sys)
{
	struct pseudo_entry *dir = pseudo_mkdir(sys, "vm");

	pseudo_file(dir, "drop_caches", 0200, NULL, store_drop_caches, NULL);
	pseudo_file(dir, "mm_check", 0200, NULL, store_mm_check, NULL);
	pseudo_int(dir, "max_map_count", 0644, &sysctl_max_map_count, 1, 1 << 20);
	overcommit_files(dir);
	pseudo_int(dir, "dirty_ratio", 0644, &vm_dirty_ratio, 1, 100);
	pseudo_int(dir, "dirty_background_ratio", 0644, &dirty_background_ratio, 0, 100);
	pseudo_int(dir, "dirty_expire_centisecs", 0644, &dirty_expire_interval, 1, 1 << 30);
	pseudo_int(dir, "dirty_writeback_centisecs", 0644, &dirty_writeback_interval, 0, 1 << 30);
}

/* --- /proc/faultline --- */

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
	struct trace_cursor *cursor = kmalloc(sizeof(*cursor), GFP_KERNEL);

	if (!cursor)
		return -ENOMEM;
	trace_cursor_init(cursor);
	file->private_data = cursor;
	return 0;
}

static void trace_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
}

/*
 * Consumes: each read goes on where the last one of this open file ended; 0 when there is nothing
 * new.
 */
static ssize_t trace_file_read(struct kiocb *iocb, struct iov_iter *to)
{
	size_t size = min(iov_iter_count(to), (size_t)PAGE_SIZE), n;
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t ret;

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

static void faultline_files(void)
{
	struct pseudo_entry *dir = pseudo_mkdir(NULL, "faultline");

	pseudo_file_ops(dir, "trace", 0400, &trace_fops, NULL);
	pseudo_file(dir, "trace_events", 0644, show_trace_events, store_trace_events, NULL);
	pseudo_file(dir, "leak", 0444, show_leak, NULL, NULL);
}

/* --- /sys --- */

static int show_cpu_range(struct seq_file *m, void *data)
{
	if (nr_harts == 1)
		seq_puts(m, "0\n");
	else
		seq_printf(m, "0-%d\n", nr_harts - 1);
	return 0;
}

static void cpu_files(void)
{
	struct pseudo_entry *dir =
		pseudo_mkdir(pseudo_mkdir(pseudo_mkdir(&sys_root, "devices"), "system"), "cpu");

	pseudo_file(dir, "online", 0444, show_cpu_range, NULL, NULL);
	pseudo_file(dir, "possible", 0444, show_cpu_range, NULL, NULL);
	pseudo_file(dir, "present", 0444, show_cpu_range, NULL, NULL);
}

static int show_rotational(struct seq_file *m, void *data)
{
	seq_printf(m, "%d\n", blk_rotational(data));
	return 0;
}

static int store_rotational(const char *text, size_t len, void *data)
{
	int value, err = kstrtoint(text, 10, &value);

	if (!err)
		blk_set_rotational(data, value != 0);
	return err;
}

static int show_sectors(struct seq_file *m, void *data)
{
	seq_printf(m, "%llu\n", ((struct block_device *)data)->bd_nr_sectors);
	return 0;
}

static void block_files(void)
{
	struct pseudo_entry *block = pseudo_mkdir(&sys_root, "block"), *disk;

	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev)) {
		if (bdev->bd_partno)
			continue;
		disk = pseudo_mkdir(block, bdev->bd_name);
		pseudo_file(disk, "size", 0444, show_sectors, NULL, bdev);
		pseudo_file(pseudo_mkdir(disk, "queue"), "rotational", 0644, show_rotational,
			    store_rotational, bdev->bd_disk);
	}
}

/*
 * A string of the device tree's /chosen, as Linux shows it under firmware/devicetree: with its NUL.
 */
static int show_chosen(struct seq_file *m, void *name)
{
	int len;
	const void *value = fdt_prop(fdt_find_path("/chosen"), name, &len);

	if (value)
		seq_write(m, value, len);
	return 0;
}

static void firmware_files(void)
{
	struct pseudo_entry *base = pseudo_mkdir(
		pseudo_mkdir(pseudo_mkdir(&sys_root, "firmware"), "devicetree"), "base");
	struct pseudo_entry *chosen = pseudo_mkdir(base, "chosen");
	static const char *const names[] = { "bootargs", "faultline,append", "faultline,cmd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fdt_prop(fdt_find_path("/chosen"), names[i], NULL))
			pseudo_file(chosen, names[i], 0444, show_chosen, NULL, (void *)names[i]);
}

static void sysctl_init(void)
{
	struct pseudo_entry *sys = pseudo_mkdir(NULL, "sys");

	kernel_files(sys);
	vm_files(sys);
	faultline_files();
	cpu_files();
	block_files();
	firmware_files();
}
late_initcall(sysctl_init);
