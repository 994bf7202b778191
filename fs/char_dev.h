// SPDX-License-Identifier: MIT
/* Character devices: which driver's file_operations a device number opens. */
#ifndef FS_CHAR_DEV_H
#define FS_CHAR_DEV_H

#include "lib/types.h"

struct file_operations;

/* @count minors from @minor on.  0, or -EBUSY. */
int register_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name,
		    const struct file_operations *fops);
extern const struct file_operations def_chr_fops;

#endif
