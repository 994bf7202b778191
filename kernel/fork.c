// SPDX-License-Identifier: MIT
/*
 * New tasks.
 *
 *   copy_process   alloc_task_struct → the parts one by one, each shared or copied as the flags say
 *                  → pid → under tasklist_lock: into the tree and the lists, visible from here on
 *   kernel_clone   copy_process, wake_up_new_task, vfork's wait
 *
 * I1 Whoever signals all members of a group does so under tasklist_lock and counts it for each
 *    one (group_signals).  A fork whose parent got one meanwhile starts again after the parent has
 *    dealt with it: no child slips through a kill(0, …).
 * I2 A task's signal_struct, sighand and cred live until its last reference goes, so that who holds
 *    one may read them; mm, files and fs go when it exits.
 */
#include "kernel/fork.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include "arch/riscv/uaccess.h"
#include "fs/fdtable.h"
#include "fs/fs_struct.h"
#include "kernel/completion.h"
#include "kernel/cred.h"
#include "kernel/futex.h"
#include "kernel/init.h"
#include "kernel/itimer.h"
#include "kernel/pid.h"
#include "kernel/resource.h"
#include "kernel/robust_list.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/trace.h"
#include "kernel/user.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

static struct kmem_cache *signal_cache, *sighand_cache;
static int max_threads;

static struct sighand_struct init_sighand = {
	.count = ATOMIC_INIT(1),
	.siglock = SPINLOCK_INIT(RANK_SIGHAND),
};

static struct signal_struct init_signal = {
	.sigcnt = ATOMIC_INIT(1),
	.live = ATOMIC_INIT(1),
	.nr_threads = 1,
	.quick_threads = 1,
	.threads = LIST_HEAD_INIT(init_signal.threads),
	.shared_pending = { .list = LIST_HEAD_INIT(init_signal.shared_pending.list) },
	.wait_chldexit = WAIT_QUEUE_HEAD_INIT(init_signal.wait_chldexit),
};

void put_sighand(struct sighand_struct *sighand)
{
	if (atomic_dec_and_test(&sighand->count))
		kmem_cache_free(sighand_cache, sighand);
}

static void put_signal_struct(struct signal_struct *sig)
{
	if (!atomic_dec_and_test(&sig->sigcnt))
		return;
	put_pid(sig->tty_old_pgrp);
	kmem_cache_free(signal_cache, sig);
}

void free_task_parts(struct task_struct *task)
{
	put_signal_struct(task->signal);
	put_sighand(task->sighand);
	put_cred(task->cred);
}

static struct sighand_struct *alloc_sighand(const struct sighand_struct *from)
{
	struct sighand_struct *sighand = kmem_cache_alloc(sighand_cache, GFP_KERNEL);

	if (!sighand)
		return NULL;
	atomic_set(&sighand->count, 1);
	spin_lock_init(&sighand->siglock, RANK_SIGHAND);
	memcpy(sighand->action, from->action, sizeof(sighand->action));
	return sighand;
}

int unshare_sighand(void)
{
	struct sighand_struct *old = current->sighand, *fresh;
	unsigned long flags;

	if (atomic_read(&old->count) == 1)
		return 0;
	fresh = alloc_sighand(old);
	if (!fresh)
		return -ENOMEM;
	/* Senders find a task's sighand under tasklist_lock. */
	spin_lock_irqsave(&tasklist_lock, flags);
	current->sighand = fresh;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	put_sighand(old);
	return 0;
}

static int copy_sighand(u64 flags, struct task_struct *task)
{
	if (flags & CLONE_SIGHAND) {
		atomic_inc(&current->sighand->count);
		task->sighand = current->sighand;
		return 0;
	}
	task->sighand = alloc_sighand(current->sighand);
	if (!task->sighand)
		return -ENOMEM;
	if (flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(task, false);
	return 0;
}

static int copy_signal(u64 flags, struct task_struct *task)
{
	const struct signal_struct *from = current->signal;
	struct signal_struct *sig;

	if (flags & CLONE_THREAD) {
		atomic_inc(&current->signal->sigcnt);
		task->signal = current->signal;
		return 0;
	}
	sig = kmem_cache_zalloc(signal_cache, GFP_KERNEL);
	if (!sig)
		return -ENOMEM;
	task->signal = sig;
	atomic_set(&sig->sigcnt, 1);
	atomic_set(&sig->live, 1);
	sig->nr_threads = sig->quick_threads = 1;
	sig->group_leader = task;
	INIT_LIST_HEAD(&sig->threads);
	list_add(&task->thread_group, &sig->threads);
	sigpending_init(&sig->shared_pending);
	init_waitqueue_head(&sig->wait_chldexit);
	itimers_init(sig);
	memcpy(sig->rlim, from->rlim, sizeof(sig->rlim));
	update_rlimit_cpu(sig);
	sig->oom_score_adj = from->oom_score_adj;
	sig->oom_score_adj_min = from->oom_score_adj_min;
	sig->has_child_subreaper = from->has_child_subreaper || from->is_child_subreaper;
	return 0;
}

static int copy_mm(u64 flags, struct task_struct *task)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return 0;
	if (flags & CLONE_VM)
		mmget(mm);
	else
		mm = dup_mm(mm);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	task->mm = task->active_mm = mm;
	return 0;
}

