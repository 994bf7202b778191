// SPDX-License-Identifier: MIT
/*
 * Advisory locks: record locks (fcntl) owned by a process's file table or by an open file, and
 * flock(2) ones owned by an open file.
 */
#ifndef FS_LOCKS_H
#define FS_LOCKS_H

#include "lib/types.h"

struct file;
struct files_struct;
struct flock;
struct inode;

/*
 * fcntl's F_GETLK, F_SETLK and F_SETLKW, and F_OFD_*, with the user's struct flock.  0 or -errno.
 */
int fcntl_getlk(struct file *file, unsigned int cmd, struct flock __user *user);
int fcntl_setlk(struct file *file, unsigned int cmd, struct flock __user *user);
/* close(2) of any descriptor of the file drops the process's locks on it. */
void locks_remove_posix(struct file *file, struct files_struct *owner);
/* The last reference to an open file went. */
void locks_remove_file(struct file *file);
void locks_free_lock_context(struct inode *inode);

#endif
