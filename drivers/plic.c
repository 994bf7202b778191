// SPDX-License-Identifier: MIT
/*
 * Every source has a priority and every *context* (a hart in one privilege mode) an enable bit for
 * each source, a threshold, and a claim register. Which context is which hart's S-mode is in the
 * order of "interrupts-extended": pairs of (that hart's local interrupt controller, local cause 9
 * for S-mode or 11 for M-mode).
 *
 * Sources go to the boot hart only: who wants a disk's answer elsewhere is woken by an IPI anyway.
 */
#include "drivers/plic.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/io.h"
#include "drivers/fdt.h"
#include "kernel/init.h"
#include "kernel/irq.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/byteorder.h"
#include "lib/string.h"

#define PLIC_PRIORITY(source)		((source) * 4)
#define PLIC_ENABLE(context, source)	(0x2000 + (context) * 0x80 + (source) / 32 * 4)
#define PLIC_THRESHOLD(context)		(0x200000 + (context) * 0x1000)
#define PLIC_CLAIM(context)		(0x200004 + (context) * 0x1000)

static void *plic;
static int context_of[NR_CPUS];		/* -1: none */

static int plic_claim(void)
{
	return readl(plic + PLIC_CLAIM(context_of[smp_processor_id()]));
}

static void plic_complete(int irq)
{
	writel(irq, plic + PLIC_CLAIM(context_of[smp_processor_id()]));
}

static void plic_enable(int irq)
{
	void *enable = plic + PLIC_ENABLE(context_of[0], irq);

	writel(1, plic + PLIC_PRIORITY(irq));
	writel(readl(enable) | BIT(irq % 32), enable);
}

static void plic_init_hart(void)
{
	int context = context_of[smp_processor_id()];

	if (context >= 0)
		writel(0, plic + PLIC_THRESHOLD(context));
}

static const struct irq_chip plic_chip = {
	.claim = plic_claim,
	.complete = plic_complete,
	.enable = plic_enable,
	.init_hart = plic_init_hart,
};

/*
 * The kernel's number of the hart whose cpu node holds the interrupt controller with @phandle; -1:
 * none.
 */
static int cpu_of_intc(u32 phandle)
{
	int node = -1, cpu_node = -1;
	u64 hartid, size;

	while ((node = fdt_next_node(node, NULL)) >= 0) {
		if (!strncmp(fdt_node_name(node), "cpu@", 4))
			cpu_node = node;
		if (cpu_node < 0 || fdt_prop_u32(node, "phandle", 0) != phandle)
			continue;
		if (!fdt_reg(cpu_node, 0, &hartid, &size))
			return -1;
		for (int cpu = 0; cpu < nr_harts; cpu++)
			if (cpu_hartid[cpu] == hartid)
				return cpu;
		return -1;
	}
	return -1;
}

static void find_contexts(int node)
{
	int len, cpu;
	const u8 *pairs = fdt_prop(node, "interrupts-extended", &len);

	for (int i = 0; pairs && i < len / 8; i++) {
		if (get_unaligned_be32(pairs + i * 8 + 4) != IRQ_EXTERNAL)
			continue;
		cpu = cpu_of_intc(get_unaligned_be32(pairs + i * 8));
		if (cpu >= 0)
			context_of[cpu] = i;
	}
}

void plic_init(void)
{
	int node = fdt_find_compatible(-1, "riscv,plic0");
	u64 base, size;

	if (node < 0 || !fdt_reg(node, 0, &base, &size))
		panic("no interrupt controller (riscv,plic0) in the device tree");
	plic = ioremap(base, size);
	if (!plic)
		panic("no memory to map the interrupt controller");
	memset(context_of, 0xff, sizeof(context_of));
	find_contexts(node);
	if (context_of[0] < 0)
		panic("the interrupt controller does not name hart %lu", cpu_hartid[0]);
	irq_chip = &plic_chip;
	plic_init_hart();
}
core_initcall(plic_init);
