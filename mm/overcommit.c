// SPDX-License-Identifier: MIT
/*
 * Promises are added up first and judged afterwards, so that of two tasks that ask at once at most
 * one too many is refused, never one too many accepted.
 */
#include "mm/overcommit.h"

#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "kernel/errno.h"
#include "mm/mm_types.h"
#include "mm/page_alloc.h"
#include "mm/swapfile.h"

int sysctl_overcommit_memory = OVERCOMMIT_GUESS;
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
unsigned long sysctl_user_reserve_kbytes, sysctl_admin_reserve_kbytes;
atomic_long_t vm_committed_as;

static unsigned long kbytes_to_pages(unsigned long kbytes)
{
	return kbytes >> (PAGE_SHIFT - 10);
}

unsigned long vm_commit_limit(void)
{
	if (sysctl_overcommit_kbytes)
		return kbytes_to_pages(sysctl_overcommit_kbytes);
	return totalram_pages() * sysctl_overcommit_ratio / 100 + total_swap_pages();
}

/* What current may let vm_committed_as come to in mode 2. */
static long strict_limit(void)
{
	long allowed = vm_commit_limit();

	if (!capable(CAP_SYS_ADMIN))
		allowed -= kbytes_to_pages(sysctl_admin_reserve_kbytes);
	if (current->mm)
		allowed -= min(current->mm->total_vm / 32,
			       kbytes_to_pages(sysctl_user_reserve_kbytes));
	return allowed;
}

static bool may_promise(unsigned long pages, long sum)
{
	switch (sysctl_overcommit_memory) {
	case OVERCOMMIT_ALWAYS:
		return true;
	case OVERCOMMIT_GUESS:
		return pages <= totalram_pages() + total_swap_pages();
	default:
		return sum < strict_limit();
	}
}

int vm_enough_memory(unsigned long pages)
{
	long sum = atomic_long_add_return(pages, &vm_committed_as);

	if (likely(may_promise(pages, sum)))
		return 0;
	vm_unacct_memory(pages);
	return -ENOMEM;
}

void vm_acct_memory(unsigned long pages)
{
	atomic_long_add(pages, &vm_committed_as);
}

void vm_unacct_memory(unsigned long pages)
{
	atomic_long_sub(pages, &vm_committed_as);
}

/* A part of the memory that is free at boot, up to 128 and 8 MiB. */
static void overcommit_init(void)
{
	unsigned long part = zone_free_pages() << (PAGE_SHIFT - 10) >> 5;

	sysctl_user_reserve_kbytes = min(part, 128UL << 10);
	sysctl_admin_reserve_kbytes = min(part, 8UL << 10);
}
core_initcall(overcommit_init);
