// SPDX-License-Identifier: MIT
/* execve(2) in a process with several threads: current becomes the only one. */
#ifndef KERNEL_DE_THREAD_H
#define KERNEL_DE_THREAD_H

/*
 * Ends all other threads of current's process and makes current its leader, with its number.  May
 * sleep.  -EAGAIN: the process is dying, or another thread executes a program already.
 */
int de_thread(void);
/* A thread of a process in which one waits in de_thread() died; tasklist_lock. */
struct signal_struct;
void wake_group_exec_task(struct signal_struct *sig);

#endif