static int copy_fs(u64 flags, struct task_struct *task)
{
	if (flags & CLONE_FS) {
		task->fs = current->fs;
		return share_fs_struct(task->fs);
	}
	task->fs = copy_fs_struct(current->fs);
	return task->fs ? 0 : -ENOMEM;
}

static int copy_files(u64 flags, const struct kernel_clone_args *args, struct task_struct *task)
{
	struct files_struct *files = current->files;

	if (args->fn)
		files = alloc_files();
	else if (flags & CLONE_FILES)
		atomic_inc(&files->count);
	else
		files = dup_fd(files);
	if (IS_ERR_OR_NULL(files))
		return files ? PTR_ERR(files) : -ENOMEM;
	task->files = files;
	return 0;
}

/* RLIMIT_NPROC and the machine's size. */
static int copy_creds(struct task_struct *task)
{
	struct user_struct *user = current_cred()->user;

	if (nr_threads >= max_threads)
		return -EAGAIN;
	if ((unsigned long)atomic_read(&user->processes) >= rlimit(RLIMIT_NPROC) &&
	    user != &root_user &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -EAGAIN;
	task->cred = get_cred(current_cred());
	atomic_inc(&user->processes);
	return 0;
}

static void uncopy_creds(struct task_struct *task)
{
	atomic_dec(&task->cred->user->processes);
	put_cred(task->cred);
}

static void init_task_fields(struct task_struct *task, const struct kernel_clone_args *args)
{
	task->flags = args->fn ? PF_KTHREAD : PF_FORKNOEXEC;
	task->start_time = ktime_get_ns();
	task->exit_signal = args->exit_signal;
	task->personality = current->personality;
	task->make_it_fail = current->make_it_fail;
	task->blocked = current->blocked;
	sigpending_init(&task->pending);
	task->restart_block.fn = do_no_restart_syscall;
	INIT_LIST_HEAD(&task->children);
	INIT_LIST_HEAD(&task->sibling);
	INIT_LIST_HEAD(&task->thread_group);
	task->group_leader = task;
	memcpy(task->comm, current->comm, sizeof(task->comm));
	if (args->name)
		strscpy(task->comm, args->name, sizeof(task->comm));
	/*
	 * The alternate stack goes with the address space, unless the child runs on a stack of its
	 * own in it.
	 */
	if (!(args->flags & CLONE_VM) || args->flags & CLONE_VFORK) {
		task->sas_ss_sp = current->sas_ss_sp;
		task->sas_ss_size = current->sas_ss_size;
		task->sas_ss_flags = current->sas_ss_flags;
	}
	task->set_child_tid = args->flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	task->clear_child_tid = args->flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
}

#define KTHREADD_PID	2

static struct task_struct *pick_parent(const struct kernel_clone_args *args,
				       struct task_struct *task)
{
	struct task_struct *kthreadd;

	if (args->fn) {
		/* Whoever asks for it, a kernel thread is nobody's child that he could wait for. */
		kthreadd = find_task_by_pid_locked(KTHREADD_PID);
		return kthreadd ? kthreadd : current;
	}
	if (args->flags & CLONE_THREAD)
		return current->parent;
	if (!(args->flags & CLONE_PARENT))
		return current;
	task->exit_signal = current->group_leader->exit_signal;
	return current->parent;
}

/* A process of its own: into the tree and the list of processes. */
static void link_process(struct task_struct *task, const struct kernel_clone_args *args)
{
	const struct task_struct *from = args->fn ? task->parent : current;

	task->tgid = task->pid;
	list_add_tail(&task->sibling, &task->parent->children);
	list_add_tail(&task->tasks, &task_list);
	change_pgrp(task, task_pgrp(from));
	change_session(task, task_session(from));
	task->signal->tty = current->signal->tty;
	if (task->pid == 1)
		task->signal->flags |= SIGNAL_UNKILLABLE;
}

/* One thread more of current's process, which takes part in what all of them are in; siglock. */
static void link_thread(struct task_struct *task)
{
	struct signal_struct *sig = current->signal;

	task->tgid = current->tgid;
	task->group_leader = current->group_leader;
	task->exit_signal = -1;
	list_add_tail(&task->thread_group, &sig->threads);
	sig->nr_threads++;
	sig->quick_threads++;
	atomic_inc(&sig->live);
	if (current->jobctl & JOBCTL_STOP_PENDING) {
		task->jobctl |= JOBCTL_STOP_PENDING;
		sig->group_stop_count++;
		set_bit(TIF_SIGPENDING, &task->thread_flags);
	}
}

/* tasklist_lock and current's siglock held. */
static void link_task(struct task_struct *task, struct pid *pid,
		      const struct kernel_clone_args *args)
{
	get_task_struct(task);		/* one reference for the lists, one for running */
	task->pid = pid->nr;
	task->parent = pick_parent(args, task);		/* before kthreadd could find itself */
	attach_pid(task, pid);
	if (args->flags & CLONE_THREAD)
		link_thread(task);
	else
		link_process(task, args);
	nr_threads++;
}

/*
 * Makes the child known.  -ERESTARTNOINTR: a signal to a whole group came meanwhile (I1), or one
 * that ends current's process, which must not get another thread then.
 */
static int publish_task(struct task_struct *task, struct pid *pid,
			const struct kernel_clone_args *args, unsigned long seq)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&current->sighand->siglock);
	if (seq != current->signal->group_signals || fatal_signal_pending(current)) {
		/* The call is begun anew on the way to user mode, so that way must be taken. */
		set_bit(TIF_SIGPENDING, &current->thread_flags);
		err = -ERESTARTNOINTR;
	} else {
		link_task(task, pid, args);
	}
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

