// SPDX-License-Identifier: MIT
/*
 * /proc/sys (proc(5)), as Linux's proc_dointvec_minmax() and proc_doulongvec_minmax() have it:
 *
 * - A read from the beginning gives the number and a newline, one from anywhere else nothing.
 * - A write takes one number, decimal, 0x or 0, with white space around it, and answers how far it
 *   read; text that is no number or out of range is EINVAL.  A write that does not begin at the
 *   beginning of the file is swallowed.
 * - Permission goes by the mode alone: root may not do what the owner's bits do not say.
 */
#include <linux/stat.h>
#include "fs/buffer.h"
#include "fs/file.h"
#include "fs/iov_iter.h"
#include "fs/proc/pseudo.h"
#include "kernel/cred.h"
#include "kernel/errno.h"
#include "kernel/exec.h"
#include "kernel/hung_task.h"
#include "kernel/init.h"
#include "kernel/pid.h"
#include "kernel/printk.h"
#include "kernel/race.h"
#include "kernel/random.h"
#include "kernel/reboot.h"
#include "kernel/utsname.h"
#include "lib/ctype.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/balance_dirty.h"
#include "mm/check.h"
#include "mm/mmap.h"
#include "mm/oom_kill.h"
#include "mm/overcommit.h"
#include "mm/page_alloc.h"
#include "mm/shrinker.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/swap_state.h"
#include "mm/vmscan.h"
#include "mm/writeback.h"

struct sysctl {
	const char *name;
	umode_t mode;
	/* One of the two is where it is kept; neither: it reads as nothing, a write only acts. */
	int *number;
	unsigned long *wide;
	long min, max;			/* of a number */
	int (*changed)(void);		/* after a write: 0 or -errno */
};

#define NUMBER(n, m, v, lo, hi, ...) \
	{ .name = n, .mode = m, .number = v, .min = lo, .max = hi, ##__VA_ARGS__ }
#define WIDE(n, m, v, lo, ...)	{ .name = n, .mode = m, .wide = v, .min = lo, ##__VA_ARGS__ }
#define ACTION(n, m, ...)	{ .name = n, .mode = m, ##__VA_ARGS__ }

/* --- reading and writing a number --- */

static ssize_t sysctl_read(struct kiocb *iocb, struct iov_iter *to)
{
	const struct pseudo_entry *entry = file_inode(iocb->ki_filp)->i_private;
	const struct sysctl *ctl = entry->data;
	char text[24];
	size_t n;

	if (iocb->ki_pos || !(ctl->number || ctl->wide))
		return 0;
	if (ctl->number)
		n = scnprintf(text, sizeof(text), "%d\n", READ_ONCE(*ctl->number));
	else
		n = scnprintf(text, sizeof(text), "%lu\n", READ_ONCE(*ctl->wide));
	n = min(n, iov_iter_count(to));
	if (copy_to_iter(text, n, to) != n)
		return -EFAULT;
	iocb->ki_pos += n;
	return n;
}

static const char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return s;
}

/* The number at @s and its sign; where it and the white space behind end, or NULL: it is none. */
static const char *parse_number(const char *s, unsigned long *magnitude, bool *negative)
{
	char word[22];
	size_t n = 0;

	*negative = *s == '-';
	s += *negative;
	if (!isdigit(*s))
		return NULL;
	for (; *s && *s != ' ' && *s != '\t' && *s != '\n'; s++)
		if (n < sizeof(word) - 1)
			word[n++] = *s;
	word[n] = '\0';
	if (n == sizeof(word) - 1 || kstrtoul(word, 0, magnitude))
		return NULL;
	return skip_spaces(s);
}

static int store_number(const struct sysctl *ctl, unsigned long magnitude, bool negative)
{
	long value = negative ? -magnitude : magnitude;

	if (ctl->number) {
		if (magnitude > (unsigned long)INT_MAX + negative || value < ctl->min ||
		    value > ctl->max)
			return -EINVAL;
		WRITE_ONCE(*ctl->number, value);
	} else if (!negative) {
		if (magnitude < (unsigned long)ctl->min)
			return -EINVAL;
		WRITE_ONCE(*ctl->wide, magnitude);
	}
	return 0;
}

