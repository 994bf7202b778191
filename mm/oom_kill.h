// SPDX-License-Identifier: MIT
/*
 * The last resort when memory is exhausted and reclaim finds nothing more: one process is killed
 * for all others to go on.
 *
 * A *victim* is a process that was killed so, or that is dying anyway when memory ends.  Its own
 * allocations may use half of the reserve, and fail rather than wait for another victim.
 */
#ifndef MM_OOM_KILL_H
#define MM_OOM_KILL_H

#include "kernel/mutex.h"
#include "kernel/signal.h"
#include "mm/gfp.h"

#define OOM_SCORE_ADJ_MIN	(-1000)		/* never */
#define OOM_SCORE_ADJ_MAX	1000

/* /proc/sys/vm */
extern int sysctl_panic_on_oom;			/* 1, 2: panic instead of killing */
extern int sysctl_oom_kill_allocating_task;	/* who asks goes, not the largest */
extern int sysctl_oom_dump_tasks;		/* the report lists the candidates */

/* Held while a victim is looked for. */
extern struct mutex oom_lock;

/*
 * An allocation of @gfp and @order found nothing.  True: memory is on its way, since a process was
 * killed now or is still dying.  False: there is nobody to kill.  oom_lock held; does not sleep.
 */
bool out_of_memory(gfp_t gfp, unsigned int order);
/* Sleeps until a victim's memory is back, or nobody holds oom_lock; 10 ms at most. */
void oom_wait(void);
/*
 * A user's page could not be had for lack of memory: on return the access may be made again, or
 * current is dying.
 */
void pagefault_out_of_memory(void);

/* What a process has, in pages. */
struct process_memory {
	const struct mm_struct *mm;	/* to be compared only */
	unsigned long flags;		/* its MMF_* */
	unsigned long total_vm, anon, file, shmem, swap, tables;
};

/* Of the process of @leader; false: it has exited.  tasklist_lock held. */
bool process_memory(const struct task_struct *leader, struct process_memory *memory);

/* RAM and swap, in pages: what points are compared with. */
unsigned long oom_totalpages(void);
/*
 * How much killing the process of @task, the leader, would give back, in pages, moved by its
 * oom_score_adj; LONG_MIN: it cannot be killed.  tasklist_lock held.
 */
long oom_badness(const struct task_struct *task, unsigned long totalpages);

/*
 * For the process of @task, and all that share its memory.  Less than it was at the last time that
 * one with CAP_SYS_RESOURCE set it needs that capability: -EACCES.
 */
int set_oom_score_adj(struct task_struct *task, int value);

static inline bool tsk_is_oom_victim(const struct task_struct *task)
{
	return READ_ONCE(task->signal->oom_victim);
}

/*
 * current fills memory for others (swapoff): it is the first to go, and its own allocations fail
 * instead of killing.
 */
static inline void set_current_oom_origin(bool origin)
{
	WRITE_ONCE(current->signal->oom_origin, origin);
}

#endif
