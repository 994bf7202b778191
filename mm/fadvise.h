// SPDX-License-Identifier: MIT
/* What a program says about how it will use a file: posix_fadvise(2), readahead(2). */
#ifndef MM_FADVISE_H
#define MM_FADVISE_H

#include "lib/types.h"

struct file;

/* @advice: POSIX_FADV_*; @len 0: to the end.  0, -ESPIPE, -EINVAL.  Waits for no I/O. */
int vfs_fadvise(struct file *file, loff_t offset, loff_t len, int advice);

#endif
