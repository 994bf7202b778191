// SPDX-License-Identifier: MIT
/*
 * membarrier(2): makes every thread of a process, or of all, execute a memory barrier, so that a
 * fast path of user code can do with a compiler barrier while the slow path pays for both.
 *
 * Harts that run user code are interrupted.  A thread that does not run has passed a barrier when
 * it was switched away from, and passes another before it runs again: switch_mm() changes
 * mm->cpu_bitmap with full barriers, and a switch between threads of one mm takes the run queue's
 * lock with one.
 *
 * SYNC_CORE also has each hart execute fence.i before it goes on in user mode: code that was
 * changed is what runs.
 */
#include <linux/membarrier.h>
#include "arch/riscv/cacheflush.h"
#include "arch/riscv/tlb.h"
#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/syscall.h"
#include "lib/atomic.h"
#include "mm/mm_types.h"

/* Of mm->membarrier_state: what it has registered for. */
#define REGISTERED_PRIVATE	1
#define REGISTERED_SYNC_CORE	2

#define SUPPORTED	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |		\
			 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |				\
			 MEMBARRIER_CMD_PRIVATE_EXPEDITED |					\
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |				\
			 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |				\
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

static void barrier_here(void *unused)
{
	smp_mb();
}

static void barrier_everywhere(void)
{
	smp_mb();
	if (nr_harts > 1)
		smp_call_others(barrier_here, NULL);
	smp_mb();
}

static int private_expedited(unsigned int registration)
{
	struct mm_struct *mm = current->mm;

	if (!(READ_ONCE(mm->membarrier_state) & registration))
		return -EPERM;
	if (registration == REGISTERED_SYNC_CORE)
		flush_icache_mm(mm);
	smp_mb();
	/* Nobody else runs it: who begins to sees all that we have stored. */
	if (remote_harts(READ_ONCE(mm->cpu_bitmap)))
		barrier_everywhere();
	return 0;
}

static int register_for(unsigned int registration)
{
	__atomic_or_fetch(&current->mm->membarrier_state, registration, __ATOMIC_SEQ_CST);
	return 0;
}

SYSCALL_DEFINE3(membarrier, int, cmd, unsigned int, flags, int, cpu)
{
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return SUPPORTED;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		barrier_everywhere();
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		/* Every process is asked anyway. */
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return private_expedited(REGISTERED_PRIVATE);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return register_for(REGISTERED_PRIVATE);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return private_expedited(REGISTERED_SYNC_CORE);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return register_for(REGISTERED_SYNC_CORE);
	default:
		return -EINVAL;
	}
}
