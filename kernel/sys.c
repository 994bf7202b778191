// SPDX-License-Identifier: MIT
/* Small calls about the machine and about this task that belong to no larger concept. */
#include <linux/sysinfo.h>
#include "arch/riscv/cacheflush.h"
#include "arch/riscv/uaccess.h"
#include "fs/bdev.h"
#include "kernel/pid.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "lib/string.h"
#include "mm/page_alloc.h"
#include "mm/swapfile.h"
#include "mm/vmstat.h"

#define LOAD_SHIFT_KERNEL	11	/* calc_load()'s 1.0 is 1 << 11, sysinfo's is 1 << 16 */

SYSCALL_DEFINE1(sysinfo, struct sysinfo *, uinfo)
{
	struct sysinfo info;

	memset(&info, 0, sizeof(info));
	info.uptime = DIV_ROUND_UP(ktime_get_ns(), NSEC_PER_SEC);
	calc_load(info.loads);
	for (int i = 0; i < 3; i++)
		info.loads[i] <<= SI_LOAD_SHIFT - LOAD_SHIFT_KERNEL;
	info.totalram = totalram_pages() * PAGE_SIZE;
	info.freeram = nr_free_pages() * PAGE_SIZE;
	info.sharedram = vm_state(NR_SHMEM) * PAGE_SIZE;
	info.bufferram = nr_blockdev_pages() * PAGE_SIZE;
	info.totalswap = total_swap_pages() * PAGE_SIZE;
	info.freeswap = get_nr_swap_pages() * PAGE_SIZE;
	info.procs = nr_threads;
	info.mem_unit = 1;
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(getcpu, unsigned int *, ucpu, unsigned int *, unode)
{
	unsigned int cpu = smp_processor_id();

	if (ucpu && put_user(cpu, ucpu))
		return -EFAULT;
	return unode && put_user(0, unode) ? -EFAULT : 0;
}

#define PER_GET	0xffffffffu	/* asks without changing */

SYSCALL_DEFINE1(personality, unsigned int, persona)
{
	unsigned int old = current->personality;

	if (persona != PER_GET)
		current->personality = persona;
	return old;
}

#define FLUSH_ICACHE_LOCAL	1UL

/*
 * The range does not matter: fence.i knows none.  Local means this thread, which may have moved: so
 * every hart.
 */
SYSCALL_DEFINE3(riscv_flush_icache, unsigned long, start, unsigned long, end, unsigned long, flags)
{
	if (flags & ~FLUSH_ICACHE_LOCAL)
		return -EINVAL;
	flush_icache_mm(current->mm);
	return 0;
}
