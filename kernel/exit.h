// SPDX-License-Identifier: MIT
/* The end of a task, and waiting for it. */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include "kernel/sched.h"

/* @code as wait4() reports it: status << 8, or the signal.  This thread; the whole process. */
void __noreturn do_exit(long code);
void __noreturn do_group_exit(int code);
/* Takes a zombie out of all lists and drops the reference that its being a child was. */
void release_task(struct task_struct *task);

#endif
