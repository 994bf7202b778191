// SPDX-License-Identifier: MIT
/*
 * /proc/meminfo, vmstat, zoneinfo, buddyinfo, slabinfo: the system's memory, in Linux's formats.  A
 * field for what is not there is 0.  All numbers are mm/vmstat.c's and the allocators' own.
 */
#include "fs/bdev.h"
#include "fs/proc/pseudo.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/smp.h"
#include "mm/balance_dirty.h"
#include "mm/overcommit.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/swapfile.h"
#include "mm/swapon.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"

#define KB(pages)	((unsigned long)(pages) << (PAGE_SHIFT - 10))

static void show_kb(struct seq_file *m, const char *name, unsigned long kb)
{
	seq_printf(m, "%-15s %8lu kB\n", name, kb);
}

static int show_swaps(struct seq_file *m, void *unused)
{
	swaps_show(m);
	return 0;
}

static int show_meminfo(struct seq_file *m, void *data)
{
	unsigned long buffers = nr_blockdev_pages(), file = vm_state(NR_FILE_PAGES);
	unsigned long slab_r = vm_state(NR_SLAB_RECLAIMABLE),
		      slab_u = vm_state(NR_SLAB_UNRECLAIMABLE);
	unsigned long active_file = lru_active(KIND_FILE), active_anon = lru_active(KIND_ANON);
	unsigned long inactive_file = lru_inactive(KIND_FILE);
	unsigned long inactive_anon = lru_inactive(KIND_ANON);

	show_kb(m, "MemTotal:", KB(totalram_pages()));
	show_kb(m, "MemFree:", KB(nr_free_pages()));
	show_kb(m, "MemAvailable:", KB(si_mem_available()));
	show_kb(m, "Buffers:", KB(buffers));
	show_kb(m, "Cached:", KB(file - min(file, buffers)));
	show_kb(m, "SwapCached:", KB(vm_state(NR_SWAPCACHE)));
	show_kb(m, "Active:", KB(active_file + active_anon));
	show_kb(m, "Inactive:", KB(inactive_file + inactive_anon));
	show_kb(m, "Active(anon):", KB(active_anon));
	show_kb(m, "Inactive(anon):", KB(inactive_anon));
	show_kb(m, "Active(file):", KB(active_file));
	show_kb(m, "Inactive(file):", KB(inactive_file));
	show_kb(m, "Unevictable:", KB(vm_state(NR_UNEVICTABLE)));
	show_kb(m, "Mlocked:", KB(vm_state(NR_MLOCK)));
	show_kb(m, "SwapTotal:", KB(total_swap_pages()));
	show_kb(m, "SwapFree:", KB(get_nr_swap_pages()));
	show_kb(m, "Dirty:", KB(vm_state(NR_FILE_DIRTY)));
	show_kb(m, "Writeback:", KB(vm_state(NR_WRITEBACK)));
	show_kb(m, "AnonPages:", KB(vm_state(NR_ANON_MAPPED)));
	show_kb(m, "Mapped:", KB(vm_state(NR_FILE_MAPPED)));
	show_kb(m, "Shmem:", KB(vm_state(NR_SHMEM)));
	show_kb(m, "KReclaimable:", KB(slab_r));
	show_kb(m, "Slab:", KB(slab_r + slab_u));
	show_kb(m, "SReclaimable:", KB(slab_r));
	show_kb(m, "SUnreclaim:", KB(slab_u));
	show_kb(m, "KernelStack:", vm_state(NR_KERNEL_STACK_KB));
	show_kb(m, "PageTables:", KB(vm_state(NR_PAGETABLE)));
	show_kb(m, "SecPageTables:", 0);
	show_kb(m, "NFS_Unstable:", 0);
	show_kb(m, "Bounce:", 0);
	show_kb(m, "WritebackTmp:", 0);
	show_kb(m, "CommitLimit:", KB(vm_commit_limit()));
	show_kb(m, "Committed_AS:", KB(atomic_long_read(&vm_committed_as)));
	show_kb(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> 10);
	show_kb(m, "VmallocUsed:", vmalloc_used() >> 10);
	show_kb(m, "VmallocChunk:", 0);
	show_kb(m, "Percpu:", 0);
	return 0;
}

