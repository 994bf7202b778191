// SPDX-License-Identifier: MIT
/*
 * Pipes and FIFOs: a ring of buffers of one page each, with a reader's and a writer's end.  What
 * one write puts in with at most PIPE_BUF bytes comes out in one piece among other writers' data.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include "kernel/mutex.h"
#include "kernel/wait.h"
#include "lib/types.h"

struct file;
struct file_operations;
struct folio;
struct inode;

#define PIPE_BUF		4096
#define PIPE_DEF_BUFFERS	16
#define PIPE_MAX_SIZE		(1024 * 1024)	/* F_SETPIPE_SZ without privilege */

struct pipe_buffer {
	struct folio *folio;
	u32 offset, len;		/* the unread bytes */
};

struct pipe_inode_info {
	struct mutex mutex;		/* everything here */
	struct wait_queue_head rd_wait, wr_wait;
	unsigned int head;		/* next buffer to be filled; head - tail are in use */
	unsigned int tail;		/* next buffer to be read */
	unsigned int ring_size;		/* power of two */
	unsigned int readers, writers;
	unsigned int r_counter, w_counter;	/* opens so far: a FIFO's open waits for a change */
	int files;			/* open files that use it; inode->i_lock */
	struct folio *spare;		/* an emptied page, for the next write */
	struct pipe_buffer *bufs;
};

extern const struct file_operations pipefifo_fops;

int create_pipe_files(struct file *files[2], int flags);
struct pipe_inode_info *get_pipe_info(struct file *file);	/* NULL: not a pipe */
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);

#endif
