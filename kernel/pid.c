// SPDX-License-Identifier: MIT
/*
 * Process numbers.
 *
 *   pid_ida   which numbers are in use
 *   pid_hash  number → struct pid
 *
 * I1 A struct pid is in the hash exactly while its number is taken in pid_ida.
 * I2 pid->count is the number of: its task (1 or 0), its group if not empty, its session if not
 *    empty, and the references that find_get_pid() and get_pid() gave.
 */
#include "kernel/pid.h"

#include "kernel/cred.h"
#include "kernel/signal.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/ida.h"
#include "mm/slab.h"

#define PID_HASH_BITS	10

DEFINE_SPINLOCK(tasklist_lock, RANK_TASKLIST);
LIST_HEAD(task_list);
int nr_threads;
int last_pid;
unsigned long total_forks;

static struct hlist_head pid_hash[1 << PID_HASH_BITS];
static unsigned long pid_map[BITS_TO_LONGS(PID_MAX)];
static struct ida pid_ida = IDA_INIT(pid_map, PID_MAX);
static struct kmem_cache *pid_cache;

static struct hlist_head *pid_bucket(int nr)
{
	return &pid_hash[hash_64(nr, PID_HASH_BITS)];
}

/* tasklist_lock held.  -EAGAIN, -EEXIST. */
static int alloc_nr(int wanted)
{
	int nr;

	if (wanted)
		return ida_alloc_at(&pid_ida, wanted) ? wanted : -EEXIST;
	nr = ida_alloc_cyclic(&pid_ida, 1);
	return nr > 0 ? nr : -EAGAIN;
}

struct pid *alloc_pid(int wanted)
{
	struct pid *pid;
	unsigned long flags;
	int nr;

	if (wanted && (wanted < 1 || wanted >= PID_MAX))
		return ERR_PTR(-EINVAL);
	if (wanted && !capable(CAP_CHECKPOINT_RESTORE))
		return ERR_PTR(-EPERM);
	pid = kmem_cache_alloc(pid_cache, GFP_KERNEL);
	if (!pid)
		return ERR_PTR(-ENOMEM);
	*pid = (struct pid){ .count = 1 };
	INIT_LIST_HEAD(&pid->pgrp);
	INIT_LIST_HEAD(&pid->session);

	spin_lock_irqsave(&tasklist_lock, flags);
	nr = alloc_nr(wanted);
	if (nr > 0) {
		pid->nr = nr;
		hlist_add_head(&pid->hash, pid_bucket(nr));
		last_pid = nr;
		total_forks++;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (nr > 0)
		return pid;
	kmem_cache_free(pid_cache, pid);
	return ERR_PTR(nr);
}

void put_pid_locked(struct pid *pid)
{
	assert_spin_locked(&tasklist_lock);
	if (!pid || --pid->count)
		return;
	hlist_del(&pid->hash);
	ida_free(&pid_ida, pid->nr);
	kmem_cache_free(pid_cache, pid);
}

void put_pid(struct pid *pid)
{
	unsigned long flags;

	if (!pid)
		return;
	spin_lock_irqsave(&tasklist_lock, flags);
	put_pid_locked(pid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void free_pid(struct pid *pid)
{
	put_pid(pid);
}

struct pid *get_pid(struct pid *pid)
{
	unsigned long flags;

	if (!pid)
		return NULL;
	spin_lock_irqsave(&tasklist_lock, flags);
	pid->count++;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return pid;
}

struct pid *find_pid_locked(int nr)
{
	struct pid *pid;

	assert_spin_locked(&tasklist_lock);
	hlist_for_each_entry(pid, pid_bucket(nr), hash)
		if (pid->nr == nr)
			return pid;
	return NULL;
}

struct pid *find_get_pid(int nr)
{
	unsigned long flags;
	struct pid *pid;

	spin_lock_irqsave(&tasklist_lock, flags);
	pid = find_pid_locked(nr);
	if (pid)
		pid->count++;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return pid;
}

struct task_struct *find_task_by_pid_locked(int nr)
{
	struct pid *pid = find_pid_locked(nr);

	return pid ? pid->task : NULL;
}

struct task_struct *find_task_from_locked(int nr)
{
	struct task_struct *task = NULL;

	for (; !task; nr++) {
		nr = find_next_bit(pid_map, PID_MAX, nr);
		if (nr >= PID_MAX)
			return NULL;
		task = find_task_by_pid_locked(nr);
	}
	return task;
}

static struct task_struct *get_found(struct task_struct *(*find_locked)(int nr), int nr)
{
	struct task_struct *task;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	task = find_locked(nr);
	if (task)
		get_task_struct(task);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return task;
}

struct task_struct *find_get_task(int nr)
{
	return get_found(find_task_by_pid_locked, nr);
}

struct task_struct *find_get_task_from(int nr)
{
	return get_found(find_task_from_locked, nr);
}

/* The task takes over the reference that alloc_pid() gave. */
void attach_pid(struct task_struct *task, struct pid *pid)
{
	assert_spin_locked(&tasklist_lock);
	task->thread_pid = pid;
	pid->task = task;
}

void detach_pid(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;

	assert_spin_locked(&tasklist_lock);
	task->thread_pid = NULL;
	pid->task = NULL;
	put_pid_locked(pid);
}

/* Leaves the group or session @old; @members is its list, @node our link in it. */
static void leave(struct list_head *node, struct list_head *members, struct pid *old)
{
	list_del(node);
	if (list_empty(members))
		put_pid_locked(old);
}

static void join(struct list_head *node, struct list_head *members, struct pid *new)
{
	if (list_empty(members))
		new->count++;
	list_add_tail(node, members);
}

void change_pgrp(struct task_struct *task, struct pid *pgrp)
{
	struct signal_struct *sig = task->signal;
	struct pid *old = sig->pgrp;

	assert_spin_locked(&tasklist_lock);
	if (old == pgrp)
		return;
	if (old)
		leave(&sig->pgrp_node, &old->pgrp, old);
	if (pgrp)
		join(&sig->pgrp_node, &pgrp->pgrp, pgrp);
	sig->pgrp = pgrp;
}

void change_session(struct task_struct *task, struct pid *session)
{
	struct signal_struct *sig = task->signal;
	struct pid *old = sig->session;

	assert_spin_locked(&tasklist_lock);
	if (old == session)
		return;
	if (old)
		leave(&sig->session_node, &old->session, old);
	if (session)
		join(&sig->session_node, &session->session, session);
	sig->session = session;
}

void pid_init(void)
{
	pid_cache = kmem_cache_create("pid", sizeof(struct pid), 0, NULL);
}