/* A state's value; what is on which list, the reclaim policy knows.  There is one zone. */
static unsigned long state_now(int item)
{
	switch (item) {
	case NR_ZONE_INACTIVE_ANON:
	case NR_INACTIVE_ANON:
		return lru_inactive(KIND_ANON);
	case NR_ZONE_ACTIVE_ANON:
	case NR_ACTIVE_ANON:
		return lru_active(KIND_ANON);
	case NR_ZONE_INACTIVE_FILE:
	case NR_INACTIVE_FILE:
		return lru_inactive(KIND_FILE);
	case NR_ZONE_ACTIVE_FILE:
	case NR_ACTIVE_FILE:
		return lru_active(KIND_FILE);
	case NR_ZONE_UNEVICTABLE:
		return vm_state(NR_UNEVICTABLE);
	case NR_ZONE_WRITE_PENDING:
		return vm_state(NR_FILE_DIRTY) + vm_state(NR_WRITEBACK);
	default:
		return vm_state(item);
	}
}

static int show_vmstat(struct seq_file *m, void *data)
{
	unsigned long background, limit;

	global_dirty_limits(&background, &limit);
	for (int i = 0; i < NR_VM_ITEMS; i++) {
		if (i == NR_VM_STATES)
			seq_printf(m,
				   "nr_dirty_threshold %lu\nnr_dirty_background_threshold %lu\n",
				   limit, background);
		seq_printf(m, "%s %lu\n", vm_item_name(i), state_now(i));
	}
	return 0;
}

static int show_slabinfo(struct seq_file *m, void *data)
{
	struct slabinfo s;
	int pos = 0;

	seq_puts(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
		    "<objperslab> "
		    "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		    "<active_slabs> "
		    "<num_slabs> <sharedavail>\n");
	while (slabinfo_next(&pos, &s))
		seq_printf(m,
			   "%-17s %6lu %6lu %6u %4u %4u : tunables    0    0    0 : slabdata %6lu "
			   "%6lu      0\n",
			   s.name, s.active_objs, s.num_objs, s.objsize, s.objs_per_slab,
			   s.pages_per_slab, s.active_slabs, s.num_slabs);
	return 0;
}

static int show_buddyinfo(struct seq_file *m, void *data)
{
	unsigned long nr_free[MAX_ORDER];

	buddy_counts(nr_free);
	seq_puts(m, "Node 0, zone   Normal ");
	for (int order = 0; order < MAX_ORDER; order++)
		seq_printf(m, "%6lu ", nr_free[order]);
	seq_putc(m, '\n');
	return 0;
}

/* The states of the whole node in vmstat's order; @of_zone: those that Linux counts by zone. */
static void show_states(struct seq_file *m, bool of_zone)
{
	for (int i = 0; i < NR_VM_STATES; i++)
		if (of_zone == (i <= NR_MLOCK))
			seq_printf(m, "\n      %-12s %lu", vm_item_name(i), state_now(i));
}

static void show_pagesets(struct seq_file *m)
{
	seq_puts(m, "\n  pagesets");
	for (int cpu = 0; cpu < nr_harts; cpu++)
		seq_printf(m,
			   "\n    cpu: %d\n              count: %d\n              high:  %d"
			   "\n              batch: %d",
			   cpu, pcp_count(cpu), PCP_HIGH, PCP_BATCH);
}

/* One node with one zone, which is all of RAM. */
static int show_zoneinfo(struct seq_file *m, void *data)
{
	seq_puts(m, "Node 0, zone   Normal\n  per-node stats");
	show_states(m, false);
	seq_printf(m, "\n  pages free     %lu\n        boost    0", zone_free_pages());
	seq_printf(m, "\n        min      %lu", zone.watermark[WMARK_MIN]);
	seq_printf(m, "\n        low      %lu", zone.watermark[WMARK_LOW]);
	seq_printf(m, "\n        high     %lu", zone.watermark[WMARK_HIGH]);
	seq_printf(m,
		   "\n        spanned  %lu\n        present  %lu\n        managed  %lu"
		   "\n        cma      0\n        protection: (0, 0)",
		   max_pfn - min_pfn, zone.present, zone.managed);
	show_states(m, true);
	show_pagesets(m);
	seq_printf(m, "\n  node_unreclaimable:  0\n  start_pfn:           %lu\n", min_pfn);
	return 0;
}

static void meminfo_init(void)
{
	pseudo_file(NULL, "swaps", 0444, show_swaps, NULL, NULL);
	pseudo_file(NULL, "meminfo", 0444, show_meminfo, NULL, NULL);
	pseudo_file(NULL, "vmstat", 0444, show_vmstat, NULL, NULL);
	pseudo_file(NULL, "zoneinfo", 0444, show_zoneinfo, NULL, NULL);
	pseudo_file(NULL, "buddyinfo", 0444, show_buddyinfo, NULL, NULL);
	pseudo_file(NULL, "slabinfo", 0400, show_slabinfo, NULL, NULL);
}
fs_initcall(meminfo_init);
