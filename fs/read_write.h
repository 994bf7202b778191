// SPDX-License-Identifier: MIT
/* Limits of one read or write. */
#ifndef FS_READ_WRITE_H
#define FS_READ_WRITE_H

#include "arch/riscv/page.h"
#include "fs/file.h"

/* What one call transfers at most: positions and results stay within an int, as in Linux. */
#define MAX_RW_COUNT	((size_t)INT_MAX & PAGE_MASK)

/* Checks position and count before a transfer: 0 or -errno. */
int rw_verify_area(struct file *file, loff_t pos, size_t count);
/* read_iter or write_iter on an iterator that is set up; *pos is moved. */
ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int iocb_flags);
ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int iocb_flags);

#endif
