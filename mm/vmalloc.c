// SPDX-License-Identifier: MIT
/*
 * VMALLOC_START                       AREAS_START                                     VMALLOC_END
 *   │ guard stack │ guard stack │ …       │ area │guard│ area │guard│        …             │
 *   └── slots of 2 * THREAD_SIZE ─────────┴── first fit, in order of address ──────────────┘
 *
 * Kernel stacks have a half of their own, cut into equal slots: whether an address is in a stack's
 * guard is seen from the address alone, which the trap handler needs when it has no stack to speak
 * of.
 *
 * A mapping made valid is fenced on every hart before its address is given out: an address that was
 * another area's may still be known as invalid, and no fault path would sort it out for a kernel
 * stack.  One that is taken away is fenced before its frames are free.  Both cost a call to the
 * firmware, so each hart keeps a few freed stacks mapped.
 *
 * I1  Areas do not overlap, and at least one unmapped page lies behind each.
 * I2  A stack in a hart's cache is mapped, and its slot's bit is set.
 */
#include "mm/vmalloc.h"

#include "arch/riscv/mmu.h"
#include "arch/riscv/tlb.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "mm/folio.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmstat.h"

#define AREAS_START	(VMALLOC_START + (VMALLOC_END - VMALLOC_START) / 2)
#define STACK_SLOT	(2 * THREAD_SIZE)
#define NR_STACK_SLOTS	((AREAS_START - VMALLOC_START) / STACK_SLOT)
#define STACK_CACHE	4	/* a shell pipeline's worth: fork then maps nothing */

struct vm_area {
	unsigned long start, size;	/* without the guard page */
	struct list_head list;		/* by address */
};

static LIST_HEAD(areas);
static unsigned long areas_bytes;
static unsigned long stack_slots[NR_STACK_SLOTS / BITS_PER_LONG];
static unsigned long first_free_slot;		/* no slot below is free */
static unsigned long nr_tables;			/* last-level tables made: they stay */
static DEFINE_SPINLOCK(vmalloc_lock, RANK_VMALLOC);	/* over all of the above */

static struct stack_cache {
	void *stack[STACK_CACHE];
	unsigned int nr;
} stack_caches[NR_CPUS];			/* its hart's, interrupts off */

/* --- mapping --- */

static pte_t *vmalloc_pte(unsigned long va)
{
	pte_t *pte = kernel_pte(va, false);

	if (pte)
		return pte;
	pte = kernel_pte(va, true);
	if (pte)
		__atomic_fetch_add(&nr_tables, 1, __ATOMIC_RELAXED);
	return pte;
}

/* Unmaps, fences, then frees. */
static void unmap_and_free(unsigned long start, unsigned long size)
{
	struct folio *folio, *next;
	LIST_HEAD(folios);

	for (unsigned long va = start; va < start + size; va += PAGE_SIZE) {
		pte_t *pte = kernel_pte(va, false);
		pte_t old = pte ? ptep_get_and_clear(pte) : (pte_t){ 0 };

		if (!pte_none(old))
			list_add(&pfn_folio(pte_pfn(old))->lru, &folios);
	}
	flush_tlb_kernel_range(start, start + size);
	list_for_each_entry_safe(folio, next, &folios, lru) {
		list_del(&folio->lru);
		folio_put(folio);
	}
}

/* Fresh folios for the whole range, or nothing at all: 0 or -ENOMEM. */
static int map_fresh(unsigned long start, unsigned long size, gfp_t gfp)
{
	for (unsigned long va = start; va < start + size; va += PAGE_SIZE) {
		pte_t *pte = vmalloc_pte(va);
		struct folio *folio = pte ? alloc_folio(gfp, 0) : NULL;

		if (!folio) {
			unmap_and_free(start, va - start);
			return -ENOMEM;
		}
		set_pte(pte, pfn_pte(folio_pfn(folio), PAGE_KERNEL));
	}
	flush_tlb_kernel_range(start, start + size);
	return 0;
}

/* --- areas --- */

/* Enters @area into the first gap that has room for it and its guard page; vmalloc_lock held. */
static bool place_area(struct vm_area *area)
{
	unsigned long start = AREAS_START;
	struct vm_area *other;

	list_for_each_entry(other, &areas, list) {
		if (other->start - start >= area->size + PAGE_SIZE)
			break;
		start = other->start + other->size + PAGE_SIZE;
	}
	if (VMALLOC_END - start < area->size + PAGE_SIZE)
		return false;
	area->start = start;
	list_add_tail(&area->list, &other->list);
	areas_bytes += area->size;
	return true;
}

static struct vm_area *alloc_area(size_t size)
{
	struct vm_area *area;
	bool placed;

	if (!size || size > VMALLOC_END - AREAS_START)
		return NULL;
	area = kmalloc(sizeof(*area), GFP_KERNEL);
	if (!area)
		return NULL;
	area->size = PAGE_ALIGN(size);
	spin_lock(&vmalloc_lock);
	placed = place_area(area);
	spin_unlock(&vmalloc_lock);
	if (placed)
		return area;
	kfree(area);
	return NULL;
}

