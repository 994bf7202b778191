// SPDX-License-Identifier: MIT
/*
 * The devices without hardware: /dev/null, zero, full (null(4), full(4)), random, urandom
 * (random(4)).
 */
#include <linux/stat.h>
#include "fs/char_dev.h"
#include "fs/devtmpfs.h"
#include "fs/file.h"
#include "fs/stat.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "lib/string.h"
#include "mm/mm_types.h"
#include "mm/shmem.h"

#define MEM_MAJOR	1

static ssize_t read_null(struct kiocb *iocb, struct iov_iter *to)
{
	return 0;
}

static ssize_t write_null(struct kiocb *iocb, struct iov_iter *from)
{
	size_t n = iov_iter_count(from);

	iov_iter_advance(from, n);
	return n;
}

/* After a piece of a transfer that may be of 2 GiB: is there a signal, so that it ends here? */
static bool is_interrupted(void)
{
	cond_resched();
	return signal_pending(current);
}

static ssize_t read_zero(struct kiocb *iocb, struct iov_iter *to)
{
	size_t done = 0;

	while (iov_iter_count(to)) {
		size_t want = min(iov_iter_count(to), PAGE_SIZE), n = iov_iter_zero(want, to);

		done += n;
		if (n != want)
			return done ? (ssize_t)done : -EFAULT;
		if (is_interrupted())
			break;
	}
	return done;
}

/* A private mapping is anonymous memory from the start; a shared one gets a file of its own. */
static int mmap_zero(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma);
	vma->vm_ops = NULL;
	return 0;
}

static ssize_t write_full(struct kiocb *iocb, struct iov_iter *from)
{
	return iov_iter_count(from) ? -ENOSPC : 0;
}

static ssize_t read_random(struct kiocb *iocb, struct iov_iter *to)
{
	char chunk[256];
	size_t done = 0;

	while (iov_iter_count(to)) {
		size_t want = min(iov_iter_count(to), sizeof(chunk)), n;

		get_random_bytes(chunk, want);
		n = copy_to_iter(chunk, want, to);
		done += n;
		if (n != want || (done % PAGE_SIZE == 0 && is_interrupted()))
			break;
	}
	memset(chunk, 0, sizeof(chunk));
	return done || !iov_iter_count(to) ? (ssize_t)done : -EFAULT;
}

static ssize_t write_random(struct kiocb *iocb, struct iov_iter *from)
{
	char chunk[256];
	size_t done = 0, n;

	while (iov_iter_count(from)) {
		size_t want = min(iov_iter_count(from), sizeof(chunk));

		n = copy_from_iter(chunk, want, from);
		add_randomness(chunk, n);
		done += n;
		if (n != want)
			return done ? (ssize_t)done : -EFAULT;
		if (done % PAGE_SIZE == 0 && is_interrupted())
			break;
	}
	return done;
}

static const struct file_operations null_fops = {
	.llseek = noop_llseek, .read_iter = read_null, .write_iter = write_null,
};
static const struct file_operations zero_fops = {
	.llseek = noop_llseek, .read_iter = read_zero, .write_iter = write_null, .mmap = mmap_zero,
};
static const struct file_operations full_fops = {
	.llseek = noop_llseek, .read_iter = read_zero, .write_iter = write_full,
};
static const struct file_operations random_fops = {
	.llseek = noop_llseek, .read_iter = read_random, .write_iter = write_random,
};

static const struct mem_device {
	const char *name;
	unsigned int minor;
	const struct file_operations *fops;
} devices[] = {
	{ "null", 3, &null_fops },	{ "zero", 5, &zero_fops },	{ "full", 7, &full_fops },
	{ "random", 8, &random_fops },	{ "urandom", 9, &random_fops },
};

static void mem_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		register_chrdev(MEM_MAJOR, devices[i].minor, 1, devices[i].name, devices[i].fops);
		devtmpfs_create_node(devices[i].name, S_IFCHR | 0666,
				     MKDEV(MEM_MAJOR, devices[i].minor));
	}
	devtmpfs_create_node("console", S_IFCHR | 0600, MKDEV(5, 1));
	devtmpfs_create_node("tty", S_IFCHR | 0666, MKDEV(5, 0));
	devtmpfs_create_node("ttyS0", S_IFCHR | 0620, MKDEV(4, 64));
}
device_initcall(mem_init);