/* Of @n characters of @text: how many were taken, or -errno. */
static ssize_t sysctl_store(const struct sysctl *ctl, const char *text, size_t n)
{
	const char *begin = skip_spaces(text), *end = text + n;
	unsigned long magnitude;
	bool negative;
	int err = 0;

	if (ctl->number || ctl->wide) {
		end = parse_number(begin, &magnitude, &negative);
		if (!end || (!*end && end < text + n))
			return -EINVAL;
		err = store_number(ctl, magnitude, negative);
	}
	if (!err && ctl->changed)
		err = ctl->changed();
	return err ? err : end - text;
}

static ssize_t sysctl_write(struct kiocb *iocb, struct iov_iter *from)
{
	const struct pseudo_entry *entry = file_inode(iocb->ki_filp)->i_private;
	ssize_t n = min_t(size_t, iov_iter_count(from), PAGE_SIZE - 1);
	char *text;

	if (n && !iocb->ki_pos) {
		text = kmalloc(n + 1, GFP_KERNEL);
		if (!text)
			return -ENOMEM;
		if (copy_from_iter(text, n, from) == (size_t)n) {
			text[n] = '\0';
			n = sysctl_store(entry->data, text, n);
		} else {
			n = -EFAULT;
		}
		kfree(text);
	}
	if (n > 0)
		iocb->ki_pos += n;
	return n;
}

static const struct file_operations sysctl_fops = {
	.llseek = default_llseek,
	.read_iter = sysctl_read,
	.write_iter = sysctl_write,
};

static int sysctl_permission(struct inode *inode, int mask)
{
	umode_t mode = inode->i_mode;

	if (!current_euid())
		mode >>= 6;
	else if (in_egroup_p(0))
		mode >>= 3;
	return mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC) ? -EACCES : 0;
}