static int check_clone_flags(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && current->signal->flags & SIGNAL_UNKILLABLE)
		return -EINVAL;
	if (flags & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		     CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_PIDFD | CLONE_INTO_CGROUP))
		return -EINVAL;
	return 0;
}

/* Undoes copy_process' steps in reverse; @err as it came. */
static int copy_parts(struct task_struct *task, const struct kernel_clone_args *args)
{
	int err;

	err = copy_files(args->flags, args, task);
	if (err)
		return err;
	err = copy_fs(args->flags, task);
	if (err)
		goto put_files;
	err = copy_sighand(args->flags, task);
	if (err)
		goto put_fs;
	err = copy_signal(args->flags, task);
	if (err)
		goto put_sighand;
	err = copy_mm(args->flags, task);
	if (!err)
		return 0;
	put_signal_struct(task->signal);
put_sighand:
	put_sighand(task->sighand);
put_fs:
	put_fs_struct(task->fs);
put_files:
	put_files_struct(task->files);
	return err;
}

static void uncopy_parts(struct task_struct *task)
{
	if (task->mm)
		mmput(task->mm);
	put_signal_struct(task->signal);
	put_sighand(task->sighand);
	put_fs_struct(task->fs);
	put_files_struct(task->files);
}

/* A new task, known but not started; ERR_PTR. */
static struct task_struct *copy_process(const struct kernel_clone_args *args)
{
	unsigned long seq = READ_ONCE(current->signal->group_signals);
	struct task_struct *task;
	struct pid *pid;
	int err = check_clone_flags(args);

	if (err)
		return ERR_PTR(err);
	/*
	 * A signal that is here already comes first: it may be meant for the group, and may have
	 * been sent before.
	 */
	if (signal_pending(current))
		return ERR_PTR(-ERESTARTNOINTR);

