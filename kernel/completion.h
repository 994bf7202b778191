// SPDX-License-Identifier: MIT
/* "It is done": one side waits, the other completes once, perhaps in an interrupt handler. */
#ifndef KERNEL_COMPLETION_H
#define KERNEL_COMPLETION_H

#include "kernel/wait.h"

struct completion {
	unsigned int done;
	struct wait_queue_head wait;
};

void init_completion(struct completion *c);
void complete(struct completion *c);
void wait_for_completion(struct completion *c);
int wait_for_completion_killable(struct completion *c);	/* 0 or -ERESTARTSYS */

#endif
