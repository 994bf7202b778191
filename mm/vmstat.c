// SPDX-License-Identifier: MIT
/* Sums and names; the counting itself is in the header. */
#include "mm/vmstat.h"

#include "mm/page_alloc.h"

struct vm_counters vm_counters[NR_CPUS];

static const char *const names[NR_VM_ITEMS] = {
#define X(id, name) [id] = name,
	VM_STATES(X)
	VM_EVENTS(X)
#undef X
};

unsigned long vm_state(enum vm_item item)
{
	long sum = 0;

	if (item == NR_FREE_PAGES)
		return nr_free_pages();
	for (int hart = 0; hart < NR_CPUS; hart++)
		sum += READ_ONCE(vm_counters[hart].item[item]);
	return sum > 0 ? sum : 0;
}

const char *vm_item_name(int i)
{
	return names[i];
}
