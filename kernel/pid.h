// SPDX-License-Identifier: MIT
/*
 * Process numbers.  A struct pid is one number in use: by a process, or by a process group or
 * session that outlives the process that founded it.  So a number is not given out again while
 * anything still means the old owner by it; who remembers one for long (a tty) holds a reference.
 *
 * tasklist_lock protects the hash, all links between tasks (parents, children, groups, sessions)
 * and the counts. It is taken with interrupts off, since a tty's interrupt signals a process group.
 */
#ifndef KERNEL_PID_H
#define KERNEL_PID_H

#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "lib/list.h"

#define PID_MAX	32768

struct pid {
	int nr;
	int count;			/* kernel/pid.c, I2 */
	struct hlist_node hash;
	struct task_struct *task;	/* NULL: reaped */
	struct list_head pgrp;		/* signal_structs of the group, by pgrp_node */
	struct list_head session;	/* by session_node */
};

extern struct spinlock tasklist_lock;
extern struct list_head task_list;		/* thread-group leaders by task->tasks */
extern int last_pid;				/* given out last */
extern unsigned long total_forks;		/* tasks made since boot */
extern int nr_threads;				/* tasks with a number, zombies included */

/*
 * A fresh number with one reference: @wanted, or any if that is 0.  ERR_PTR(-EAGAIN) when all are
 * in use, -ENOMEM; for a wanted one -EINVAL (there is no such number), -EPERM, -EEXIST.
 */
struct pid *alloc_pid(int wanted);
/* For a number that no task was attached to. */
void free_pid(struct pid *pid);

/*
 * The first call needs no lock and adds a reference, or returns NULL.  put_pid(NULL) does nothing.
 */
struct pid *find_get_pid(int nr);
struct pid *get_pid(struct pid *pid);
void put_pid(struct pid *pid);

/* All below: with tasklist_lock. */
struct pid *find_pid_locked(int nr);
struct task_struct *find_task_by_pid_locked(int nr);
/* The task with the lowest number that is at least @nr; NULL: none.  In steps of 64 numbers. */
struct task_struct *find_task_from_locked(int nr);
void put_pid_locked(struct pid *pid);
void attach_pid(struct task_struct *task, struct pid *pid);
void detach_pid(struct task_struct *task);
void change_pgrp(struct task_struct *task, struct pid *pgrp);		/* NULL: leaves its group */
void change_session(struct task_struct *task, struct pid *session);	/* NULL: leaves it */

/* Without the lock: the task with a reference, or NULL. */
struct task_struct *find_get_task(int nr);
struct task_struct *find_get_task_from(int nr);

static inline int pid_nr(const struct pid *pid)
{
	return pid ? pid->nr : 0;
}

void pid_init(void);

#define for_each_process(p)	list_for_each_entry(p, &task_list, tasks)

#endif
