// SPDX-License-Identifier: MIT
/*
 * clone(2) and clone3(2): what the user asks for, checked and put into one form for
 * kernel_clone().  The argument of clone3() grows with its versions: a shorter one is as if
 * followed by zeros, a longer one must have zeros where it is longer.
 */
#include <linux/sched.h>
#include "arch/riscv/uaccess.h"
#include "kernel/errno.h"
#include "kernel/fork.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

#define MAX_PID_NS_LEVEL	32	/* set_tid has one number for each namespace */

/* riscv's order of arguments: tls before child_tid (CLONE_BACKWARDS). */
SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, stack, int *, parent_tid,
		unsigned long, tls, int *, child_tid)
{
	struct kernel_clone_args args = {
		.flags = (u32)flags & ~(u64)CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
	};

	return kernel_clone(&args);
}

/* The number that the new task is to have: 0 any, -1 one that nobody can have. */
static int get_set_tid(const struct clone_args *uargs, int *wanted)
{
	int tid[MAX_PID_NS_LEVEL];

	*wanted = 0;
	if (!uargs->set_tid_size)
		return 0;
	if (copy_from_user(tid, (void *)uargs->set_tid, uargs->set_tid_size * sizeof(*tid)))
		return -EFAULT;
	/* There is one namespace. */
	*wanted = uargs->set_tid_size == 1 && tid[0] > 0 ? tid[0] : -1;
	return 0;
}

static bool numbers_valid(const struct clone_args *args, size_t size)
{
	if (args->set_tid_size > MAX_PID_NS_LEVEL || !args->set_tid != !args->set_tid_size)
		return false;
	if (args->exit_signal > NSIG)
		return false;
	return !(args->flags & CLONE_INTO_CGROUP) ||
	       (args->cgroup <= INT_MAX && size >= CLONE_ARGS_SIZE_VER2);
}

static bool stack_valid(const struct clone_args *args)
{
	if (!args->stack)
		return !args->stack_size;
	return args->stack_size && access_ok((void *)args->stack, args->stack_size);
}

static bool flags_valid(const struct clone_args *args)
{
	u64 known = (u64)(u32)~0 | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
	u64 both = CLONE_SIGHAND | CLONE_CLEAR_SIGHAND;

	if (args->flags & (~known | CLONE_DETACHED | CSIGNAL))
		return false;
	if ((args->flags & both) == both)
		return false;
	return !(args->flags & (CLONE_THREAD | CLONE_PARENT)) || !args->exit_signal;
}

SYSCALL_DEFINE2(clone3, struct clone_args *, uargs, size_t, size)
{
	struct kernel_clone_args args = { 0 };
	struct clone_args a;
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&a, sizeof(a), uargs, size);
	if (err)
		return err;
	if (!numbers_valid(&a, size))
		return -EINVAL;
	err = get_set_tid(&a, &args.wanted_pid);
	if (err)
		return err;
	if (!flags_valid(&a) || !stack_valid(&a))
		return -EINVAL;
	args.flags = a.flags;
	args.exit_signal = a.exit_signal;
	args.stack = a.stack + a.stack_size;
	args.tls = a.tls;
	args.parent_tid = (int *)a.parent_tid;
	args.child_tid = (int *)a.child_tid;
	return kernel_clone(&args);
}
