// SPDX-License-Identifier: MIT
/*
 * A list of ranges, searched at open.  The open file then has the driver's operations for good, so
 * nothing here is in the way of a read or write.
 */
#include "fs/char_dev.h"
#include "fs/file.h"
#include "kernel/errno.h"
#include "kernel/spinlock.h"
#include "lib/list.h"
#include "mm/slab.h"

struct char_device {
	struct list_head list;
	unsigned int major, minor, count;
	const char *name;
	const struct file_operations *fops;
};

static DEFINE_SPINLOCK(chrdevs_lock, RANK_FILES);
static LIST_HEAD(chrdevs);

/* A range that shares a number with @count minors from @minor on.  => chrdevs_lock held */
static struct char_device *find_range(unsigned int major, unsigned int minor,
				      unsigned int count)
{
	struct char_device *cd;

	list_for_each_entry(cd, &chrdevs, list) {
		if (cd->major == major && minor < cd->minor + cd->count &&
		    cd->minor < minor + count)
			return cd;
	}
	return NULL;
}

int register_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name,
		    const struct file_operations *fops)
{
	struct char_device *cd = kmalloc(sizeof(*cd), GFP_KERNEL);
	bool busy;

	if (!cd)
		return -ENOMEM;
	*cd = (struct char_device){
		.major = major, .minor = minor, .count = count, .name = name, .fops = fops,
	};
	spin_lock(&chrdevs_lock);
	busy = find_range(major, minor, count);
	if (!busy)
		list_add(&cd->list, &chrdevs);
	spin_unlock(&chrdevs_lock);
	if (!busy)
		return 0;
	kfree(cd);
	return -EBUSY;
}

static int chrdev_open(struct inode *inode, struct file *file)
{
	struct char_device *cd;

	spin_lock(&chrdevs_lock);
	cd = find_range(MAJOR(inode->i_rdev), MINOR(inode->i_rdev), 1);
	spin_unlock(&chrdevs_lock);
	if (!cd)
		return -ENXIO;
	file->f_op = cd->fops;
	return cd->fops->open ? cd->fops->open(inode, file) : 0;
}

const struct file_operations def_chr_fops = { .open = chrdev_open };
