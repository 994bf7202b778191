// SPDX-License-Identifier: MIT
/*
 * Where things are, for tools on the host that look at a guest's memory without debug information
 * (tools/ptwalk finds the table by its symbol).  Nothing in the kernel reads it.
 */
#include "drivers/genhd.h"
#include "kernel/sched.h"
#include "mm/folio.h"
#include "mm/mm_types.h"

struct vmcoreinfo {
	char name[24];
	u64 offset;
};

#define OFFSET(type, member)	{ #type "." #member, offsetof(struct type, member) }

static const struct vmcoreinfo vmcoreinfo[] __attribute__((used)) = {
	OFFSET(task_struct, tasks),
	OFFSET(task_struct, pid),
	OFFSET(task_struct, comm),
	OFFSET(task_struct, mm),
	OFFSET(task_struct, stack),
	OFFSET(task_struct, context),
	OFFSET(mm_struct, pgd),
	OFFSET(folio, mapping),
	OFFSET(block_device, bd_list),
	OFFSET(block_device, bd_stats),
	OFFSET(disk_stats, in_flight),
	{ "", 0 },
};