	task = alloc_task_struct();
	if (!task)
		return ERR_PTR(-ENOMEM);
	err = copy_creds(task);
	if (err)
		goto free_task;
	init_task_fields(task, args);
	sched_fork(task);
	err = copy_parts(task, args);
	if (err)
		goto uncopy_creds;
	copy_thread(task, args);
	pid = alloc_pid(args->wanted_pid);
	err = PTR_ERR_OR_ZERO(pid);
	if (err)
		goto uncopy_parts;
	err = publish_task(task, pid, args, seq);
	if (!err)
		return task;
	free_pid(pid);
uncopy_parts:
	uncopy_parts(task);
uncopy_creds:
	uncopy_creds(task);
free_task:
	free_task_struct(task);
	return ERR_PTR(err);
}

struct task_struct *kernel_thread(void (*fn)(void *arg), void *arg, const char *name)
{
	/* CLONE_FS: a copy of init_fs from before there is a root would stay without one. */
	struct kernel_clone_args args = { .fn = fn, .fn_arg = arg, .name = name,
					  .flags = CLONE_FS, .exit_signal = SIGCHLD };

	return copy_process(&args);
}

/*
 * vfork: the parent sleeps until the child has left the shared address space.  The completion is on
 * the parent's stack: a parent that is killed first takes it back under tasklist_lock, under which
 * the child completes it.
 */
static void wait_for_vfork_done(struct task_struct *child, struct completion *vfork)
{
	unsigned long flags;

	if (!wait_for_completion_killable(vfork))
		return;
	spin_lock_irqsave(&tasklist_lock, flags);
	child->vfork_done = NULL;
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void complete_vfork_done(void)
{
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	if (current->vfork_done)
		complete(current->vfork_done);
	current->vfork_done = NULL;
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void mm_release(void)
{
	exit_robust_list();
	if (current->clear_child_tid) {
		/* Nobody to tell when the mm goes with us. */
		if (atomic_read(&current->mm->mm_users) > 1 &&
		    !put_user(0, current->clear_child_tid))
			futex_wake((u32 *)current->clear_child_tid, true, 1,
				   FUTEX_BITSET_MATCH_ANY);
		current->clear_child_tid = NULL;
	}
	if (current->vfork_done)
		complete_vfork_done();
}

long kernel_clone(struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *child = copy_process(args);
	long nr;

	if (IS_ERR(child))
		return PTR_ERR(child);
	nr = child->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		put_user((int)nr, args->parent_tid);
	if (unlikely(trace_is_on(TRACE_TASK)))
		trace_task(TRACE_TASK_FORK, nr);
	if (!(args->flags & CLONE_VFORK)) {
		wake_up_new_task(child);
		return nr;
	}
	init_completion(&vfork);
	child->vfork_done = &vfork;
	get_task_struct(child);
	wake_up_new_task(child);
	wait_for_vfork_done(child, &vfork);
	put_task_struct(child);
	return nr;
}

SYSCALL_DEFINE1(set_tid_address, int *, tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}

static void init_rlimits(struct rlimit *rlim)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	rlim[RLIMIT_CORE].rlim_cur = 0;
	rlim[RLIMIT_NOFILE] = (struct rlimit){ 1024, 4096 };
	rlim[RLIMIT_MEMLOCK] = (struct rlimit){ 8 << 20, 8 << 20 };
	rlim[RLIMIT_MSGQUEUE] = (struct rlimit){ 819200, 819200 };
	rlim[RLIMIT_NICE] = rlim[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
	rlim[RLIMIT_NPROC] = (struct rlimit){ max_threads / 2, max_threads / 2 };
	rlim[RLIMIT_SIGPENDING] = rlim[RLIMIT_NPROC];
}

/* The stacks of all tasks may take an eighth of memory. */
static void size_limits(void)
{
	unsigned long n = totalram_pages() * PAGE_SIZE / (8 * THREAD_SIZE);

	max_threads = clamp_t(unsigned long, n, 64, PID_MAX - 1);
	init_rlimits(init_signal.rlim);
}

void fork_init(void)
{
	current->signal = &init_signal;
	current->sighand = &init_sighand;
	current->cred = &init_cred;
	current->fs = &init_fs;
	current->group_leader = current->parent = init_signal.group_leader = current;
	INIT_LIST_HEAD(&current->children);
	INIT_LIST_HEAD(&current->sibling);
	list_add(&current->thread_group, &init_signal.threads);
	sigpending_init(&current->pending);
	signal_cache = kmem_cache_create("signal_cache", sizeof(struct signal_struct), 0, NULL);
	sighand_cache = kmem_cache_create("sighand_cache", sizeof(struct sighand_struct), 0, NULL);
	size_limits();
	pid_init();
	user_init();
	cred_init();
	signal_init();
}
