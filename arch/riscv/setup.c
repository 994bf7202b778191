// SPDX-License-Identifier: MIT
#include "arch/riscv/setup.h"

#include "arch/riscv/mmu.h"
#include "arch/riscv/sbi.h"
#include "drivers/fdt.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/smp.h"
#include "lib/string.h"
#include "mm/memblock.h"

/* The kernel, its tables and what init needs do not fit into less. */
#define MIN_RAM		(16UL << 20)

extern char _image_start[], _image_end[];

static bool is_memory(int node)
{
	const char *type = fdt_prop(node, "device_type", NULL);

	return type && !strcmp(type, "memory");
}

/* Every range of every memory node; the lowest and highest address fix the direct map. */
static void find_ram(void)
{
	unsigned long low = ~0UL, high = 0;
	int node = -1;
	u64 base, size;

	while ((node = fdt_next_node(node, NULL)) >= 0) {
		if (!is_memory(node))
			continue;
		for (int i = 0; fdt_reg(node, i, &base, &size); i++) {
			memblock_add(base, size);
			low = min(low, (unsigned long)base);
			high = max(high, (unsigned long)(base + size));
		}
	}
	if (high <= low || high - low < MIN_RAM)
		panic("too little RAM: %lu KiB, at least %lu KiB are needed",
		      high > low ? (high - low) >> 10 : 0, MIN_RAM >> 10);
	va_pa_offset = PAGE_OFFSET - (low & PGDIR_MASK);
	early_map_ram(low, high - low);
}

static void reserve_fixed(unsigned long dtb_pa)
{
	int parent = fdt_find_path("/reserved-memory"), node = parent, depth = 0;
	u64 base, size;

	memblock_reserve(__pa(_image_start), _image_end - _image_start);
	memblock_reserve(dtb_pa, fdt_size());
	for (int i = 0; fdt_mem_rsv(i, &base, &size); i++)
		memblock_reserve(base, size);
	while (parent >= 0 && (node = fdt_next_node(node, &depth)) >= 0 && depth > 0)
		for (int i = 0; fdt_reg(node, i, &base, &size); i++)
			memblock_reserve(base, size);
}

/* @text, if there is any, behind what the command line holds so far. */
static void append_command_line(const char *text)
{
	size_t used = strlen(boot_command_line);

	if (!text || !*text)
		return;
	if (used && used < COMMAND_LINE_SIZE - 1)
		boot_command_line[used++] = ' ';
	if (strscpy(boot_command_line + used, text, COMMAND_LINE_SIZE - used) < 0)
		pr_err("The command line is longer than %d bytes and was cut\n", COMMAND_LINE_SIZE);
}

/*
 * Parameters come from the boot loader and, byte for byte whatever boots us, from tools/run in a
 * string of its own (U-Boot would expand dollars in bootargs).
 */
static void read_command_line(void)
{
	int chosen = fdt_find_path("/chosen");

	append_command_line(fdt_prop(chosen, "bootargs", NULL));
	append_command_line(fdt_prop(chosen, "faultline,append", NULL));
}

void setup_arch(unsigned long hartid, unsigned long dtb_pa)
{
	cpu_hartid[0] = hartid;
	if (!fdt_init(early_dtb(dtb_pa)))
		panic("no device tree at %#lx", dtb_pa);
	find_ram();
	reserve_fixed(dtb_pa);
	read_command_line();
	paging_init();
	/* The early mapping of the tree is gone; the direct map has it. */
	fdt_init(__va(dtb_pa));
}
