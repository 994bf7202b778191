// SPDX-License-Identifier: MIT
/* What the device tree says about this machine, in the order in which boot needs it. */
#ifndef ARCH_RISCV_SETUP_H
#define ARCH_RISCV_SETUP_H

/*
 * RAM, reservations, command line, final page table.  @dtb_pa: physical address of the tree.  After
 * it memblock can allocate and the direct map is there.
 */
void setup_arch(unsigned long hartid, unsigned long dtb_pa);

#endif
