// SPDX-License-Identifier: MIT
/* The files in /proc's root that are not about memory: processors, time, devices, mounts. */
#include "arch/riscv/hwcap.h"
#include "drivers/block.h"
#include "fs/mount.h"
#include "fs/proc/proc.h"
#include "fs/proc/pseudo.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/irq.h"
#include "kernel/param.h"
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/utsname.h"
#include "lib/vsnprintf.h"
#include "mm/slab.h"

static int show_cpuinfo(struct seq_file *m, void *data)
{
	for (int cpu = 0; cpu < nr_harts; cpu++)
		seq_printf(m,
			   "processor\t: %d\nhart\t\t: %lu\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n",
			   cpu, cpu_hartid[cpu]);
	return 0;
}

static u64 ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

static u64 sum_interrupts(void)
{
	u64 sum = 0;

	for (int irq = 0; irq < NR_IRQS; irq++)
		for (int cpu = 0; cpu < nr_harts; cpu++)
			sum += irq_count(irq, cpu);
	return sum;
}

static int show_stat(struct seq_file *m, void *data)
{
	u64 idle = 0, user = 0, system = 0, u, s;

	for (int cpu = 0; cpu < nr_harts; cpu++) {
		cpu_times(cpu, &u, &s);
		user += u;
		system += s;
		idle += idle_time(cpu);
	}
	seq_printf(m, "cpu  %llu 0 %llu %llu 0 0 0 0 0 0\n", ticks(user), ticks(system),
		   ticks(idle));
	for (int cpu = 0; cpu < nr_harts; cpu++) {
		cpu_times(cpu, &u, &s);
		seq_printf(m, "cpu%d %llu 0 %llu %llu 0 0 0 0 0 0\n", cpu, ticks(u), ticks(s),
			   ticks(idle_time(cpu)));
	}
	seq_printf(m,
		   "intr %llu\nctxt %llu\nbtime %llu\nprocesses %lu\nprocs_running "
		   "%d\nprocs_blocked 0\n",
		   sum_interrupts(), nr_context_switches(), clock_real_offset / NSEC_PER_SEC,
		   total_forks, nr_running());
	return 0;
}

static int show_uptime(struct seq_file *m, void *data)
{
	u64 up = ktime_get_ns(), idle = 0;

	for (int cpu = 0; cpu < nr_harts; cpu++)
		idle += idle_time(cpu);
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", up / NSEC_PER_SEC, up % NSEC_PER_SEC / 10000000,
		   idle / NSEC_PER_SEC, idle % NSEC_PER_SEC / 10000000);
	return 0;
}

static int show_loadavg(struct seq_file *m, void *data)
{
	unsigned long avg[3];

	calc_load(avg);
	for (int i = 0; i < 3; i++)
		seq_printf(m, "%lu.%02lu ", avg[i] >> 11, (avg[i] & 2047) * 100 >> 11);
	seq_printf(m, "%d/%d %d\n", nr_running(), nr_threads, last_pid);
	return 0;
}

static int show_version(struct seq_file *m, void *data)
{
	seq_printf(m, "%s version %s %s\n", init_utsname.sysname, init_utsname.release,
		   init_utsname.version);
	return 0;
}

static int show_cmdline(struct seq_file *m, void *data)
{
	seq_printf(m, "%s\n", boot_command_line);
	return 0;
}

static int show_filesystems(struct seq_file *m, void *data)
{
	for (struct file_system_type *t = next_filesystem(NULL); t; t = next_filesystem(t))
		seq_printf(m, "%s\t%s\n", t->fs_flags & FS_REQUIRES_DEV ? "" : "nodev", t->name);
	return 0;
}

static int show_partitions(struct seq_file *m, void *data)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		seq_printf(m, "%4u  %7u %10llu %s\n", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev),
			   bdev->bd_nr_sectors / 2, bdev->bd_name);
	return 0;
}

