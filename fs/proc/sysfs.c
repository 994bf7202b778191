// SPDX-License-Identifier: MIT
/* The few files of /sys that programs read. */
#include "drivers/block.h"
#include "drivers/fdt.h"
#include "fs/proc/pseudo.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/smp.h"
#include "lib/string.h"

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

static int show_bool(struct seq_file *m, void *data)
{
	seq_printf(m, "%d\n", *(bool *)data);
	return 0;
}

static int store_bool(const char *text, size_t len, void *data)
{
	int value, err = kstrtoint(text, 10, &value);

	if (!err)
		*(bool *)data = value != 0;
	return err;
}

static int show_sectors(struct seq_file *m, void *data)
{
	seq_printf(m, "%llu\n", ((struct block_device *)data)->bd_nr_sectors);
	return 0;
}

static int show_read_ahead_kb(struct seq_file *m, void *data)
{
	seq_printf(m, "%u\n", ((struct gendisk *)data)->ra_pages << (PAGE_SHIFT - 10));
	return 0;
}

static int store_read_ahead_kb(const char *text, size_t len, void *data)
{
	unsigned long value;
	int err = kstrtoul(text, 10, &value);

	if (!err && value > UINT_MAX)
		err = -EINVAL;
	if (!err)
		WRITE_ONCE(((struct gendisk *)data)->ra_pages, value >> (PAGE_SHIFT - 10));
	return err;
}

/* Of a disk or a partition. */
static struct pseudo_entry *bdev_files(struct pseudo_entry *parent, struct block_device *bdev)
{
	struct pseudo_entry *dir = pseudo_mkdir(parent, bdev->bd_name);

	pseudo_file(dir, "size", 0444, show_sectors, NULL, bdev);
	pseudo_file(dir, "make-it-fail", 0644, show_bool, store_bool,
		    &bdev->bd_make_it_fail);
	return dir;
}

static void block_files(void)
{
	struct pseudo_entry *block = pseudo_mkdir(&sys_root, "block"), *disk = NULL, *queue;

	for (struct block_device *bdev = bdev_next(NULL); bdev; bdev = bdev_next(bdev)) {
		if (bdev->bd_partno) {
			bdev_files(disk, bdev);
			continue;
		}
		disk = bdev_files(block, bdev);
		queue = pseudo_mkdir(disk, "queue");
		pseudo_file(queue, "rotational", 0644, show_bool, store_bool,
			    &bdev->bd_disk->rotational);
		pseudo_file(queue, "stable_writes", 0644, show_bool, store_bool,
			    &bdev->bd_disk->stable_writes);
		pseudo_file(queue, "read_ahead_kb", 0644, show_read_ahead_kb, store_read_ahead_kb,
			    bdev->bd_disk);
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
	static const char *const names[] = { "bootargs", "faultline,append", "faultline,cmd",
					     "faultline,make-swap" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fdt_prop(fdt_find_path("/chosen"), names[i], NULL))
			pseudo_file(chosen, names[i], 0444, show_chosen, NULL, (void *)names[i]);
}

static void sysfs_init(void)
{
	cpu_files();
	block_files();
	firmware_files();
}
late_initcall(sysfs_init);
