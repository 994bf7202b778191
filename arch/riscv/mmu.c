// SPDX-License-Identifier: MIT
/*
 * Page tables of the kernel, in three stages:
 *
 *   early    image as 2 MiB leaves (read-write-execute), the device tree's 1 GiB, later the
 *            direct map in 1 GiB leaves
 *   final    swapper_pg_dir: direct map in the largest leaves that fit, image in pages, W^X in both
 *   process  pgd_alloc(): the upper half's entries of swapper_pg_dir
 *
 * M1 No frame is writable and executable, and text and rodata are writable by no alias.
 * M2 swapper_pg_dir's upper half never changes after paging_init().
 */
#include "arch/riscv/mmu.h"

#include "arch/riscv/cacheflush.h"
#include "arch/riscv/csr.h"
#include "arch/riscv/io.h"
#include "arch/riscv/tlb.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "lib/string.h"
#include "mm/memblock.h"
#include "mm/mm_types.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"

#define EARLY_DTB_VA	0xffffffd000000000
#define EARLY_PMDS	16		/* 32 MiB for the image */

extern char _image_start[], _text_start[], _text_end[], _rodata_start[], _rodata_end[],
	_data_start[];
extern char _image_end[];

unsigned long va_pa_offset, kernel_phys_base;

pte_t swapper_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static pte_t early_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static pte_t early_image_pmd[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

/* The top-level entries of the upper half that are in use. */
static u16 kernel_pgd_index[PTRS_PER_TABLE / 2];
static int kernel_pgd_count;

static DEFINE_SPINLOCK(kernel_pgtable_lock, RANK_KERNEL_PGTABLE);

#define EARLY_RWX	((pte_t){ _PAGE_KERNEL_BASE | _PAGE_RWX })

/*
 * Runs at the load address: only pc-relative addresses, so no pointers from initialised data, no
 * switch tables, and no instrumentation, whose records hold absolute addresses.
 */
__attribute__((no_sanitize("undefined")))
unsigned long early_map_setup(unsigned long dtb_pa)
{
	unsigned long image = (unsigned long)_image_start;

	kernel_phys_base = image;
	early_pg_dir[pgd_index(KERNEL_LINK_ADDR)] =
		table_entry((unsigned long)early_image_pmd >> PAGE_SHIFT);
	for (unsigned long i = 0; i < EARLY_PMDS; i++)
		early_image_pmd[i] = pfn_pte((image + i * PMD_SIZE) >> PAGE_SHIFT, EARLY_RWX);
	/* Two entries: the tree may lie across a 1 GiB boundary. */
	for (unsigned long i = 0; i < 2; i++)
		early_pg_dir[pgd_index(EARLY_DTB_VA) + i] = pfn_pte(
			((dtb_pa & PGDIR_MASK) + i * PGDIR_SIZE) >> PAGE_SHIFT, PAGE_KERNEL);
	return SATP_MODE_SV39 | (unsigned long)early_pg_dir >> PAGE_SHIFT;
}

const void *early_dtb(unsigned long dtb_pa)
{
	return (const void *)(EARLY_DTB_VA + (dtb_pa & ~PGDIR_MASK));
}

void early_map_ram(unsigned long base, unsigned long size)
{
	unsigned long pa;

	for (pa = base & PGDIR_MASK; pa < base + size; pa += PGDIR_SIZE)
		early_pg_dir[pgd_index((unsigned long)__va(pa))] =
			pfn_pte(pa >> PAGE_SHIFT, PAGE_KERNEL);
	local_flush_tlb_all();
}

static pte_t *boot_table(void)
{
	unsigned long pa = memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	memset(__va(pa), 0, PAGE_SIZE);
	return __va(pa);
}

static pte_t *boot_next_table(pte_t *entry)
{
	if (pte_none(*entry))
		*entry = table_entry(__pa(boot_table()) >> PAGE_SHIFT);
	return entry_table(*entry);
}

/* The largest leaf for @va → @pa that ends at or before @size. */
static unsigned long leaf_size(unsigned long va, unsigned long pa, unsigned long size)
{
	if (!((va | pa) & ~PGDIR_MASK) && size >= PGDIR_SIZE)
		return PGDIR_SIZE;
	if (!((va | pa) & ~PMD_MASK) && size >= PMD_SIZE)
		return PMD_SIZE;
	return PAGE_SIZE;
}

static void boot_map(unsigned long va, unsigned long pa, unsigned long size, pte_t prot)
{
	while (size) {
		unsigned long step = leaf_size(va, pa, size);
		pte_t *entry = &swapper_pg_dir[pgd_index(va)];

		if (step < PGDIR_SIZE)
			entry = &boot_next_table(entry)[pmd_index(va)];
		if (step < PMD_SIZE)
			entry = &boot_next_table(entry)[pte_index(va)];
		*entry = pfn_pte(pa >> PAGE_SHIFT, prot);
		va += step;
		pa += step;
		size -= step;
	}
}

static void map_direct(unsigned long start, unsigned long end, pte_t prot)
{
	if (start < end)
		boot_map((unsigned long)__va(start), start, end - start, prot);
}

/* One range of RAM; the alias of the image's text and rodata is read-only (M1). */
static void map_ram_range(unsigned long start, unsigned long end)
{
	unsigned long ro_start = __pa(_text_start), ro_end = __pa(_rodata_end);

	map_direct(start, min(end, ro_start), PAGE_KERNEL);
	map_direct(max(start, ro_start), min(end, ro_end), PAGE_KERNEL_RO);
	map_direct(max(start, ro_end), end, PAGE_KERNEL);
}

static void map_image(char *start, char *end, pte_t prot)
{
	boot_map((unsigned long)start, __pa(start), end - start, prot);
}

unsigned long swapper_satp(void)
{
	return SATP_MODE_SV39 | __pa(swapper_pg_dir) >> PAGE_SHIFT;
}

void paging_init(void)
{
	unsigned long start, end, va;

	for (int i = 0; memblock_ram_range(i, &start, &end); i++)
		map_ram_range(start, end);
	map_image(_text_start, _text_end, PAGE_KERNEL_RX);
	map_image(_rodata_start, _rodata_end, PAGE_KERNEL_RO);
	map_image(_data_start, _image_end, PAGE_KERNEL);
	for (va = VMALLOC_START; va < VMALLOC_END; va += PGDIR_SIZE)
		boot_next_table(&swapper_pg_dir[pgd_index(va)]);

	for (int i = PTRS_PER_TABLE / 2; i < PTRS_PER_TABLE; i++)
		if (!pte_none(swapper_pg_dir[i]))
			kernel_pgd_index[kernel_pgd_count++] = i;
	csr_write(satp, swapper_satp());
	local_flush_tlb_all();
}

/* Puts a zeroed table behind @pmd unless somebody was faster. */
static bool kernel_table_alloc(pte_t *pmd)
{
	unsigned long table = get_zeroed_page(GFP_KERNEL);

	if (!table)
		return false;
	spin_lock(&kernel_pgtable_lock);
	if (pte_none(*pmd)) {
		set_pte(pmd, table_entry(__pa((void *)table) >> PAGE_SHIFT));
		table = 0;
	}
	spin_unlock(&kernel_pgtable_lock);
	if (table)
		free_page(table);
	return true;
}

pte_t *kernel_pte(unsigned long va, bool alloc)
{
	pte_t *pmd;

	BUG_ON(va < VMALLOC_START || va >= VMALLOC_END);
	pmd = &entry_table(swapper_pg_dir[pgd_index(va)])[pmd_index(va)];
	if (pte_none(ptep_get(pmd)) && (!alloc || !kernel_table_alloc(pmd)))
		return NULL;
	return &entry_table(ptep_get(pmd))[pte_index(va)];
}

void *ioremap(unsigned long pa, size_t size)
{
	return vmap_phys(pa, size, PAGE_KERNEL);
}

pte_t *pgd_alloc(void)
{
	pte_t *pgd = (pte_t *)get_zeroed_page(GFP_KERNEL);

	if (pgd)
		for (int i = 0; i < kernel_pgd_count; i++)
			pgd[kernel_pgd_index[i]] = swapper_pg_dir[kernel_pgd_index[i]];
	return pgd;
}

void pgd_free(pte_t *pgd)
{
	free_page((unsigned long)pgd);
}

void switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	int cpu = smp_processor_id();

	if (prev == next)
		return;
	/*
	 * A full barrier: what others do before they see the bit is seen by us (membarrier(2), code
	 * that they wrote).
	 */
	if (next)
		test_and_set_bit(cpu, &next->cpu_bitmap);
	/*
	 * No ASIDs: the fence drops all user translations, so that the harts named in cpu_bitmap
	 * are all that can hold one.
	 */
	csr_write(satp, next ? SATP_MODE_SV39 | __pa(next->pgd) >> PAGE_SHIFT : swapper_satp());
	local_flush_tlb_all();
	if (prev)
		test_and_clear_bit(cpu, &prev->cpu_bitmap);
	if (next && unlikely(READ_ONCE(next->icache_stale) & BIT(cpu)))
		flush_icache_deferred(next);
}
