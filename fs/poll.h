// SPDX-License-Identifier: MIT
/*
 * Waiting for several files.  file_operations.poll calls poll_wait() on each wait queue whose
 * wake-up could change its answer and then returns the events (POLLIN, …) that hold now.  It may be
 * called with a table that no longer queues: poll_wait() then does nothing.
 */
#ifndef FS_POLL_H
#define FS_POLL_H

#include <asm/poll.h>
#include "kernel/wait.h"
#include "lib/types.h"

struct file;
struct poll_table;

typedef unsigned int __poll_events_t;
typedef void poll_queue_proc(struct file *file, struct wait_queue_head *wq, struct poll_table *pt);

struct poll_table {
	poll_queue_proc *qproc;		/* NULL: do not queue */
	unsigned int key;		/* the events the caller is interested in */
};

static inline void poll_wait(struct file *file, struct wait_queue_head *wq, struct poll_table *pt)
{
	if (pt && pt->qproc)
		pt->qproc(file, wq, pt);
}

#define DEFAULT_POLLMASK (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

#endif