static int sysctl_setattr(struct dentry *dentry, struct iattr *attr)
{
	return attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static const struct inode_operations sysctl_iops = {
	.permission = sysctl_permission,
	.setattr = sysctl_setattr,
};

static void sysctl_files(struct pseudo_entry *dir, const struct sysctl *table, size_t nr)
{
	struct pseudo_entry *file;

	for (size_t i = 0; i < nr; i++) {
		file = pseudo_file_ops(dir, table[i].name, table[i].mode, &sysctl_fops,
				       (void *)&table[i]);
		file->iops = &sysctl_iops;
	}
}

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

static const struct sysctl kernel_table[] = {
	NUMBER("pid_max", 0444, &pid_max, 0, 0),
	NUMBER("overflowuid", 0444, &overflow_id, 0, 0),
	NUMBER("overflowgid", 0444, &overflow_id, 0, 0),
	NUMBER("ngroups_max", 0444, &ngroups_max, 0, 0),
	NUMBER("printk", 0644, &console_loglevel, 0, 15),
	NUMBER("randomize_va_space", 0644, &randomize_va_space, 0, 2),
	WIDE("hung_task_timeout_secs", 0644, &hung_task_timeout_secs, 0,
	     .changed = hung_task_timeout_changed),
	NUMBER("hung_task_warnings", 0644, &hung_task_warnings, -1, INT_MAX),
	NUMBER("poweroff_status", 0600, &poweroff_status, 0, 255),
#ifdef CONFIG_RACES
	NUMBER("race_seed", 0600, &race_seed, 0, INT_MAX, .changed = race_reseed),
#endif
};

static void kernel_files(struct pseudo_entry *sys)
{
	struct pseudo_entry *dir = pseudo_mkdir(sys, "kernel"),
			    *random = pseudo_mkdir(dir, "random");

	pseudo_file(dir, "ostype", 0444, show_string, NULL, init_utsname.sysname);
	pseudo_file(dir, "osrelease", 0444, show_string, NULL, init_utsname.release);
	pseudo_file(dir, "version", 0444, show_string, NULL, init_utsname.version);
	pseudo_file(dir, "hostname", 0644, show_string, store_utsname, init_utsname.nodename);
	pseudo_file(dir, "domainname", 0644, show_string, store_utsname, init_utsname.domainname);
	sysctl_files(dir, kernel_table, ARRAY_SIZE(kernel_table));
	pseudo_file(random, "uuid", 0444, show_uuid, NULL, NULL);
}

/* --- /proc/sys/vm --- */

static int drop_caches, check_now;

static int drop_caches_now(void)
{
	if (drop_caches & 1)
		drop_pagecache();
	if (drop_caches & 2)
		drop_slab();
	return 0;
}

static int set_watermarks(void)
{
	setup_per_zone_wmarks();
	return 0;
}

/* Of overcommit_ratio and overcommit_kbytes the one that was written last counts. */
static int ratio_counts(void)
{
	sysctl_overcommit_kbytes = 0;
	return 0;
}

static int kbytes_count(void)
{
	sysctl_overcommit_ratio = 0;
	return 0;
}

static const struct sysctl vm_table[] = {
	NUMBER("drop_caches", 0200, &drop_caches, 1, 4, .changed = drop_caches_now),
	NUMBER("mm_check", 0200, &check_now, 1, 1, .changed = mm_check),
	/* The counters are always exact here. */
	ACTION("stat_refresh", 0600),
	NUMBER("max_map_count", 0644, &sysctl_max_map_count, 0, INT_MAX),
	WIDE("mmap_min_addr", 0644, &mmap_min_addr, 0),
	NUMBER("min_free_kbytes", 0644, &min_free_kbytes, 0, INT_MAX, .changed = set_watermarks),
	NUMBER("watermark_scale_factor", 0644, &watermark_scale_factor, 1, 3000,
	       .changed = set_watermarks),
	NUMBER("overcommit_memory", 0644, &sysctl_overcommit_memory, 0, 2),
	NUMBER("overcommit_ratio", 0644, &sysctl_overcommit_ratio, 0, INT_MAX,
	       .changed = ratio_counts),
	WIDE("overcommit_kbytes", 0644, &sysctl_overcommit_kbytes, 0, .changed = kbytes_count),
	NUMBER("panic_on_oom", 0644, &sysctl_panic_on_oom, 0, 2),
	NUMBER("oom_kill_allocating_task", 0644, &sysctl_oom_kill_allocating_task, INT_MIN,
	       INT_MAX),
	NUMBER("oom_dump_tasks", 0644, &sysctl_oom_dump_tasks, INT_MIN, INT_MAX),
	NUMBER("swappiness", 0644, &vm_swappiness, 0, 200),
	NUMBER("page-cluster", 0644, &page_cluster, 0, 5),
	WIDE("user_reserve_kbytes", 0644, &sysctl_user_reserve_kbytes, 0),
	WIDE("admin_reserve_kbytes", 0644, &sysctl_admin_reserve_kbytes, 0),
	NUMBER("dirty_ratio", 0644, &vm_dirty_ratio, 0, 100, .changed = dirty_ratio_changed),
	NUMBER("dirty_background_ratio", 0644, &dirty_background_ratio, 0, 100,
	       .changed = dirty_background_ratio_changed),
	WIDE("dirty_bytes", 0644, &vm_dirty_bytes, 2 * PAGE_SIZE, .changed = dirty_bytes_changed),
	WIDE("dirty_background_bytes", 0644, &dirty_background_bytes, 1,
	     .changed = dirty_background_bytes_changed),
	NUMBER("dirty_expire_centisecs", 0644, &dirty_expire_interval, 0, INT_MAX),
	NUMBER("dirty_writeback_centisecs", 0644, &dirty_writeback_interval, INT_MIN, INT_MAX,
	       .changed = dirty_writeback_interval_changed),
};

static int show_reclaim_policy(struct seq_file *m, void *unused)
{
	reclaim_policies_show(m);
	return 0;
}

static int store_reclaim_policy(const char *text, size_t len, void *unused)
{
	char name[32];

	if (len && text[len - 1] == '\n')
		len--;
	/* A name that is too long is none, and is told so. */
	len = min(len, sizeof(name) - 1);
	memcpy(name, text, len);
	name[len] = '\0';
	return set_reclaim_policy(name);
}

static void vm_files(struct pseudo_entry *dir)
{
	sysctl_files(dir, vm_table, ARRAY_SIZE(vm_table));
	pseudo_file(dir, "reclaim_policy", 0644, show_reclaim_policy, store_reclaim_policy, NULL);
}

static void sysctl_init(void)
{
	struct pseudo_entry *sys = pseudo_mkdir(NULL, "sys");

	kernel_files(sys);
	vm_files(pseudo_mkdir(sys, "vm"));
}
late_initcall(sysctl_init);