static void show_disk(struct seq_file *m, const struct block_device *bdev)
{
	const struct disk_stats *s = &bdev->bd_stats;

	seq_printf(m, "%4u %7u %s", MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev), bdev->bd_name);
	for (int op = REQ_OP_READ; op <= REQ_OP_WRITE; op++)
		seq_printf(m, " %llu %llu %llu %llu", s->ios[op], s->merges[op], s->sectors[op],
			   s->ns[op] / NSEC_PER_MSEC);
	seq_printf(m, " %u %llu %llu", s->in_flight, s->busy_ns / NSEC_PER_MSEC,
		   (s->ns[REQ_OP_READ] + s->ns[REQ_OP_WRITE]) / NSEC_PER_MSEC);
	/* Nothing is discarded. */
	seq_printf(m, " 0 0 0 0 %llu %llu\n", s->ios[REQ_OP_FLUSH],
		   s->ns[REQ_OP_FLUSH] / NSEC_PER_MSEC);
}

static int show_diskstats(struct seq_file *m, void *data)
{
	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev))
		show_disk(m, bdev);
	return 0;
}

static int show_interrupts(struct seq_file *m, void *data)
{
	seq_puts(m, "     ");
	for (int cpu = 0; cpu < nr_harts; cpu++)
		seq_printf(m, "       CPU%d", cpu);
	seq_putc(m, '\n');
	for (int irq = 0; irq < NR_IRQS; irq++) {
		if (!irq_name(irq))
			continue;
		seq_printf(m, "%3d: ", irq);
		for (int cpu = 0; cpu < nr_harts; cpu++)
			seq_printf(m, "%10llu ", irq_count(irq, cpu));
		seq_printf(m, " SiFive PLIC  %s\n", irq_name(irq));
	}
	return 0;
}

static int show_mount(struct vfsmount *mnt, void *arg)
{
	struct seq_file *m = arg;
	struct path root = { mnt, mnt->mnt_root };
	char options[160];

	mnt_show_options(mnt, options, sizeof(options));
	seq_printf(m, "%s ", mnt->mnt_devname ? mnt->mnt_devname : "none");
	seq_path(m, &root, " \t\n\\");
	seq_printf(m, " %s %s 0 0\n", mnt->mnt_sb->s_type->name, options);
	return 0;
}

int proc_show_mounts(struct seq_file *m, void *unused)
{
	return for_each_mount(show_mount, m);
}

/* --- /proc/self --- */

static const char *link_to_self(struct dentry *dentry, struct inode *inode, const char **done)
{
	char text[12];

	snprintf(text, sizeof(text), "%d", current->tgid);
	*done = kstrdup(text, GFP_KERNEL);
	return *done ? *done : ERR_PTR(-ENOMEM);
}

static const char *link_to_thread_self(struct dentry *dentry, struct inode *inode,
				       const char **done)
{
	char text[32];

	snprintf(text, sizeof(text), "%d/task/%d", current->tgid, current->pid);
	*done = kstrdup(text, GFP_KERNEL);
	return *done ? *done : ERR_PTR(-ENOMEM);
}

static const struct inode_operations self_iops = { .get_link = link_to_self };
static const struct inode_operations thread_self_iops = { .get_link = link_to_thread_self };

static const struct {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, void *data);
} files[] = {
	{ "cpuinfo", 0444, show_cpuinfo },	{ "stat", 0444, show_stat },
	{ "uptime", 0444, show_uptime },	{ "loadavg", 0444, show_loadavg },
	{ "version", 0444, show_version },	{ "cmdline", 0444, show_cmdline },
	{ "filesystems", 0444, show_filesystems }, { "partitions", 0444, show_partitions },
	{ "diskstats", 0444, show_diskstats },	{ "interrupts", 0444, show_interrupts },
};

static void proc_files_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		pseudo_file(NULL, files[i].name, files[i].mode, files[i].show, NULL, NULL);
	pseudo_dynamic_link(NULL, "self", &self_iops);
	pseudo_dynamic_link(NULL, "thread-self", &thread_self_iops);
	pseudo_symlink(NULL, "mounts", "self/mounts");
}
fs_initcall(proc_files_init);
