// SPDX-License-Identifier: MIT
/*
 * New tasks.  A task's life: copy_process() → wake_up_new_task() → … → do_exit() (zombie) →
 * release_task() (its parent has waited) → the last put_task_struct() frees it.
 */
#ifndef KERNEL_FORK_H
#define KERNEL_FORK_H

#include "kernel/sched.h"
#include "kernel/signal.h"

struct kernel_clone_args {
	u64 flags;			/* CLONE_* without the signal */
	int exit_signal;
	int wanted_pid;			/* 0: any */
	unsigned long stack;		/* user stack pointer; 0: the parent's */
	unsigned long tls;
	int __user *parent_tid, *child_tid;
	void (*fn)(void *arg);		/* a kernel thread, or the kernel part of init */
	void *fn_arg;
	const char *name;
};

/* Boot: gives the boot task signal, sighand and cred that everything else is copied from. */
void fork_init(void);

/*
 * A task that runs fn(arg) in the kernel, not yet started: wake_up_new_task() does that.  The first
 * one is pid 1, the second kthreadd.  fn never returns, unless kernel_execve() has succeeded in it:
 * then it returns into user mode. Has the root and working directory that the caller has now; no
 * PF_KTHREAD after exec.  ERR_PTR(-ENOMEM, -EAGAIN).
 */
struct task_struct *kernel_thread(void (*fn)(void *arg), void *arg, const char *name);

/* clone(2), clone3(2) for current; the child's pid or -errno. */
long kernel_clone(struct kernel_clone_args *args);

/* From the last put_task_struct(): drops what is kept until then because others may look at it. */
void free_task_parts(struct task_struct *task);
void put_sighand(struct sighand_struct *sighand);
/*
 * Exec: makes current's handlers its own if they are shared (CLONE_SIGHAND without CLONE_THREAD).
 * -ENOMEM.
 */
int unshare_sighand(void);
/*
 * current is about to leave its address space: hands on its robust futexes, clears the thread id
 * word of set_tid_address(2), and wakes the parent that waits in vfork().
 */
void mm_release(void);

/* arch/riscv/process.c: registers and context of a child; those of a new program. */
void copy_thread(struct task_struct *child, const struct kernel_clone_args *args);
void start_thread(unsigned long pc, unsigned long sp);

#endif
