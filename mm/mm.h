// SPDX-License-Identifier: MIT
/*
 * The life of an address space: made by exec (mm_alloc) or fork (dup_mm), used by tasks, gone with
 * the last of them.  All of these may sleep unless they say otherwise.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "mm/mm_types.h"

struct task_struct;

/* An empty address space, mm_users 1.  NULL: no memory. */
struct mm_struct *mm_alloc(void);
/*
 * A copy of @oldmm for a child, copy-on-write.  ERR_PTR(-ENOMEM), or -EINTR when a fatal signal
 * came first.
 */
struct mm_struct *dup_mm(struct mm_struct *oldmm);

static inline void mmget(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_users);
}

static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return atomic_inc_not_zero(&mm->mm_users);
}

/* The last one unmaps everything. */
void mmput(struct mm_struct *mm);
/*
 * All mms that are in use, one after the other, in the order in which they came to be; NULL begins
 * and ends.  Each comes with a reference that the next call drops.  May sleep.
 */
struct mm_struct *next_mm(struct mm_struct *prev);

static inline void mmgrab(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_count);
}

void __mmdrop(struct mm_struct *mm);

/* Any context but hard interrupts. */
static inline void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		__mmdrop(mm);
}

extern unsigned int nr_mms;
extern struct rw_semaphore mm_gate;	/* held for writing: no mm comes to be meanwhile */
/*
 * Up to @max of all mms there are, the dying ones too, each with an mm_count for the caller.
 * Returns how many.
 */
unsigned int grab_all_mms(struct mm_struct **mms, unsigned int max);

/*
 * How many exist without users because an idle hart or a kernel thread has them loaded: one frame
 * (the top table) and one object each.
 */
unsigned long nr_lazy_mms(void);

/*
 * The mm of any task, to be given back by mmput(); NULL for kernel threads and the exited.  Does
 * not sleep.
 */
struct mm_struct *get_task_mm(struct task_struct *task);
/*
 * The mm of any task, which neither goes nor is changed for another before task_unlock_mm(); NULL:
 * none, and not locked.
 */
struct mm_struct *task_lock_mm(const struct task_struct *task);
void task_unlock_mm(void);
/* May others with its ids look into it?  @no_mm, if it has no mm.  Does not sleep. */
bool task_dumpable(struct task_struct *task, bool no_mm);
/* exec: current goes on in @mm, whose reference it takes over, and drops the one it had. */
void exec_mmap(struct mm_struct *mm);
/* exit: current goes on without a user half; the mm, if it was the last user, is gone on return. */
void exit_mm(void);

/*
 * Records the file that /proc/PID/exe shows, takes a reference of its own, and lets nobody write to
 * it meanwhile (ETXTBSY).  NULL: none.
 */
void set_mm_exe_file(struct mm_struct *mm, struct file *file);
/* With a reference for the caller (fput); NULL: none. */
struct file *get_mm_exe_file(struct mm_struct *mm);

#endif