static void free_area(struct vm_area *area)
{
	spin_lock(&vmalloc_lock);
	list_del(&area->list);
	areas_bytes -= area->size;
	spin_unlock(&vmalloc_lock);
	kfree(area);
}

static void *vmalloc_gfp(size_t size, gfp_t gfp)
{
	struct vm_area *area = alloc_area(size);

	if (!area)
		return NULL;
	if (!map_fresh(area->start, area->size, gfp))
		return (void *)area->start;
	free_area(area);
	return NULL;
}

void *vmalloc(size_t size)
{
	return vmalloc_gfp(size, GFP_KERNEL);
}

void *vzalloc(size_t size)
{
	return vmalloc_gfp(size, GFP_KERNEL | __GFP_ZERO);
}

static struct vm_area *find_area(unsigned long start)
{
	struct vm_area *area, *found = NULL;

	spin_lock(&vmalloc_lock);
	list_for_each_entry(area, &areas, list)
		if (area->start == start) {
			found = area;
			break;
		}
	spin_unlock(&vmalloc_lock);
	return found;
}

void vfree(const void *addr)
{
	struct vm_area *area;

	if (!addr)
		return;
	area = find_area((unsigned long)addr);
	if (!area)
		panic("vfree: 0x%lx is no area", (unsigned long)addr);
	unmap_and_free(area->start, area->size);
	free_area(area);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p = NULL;

	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc(size, gfp);
	if (size <= KMALLOC_MAX_SIZE)
		p = kmalloc(size, gfp | __GFP_NOWARN | __GFP_NORETRY);
	return p ? p : vmalloc_gfp(size, gfp);
}

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}

void *vmap_phys(unsigned long pa, size_t size, pte_t prot)
{
	unsigned long offset = offset_in_page(pa), va;
	struct vm_area *area = alloc_area(size + offset);

	if (!area)
		return NULL;
	for (va = 0; va < area->size; va += PAGE_SIZE) {
		pte_t *pte = vmalloc_pte(area->start + va);

		if (!pte)
			return NULL;
		set_pte(pte, pfn_pte((pa - offset + va) >> PAGE_SHIFT, prot));
	}
	flush_tlb_kernel_range(area->start, area->start + area->size);
	return (void *)(area->start + offset);
}

/* --- kernel stacks --- */

static unsigned long slot_stack(unsigned long slot)
{
	return VMALLOC_START + slot * STACK_SLOT + THREAD_SIZE;
}

static unsigned long take_slot(void)
{
	unsigned long slot;

	spin_lock(&vmalloc_lock);
	slot = find_next_zero_bit(stack_slots, NR_STACK_SLOTS, first_free_slot);
	if (slot < NR_STACK_SLOTS)
		__set_bit(slot, stack_slots);
	first_free_slot = min(slot + 1, NR_STACK_SLOTS);
	spin_unlock(&vmalloc_lock);
	return slot;
}

static void give_slot(unsigned long slot)
{
	spin_lock(&vmalloc_lock);
	__clear_bit(slot, stack_slots);
	first_free_slot = min(slot, first_free_slot);
	spin_unlock(&vmalloc_lock);
}

static void *new_stack(void)
{
	unsigned long slot = take_slot();

	if (slot >= NR_STACK_SLOTS)
		return NULL;
	if (!map_fresh(slot_stack(slot), THREAD_SIZE, GFP_KERNEL))
		return (void *)slot_stack(slot);
	give_slot(slot);
	return NULL;
}

void *alloc_kernel_stack(void)
{
	unsigned long flags = local_irq_save();
	struct stack_cache *cache = &stack_caches[smp_processor_id()];
	void *stack = cache->nr ? cache->stack[--cache->nr] : NULL;

	local_irq_restore(flags);
	if (!stack)
		stack = new_stack();
	if (stack)
		mod_state(NR_KERNEL_STACK_KB, THREAD_SIZE / 1024);
	return stack;
}

void free_kernel_stack(void *stack)
{
	unsigned long flags = local_irq_save();
	struct stack_cache *cache = &stack_caches[smp_processor_id()];
	bool cached = cache->nr < STACK_CACHE;

	if (cached)
		cache->stack[cache->nr++] = stack;
	local_irq_restore(flags);
	mod_state(NR_KERNEL_STACK_KB, -(THREAD_SIZE / 1024));
	if (!cached) {
		unmap_and_free((unsigned long)stack, THREAD_SIZE);
		give_slot(((unsigned long)stack - VMALLOC_START) / STACK_SLOT);
	}
}

bool is_kernel_stack_guard(unsigned long addr)
{
	return addr >= VMALLOC_START && addr < AREAS_START && !(addr & THREAD_SIZE);
}

/* --- numbers --- */

unsigned long vmalloc_used(void)
{
	return areas_bytes + vm_state(NR_KERNEL_STACK_KB) * 1024;
}

unsigned long vmalloc_retained(void)
{
	unsigned long stacks = 0;

	for (int hart = 0; hart < nr_harts; hart++)
		stacks += READ_ONCE(stack_caches[hart].nr);
	return stacks * (THREAD_SIZE / PAGE_SIZE) + READ_ONCE(nr_tables);
}
