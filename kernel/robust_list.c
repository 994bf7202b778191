// SPDX-License-Identifier: MIT
/*
 * Robust futexes.  The list is the user's and believed in nothing: an entry that cannot be read
 * ends the walk, and so does the ROBUST_LIST_LIMITth.
 *
 * An entry is the address of a list link; the word is futex_offset bytes from it.  Bit 0 of a link
 * marks a lock with priority inheritance; the kernel has none of those, so it wakes nobody for it.
 */
#include "kernel/robust_list.h"

#include <linux/futex.h>
#include "arch/riscv/uaccess.h"
#include "kernel/errno.h"
#include "kernel/futex.h"
#include "kernel/pid.h"
#include "kernel/ptrace.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

#define PI_BIT	1UL

/* A link as it stands in user memory. */
struct robust_entry {
	unsigned long addr;		/* of the link that it points to */
	bool pi;
};

static struct robust_entry decode(const struct robust_list *link)
{
	unsigned long value = (unsigned long)link;

	return (struct robust_entry){ value & ~PI_BIT, value & PI_BIT };
}

/* Marks the word if it is still @value.  0: done; -EAGAIN: it was not; -EFAULT. */
static int mark_owner_died(u32 __user *uaddr, u32 value)
{
	u32 seen, marked = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;

	if (cmpxchg_user(uaddr, value, marked, &seen))
		return -EFAULT;
	return seen == value ? 0 : -EAGAIN;
}

/* One lock of the dying thread's list.  -EFAULT: the list cannot be trusted any further. */
static int handle_death(unsigned long addr, bool pi, bool pending)
{
	u32 __user *uaddr = (u32 __user *)addr;
	u32 value;
	int err;

	if (addr % sizeof(u32))
		return -EFAULT;
	do {
		if (get_user(value, uaddr))
			return -EFAULT;
		/*
		 * Died between its unlocking store and its wake: the waiter that is to have the
		 * lock would sleep for ever.
		 */
		if (pending && !pi && !(value & FUTEX_TID_MASK)) {
			futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if ((value & FUTEX_TID_MASK) != (u32)current->pid)
			return 0;
		err = mark_owner_died(uaddr, value);
	} while (err == -EAGAIN);
	if (!err && !pi && (value & FUTEX_WAITERS))
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return err;
}

/* The locks of the list but @pending; -EFAULT ends everything. */
static int walk_list(const struct robust_list_head __user *head, struct robust_entry entry,
		     long offset, const struct robust_entry *pending)
{
	for (int n = 0; n < ROBUST_LIST_LIMIT && entry.addr != (unsigned long)head; n++) {
		/* Before the word is marked: another may unlock it and free the entry then. */
		struct robust_list link;
		int err = copy_from_user(&link, (void *)entry.addr, sizeof(link)) ? -EFAULT : 0;

		if (entry.addr != pending->addr &&
		    handle_death(entry.addr + offset, entry.pi, false))
			return -EFAULT;
		if (err)
			return err;
		entry = decode(link.next);
		cond_resched();
	}
	return 0;
}

void exit_robust_list(void)
{
	const struct robust_list_head __user *uhead = current->robust_list;
	struct robust_list_head head;
	struct robust_entry pending;

	if (!uhead)
		return;
	current->robust_list = NULL;
	if (copy_from_user(&head, uhead, sizeof(head)))
		return;
	pending = decode(head.list_op_pending);
	if (!walk_list(uhead, decode(head.list.next), head.futex_offset, &pending) && pending.addr)
		handle_death(pending.addr + head.futex_offset, pending.pi, true);
}

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head *, head, size_t, len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, struct robust_list_head **, uhead, size_t *, ulen)
{
	struct task_struct *task = current;
	struct robust_list_head *head;
	bool may;

	if (pid)
		task = find_get_task(pid);
	if (!task)
		return -ESRCH;
	may = task == current || ptrace_may_access(task, PTRACE_MODE_REALCREDS);
	head = READ_ONCE(task->robust_list);
	if (pid)
		put_task_struct(task);
	if (!may)
		return -EPERM;
	return put_user(sizeof(*head), ulen) || put_user(head, uhead) ? -EFAULT : 0;
}
