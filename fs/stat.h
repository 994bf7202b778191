// SPDX-License-Identifier: MIT
/* What stat tells, in the kernel's own form, and the tests on a mode. */
#ifndef FS_STAT_H
#define FS_STAT_H

#include <linux/stat.h>
#include "kernel/time.h"
#include "lib/types.h"

struct path;

struct kstat {
	u64 ino;
	dev_t dev, rdev;
	umode_t mode;
	u32 nlink;
	uid_t uid;
	gid_t gid;
	loff_t size;
	u64 blocks;			/* of 512 bytes */
	u32 blksize;
	struct __kernel_timespec atime, mtime, ctime, btime;
	u32 result_mask;		/* STATX_* that are filled in */
	u64 attributes;
};

#define S_IRWXUGO	(S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO	(S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)

#define S_IXUGO		(S_IXUSR | S_IXGRP | S_IXOTH)

/* dev_t: 12 bits of major above 20 bits of minor. */
#define MAJOR(dev)		((unsigned int)((dev) >> 20))
#define MINOR(dev)		((unsigned int)((dev) & 0xfffff))
#define MKDEV(major, minor)	((dev_t)((major) << 20 | (minor)))

/*
 * The form in which stat and mknod carry it: minor's low byte, 12 bits of major, the rest of minor.
 */
static inline u32 new_encode_dev(dev_t dev)
{
	return (MINOR(dev) & 0xff) | MAJOR(dev) << 8 | (MINOR(dev) & ~0xffu) << 12;
}

static inline dev_t new_decode_dev(u32 dev)
{
	return MKDEV((dev & 0xfff00) >> 8, (dev & 0xff) | (dev >> 12 & 0xfff00));
}

int vfs_getattr(const struct path *path, struct kstat *stat);

#endif
