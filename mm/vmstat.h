// SPDX-License-Identifier: MIT
/*
 * Every counter there is, under the names of /proc/vmstat.  A state says how much there is of
 * something now (in frames unless its name says otherwise); an event counts how often something
 * happened since boot.  In Linux's order, which has some events among the states.
 *
 * One word a hart and counter; a change is one AMO to the hart's own, so any context may count.
 * The sum is what is shown.  nr_free_pages is the allocator's own.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/types.h"

#define VM_STATES(X)							\
	X(NR_FREE_PAGES, "nr_free_pages")				\
	X(NR_ZONE_INACTIVE_ANON, "nr_zone_inactive_anon")		\
	X(NR_ZONE_ACTIVE_ANON, "nr_zone_active_anon")			\
	X(NR_ZONE_INACTIVE_FILE, "nr_zone_inactive_file")		\
	X(NR_ZONE_ACTIVE_FILE, "nr_zone_active_file")			\
	X(NR_ZONE_UNEVICTABLE, "nr_zone_unevictable")			\
	X(NR_ZONE_WRITE_PENDING, "nr_zone_write_pending")		\
	X(NR_MLOCK, "nr_mlock")						\
	X(NR_INACTIVE_ANON, "nr_inactive_anon")				\
	X(NR_ACTIVE_ANON, "nr_active_anon")				\
	X(NR_INACTIVE_FILE, "nr_inactive_file")				\
	X(NR_ACTIVE_FILE, "nr_active_file")				\
	X(NR_UNEVICTABLE, "nr_unevictable")				\
	X(NR_SLAB_RECLAIMABLE, "nr_slab_reclaimable")			\
	X(NR_SLAB_UNRECLAIMABLE, "nr_slab_unreclaimable")		\
	X(NR_ISOLATED_ANON, "nr_isolated_anon")				\
	X(NR_ISOLATED_FILE, "nr_isolated_file")				\
	X(WORKINGSET_NODES, "workingset_nodes")				\
	X(WORKINGSET_REFAULT_ANON, "workingset_refault_anon")		\
	X(WORKINGSET_REFAULT_FILE, "workingset_refault_file")		\
	X(WORKINGSET_ACTIVATE_ANON, "workingset_activate_anon")		\
	X(WORKINGSET_ACTIVATE_FILE, "workingset_activate_file")		\
	X(WORKINGSET_RESTORE_ANON, "workingset_restore_anon")		\
	X(WORKINGSET_RESTORE_FILE, "workingset_restore_file")		\
	X(WORKINGSET_NODERECLAIM, "workingset_nodereclaim")		\
	X(NR_ANON_MAPPED, "nr_anon_pages")				\
	X(NR_FILE_MAPPED, "nr_mapped")					\
	X(NR_FILE_PAGES, "nr_file_pages")				\
	X(NR_FILE_DIRTY, "nr_dirty")					\
	X(NR_WRITEBACK, "nr_writeback")					\
	X(NR_SHMEM, "nr_shmem")						\
	X(NR_VMSCAN_WRITE, "nr_vmscan_write")				\
	X(NR_DIRTIED, "nr_dirtied")					\
	X(NR_WRITTEN, "nr_written")					\
	X(NR_FOLL_PIN_ACQUIRED, "nr_foll_pin_acquired")			\
	X(NR_FOLL_PIN_RELEASED, "nr_foll_pin_released")			\
	X(NR_KERNEL_STACK_KB, "nr_kernel_stack")			\
	X(NR_PAGETABLE, "nr_page_table_pages")				\
	X(NR_SWAPCACHE, "nr_swapcached")

#define VM_EVENTS(X)							\
	X(PGPGIN, "pgpgin")						\
	X(PGPGOUT, "pgpgout")						\
	X(PSWPIN, "pswpin")						\
	X(PSWPOUT, "pswpout")						\
	X(PGALLOC, "pgalloc_normal")					\
	X(ALLOCSTALL, "allocstall_normal")				\
	X(PGFREE, "pgfree")						\
	X(PGACTIVATE, "pgactivate")					\
	X(PGDEACTIVATE, "pgdeactivate")					\
	X(PGLAZYFREE, "pglazyfree")					\
	X(PGFAULT, "pgfault")						\
	X(PGMAJFAULT, "pgmajfault")					\
	X(PGLAZYFREED, "pglazyfreed")					\
	X(PGREFILL, "pgrefill")						\
	X(PGREUSE, "pgreuse")						\
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd")				\
	X(PGSTEAL_DIRECT, "pgsteal_direct")				\
	X(PGSCAN_KSWAPD, "pgscan_kswapd")				\
	X(PGSCAN_DIRECT, "pgscan_direct")				\
	X(PGSCAN_ANON, "pgscan_anon")					\
	X(PGSCAN_FILE, "pgscan_file")					\
	X(PGSTEAL_ANON, "pgsteal_anon")					\
	X(PGSTEAL_FILE, "pgsteal_file")					\
	X(PGINODESTEAL, "pginodesteal")					\
	X(SLABS_SCANNED, "slabs_scanned")				\
	X(PAGEOUTRUN, "pageoutrun")					\
	X(PGROTATED, "pgrotated")					\
	X(DROP_PAGECACHE, "drop_pagecache")				\
	X(DROP_SLAB, "drop_slab")					\
	X(OOM_KILL, "oom_kill")						\
	X(UNEVICTABLE_PGCULLED, "unevictable_pgs_culled")		\
	X(UNEVICTABLE_PGRESCUED, "unevictable_pgs_rescued")		\
	X(UNEVICTABLE_PGMLOCKED, "unevictable_pgs_mlocked")		\
	X(UNEVICTABLE_PGMUNLOCKED, "unevictable_pgs_munlocked")		\
	X(SWAP_RA, "swap_ra")						\
	X(SWAP_RA_HIT, "swap_ra_hit")					\
	X(RMAP_VISIT, "rmap_visit")

enum vm_item {
#define X(id, name) id,
	VM_STATES(X)
	NR_VM_STATES,
	__FIRST_VM_EVENT = NR_VM_STATES - 1,
	VM_EVENTS(X)
#undef X
	NR_VM_ITEMS,
};

/* A power of two in size: the index is a shift, in what every fault does. */
struct vm_counters {
	long item[NR_VM_ITEMS];
} __aligned(1024);

_Static_assert(sizeof(struct vm_counters) == 1024, "a power of two");

extern struct vm_counters vm_counters[NR_CPUS];

static inline void mod_state(enum vm_item item, long delta)
{
	__atomic_fetch_add(&vm_counters[smp_processor_id()].item[item], delta, __ATOMIC_RELAXED);
}

static inline void inc_state(enum vm_item item)
{
	mod_state(item, 1);
}

static inline void dec_state(enum vm_item item)
{
	mod_state(item, -1);
}

static inline void count_vm_events(enum vm_item item, long n)
{
	mod_state(item, n);
}

static inline void count_vm_event(enum vm_item item)
{
	mod_state(item, 1);
}

/*
 * The sum over all harts; a state that is read while it moves from one hart to another is never
 * shown negative.
 */
unsigned long vm_state(enum vm_item item);
/* "nr_free_pages", …; for i < NR_VM_ITEMS. */
const char *vm_item_name(int i);

#endif
